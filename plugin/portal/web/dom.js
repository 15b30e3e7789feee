// SPDX-License-Identifier: MIT

// Elements. Text only ever becomes text: there is no markup made of strings here.

import { sentence } from './texts.js';

// What an element shows that depends on the language
const domLive = new WeakMap();

// Runs show(element) now, and again whenever the language changes.
export function live(element, show) {
	element.setAttribute('data-live', '');
	domLive.set(element, show);
	show(element);
	return element;
}

export function retranslate(root) {
	root.querySelectorAll('[data-live]').forEach((element) => domLive.get(element)(element));
}

// Makes the element say the text of that key.
export function say(element, key, values) {
	return live(element, () => {
		element.textContent = sentence(key, values);
	});
}

function setAttribute(element, name, value) {
	if (name === 'say')
		say(element, ...[value].flat());
	else if (typeof value === 'function')
		element.addEventListener(name, value);
	else if (value === true || value === false)
		element.toggleAttribute(name, value);
	else
		element.setAttribute(name, value);
}

function fillElement(element, attributes, children) {
	for (const [name, value] of Object.entries(attributes))
		setAttribute(element, name, value);
	element.append(...children.flat(Infinity).filter((child) => child !== null));
	return element;
}

// el('button', { id: 'issue', say: 'issue', click: press }, ...children): functions listen
// to events, say names a text or [text, values], true and false set or omit an attribute;
// null children are left out.
export function el(name, attributes = {}, ...children) {
	return fillElement(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
	return fillElement(document.createElementNS('http://www.w3.org/2000/svg', name),
		attributes, children);
}

export function button(id, press, more = {}) {
	return el('button', { type: 'button', id, say: id, click: press, ...more });
}

// A label, its input or textarea, and maybe a hint below
export function field(id, attributes = {}, { name = 'input', hint = null } = {}) {
	const described = hint === null ? {} : { 'aria-describedby': id + '-hint' };

	return el('div', { class: 'field' },
		el('label', { for: id, say: id }),
		el(name, { id, autocapitalize: 'none', spellcheck: 'false', ...described, ...attributes }),
		hint === null ? null : el('p', { class: 'hint', id: id + '-hint', say: hint }));
}

// A form whose button does something here; nothing is ever sent by it. The browser sees to
// it that what is required is filled in.
export function form(submit, ...children) {
	return el('form', { submit: (event) => {
		event.preventDefault();
		submit();
	} }, ...children);
}

export function valueOf(id) {
	return document.getElementById(id).value;
}

// A password goes from its field into one request, and is kept nowhere.
export function takePassword(id) {
	const password = valueOf(id);

	document.getElementById(id).value = '';
	return password;
}

// Hands a file to the user.
export function download({ name, type, bytes }) {
	const url = URL.createObjectURL(new Blob([bytes], { type }));
	const link = el('a', { href: url, download: name });

	document.body.append(link);
	link.click();
	link.remove();
	// the browser has to have begun to read it
	setTimeout(() => URL.revokeObjectURL(url), 60000);
}
