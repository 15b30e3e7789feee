// SPDX-License-Identifier: MIT

// 32 of them, so that five random bits choose one, each as likely as the others; without
// l, o, 0 and 1. One case, which a telephone's keyboard stays in.
const passphraseAlphabet = '23456789abcdefghijkmnpqrstuvwxyz';

// 80 random bits, as src/pki/passphrase.c makes them: "7kfa-x2mu-9tq4-hzcv"
export function makePassphrase() {
	const random = crypto.getRandomValues(new Uint8Array(16));
	const text = Array.from(random, (byte) => passphraseAlphabet[byte & 31]).join('');

	random.fill(0);
	return text.match(/.{4}/g).join('-');
}
