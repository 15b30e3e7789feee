// SPDX-License-Identifier: MIT

// What the user reads when something fails: a sentence in their language, and, where the
// sentence asks for it, what the server or the browser said.

import { SealProblem } from './problem.js';

// Codes that mean the same to the user; any other has a text of its own, if it has one.
const problemKinds = {
	mismatch: ['answer', 'chain', 'key', 'dates', 'certificate', 'signature', 'der', 'nonce'],
	unexpected: ['protocol', 'forbidden', 'host', 'method', 'length', 'large', 'type'],
	internal: ['pair', 'passphrase'],
	paste: ['pem'],
};
const problemWithDetail = ['mismatch', 'unexpected', 'internal', 'refused', 'code',
	'input'];

// { key: of the text, values: for it, detail: English, or '' }
export function problemText(problem) {
	const code = problem instanceof SealProblem ? problem.code : 'internal';
	const found = Object.entries(problemKinds).find(([, codes]) => codes.includes(code));
	const kind = found === undefined ? code : found[0];

	return { key: 'problem-' + kind, values: { detail: problem.detail },
		detail: problemWithDetail.includes(kind) ? problem.detail || problem.message : '' };
}
