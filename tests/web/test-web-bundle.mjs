// SPDX-License-Identifier: MIT

// The page as a whole, as the build has made it: what is in it, what it may do, and that
// nothing else is.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { done, same, Skip, test } from './tap.mjs';
import { build, must, path, run, top, write } from './judge.mjs';

const folder = join(top, 'plugin/portal/web');
const bundle = join(folder, 'bundle');
const file = join(build, 'mail-seal-portal.html');
const page = existsSync(file) ? readFileSync(file, 'utf8') : null;

function inPage(pattern) {
	if (page === null)
		throw new Skip(file + ' is not built');
	return pattern.exec(page)[1];
}

const script = () => inPage(/<script type="module">([^]*)<\/script>/);
const style = () => inPage(/<style>([^]*)<\/style>/);
const policy = () => inPage(/"Content-Security-Policy" content="([^"]*)"/);
const hash = (text) => "'sha256-" + createHash('sha256').update(text).digest('base64') + "'";

await test('the policy names this script and this style, and allows no more', () => {
	same(policy().split('; '), ["default-src 'none'", 'script-src ' + hash(script()),
		'style-src ' + hash(style()), "connect-src 'self'", 'img-src data:', "base-uri 'none'",
		"form-action 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'"]);
});

await test('the script is a module, for node too', () => {
	must(process.execPath, ['--check', write('page.mjs', script())]);
});

await test('every module is in it, and no name twice', () => {
	const text = script();
	const names = Array.from(text.matchAll(/^(?:async function|function|const|let|class) (\w+)/gm),
		(found) => found[1]);

	same(names.filter((name, i) => names.indexOf(name) !== i), []);
	for (const module of readdirSync(folder).filter((name) => name.endsWith('.js'))) {
		for (const [, name] of readFileSync(join(folder, module), 'utf8')
			.matchAll(/^export (?:async )?(?:function|const|class) (\w+)/gm))
			same([module, names.includes(name)], [module, true]);
	}
});

const absent = [
	/\bimport\b[^']*'/,
	/^export\b/m,
	/innerHTML|outerHTML|insertAdjacentHTML|document\.write/,
	/\beval\b|new Function|setTimeout\('/,
	/\bconsole\b/,
	/localStorage|sessionStorage|indexedDB|document\.cookie|caches\b|serviceWorker/,
	/XMLHttpRequest|WebSocket|EventSource|sendBeacon|postMessage|window\.open/,
	/\bon(click|load|error|submit|input|change)\s*=/i,
	/@import|url\(/,
];
for (const pattern of absent) {
	await test('there is no ' + pattern.source, () => {
		// comments say what is not done
		const text = (script() + style()).replace(/^\s*\/\/.*$/gm, '');
		same(pattern.exec(text)?.[0] ?? null, null);
	});
}

await test('it names no other host, only what SVG and property lists are called', () => {
	const names = script() + style() + inPage(/^([^]*)<style>/);
	const hosts = names.match(/(https?:)?\/\/[a-z0-9-]+(\.[a-z0-9-]+)+\/\S*/gi) ?? [];
	same(hosts.map((host) => host.replace(/['"].*/, '')).sort(),
		['http://www.apple.com/DTDs/PropertyList-1.0.dtd', 'http://www.w3.org/2000/svg']);
});

await test('the same files make the same page, and C of it', () => {
	if (page === null)
		throw new Skip(file + ' is not built');
	const made = run('/bin/sh', [bundle, 'c', file]).text;

	same(made, run('/bin/sh', [bundle, 'c', file]).text);
	same(made.includes(createHash('sha256').update(page).digest('hex')), true, 'hash');
	same(made.includes("trusted-types 'none'; frame-ancestors 'none'"), true, 'policy');
	const bytes = made.slice(made.indexOf('[] = {')).match(/\b\d+(?=,)/g).map(Number);
	same(Buffer.compare(Buffer.from(bytes), Buffer.from(page)), 0, 'bytes');
});

// What would not be one page: each is refused.
const refused = [
	['a script that ends itself', 'const a = "</SCRIPT>";\n'],
	['a script that opens a comment', 'const a = "<!--";\n'],
];
for (const [what, text] of refused) {
	await test('the bundler refuses ' + what, () => {
		const args = ['html', join(folder, 'page.html'), join(folder, 'style.css'),
			write('bad.js', text)];
		same(run('/bin/sh', [bundle, ...args]).status, 1);
	});
}

await test('the bundler keeps all else of a module, byte for byte', () => {
	const text = "import { b } from './b.js';\nexport function a() {\n\treturn '\\\\ & $1 %s €';\n}\n";
	const wanted = "\nfunction a() {\n\treturn '\\\\ & $1 %s €';\n}\n";
	write('style.css', 'a {}\n');
	const made = must('/bin/sh', [bundle, 'html', join(folder, 'page.html'), path('style.css'),
		write('a.js', text)]);
	same(/<script type="module">([^]*)<\/script>/.exec(made)[1], wanted);
});

done();
