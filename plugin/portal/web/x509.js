// SPDX-License-Identifier: MIT

// The parts of a profile's certificates and requests, byte for byte as src/pki/issuer.h
// and src/pki/issue.h describe them. Making and checking both use these: what is checked
// is made again and compared.

import { SealProblem } from './problem.js';
import { derBitString, derBoolean, derConcat, derContext, derContextBytes, derContextSet, derElement, derHex, derInteger, derNull, derOctetString, derOid, derSequence, derSet, derTime, derUtf8String } from './der.js';
import { derContent, derParts, derRead } from './der-read.js';

export const x509Day = 24 * 60 * 60 * 1000;
const x509DerMax = 16 * 1024;
const x509NameMax = 64;			// RFC 5280: ub-common-name
const x509NameHash = 8;			// bytes of it
const x509AddressMax = 254;

const x509Oids = {
	commonName: '2.5.4.3',
	ecPublicKey: '1.2.840.10045.2.1',
	p256: '1.2.840.10045.3.1.7',
	ecdsaWithSha256: '1.2.840.10045.4.3.2',
	sha256WithRsa: '1.2.840.113549.1.1.11',
	challengePassword: '1.2.840.113549.1.9.7',
	extensionRequest: '1.2.840.113549.1.9.14',
	subjectKeyIdentifier: '2.5.29.14',
	keyUsage: '2.5.29.15',
	subjectAltName: '2.5.29.17',
	basicConstraints: '2.5.29.19',
	nameConstraints: '2.5.29.30',
	authorityKeyIdentifier: '2.5.29.35',
	extKeyUsage: '2.5.29.37',
	emailProtection: '1.3.6.1.5.5.7.3.4',
	smtpUtf8Mailbox: '1.3.6.1.5.5.7.8.9',
};

const x509Ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const x509Rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };

function x509Utf8(text) {
	return new TextEncoder().encode(text);
}

export async function x509Digest(name, bytes) {
	return new Uint8Array(await crypto.subtle.digest(name, bytes));
}

// Random, positive, of 16 bytes; the first bits say that it is no sender's (src/pki/cert.h).
export function x509Serial() {
	const serial = crypto.getRandomValues(new Uint8Array(16));

	serial[0] = serial[0] & 0x1f | 0x20;
	return serial;
}

//
// Names and addresses
//

function x509Name(commonName) {
	return derSequence(derSet(derSequence(derOid(x509Oids.commonName),
		derUtf8String(commonName))));
}

// An address as common name: itself if it is short enough, else its longest prefix of
// whole characters, a space and the beginning of its SHA-256.
export async function x509CommonName(address) {
	const bytes = x509Utf8(address);
	let end = x509NameMax - 1 - 2 * x509NameHash;

	if (bytes.length <= x509NameMax)
		return address;
	while ((bytes[end] & 0xc0) === 0x80)
		end--;
	const hash = await x509Digest('SHA-256', bytes);
	return new TextDecoder().decode(bytes.subarray(0, end)) + ' ' +
		derHex(hash.subarray(0, x509NameHash));
}

// As seal_cert_address_check(): no spaces and control characters, one '@' with something
// on both sides of it, and ASCII behind it.
export function x509CheckAddress(address) {
	if (!/^[^@\0-\x20\x7f-\xa0\ud800-\udfff]+@[\x21-\x3f\x41-\x7e]+$/u.test(address) ||
	    x509Utf8(address).length > x509AddressMax)
		throw new SealProblem('address', address);
}

// RFC 5280 section 4.2.1.6; RFC 9598 where it is not ASCII
function x509GeneralName(address) {
	const bytes = x509Utf8(address);

	x509CheckAddress(address);
	if (bytes.every((byte) => byte < 0x80))
		return derContextBytes(1, bytes);
	return derContext(0, derOid(x509Oids.smtpUtf8Mailbox),
		derContext(0, derUtf8String(address)));
}

//
// Extensions
//

function x509Extension(oid, value, critical = false) {
	return derSequence(derOid(oid), ...critical ? [derBoolean(true)] : [],
		derOctetString(value));
}

export function x509AltName(addresses) {
	return x509Extension(x509Oids.subjectAltName,
		derSequence(...addresses.map(x509GeneralName)));
}

// Excluded: every dNSName, every IPv4 and every IPv6 address (address and mask, all zero).
// Not critical, because critical ones break GnuPG.
function x509NameConstraints() {
	const excluded = [[2, 0], [7, 8], [7, 32]].map(([kind, length]) =>
		derSequence(derContextBytes(kind, new Uint8Array(length))));

	return x509Extension(x509Oids.nameConstraints, derSequence(derContext(1, ...excluded)));
}

// Bits from the left: digitalSignature (0), keyEncipherment (2), keyAgreement (4),
// keyCertSign (5), cRLSign (6)
function x509KeyUsage(ca, spki) {
	const [bits, unused] = ca ? [0x06, 1] : x509IsRsa(spki) ? [0xa0, 5] : [0x88, 3];

	return x509Extension(x509Oids.keyUsage, derBitString([bits], unused), true);
}

// The SHA-1 of the BIT STRING (RFC 5280 section 4.2.1.2, method 1)
async function x509KeyId(spki) {
	const bits = derContent(derParts(derRead(spki), 0x30, 2)[1], 0x03);

	return x509Digest('SHA-1', bits.subarray(1));
}

// plan: pathLength (of a CA; null: it is none), spki, issuerSpki (null: self-signed),
// addresses (of a user)
async function x509Extensions(plan) {
	const ca = plan.pathLength !== null;
	const basic = ca ? [derBoolean(true), derInteger(plan.pathLength)] : [];
	const list = [
		x509Extension(x509Oids.basicConstraints, derSequence(...basic), true),
		x509KeyUsage(ca, plan.spki),
		x509Extension(x509Oids.extKeyUsage, derSequence(derOid(x509Oids.emailProtection))),
		ca ? x509NameConstraints() : x509AltName(plan.addresses),
		x509Extension(x509Oids.subjectKeyIdentifier,
			derOctetString(await x509KeyId(plan.spki))),
	];

	if (plan.issuerSpki !== null)
		list.push(x509Extension(x509Oids.authorityKeyIdentifier, derSequence(
			derContextBytes(0, await x509KeyId(plan.issuerSpki)))));
	return derContext(3, derSequence(...list));
}

//
// Certificates and requests
//

function x509Algorithm(rsa) {
	return rsa ? derSequence(derOid(x509Oids.sha256WithRsa), derNull()) :
		derSequence(derOid(x509Oids.ecdsaWithSha256));
}

// The TBSCertificate. plan: as above, and serial, issuer and subject (common names),
// notBefore, notAfter.
export async function x509Tbs(plan) {
	return derSequence(derContext(0, derInteger(2)), derInteger(plan.serial),
		x509Algorithm(false), x509Name(plan.issuer),
		derSequence(derTime(plan.notBefore), derTime(plan.notAfter)),
		x509Name(plan.subject), plan.spki, await x509Extensions(plan));
}

// The CertificationRequestInfo. nonceType: of the string that the nonce is in. addresses:
// null for an issuer's request.
export function x509RequestInfo({ subject, spki, nonce, nonceType = 0x0c, addresses = null }) {
	const attributes = [derSequence(derOid(x509Oids.challengePassword),
		derSet(derElement(nonceType, x509Utf8(nonce))))];

	if (addresses !== null)
		attributes.push(derSequence(derOid(x509Oids.extensionRequest),
			derSet(derSequence(x509AltName(addresses)))));
	return derSequence(derInteger(0), x509Name(subject), spki,
		derContextSet(0, ...attributes));
}

// What is signed, how, and the signature: certificate and request look the same from here.
export async function x509Sign(signed, key) {
	const rsa = key.algorithm.name !== 'ECDSA';
	let signature = new Uint8Array(await crypto.subtle.sign(rsa ? x509Rsa : x509Ecdsa, key,
		signed));

	// WebCrypto's is r and s, and X.509's an ECDSA-Sig-Value (RFC 3279 section 2.2.3)
	if (!rsa)
		signature = derSequence(derInteger(signature.slice(0, 32)),
			derInteger(signature.slice(32)));
	return derSequence(signed, x509Algorithm(rsa), derBitString(signature));
}

// r and s as WebCrypto wants them; throws where they are none
function x509RawSignature(der) {
	return derConcat(derParts(derRead(der), 0x30, 2).map((item) => {
		const number = derContent(item, 0x02);
		const bytes = number[0] === 0 ? number.subarray(1) : number;
		if (number[0] >= 0x80 || bytes.length > 32)
			throw new SealProblem('signature', 'a number is out of its range');
		return derConcat([new Uint8Array(32 - bytes.length), bytes]);
	}));
}

const x509CertificateParts = 8;	// version to extensions: no unique identifiers
export const x509RequestParts = 4;

// The three parts of a certificate or request in DER: { signed (bytes), items (the parts of
// what is signed: so many), signature }. Only what is signed with ecdsa-with-SHA256 is read.
export function x509Open(der, count = x509CertificateParts) {
	if (der.length > x509DerMax)
		throw new SealProblem('der', 'it is larger than 16 kB');
	const [signed, algorithm, bits] = derParts(derRead(der), 0x30, 3);
	if (derHex(algorithm.bytes) !== derHex(x509Algorithm(false)))
		throw new SealProblem('signature', 'it is not signed with ecdsa-with-SHA256');
	return { signed: signed.bytes, items: derParts(signed, 0x30, count),
		signature: x509WholeBytes(bits) };
}

function x509WholeBytes(bits) {
	const content = derContent(bits, 0x03);

	if (content[0] !== 0)
		throw new SealProblem('der', 'a BIT STRING is not made of whole bytes');
	return content.subarray(1);
}

// Whether what x509Open() returned was signed by this P-256 key. A point that is not on the
// curve is no key.
export async function x509Verify({ signed, signature }, spki) {
	const raw = x509RawSignature(signature);

	try {
		const key = await crypto.subtle.importKey('spki', spki, x509Ecdsa, false, ['verify']);
		return await crypto.subtle.verify(x509Ecdsa, key, raw, signed);
	} catch {
		return false;
	}
}

//
// Public keys
//

export async function x509Spki(publicKey) {
	return new Uint8Array(await crypto.subtle.exportKey('spki', publicKey));
}

function x509IsRsa(spki) {
	return derParts(derParts(derRead(spki), 0x30, 2)[0], 0x30, 2)[1].tag === 0x05;
}

// P-256, on the named curve, with an uncompressed point (RFC 5480 section 2)
export function x509IsP256(spki) {
	const point = spki.subarray(-65);

	return point[0] === 0x04 && derHex(spki) === derHex(derSequence(
		derSequence(derOid(x509Oids.ecPublicKey), derOid(x509Oids.p256)),
		derBitString(point)));
}
