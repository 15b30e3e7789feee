// SPDX-License-Identifier: MIT

// Steps 4 and 5: the test mail and its code; and what to keep in mind

import { SealProblem } from './problem.js';
import { button, el, field, form, takePassword, valueOf } from './dom.js';

function viewDone(page) {
	return { heading: 'done-heading', step: 5, content: [
		el('p', { class: 'lead', say: 'done-lead' }),
		el('ul', {}, ['done-keep', 'done-devices', 'done-old'].map((key) =>
			el('li', { say: key }))),
		button('done', page.openList, { class: 'primary' }),
	] };
}

async function sendTest(page, id) {
	await page.attempt('status-prove', async () => {
		const { to } = await page.api.prove(id);
		page.status('status-proved', { to });
		document.getElementById('code').focus();
	});
}

// What is refused here is nearly always the code, and another mail has another one.
async function tryCode(page, id, code, password) {
	try {
		await page.api.activate(id, code, password);
	} catch (problem) {
		throw problem.code === 'refused' ? new SealProblem('code', problem.detail) : problem;
	}
}

async function activate(page, id) {
	if (page.busy)
		return;
	const code = valueOf('code').trim();
	const password = takePassword('code-password');

	if (await page.attempt('status-activate', () => tryCode(page, id, code, password)))
		page.show(viewDone(page));
	else
		document.getElementById('code-password').focus();
}

export function viewProve(page, { id }) {
	const another = page.profiles.some(({ state }) => state === 'active');
	const refusing = page.killSwitch && !another;

	if (page.offline)
		return { heading: 'prove-heading', step: 4, content: [
			el('p', { class: 'lead', say: 'offline-prove' })] };
	return { heading: 'prove-heading', step: 4, content: [
		el('p', { class: 'lead', say: 'prove-lead' }),
		another ? el('p', { say: 'prove-current' }) : null,
		refusing ? el('p', { class: 'problem', say: 'prove-refusing' }) : null,
		el('div', { class: 'buttons' },
			button('send-test', () => sendTest(page, id), { class: 'primary' })),
		el('section', { class: 'card' },
			el('h2', { say: 'code-heading' }),
			form(() => activate(page, id),
				field('code', { type: 'text', autocomplete: 'one-time-code', maxlength: 20,
					required: true },
					{ hint: 'code-hint' }),
				field('code-password', { type: 'password', autocomplete: 'current-password',
					required: true }),
				button('activate', () => {}, { type: 'submit', class: 'primary' }))),
		button('back', page.openList),
	] };
}
