// SPDX-License-Identifier: MIT

export const guidesDe = {
	'client-thunderbird': 'Thunderbird',
	'client-thunderbird-1': 'Öffnen Sie die Einstellungen, wählen Sie „Datenschutz & Sicherheit“ und gehen Sie hinunter bis „Zertifikate“. | Einstellungen | Allgemein | Verfassen | *Datenschutz & Sicherheit',
	'client-thunderbird-2': 'Drücken Sie „Zertifikate verwalten…“. | Zertifikate | Kryptographie-Module… | *Zertifikate verwalten…',
	'client-thunderbird-3': 'Drücken Sie unter „Ihre Zertifikate“ auf „Importieren…“, wählen Sie die Datei, die auf .p12 endet, und geben Sie ihre Passphrase ein. | Ihre Zertifikate | Ansehen… | Sichern… | *Importieren…',
	'client-thunderbird-4': 'Drücken Sie unter „Zertifizierungsstellen“ auf „Importieren…“, wählen Sie die Datei, die auf root.cer endet, und haken Sie „Dieser CA vertrauen, um E-Mail-Nutzer zu identifizieren“ an. | Zertifizierungsstellen | *Importieren… | ☑ E-Mail-Nutzer identifizieren',
	'client-thunderbird-5': 'Öffnen Sie die Konten-Einstellungen, „Ende-zu-Ende-Verschlüsselung“, und drücken Sie bei S/MIME auf „Auswählen…“, für Verschlüsselung und für Unterschrift. Wählen Sie das neue Zertifikat. | Ende-zu-Ende-Verschlüsselung | S/MIME | *Auswählen…',

	'client-ios': 'iPhone und iPad',
	'client-ios-1': 'Öffnen Sie auf dem Gerät die Datei, die auf .mobileconfig endet, zum Beispiel aus „Dateien“ oder aus einer Mail an Sie selbst, und erlauben Sie das Laden. | Dateien | *mail-seal.mobileconfig',
	'client-ios-2': 'Öffnen Sie die Einstellungen, „Profil geladen“, und drücken Sie „Installieren“. Geben Sie den Code des Geräts ein und dann die Passphrase der Datei. | Einstellungen | Apple Account | *Profil geladen',
	'client-ios-3': 'Öffnen Sie Einstellungen, Allgemein, Info, Zertifikatsvertrauenseinstellungen, und schalten Sie „Mail Seal root“ ein. | Zertifikatsvertrauenseinstellungen | *Mail Seal root ●',
	'client-ios-4': 'Öffnen Sie Einstellungen, Apps, Mail, Mail-Accounts, Ihren Account, Erweitert. Wählen Sie bei S/MIME das neue Zertifikat. | Erweitert | Eingangsserver | *S/MIME',

	'client-apple': 'Apple Mail auf dem Mac',
	'client-apple-1': 'Öffnen Sie die Datei, die auf .mobileconfig endet. Der Mac meldet, dass ein Profil geladen wurde. | Downloads | *mail-seal.mobileconfig',
	'client-apple-2': 'Öffnen Sie Systemeinstellungen, Allgemein, Geräteverwaltung. Klicken Sie das Profil doppelt, drücken Sie „Installieren …“ und geben Sie die Passphrase ein. | Geräteverwaltung | *Mail Seal',
	'client-apple-3': 'Öffnen Sie die Schlüsselbundverwaltung, Anmeldung, Zertifikate, und dort „Mail Seal root“. Wählen Sie unter „Vertrauen“ bei S/MIME „Immer vertrauen“. | Vertrauen | Bei Verwendung: Eigene | *S/MIME: Immer vertrauen',
	'client-apple-4': 'Beenden Sie Mail und öffnen Sie es wieder. | Mail | *Mail beenden',

	'client-outlook': 'Outlook für Windows',
	'client-outlook-1': 'Klicken Sie doppelt auf die Datei, die auf .p12 endet, wählen Sie „Aktueller Benutzer“ und geben Sie die Passphrase ein. Lassen Sie alles andere, wie es ist, und sagen Sie „Ja“, wenn Windows fragt, ob es der Wurzel vertrauen soll. | Zertifikatimport-Assistent | *Aktueller Benutzer | Lokaler Computer',
	'client-outlook-2': 'Öffnen Sie in Outlook Datei, Optionen, Trust Center, und drücken Sie „Einstellungen für das Trust Center…“. | Optionen | Allgemein | E-Mail | *Trust Center',
	'client-outlook-3': 'Wählen Sie „E-Mail-Sicherheit“, drücken Sie „Einstellungen…“ und wählen Sie das neue Zertifikat, für Signatur und für Verschlüsselung. | E-Mail-Sicherheit | Verschlüsselte E-Mail | *Einstellungen…',

	'client-evolution': 'Evolution',
	'client-evolution-1': 'Öffnen Sie Bearbeiten, Einstellungen, „Zertifikate“. | Einstellungen | E-Mail-Konten | Kontakte | *Zertifikate',
	'client-evolution-2': 'Drücken Sie unter „Ihre Zertifikate“ auf „Importieren“, wählen Sie die Datei, die auf .p12 endet, und geben Sie ihre Passphrase ein. | Ihre Zertifikate | Sichern | *Importieren',
	'client-evolution-3': 'Drücken Sie unter „Zertifizierungsstellen“ auf „Importieren“, wählen Sie die Datei, die auf root.cer endet, und haken Sie an, dass sie E-Mail-Benutzer identifizieren darf. | Zertifizierungsstellen | *Importieren | ☑ E-Mail-Benutzer identifizieren',
	'client-evolution-4': 'Öffnen Sie „E-Mail-Konten“, Ihr Konto, „Bearbeiten“, „Sicherheit“, und drücken Sie bei „Secure MIME“ auf „Auswählen“, für die Verschlüsselung. | Sicherheit | Secure MIME (S/MIME) | *Verschlüsselung: Auswählen',
};
