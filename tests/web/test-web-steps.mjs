// SPDX-License-Identifier: MIT

// The ceremony's steps: their order, and that one which failed is taken again without
// anything being made twice. What they make is in test-web-certs.mjs.

import { done, refuses, same, test } from './tap.mjs';
import { SealProblem } from '../../plugin/portal/web/problem.js';
import { beginProfile, fetchCertificate, issueProfile, makeNonce, writeFile } from '../../plugin/portal/web/ceremony.js';
import { offlineFinish, offlineMake } from '../../plugin/portal/web/offline.js';
import { pemDecode, pemEncode } from '../../plugin/portal/web/pem.js';

const bytes = (text) => new TextEncoder().encode(text);
const quiet = () => {};

// Everything writes its name into one list; what is named in fail throws, once.
function stage(...fail) {
	const log = [];
	const step = (name, result) => async (...args) => {
		log.push(name);
		if (fail[0]?.[0] === name)
			throw new SealProblem(fail.shift()[1]);
		return typeof result === 'function' ? result(...args) : result;
	};

	return {
		log,
		api: {
			create: step('create', { id: 'ab', request: 'ASKED' }),
			issue: step('issue', (id, pem) => 'answer to ' + pemDecode(pem).map(({ label }) => label)),
			certificate: step('certificate', (id, which) => which + ','),
		},
		tools: {
			makeChain: step('chain', (asked, { nonce }) => ({ profileId: 'ab',
				nonce: nonce ?? 'theirs', root: bytes('root'), issuer: bytes('issuer') })),
			makeUserKey: step('key', { publicKey: 'public', privateKey: 'private' }),
			makeUserRequest: step('request', (pair, addresses, nonce) => bytes('for ' + nonce)),
			checkIssued: step('check', (pem) => ({ user: bytes(pem) })),
			makePassphrase: () => 'word',
			writePkcs12: async (wanted) => wanted,
			writeMobileconfig: ({ pkcs12 }) => 'mobile ' + pkcs12.form,
		},
	};
}

const begin = () => beginProfile({ addresses: ['anna@example.org'], days: 730, nonce: 'N' });
const all = ['create', 'chain', 'key', 'request', 'issue', 'check'];

await test('the steps in their order, each told', async () => {
	const { log, api, tools } = stage();
	const told = [];
	const made = begin();

	await issueProfile(api, made, (key) => told.push(key), tools);
	same(log, all);
	same(told, ['status-create', 'status-chain', 'status-key', 'status-issue']);
	same(new TextDecoder().decode(made.user),
		'answer to CERTIFICATE,CERTIFICATE,CERTIFICATE REQUEST');
	same([made.id, made.passphrase, made.saved], ['ab', 'word', false]);
});

for (const failing of all) {
	await test('when ' + failing + ' fails, it goes on from there', async () => {
		const { log, api, tools } = stage([failing, 'network']);
		const made = begin();

		await refuses('network', () => issueProfile(api, made, quiet, tools));
		same([made.user, made.passphrase], [null, null]);
		await issueProfile(api, made, quiet, tools);
		const again = all.slice(0, all.indexOf(failing) + 1);
		// what is issued is asked for again, before it is checked
		same(log, [...again, ...all.slice(all.indexOf(failing === 'check' ? 'issue' : failing))]);
		same(made.passphrase, 'word');
	});
}

await test('a certificate whose answer was lost is fetched', async () => {
	const { log, api, tools } = stage(['issue', 'network'], ['issue', 'refused']);
	const made = begin();

	await refuses('network', () => issueProfile(api, made, quiet, tools));
	await issueProfile(api, made, quiet, tools);
	same(log.slice(-6), ['issue', 'issue', 'certificate', 'certificate', 'certificate', 'check']);
	same(new TextDecoder().decode(made.user), 'user,issuer,root,');
});

await test('what is refused the first time is not fetched', async () => {
	const { log, api, tools } = stage(['issue', 'refused']);

	await refuses('refused', () => issueProfile(api, begin(), quiet, tools));
	same(log.includes('certificate'), false);
});

await test('the request of another profile is refused', async () => {
	const { api, tools } = stage();

	api.create = async () => ({ id: 'cd', request: 'ASKED' });
	await refuses('request', () => issueProfile(api, begin(), quiet, tools));
});

await test('nonces have 22 characters, and none is like another', () => {
	const nonces = new Set(Array.from({ length: 1000 }, makeNonce));

	same(nonces.size, 1000);
	same([...nonces].every((nonce) => /^[A-Za-z0-9_-]{22}$/.test(nonce)), true);
});

await test('without a server: the nonce of the request, and the same steps', async () => {
	const { log, tools } = stage();
	const made = await offlineMake({ request: 'ASKED', addresses: ['a@b'], days: 2 }, quiet, tools);

	same([made.id, made.nonce, made.days], ['ab', 'theirs', 2]);
	await offlineFinish(made, 'ANSWER', tools);
	same(log, ['chain', 'key', 'request', 'check']);
	same(new TextDecoder().decode(made.user), 'ANSWER');
});

const files = [
	['current', 'mail-seal-ab.p12', 'application/x-pkcs12'],
	['compatible', 'mail-seal-ab-compatible.p12', 'application/x-pkcs12'],
	['mobileconfig', 'mail-seal-ab.mobileconfig', 'application/x-apple-aspen-config'],
	['root', 'mail-seal-ab-root.cer', 'application/pkix-cert'],
	['issuer', 'mail-seal-ab-issuer.cer', 'application/pkix-cert'],
	['user', 'mail-seal-ab-user.cer', 'application/pkix-cert'],
];
for (const [form, name, type] of files) {
	await test('the file ' + name, async () => {
		const { api, tools } = stage();
		const made = begin();
		await issueProfile(api, made, quiet, tools);
		const file = await writeFile(made, form, tools);

		same([file.name, file.type], [name, type]);
		if (form === 'mobileconfig')
			same(new TextDecoder().decode(file.bytes), 'mobile compatible');
		else if (file.name.endsWith('.p12'))
			same([file.bytes.form, file.bytes.key, file.bytes.passphrase, file.bytes.chain],
				[form, 'private', 'word', [made.chain.issuer, made.chain.root]]);
		else
			same(file.bytes, form === 'user' ? made.user : made.chain[form]);
	});
}

await test('a certificate of a profile that was made elsewhere', async () => {
	const api = { certificate: async (id, which) =>
		pemEncode('CERTIFICATE', bytes(which + ' of ' + id)) };

	same(await fetchCertificate(api, 'ab', 'root'), { name: 'mail-seal-ab-root.cer',
		type: 'application/pkix-cert', bytes: bytes('root of ab') });
});

done();
