// SPDX-License-Identifier: MIT

// The server's API, version 1 (plugin/portal/openapi.json). The token of the session is in
// a variable in here, and nowhere else; a password is given to one request and not kept.

import { SealProblem } from './problem.js';
import { base64Encode } from './pem.js';

// What a request can fail with: the server's codes, and those of this file.
export const apiCodes = {
	unauthenticated: 'the session has ended',
	password: 'activating: the password is wrong',
	refused: 'the ceremony does not allow this; the text says why',
	limit: 'too many unfinished profiles',
	notfound: 'there is no such profile of this user',
	busy: 'too many are signing in',
	unavailable: 'a service behind the portal is away',
	input: 'the body is not what it should be',
	forbidden: 'not from here, or not without TLS',
	host: 'the server does not know itself by this name',
	method: 'the server does not have this',
	length: 'the body has no length',
	large: 'the body is too large',
	type: 'the body has another type',
	'sign-in': 'name or password is wrong',
	network: 'no connection',
	timeout: 'no answer in time',
	protocol: 'an answer that is not of this API',
};

const apiSeconds = 30;

// A failure's answer as a SealProblem: { code, status, detail: the server's text }
async function apiProblem(response) {
	let problem = new SealProblem('protocol', 'status ' + response.status);

	try {
		const { error } = await response.json();
		if (Object.hasOwn(apiCodes, error.code))
			problem = new SealProblem(error.code, String(error.text));
	} catch {
		// something else answered: a proxy, for instance
	}
	problem.status = response.status;
	return problem;
}

function apiBroken(error) {
	if (error.name === 'TimeoutError')
		return new SealProblem('timeout');
	return new SealProblem(error instanceof SyntaxError ? 'protocol' : 'network',
		error.message);
}

function apiBasic(user, password) {
	return 'Basic ' + base64Encode(new TextEncoder().encode(user + ':' + password));
}

async function apiRead(response) {
	const type = response.headers.get('Content-Type') || '';

	if (!response.ok)
		throw await apiProblem(response);
	if (response.status === 204)
		return null;
	return type.startsWith('application/json') ? response.json() : response.text();
}

// fetcher: fetch, or what a test has instead.
export function makeApi(fetcher = (...args) => fetch(...args)) {
	let token = null;

	async function ask(method, path, { body, type, authorization } = {}) {
		const headers = { Authorization: authorization || 'Bearer ' + token };

		if (type !== undefined)
			headers['Content-Type'] = type;
		try {
			return await apiRead(await fetcher('/api/v1/' + path, {
				method, headers, body,
				cache: 'no-store',
				credentials: 'omit',
				redirect: 'error',
				referrerPolicy: 'no-referrer',
				signal: AbortSignal.timeout(apiSeconds * 1000),
			}));
		} catch (error) {
			throw error instanceof SealProblem ? error : apiBroken(error);
		}
	}

	// With the token, and never without one
	function call(method, path, body, type = 'application/json') {
		if (token === null)
			throw new SealProblem('unauthenticated');
		return ask(method, path, body === undefined ? {} : { type,
			body: typeof body === 'string' ? body : JSON.stringify(body) });
	}

	function profile(id) {
		return 'profiles/' + encodeURIComponent(id);
	}

	return {
		// Answers { user, addresses, expires: in seconds }
		async signIn(user, password) {
			try {
				const answer = await ask('POST', 'session', { body: '{}',
					type: 'application/json', authorization: apiBasic(user, password) });
				token = answer.token;
				return { user: answer.user, addresses: answer.addresses,
					expires: answer.expires };
			} catch (problem) {
				throw problem.status === 401 ? new SealProblem('sign-in') : problem;
			}
		},
		// The token is forgotten here, whatever the server says.
		async signOut() {
			const last = token === null ? null : call('DELETE', 'session');
			token = null;
			await last;
		},
		list: async () => call('GET', 'profiles'),
		create: async (wanted) => call('POST', 'profiles', wanted),
		issue: async (id, pem) =>
			call('POST', profile(id) + '/issue', pem, 'application/x-pem-file'),
		prove: async (id) => call('POST', profile(id) + '/prove', {}),
		activate: async (id, code, password) =>
			call('POST', profile(id) + '/activate', { code, password }),
		deactivate: async (id) => call('POST', profile(id) + '/deactivate', {}),
		remove: async (id) => call('DELETE', profile(id)),
		setKillSwitch: async (on) => call('POST', 'kill-switch', { kill_switch: on }),
		// which: root, issuer or user. PEM
		certificate: async (id, which) => call('GET', profile(id) + '/' + which + '.pem'),
	};
}
