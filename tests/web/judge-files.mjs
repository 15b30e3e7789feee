// SPDX-License-Identifier: MIT

// node judge-files.mjs LIBRARIES FOLDER
//
// Two libraries that are not ours read what the page made: node-forge the PKCS #12 files
// (it knows RSA alone), PKI.js the chain and the user's request. FOLDER has current.p12,
// compatible.p12, root.cer, issuer.cer, user.cer, user.csr (DER) and told.json:
// { passphrase }. Prints what they read as JSON; fails where one refuses.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { webcrypto } from 'node:crypto';

const [libraries, folder] = process.argv.slice(2);
const load = createRequire(join(libraries, 'node_modules', 'x'));
const forge = load('node-forge');
const pkijs = load('pkijs');
const told = JSON.parse(readFileSync(join(folder, 'told.json'), 'utf8'));

function read(name) {
	return new Uint8Array(readFileSync(join(folder, name)));
}

function must(holds, what) {
	if (!holds)
		throw new Error(what);
}

// node-forge's strings have a byte a character
function forgeBytes(bytes) {
	return Buffer.from(bytes).toString('binary');
}

function forgeOpen(bytes, passphrase) {
	return forge.pkcs12.pkcs12FromAsn1(forge.asn1.fromDer(forgeBytes(bytes)), true, passphrase);
}

function forgeRead(name) {
	const file = forgeOpen(read(name), told.passphrase);
	const bags = (type) => file.getBags({ bagType: type })[type];
	const [{ key, attributes }, ...more] = bags(forge.pki.oids.pkcs8ShroudedKeyBag);
	// it knows no signature by ECDSA either, and leaves such certificates as they are
	const certificates = bags(forge.pki.oids.certBag);
	const own = forge.pki.certificateFromAsn1(certificates.find((bag) =>
		bag.attributes.localKeyId?.[0] === attributes.localKeyId[0]).asn1);
	const md = forge.md.sha256.create().update('data');

	must(more.length === 0, name + ': one key');
	must(own.publicKey.verify(md.digest().bytes(), key.sign(md)),
		name + ': key and certificate of one localKeyId are a pair');
	try {
		forgeOpen(read(name), told.passphrase + 'x');
	} catch {
		return { bits: key.n.bitLength(), friendlyName: attributes.friendlyName[0],
			certificates: certificates.map((bag) => forge.asn1.toDer(bag.asn1).toHex()) };
	}
	throw new Error(name + ': opens with another passphrase');
}

async function chain() {
	const [root, issuer, user] = ['root', 'issuer', 'user'].map((name) =>
		pkijs.Certificate.fromBER(read(name + '.cer')));
	const engine = new pkijs.CertificateChainValidationEngine({
		trustedCerts: [root], certs: [issuer, user], checkDate: new Date() });
	const { result, resultMessage, certificatePath } = await engine.verify();
	const other = await new pkijs.CertificateChainValidationEngine({
		trustedCerts: [issuer], certs: [root], checkDate: new Date() }).verify();

	must(result, 'the chain: ' + resultMessage);
	must(!other.result, 'a chain upside down verifies');
	return certificatePath.map(({ subject }) => subject.typesAndValues[0].value.valueBlock.value);
}

async function request(name) {
	const asked = pkijs.CertificationRequest.fromBER(read(name));
	const nonce = asked.attributes.find(({ type }) => type === '1.2.840.113549.1.9.7');

	must(await asked.verify(), name + ': its signature');
	return { subject: asked.subject.typesAndValues[0].value.valueBlock.value,
		nonce: nonce.values[0].valueBlock.value };
}

pkijs.setEngine('node', new pkijs.CryptoEngine({ name: 'node', crypto: webcrypto }));
console.log(JSON.stringify({
	current: forgeRead('current.p12'),
	compatible: forgeRead('compatible.p12'),
	chain: await chain(),
	request: await request('user.csr'),
}));
