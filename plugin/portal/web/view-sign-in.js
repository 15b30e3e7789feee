// SPDX-License-Identifier: MIT

// The first view; and its fields, for who has to sign in again

import { button, el, field, form, say, takePassword, valueOf } from './dom.js';
import { problemText } from './problems.js';

// user: who was signed in, and has only to type the password again; or nobody
export function signInFields(user = '') {
	return [
		field('sign-in-user', { type: 'text', autocomplete: 'username', inputmode: 'email',
			required: true, value: user }),
		field('sign-in-password', { type: 'password', autocomplete: 'current-password',
			required: true, autofocus: user !== '' }),
	];
}

async function signIn(page) {
	page.signedIn(await page.api.signIn(valueOf('sign-in-user').trim(),
		takePassword('sign-in-password')));
}

// Signs in with what is in the fields: then done(); else the place says why not.
export async function signInWith(page, place, done) {
	place.replaceChildren();
	try {
		await signIn(page);
	} catch (problem) {
		const { key, values } = problemText(problem);
		place.replaceChildren(say(el('span'), key, values));
		document.getElementById('sign-in-password').focus();
		return;
	}
	done();
}

export function viewSignIn(page) {
	async function submit() {
		if (await page.attempt('status-sign-in', () => signIn(page)))
			page.openList();
		else
			document.getElementById('sign-in-password').focus();
	}

	return { heading: 'sign-in-heading', content: [
		el('p', { class: 'lead', say: 'sign-in-lead' }),
		form(submit, ...signInFields(),
			button('sign-in-submit', () => {}, { type: 'submit', class: 'primary' })),
	] };
}
