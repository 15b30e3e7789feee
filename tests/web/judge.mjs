// SPDX-License-Identifier: MIT

// What judges the page's files: openssl, and a folder for what it reads and writes.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Skip } from './tap.mjs';

export const top = process.env.abs_top_srcdir ?? new URL('../..', import.meta.url).pathname;
export const build = process.env.abs_top_builddir ?? top;

const folder = mkdtempSync(join(tmpdir(), 'ms.web.'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

export function path(name) {
	return join(folder, name);
}

// Writes text or bytes; returns the file's path.
export function write(name, data) {
	writeFileSync(path(name), data);
	return path(name);
}

export function read(name) {
	return new Uint8Array(readFileSync(path(name)));
}

// { status, out (bytes), text (standard output and error) }
export function run(program, args, options = {}) {
	const made = spawnSync(program, args, { cwd: folder, input: '', ...options });

	if (made.error?.code === 'ENOENT')
		throw new Skip(program + ' is not installed');
	if (made.error)
		throw made.error;
	return { status: made.status, out: new Uint8Array(made.stdout),
		text: made.stdout.toString() + made.stderr.toString() };
}

// Its output as text; throws where it fails.
export function must(program, args, options) {
	const { status, text } = run(program, args, options);

	if (status !== 0)
		throw new Error([program, ...args].join(' ') + ': ' + status + '\n' + text);
	return text;
}

// A program of this build, in its folder; a Skip where it is not built
export function built(name) {
	if (!existsSync(join(build, name)))
		throw new Skip(name + ' is not built below ' + build);
	return join(build, name);
}
