// SPDX-License-Identifier: MIT

// Apple's configuration profile: of a PKCS #12 file alone, iOS takes the identity and
// leaves the certificates above it, so the three go in one file.

import { base64Encode } from './pem.js';

function mobileEscape(text) {
	// what no XML can hold, however it is written
	return text.replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
		.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

// A UUID of version 8 (RFC 9562 section 5.8) out of the profile's id: the same for the same
// profile, so that a file that is installed again takes the place of the first.
function mobileUuid(id, number) {
	return (id.slice(0, 8) + '-' + id.slice(8, 12) + '-8' + id.slice(12, 15) + '-8' +
		id.slice(15) + '00-' + String(number).padStart(12, '0')).toUpperCase();
}

function mobileString(key, text) {
	return ['<key>' + key + '</key>', '<string>' + mobileEscape(text) + '</string>'];
}

// What every payload has
function mobileHead(profileId, number, type, part, displayName) {
	return [
		...mobileString('PayloadType', type),
		'<key>PayloadVersion</key>',
		'<integer>1</integer>',
		...mobileString('PayloadIdentifier', 'mail-seal.' + profileId + part),
		...mobileString('PayloadUUID', mobileUuid(profileId, number)),
		...mobileString('PayloadDisplayName', displayName),
	];
}

function mobileFile(fileName, bytes) {
	return [
		...mobileString('PayloadCertificateFileName', fileName),
		'<key>PayloadContent</key>',
		'<data>',
		...base64Encode(bytes).match(/.{1,64}/g),
		'</data>',
	];
}

// root and issuer: DER. pkcs12: the file's bytes, of the compatible form, which all of
// Apple's systems read; its passphrase is left out, so that the device asks for it. name:
// what the device calls all this. Returns the file's text.
export function writeMobileconfig({ profileId, address, root, issuer, pkcs12, name }) {
	const payloads = [
		[1, 'com.apple.security.root', 'root', 'Mail Seal root ' + profileId, 'root.cer', root],
		[2, 'com.apple.security.pkcs1', 'issuer', 'Mail Seal issuer ' + profileId, 'issuer.cer',
			issuer],
		[3, 'com.apple.security.pkcs12', 'user', address, 'user.p12', pkcs12],
	].flatMap(([number, type, part, displayName, fileName, bytes]) => [
		'<dict>',
		...mobileHead(profileId, number, type, '.' + part, displayName),
		...mobileFile(fileName, bytes),
		'</dict>',
	]);

	return [
		'<?xml version="1.0" encoding="UTF-8"?>',
		'<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN"' +
			' "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
		'<plist version="1.0">',
		'<dict>',
		...mobileHead(profileId, 0, 'Configuration', '', name),
		'<key>PayloadContent</key>',
		'<array>',
		...payloads,
		'</array>',
		'</dict>',
		'</plist>',
		'',
	].join('\n');
}
