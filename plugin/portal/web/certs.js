// SPDX-License-Identifier: MIT

// What the user's device makes and checks in the ceremony: root and issuer certificate,
// the user's key and request, and the certificate that comes back. src/pki/issuer.h says
// what each of them holds; seald accepts nothing else.

import { SealProblem } from './problem.js';
import { derEqual, derHex } from './der.js';
import { derContent, derDate, derParts, derRead, derText } from './der-read.js';
import { pemDecode } from './pem.js';
import { x509AltName, x509CheckAddress, x509CommonName, x509Day, x509IsP256, x509Open, x509RequestInfo, x509RequestParts, x509Serial, x509Sign, x509Spki, x509Tbs, x509Verify } from './x509.js';

const certsDaysMin = 2;
const certsDaysMax = 1095;
const certsRootName = 'Mail Seal root ';
const certsIssuerName = 'Mail Seal issuer ';

const certsUserKeys = {
	rsa2048: 2048,
	rsa3072: 3072,
	rsa4096: 4096,
	p256: null,
};

// The common name of a name that has nothing else
function certsNameText(name) {
	return derText(derParts(derParts(derParts(name, 0x30, 1)[0], 0x31, 1)[0], 0x30, 2)[1]);
}

//
// The issuer's request
//

function certsOnlyBlock(text, label) {
	const blocks = pemDecode(text, { noPrivateKey: true });

	if (blocks.length !== 1 || blocks[0].label !== label)
		throw new SealProblem('request', 'it is not one ' + label);
	return blocks[0].der;
}

// Subject, key and nonce are taken out, the whole is made again of them, and compared: so
// there is nothing else in it.
function certsParseRequest(items) {
	const [, name, key, attributes] = items;
	const subject = certsNameText(name);
	const value = derParts(derParts(derParts(attributes, 0xa0, 1)[0], 0x30, 2)[1], 0x31, 1)[0];
	// RFC 2985 section 5.4.1: a DirectoryString; these two hold ASCII
	const nonce = derText(value, value.tag === 0x13 ? 0x13 : 0x0c);

	if (!/^Mail Seal issuer [0-9a-f]{16}$/.test(subject))
		throw new SealProblem('request', 'its subject is not an issuer');
	if (!/^[\x21-\x7e]{1,64}$/.test(nonce))
		throw new SealProblem('request', 'it has no nonce');
	if (!x509IsP256(key.bytes))
		throw new SealProblem('request', 'its key is not P-256');
	return { profileId: subject.slice(certsIssuerName.length), subject, nonce,
		nonceType: value.tag, spki: key.bytes };
}

async function certsReadRequest(pem) {
	const der = certsOnlyBlock(pem, 'CERTIFICATE REQUEST');

	try {
		const opened = x509Open(der, x509RequestParts);
		const asked = certsParseRequest(opened.items);
		if (!derEqual(x509RequestInfo(asked), opened.signed))
			throw new SealProblem('request', 'it says more, or says it in another way');
		if (!await x509Verify(opened, asked.spki))
			throw new SealProblem('request', 'it is not signed by its own key');
		return asked;
	} catch (problem) {
		if (!(problem instanceof SealProblem))
			throw problem;
		// what is not DER, for one, is no request either
		throw new SealProblem('request', problem.detail);
	}
}

//
// Root and issuer certificate
//

// Not extractable: nobody can take it out of the browser, and when the variable is gone
// it cannot be used again.
export function makeRootKey() {
	return crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
}

async function certsMakeBoth(asked, notBefore, notAfter) {
	const rootKey = await makeRootKey();
	const rootSpki = await x509Spki(rootKey.publicKey);
	const rootName = certsRootName + asked.profileId;
	const root = await x509Tbs({ serial: x509Serial(), issuer: rootName, subject: rootName,
		notBefore, notAfter, spki: rootSpki, issuerSpki: null, pathLength: 1 });
	const issuer = await x509Tbs({ serial: x509Serial(), issuer: rootName,
		subject: asked.subject, notBefore, notAfter, spki: asked.spki, issuerSpki: rootSpki,
		pathLength: 0 });

	return { root: await x509Sign(root, rootKey.privateKey),
		issuer: await x509Sign(issuer, rootKey.privateKey) };
}

// Of the issuer's request: root and issuer certificate in DER, for a user certificate of so
// many days. The root key is made here and is gone when this returns. nonce: the one that
// was sent; undefined, where the user carried the request here: what stands in it, which is
// returned. Throws SealProblem: 'pem', 'private', 'request', 'nonce', 'days'.
export async function makeChain(issuerRequestPem, { nonce, days, now = new Date() }) {
	if (!Number.isInteger(days) || days < certsDaysMin || days > certsDaysMax)
		throw new SealProblem('days', String(days));
	const asked = await certsReadRequest(issuerRequestPem);
	if (nonce !== undefined && nonce !== asked.nonce)
		throw new SealProblem('nonce');
	const begin = Math.floor(now.getTime() / 1000) * 1000 - x509Day;
	const both = await certsMakeBoth(asked, new Date(begin),
		new Date(begin + (days + 1) * x509Day));
	return { profileId: asked.profileId, nonce: asked.nonce, ...both };
}

//
// The user's key and request
//

// kind: rsa2048, rsa3072, rsa4096 or p256. The private key is extractable: it has to go
// into a file.
export function makeUserKey(kind = 'rsa3072') {
	const bits = certsUserKeys[kind];

	if (bits === undefined)
		throw new TypeError('no such kind of key: ' + kind);
	return crypto.subtle.generateKey(bits === null ? { name: 'ECDSA', namedCurve: 'P-256' } :
		{ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: bits,
			publicExponent: Uint8Array.of(1, 0, 1) }, true, ['sign', 'verify']);
}

// The request for the user certificate in DER, with that nonce and the user's addresses;
// its subject is the first. Throws SealProblem('address').
export async function makeUserRequest(keyPair, addresses, nonce) {
	if (addresses.length === 0)
		throw new SealProblem('address', 'there is none');
	addresses.forEach(x509CheckAddress);
	return x509Sign(x509RequestInfo({ subject: await x509CommonName(addresses[0]), nonce,
		addresses, spki: await x509Spki(keyPair.publicKey) }), keyPair.privateKey);
}

//
// The certificate that comes back
//

// user, issuer and root certificate
function certsReadAnswer(text, root, issuer) {
	const blocks = pemDecode(text, { noPrivateKey: true });

	if (blocks.length !== 3 || blocks.some(({ label }) => label !== 'CERTIFICATE'))
		throw new SealProblem('answer', blocks.map(({ label }) => label).join(', '));
	if (!derEqual(blocks[1].der, issuer) || !derEqual(blocks[2].der, root))
		throw new SealProblem('chain');
	return blocks[0].der;
}

function certsDates(validity) {
	return derParts(validity, 0x30, 2).map(derDate);
}

// Of the parts of a user certificate only the serial number is free: all others follow from
// what was asked for.
async function certsPlanUser(items, issuer, spki, addresses) {
	const issued = x509Open(issuer).items;
	const [begin, end] = certsDates(issued[4]);
	const serial = derContent(items[1], 0x02);

	if (serial.length !== 16 || serial[0] >= 0x80)
		throw new SealProblem('certificate', 'its serial number is not of 16 bytes');
	return { serial, issuer: certsNameText(issued[5]), notBefore: begin,
		notAfter: new Date(end.getTime() - x509Day), subject: await x509CommonName(addresses[0]),
		spki, issuerSpki: issued[6].bytes, pathLength: null, addresses };
}

function certsCompareExtensions(found, wanted, addresses) {
	const altName = derHex(x509AltName(addresses));

	if (!derHex(found).includes(altName))
		throw new SealProblem('addresses');
	if (!derEqual(found, wanted))
		throw new SealProblem('certificate', 'its extensions are others');
}

// Part by part, to tell what it is that differs
function certsCompare(items, tbs, addresses) {
	const names = ['version', 'serial number', 'algorithm', 'issuer', 'validity', 'subject',
		'key', 'extensions'];
	const codes = { validity: 'dates', subject: 'addresses', key: 'key' };

	derRead(tbs).items.forEach(({ bytes }, i) => {
		if (names[i] === 'extensions')
			certsCompareExtensions(items[i].bytes, bytes, addresses);
		else if (!derEqual(items[i].bytes, bytes))
			throw new SealProblem(codes[names[i]] || 'certificate', names[i]);
	});
}

// What the server answered (PEM: user, issuer, root certificate) against what was asked
// for: root and issuer are those that makeChain() returned, byte for byte; the user
// certificate is for this key (a CryptoKey), has these addresses in this order, is signed
// by the issuer, and is valid now. Returns { user } in DER. Throws SealProblem: 'pem',
// 'private', 'answer', 'chain', 'der', 'key', 'addresses', 'dates', 'certificate',
// 'signature'.
export async function checkIssued(pemText, { root, issuer, publicKey, addresses, now = new Date() }) {
	const user = certsReadAnswer(pemText, root, issuer);
	const opened = x509Open(user);
	const plan = await certsPlanUser(opened.items, issuer, await x509Spki(publicKey), addresses);

	certsCompare(opened.items, await x509Tbs(plan), addresses);
	if (!await x509Verify(opened, plan.issuerSpki))
		throw new SealProblem('signature');
	if (now < plan.notBefore || now >= plan.notAfter)
		throw new SealProblem('dates', plan.notBefore.toISOString() + ' to ' +
			plan.notAfter.toISOString());
	return { user };
}
