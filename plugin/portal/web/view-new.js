// SPDX-License-Identifier: MIT

// Step 1: how long, and then the certificate

import { beginProfile, issueProfile, makeNonce } from './ceremony.js';
import { button, el, field, form, valueOf } from './dom.js';
import { viewSave } from './view-save.js';

const newDays = [365, 730, 1095];

export function daysField() {
	return el('fieldset', {}, el('legend', { say: 'days' }), newDays.map((days) => {
		const id = 'days-' + days;
		return el('div', { class: 'choice' },
			el('input', { type: 'radio', name: 'days', id, value: days, checked: days === 730 }),
			el('label', { for: id, say: id }));
	}));
}

export function chosenDays() {
	return Number(document.querySelector('input[name=days]:checked').value);
}

function begin(page) {
	return beginProfile({ addresses: page.addresses, days: chosenDays(),
		label: valueOf('label').trim(), nonce: makeNonce() });
}

// begun: what an earlier try has made, or null. Once the server knows of the profile, it is
// settled how long it lasts.
export function viewNew(page, begun) {
	let made = begun;
	const settled = el('div', {}, daysField(),
		field('label', { type: 'text', maxlength: 50, autocomplete: 'off' },
			{ hint: 'label-hint' }));

	function progress(key) {
		if (made.id !== null)
			page.made.set(made.id, made);
		settled.hidden = made.id !== null;
		page.status(key);
	}

	async function submit() {
		if (page.busy)
			return;
		if (made === null || made.id === null)
			made = begin(page);
		if (await page.attempt('status-create', () => issueProfile(page.api, made, progress)))
			page.show(viewSave(page, made));
	}

	settled.hidden = made !== null;
	return { heading: 'new-heading', step: 1, content: [
		el('p', { class: 'lead', say: 'new-lead' }),
		form(submit, settled,
			el('div', { class: 'buttons' },
				button('issue', () => {}, { type: 'submit', class: 'primary' }),
				button('back', page.openList))),
	] };
}
