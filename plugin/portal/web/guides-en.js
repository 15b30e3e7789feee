// SPDX-License-Identifier: MIT

// How to install a profile, step by step, for guides.js: what to do, and behind " | " what
// the picture shows: a window's title and its rows; "*" marks the one to press.

export const guidesEn = {
	'client-thunderbird': 'Thunderbird',
	'client-thunderbird-1': 'Open the settings, choose “Privacy & Security”, and scroll down to “Certificates”. | Settings | General | Composition | *Privacy & Security',
	'client-thunderbird-2': 'Press “Manage Certificates…”. | Certificates | Security Devices… | *Manage Certificates…',
	'client-thunderbird-3': 'Under “Your Certificates” press “Import…”, choose the file that ends in .p12, and type its passphrase. | Your Certificates | View… | Backup… | *Import…',
	'client-thunderbird-4': 'Under “Authorities” press “Import…”, choose the file that ends in root.cer, and tick “Trust this CA to identify email users”. | Authorities | *Import… | ☑ Identify email users',
	'client-thunderbird-5': 'Open the account settings, “End-To-End Encryption”, and under S/MIME press “Select…” for encryption and for signing. Choose the new certificate. | End-To-End Encryption | S/MIME | *Select…',

	'client-ios': 'iPhone and iPad',
	'client-ios-1': 'Open the file that ends in .mobileconfig on the device, for instance from Files or from a mail to yourself, and allow it to be loaded. | Files | *mail-seal.mobileconfig',
	'client-ios-2': 'Open Settings, “Profile Downloaded”, and press “Install”. Type the code of the device, and then the passphrase of the file. | Settings | Apple Account | *Profile Downloaded',
	'client-ios-3': 'Open Settings, General, About, Certificate Trust Settings, and switch on “Mail Seal root”. | Certificate Trust Settings | *Mail Seal root ●',
	'client-ios-4': 'Open Settings, Apps, Mail, Mail Accounts, your account, Advanced. Choose the new certificate under S/MIME. | Advanced | Incoming Settings | *S/MIME',

	'client-apple': 'Apple Mail on the Mac',
	'client-apple-1': 'Open the file that ends in .mobileconfig. The Mac says that a profile has been downloaded. | Downloads | *mail-seal.mobileconfig',
	'client-apple-2': 'Open System Settings, General, Device Management. Double-click the profile, press “Install…”, and type the passphrase. | Device Management | *Mail Seal',
	'client-apple-3': 'Open Keychain Access, login, Certificates, and there “Mail Seal root”. Under “Trust” choose “Always Trust” for S/MIME. | Trust | When using: Custom | *S/MIME: Always Trust',
	'client-apple-4': 'Quit Mail and open it again. | Mail | *Quit Mail',

	'client-outlook': 'Outlook for Windows',
	'client-outlook-1': 'Double-click the file that ends in .p12, choose “Current User”, and type the passphrase. Leave everything else as it is, and say “Yes” when Windows asks whether to trust the root. | Certificate Import Wizard | *Current User | Local Machine',
	'client-outlook-2': 'In Outlook open File, Options, Trust Center, and press “Trust Center Settings…”. | Options | General | Mail | *Trust Center',
	'client-outlook-3': 'Choose “Email Security”, press “Settings…”, and choose the new certificate for signing and for encryption. | Email Security | Encrypted email | *Settings…',

	'client-evolution': 'Evolution',
	'client-evolution-1': 'Open Edit, Preferences, “Certificates”. | Preferences | Mail Accounts | Contacts | *Certificates',
	'client-evolution-2': 'Under “Your Certificates” press “Import”, choose the file that ends in .p12, and type its passphrase. | Your Certificates | Backup | *Import',
	'client-evolution-3': 'Under “Authorities” press “Import”, choose the file that ends in root.cer, and tick “Trust this CA to identify email users”. | Authorities | *Import | ☑ Identify email users',
	'client-evolution-4': 'Open “Mail Accounts”, your account, “Edit”, “Security”, and under “Secure MIME” press “Select” for encryption. | Security | Secure MIME (S/MIME) | *Encryption certificate: Select',
};
