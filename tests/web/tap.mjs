// SPDX-License-Identifier: MIT

// TAP output, as automake's tap-driver reads it. A check that does not hold throws and
// makes its case "not ok"; the program goes on with the next case.

import { isDeepStrictEqual } from 'node:util';
import { webcrypto } from 'node:crypto';

// what a browser has, and node 18 has under another name
globalThis.crypto ??= webcrypto;

let count = 0;
let failed = 0;

// A case needs something that is not here; the text names it.
export class Skip extends Error {
}

function line(good, name, directive = '') {
	count++;
	console.log((good ? 'ok ' : 'not ok ') + count + ' - ' + name.replaceAll('#', '') +
		directive);
}

export function note(text) {
	for (const each of String(text).split('\n'))
		console.log('# ' + each);
}

// Runs check, which may be async, as one case.
export async function test(name, check) {
	try {
		await check();
		line(true, name);
	} catch (error) {
		if (error instanceof Skip) {
			line(true, name, ' # SKIP ' + error.message);
			return;
		}
		failed++;
		line(false, name);
		note(error.stack);
	}
}

export function same(got, wanted, what = 'value') {
	if (!isDeepStrictEqual(got, wanted))
		throw new Error(what + '\n   got: ' + short(got) + '\nwanted: ' + short(wanted));
}

// Asserts that call throws a SealProblem of that code, or any error where it is null.
export async function refuses(code, call) {
	let result;

	try {
		result = await call();
	} catch (error) {
		if (code !== null && error.code !== code)
			throw error;
		return;
	}
	throw new Error('taken for good: ' + short(result));
}

function short(value) {
	const text = value instanceof Uint8Array ? Buffer.from(value).toString('hex') :
		JSON.stringify(value) ?? String(value);

	return text.length <= 600 ? text : text.slice(0, 600) + '... (' + text.length + ' long)';
}

// At the end of the program: the plan, and the exit code
export function done() {
	console.log('1..' + count);
	process.exitCode = failed > 0 ? 1 : 0;
}
