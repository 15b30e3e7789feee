// SPDX-License-Identifier: MIT

// SHA-1 and SHA-256 (FIPS 180-4), for one thing: the key derivation of PKCS #12 hashes
// 200,000 times, one after the other, and WebCrypto makes of each a promise and a trip to
// another thread, which took twenty times as long.

const shaConstants256 = Uint32Array.from((
	'428a2f98 71374491 b5c0fbcf e9b5dba5 3956c25b 59f111f1 923f82a4 ab1c5ed5 ' +
	'd807aa98 12835b01 243185be 550c7dc3 72be5d74 80deb1fe 9bdc06a7 c19bf174 ' +
	'e49b69c1 efbe4786 0fc19dc6 240ca1cc 2de92c6f 4a7484aa 5cb0a9dc 76f988da ' +
	'983e5152 a831c66d b00327c8 bf597fc7 c6e00bf3 d5a79147 06ca6351 14292967 ' +
	'27b70a85 2e1b2138 4d2c6dfc 53380d13 650a7354 766a0abb 81c2c92e 92722c85 ' +
	'a2bfe8a1 a81a664b c24b8b70 c76c51a3 d192e819 d6990624 f40e3585 106aa070 ' +
	'19a4c116 1e376c08 2748774c 34b0bcb5 391c0cb3 4ed8aa4a 5b9cca4f 682e6ff3 ' +
	'748f82ee 78a5636f 84c87814 8cc70208 90befffa a4506ceb bef9a3f7 c67178f2')
	.split(' '), (word) => parseInt(word, 16));

function shaRotate(word, by) {
	return word << by | word >>> 32 - by;
}

// One block of sixteen words into the state
function shaBlock1(state, w) {
	let a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];

	for (let i = 16; i < 80; i++)
		w[i] = shaRotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	for (let i = 0; i < 80; i++) {
		const f = i < 20 ? (b & c | ~b & d) + 0x5a827999 : i < 40 ? (b ^ c ^ d) + 0x6ed9eba1 :
			i < 60 ? (b & c | b & d | c & d) + 0x8f1bbcdc : (b ^ c ^ d) + 0xca62c1d6;
		const next = shaRotate(a, 5) + f + e + w[i] | 0;
		e = d;
		d = c;
		c = shaRotate(b, 30);
		b = a;
		a = next;
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
}

function shaBlock256(state, w) {
	let a = state[0], b = state[1], c = state[2], d = state[3];
	let e = state[4], f = state[5], g = state[6], h = state[7];

	for (let i = 16; i < 64; i++) {
		const x = w[i - 15];
		const y = w[i - 2];
		w[i] = w[i - 16] + w[i - 7] + (shaRotate(x, 25) ^ shaRotate(x, 14) ^ x >>> 3) +
			(shaRotate(y, 15) ^ shaRotate(y, 13) ^ y >>> 10);
	}
	for (let i = 0; i < 64; i++) {
		const t1 = h + (shaRotate(e, 26) ^ shaRotate(e, 21) ^ shaRotate(e, 7)) +
			(e & f ^ ~e & g) + shaConstants256[i] + w[i];
		const t2 = (shaRotate(a, 30) ^ shaRotate(a, 19) ^ shaRotate(a, 10)) +
			(a & b ^ a & c ^ b & c);
		h = g;
		g = f;
		f = e;
		e = d + t1 | 0;
		d = c;
		c = b;
		b = a;
		a = t1 + t2 | 0;
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
	state[5] += f;
	state[6] += g;
	state[7] += h;
}

const shaKinds = {
	'SHA-1': { block: shaBlock1, words: 80,
		initial: [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0] },
	'SHA-256': { block: shaBlock256, words: 64,
		initial: [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
			0x1f83d9ab, 0x5be0cd19] },
};

export function shaLength(name) {
	return 4 * shaKinds[name].initial.length;
}

// All blocks of bytes with their padding into the state, by way of w
function shaWhole(block, state, w, bytes) {
	const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64);
	const view = new DataView(padded.buffer);

	padded.set(bytes);
	padded[bytes.length] = 0x80;
	view.setUint32(padded.length - 4, bytes.length * 8);
	for (let at = 0; at < padded.length; at += 64) {
		for (let i = 0; i < 16; i++)
			w[i] = view.getUint32(at + 4 * i);
		block(state, w);
	}
	padded.fill(0);
}

// The hash of bytes, the hash of that, and so on, so many times. name: SHA-1 or SHA-256.
// All but the first are of one block, which is laid out in place.
export function shaDigest(name, bytes, times = 1) {
	const { block, words, initial } = shaKinds[name];
	const state = Uint32Array.from(initial);
	const w = new Uint32Array(words);
	const out = new DataView(new ArrayBuffer(4 * initial.length));

	shaWhole(block, state, w, bytes);
	for (let i = 1; i < times; i++) {
		w.fill(0, 0, 16);
		w.set(state);
		w[initial.length] = 0x80000000;
		w[15] = 32 * initial.length;
		state.set(initial);
		block(state, w);
	}
	state.forEach((word, i) => out.setUint32(4 * i, word));
	return new Uint8Array(out.buffer);
}
