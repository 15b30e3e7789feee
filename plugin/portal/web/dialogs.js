// SPDX-License-Identifier: MIT

// Questions on top of the page

import { button, el, form } from './dom.js';
import { signInFields, signInWith } from './view-sign-in.js';

// Shows it until done(value) was called, or Escape pressed: then the answer is false.
function openDialog(heading, fill) {
	return new Promise((resolve) => {
		const dialog = el('dialog', { 'aria-labelledby': 'dialog-heading' });
		const done = (answer) => {
			dialog.close();
			dialog.remove();
			resolve(answer);
		};

		dialog.append(el('h2', { id: 'dialog-heading', say: heading }), ...fill(done));
		dialog.addEventListener('cancel', (event) => {
			event.preventDefault();
			done(false);
		});
		document.body.append(dialog);
		dialog.showModal();
	});
}

// topic: texts topic-heading, topic-question and topic-yes. True: yes
export function askQuestion(topic, question = topic + '-question') {
	return openDialog(topic + '-heading', (done) => [
		el('p', { say: question }),
		el('div', { class: 'buttons' },
			button('question-no', () => done(false), { say: 'no' }),
			button('question-yes', () => done(true), { say: topic + '-yes', class: 'danger' })),
	]);
}

// The session has ended: the user signs in again, or not (false).
export function askSignIn(page, user) {
	return openDialog('sign-in-again', (done) => {
		const problem = el('p', { class: 'problem', role: 'alert' });
		return [
			el('p', { say: 'sign-in-again-lead' }),
			problem,
			form(() => signInWith(page, problem, () => done(true)), ...signInFields(user),
				el('div', { class: 'buttons' },
					button('sign-in-submit', () => {}, { type: 'submit', class: 'primary' }),
					button('sign-in-cancel', () => done(false)))),
		];
	});
}
