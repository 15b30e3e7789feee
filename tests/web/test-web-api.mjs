// SPDX-License-Identifier: MIT

// The page's requests, and what it makes of answers

import { done, refuses, same, test } from './tap.mjs';
import { makeApi } from '../../plugin/portal/web/api.js';

const session = { token: 'T', expires: 900, user: 'anna', addresses: ['anna@example.org'] };

function json(status, body) {
	return new Response(JSON.stringify(body), { status,
		headers: { 'Content-Type': 'application/json' } });
}

function failure(status, code, text = 'Why.') {
	return json(status, { error: { code, text } });
}

// An api, signed in, that answers as told; .asked holds what was asked.
async function against(...answers) {
	const asked = [];
	const api = makeApi(async (url, options) => {
		asked.push([url, options]);
		const answer = asked.length === 1 ? json(200, session) : answers.shift();
		if (answer instanceof Error)
			throw answer;
		return answer;
	});

	await api.signIn('änna@example.org', 'pass:wörd');
	return { api, asked };
}

await test('signing in sends name and password in UTF-8, and answers who it is', async () => {
	const { asked: [[url, { method, headers }]] } = await against();
	const basic = Buffer.from('änna@example.org:pass:wörd').toString('base64');

	same([url, method, headers.Authorization], ['/api/v1/session', 'POST', 'Basic ' + basic]);
});

const calls = [
	['list', [], 'GET', '/api/v1/profiles', undefined, undefined],
	['create', [{ days: 2 }], 'POST', '/api/v1/profiles', '{"days":2}', 'application/json'],
	['issue', ['ab', 'PEM'], 'POST', '/api/v1/profiles/ab/issue', 'PEM', 'application/x-pem-file'],
	['prove', ['ab'], 'POST', '/api/v1/profiles/ab/prove', '{}', 'application/json'],
	['activate', ['ab', 'C', 'p'], 'POST', '/api/v1/profiles/ab/activate',
		'{"code":"C","password":"p"}', 'application/json'],
	['deactivate', ['ab'], 'POST', '/api/v1/profiles/ab/deactivate', '{}', 'application/json'],
	['remove', ['ab'], 'DELETE', '/api/v1/profiles/ab', undefined, undefined],
	['setKillSwitch', [true], 'POST', '/api/v1/kill-switch', '{"kill_switch":true}',
		'application/json'],
	['certificate', ['ab', 'root'], 'GET', '/api/v1/profiles/ab/root.pem', undefined, undefined],
	['remove', ['../../x'], 'DELETE', '/api/v1/profiles/..%2F..%2Fx', undefined, undefined],
];
for (const [name, args, method, path, body, type] of calls) {
	await test(name + ' asks ' + method + ' ' + path, async () => {
		const { api, asked } = await against(new Response(null, { status: 204 }));
		await api[name](...args);
		const [url, options] = asked[1];

		same([url, options.method, options.body], [path, method, body]);
		same(options.headers, { Authorization: 'Bearer T',
			...type === undefined ? {} : { 'Content-Type': type } });
		same([options.credentials, options.cache, options.redirect, options.referrerPolicy],
			['omit', 'no-store', 'error', 'no-referrer']);
		same(options.signal instanceof AbortSignal, true);
	});
}

const timeout = Object.assign(new Error('late'), { name: 'TimeoutError' });
const failures = [
	[failure(401, 'unauthenticated'), 'unauthenticated', 'Why.'],
	[failure(409, 'refused', 'The chain is another.'), 'refused', 'The chain is another.'],
	[failure(409, 'limit'), 'limit', 'Why.'],
	[failure(403, 'password'), 'password', 'Why.'],
	[failure(503, 'unavailable'), 'unavailable', 'Why.'],
	[failure(500, 'new word'), 'protocol', 'status 500'],
	[failure(500, '__proto__'), 'protocol', 'status 500'],
	[json(500, { error: null }), 'protocol', 'status 500'],
	[json(500, null), 'protocol', 'status 500'],
	[new Response('<h1>Bad Gateway', { status: 502 }), 'protocol', 'status 502'],
	[new Response('{', { status: 200, headers: { 'Content-Type': 'application/json' } }),
		'protocol', null],
	[new TypeError('fetch failed'), 'network', 'fetch failed'],
	[timeout, 'timeout', ''],
];
for (const [answer, code, detail] of failures) {
	await test('a failure: ' + code + ', ' + detail, async () => {
		const { api } = await against(answer);
		const problem = await api.list().catch((error) => error);

		same(problem.name, 'SealProblem');
		same(problem.code, code);
		if (detail !== null)
			same(problem.detail, detail);
	});
}

await test('a wrong password at signing in is not an ended session', async () => {
	const api = makeApi(async () => failure(401, 'unauthenticated'));
	await refuses('sign-in', () => api.signIn('a', 'b'));
});

await test('without a session nothing is asked', async () => {
	const api = makeApi(() => {
		throw new Error('asked');
	});
	await refuses('unauthenticated', () => api.list());
	await api.signOut();
});

await test('after signing out the token is gone, though the server was away', async () => {
	const { api, asked } = await against(new TypeError('away'));
	await refuses('network', () => api.signOut());
	same([asked[1][0], asked[1][1].method], ['/api/v1/session', 'DELETE']);
	await refuses('unauthenticated', () => api.list());
	same(asked.length, 2);
});

done();
