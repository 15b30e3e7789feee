// SPDX-License-Identifier: MIT

// The strict reader: whoever signs what cannot be read in two ways, and compares bytes,
// is not misled. What is not DER is refused, and so is every type that no certificate or
// request of ours has.

import { SealProblem } from './problem.js';
import { derElement, derEqual, derTime } from './der.js';

const derDepthMax = 16;

function derRefuse(why) {
	throw new SealProblem('der', why);
}

function derUtf8(content) {
	try {
		return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
	} catch {
		return derRefuse('a UTF8String is not UTF-8');
	}
}

function derLatin(content) {
	return String.fromCharCode(...content);
}

// In whole seconds of UTC; years as RFC 5280 section 4.1.2.5.1 has them. A date that does
// not exist becomes one that is written in another way.
function derParseTime(tag, content) {
	const found = (tag === 0x17 ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/ :
		/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/).exec(derLatin(content));

	if (found === null)
		return derRefuse('a time is not written in whole seconds of UTC');
	const [year, month, ...rest] = found.slice(1).map(Number);
	const century = tag === 0x18 ? 0 : year < 50 ? 2000 : 1900;
	const date = new Date(Date.UTC(century + year, month - 1, ...rest));
	if (!derEqual(derTime(date), derElement(tag, content)))
		derRefuse('a time does not exist, or is written as another type');
	return date;
}

function derIsBits(content) {
	const unused = content[0];

	if (content.length < 2)
		return unused === 0;
	return unused < 8 && (content.at(-1) & (1 << unused) - 1) === 0;
}

// The types that may occur, and what the content of each has to be
const derRules = new Map([
	[0x01, (content) => content.length === 1 && (content[0] === 0 || content[0] === 0xff)],
	[0x02, (content) => content.length === 1 || content.length > 1 &&
		!(content[0] === 0 && content[1] < 0x80) &&
		!(content[0] === 0xff && content[1] >= 0x80)],
	[0x03, derIsBits],
	[0x04, () => true],
	[0x05, (content) => content.length === 0],
	[0x06, (content) => content.length > 0 && content.at(-1) < 0x80 &&
		content.every((byte, i) => byte !== 0x80 || i > 0 && content[i - 1] >= 0x80)],
	[0x0c, (content) => derUtf8(content) !== null],
	[0x13, (content) => /^[A-Za-z0-9 '()+,./:=?-]*$/.test(derLatin(content))],
	[0x16, (content) => content.every((byte) => byte < 0x80)],
	[0x17, (content) => derParseTime(0x17, content) !== null],
	[0x18, (content) => derParseTime(0x18, content) !== null],
]);

// The length at bytes[at], and where the content begins
function derReadLength(bytes, at) {
	const first = bytes[at];
	let length = 0;

	if (first === undefined)
		return derRefuse('it ends within a length');
	if (first < 0x80)
		return { length: first, begin: at + 1 };
	const count = first & 0x7f;
	if (count === 0 || count > 3 || at + count >= bytes.length)
		return derRefuse('a length is indefinite, too large or cut off');
	for (let i = 1; i <= count; i++)
		length = length * 256 + bytes[at + i];
	if (length < 0x80 || length < 2 ** (8 * (count - 1)))
		return derRefuse('a length is not written in its shortest form');
	return { length, begin: at + 1 + count };
}

function derCheckSet(items) {
	for (let i = 1; i < items.length; i++) {
		const [a, b] = [items[i - 1].bytes, items[i].bytes];
		const at = a.findIndex((byte, n) => byte !== b[n]);
		if (at >= 0 && (at >= b.length || a[at] > b[at]))
			derRefuse('a SET OF is not in its order');
	}
}

function derItems(content, depth) {
	const items = [];

	if (depth === derDepthMax)
		derRefuse('it is nested too deep');
	for (let at = 0; at < content.length; at += items.at(-1).bytes.length)
		items.push(derReadOne(content.subarray(at), depth + 1));
	return items;
}

function derReadOne(bytes, depth) {
	const tag = bytes[0];
	const { length, begin } = derReadLength(bytes, 1);
	const end = begin + length;
	const element = { tag, bytes: bytes.subarray(0, end), content: bytes.subarray(begin, end) };
	const context = (tag & 0xc0) === 0x80 && (tag & 0x1f) !== 0x1f;

	if (end > bytes.length)
		derRefuse('it ends before its end');
	if (tag === 0x30 || tag === 0x31 || context && (tag & 0x20) !== 0)
		element.items = derItems(element.content, depth);
	else if (!context && !derRules.has(tag))
		derRefuse('type ' + tag + ' was not expected');
	else if (!context && !derRules.get(tag)(element.content))
		derRefuse('the content of type ' + tag + ' is not in DER');
	if (tag === 0x31)
		derCheckSet(element.items);
	return element;
}

// Reads one element, behind which there is nothing: { tag, bytes (all of it), content,
// items (the elements in it, where it is constructed) }. Throws SealProblem('der').
export function derRead(bytes) {
	const element = derReadOne(bytes, 0);

	if (element.bytes.length !== bytes.length)
		derRefuse('there is something behind it');
	return element;
}

// An element's items, if it is of this type and has so many
export function derParts(element, tag, count) {
	if (element === undefined || element.tag !== tag)
		return derRefuse('type ' + tag + ' was expected');
	if (element.items.length !== count)
		return derRefuse('type ' + tag + ' has ' + element.items.length + ' parts');
	return element.items;
}

// The content of an element of this type
export function derContent(element, tag) {
	if (element === undefined || element.tag !== tag)
		return derRefuse('type ' + tag + ' was expected');
	return element.content;
}

// The text of a UTF8String, or of the other type given
export function derText(element, tag = 0x0c) {
	return derUtf8(derContent(element, tag));
}

export function derDate(element) {
	if (element === undefined || element.tag !== 0x17 && element.tag !== 0x18)
		return derRefuse('a time was expected');
	return derParseTime(element.tag, element.content);
}
