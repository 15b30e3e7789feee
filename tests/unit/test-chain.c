/* SPDX-License-Identifier: MIT */

/* Root and issuer certificates; the request is in test-chain-request.c. */

#include <string.h>
#include "chain-check.h"

static const struct row rows[] = {
	ROW("nothing wrong", NULL, NOTHING),

	/* form */
	ROW("root: empty", "root certificate: empty", DO(R, OP_EMPTY)),
	ROW("issuer: empty", "issuer certificate: empty", DO(I, OP_EMPTY)),
	ROW("root: PEM", "root certificate: not an X.509", DO(R, OP_GARBAGE)),
	ROW("issuer: half of it", "issuer certificate: not an X.509",
	    DO(I, OP_HALF)),
	ROW("root: one byte behind", "root certificate: there is something "
	    "behind", DO(R, OP_BEHIND, "00")),
	ROW("issuer: NULL behind", "issuer certificate: there is something "
	    "behind", DO(I, OP_BEHIND, "0500")),
	ROW("root: indefinite length", "root certificate: not encoded in DER",
	    DO(R, OP_INDEFINITE)),
	ROW("issuer: indefinite length", "issuer certificate: not encoded in "
	    "DER", DO(I, OP_INDEFINITE)),
	ROW("issuer: TRUE is 01", "issuer certificate: it is not encoded",
	    DO(I, OP_PATCH, "0603551d130101ff", "0603551d13010101")),
	ROW("root: 20 kB", "root certificate: larger than 16 kB",
	    DO(R, OP_GIANT, "20000")),
	ROW("issuer: 16 kB", "issuer certificate: larger than 16 kB",
	    DO(I, OP_GIANT, "16384")),
	ROW("issuer: 8 kB, unknown", "issuer certificate: extension 1.2.3.4 "
	    "was not asked for", DO(I, OP_GIANT, "8000")),

	/* version, serial number, algorithm */
	ROW("root: version 1", "root certificate: the version is 1",
	    DO(R, OP_PATCH, "A003020102", "A003020100")),
	ROW("issuer: version 2", "issuer certificate: the version is 2",
	    DO(I, OP_PATCH, "A003020102", "A003020101")),
	ROW("root: serial zero", "root certificate: the serial number is zero",
	    DO(R, OP_SERIAL, "0")),
	ROW("root: serial negative", "root certificate: the serial number is "
	    "negative", DO(R, OP_SERIAL, "-0102030405060708090a0b0c0d0e0f10")),
	ROW("issuer: serial of 21 bytes", "issuer certificate: the serial "
	    "number takes 21", DO(I, OP_SERIAL,
	    "010203040506070809000102030405060708090001")),
	ROW("issuer: serial of 17 bytes", "issuer certificate: the serial "
	    "number takes 17", DO(I, OP_SERIAL,
	    "ff02030405060708090a0b0c0d0e0f10")),
	ROW("issuer: serial of 8 bytes", "issuer certificate: the serial "
	    "number takes 8", DO(I, OP_SERIAL, "0102030405060708")),
	ROW("root: SHA-1", "root certificate: the signature algorithm is "
	    "ecdsa-with-SHA1", DO(R, OP_DIGEST, "SHA1")),
	ROW("issuer: SHA-1", "issuer certificate: the signature algorithm is "
	    "ecdsa-with-SHA1", DO(I, OP_DIGEST, "SHA1")),
	ROW("issuer: SHA-512", "issuer certificate: the signature algorithm is "
	    "ecdsa-with-SHA512", DO(I, OP_DIGEST, "SHA512")),
	ROW("issuer: by an RSA key", "issuer certificate: the signature "
	    "algorithm is sha256WithRSAEncryption", DO(I, OP_SIGNER, "user")),
	ROW("issuer: two algorithms", "issuer certificate: it names two "
	    "different", DO(I, OP_PATCH, "06082a8648ce3d040302",
	    "06082a8648ce3d040304")),

	/* names */
	ROW("root: another profile", "root certificate: subject is not CN=",
	    DO(R, OP_SUBJECT, "Mail Seal root fedcba9876543210")),
	ROW("root: another issuer", "root certificate: issuer is not CN=",
	    DO(R, OP_ISSUER, "Mail Seal root fedcba9876543210")),
	ROW("root: another name", "root certificate: subject is not CN=",
	    DO(R, OP_SUBJECT, "Honest Achmed")),
	ROW("issuer: another profile", "issuer certificate: subject is not CN=",
	    DO(I, OP_SUBJECT, "Mail Seal issuer fedcba9876543210")),
	ROW("issuer: another root", "issuer certificate: issuer is not CN=",
	    DO(I, OP_ISSUER, "Mail Seal root fedcba9876543210")),
	ROW("issuer: self-signed", "issuer certificate: issuer is not CN=",
	    DO(I, OP_ISSUER, "Mail Seal issuer " BUILD_ID),
	    DO(I, OP_SIGNER, "issuer")),
	ROW("root: two parts", "root certificate: subject has 2 parts",
	    DO(R, OP_SUBJECT_SECOND, "O", "Example")),
	ROW("issuer: two in one part", "issuer certificate: subject has 2 "
	    "parts", DO(I, OP_SUBJECT_SECOND, "+CN", "Example")),
	ROW("root: PrintableString", "root certificate: subject is not written "
	    "as UTF8String", DO(R, OP_SUBJECT_TYPE, "printable")),
	ROW("issuer: T61String", "issuer certificate: subject is not written "
	    "as UTF8String", DO(I, OP_SUBJECT_TYPE, "t61")),
	ROW("root: an organization", "root certificate: subject is not a "
	    "common name", DO(R, OP_SUBJECT_FIELD, "O")),
	ROW("root: NUL in the name", "root certificate: subject has a NUL",
	    DO(R, OP_PATCH, "303132333435363738396162636465663059",
	      "303132333435363738396162636465003059")),

	/* keys */
	ROW("root: P-192", "root certificate: the key's curve is not P-256",
	    DO(R, OP_KEY, "p192")),
	ROW("root: P-384", "root certificate: the key's curve is not P-256",
	    DO(R, OP_KEY, "p384")),
	ROW("issuer: P-384", "issuer certificate: the key's curve is not P-256",
	    DO(I, OP_KEY, "p384")),
	ROW("issuer: secp256k1", "issuer certificate: the key's curve is not "
	    "P-256", DO(I, OP_KEY, "k256")),
	ROW("root: explicit curve", "root certificate: the key's curve is not "
	    "given by name", DO(R, OP_KEY, "explicit")),
	ROW("root: compressed point", "root certificate: the key's point is "
	    "not in the uncompressed", DO(R, OP_KEY, "compressed")),
	ROW("root: point is not on the curve", "root certificate: the public "
	    "key cannot be read", DO(R, OP_POINT)),
	ROW("root: RSA-2048", "root certificate: the key is RSA",
	    DO(R, OP_KEY, "user")),
	ROW("issuer: RSA-1024", "issuer certificate: the key is RSA",
	    DO(I, OP_KEY, "rsa1024")),
	ROW("root: Ed25519", "root certificate: the key is not EC",
	    DO(R, OP_KEY, "ed25519")),
	ROW("root and issuer: one key", "root certificate: the key is the "
	    "issuer's", DO(R, OP_KEY, "issuer")),
	ROW("issuer: another key", "issuer certificate: the key is not the one "
	    "of the issuer's request", DO(I, OP_KEY, "other")),
	ROW("issuer: the root's key", "issuer certificate: the key is not the "
	    "one of the issuer's request", DO(I, OP_KEY, "root")),

	/* signatures */
	ROW("root: foreign signature", "root certificate: the signature is not "
	    "by its own", DO(R, OP_SIGNER, "other")),
	ROW("issuer: foreign signature", "issuer certificate: the signature is "
	    "not by the root's", DO(I, OP_SIGNER, "other")),
	ROW("issuer: signed by itself", "issuer certificate: the signature is "
	    "not by the root's", DO(I, OP_SIGNER, "issuer")),

	/* validity */
	ROW("both begin in the future", "root certificate: notBefore is in the "
	    "future", DO(R, OP_BEGIN, "86401"), DO(I, OP_BEGIN, "86401")),
	ROW("both begin now", NULL, DO(R, OP_BEGIN, "86400"),
	    DO(I, OP_BEGIN, "86400")),
	ROW("both begin 2 days and 10 minutes ago", NULL,
	    DO(R, OP_BEGIN, "-87000"), DO(I, OP_BEGIN, "-87000"),
	    DO(R, OP_END, "-87000"), DO(I, OP_END, "-87000")),
	ROW("both begin too long ago", "root certificate: notBefore is more "
	    "than two days", DO(R, OP_BEGIN, "-87001"),
	    DO(I, OP_BEGIN, "-87001")),
	ROW("both end a second too late", "root certificate: notAfter is more "
	    "than 731 days", DO(R, OP_END, "1"), DO(I, OP_END, "1")),
	ROW("both last ten years", "root certificate: notAfter is more than "
	    "731 days", DO(R, OP_END, "315360000"),
	    DO(I, OP_END, "315360000")),
	ROW("both end earlier", NULL, DO(R, OP_END, "-8640000"),
	    DO(I, OP_END, "-8640000")),
	ROW("both have ended", "root certificate: notAfter has passed",
	    DO(R, OP_END, "-63072000"), DO(I, OP_END, "-63072000")),
	ROW("both end within the day", "root certificate: notAfter is so near",
	    DO(R, OP_END, "-62985600"), DO(I, OP_END, "-62985600")),
	ROW("both end before they begin", "root certificate: notAfter is not "
	    "after", DO(R, OP_END, "-63244800"), DO(I, OP_END, "-63244800")),
	ROW("issuer: begins before the root", "issuer certificate: notBefore "
	    "is before", DO(I, OP_BEGIN, "-1")),
	ROW("issuer: begins after the root", "issuer certificate: notBefore "
	    "is after", DO(I, OP_BEGIN, "1")),
	ROW("issuer: ends after the root", "issuer certificate: notAfter is "
	    "after", DO(I, OP_END, "1")),
	ROW("issuer: ends before the root", "issuer certificate: notAfter is "
	    "before", DO(I, OP_END, "-1")),
	ROW("root: begins in GeneralizedTime", "root certificate: notBefore is "
	    "not written", DO(R, OP_BEGIN, "=20260101000000Z")),
	ROW("root: ends in GeneralizedTime", "root certificate: notAfter is "
	    "not written", DO(R, OP_END, "=20280101000000Z")),
#if OPENSSL_VERSION_NUMBER < 0x30500000L /* does not read that any more */
	ROW("issuer: ends without seconds", "issuer certificate: notAfter is "
	    "not written", DO(I, OP_END, "=2801010000Z")),
#endif
	ROW("issuer: begins in local time", "issuer certificate: notBefore is "
	    "not written", DO(I, OP_BEGIN, "=260101000000+0100")),

	/* extensions */
	ROW("root: no basicConstraints", "root certificate: extension "
	    "basicConstraints is missing", DO(R, OP_EXT, "basicConstraints")),
	ROW("root: CA:FALSE", "root certificate: extension basicConstraints is "
	    "not CA:TRUE with pathLen 1 (in DER it is 3000)",
	    DO(R, OP_EXT, "basicConstraints", "critical,CA:FALSE")),
	ROW("root: no pathLen", "root certificate: extension basicConstraints "
	    "is not CA:TRUE with pathLen 1 (in DER it is 30030101ff)",
	    DO(R, OP_EXT, "basicConstraints", "critical,CA:TRUE")),
	ROW("root: pathLen 2", "root certificate: extension basicConstraints "
	    "is not CA:TRUE with pathLen 1 (in DER it is 30060101ff020102)",
	    DO(R, OP_EXT, "basicConstraints", "critical,CA:TRUE,pathlen:2")),
	ROW("root: basicConstraints not critical", "root certificate: "
	    "extension basicConstraints has to be critical",
	    DO(R, OP_EXT, "basicConstraints", "CA:TRUE,pathlen:1")),
	ROW("issuer: pathLen 1", "issuer certificate: extension "
	    "basicConstraints is not CA:TRUE with pathLen 0 (in DER it is "
	    "30060101ff020101)",
	    DO(I, OP_EXT, "basicConstraints", "critical,CA:TRUE,pathlen:1")),
	ROW("issuer: no pathLen", "issuer certificate: extension "
	    "basicConstraints is not CA:TRUE with pathLen 0 (in DER it is "
	    "30030101ff)",
	    DO(I, OP_EXT, "basicConstraints", "critical,CA:TRUE")),
	ROW("issuer: no CA", "issuer certificate: extension basicConstraints "
	    "is not CA:TRUE with pathLen 0 (in DER it is 3000)",
	    DO(I, OP_EXT, "basicConstraints", "critical,CA:FALSE")),
	ROW("root: no keyUsage", "root certificate: extension keyUsage is "
	    "missing", DO(R, OP_EXT, "keyUsage")),
	ROW("root: keyUsage with one more", "root certificate: extension "
	    "keyUsage is not keyCertSign and cRLSign (in DER it is 03020186)",
	    DO(R, OP_EXT, "keyUsage",
	      "critical,keyCertSign,cRLSign,digitalSignature")),
	ROW("root: keyUsage with one less", "root certificate: extension "
	    "keyUsage is not keyCertSign and cRLSign (in DER it is 03020204)",
	    DO(R, OP_EXT, "keyUsage", "critical,keyCertSign")),
	ROW("issuer: keyUsage not critical", "issuer certificate: extension "
	    "keyUsage has to be critical",
	    DO(I, OP_EXT, "keyUsage", "keyCertSign,cRLSign")),
	ROW("root: no extendedKeyUsage", "root certificate: extension "
	    "extendedKeyUsage is missing", DO(R, OP_EXT, "extendedKeyUsage")),
	ROW("issuer: serverAuth", "issuer certificate: extension "
	    "extendedKeyUsage is not emailProtection (in DER it is "
	    "300a06082b06010505070301)",
	    DO(I, OP_EXT, "extendedKeyUsage", "serverAuth")),
	ROW("issuer: serverAuth, too", "issuer certificate: extension "
	    "extendedKeyUsage is not emailProtection (in DER it is 3014",
	    DO(I, OP_EXT, "extendedKeyUsage", "emailProtection,serverAuth")),
	ROW("root: any usage", "root certificate: extension extendedKeyUsage "
	    "is not emailProtection (in DER it is 30060604551d2500)",
	    DO(R, OP_EXT, "extendedKeyUsage", "anyExtendedKeyUsage")),
	ROW("root: critical extendedKeyUsage", "root certificate: extension "
	    "extendedKeyUsage may not be critical",
	    DO(R, OP_EXT, "extendedKeyUsage", "critical,emailProtection")),
	ROW("root: no nameConstraints", "root certificate: extension "
	    "nameConstraints is missing", DO(R, OP_EXT, "nameConstraints")),
	ROW("issuer: no nameConstraints", "issuer certificate: extension "
	    "nameConstraints is missing", DO(I, OP_EXT, "nameConstraints")),
	ROW("root: critical nameConstraints", "root certificate: extension "
	    "nameConstraints may not be critical",
	    DO(R, OP_EXT, "nameConstraints", "critical," BUILD_CONSTRAINTS)),
	ROW("issuer: nameConstraints of one host", "issuer certificate: "
	    "extension nameConstraints is not the exclusion of every host name "
	    "and IP address (in DER it is 300b",
	    DO(I, OP_EXT, "nameConstraints", "excluded;DNS:a.bcd")),
	ROW("root: nameConstraints without IPv6", "root certificate: extension "
	    "nameConstraints is not the exclusion of every host name and IP "
	    "address (in DER it is 3012",
	    DO(R, OP_EXT, "nameConstraints", "DER:3012A11030028200300A8708"
	      "0000000000000000")),
	ROW("issuer: permitted addresses", "issuer certificate: extension "
	    "nameConstraints is not the exclusion of every host name and IP "
	    "address (in DER it is 3011a0",
	    DO(I, OP_EXT, "nameConstraints", "permitted;email:example.org")),
	ROW("root: no subjectKeyIdentifier", "root certificate: extension "
	    "subjectKeyIdentifier is missing",
	    DO(R, OP_EXT, "subjectKeyIdentifier"),
	    DO(I, OP_EXT, "authorityKeyIdentifier", "DER:30028000")),
	ROW("root: another's subjectKeyIdentifier", "root certificate: "
	    "extension subjectKeyIdentifier is not the SHA-1",
	    DO(R, OP_EXT, "subjectKeyIdentifier",
	      "000102030405060708090a0b0c0d0e0f10111213")),
	ROW("issuer: another's authorityKeyIdentifier", "issuer certificate: "
	    "extension authorityKeyIdentifier is not the SHA-1 of the issuer's "
	    "key, and nothing else (in DER it is 3016801400",
	    DO(I, OP_EXT, "authorityKeyIdentifier",
	      "DER:30168014000102030405060708090a0b0c0d0e0f10111213")),
	ROW("issuer: authorityKeyIdentifier with a name", "issuer certificate: "
	    "extension authorityKeyIdentifier is not the SHA-1 of the issuer's "
	    "key, and nothing else (in DER it is 3058",
	    DO(I, OP_EXT, "authorityKeyIdentifier",
	      "keyid:always,issuer:always")),
	ROW("issuer: no authorityKeyIdentifier", "issuer certificate: "
	    "extension authorityKeyIdentifier is missing",
	    DO(I, OP_EXT, "authorityKeyIdentifier")),
	ROW("root: authorityKeyIdentifier", "root certificate: extension "
	    "2.5.29.35 was not asked for",
	    DO(R, OP_EXT_LAST, "authorityKeyIdentifier", "keyid:always")),
	ROW("issuer: CRL pointer", "issuer certificate: extension 2.5.29.31 "
	    "was not asked for", DO(I, OP_EXT_LAST, "crlDistributionPoints",
	    "URI:http://example.org/crl")),
	ROW("root: OCSP pointer", "root certificate: extension "
	    "1.3.6.1.5.5.7.1.1 was not asked for",
	    DO(R, OP_EXT_LAST, "authorityInfoAccess",
	      "OCSP;URI:http://example.org/")),
	ROW("issuer: subjectAltName", "issuer certificate: extension 2.5.29.17 "
	    "was not asked for", DO(I, OP_EXT_LAST, "subjectAltName",
	    "DNS:example.org")),
	ROW("issuer: policies", "issuer certificate: extension 2.5.29.32 was "
	    "not asked for", DO(I, OP_EXT_LAST, "certificatePolicies",
	    "DER:3007300506032A0304")),
	ROW("root: unknown critical", "root certificate: critical extension "
	    "1.2.3.4 was not asked for",
	    DO(R, OP_EXT_LAST, "1.2.3.4", "critical,DER:0500")),
	ROW("root: unknown, in front", "root certificate: extension 1.2.3.5 "
	    "was not asked for", DO(R, OP_EXT_FIRST, "1.2.3.5", "DER:0500")),
	ROW("root: keyUsage twice", "root certificate: extension keyUsage is "
	    "there twice",
	    DO(R, OP_EXT_LAST, "keyUsage", "critical,keyCertSign,cRLSign")),
	ROW("issuer: basicConstraints twice", "issuer certificate: extension "
	    "basicConstraints is there twice",
	    DO(I, OP_EXT_FIRST, "basicConstraints",
	      "critical,CA:TRUE,pathlen:0")),
	ROW("root: another order", "root certificate: extension keyUsage is "
	    "not in its place", DO(R, OP_EXT, "keyUsage"),
	    DO(R, OP_EXT_FIRST, "keyUsage", "critical,keyCertSign,cRLSign"))
};

static void test_swapped(void)
{
	struct seal_error err = { SEAL_ERR_NONE, "" };

	chain_build(chain_good);
	tap_ok(chain_check_as(BUILD_ISSUER, BUILD_ROOT, &err) < 0 &&
	       strstr(err.text, "root certificate: subject") != NULL,
	       "root and issuer swapped: %s", err.text);
	tap_ok(chain_check_as(BUILD_ROOT, BUILD_ROOT, &err) < 0 &&
	       strstr(err.text, "issuer certificate: the key") != NULL,
	       "the root twice: %s", err.text);
	tap_ok(chain_check_as(BUILD_REQUEST, BUILD_ISSUER, &err) < 0 &&
	       strstr(err.text, "root certificate: not an X.509") != NULL,
	       "a request as the root: %s", err.text);
	tap_ok(chain_check_as(BUILD_ROOT, BUILD_USER, &err) < 0 &&
	       strstr(err.text, "issuer certificate: the key is RSA") != NULL,
	       "the user's as the issuer: %s", err.text);
}

/* The same objects, other terms */
static void test_terms(void)
{
	const struct seal_terms good = chain_terms;
	static const char *const bob[] = { "bob@example.org", NULL };
	struct seal_error err = { SEAL_ERR_NONE, "" };

	chain_build(chain_good);
	chain_terms.profile_id = "0123456789abcdee";
	tap_ok(chain_check(&err) < 0 && strstr(err.text, "subject") != NULL,
	       "another profile: %s", err.text);
	chain_terms = good;
	chain_terms.addresses = bob;
	tap_ok(chain_check(&err) < 0 && strstr(err.text, "addresses") != NULL,
	       "another user: %s", err.text);
	chain_terms = good;
	chain_terms.days = BUILD_DAYS - 1;
	tap_ok(chain_check(&err) < 0 && strstr(err.text, "730 days") != NULL,
	       "fewer days: %s", err.text);
	chain_terms = good;
	chain_terms.issuer_key = build_key("other");
	tap_ok(chain_check(&err) < 0 && strstr(err.text, "not the one") != NULL,
	       "another issuer key: %s", err.text);
	chain_terms = good;
	chain_terms.created = chain_terms.now + 3 * BUILD_DAY;
	tap_ok(chain_check(&err) < 0 && strstr(err.text, "two days") != NULL,
	       "older than the profile: %s", err.text);
	chain_terms = good;
	chain_terms.now += BUILD_DAYS * BUILD_DAY;
	tap_ok(chain_check(&err) < 0 && strstr(err.text, "passed") != NULL,
	       "later: %s", err.text);
	chain_terms = good;
}

static void test_limit_of_days(void)
{
	static const struct build_change changes[] = {
		DO(R, OP_END, "31622400", NULL), DO(I, OP_END, "31622400", NULL),
		DO(R, OP_NONE, NULL, NULL)
	};
	struct seal_error err = { SEAL_ERR_NONE, "" };
	const struct seal_terms good = chain_terms;

	/* 730 + 366 */
	chain_build(changes);
	chain_terms.days = 5000;
	tap_ok(chain_check(&err) < 0 && strstr(err.text, "1096 days") != NULL,
	       "never more than 1095 days: %s", err.text);
	chain_terms = good;
}

int main(void)
{
	static const struct build_change foreign[] = {
		DO(I, OP_SIGNER, "other"), NOTHING
	};

	chain_init();
	chain_run(rows, N(rows), chain_check);
	test_swapped();
	test_terms();
	test_limit_of_days();
	chain_damage(BUILD_ROOT, 7, chain_check);
	chain_damage(BUILD_ISSUER, 7, chain_check);
	chain_build(chain_good);
	chain_memory(chain_check, true, "good chain");
	chain_build(foreign);
	chain_memory(chain_check, false, "bad chain");
	chain_deinit();
	return tap_done();
}
