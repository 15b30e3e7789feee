// SPDX-License-Identifier: MIT

// How to install a profile in a mail program: steps, each with a small picture of where to
// press. The words are in guides-*.js, those in the pictures too.

import { el, live, say, svg } from './dom.js';
import { sentence } from './texts.js';

// Each with its number of steps
export const guideClients = { thunderbird: 5, ios: 4, apple: 4, outlook: 3, evolution: 4 };

const guideWidth = 300;
const guideRow = 30;

function drawRow(text, i) {
	const press = text.startsWith('*');
	const top = (i + 1) * guideRow;
	const pressed = [
		svg('rect', { x: 6, y: top + 3, width: guideWidth - 12, height: guideRow - 6, rx: 5,
			class: 'press' }),
		// a finger's tip, and the ring that it makes
		svg('circle', { cx: guideWidth - 26, cy: top + 15, r: 9, class: 'ring' }),
		svg('circle', { cx: guideWidth - 26, cy: top + 15, r: 4, class: 'tip' }),
	];

	return [...press ? pressed : [],
		svg('text', { x: 16, y: top + 20, class: press ? 'pressed' : 'row' },
			text.replace('*', ''))];
}

// A window with a title and rows; the text beside it says the same in words.
function drawWindow(title, rows) {
	const height = (rows.length + 1) * guideRow + 8;

	return svg('svg', { viewBox: '0 0 ' + guideWidth + ' ' + height, 'aria-hidden': 'true',
		class: 'picture' },
		svg('rect', { x: 1, y: 1, width: guideWidth - 2, height: height - 2, rx: 8,
			class: 'window' }),
		svg('path', { d: 'M1 ' + guideRow + 'h' + (guideWidth - 2), class: 'line' }),
		[14, 26, 38].map((cx) => svg('circle', { cx, cy: 15, r: 3.5, class: 'dot' })),
		svg('text', { x: 54, y: 20, class: 'name' }, title),
		rows.map(drawRow));
}

function guideStep(key) {
	return live(el('li'), (item) => {
		const [text, title, ...rows] = sentence(key).split(' | ');
		item.replaceChildren(el('p', {}, text), drawWindow(title, rows));
	});
}

function showGuide(place, client) {
	const steps = Array.from({ length: guideClients[client] },
		(none, i) => guideStep('client-' + client + '-' + (i + 1)));

	place.replaceChildren(say(el('h2'), 'client-' + client),
		el('p', { say: 'install-file' }), el('ol', { class: 'guide' }, steps));
}

// Buttons to choose a mail program, and below them the steps for it
export function guideChooser() {
	const place = el('section');
	const choices = Object.keys(guideClients).map((client) => el('button', {
		type: 'button',
		id: 'client-' + client,
		say: 'client-' + client,
		'aria-pressed': 'false',
		click: ({ currentTarget }) => {
			choices.forEach((choice) =>
				choice.setAttribute('aria-pressed', String(choice === currentTarget)));
			showGuide(place, client);
		},
	}));

	return [el('div', { class: 'choices' }, choices), place];
}
