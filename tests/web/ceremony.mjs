// SPDX-License-Identifier: MIT

// The server's half of the ceremony: by the openssl program, which makes what no server of
// ours would send, and by seald's own code.

import { built, must, path, run, write } from './judge.mjs';
import { makeChain, makeUserKey, makeUserRequest } from '../../plugin/portal/web/certs.js';
import { pemEncode } from '../../plugin/portal/web/pem.js';

export const profileId = '0123456789abcdef';
export const nonce = 'nTLxkDO0SSSKtI-_zGy8qw';
export const addresses = ['anna@example.org', 'anna.b@example.org'];

// what: what is other than it should be; attributes as openssl's configuration has them
export function issuerRequest(what = {}) {
	const { subject = 'CN = Mail Seal issuer ' + profileId, digest = '-sha256',
		attributes = 'challengePassword = ' + nonce, extensions = '',
		key = issuerKey() } = what;
	const config = write('issuer.cnf', '[req]\ndistinguished_name = dn\nattributes = attributes\n' +
		'prompt = no\nstring_mask = utf8only\n' +
		(extensions && 'req_extensions = extensions\n[extensions]\n' + extensions + '\n') +
		'[dn]\n' + subject + '\n[attributes]\n' + attributes + '\n');

	return must('openssl', ['req', '-new', '-config', config, '-key', key, digest]);
}

let key = null;

export function issuerKey() {
	if (key === null) {
		key = path('issuer.key');
		newKey('issuer.key');
	}
	return key;
}

export function newKey(name, ...options) {
	const kind = options.length > 0 ? options :
		['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];

	must('openssl', ['genpkey', ...kind, '-out', path(name)]);
	return path(name);
}

export function pems(...certificates) {
	return certificates.map((der) => pemEncode('CERTIFICATE', der)).join('');
}

// The profile that the server made for it, and its request in PEM
export function sealdRequest() {
	const { status, out, text } = run(built('tests/web/server-half'),
		['request', issuerKey(), profileId, nonce]);

	if (status !== 0)
		throw new Error(text);
	return pemEncode('CERTIFICATE REQUEST', out);
}

// What seald says to root, issuer and request (DER): { status, out (the user certificate),
// text (why not) }
export function sealdIssue({ root, issuer, request, days = 730, to = addresses }) {
	return run(built('tests/web/server-half'), ['issue', issuerKey(), profileId, nonce,
		String(days), write('root.der', root), write('issuer.der', issuer),
		write('request.der', request), ...to]);
}

// A whole profile: { chain, keys, user, days }
export async function wholeProfile({ kind = 'rsa3072', to = addresses, days = 730 } = {}) {
	const chain = await makeChain(sealdRequest(), { nonce, days });
	const keys = await makeUserKey(kind);
	const request = await makeUserRequest(keys, to, nonce);
	const issued = sealdIssue({ ...chain, request, days, to });

	if (issued.status !== 0)
		throw new Error(issued.text);
	return { chain, keys, request, user: issued.out };
}
