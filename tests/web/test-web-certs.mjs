// SPDX-License-Identifier: MIT

// What the page makes in the ceremony, judged by openssl, and by seal-enrol, which made
// the same by src/pki. What the page refuses is in test-web-refuse.mjs.

import { mkdirSync, readFileSync } from 'node:fs';
import { done, refuses, same, test } from './tap.mjs';
import { built, must, path, read, write } from './judge.mjs';
import { addresses, issuerKey, issuerRequest, newKey, nonce, pems, profileId } from './ceremony.mjs';
import { checkIssued, describeCertificate, makeChain, makeRootKey, makeUserKey, makeUserRequest } from '../../plugin/portal/web/certs.js';
import { derHex } from '../../plugin/portal/web/der.js';
import { derRead } from '../../plugin/portal/web/der-read.js';
import { pemDecode, pemEncode } from '../../plugin/portal/web/pem.js';

const day = 24 * 60 * 60 * 1000;
const request = issuerRequest();

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

for (const name of ['root', 'issuer']) {
	await test('openssl and describeCertificate() see the same ' + name, async () => {
		const told = await describeCertificate(chain[name]);
		const text = must('openssl', ['x509', '-in', path(name + '.pem'), '-noout', '-subject',
			'-serial', '-fingerprint', '-sha256', '-dates', '-nameopt', 'RFC2253']);
		const value = (key) => new RegExp('^' + key + '=(.*)$', 'm').exec(text)[1];

		same('CN=' + told.subject, value('subject'));
		same(told.serial, value('serial').toLowerCase());
		same(told.fingerprint, value('(?:sha256|SHA256) Fingerprint').replaceAll(':', '').toLowerCase());
		same(told.notBefore, new Date(value('notBefore')));
		same(told.notAfter, new Date(value('notAfter')));
		same(told.notAfter - told.notBefore, 731 * day);
	});
}

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
	const byName = { root: theirs.find(({ der }) => derHex(der).includes(hexName('root'))
		&& !derHex(der).includes(hexName('issuer'))), issuer: theirs.find(({ der }) =>
		derHex(der).includes(hexName('issuer'))) };
	for (const name of ['root', 'issuer'])
		same(shape(derRead(chain[name])), shape(derRead(byName[name].der)), name);
});

function hexName(which) {
	return derHex(new TextEncoder().encode('Mail Seal ' + which + ' ' + profileId));
}

done();
