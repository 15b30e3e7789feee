// SPDX-License-Identifier: MIT

// The user's file: private key, certificate and chain as PKCS #12 (RFC 7292), as
// src/pki/pkcs12.c writes it but for the number of iterations. WebCrypto does those of PBES2
// in one call; of PKCS #12's own derivation each is a call. The passphrase is not a person's:
// its 80 random bits (passphrase.js) cannot be tried out, however fast one try is.

import { SealProblem } from './problem.js';
import { derBmpString, derContext, derContextBytes, derInteger, derNull, derOctetString, derOid, derSequence, derSet } from './der.js';
import { des3Encrypt } from './des3.js';
import { pkcs12Derive, pkcs12HashLength } from './pkcs12-key.js';
import { x509Digest, x509Open } from './x509.js';

const pkcs12NameMax = 255;		// RFC 2985 section 5.5.1: pkcs-9-ub-...

const pkcs12Oids = {
	data: '1.2.840.113549.1.7.1',
	encryptedData: '1.2.840.113549.1.7.6',
	shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
	certBag: '1.2.840.113549.1.12.10.1.3',
	x509Certificate: '1.2.840.113549.1.9.22.1',
	friendlyName: '1.2.840.113549.1.9.20',
	localKeyId: '1.2.840.113549.1.9.21',
	pbes2: '1.2.840.113549.1.5.13',
	pbkdf2: '1.2.840.113549.1.5.12',
	hmacWithSha256: '1.2.840.113549.2.9',
	aes256Cbc: '2.16.840.1.101.3.4.1.42',
	shaAnd3KeyTripleDesCbc: '1.2.840.113549.1.12.1.3',
	'SHA-1': '1.3.14.3.2.26',
	'SHA-256': '2.16.840.1.101.3.4.2.1',
};

const pkcs12Forms = {
	current: { cipher: pkcs12Aes, hash: 'SHA-256', iterations: 200000, macIterations: 10000,
		saltLength: 16 },
	// for Apple's systems before they learned better, and for GnuPG 2.2
	compatible: { cipher: pkcs12TripleDes, hash: 'SHA-1', iterations: 2048, macIterations: 2048,
		saltLength: 8 },
};

function pkcs12Random(length) {
	return crypto.getRandomValues(new Uint8Array(length));
}

//
// The two ciphers. A key encrypts once: { algorithm (AlgorithmIdentifier), encrypt(bytes),
// wrap(CryptoKey) }, which return promises of bytes.
//

// PBES2 (RFC 8018 section 6.2). The private key goes from the browser's hands into the file
// without ever being seen here.
async function pkcs12Aes({ hash, iterations, saltLength }, passphrase) {
	const [salt, iv] = [pkcs12Random(saltLength), pkcs12Random(16)];
	const password = new TextEncoder().encode(passphrase);
	const base = await crypto.subtle.importKey('raw', password, 'PBKDF2', false, ['deriveKey']);
	const key = await crypto.subtle.deriveKey({ name: 'PBKDF2', hash, salt, iterations }, base,
		{ name: 'AES-CBC', length: 256 }, false, ['encrypt', 'wrapKey']);
	const aes = { name: 'AES-CBC', iv };

	password.fill(0);
	return {
		algorithm: derSequence(derOid(pkcs12Oids.pbes2), derSequence(
			derSequence(derOid(pkcs12Oids.pbkdf2), derSequence(derOctetString(salt),
				derInteger(iterations),
				derSequence(derOid(pkcs12Oids.hmacWithSha256), derNull()))),
			derSequence(derOid(pkcs12Oids.aes256Cbc), derOctetString(iv)))),
		encrypt: (bytes) => crypto.subtle.encrypt(aes, key, bytes),
		wrap: (userKey) => crypto.subtle.wrapKey('pkcs8', userKey, key, aes),
	};
}

async function pkcs12TripleDes({ hash, iterations, saltLength }, passphrase) {
	const derive = (id, salt, length) =>
		pkcs12Derive({ hash, id, passphrase, salt, iterations, length });
	let salt, key;

	// about one in 64 is not for GnuPG 2.2
	do {
		salt = pkcs12Random(saltLength);
		key = await derive(1, salt, 24);
	} while (key.short);
	const iv = (await derive(2, salt, 8)).bytes;
	const encrypt = async (bytes) => {
		const encrypted = des3Encrypt(key.bytes, iv, bytes);
		key.bytes.fill(0);
		return encrypted;
	};
	return {
		algorithm: derSequence(derOid(pkcs12Oids.shaAnd3KeyTripleDesCbc),
			derSequence(derOctetString(salt), derInteger(iterations))),
		encrypt,
		wrap: async (userKey) => {
			const plain = new Uint8Array(await crypto.subtle.exportKey('pkcs8', userKey));
			const encrypted = await encrypt(plain);
			plain.fill(0);
			return encrypted;
		},
	};
}

//
// Bags, and what they are packed in
//

function pkcs12Attribute(oid, value) {
	return derSequence(derOid(oid), derSet(value));
}

// What names a bag, and ties the certificate's to the key's. A BMPString holds no character
// beyond U+FFFF.
async function pkcs12Marks(certificate, name) {
	const text = Array.from(name).slice(0, pkcs12NameMax).map((character) =>
		character.length > 1 ? '\ufffd' : character).join('');
	const id = pkcs12Attribute(pkcs12Oids.localKeyId,
		derOctetString(await x509Digest('SHA-1', certificate)));

	return derSet(...text === '' ? [] :
		[pkcs12Attribute(pkcs12Oids.friendlyName, derBmpString(text))], id);
}

function pkcs12CertBag(certificate, ...marks) {
	return derSequence(derOid(pkcs12Oids.certBag),
		derContext(0, derSequence(derOid(pkcs12Oids.x509Certificate),
			derContext(0, derOctetString(certificate)))), ...marks);
}

function pkcs12Data(bytes) {
	return derSequence(derOid(pkcs12Oids.data), derContext(0, derOctetString(bytes)));
}

async function pkcs12PackCerts(cipher, bags) {
	const encrypted = new Uint8Array(await cipher.encrypt(derSequence(...bags)));

	return derSequence(derOid(pkcs12Oids.encryptedData), derContext(0, derSequence(
		derInteger(0), derSequence(derOid(pkcs12Oids.data), cipher.algorithm,
			derContextBytes(0, encrypted)))));
}

async function pkcs12PackKey(cipher, key, marks) {
	const encrypted = new Uint8Array(await cipher.wrap(key));

	return pkcs12Data(derSequence(derSequence(derOid(pkcs12Oids.shroudedKeyBag),
		derContext(0, derSequence(cipher.algorithm, derOctetString(encrypted))), marks)));
}

// MacData over what is in the file
async function pkcs12Mac({ hash, macIterations, saltLength }, passphrase, content) {
	const salt = pkcs12Random(saltLength);
	const { bytes } = await pkcs12Derive({ hash, id: 3, passphrase, salt,
		iterations: macIterations, length: pkcs12HashLength[hash] });
	const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash }, false, ['sign']);
	const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, content));

	bytes.fill(0);
	return derSequence(derSequence(derSequence(derOid(pkcs12Oids[hash]), derNull()),
		derOctetString(mac)), derOctetString(salt), derInteger(macIterations));
}

// This is the only copy of a key: whoever gets it shall be able to use it.
async function pkcs12CheckPair(key, certificate) {
	const probe = pkcs12Random(32);
	const algorithm = { name: key.algorithm.name, hash: 'SHA-256', namedCurve: 'P-256' };
	const { items } = x509Open(certificate);
	let good = false;

	try {
		const publicKey = await crypto.subtle.importKey('spki', items[6].bytes, algorithm, false,
			['verify']);
		good = await crypto.subtle.verify(algorithm, publicKey,
			await crypto.subtle.sign(algorithm, key, probe), probe);
	} catch {
		// a key of another kind
	}
	if (!good)
		throw new SealProblem('pair');
}

// form: 'current' (PBES2 with AES-256 and HMAC-SHA-256) or 'compatible' (3DES and SHA-1).
// key: the private CryptoKey, which has to be extractable. certificate and chain (issuer and
// root; may be empty): DER. name: the friendlyName of key and certificate, cut after 255
// characters; '' for none. Returns the file's bytes. Throws SealProblem: 'passphrase',
// 'pair', 'der'.
export async function writePkcs12({ form, key, certificate, chain, name, passphrase }) {
	const how = pkcs12Forms[form];

	if (passphrase === '' || /[\ud800-\udfff]/u.test(passphrase))
		throw new SealProblem('passphrase');
	await pkcs12CheckPair(key, certificate);
	const marks = await pkcs12Marks(certificate, name);
	const content = derSequence(
		await pkcs12PackCerts(await how.cipher(how, passphrase),
			[pkcs12CertBag(certificate, marks), ...chain.map((der) => pkcs12CertBag(der))]),
		await pkcs12PackKey(await how.cipher(how, passphrase), key, marks));
	return derSequence(derInteger(3), pkcs12Data(content),
		await pkcs12Mac(how, passphrase, content));
}
