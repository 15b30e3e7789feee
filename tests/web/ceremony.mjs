// SPDX-License-Identifier: MIT

// The server's half of the ceremony: by src/pki, as seald does it, and by the openssl
// program, which makes what no server of ours would send.

import { built, must, path, read, run, write } from './judge.mjs';
import { makeChain, makeUserKey, makeUserRequest } from '../../plugin/portal/web/certs.js';
import { pemEncode } from '../../plugin/portal/web/pem.js';

export const profileId = '0123456789abcdef';
export const nonce = 'nTLxkDO0SSSKtI-_zGy8qw';
export const addresses = ['anna@example.org', 'anna.b@example.org'];
const p256 = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];

export function newKey(name, ...options) {
	must('openssl', ['genpkey', ...options.length > 0 ? options : p256, '-out', path(name)]);
	return path(name);
}

let key = null;

export function issuerKey() {
	key ??= newKey('issuer.key');
	return key;
}

export function pems(...certificates) {
	return certificates.map((der) => pemEncode('CERTIFICATE', der)).join('');
}

// A private CryptoKey as a file
export async function keyFile(name, privateKey) {
	return write(name, pemEncode('PRIVATE KEY',
		new Uint8Array(await crypto.subtle.exportKey('pkcs8', privateKey))));
}

//
// By src/pki
//

function twin(...args) {
	return run(built('tests/web/twin'), args);
}

export function sealdRequest() {
	return pemEncode('CERTIFICATE REQUEST',
		twin('request', issuerKey(), profileId, nonce).out);
}

// What src/pki reads out of a request (DER): { status, text }
export function twinRead(request) {
	return twin('read', write('request.der', request));
}

// What seald says to root, issuer and request (DER): { status, out (the user certificate),
// text (why not) }
export function sealdIssue({ root, issuer, request, days = 730, to = addresses }) {
	return twin('issue', issuerKey(), profileId, nonce, String(days), write('root.der', root),
		write('issuer.der', issuer), write('request.der', request), ...to);
}

// What src/pki says to a user certificate for the key in that file
export function twinCheck(file, user, { root, issuer }, to = addresses) {
	return twin('check', file, write('user.der', user), write('root.der', root),
		write('issuer.der', issuer), ...to);
}

// A whole profile: { chain, keys, request, user }
export async function wholeProfile({ kind = 'rsa3072', to = addresses, days = 730 } = {}) {
	const chain = await makeChain(sealdRequest(), { nonce, days });
	const keys = await makeUserKey(kind);
	const request = await makeUserRequest(keys, to, nonce);
	const issued = sealdIssue({ ...chain, request, days, to });

	if (issued.status !== 0)
		throw new Error(issued.text);
	return { chain, keys, request, user: issued.out };
}

//
// By openssl. what: what is other than it should be.
//

export function opensslRequest({ subject = 'CN = Mail Seal issuer ' + profileId,
	digest = '-sha256', attributes = 'challengePassword = ' + nonce, extensions = null,
	mask = 'utf8only', keyPath = issuerKey() } = {}) {
	const config = write('issuer.cnf', ['[req]', 'distinguished_name = dn',
		'attributes = attributes', 'prompt = no', 'string_mask = ' + mask,
		...extensions === null ? [] : ['req_extensions = extensions', '[extensions]', extensions],
		'[dn]', subject, '[attributes]', attributes, ''].join('\n'));

	return must('openssl', ['req', '-new', '-config', config, '-key', keyPath, digest]);
}

export const userExtensions = {
	basicConstraints: 'critical,CA:FALSE',
	keyUsage: 'critical,digitalSignature,keyAgreement',
	extendedKeyUsage: 'emailProtection',
	subjectAltName: addresses.map((address) => 'email:' + address).join(','),
	subjectKeyIdentifier: 'hash',
	authorityKeyIdentifier: 'keyid:always',
};

function asn1Time(date, more) {
	return new Date(date.getTime() + 1000 * more).toISOString().slice(0, 19)
		.replace(/[-:T]/g, '') + 'Z';
}

// A user certificate in DER. chain: as makeChain() returns it; times: from when to when that
// is right, and more by how many seconds it is not.
export function opensslIssue(chain, request, [begin, end], what = {}) {
	const { serial = '2'.padEnd(32, '1'), subject = null, moreBegin = 0, moreEnd = 0, digest = 'sha256',
		extensions = {}, keyPath = issuerKey(), certificate = chain.issuer, file = 'user.crt' } = what;
	const all = Object.entries({ ...userExtensions, ...extensions })
		.filter(([, value]) => value !== null).map(([name, value]) => name + ' = ' + value);

	write('index', '');
	write('serial', serial + '\n');
	const config = write('ca.cnf', ['string_mask = utf8only', '[ca]', 'default_ca = ca', '[ca]',
		'database = ' + path('index'), 'serial = ' + path('serial'), 'new_certs_dir = ' + path('.'),
		'policy = policy', 'email_in_dn = no', 'unique_subject = no', '[policy]',
		'commonName = supplied', 'organizationName = optional', '[user]', ...all, ''].join('\n'));
	must('openssl', ['ca', '-batch', '-notext', '-config', config, '-extensions', 'user', '-md', digest,
		'-cert', write('ca.crt', pems(certificate)), '-keyfile', keyPath,
		'-in', write('user.csr', pemEncode('CERTIFICATE REQUEST', request)), '-out', path(file),
		'-startdate', asn1Time(begin, moreBegin), '-enddate', asn1Time(end, moreEnd),
		...subject === null ? [] : ['-subj', subject]]);
	must('openssl', ['x509', '-in', path(file), '-outform', 'DER', '-out', path(file + '.der')]);
	return read(file + '.der');
}

// What openssl reads in a certificate: { subject, serial, notBefore, notAfter (Date) }
export function told(der) {
	const text = must('openssl', ['x509', '-inform', 'DER', '-in', write('told.der', der), '-noout',
		'-subject', '-serial', '-dates', '-nameopt', 'utf8']);
	const value = (name) => new RegExp('^' + name + ' *= *(.*)$', 'm').exec(text)[1];

	return { subject: value('subject').replace(/^CN ?= ?/, ''), serial: value('serial').toLowerCase(),
		notBefore: new Date(value('notBefore')), notAfter: new Date(value('notAfter')) };
}
