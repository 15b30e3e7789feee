// SPDX-License-Identifier: MIT

// The page's texts: both languages are complete, and each text is used.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { done, same, test } from './tap.mjs';
import { top } from './judge.mjs';
import { problemCodes, SealProblem } from '../../plugin/portal/web/problem.js';
import { apiCodes } from '../../plugin/portal/web/api.js';
import { guideClients } from '../../plugin/portal/web/guides.js';
import { problemText } from '../../plugin/portal/web/problems.js';
import { chooseLanguage, currentLanguage, sentence, textTables } from '../../plugin/portal/web/texts.js';

const folder = join(top, 'plugin/portal/web');
const sources = readdirSync(folder).filter((name) => name.endsWith('.js') &&
	!/^(texts|guides)-/.test(name)).map((name) => readFileSync(join(folder, name), 'utf8')).join('');
const english = Object.keys(textTables.en);

// Keys that are put together: every way to do so has a row.
const states = ['pending', 'ready', 'active', 'retired'];
const forms = ['current', 'compatible', 'mobileconfig', 'root', 'issuer', 'user'];
const codes = [...Object.keys(problemCodes), ...Object.keys(apiCodes), 'code', 'session', 'user',
	'internal'];
const together = [
	...states.map((state) => 'state-' + state),
	...['pending', 'ready', 'retired'].map((state) => 'profile-' + state),
	...[1, 2, 3, 4, 5].map((step) => 'step-' + step),
	...[365, 730, 1095].map((days) => 'days-' + days),
	...forms.map((form) => 'save-' + form),
	...forms.slice(0, 3).map((form) => 'save-' + form + '-about'),
	...['deactivate', 'delete', 'unsaved', 'offline-again'].flatMap((topic) =>
		['-heading', '-question', '-yes'].map((part) => topic + part)),
	...['deactivate', 'delete'].map((topic) => 'status-' + topic),
	'deactivate-question-kill', 'delete-question-unissued',
	'kill-question-heading', 'kill-question-yes',
	...codes.map((code) => problemText(new SealProblem(code)).key),
	...Object.entries(guideClients).flatMap(([client, count]) => ['client-' + client,
		...Array.from({ length: count }, (none, i) => 'client-' + client + '-' + (i + 1))]),
];

// what stands in quotes in the modules, as a key would
const quoted = new Set(sources.match(/'[a-z]+(-[a-z0-9]+)*'/g).map((text) => text.slice(1, -1)));

await test('German has the texts that English has, in the same order', () => {
	same(Object.keys(textTables.de), english);
});

await test('every text is used', () => {
	same(english.filter((key) => !quoted.has(key) && !together.includes(key)), []);
});

await test('every text that is put together is there', () => {
	same(together.filter((key) => !Object.hasOwn(textTables.en, key)), []);
});

// say: 'key', say(element, 'key'), heading: 'key', status('key'), attempt('key'
const named = Array.from(sources.matchAll(
	/(?:say: \[?|say\(el\([^)]*\), |heading: |status\(|attempt\(|fact\(|hint: |button\()'([a-z0-9-]+)'(?! \+)/g),
	(found) => found[1]);
// buttons that say something else than their id
const other = ['question-no', 'question-yes', 'save-'];

await test('every text that is named is there', () => {
	same(named.length > 80, true, 'found');
	same(named.filter((key) => !Object.hasOwn(textTables.en, key) && !other.includes(key)), []);
});

for (const [language, table] of Object.entries(textTables)) {
	await test(language + ': no text is empty, and each has the values of the English one', () => {
		const values = (text) => (text.match(/\{\w+\}/g) ?? []).sort();
		same(english.filter((key) => table[key].trim() === ''), []);
		for (const key of english)
			same(values(table[key]), values(textTables.en[key]), key);
	});

	await test(language + ': each step of a guide has a picture with one place to press', () => {
		for (const [key, text] of Object.entries(table).filter(([name]) => /^client-.*-\d$/.test(name))) {
			const [, title, ...rows] = text.split(' | ');
			same(title !== undefined && rows.filter((row) => row.startsWith('*')).length, 1, key);
		}
	});
}

await test('the two languages say different things', () => {
	const equal = english.filter((key) => textTables.en[key] === textTables.de[key]);
	same(equal, ['title', 'date', 'client-thunderbird', 'client-evolution']);
});

const languages = [
	[['de-AT', 'en'], 'de'],
	[['fr', 'de'], 'de'],
	[['en-GB', 'de'], 'en'],
	[['fr'], 'en'],
	[[], 'en'],
	[['constructor'], 'en'],
];
for (const [wanted, language] of languages) {
	await test('who wants ' + wanted.join(', ') + ' reads ' + language, () => {
		chooseLanguage(wanted);
		same(currentLanguage(), language);
	});
}

await test('values are filled in, and dates written as the language does', () => {
	const values = { from: new Date(2026, 10, 28), to: new Date(2028, 10, 27) };
	chooseLanguage(['de']);
	same(sentence('profile-dates-value', values), '28. November 2026 bis 27. November 2028');
	chooseLanguage(['en']);
	same(sentence('profile-dates-value', values), 'November 28, 2026 to November 27, 2028');
});

done();
