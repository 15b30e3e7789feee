// SPDX-License-Identifier: MIT

// What is around every view: the banner, the steps, the place where failures are told, and
// the line that says what is going on.

import { button, el, live, say, svg } from './dom.js';
import { currentLanguage } from './texts.js';

const shellSteps = 5;

// A letter with a seal
function drawMark() {
	return svg('svg', { viewBox: '0 0 32 24', class: 'mark', 'aria-hidden': 'true' },
		svg('rect', { x: 1.5, y: 1.5, width: 29, height: 21, rx: 3, class: 'letter' }),
		svg('path', { d: 'M2 3l14 10L30 3', class: 'letter' }),
		svg('circle', { cx: 16, cy: 14, r: 5.5, class: 'seal' }));
}

function languageButton(name, title, press) {
	return live(el('button', { type: 'button', id: 'lang-' + name, lang: name,
		click: () => press(name) }, title), (element) =>
		element.setAttribute('aria-pressed', String(currentLanguage() === name)));
}

function labelled(element, key) {
	const name = say(el('span', { class: 'hidden', id: key + '-name' }), key);

	element.setAttribute('aria-labelledby', name.id);
	element.prepend(name);
	return element;
}

// The pieces that app.js changes, and in .parts what goes into the body
export function makeShell(switchLanguage, signOut) {
	const view = el('div', { class: 'view' });
	const problem = el('p', { id: 'problem', role: 'alert' });
	const status = el('p', { id: 'status', role: 'status' });
	const out = button('sign-out', signOut, { hidden: true });
	const steps = el('ol', { class: 'steps' });
	const progress = labelled(el('nav', { hidden: true }, steps), 'steps');

	return {
		view, problem, status, signOut: out,
		setStep(step) {
			progress.hidden = step === undefined;
			steps.replaceChildren(...Array.from({ length: shellSteps }, (none, i) =>
				el('li', i + 1 === step ? { 'aria-current': 'step' } :
					{ class: i + 1 < step ? 'past' : 'next' },
				el('span', { say: 'step-' + (i + 1) }))));
		},
		parts: [
			el('header', {}, el('div', { class: 'brand' }, drawMark(), el('span', { say: 'title' })),
				labelled(el('div', { role: 'group', class: 'languages' },
					languageButton('en', 'English', switchLanguage),
					languageButton('de', 'Deutsch', switchLanguage)), 'language'), out),
			el('main', {}, progress, problem, view, status),
			el('footer', {}, el('p', { say: 'foot' })),
		],
	};
}
