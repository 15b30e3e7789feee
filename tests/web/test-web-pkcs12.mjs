// SPDX-License-Identifier: MIT

// The PKCS #12 files, judged by openssl, NSS, GnuTLS and GnuPG.

import { mkdtempSync, rmSync } from 'node:fs';
import { Skip, done, refuses, same, test } from './tap.mjs';
import { must, path, read, run, write } from './judge.mjs';
import { pems, wholeProfile } from './ceremony.mjs';
import { makeUserKey } from '../../plugin/portal/web/certs.js';
import { makePassphrase } from '../../plugin/portal/web/passphrase.js';
import { pemEncode } from '../../plugin/portal/web/pem.js';
import { writePkcs12 } from '../../plugin/portal/web/pkcs12.js';

const passphrase = '7kfa-x2mu-9tq4-hzcv';
const label = 'Dvořák, 日本';
const forms = ['current', 'compatible'];
const profiles = {};

for (const kind of ['rsa3072', 'p256']) {
	await test('a profile of ' + kind, async () => {
		profiles[kind] = await wholeProfile({ kind });
	});
}

// Returns the file's path; whole is what it is made of.
async function make(form, kind, more = {}) {
	const { keys, user, chain } = profiles[kind] ?? (() => {
		throw new Skip('there is no profile');
	})();
	const bytes = await writePkcs12({ form, key: keys.privateKey, certificate: user,
		chain: [chain.issuer, chain.root], name: label, passphrase, ...more });

	return write('user.p12', bytes);
}

// What openssl takes out of it, or null
function opened(file, word = passphrase) {
	const { status, text } = run('openssl', ['pkcs12', '-in', file, '-nodes', '-legacy', '-info',
		'-passin', 'file:' + write('word', word)]);

	return status === 0 ? text : null;
}

const count = (text, part) => text.split(part).length - 1;

for (const form of forms) {
	for (const kind of ['rsa3072', 'p256']) {
		await test(form + ', ' + kind + ': openssl reads key, certificate and chain', async () => {
			const text = opened(await make(form, kind, { name: 'An owner' }));
			const { keys, user, chain } = profiles[kind];
			const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
			const bare = (pem) => must('openssl', ['pkey', '-in', write('key.pem', pem)]);

			same(count(text, 'BEGIN CERTIFICATE'), 3);
			for (const der of [user, chain.issuer, chain.root])
				same(count(text, pems(der)), 1);
			same(count(text, 'friendlyName: An owner'), 2);
			same(count(text, 'localKeyID'), 2);
			same(bare(text), bare(pemEncode('PRIVATE KEY', new Uint8Array(pkcs8))));
		});
	}
	await test(form + ': not with another passphrase', async () =>
		same(opened(await make(form, 'p256'), 'wrong'), null));
	await test(form + ': the same with no chain', async () =>
		same(count(opened(await make(form, 'p256', { chain: [] })), 'BEGIN CERTIFICATE'), 1));
}

// The parameters, as openssl tells them, and how often
for (const [form, texts] of [
	['current', ['MAC: sha256, Iteration 10000', 'MAC length: 32, salt length: 16',
		'Shrouded Keybag: PBES2, PBKDF2, AES-256-CBC, Iteration 200000, PRF hmacWithSHA256',
		'PKCS7 Encrypted data: PBES2, PBKDF2, AES-256-CBC, Iteration 200000, PRF hmacWithSHA256']],
	['compatible', ['MAC: sha1, Iteration 2048', 'MAC length: 20, salt length: 8',
		'Shrouded Keybag: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048',
		'PKCS7 Encrypted data: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048']],
]) {
	await test(form + ': the parameters', async () => {
		const text = opened(await make(form, 'rsa3072'));
		for (const part of texts)
			same(count(text, part), 1, part);
		same(count(text, 'Iteration'), 3);
	});
}

await test('never the same file', async () => {
	for (const form of forms) {
		await make(form, 'p256');
		const before = read('user.p12');
		await make(form, 'p256');
		same(Buffer.compare(before, read('user.p12')) !== 0, true);
	}
});

for (const [what, word] of [['one character', 'x'], ['UTF-8', 'hütte 日'], ['beyond the BMP', '🔒'],
	['31 characters', 'a'.repeat(31)], ['32 characters', 'b'.repeat(32)],
	['70 characters', 'c'.repeat(70)], ['a generated one', makePassphrase()]]) {
	await test('passphrase: ' + what, async () => {
		for (const form of forms)
			same(opened(await make(form, 'p256', { passphrase: word }), word) !== null, true, form);
	});
}

// as it comes out again: NSS shows it whole
for (const [what, name, wanted] of [['UTF-8', label, label], ['beyond the BMP', 'a🔒z', 'a\ufffdz'],
	['300 characters', 'n'.repeat(300), 'n'.repeat(255)]]) {
	await test('name: ' + what, async () => {
		const text = must('pk12util', ['-l', await make('compatible', 'p256', { name }), '-w',
			write('word', passphrase)]);
		same(count(text, 'Friendly Name: ' + wanted + '\n'), 2, text);
	});
}

await test('no name', async () => {
	for (const form of forms)
		same(count(opened(await make(form, 'p256', { name: '' })), 'friendlyName'), 0);
});

// What crypto.subtle.exportKey() gives away in the meantime
async function exported(work) {
	const { exportKey } = crypto.subtle;
	const found = [];

	crypto.subtle.exportKey = async (format, each) => {
		found.push({ format, bytes: new Uint8Array(await exportKey.call(crypto.subtle, format, each)) });
		return found.at(-1).bytes.buffer;
	};
	try {
		await work();
	} finally {
		delete crypto.subtle.exportKey;
	}
	return found;
}

await test('current: the private key is seen by nobody', async () => {
	same(await exported(() => make('current', 'rsa3072')), []);
});

await test('compatible: what was seen of the private key is wiped', async () => {
	const found = await exported(() => make('compatible', 'rsa3072'));

	same(found.map(({ format }) => format), ['pkcs8']);
	same(found[0].bytes.length > 1000 && found[0].bytes.every((byte) => byte === 0), true);
});

//
// NSS, GnuTLS and GnuPG
//

for (const form of forms) {
	for (const kind of ['rsa3072', 'p256']) {
		await test(form + ', ' + kind + ': NSS imports key, chain and name', async () => {
			const file = await make(form, kind);
			const db = 'sql:' + mkdtempSync(path('nss.'));

			must('certutil', ['-N', '-d', db, '--empty-password']);
			must('pk12util', ['-i', file, '-d', db, '-w', write('word', passphrase), '-K', '']);
			const keys = must('certutil', ['-K', '-d', db]);
			same(keys.includes(label) && keys.includes(kind === 'p256' ? ' ec ' : ' rsa '), true, keys);
			const certs = must('certutil', ['-L', '-d', db]);
			for (const name of [label, 'Mail Seal issuer', 'Mail Seal root'])
				same(certs.includes(name), true, certs);
		});
	}
	await test(form + ': GnuTLS reads it', async () => {
		const text = must('certtool', ['--p12-info', '--inder', '--infile',
			await make(form, 'rsa3072'), '--password', passphrase]);
		same(count(text, 'BEGIN CERTIFICATE'), 3, text);
	});
}

// A folder with a short name: sockets lie in it.
async function inGnupgHome(work) {
	const home = mkdtempSync('/tmp/ms.');

	try {
		return await work(home);
	} finally {
		run('gpgconf', ['--homedir', home, '--kill', 'all']);
		rmSync(home, { recursive: true, force: true });
	}
}

// Whether the key is there after it
function gpgsmImports(home, file) {
	const common = ['--homedir', home, '--batch', '--no-tty', '--quiet', '--disable-crl-checks'];
	const { status, text } = run('gpgsm', [...common, '--pinentry-mode', 'loopback',
		'--passphrase-fd', '0', '--import', file], { input: passphrase + '\n' });

	if (status !== 0)
		throw new Error(text);
	return must('gpgsm', [...common, '--with-colons', '--list-secret-keys']).includes('\ncrs:');
}

// That no salt is one with which GnuPG 2.2 goes wrong is in test-web-ciphers.mjs.
await test('compatible: gpgsm imports 10 of 10', async () => {
	for (let i = 0; i < 10; i++)
		await inGnupgHome(async (home) =>
			same(gpgsmImports(home, await make('compatible', 'rsa3072')), true));
});

//
// Passphrases, and failures
//

await test('generated passphrases: their shape, and each character as likely', () => {
	const seen = new Map();

	for (let i = 0; i < 2000; i++) {
		const word = makePassphrase();
		same(/^([2-9a-km-np-z]{4}-){3}[2-9a-km-np-z]{4}$/.test(word), true, word);
		for (const character of word.replaceAll('-', ''))
			seen.set(character, (seen.get(character) ?? 0) + 1);
	}
	// 1000 each; a deviation of a fifth is six times the usual one
	same(seen.size, 32);
	for (const [character, times] of seen)
		same(times > 800 && times < 1200, true, character + ': ' + times);
});

for (const [what, code, more] of [
	['empty passphrase', 'passphrase', () => ({ passphrase: '' })],
	['half a character', 'passphrase', () => ({ passphrase: 'x\ud83d' })],
	['another key', 'pair', async () => ({ key: (await makeUserKey('rsa3072')).privateKey })],
	['a key of another kind', 'pair', () => ({ key: profiles.p256.keys.privateKey })],
	['no certificate', 'der', () => ({ certificate: new Uint8Array(0) })],
	['a certificate cut off', 'der', () => ({ certificate: profiles.rsa3072.user.slice(0, -1) })],
]) {
	await test('refused: ' + what, async () => {
		for (const form of forms)
			await refuses(code, async () => make(form, 'rsa3072', await more()));
	});
}

done();
