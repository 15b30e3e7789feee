// SPDX-License-Identifier: MIT

// The key derivation of PKCS #12 (RFC 7292 appendix B), which its MAC needs, and the
// compatible form for its encryption, too.

import { derConcat } from './der.js';

const pkcs12Block = 64;			// "v": of SHA-1 and of SHA-256
export const pkcs12HashLength = { 'SHA-1': 20, 'SHA-256': 32 };

// A BMPString with its NUL
function pkcs12Password(passphrase) {
	return Uint8Array.from({ length: 2 * passphrase.length + 2 }, (_, i) =>
		passphrase.charCodeAt(i >> 1) >> (i % 2 === 0 ? 8 : 0));
}

// bytes, again and again, to fill blocks; the caller's last one is cut
function pkcs12Repeat(bytes, length) {
	return Uint8Array.from({ length }, (_, i) => bytes[i % bytes.length]);
}

function pkcs12Whole(bytes) {
	return pkcs12Repeat(bytes, Math.ceil(bytes.length / pkcs12Block) * pkcs12Block);
}

// block becomes block + add + 1, modulo 2^512. Returns whether it begins with a zero byte.
function pkcs12Add(block, add) {
	let carry = 1;

	for (let i = pkcs12Block - 1; i >= 0; i--) {
		carry += block[i] + add[i];
		block[i] = carry;
		carry >>>= 8;
	}
	return block[0] === 0;
}

async function pkcs12Hash(hash, bytes, iterations) {
	let digest = bytes;

	for (let i = 0; i < iterations; i++)
		digest = new Uint8Array(await crypto.subtle.digest(hash, digest));
	return digest;
}

// hash: SHA-1 or SHA-256. id: 1 for a key, 2 for an initialisation vector, 3 for a MAC.
// Returns { bytes, short }; short: GnuPG 2.2 would go wrong here, see src/pki/pkcs12-private.h.
export async function pkcs12Derive({ hash, id, passphrase, salt, iterations, length }) {
	const password = pkcs12Password(passphrase);
	const input = derConcat([pkcs12Whole(salt), pkcs12Whole(password)]);
	const bytes = new Uint8Array(length);
	let short = false;

	for (let at = 0; at < length; at += pkcs12HashLength[hash]) {
		const digest = await pkcs12Hash(hash,
			derConcat([new Uint8Array(pkcs12Block).fill(id), input]), iterations);
		bytes.set(digest.subarray(0, length - at), at);
		// only where there is one more to come
		for (let i = 0; at + digest.length < length && i < input.length; i += pkcs12Block) {
			const part = input.subarray(i, i + pkcs12Block);
			short = pkcs12Add(part, pkcs12Repeat(digest, pkcs12Block)) || short;
		}
	}
	password.fill(0);
	input.fill(0);
	return { bytes, short };
}
