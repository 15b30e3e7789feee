// SPDX-License-Identifier: MIT

// The steps that make a profile, without a page around them. What was made so far is one
// object, so that a step that failed is simply taken again, and goes on where it stopped:
// when a session ends in the middle, nothing is lost.

import { SealProblem } from './problem.js';
import { base64Encode, pemDecode, pemEncode } from './pem.js';
import { checkIssued, makeChain, makeUserKey, makeUserRequest } from './certs.js';
import { makePassphrase } from './passphrase.js';
import { writePkcs12 } from './pkcs12.js';
import { writeMobileconfig } from './mobileconfig.js';

export const ceremonyTools = { makeChain, makeUserKey, makeUserRequest, checkIssued,
	makePassphrase, writePkcs12, writeMobileconfig };

// 128 random bits, in 22 characters
export function makeNonce() {
	return base64Encode(crypto.getRandomValues(new Uint8Array(16)))
		.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

// A profile of which nothing is made yet; nonce undefined: the administrator's, which is in
// the issuer's request.
export function beginProfile({ addresses, days, label = '', nonce }) {
	return {
		addresses, days, label, nonce,
		id: null,		// the profile's, from the server
		asked: null,		// the issuer's request, PEM
		chain: null,		// { root, issuer }
		keyPair: null,		// the user's
		request: null,		// the user's, DER
		sent: false,		// the server may have issued the certificate
		user: null,		// the user's certificate, DER
		passphrase: null,
		saved: false,		// the key is in a file
	};
}

// Everything that the server needs, of its own request in made.asked. progress(key) tells
// what takes its time.
export async function makeParts(made, progress, tools = ceremonyTools) {
	if (made.chain === null) {
		progress('status-chain');
		const { profileId, nonce, root, issuer } = await tools.makeChain(made.asked,
			{ nonce: made.nonce, days: made.days });
		if (made.id !== null && profileId !== made.id)
			throw new SealProblem('request', 'it is for another profile');
		Object.assign(made, { id: profileId, nonce, chain: { root, issuer } });
	}
	if (made.keyPair === null) {
		progress('status-key');
		made.keyPair = await tools.makeUserKey();
	}
	if (made.request === null)
		made.request = await tools.makeUserRequest(made.keyPair, made.addresses, made.nonce);
}

export function chainText({ chain }) {
	return pemEncode('CERTIFICATE', chain.root) + pemEncode('CERTIFICATE', chain.issuer);
}

export function requestText({ request }) {
	return pemEncode('CERTIFICATE REQUEST', request);
}

// Checks the server's answer, and makes the passphrase that the files will have.
export async function takeAnswer(made, pem, tools = ceremonyTools) {
	const { user } = await tools.checkIssued(pem, { ...made.chain, addresses: made.addresses,
		publicKey: made.keyPair.publicKey });

	Object.assign(made, { user, passphrase: tools.makePassphrase() });
}

async function sendRequest(api, made) {
	const again = made.sent;

	made.sent = true;
	try {
		return await api.issue(made.id, chainText(made) + requestText(made));
	} catch (problem) {
		// it is issued once: the answer to the first time was lost on the way
		if (!again || problem.code !== 'refused')
			throw problem;
		const all = ['user', 'issuer', 'root'].map((which) => api.certificate(made.id, which));
		return (await Promise.all(all)).join('');
	}
}

// From nothing to a certificate. Throws SealProblem; call it again to go on.
export async function issueProfile(api, made, progress, tools = ceremonyTools) {
	if (made.asked === null) {
		progress('status-create');
		const { id, request } = await api.create({ days: made.days, label: made.label,
			nonce: made.nonce });
		Object.assign(made, { id, asked: request });
	}
	await makeParts(made, progress, tools);
	progress('status-issue');
	await takeAnswer(made, await sendRequest(api, made), tools);
}

//
// Files
//

function fileName(made, rest) {
	return 'mail-seal-' + made.id + rest;
}

function pkcs12Of(made, form, tools) {
	return tools.writePkcs12({ form, key: made.keyPair.privateKey, certificate: made.user,
		chain: [made.chain.issuer, made.chain.root], name: made.addresses[0],
		passphrase: made.passphrase });
}

const ceremonyFiles = {
	current: async (made, tools) => ({ name: fileName(made, '.p12'),
		type: 'application/x-pkcs12', bytes: await pkcs12Of(made, 'current', tools) }),
	compatible: async (made, tools) => ({ name: fileName(made, '-compatible.p12'),
		type: 'application/x-pkcs12', bytes: await pkcs12Of(made, 'compatible', tools) }),
	mobileconfig: async (made, tools) => ({ name: fileName(made, '.mobileconfig'),
		type: 'application/x-apple-aspen-config',
		bytes: new TextEncoder().encode(tools.writeMobileconfig({ profileId: made.id,
			address: made.addresses[0], root: made.chain.root, issuer: made.chain.issuer,
			pkcs12: await pkcs12Of(made, 'compatible', tools),
			name: 'Mail Seal ' + made.addresses[0] })) }),
	root: async (made) => certificateFile(made.id, 'root', made.chain.root),
	issuer: async (made) => certificateFile(made.id, 'issuer', made.chain.issuer),
	user: async (made) => certificateFile(made.id, 'user', made.user),
};

function certificateFile(id, which, bytes) {
	return { name: fileName({ id }, '-' + which + '.cer'), type: 'application/pkix-cert', bytes };
}

// form: current, compatible, mobileconfig, root, issuer or user. { name, type, bytes }
export function writeFile(made, form, tools = ceremonyTools) {
	return ceremonyFiles[form](made, tools);
}

// A certificate of a profile that was made elsewhere, as a file
export async function fetchCertificate(api, id, which) {
	return certificateFile(id, which, pemDecode(await api.certificate(id, which))[0].der);
}
