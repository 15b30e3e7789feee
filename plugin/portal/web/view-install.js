// SPDX-License-Identifier: MIT

// Step 3: how to install it

import { fetchCertificate, writeFile } from './ceremony.js';
import { button, download, el } from './dom.js';
import { guideChooser } from './guides.js';
import { viewProve } from './view-prove.js';

// What some of the guides want besides the file with the key
async function saveRoot(page, id) {
	const made = page.made.get(id);

	await page.attempt('status-file', async () => {
		const file = made !== undefined ? await writeFile(made, 'root') :
			await fetchCertificate(page.api, id, 'root');
		download(file);
		page.status('status-file-saved', { name: file.name });
	});
}

// profile: as the server lists it, or what was made here
export function viewInstall(page, profile) {
	const { id, state } = profile;

	return { heading: 'install-heading', step: state === 'active' ? undefined : 3, content: [
		el('p', { class: 'lead', say: 'install-lead' }),
		guideChooser(),
		el('div', { class: 'buttons' },
			state === 'active' ? null :
				button('go-prove', () => page.show(viewProve(page, profile)), { class: 'primary' }),
			button('save-root', () => saveRoot(page, id), { say: 'install-root' }),
			page.offline ? null : button('back', page.openList)),
	] };
}
