// SPDX-License-Identifier: MIT

// The cipher and the key derivation that WebCrypto has not: by the standards' own examples,
// and against the openssl program.

import { done, same, test } from './tap.mjs';
import { run, write } from './judge.mjs';
import { derHex } from '../../plugin/portal/web/der.js';
import { des3Encrypt } from '../../plugin/portal/web/des3.js';
import { pkcs12Derive } from '../../plugin/portal/web/pkcs12-key.js';

const hex = (text) => Uint8Array.from(Buffer.from(text, 'hex'));
const random = (length) => crypto.getRandomValues(new Uint8Array(length));

// The first block, without an initialisation vector: ECB
const block = (key, plain) => derHex(des3Encrypt(hex(key), new Uint8Array(8), hex(plain))).slice(0, 16);

// NIST SP 800-67 appendix B.1 (ECB, three keys)
const sp800 = '0123456789abcdef23456789abcdef01456789abcdef0123';
for (const [plain, wanted] of [
	['5468652071756663', 'a826fd8ce53b855f'],
	['6b2062726f776e20', 'cce21c8112256fe6'],
	['666f78206a756d70', '68d5c05dd9b6b900'],
]) {
	await test('SP 800-67: ' + plain, () => same(block(sp800, plain), wanted));
}

// NIST SP 800-17 appendix A and B, as single DES (three times the same key): a table has to
// be right in every bit of it
for (const [key, plain, wanted] of [
	['0101010101010101', '8000000000000000', '95f8a5e5dd31d900'],
	['0101010101010101', '4000000000000000', 'dd7f121ca5015619'],
	['0101010101010101', '0000000000000001', '166b40b44aba4bd6'],
	['8001010101010101', '0000000000000000', '95a8d72813daa94d'],
	['0101010101010102', '0000000000000000', '869efd7f9f265a09'],
	['1046913489980131', '0000000000000000', '88d55e54f54c97b4'],
	['7ca110454a1a6e57', '01a1d6d039776742', '690f5b0d9a26939b'],
	['0131d9619dc1376e', '5cd54ca83def57da', '7a389d10354bd271'],
	['49793ebc79b3258f', '437540c8698f3cfa', '6fbf1cafcffd0556'],
]) {
	await test('SP 800-17: ' + key + ' ' + plain, () => same(block(key.repeat(3), plain), wanted));
}

await test('every table as openssl has it: keys and texts of all lengths', () => {
	for (let length = 0; length < 50; length++) {
		const [key, iv, data] = [random(24), random(8), random(length)];
		const { out, text } = run('openssl', ['enc', '-des-ede3-cbc', '-K', derHex(key), '-iv',
			derHex(iv), '-in', write('plain', data)]);
		same(derHex(des3Encrypt(key, iv, data)), derHex(out), text);
	}
});

// Known answers, as other implementations have them in their tests
for (const [salt, iterations, id, wanted] of [
	['0a58cf64530d823f', 1, 1, '8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3'],
	['0a58cf64530d823f', 1, 2, '79993dfe048d3b76'],
	['05dec959acff72f7', 1000, 1, 'ed2034e36328830ff09df1e1a07dd357185dac0d4f9eb3d4'],
	['05dec959acff72f7', 1000, 2, '11dedad7758d4860'],
]) {
	await test('key derivation, ' + iterations + ' times, purpose ' + id, async () => {
		const { bytes } = await pkcs12Derive({ hash: 'SHA-1', id, passphrase: iterations === 1 ? 'smeg' :
			'queeg', salt: hex(salt), iterations, length: wanted.length / 2 });
		same(derHex(bytes), wanted);
	});
}

await test('key derivation as OpenSSL has it', async () => {
	for (const hash of ['SHA-1', 'SHA-256']) {
		for (const passphrase of ['x', '7kfa-x2mu-9tq4-hzcv', 'y'.repeat(31), 'z'.repeat(40)]) {
			const salt = random(16);
			const password = Buffer.from(passphrase + '\0', 'utf16le').swap16();
			const { out, text } = run('openssl', ['kdf', '-keylen', '70', '-binary', '-kdfopt',
				'digest:' + hash, '-kdfopt', 'hexpass:' + password.toString('hex'), '-kdfopt',
				'hexsalt:' + derHex(salt), '-kdfopt', 'iter:3', '-kdfopt', 'id:1', 'PKCS12KDF']);
			const { bytes } = await pkcs12Derive({ hash, id: 1, passphrase, salt, iterations: 3,
				length: 70 });
			same(derHex(bytes), derHex(out), text);
		}
	}
});

// RFC 7292 appendix B.2 step 6 C: what is added to each block, in another arithmetic
await test('key derivation tells where GnuPG 2.2 goes wrong', async () => {
	const password = Buffer.from('7kfa-x2mu-9tq4-hzcv\0', 'utf16le').swap16();
	const number = (bytes) => BigInt('0x' + derHex(bytes));
	const fill = (bytes) => Uint8Array.from({ length: 64 }, (_, i) => bytes[i % bytes.length]);
	const shortSum = (a, b) => (number(fill(a)) + number(fill(b)) + 1n) % 2n ** 512n < 2n ** 504n;
	let found = 0;

	for (let i = 0; i < 2000; i++) {
		const salt = random(8);
		const { bytes, short } = await pkcs12Derive({ hash: 'SHA-1', id: 1,
			passphrase: '7kfa-x2mu-9tq4-hzcv', salt, iterations: 1, length: 24 });
		const first = bytes.slice(0, 20);
		same(short, shortSum(salt, first) || shortSum(password, first), derHex(salt));
		found += short ? 1 : 0;
	}
	same(found > 0, true);
});

await test('nothing is added where no more is needed', async () => {
	for (let i = 0; i < 1000; i++)
		same((await pkcs12Derive({ hash: 'SHA-1', id: 2, passphrase: 'x', salt: random(8),
			iterations: 1, length: 8 })).short, false);
});

done();
