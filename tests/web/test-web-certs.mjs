// SPDX-License-Identifier: MIT

// What the page makes in the ceremony, judged by openssl, and by seal-enrol, which made
// the same by src/pki. What the page refuses is in test-web-refuse.mjs.

import { readFileSync } from 'node:fs';
import { done, refuses, same, test } from './tap.mjs';
import { built, must, path, write } from './judge.mjs';
import { addresses, keyFile, nonce, opensslRequest, pems, profileId, sealdIssue, told, twinCheck, wholeProfile } from './ceremony.mjs';
import { checkIssued, makeChain, makeRootKey, makeUserKey, makeUserRequest } from '../../plugin/portal/web/certs.js';
import { derHex } from '../../plugin/portal/web/der.js';
import { derRead } from '../../plugin/portal/web/der-read.js';
import { pemDecode, pemEncode } from '../../plugin/portal/web/pem.js';

const day = 24 * 60 * 60 * 1000;
const request = opensslRequest();

await test('the root key cannot be exported', async () => {
	const { privateKey } = await makeRootKey();

	same(privateKey.extractable, false);
	for (const format of ['pkcs8', 'jwk', 'raw'])
		await refuses(null, () => crypto.subtle.exportKey(format, privateKey));
});

const chain = await makeChain(request, { nonce, days: 730 });

await test('the chain is of that profile and nonce', () => {
	same(chain.profileId, profileId);
	same(chain.nonce, nonce);
});

await test('a nonce that nobody remembers is taken from the request', async () => {
	same((await makeChain(request, { days: 2 })).nonce, nonce);
});

write('root.pem', pems(chain.root));
write('issuer.pem', pems(chain.issuer));

await test('openssl verifies the issuer', () => {
	must('openssl', ['verify', '-x509_strict', '-CAfile', path('root.pem'), path('issuer.pem')]);
});

await test('names and days are those asked for', () => {
	for (const name of ['root', 'issuer']) {
		const { subject, notBefore, notAfter } = told(chain[name]);
		same(subject, 'Mail Seal ' + name + ' ' + profileId);
		same(notAfter - notBefore, 731 * day);
	}
});

// Every element's tag and length, and the content of what is not to differ
function shape(element, at = '') {
	const free = { '.0.1': 'serial', '.0.4': 'times', '.0.6.1': 'key', '.2': 'signature' };

	// r and s have a byte more or less
	if (at === '.2')
		return free[at];
	if (free[at] !== undefined)
		return free[at] + element.tag + ' ' + element.bytes.length;
	if (element.items === undefined)
		// a key identifier: as long as the other
		return derHex(element.bytes).replace(/(0414|8014)[0-9a-f]{40}$/, '$1');
	return [element.tag, ...element.items.map((item, i) => shape(item, at + '.' + i))];
}

await test('root and issuer are, but for what is random, as seal-enrol makes them', () => {
	const enrol = built('seal-enrol');

	must(enrol, ['new', '--dir', path('device'), '--key', 'p256', '--days', '730', '--address',
		addresses[0], write('asked.pem', request)]);
	const theirs = pemDecode(readFileSync(path('device/chain.pem'), 'utf8'));
	same(theirs.map(({ der }) => shape(derRead(der))),
		[chain.issuer, chain.root].map((der) => shape(derRead(der))));
});

//
// The whole ceremony, with seald's own checks
//

const bytes = (text) => new TextEncoder().encode(text).length;
const long = 'a-local-part-of-sixty-bytes-which-makes-a-long-common-name-x@example.org';
for (const [kind, to, days] of [
	['rsa3072', addresses, 730],
	['rsa2048', [addresses[0]], 2],
	['rsa4096', ['jürgen@example.org', addresses[0]], 1095],
	['p256', [long], 365],
	['p256', ['日本語'.repeat(9) + '@example.org'], 365],
	['p256', ['"a.b"@example.org', 'a+b=c{d}@xn--bcher-kva.example'], 365],
	['p256', Array.from({ length: 40 }, (_, i) => 'alias' + i + '@example.org'), 365],
]) {
	const name = kind + ' for ' + to[0].slice(0, 20) + (to.length > 1 ? ' and ' + (to.length - 1) : '');
	let made = null;

	await test(name + ': seald issues', async () => {
		made = await wholeProfile({ kind, to, days });
	});
	await test(name + ': the request verifies, and says what it should', () => {
		const text = must('openssl', ['req', '-in', write('user.csr', pemEncode('CERTIFICATE REQUEST',
			made.request)), '-verify', '-noout', '-text', '-nameopt', 'utf8']);
		same(text.includes('challengePassword        :' + nonce), true, text);
		for (const address of to.filter((each) => /^[\x20-\x7e]*$/.test(each)))
			same(text.includes('email:' + address), true, text);
		if (bytes(to[0]) <= 64)
			same(text.includes('CN=' + to[0]) || text.includes('CN = ' + to[0]), true, text);
	});
	await test(name + ': the answer is what was asked for', async () => {
		const answer = pems(made.user, made.chain.issuer, made.chain.root);
		const terms = { ...made.chain, publicKey: made.keys.publicKey, addresses: to };
		same((await checkIssued(answer, terms)).user, made.user);
		const { subject, notBefore, notAfter } = told(made.user);
		same(notAfter - notBefore, days * day);
		same(bytes(subject) <= 64, true, subject);
		same(subject === to[0], bytes(to[0]) <= 64, subject);
	});
	await test(name + ': src/pki thinks so, too', async () => {
		const file = await keyFile('user.key', made.keys.privateKey);
		same(twinCheck(file, made.user, made.chain, to).text, '');
	});
	await test(name + ': openssl verifies all three', () => {
		must('openssl', ['verify', '-x509_strict', '-purpose', 'smimesign', '-CAfile',
			write('r.pem', pems(made.chain.root)), '-untrusted', write('i.pem', pems(made.chain.issuer)),
			write('u.pem', pems(made.user))]);
	});
}

for (const [name, what, says] of [
	['the days', { days: 700 }, 'root certificate: notAfter is more than 701 days'],
	['a nonce', { nonce: 'another' }, 'request: the nonce'],
	['an address', { to: ['anna@example.org', 'eve@example.org'] }, "'eve@example.org' is not an address"],
]) {
	await test('seald refuses ' + name + ' that were not asked for', async () => {
		const keys = await makeUserKey('p256');
		const userRequest = await makeUserRequest(keys, what.to ?? addresses, what.nonce ?? nonce);
		const { status, text } = sealdIssue({ ...chain, request: userRequest, days: what.days });
		same(status, 1);
		same(text.includes(says), true, text);
	});
}

//
// Times
//

for (const [now, days, begins, ends] of [
	['2026-02-28T12:00:00.999Z', 2, 'Feb 27 12:00:00 2026 GMT', 'Mar  2 12:00:00 2026 GMT'],
	['2028-03-01T00:00:00Z', 365, 'Feb 29 00:00:00 2028 GMT', 'Mar  1 00:00:00 2029 GMT'],
	['2049-12-31T12:00:00Z', 2, 'Dec 30 12:00:00 2049 GMT', 'Jan  2 12:00:00 2050 GMT'],
	['2050-01-02T00:00:00Z', 1095, 'Jan  1 00:00:00 2050 GMT', 'Jan  1 00:00:00 2053 GMT'],
]) {
	await test('made on ' + now.slice(0, 10) + ' for ' + days + ' days', async () => {
		const made = await makeChain(request, { nonce, days, now: new Date(now) });
		for (const der of [made.root, made.issuer])
			same(must('openssl', ['x509', '-inform', 'DER', '-in', write('c.der', der), '-noout', '-dates']),
				'notBefore=' + begins + '\nnotAfter=' + ends + '\n');
		must('openssl', ['verify', '-x509_strict', '-attime', String(Math.floor(Date.parse(now) / 1000)), '-CAfile',
			write('r.pem', pems(made.root)), write('i.pem', pems(made.issuer))]);
	});
}

await test('never the same key or serial number', async () => {
	const again = await makeChain(request, { nonce, days: 730 });
	const [first, second] = [chain.root, again.root].map((der) => told(der).serial);
	same(first !== second, true);
	same(/^[23][0-9a-f]{31}$/.test(second), true, second);
	same(derHex(derRead(chain.root).items[0].items[6].bytes) !==
		derHex(derRead(again.root).items[0].items[6].bytes), true);
});

await test('no such kind of key', () => refuses(null, () => makeUserKey('rsa1024')));

done();
