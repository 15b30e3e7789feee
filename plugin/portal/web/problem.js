// SPDX-License-Identifier: MIT

// What can go wrong with keys and certificates, in words that do not change: the page
// says them in the user's language, and tests tell failures apart by them. What the
// server refuses has codes of its own, which are those of its API.
export const problemCodes = {
	pem: 'the text holds no PEM block, or a damaged one',
	private: 'the text holds a private key, which nobody should hand around',
	der: 'what is in a PEM block, or in a certificate, is not DER',
	request: 'this is not the request of an issuer, or it was altered',
	nonce: 'the request answers another question than the one asked here',
	days: 'a certificate lasts 2 to 1095 days',
	address: 'an address that cannot stand in a certificate',
	answer: 'the answer does not hold user, issuer and root certificate',
	chain: 'the answer holds another root or issuer than those made here',
	key: 'the user certificate is for another key than the one made here',
	addresses: 'the user certificate names other addresses',
	dates: 'the user certificate lasts another time, has not begun or has ended',
	certificate: 'a certificate says something that it should not say',
	signature: 'the user certificate is not signed by the issuer',
	pair: 'key and certificate do not belong together',
	passphrase: 'the passphrase is empty, or holds half a character',
};

// code: one of the above, or one of the server's. detail: what exactly, in English, for
// whoever has to help; it holds no secret.
export class SealProblem extends Error {
	constructor(code, detail = '') {
		super(detail === '' ? code : code + ': ' + detail);
		this.name = 'SealProblem';
		this.code = code;
		this.detail = detail;
	}
}
