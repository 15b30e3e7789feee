// SPDX-License-Identifier: MIT

// Apple's configuration profile, read by Python's plistlib.

import { done, same, test } from './tap.mjs';
import { must, write } from './judge.mjs';
import { writeMobileconfig } from '../../plugin/portal/web/mobileconfig.js';

const script = `
import json, plistlib, sys
def plain(value):
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value
with open(sys.argv[1], 'rb') as file:
    print(json.dumps(plain(plistlib.load(file, fmt=plistlib.FMT_XML))))
`;

const input = { profileId: '0123456789abcdef', address: 'anna@example.org',
	root: Uint8Array.of(1, 2, 3), issuer: Uint8Array.of(4, 5), pkcs12: new Uint8Array(3000).fill(7),
	name: 'Mail' };
const told = (more) => JSON.parse(must('python3', ['-c', script,
	write('user.mobileconfig', writeMobileconfig({ ...input, ...more }))]));

await test('three payloads hold the three files', () => {
	const { PayloadContent: payloads, ...whole } = told({});

	same(whole, { PayloadType: 'Configuration', PayloadVersion: 1,
		PayloadIdentifier: 'mail-seal.0123456789abcdef', PayloadDisplayName: 'Mail',
		PayloadUUID: '01234567-89AB-8CDE-8F00-000000000000' });
	same(payloads.map(({ PayloadType, PayloadCertificateFileName, PayloadContent }) =>
		[PayloadType, PayloadCertificateFileName, PayloadContent]), [
		['com.apple.security.root', 'root.cer', '010203'],
		['com.apple.security.pkcs1', 'issuer.cer', '0405'],
		['com.apple.security.pkcs12', 'user.p12', '07'.repeat(3000)],
	]);
});

await test('the passphrase is left to the device', () => {
	same(told({}).PayloadContent.some((payload) => 'Password' in payload), false);
});

await test('each payload is named, once, and always so', () => {
	const names = (more) => told(more).PayloadContent.flatMap((payload) =>
		[payload.PayloadUUID, payload.PayloadIdentifier]);

	same(new Set(names({})).size, 6);
	same(names({}), names({ name: 'Another', address: 'x@y' }));
	same(names({}).some((name) => names({ profileId: '0123456789abcde0' }).includes(name)), false);
	for (const payload of told({}).PayloadContent)
		same(/^[0-9A-F]{8}-[0-9A-F]{4}-8[0-9A-F]{3}-8[0-9A-F]{3}-[0-9A-F]{12}$/.test(
			payload.PayloadUUID), true, payload.PayloadUUID);
});

for (const [what, text, wanted] of [
	['markup', '</string><key>Password</key>', '</string><key>Password</key>'],
	['an entity', '&lt;&amp;"\'', '&lt;&amp;"\''],
	['the end of a section', ']]>', ']]>'],
	['beyond the BMP', 'Ø🔒', 'Ø🔒'],
	['what no XML holds', 'a\0b\x1bc\ufffe\ud83dz', 'a\ufffdb\ufffdc\ufffd\ufffdz'],
]) {
	await test('a name of ' + what, () => {
		const made = told({ name: text, address: text });
		same(made.PayloadDisplayName, wanted);
		same(made.PayloadContent[2].PayloadDisplayName, wanted);
		same(made.PayloadContent.length, 3);
	});
}

done();
