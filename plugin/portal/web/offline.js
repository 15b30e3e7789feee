// SPDX-License-Identifier: MIT

// The ceremony without a server: the page is a file, and the user carries the texts.

import { beginProfile, ceremonyTools, makeParts, takeAnswer } from './ceremony.js';

// request: the text that "doveadm seal profile create" printed; addresses: as they were
// given there; days: no more than were given there. Returns the profile, with all that the
// administrator has to get.
export async function offlineMake({ request, addresses, days }, progress, tools = ceremonyTools) {
	const made = beginProfile({ addresses, days });

	made.asked = request;
	await makeParts(made, progress, tools);
	return made;
}

// answer: what "doveadm seal profile issue" printed
export function offlineFinish(made, answer, tools = ceremonyTools) {
	return takeAnswer(made, answer, tools);
}
