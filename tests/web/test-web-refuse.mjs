// SPDX-License-Identifier: MIT

// What the page refuses: an issuer's request that is none, and a certificate that is not
// what was asked for. src/pki has to think the same of each.

import { done, refuses, same, test } from './tap.mjs';
import { must, path, write } from './judge.mjs';
import { addresses, issuerKey, keyFile, newKey, nonce, opensslIssue, opensslRequest, pems, profileId, sealdRequest, told, twinCheck, twinRead, wholeProfile } from './ceremony.mjs';
import { checkIssued, makeChain, makeUserKey, makeUserRequest } from '../../plugin/portal/web/certs.js';
import { pemDecode, pemEncode } from '../../plugin/portal/web/pem.js';

const p384 = () => newKey('p384.key', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384');
const explicit = () => newKey('explicit.key', '-algorithm', 'EC', '-pkeyopt',
	'ec_paramgen_curve:P-256', '-pkeyopt', 'ec_param_enc:explicit');
const rsa = () => newKey('rsa.key', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048');
const compressed = () => {
	must('openssl', ['ec', '-in', issuerKey(), '-conv_form', 'compressed', '-out', path('comp.key')]);
	return path('comp.key');
};
const derOf = (pem) => pemDecode(pem)[0].der;
const request = sealdRequest();

//
// Issuer's requests
//

await test('seald\'s own request is taken', async () =>
	same((await makeChain(request, { nonce, days: 730 })).profileId, profileId));

await test('so is openssl\'s', async () => {
	same((await makeChain(opensslRequest(), { days: 730 })).nonce, nonce);
	same(twinRead(derOf(opensslRequest())).text, profileId + ' ' + nonce);
});

for (const [name, what] of [
	['a subject without an id', { subject: 'CN = Mail Seal issuer ' }],
	['an id of 15 digits', { subject: 'CN = Mail Seal issuer 0123456789abcde' }],
	['an id in upper case', { subject: 'CN = Mail Seal issuer 0123456789ABCDEF' }],
	['the root\'s name', { subject: 'CN = Mail Seal root 0123456789abcdef' }],
	['an organisation', { subject: 'O = Mail Seal issuer 0123456789abcdef' }],
	['a second part', { subject: 'CN = Mail Seal issuer 0123456789abcdef\nO = x' }],
	['a PrintableString', { mask: 'default' }],
	['P-384', { keyPath: p384() }],
	['explicit parameters', { keyPath: explicit() }],
	['a compressed point', { keyPath: compressed() }],
	['RSA', { keyPath: rsa() }],
	['SHA-384', { digest: '-sha384' }],
	['no attribute', { attributes: '' }],
	['another attribute', { attributes: 'unstructuredName = ' + nonce }],
	['an attribute more', { attributes: 'challengePassword = ' + nonce + '\nunstructuredName = x' }],
	['a nonce with a space', { attributes: 'challengePassword = two words' }],
	['a nonce of 65 characters', { attributes: 'challengePassword = ' + 'n'.repeat(65) }],
	['a nonce that is not ASCII', { attributes: 'challengePassword = nonceé' }],
	['an extension', { extensions: 'subjectAltName = email:a@b' }],
]) {
	await test('request: ' + name, async () => {
		const pem = opensslRequest(what);
		await refuses('request', () => makeChain(pem, { days: 730 }));
		same(twinRead(derOf(pem)).status, 1);
	});
}

await test('request: another nonce', () =>
	refuses('nonce', () => makeChain(request, { nonce: nonce.replace('n', 'N'), days: 730 })));

for (const [name, code, text] of [
	['nothing', 'pem', ''],
	['no PEM', 'pem', 'hello'],
	['no END line', 'pem', request.replace(/-----END.*\n/, '')],
	['the END line of another', 'pem', request.replace('END CERTIFICATE REQUEST', 'END CERTIFICATE')],
	['a character that is no base64', 'pem', request.replace(/\nM/, '\n*')],
	['base64 cut off', 'pem', request.replace(/..\n-----END/, '\n-----END')],
	['an empty block', 'pem', '-----BEGIN X-----\n-----END X-----\n'],
	['a certificate', 'request', request.replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE')],
	['two requests', 'request', request + request],
	['a private key with it', 'private',
		request + '-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n'],
	['a private key quoted', 'private', request + '> -----BEGIN EC PRIVATE KEY-----\n'],
	['something behind it', 'request', pemEncode('CERTIFICATE REQUEST',
		Uint8Array.of(...derOf(request), 0))],
	['17 kB', 'request', pemEncode('CERTIFICATE REQUEST',
		Uint8Array.of(0x30, 0x82, 0x43, 0xfc, ...new Uint8Array(0x43fc)))],
]) {
	await test('request: ' + name, () => refuses(code, () => makeChain(text, { days: 730 })));
}

for (const days of [1, 1096, 0, -5, 2.5, NaN, '730', undefined])
	await test(String(days) + ' days', () => refuses('days', () => makeChain(request, { nonce, days })));

await test('text around a block does no harm, nor do Windows\' line ends', async () => {
	const text = '\ufeffDear Anna,\r\n\r\n' + request.replaceAll('\n', ' \r\n') + 'Regards';
	same((await makeChain(text, { nonce, days: 2 })).nonce, nonce);
});

// Every cut, and some hundred flipped bits: the page and src/pki agree on each.
await test('requests cut off', async () => {
	const der = derOf(request);
	for (let length = 1; length < der.length; length++)
		await refuses('request', () => makeChain(pemEncode('CERTIFICATE REQUEST', der.slice(0, length)),
			{ days: 2 }));
});

async function accepts(call) {
	try {
		await call();
		return true;
	} catch (problem) {
		if (problem.name !== 'SealProblem')
			throw problem;
		return false;
	}
}

function* flipped(der, count) {
	for (let i = 0; i < count; i++) {
		const bad = Uint8Array.from(der);
		const at = Math.floor(i * der.length / count);
		bad[at] ^= 1 << i % 8;
		yield [bad, at];
	}
}

await test('requests with a bit flipped: refused, here as by src/pki', async () => {
	const call = (der) => makeChain(pemEncode('CERTIFICATE REQUEST', der), { days: 2 });

	for (const [bad, at] of flipped(derOf(request), 200)) {
		same(await accepts(() => call(bad)), false, 'byte ' + at);
		same(twinRead(bad).status, 1, 'byte ' + at);
	}
});

//
// Certificates
//

const profile = await wholeProfile({ kind: 'p256' });
const { chain, keys, user } = profile;
const foreign = await wholeProfile({ kind: 'p256' });
const file = await keyFile('user.key', keys.privateKey);
const { notBefore, notAfter } = told(user);
const times = [notBefore, notAfter];
const terms = { root: chain.root, issuer: chain.issuer, publicKey: keys.publicKey, addresses };
const check = (der, more = {}) => checkIssued(pems(der, chain.issuer, chain.root), { ...terms, ...more });

await test('seald\'s certificate is taken', async () => {
	same((await check(user)).user, user);
	same(twinCheck(file, user, chain).status, 0);
});

await test('so is openssl\'s', async () => {
	const der = opensslIssue(chain, profile.request, times);
	same((await check(der)).user, der);
	same(twinCheck(file, der, chain), { status: 0, out: new Uint8Array(0), text: '' });
});

const other = await makeUserKey('p256');
const otherRequest = await makeUserRequest(other, addresses, nonce);
const email = (...list) => ({ subjectAltName: list.map((address) => 'email:' + address).join(',') });

for (const [name, code, what] of [
	['another key', 'key', { request: otherRequest }],
	['an address more', 'addresses', { extensions: email(...addresses, 'eve@example.org') }],
	['an address less', 'addresses', { extensions: email(addresses[0]) }],
	['the addresses in another order', 'addresses', { extensions:
		email(...[...addresses].reverse()) }],
	['a host name for an address', 'addresses', { extensions: { subjectAltName: 'DNS:example.org' } }],
	['no address', 'addresses', { extensions: { subjectAltName: null } }],
	['a critical subjectAltName', 'addresses', { extensions: { subjectAltName: 'critical,' +
		email(...addresses).subjectAltName } }],
	['another subject', 'addresses', { subject: '/CN=' + addresses[1] }],
	['a subject of two parts', 'addresses', { subject: '/CN=' + addresses[0] + '/O=x' }],
	['a second earlier', 'dates', { moreBegin: -1 }],
	['a second later', 'dates', { moreBegin: 1 }],
	['ends a second earlier', 'dates', { moreEnd: -1 }],
	['ends a day later', 'dates', { moreEnd: 86400 }],
	['a serial number of 15 bytes', 'certificate', { serial: '2'.padEnd(30, '1') }],
	['a serial number of 17 bytes', 'certificate', { serial: '8'.padEnd(32, '1') }],
	['SHA-384', 'signature', { digest: 'sha384' }],
	['a CA', 'certificate', { extensions: { basicConstraints: 'critical,CA:TRUE' } }],
	['basicConstraints not critical', 'certificate', { extensions: { basicConstraints: 'CA:FALSE' } }],
	['another usage', 'certificate', { extensions: { keyUsage: 'critical,digitalSignature' } }],
	['for TLS, too', 'certificate', { extensions: { extendedKeyUsage: 'emailProtection,serverAuth' } }],
	['no key identifier', 'certificate', { extensions: { subjectKeyIdentifier: 'none' } }],
	['no authority\'s key identifier', 'certificate', { extensions: { authorityKeyIdentifier: 'none' } }],
	['an authority\'s name and number', 'certificate', { extensions: { authorityKeyIdentifier:
		'keyid:always,issuer:always' } }],
	['a policy more', 'certificate', { extensions: { certificatePolicies: '1.2.3.4' } }],
	['a pointer to OCSP', 'certificate', { extensions: { authorityInfoAccess:
		'OCSP;URI:http://tracker.example' } }],
	['another signer', 'signature', { keyPath: newKey('other.key'), mismatch: true }],
	['another issuer\'s name', 'certificate', { certificate: chain.root, mismatch: true }],
]) {
	await test('certificate: ' + name, async () => {
		const der = what.mismatch ? forged(what) :
			opensslIssue(chain, what.request ?? profile.request, times, what);
		await refuses(code, () => check(der));
		same(twinCheck(file, der, chain).status, 1);
	});
}

// openssl ca wants key and certificate to belong together: so a certificate that says the
// same as the issuer's, of another key, or the key's under another name
function forged({ keyPath = issuerKey(), certificate = null }) {
	const subject = certificate === null ? 'issuer' : 'root';
	must('openssl', ['req', '-x509', '-new', '-config', write('forged.cnf', '[req]\n' +
		'distinguished_name = dn\nprompt = no\nstring_mask = utf8only\n[dn]\nCN = Mail Seal ' +
		subject + ' ' + profileId + '\n'), '-key', keyPath, '-outform', 'DER', '-out', path('forged.der')]);
	const ca = pemDecode(must('openssl', ['x509', '-inform', 'DER', '-in', path('forged.der')]))[0].der;
	const keyid = { authorityKeyIdentifier: 'DER:' + authority() };
	return opensslIssue(chain, profile.request, times, { keyPath, certificate: ca, extensions: keyid });
}

// The issuer's own key identifier, as it should be
function authority() {
	const text = must('openssl', ['x509', '-inform', 'DER', '-in', write('issuer.der', chain.issuer),
		'-noout', '-ext', 'subjectKeyIdentifier']);
	return '30168014' + /[0-9A-F:]{59}/.exec(text)[0].replaceAll(':', '');
}

await test('certificate: a signature over something else', async () => {
	const bad = Uint8Array.from(user);
	bad[bad.length - 1] ^= 1;
	await refuses('signature', () => check(bad));
	same(twinCheck(file, bad, chain).status, 1);
});

for (const [name, code, text] of [
	['nothing', 'pem', ''],
	['the user certificate alone', 'answer', pems(user)],
	['one certificate more', 'answer', pems(user, chain.issuer, chain.root, foreign.chain.root)],
	['root and issuer swapped', 'chain', pems(user, chain.root, chain.issuer)],
	['the user certificate at the end', 'chain', pems(chain.issuer, chain.root, user)],
	['another root', 'chain', pems(user, chain.issuer, foreign.chain.root)],
	['another issuer', 'chain', pems(user, foreign.chain.issuer, chain.root)],
	['all of somebody else', 'chain', pems(foreign.user, foreign.chain.issuer, foreign.chain.root)],
	// for its key, or where a second has passed for its dates
	['a user certificate of another chain', null, pems(foreign.user, chain.issuer, chain.root)],
	['the issuer as user', 'certificate', pems(chain.issuer, chain.issuer, chain.root)],
	['a request in place of it', 'answer', pemEncode('CERTIFICATE REQUEST', profile.request) +
		pems(chain.issuer, chain.root)],
	['a private key with it', 'private', pems(user, chain.issuer, chain.root) +
		'-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n'],
	['the request for it', 'der', pems(profile.request, chain.issuer, chain.root)],
	['cut off', 'pem', pems(user, chain.issuer, chain.root).slice(0, -30)],
	['something behind the certificate', 'der', pems(Uint8Array.of(...user, 0), chain.issuer, chain.root)],
]) {
	await test('answer: ' + name, () => refuses(code, () => checkIssued(text, terms)));
}

for (const [name, now] of [['not yet', new Date(times[0] - 1000)], ['at its end', times[1]]])
	await test('certificate: ' + name, () => refuses('dates', () => check(user, { now })));

await test('certificates cut off', async () => {
	for (let length = 1; length < user.length; length++)
		await refuses('der', () => check(user.slice(0, length)));
});

await test('certificates with a bit flipped: refused, here as by src/pki', async () => {
	for (const [bad, at] of flipped(user, 200)) {
		same(await accepts(() => check(bad)), false, 'byte ' + at);
		same(twinCheck(file, bad, chain).status, 1, 'byte ' + at);
	}
});

//
// Addresses
//

for (const [name, address] of [
	['none', ''], ['no @', 'anna'], ['nothing before it', '@example.org'],
	['nothing behind it', 'anna@'], ['two', 'anna@b@example.org'], ['a space', 'an na@example.org'],
	['a line end', 'anna@example.org\n'], ['a NUL', 'anna\0@example.org'],
	['a no-break space', 'an\u00a0na@example.org'], ['half a character', 'anna\ud83d@example.org'],
	['a domain that is not ASCII', 'anna@bücher.example'],
	['255 bytes', 'a'.repeat(243) + '@example.org'],
]) {
	await test('address: ' + name, () =>
		refuses('address', () => makeUserRequest(keys, [addresses[0], address], nonce)));
}

await test('no address at all', () => refuses('address', () => makeUserRequest(keys, [], nonce)));

done();
