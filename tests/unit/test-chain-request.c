/* SPDX-License-Identifier: MIT */

/* The user's request, with root and issuer that are as they should be */

#include <string.h>
#include "chain-check.h"

#define HUNDRED "012345678901234567890123456789012345678901234567890123456789" \
	"0123456789012345678901234567@example.org"
#define MAILBOX "1.3.6.1.5.5.7.8.9"

static const struct row rows[] = {
	ROW("request: empty", "request: empty", DO(Q, OP_EMPTY)),
	ROW("request: PEM", "request: not a certificate request",
	    DO(Q, OP_GARBAGE)),
	ROW("request: byte behind", "request: there is something behind",
	    DO(Q, OP_BEHIND, "30")),
	ROW("request: indefinite length", "request: not encoded in DER",
	    DO(Q, OP_INDEFINITE)),
	ROW("request: 17 kB", "request: larger than 16 kB",
	    DO(Q, OP_GIANT, "17000")),
	ROW("request: version 1", "request: the version is 1",
	    DO(Q, OP_PATCH, "02010030", "02010130")),
	ROW("request: SHA-1", "request: the signature algorithm is not "
	    "sha256With", DO(Q, OP_DIGEST, "SHA1")),
	ROW("request: PSS", "request: the signature algorithm is not "
	    "sha256With", DO(Q, OP_PSS)),
	ROW("request: EC, SHA-384", "request: the signature algorithm is not "
	    "ecdsa-", DO(Q, OP_KEY, "user-ec"), DO(Q, OP_DIGEST, "SHA384")),
	ROW("request: parameters of the algorithm", "request: the signature "
	    "algorithm's parameters", DO(Q, OP_PATCH_OUTER,
	    "06092a864886f70d01010b0500", "06092a864886f70d01010b0400")),
	ROW("request: two parts", "request: subject has 2 parts",
	    DO(Q, OP_SUBJECT_SECOND, "emailAddress", "bob@example.org")),
	ROW("request: IA5String", "request: subject is not written as "
	    "UTF8String", DO(Q, OP_SUBJECT_TYPE, "ia5")),
	ROW("request: an organization", "request: subject is not a common "
	    "name", DO(Q, OP_SUBJECT_FIELD, "O")),
	ROW("request: another's name", "request: subject is not one of the "
	    "user's", DO(Q, OP_SUBJECT, "bob@example.org")),
	ROW("request: a prefix of it", "request: subject is not one of the "
	    "user's", DO(Q, OP_SUBJECT, "alice@example.or")),
	ROW("request: a display name", "request: subject is not one of the "
	    "user's", DO(Q, OP_SUBJECT, "Alice Liddell")),
	ROW("request: local part in capitals", "request: subject is not one "
	    "of the user's", DO(Q, OP_SUBJECT, "Alice@example.org")),
	ROW("request: domain in capitals", NULL,
	    DO(Q, OP_SUBJECT, "alice@EXAMPLE.org")),
	ROW("request: second address", NULL,
	    DO(Q, OP_SUBJECT, "alice.liddell@example.org")),
	ROW("request: P-224", "request: the key's curve is not P-256",
	    DO(Q, OP_KEY, "p224")),
	ROW("request: compressed point", "request: the key's point is not in "
	    "the uncompressed", DO(Q, OP_KEY, "compressed")),
	ROW("request: Ed25519", "request: the key is neither RSA",
	    DO(Q, OP_KEY, "ed25519")),
	ROW("request: RSASSA-PSS key", "request: the key is neither RSA",
	    DO(Q, OP_KEY, "pss")),
	ROW("request: RSA-1024", "request: the RSA key has 1024 bits",
	    DO(Q, OP_KEY, "rsa1024")),
	ROW("request: RSA-2050", "request: the RSA key has 2050 bits",
	    DO(Q, OP_KEY, "rsa2050")),
	ROW("request: exponent 3", "request: the RSA key's exponent is less",
	    DO(Q, OP_KEY, "e3")),
	ROW("request: exponent 65539", NULL, DO(Q, OP_KEY, "e17bits")),
	ROW("request: exponent of 65 bits", "request: the RSA key's exponent "
	    "has more", DO(Q, OP_KEY, "e65bits")),
	ROW("request: exponent 65536", "request: the RSA key's exponent is "
	    "even", DO(Q, OP_PATCH, "0203010001", "0203010000")),
	ROW("request: RSA without NULL", "request: the RSA key's parameters",
	    DO(Q, OP_PATCH, "06092a864886f70d0101010500",
	      "06092a864886f70d0101010400")),
	ROW("request: P-256", NULL, DO(Q, OP_KEY, "user-ec")),
	ROW("request: the issuer's key", "request: the key is the issuer's",
	    DO(Q, OP_KEY, "issuer")),
	ROW("request: the root's key", "request: the key is the root's",
	    DO(Q, OP_KEY, "root")),
	ROW("request: foreign signature", "request: the signature is not by "
	    "the request's own", DO(Q, OP_SIGNER, "rsa1024")),

	/* the request's attributes */
	ROW("request: no nonce", "request: there is no nonce",
	    DO(Q, OP_NONCE, NULL)),
	ROW("request: another nonce", "request: the nonce is not the one",
	    DO(Q, OP_NONCE, "n0nce-4-this-1ne")),
	ROW("request: half of the nonce", "request: the nonce is not the one",
	    DO(Q, OP_NONCE, "n0nce-4-")),
	ROW("request: longer nonce", "request: the nonce is not the one",
	    DO(Q, OP_NONCE, BUILD_NONCE "1")),
	ROW("request: empty nonce", "request: challengePassword is empty",
	    DO(Q, OP_NONCE, "")),
	ROW("request: giant nonce", "request: challengePassword is empty",
	    DO(Q, OP_NONCE, "0123456789012345678901234567890123456789"
	      "0123456789012345678901234567890123456789")),
	ROW("request: space in the nonce", "request: challengePassword is "
	    "empty", DO(Q, OP_NONCE, "a b")),
	ROW("request: nonce in T61String", "request: challengePassword is "
	    "neither", DO(Q, OP_NONCE_TYPE, "t61")),
	ROW("request: nonce in PrintableString", NULL,
	    DO(Q, OP_NONCE_TYPE, "printable")),
	ROW("request: two values of the nonce", "request: attribute "
	    "challengePassword has 2 values",
	    DO(Q, OP_NONCE_SECOND, BUILD_NONCE "2")),
	ROW("request: two nonces", "request: attribute challengePassword is "
	    "there twice",
	    DO(Q, OP_ATTRIBUTE, "1.2.840.113549.1.9.8", BUILD_NONCE "more"),
	    DO(Q, OP_PATCH, "2a864886f70d010908", "2a864886f70d010907")),
	ROW("request: one more attribute", "request: attribute "
	    "1.2.840.113549.1.9.2 was not asked for",
	    DO(Q, OP_ATTRIBUTE, "1.2.840.113549.1.9.2", "name")),
	ROW("request: unknown attribute", "request: attribute 1.2.3.4.5 was "
	    "not asked for", DO(Q, OP_ATTRIBUTE, "1.2.3.4.5", "name")),
	ROW("request: extensionRequest of text", "request: extensionRequest is "
	    "not a SEQUENCE", DO(Q, OP_EXT, "subjectAltName"),
	    DO(Q, OP_ATTRIBUTE, "1.2.840.113549.1.9.14", "text")),
	ROW("request: no subjectAltName", NULL,
	    DO(Q, OP_EXT, "subjectAltName")),
	ROW("request: CA:TRUE", "request: extensionRequest has to ask for one",
	    DO(Q, OP_EXT, "basicConstraints", "critical,CA:TRUE")),
	ROW("request: CA:TRUE alone", "request: extensionRequest has to ask "
	    "for one", DO(Q, OP_EXT, "subjectAltName"),
	    DO(Q, OP_EXT, "basicConstraints", "critical,CA:TRUE")),
	ROW("request: keyUsage", "request: extensionRequest has to ask for one",
	    DO(Q, OP_EXT, "keyUsage", "keyCertSign")),
	ROW("request: subjectAltName twice", "request: extensionRequest has to "
	    "ask for one", DO(Q, OP_EXT_LAST, "subjectAltName",
	    "email:alice@example.org")),
	ROW("request: critical subjectAltName", "request: subjectAltName may "
	    "not be critical",
	    DO(Q, OP_EXT, "subjectAltName", "critical,email:alice@example.org")),
	ROW("request: one of the addresses", NULL,
	    DO(Q, OP_EXT, "subjectAltName", "email:alice@example.ORG")),
	ROW("request: another's address", "request: subjectAltName: "
	    "'bob@example.org' is not an address of this user",
	    DO(Q, OP_EXT, "subjectAltName",
	      "email:alice@example.org,email:bob@example.org")),
	ROW("request: another's domain", "request: subjectAltName: "
	    "'alice@example.com' is not an address of this user",
	    DO(Q, OP_EXT, "subjectAltName", "email:alice@example.com")),
	ROW("request: a host's name", "request: subjectAltName has a name of "
	    "another kind than a mail address ([2])",
	    DO(Q, OP_EXT, "subjectAltName", "DNS:example.org")),
	ROW("request: a URI", "request: subjectAltName has a name of another "
	    "kind than a mail address ([6])",
	    DO(Q, OP_EXT, "subjectAltName", "URI:https://example.org/")),
	ROW("request: another otherName", "request: subjectAltName has an "
	    "otherName",
	    DO(Q, OP_EXT, "subjectAltName",
	      "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:alice@example.org")),
	ROW("request: ASCII SmtpUTF8Mailbox", "request: subjectAltName has an "
	    "SmtpUTF8Mailbox that has to be",
	    DO(Q, OP_EXT, "subjectAltName",
	      "otherName:" MAILBOX ";UTF8:alice@example.org")),
	ROW("request: SmtpUTF8Mailbox of IA5", "request: subjectAltName has an "
	    "SmtpUTF8Mailbox that is no",
	    DO(Q, OP_EXT, "subjectAltName",
	      "otherName:" MAILBOX ";IA5:alice@example.org")),
	ROW("request: another's SmtpUTF8Mailbox", "request: subjectAltName: 'p",
	    DO(Q, OP_EXT, "subjectAltName", "DER:3023A02106082B06010505070809"
	      "A0150C1370C3A472736F6E406578616D706C652E6F7267")),
	ROW("request: NUL in an address", "request: subjectAltName has an "
	    "address with a NUL",
	    DO(Q, OP_EXT, "subjectAltName", "DER:3013"
	      "8111616c696365406578616d706c652e6f00" "67")),
	ROW("request: 8-bit rfc822Name", "request: subjectAltName has an "
	    "rfc822Name that is not ASCII",
	    DO(Q, OP_EXT, "subjectAltName", "DER:3012"
	      "811070c3a472406578616d706c652e6f7267")),
	ROW("request: no UTF-8", "request: subjectAltName: an address is not "
	    "UTF-8",
	    DO(Q, OP_EXT, "subjectAltName", "DER:3012"
	      "811070ffa472406578616d706c652e6f7267")),
	ROW("request: line end in an address", "request: subjectAltName: an "
	    "address has a space",
	    DO(Q, OP_EXT, "subjectAltName", "DER:3013"
	      "8111616c696365406578616d706c652e6f0a67")),
	ROW("request: no '@'", "request: subjectAltName: 'alice' is not an "
	    "address", DO(Q, OP_EXT, "subjectAltName", "DER:3007"
	    "8105616c696365")),
	ROW("request: two '@'", "request: subjectAltName: 'a@b@c' is not an "
	    "address", DO(Q, OP_EXT, "subjectAltName", "DER:3007"
	    "81056140624063")),
	ROW("request: empty address", "request: subjectAltName: '' is not an "
	    "address", DO(Q, OP_EXT, "subjectAltName", "DER:30028100")),
	ROW("request: no names", "request: subjectAltName is empty",
	    DO(Q, OP_EXT, "subjectAltName", "DER:3000")),
	ROW("request: byte behind the names", "request: subjectAltName is not "
	    "encoded in DER", DO(Q, OP_EXT, "subjectAltName", "DER:3013"
	    "8111616c696365406578616d706c652e6f7267" "00")),
	ROW("request: long length of a name", "request: subjectAltName is not "
	    "encoded in DER", DO(Q, OP_EXT, "subjectAltName", "DER:3014"
	    "818111616c696365406578616d706c652e6f7267")),
	ROW("request: no GeneralNames", "request: subjectAltName does not "
	    "parse", DO(Q, OP_EXT, "subjectAltName", "DER:0500")),
	ROW("request: address of 300 bytes", "request: subjectAltName has an "
	    "address of 300 bytes", DO(Q, OP_EXT, "subjectAltName",
	      "email:" HUNDRED HUNDRED HUNDRED))
};

static const char *const exotic[] = { "p\xc3\xa4r@example.org", NULL };

static void test_exotic(void)
{
	static const struct build_change changes[] = {
		DO(Q, OP_EXT, "subjectAltName", "DER:3020A01E06082B06010505070809"
		  "A0120C1070C3A472406578616D706C652E6F7267"),
		DO(R, OP_NONE, NULL, NULL)
	};
	struct seal_error err = { SEAL_ERR_NONE, "" };
	const struct seal_terms good = chain_terms;

	chain_terms.addresses = exotic;
	chain_build(changes);
	tap_ok(chain_check(&err) == 0, "SmtpUTF8Mailbox: %s", err.text);
	chain_terms = good;
}

int main(void)
{
	chain_init();
	chain_run(rows, N(rows), chain_check);
	test_exotic();
	chain_damage(BUILD_REQUEST, 7, chain_check);
	chain_deinit();
	return tap_done();
}
