// SPDX-License-Identifier: MIT

// The profiles of the user, and what can be done with each

import { button, el } from './dom.js';
import { viewNew } from './view-new.js';
import { viewSave } from './view-save.js';
import { viewInstall } from './view-install.js';
import { viewProve } from './view-prove.js';

function listDate(seconds) {
	return new Date(seconds * 1000);
}

// As mail programs show it; empty where the certificate is damaged
function listFingerprint(hex) {
	return (hex.toUpperCase().match(/../g) ?? []).join(':');
}

// Term and description, of a text or of plain words
function fact(key, description) {
	return description === '' || description === null ? [] :
		[el('dt', { say: key }), typeof description === 'string' ?
			el('dd', {}, description) : el('dd', { say: description })];
}

function facts({ id, created, not_before: from, not_after: to, certificates }) {
	const dates = from === null ? null :
		['profile-dates-value', { from: listDate(from), to: listDate(to) }];
	const known = certificates.flatMap(({ addresses, key, fingerprint }) => [
		...fact('profile-address', addresses), ...fact('profile-key', key),
		...fact('profile-fingerprint', listFingerprint(fingerprint))]);

	return el('dl', {},
		fact('profile-created', ['date', { date: listDate(created) }]),
		fact('profile-dates', dates), known, fact('profile-id', id));
}

function profileName({ label, created }) {
	if (label !== '')
		return el('h2', {}, label);
	return el('h2', { say: ['profile-unnamed', { created: listDate(created) }] });
}

//
// What the buttons do
//

// Asks, does it, and shows the list as it is then.
async function change(page, topic, question, action) {
	if (await page.ask(topic, question) && await page.attempt('status-' + topic, action))
		openList(page);
}

function pressDeactivate(page, { id }) {
	change(page, 'deactivate', 'deactivate-question' + (page.killSwitch ? '-kill' : ''),
		() => page.api.deactivate(id));
}

function pressDelete(page, { id, state }) {
	change(page, 'delete', 'delete-question' + (state === 'retired' ? '' : '-unissued'),
		async () => {
			await page.api.remove(id);
			page.made.delete(id);
		});
}

// With the key here: to where it stopped
function pressContinue(page, { id }) {
	const made = page.made.get(id);

	page.show(made.user === null ? viewNew(page, made) : viewSave(page, made));
}

function actions(page, profile) {
	const press = (name, action, key = name) => el('button', { type: 'button', class: name,
		say: key, click: () => action(page, profile) });
	const here = page.made.has(profile.id);
	const active = profile.state === 'active';
	const finished = active || profile.state === 'retired';
	const issued = profile.state !== 'pending';

	return el('div', { class: 'buttons' },
		here ? press('continue', pressContinue, finished ? 'files' : 'continue') : null,
		issued && profile.kind === 'issued' ? press('install', () =>
			page.show(viewInstall(page, profile))) : null,
		['ready', 'retired'].includes(profile.state) ? press('prove', () =>
			page.show(viewProve(page, profile))) : null,
		active ? press('deactivate', pressDeactivate) : null,
		active ? null : press('delete', pressDelete));
}

function advice(page, { id, state }) {
	if (page.made.has(id) && ['pending', 'ready'].includes(state))
		return 'profile-here';
	return ['pending', 'ready', 'retired'].includes(state) ? 'profile-' + state : null;
}

function profileItem(page, profile) {
	const { id, state, usable } = profile;
	const todo = advice(page, profile);
	const unusable = usable === 'yes' || state === 'pending' ? null :
		el('p', { class: 'problem' }, el('span', { say: 'profile-unusable' }), ' ',
			el('span', { lang: 'en' }, usable));

	return el('li', { class: 'card', 'data-profile': id, 'data-state': state },
		el('div', { class: 'card-head' }, profileName(profile),
			el('span', { class: 'state ' + state, say: 'state-' + state })),
		unusable, todo === null ? null : el('p', { say: todo }),
		facts(profile), actions(page, profile));
}

//
// The kill switch
//

async function pressKillSwitch(page, box) {
	const on = box.checked;
	const active = page.profiles.some(({ state }) => state === 'active');

	// it shows what the server has, not what is wished
	box.checked = !on;
	if (on && !active && !await page.ask('kill-question', 'kill-question'))
		return;
	if (!await page.attempt('status-kill', () => page.api.setKillSwitch(on)))
		return;
	box.checked = page.killSwitch = on;
	page.status('status-saved');
}

function killSwitch(page) {
	const box = el('input', { type: 'checkbox', id: 'kill-switch', role: 'switch',
		'aria-describedby': 'kill-about', checked: page.killSwitch,
		change: () => pressKillSwitch(page, box) });

	return el('section', { class: 'card' },
		el('h2', { say: 'kill-heading' }),
		el('p', { id: 'kill-about', say: 'kill-about' }),
		el('div', { class: 'choice' }, box, el('label', { for: 'kill-switch', say: 'kill-switch' })));
}

function summary({ profiles }) {
	if (profiles.length === 0)
		return 'list-none';
	return profiles.some(({ state }) => state === 'active') ? 'list-active' : 'list-inactive';
}

function viewList(page) {
	return { heading: 'list-heading', content: [
		el('p', { class: 'lead', say: summary(page) }),
		button('new-profile', () => page.show(viewNew(page, null)), { class: 'primary' }),
		el('ul', { class: 'profiles' }, page.profiles.map((profile) =>
			profileItem(page, profile))),
		killSwitch(page),
	] };
}

// Newest first, but the active one before all
export async function openList(page) {
	await page.attempt('status-list', async () => {
		const { profiles, kill_switch: killSwitchOn, addresses } = await page.api.list();
		const rank = ({ state, created }) => (state === 'active' ? 1e12 : 0) + created;

		profiles.sort((a, b) => rank(b) - rank(a));
		Object.assign(page, { profiles, addresses, killSwitch: killSwitchOn });
		page.show(viewList(page));
	});
}
