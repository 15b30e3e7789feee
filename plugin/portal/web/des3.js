// SPDX-License-Identifier: MIT

// Encryption with 3DES in CBC mode (FIPS 46-3, SP 800-67), which WebCrypto does not have:
// the compatible form of PKCS #12 needs it, because older systems of Apple's and GnuPG 2.2
// read no other. It is written after the standard's tables, one array element for a bit:
// a key's file has some hundred blocks. Not for anything new.

// Each table tells for each bit of the output which bit of the input it is, from 1.
const des3Initial = [58, 60, 62, 64, 57, 59, 61, 63].flatMap((first) =>
	[0, 8, 16, 24, 32, 40, 48, 56].map((less) => first - less));
const des3Final = des3Initial.map((_, i) => des3Initial.indexOf(i + 1) + 1);
// six bits for each of the eight boxes, overlapping by two
const des3Expansion = Array.from({ length: 48 }, (_, i) =>
	(4 * Math.floor(i / 6) + i % 6 + 31) % 32 + 1);
const des3Permutation = [16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10,
	2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25];
const des3Choice1 = [57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43,
	35, 27, 19, 11, 3, 60, 52, 44, 36, 63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22,
	14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4];
const des3Choice2 = [14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7,
	27, 20, 13, 2, 41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46,
	42, 50, 36, 29, 32];
const des3Shifts = [1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1];
// S1 to S8: four rows of 16 hexadecimal digits
const des3Boxes = [
	'e4d12fb83a6c59070f74e2d1a6cb953841e8d62bfc973a50fc8249175b3ea06d',
	'f18e6b34972dc05a3d47f28ec01a69b50e7ba4d158c6932fd8a13f42b67c05e9',
	'a09e63f51dc7b428d709346a285ecbf1d6498f30b12c5ae71ad069874fe3b52c',
	'7de3069a1285bc4fd8b56f03472c1ae9a690cb7df13e52843f06a1d8945bc72e',
	'2c417ab6853fd0e9eb2c47d150fa3986421bad78f9c5630eb8c71e2d6f09a453',
	'c1af92680d34e75baf427c9561de0b389ef528c3704a1db6432c95fabe17608d',
	'4b2ef08d3c975a61d0b7491ae35c2f8614bdc37eaf6805926bd814a7950fe23c',
	'd2846fb1a93e50c71fd8a374c56b0e927b419ce206adf35821e74a8dfc90356b',
].map((digits) => Array.from(digits, (digit) => parseInt(digit, 16)));

function des3Bits(bytes) {
	return Array.from(bytes).flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((n) => byte >> n & 1));
}

function des3Bytes(bits) {
	return Uint8Array.from({ length: bits.length / 8 }, (_, i) =>
		bits.slice(8 * i, 8 * i + 8).reduce((byte, bit) => byte << 1 | bit, 0));
}

function des3Pick(bits, table) {
	return table.map((place) => bits[place - 1]);
}

function des3Xor(a, b) {
	return a.map((bit, i) => bit ^ b[i]);
}

// The sixteen round keys of a key of eight bytes, whose parity bits play no part
function des3Schedule(key) {
	const bits = des3Pick(des3Bits(key), des3Choice1);
	let [c, d] = [bits.slice(0, 28), bits.slice(28)];

	return des3Shifts.map((by) => {
		c = [...c.slice(by), ...c.slice(0, by)];
		d = [...d.slice(by), ...d.slice(0, by)];
		return des3Pick([...c, ...d], des3Choice2);
	});
}

// The function f of FIPS 46-3
function des3Round(half, roundKey) {
	const mixed = des3Xor(des3Pick(half, des3Expansion), roundKey);
	const out = des3Boxes.flatMap((box, i) => {
		const [a, b, c, d, e, f] = mixed.slice(6 * i, 6 * i + 6);
		const value = box[32 * a + 16 * f + 8 * b + 4 * c + 2 * d + e];
		return [3, 2, 1, 0].map((n) => value >> n & 1);
	});

	return des3Pick(out, des3Permutation);
}

function des3Block(bits, roundKeys) {
	const first = des3Pick(bits, des3Initial);
	let [left, right] = [first.slice(0, 32), first.slice(32)];

	for (const roundKey of roundKeys)
		[left, right] = [right, des3Xor(left, des3Round(right, roundKey))];
	return des3Pick([...right, ...left], des3Final);
}

// key: 24 bytes; iv: 8. data is padded as RFC 8018 appendix B.2.3 says: one byte at least.
export function des3Encrypt(key, iv, data) {
	const schedules = [0, 8, 16].map((at) => des3Schedule(key.subarray(at, at + 8)));
	const pad = 8 - data.length % 8;
	const padded = new Uint8Array(data.length + pad).fill(pad);
	const out = new Uint8Array(padded.length);
	let last = des3Bits(iv);

	// decrypts in the middle: the round keys in reverse
	schedules[1].reverse();
	padded.set(data);
	for (let at = 0; at < padded.length; at += 8) {
		last = schedules.reduce(des3Block, des3Xor(des3Bits(padded.subarray(at, at + 8)), last));
		out.set(des3Bytes(last), at);
	}
	padded.fill(0);
	return out;
}
