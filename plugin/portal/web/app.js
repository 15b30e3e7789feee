// SPDX-License-Identifier: MIT

// The page around the views: who is signed in, what was made, which view is shown, what
// failed. A view (view-*.js) is a function of this page that returns what it shows.
//
// Tests and people with other tools rely on these ids:
//   everywhere   #step-heading (the h1) #problem (a failure's sentence) #status #sign-out
//                #lang-de #lang-en #back #question-yes #question-no (in a dialog)
//   signing in   #sign-in-user #sign-in-password #sign-in-submit #sign-in-cancel
//   the list     #new-profile #kill-switch; each profile: [data-profile=ID]
//                [data-state=STATE] .continue .install .prove .deactivate .delete
//   step 1       #days-365 #days-730 #days-1095 #label #issue
//   step 2       #passphrase #copy #save-current #save-compatible #save-mobileconfig
//                #save-root #save-issuer #save-user #go-install
//   step 3       #client-thunderbird #client-ios #client-apple #client-outlook
//                #client-evolution #save-root #go-prove
//   step 4       #send-test #code #code-password #activate
//   step 5       #done
//   from a file  #offline-request #offline-address #offline-make #offline-chain
//                #offline-csr #offline-text #offline-answer #offline-finish #offline-again

import { SealProblem } from './problem.js';
import { makeApi } from './api.js';
import { chooseLanguage, currentLanguage, sentence } from './texts.js';
import { el, live, retranslate, say } from './dom.js';
import { problemText } from './problems.js';
import { makeShell } from './shell.js';
import { askQuestion, askSignIn } from './dialogs.js';
import { viewSignIn } from './view-sign-in.js';
import { openList } from './view-list.js';
import { viewOffline } from './view-offline.js';

const page = {
	api: makeApi(),
	offline: location.protocol === 'file:',
	user: null,		// signed in; kept while the session is renewed
	addresses: [],
	made: new Map(),	// what was made here, by id: the keys are in there
	profiles: [],		// as the server listed them last
	killSwitch: false,
	busy: false,
	timer: null,
	shell: makeShell(switchLanguage, signOut),
	show, attempt, signedIn, ask: askQuestion, status: showStatus,
	openList: () => openList(page),
};

//
// What is shown
//

function showStatus(key, values) {
	if (key === null)
		page.shell.status.replaceChildren();
	else
		page.shell.status.replaceChildren(say(el('span'), key, values));
}

function showProblem(problem) {
	if (problem === null) {
		page.shell.problem.replaceChildren();
		return;
	}
	const { key, values, detail } = problemText(problem);
	page.shell.problem.replaceChildren(say(el('span'), key, values),
		...detail === '' ? [] : [el('span', { lang: 'en', class: 'detail' }, ' ' + detail)]);
	page.shell.problem.scrollIntoView({ block: 'nearest' });
}

// view: { heading: key, step: 1 to 5 or none, content }. The focus goes to the heading, so
// that it is read, and the next Tab is the view's first field.
function show(view) {
	const heading = live(el('h1', { id: 'step-heading', tabindex: '-1' }), (element) => {
		element.textContent = sentence(view.heading);
		document.title = element.textContent + ' – ' + sentence('title');
	});

	showProblem(null);
	showStatus(null);
	page.shell.setStep(view.step);
	page.shell.view.replaceChildren(heading, ...view.content.flat().filter(Boolean));
	page.shell.signOut.hidden = page.user === null;
	heading.focus();
	scrollTo(0, 0);
}

function switchLanguage(name) {
	chooseLanguage([name]);
	document.documentElement.lang = currentLanguage();
	retranslate(document);
}

//
// What is done
//

// Runs what a button is for, once at a time. When the session has ended, the user signs in
// on top of the view, and it runs again. A failure is told, and the view stays: the button
// is the way back. True: it was done.
async function attempt(statusKey, action) {
	if (page.busy)
		return false;
	page.busy = true;
	document.body.setAttribute('aria-busy', 'true');
	showProblem(null);
	showStatus(statusKey);
	try {
		await withSession(action);
		return true;
	} catch (problem) {
		showStatus(null);
		showProblem(problem);
		return false;
	} finally {
		page.busy = false;
		document.body.removeAttribute('aria-busy');
	}
}

async function withSession(action) {
	for (;;) {
		try {
			return await action();
		} catch (problem) {
			if (problem.code !== 'unauthenticated')
				throw problem;
			await renewSession();
		}
	}
}

// The keys in this page are for one user: nobody else can go on with them.
async function renewSession() {
	const user = page.user;

	if (!await askSignIn(page, user))
		throw new SealProblem('session');
	if (page.user === user)
		return;
	page.user = user;
	await page.api.signOut().catch(() => {});
	throw new SealProblem('user', user);
}

function signedIn({ user, addresses, expires }) {
	page.user = user;
	page.addresses = addresses;
	clearTimeout(page.timer);
	page.timer = setTimeout(sessionEnded, expires * 1000);
}

// In the middle of something nothing happens: the next step asks to sign in.
function sessionEnded() {
	if (page.made.size === 0 && !page.busy && document.querySelector('dialog') === null)
		leave();
	showStatus('status-ended');
}

function leave() {
	clearTimeout(page.timer);
	page.api.signOut().catch(() => {});
	Object.assign(page, { user: null, addresses: [], profiles: [] });
	page.made.clear();
	show(viewSignIn(page));
}

function unsaved() {
	return [...page.made.values()].some((made) => made.keyPair !== null && !made.saved);
}

async function signOut() {
	if (page.busy || unsaved() && !await page.ask('unsaved'))
		return;
	leave();
	showStatus('status-sign-out');
}

addEventListener('beforeunload', (event) => {
	if (unsaved())
		event.preventDefault();
});

chooseLanguage(navigator.languages);
document.body.append(...page.shell.parts);
switchLanguage(currentLanguage());
show(page.offline ? viewOffline(page) : viewSignIn(page));
