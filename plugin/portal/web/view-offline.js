// SPDX-License-Identifier: MIT

// The page as a file: the administrator's request comes in, texts for the administrator
// go out, the answer comes in; then as with the server.

import { chainText, requestText } from './ceremony.js';
import { button, download, el, field, form, valueOf } from './dom.js';
import { offlineFinish, offlineMake } from './offline.js';
import { chosenDays, daysField } from './view-new.js';
import { viewSave } from './view-save.js';

function savePem(name, text) {
	download({ name, type: 'application/x-pem-file', bytes: new TextEncoder().encode(text) });
}

function viewAnswer(page, made) {
	async function finish() {
		if (await page.attempt('status-check', () =>
			offlineFinish(made, valueOf('offline-answer'))))
			page.show(viewSave(page, made));
	}

	// the answer to this key is then of no use
	async function again() {
		if (!await page.ask('offline-again'))
			return;
		page.made.clear();
		page.show(viewOffline(page));
	}

	return { heading: 'offline-send-heading', step: 1, content: [
		el('p', { class: 'lead', say: 'offline-send-lead' }),
		el('div', { class: 'buttons' },
			button('offline-chain', () => savePem('chain.pem', chainText(made)),
				{ class: 'primary' }),
			button('offline-csr', () => savePem('request.pem', requestText(made)),
				{ class: 'primary' })),
		textArea('offline-text', { readonly: true }, chainText(made) + requestText(made)),
		form(finish, textArea('offline-answer', { required: true }, ''),
			el('div', { class: 'buttons' },
				button('offline-finish', () => {}, { type: 'submit', class: 'primary' }),
				button('offline-again', again))),
	] };
}

function textArea(id, attributes, text) {
	const area = field(id, { rows: 6, autocomplete: 'off', ...attributes }, { name: 'textarea' });

	area.querySelector('textarea').value = text;
	return area;
}

export function viewOffline(page) {
	async function make() {
		let made;

		if (!await page.attempt('status-chain', async () => {
			made = await offlineMake({ request: valueOf('offline-request'), days: chosenDays(),
				addresses: valueOf('offline-address').split(/[\s,]+/).filter(Boolean) },
			page.status);
		}))
			return;
		page.made.set(made.id, made);
		page.show(viewAnswer(page, made));
	}

	return { heading: 'offline-heading', content: [
		el('p', { class: 'lead', say: 'offline-lead' }),
		form(make,
			field('offline-request', { rows: 8, autocomplete: 'off', required: true },
				{ name: 'textarea', hint: 'offline-request-hint' }),
			field('offline-address', { type: 'text', inputmode: 'email', required: true },
				{ hint: 'offline-address-hint' }),
			daysField(),
			button('offline-make', () => {}, { type: 'submit', class: 'primary' })),
	] };
}
