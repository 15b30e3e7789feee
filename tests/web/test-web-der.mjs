// SPDX-License-Identifier: MIT

// DER: what is written, judged by openssl, and what is not read.

import { done, refuses, same, test } from './tap.mjs';
import { must, write } from './judge.mjs';
import * as der from '../../plugin/portal/web/der.js';
import { derDate, derRead, derText } from '../../plugin/portal/web/der-read.js';
import { pemDecode, pemEncode } from '../../plugin/portal/web/pem.js';

const hex = (text) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const bytes = (length) => new Uint8Array(length).fill(0x55);

// name, what was encoded, its DER, what openssl says of it (its last word)
const encodings = [
	['zero', der.derInteger(0), '02 01 00', '00'],
	['an integer with the high bit', der.derInteger(128), '02 02 0080', '80'],
	['an integer of three bytes', der.derInteger(200000), '02 03 030d40', '030D40'],
	['the largest of 31 bits', der.derInteger(0x7fffffff), '02 04 7fffffff', '7FFFFFFF'],
	['an integer of bytes', der.derInteger(hex('0000c0ffee')), '02 04 00c0ffee', 'C0FFEE'],
	['an integer of zero bytes', der.derInteger(hex('0000')), '02 01 00', '00'],
	['TRUE', der.derBoolean(true), '01 01 ff', '255'],
	['FALSE', der.derBoolean(false), '01 01 00', '0'],
	['NULL', der.derNull(), '05 00', 'NULL'],
	['a number', der.derOid('1.2.840.113549.1.1.11'), '06 09 2a864886f70d01010b',
		'sha256WithRSAEncryption'],
	['a number of an arc', der.derOid('2.5.29.15'), '06 03 551d0f', 'Usage'],
	['text', der.derUtf8String('Jürgen'), '0c 07 4ac3bc7267656e', null],
	['bytes', der.derOctetString(hex('0102')), '04 02 0102', '[HEX DUMP]:0102'],
	['bits', der.derBitString([0xa0], 5), '03 02 05a0', 'STRING'],
	['the last second in two digits', der.derTime(new Date('2049-12-31T23:59:59Z')),
		'17 0d 3439313233313233353935395a', '491231235959Z'],
	['the first in four', der.derTime(new Date('2050-01-01T00:00:00Z')),
		'18 0f 32303530303130313030303030305a', '20500101000000Z'],
	['a set in its order', der.derSet(der.derInteger(2), der.derNull(), der.derInteger(1)),
		'31 08 020101 020102 0500', null],
	['tags', der.derContext(1, der.derContextBytes(2, [])), 'a1 02 8200', null],
];

for (const [name, made, wanted, told] of encodings) {
	await test('written and read: ' + name, () => {
		same(made, hex(wanted));
		same(derRead(made).bytes, made);
		const text = must('openssl', ['asn1parse', '-inform', 'DER', '-in',
			write('made.der', made)]);
		if (told !== null)
			same(text.trim().split(/[\s:]+/).at(-1), told.split(':').at(-1), text);
	});
}

for (const [length, head] of [[127, '047f'], [128, '048180'], [255, '0481ff'],
	[256, '04820100'], [65535, '0482ffff'], [65536, '0483010000']]) {
	await test('a length of ' + length, () => {
		const made = der.derOctetString(bytes(length));
		same(made.slice(0, -length), hex(head));
		same(derRead(made).content.length, length);
	});
}

await test('dates are read back', () => {
	for (const text of ['1950-01-01T00:00:00Z', '1999-12-31T23:59:59Z', '2000-02-29T12:00:00Z',
		'2049-12-31T23:59:59Z', '2050-01-01T00:00:00Z'])
		same(derDate(derRead(der.derTime(new Date(text)))), new Date(text));
});

await test('a byte order mark stays in a text', () => {
	same(derText(derRead(der.derUtf8String('\ufeffa'))), '\ufeffa');
});

await test('text of two bytes each', () => {
	same(der.derBmpString('Añ日'), hex('1e 06 0041 00f1 65e5'));
});

const utc = (text) => '17' + text.length.toString(16).padStart(2, '0') +
	Buffer.from(text).toString('hex');
const generalized = (text) => '18' + utc(text).slice(2);

for (const [name, text] of [
	['nothing', ''],
	['a tag alone', '30'],
	['no content', '0401'],
	['something behind it', '0500 00'],
	['an indefinite length', '3080 0500 0000'],
	['a length in two bytes that needs one', '04 8101 00'],
	['a length with a leading zero', '04 820080' + '00'.repeat(128)],
	['a length that never ends', '04 84ffffffff 00'],
	['a length of 126 bytes', '04 fe 00'],
	['a length cut off', '04 82 01'],
	['a part longer than the whole', '3003 0402 00'],
	['a part cut off', '3002 0402'],
	['an empty integer', '0200'],
	['a padded integer', '0202 0001'],
	['a padded negative integer', '0202 ff80'],
	['a TRUE that is not FF', '0101 01'],
	['an empty BOOLEAN', '0100'],
	['a NULL of something', '0501 00'],
	['an empty BIT STRING', '0300'],
	['unused bits of nothing', '0301 01'],
	['eight unused bits', '0302 0800'],
	['unused bits that are set', '0302 01ff'],
	['an empty number', '0600'],
	['a padded number', '0602 8001'],
	['a number cut off', '0602 2a86'],
	['text that is not UTF-8', '0c02 c328'],
	['an overlong character', '0c02 c0af'],
	['half a character', '0c03 eda080'],
	['a constructed OCTET STRING', '2403 040100'],
	['a primitive SEQUENCE', '1000'],
	['a PrintableString of other characters', '1301 40'],
	['an IA5String of other characters', '1601 80'],
	['a TeletexString', '1401 41'],
	['a set out of its order', '3106 020102 020101'],
	['a private type', 'c000'],
	['a tag of two bytes', '9f2100'],
	['nested a hundred times', Array.from({ length: 60 }, (_, i) =>
		'30' + (2 * (59 - i)).toString(16).padStart(2, '0')).join('')],
	['a time without seconds', utc('2601010000Z')],
	['a time in a zone', utc('260101000000+0100')],
	['a day that does not exist', utc('260230000000Z')],
	['a month 13', utc('261301000000Z')],
	['an hour 24', utc('260101240000Z')],
	['a leap second', utc('261231235960Z')],
	['a fraction', generalized('20500101000000.5Z')],
	['four digits before 2050', generalized('20491231235959Z')],
]) {
	await test('not DER: ' + name, () => refuses('der', () => derRead(hex(text))));
}

// Something of each type
const sample = der.derSequence(der.derContext(0, der.derInteger(2)), der.derInteger(hex('00c0ffee00')),
	der.derSequence(der.derOid('1.2.840.113549.1.1.11'), der.derNull()),
	der.derSet(der.derUtf8String('Jürgen'), der.derBoolean(true)),
	der.derSequence(der.derTime(new Date('2026-11-28')), der.derTime(new Date('2050-01-01'))),
	der.derBitString(bytes(300), 0), der.derContextBytes(1, bytes(5)), der.derOctetString(bytes(3)));

await test('not one byte less', async () => {
	for (let length = 0; length < sample.length; length++)
		await refuses('der', () => derRead(sample.slice(0, length)));
});

// There is one encoding of what was read: the one that was read.
const again = ({ tag, content, items }) =>
	der.derElement(tag, ...items === undefined ? [content] : items.map(again));

// A generator of its own, so that a failure comes again: numbers below limit
let seed = 1;
function random(limit) {
	seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
	return (seed >>> 8) % limit;
}

await test('20,000 samples with bytes changed, left out or doubled', () => {
	let [taken, refused] = [0, 0];

	for (let i = 0; i < 20000; i++) {
		const bad = Array.from(sample);
		for (let changes = random(3); changes >= 0; changes--) {
			const at = random(bad.length);
			bad.splice(at, random(2), ...[[], [random(256)], [bad[at], bad[at]]][random(3)]);
		}
		try {
			same(again(derRead(Uint8Array.from(bad))), Uint8Array.from(bad));
			taken++;
		} catch (problem) {
			if (problem.code !== 'der')
				throw problem;
			refused++;
		}
	}
	same(taken > 100 && refused > 1000, true, taken + ' taken, ' + refused + ' refused');
});

await test('20,000 texts that are almost PEM', () => {
	const text = pemEncode('CERTIFICATE', sample) + pemEncode('CERTIFICATE REQUEST', sample);
	let [taken, refused] = [0, 0];

	for (let i = 0; i < 20000; i++) {
		const bad = Array.from(text);
		const at = random(bad.length);
		bad.splice(at, random(3), ...[[], ['\n'], ['-'], ['='], [String.fromCharCode(random(300))],
			[bad[at], bad[at]]][random(6)]);
		try {
			// each block is written as it was read
			for (const block of pemDecode(bad.join('')))
				same(pemDecode(pemEncode(block.label, block.der)), [block]);
			taken++;
		} catch (problem) {
			if (problem.code !== 'pem')
				throw problem;
			refused++;
		}
	}
	same(taken > 100 && refused > 1000, true, taken + ' taken, ' + refused + ' refused');
});

done();
