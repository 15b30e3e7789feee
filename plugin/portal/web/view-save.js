// SPDX-License-Identifier: MIT

// Step 2: the key goes into a file, under a passphrase that is shown here

import { writeFile } from './ceremony.js';
import { button, download, el } from './dom.js';
import { viewInstall } from './view-install.js';

const saveWithKey = ['current', 'mobileconfig', 'compatible'];

async function save(page, made, form) {
	let file;

	if (!await page.attempt('status-file', async () => {
		file = await writeFile(made, form);
	}))
		return;
	download(file);
	if (saveWithKey.includes(form))
		made.saved = true;
	page.status('status-file-saved', { name: file.name });
}

// What cannot be copied by the browser is selected, for the keyboard.
async function copy(page, element) {
	try {
		await navigator.clipboard.writeText(element.textContent);
		page.status('status-copied');
	} catch {
		getSelection().selectAllChildren(element);
		page.status('status-copy-self');
	}
}

function passphraseBox(page, made) {
	const words = el('output', { id: 'passphrase', class: 'secret',
		'aria-labelledby': 'passphrase-heading' }, made.passphrase);

	return el('section', { class: 'card' },
		el('h2', { id: 'passphrase-heading', say: 'passphrase' }),
		el('div', { class: 'buttons' }, words, button('copy', () => copy(page, words))),
		el('p', { say: 'passphrase-about' }));
}

function saveButton(page, made, form, more) {
	return button('save-' + form, () => save(page, made, form), more);
}

export function viewSave(page, made) {
	const files = saveWithKey.map((form) => el('div', { class: 'file' },
		saveButton(page, made, form, { 'aria-describedby': 'about-' + form,
			class: form === 'current' ? 'primary' : '' }),
		el('p', { id: 'about-' + form, say: 'save-' + form + '-about' })));

	async function go() {
		if (made.saved || await page.ask('unsaved'))
			page.show(viewInstall(page, made));
	}

	return { heading: 'save-heading', step: 2, content: [
		el('p', { class: 'lead', say: 'save-lead' }),
		passphraseBox(page, made),
		el('section', { class: 'card' }, el('h2', { say: 'save-files' }), files),
		el('section', { class: 'card' },
			el('h2', { say: 'save-certificates' }),
			el('p', { say: 'save-certificates-about' }),
			el('div', { class: 'buttons' }, ['root', 'issuer', 'user'].map((which) =>
				saveButton(page, made, which, {})))),
		el('div', { class: 'buttons' }, button('go-install', go, { class: 'primary' }),
			page.offline ? null : button('back', page.openList)),
	] };
}
