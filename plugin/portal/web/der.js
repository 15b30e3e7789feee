// SPDX-License-Identifier: MIT

// DER (X.690 section 10 and 11), as much of it as certificates, requests and PKCS #12
// files need. Encoders return a Uint8Array; parts that they are given are encoded
// already.

export function derConcat(parts) {
	const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let at = 0;

	for (const part of parts) {
		all.set(part, at);
		at += part.length;
	}
	return all;
}

export function derEqual(a, b) {
	return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export function derHex(bytes) {
	return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function derLength(length) {
	const bytes = [];

	if (length < 0x80)
		return [length];
	for (let rest = length; rest > 0; rest >>>= 8)
		bytes.unshift(rest & 0xff);
	return [0x80 | bytes.length, ...bytes];
}

export function derElement(tag, ...parts) {
	const content = derConcat(parts);

	return derConcat([Uint8Array.of(tag, ...derLength(content.length)), content]);
}

export function derSequence(...parts) {
	return derElement(0x30, ...parts);
}

// Which of two encodings comes first in a SET OF (X.690 section 11.6)
function derCompare(a, b) {
	for (let i = 0; i < Math.min(a.length, b.length); i++) {
		if (a[i] !== b[i])
			return a[i] - b[i];
	}
	return a.length - b.length;
}

export function derSet(...parts) {
	return derElement(0x31, ...parts.sort(derCompare));
}

// A context tag on what is constructed: explicit around one part, or in the place of
// SEQUENCE
export function derContext(number, ...parts) {
	return derElement(0xa0 | number, ...parts);
}

// [number] IMPLICIT SET OF
export function derContextSet(number, ...parts) {
	return derContext(number, ...parts.sort(derCompare));
}

// [number] IMPLICIT of what is not constructed
export function derContextBytes(number, bytes) {
	return derElement(0x80 | number, bytes);
}

export function derBoolean(value) {
	return derElement(0x01, Uint8Array.of(value ? 0xff : 0));
}

// value: a number below 2^31, or the bytes of a larger one; never negative
export function derInteger(value) {
	let bytes = value;

	if (typeof value === 'number')
		bytes = [value >>> 24, value >>> 16 & 0xff, value >>> 8 & 0xff, value & 0xff];
	let first = 0;
	while (first < bytes.length - 1 && bytes[first] === 0)
		first++;
	bytes = bytes.slice(first);
	return derElement(0x02, bytes[0] >= 0x80 ? [0] : [], bytes);
}

export function derBitString(bytes, unused = 0) {
	return derElement(0x03, [unused], bytes);
}

export function derOctetString(bytes) {
	return derElement(0x04, bytes);
}

export function derNull() {
	return derElement(0x05);
}

export function derOid(text) {
	const [first, second, ...arcs] = text.split('.').map(Number);
	const bytes = [];

	for (const arc of [40 * first + second, ...arcs]) {
		const digits = [arc & 0x7f];
		for (let rest = arc >>> 7; rest > 0; rest >>>= 7)
			digits.unshift(0x80 | rest & 0x7f);
		bytes.push(...digits);
	}
	return derElement(0x06, bytes);
}

export function derUtf8String(text) {
	return derElement(0x0c, new TextEncoder().encode(text));
}

// UTF-16: the caller leaves no character beyond U+FFFF in it.
export function derBmpString(text) {
	const bytes = [];

	for (let i = 0; i < text.length; i++)
		bytes.push(text.charCodeAt(i) >>> 8, text.charCodeAt(i) & 0xff);
	return derElement(0x1e, bytes);
}

// RFC 5280 section 4.1.2.5: two digits of the year before 2050, four from then on
export function derTime(date) {
	const text = date.toISOString().slice(0, 19).replace(/[-:T]/g, '') + 'Z';
	const utc = date.getUTCFullYear() < 2050;

	return derElement(utc ? 0x17 : 0x18, new TextEncoder().encode(utc ? text.slice(2) : text));
}
