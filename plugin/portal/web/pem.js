// SPDX-License-Identifier: MIT

// Base64 between a BEGIN and an END line, with any text around (RFC 7468)

import { SealProblem } from './problem.js';

export function base64Encode(bytes) {
	return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

// Bytes, or null where the text is not what base64Encode() would make of them
function base64Decode(text) {
	let bytes;

	try {
		bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
	} catch {
		return null;
	}
	return base64Encode(bytes) === text ? bytes : null;
}

export function pemEncode(label, der) {
	const lines = base64Encode(der).match(/.{1,64}/g) || [];

	return ['-----BEGIN ' + label + '-----', ...lines, '-----END ' + label + '-----', '']
		.join('\n');
}

// Also in a block that is not quite one: indented, quoted, or broken by a mail client
function pemHasPrivateKey(text) {
	return text.split('\n').some((line) =>
		line.includes('--BEGIN ') && line.includes('PRIVATE KEY'));
}

// The lines of base64 behind the BEGIN line, which are taken off lines, and the END line
function pemBlock(label, lines) {
	const body = [];

	while (lines.length > 0 && !lines[0].includes('-'))
		body.push(lines.shift());
	if (lines.shift() !== '-----END ' + label + '-----')
		throw new SealProblem('pem', label + ' has no END line');
	const der = base64Decode(body.join(''));
	if (der === null || der.length === 0)
		throw new SealProblem('pem', label + ' is damaged');
	return { label, der };
}

// All blocks of a text, in their order: [{ label, der }], at least one. With noPrivateKey
// a text that holds a private key is refused. Throws SealProblem('pem' or 'private').
export function pemDecode(text, { noPrivateKey = false } = {}) {
	// a byte order mark, as Windows' editor leaves it
	const lines = text.replace(/^\ufeff/, '').split('\n').map((line) => line.trimEnd());
	const blocks = [];

	if (noPrivateKey && pemHasPrivateKey(text))
		throw new SealProblem('private');
	while (lines.length > 0) {
		const found = /^-----BEGIN (.*)-----$/.exec(lines.shift());
		if (found !== null)
			blocks.push(pemBlock(found[1], lines));
	}
	if (blocks.length === 0)
		throw new SealProblem('pem', 'there is no BEGIN line');
	return blocks;
}
