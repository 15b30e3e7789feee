// SPDX-License-Identifier: MIT

// What the page says, in the language that the user chose. Each language has a table of
// its own (texts-*.js, guides-*.js) with the same keys; a test holds them together.

import { textsEn } from './texts-en.js';
import { textsDe } from './texts-de.js';
import { guidesEn } from './guides-en.js';
import { guidesDe } from './guides-de.js';

export const textTables = {
	en: { ...textsEn, ...guidesEn },
	de: { ...textsDe, ...guidesDe },
};

let textLanguage = 'en';

export function currentLanguage() {
	return textLanguage;
}

// The first of the wanted languages (as in navigator.languages) that there is a table
// for, else English.
export function chooseLanguage(wanted) {
	const known = wanted.map((name) => name.toLowerCase().split('-')[0])
		.filter((name) => Object.hasOwn(textTables, name));

	textLanguage = known.length > 0 ? known[0] : 'en';
}

function shownValue(value) {
	if (value instanceof Date)
		return value.toLocaleDateString(textLanguage, { dateStyle: 'long' });
	return String(value);
}

// The text of that key, with {name} replaced by values.name.
export function sentence(key, values = {}) {
	const text = textTables[textLanguage][key];

	if (text === undefined)
		throw new Error('no text: ' + key);
	return text.replace(/\{(\w+)\}/g, (all, name) => shownValue(values[name]));
}
