// SPDX-License-Identifier: MIT

// The server's half of the ceremony, by the openssl program: the issuer's request, and the
// user certificate.

import { must, path, write } from './judge.mjs';
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
