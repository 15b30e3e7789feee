/* SPDX-License-Identifier: MIT */

/* What the user's device gets back */

#include "chain-check.h"

static const struct row rows[] = {
	ROW("nothing wrong", NULL, NOTHING),
	ROW("user: empty", "user certificate: empty", DO(U, OP_EMPTY)),
	ROW("user: garbage", "user certificate: not an X.509",
	    DO(U, OP_GARBAGE)),
	ROW("user: byte behind", "user certificate: there is something behind",
	    DO(U, OP_BEHIND, "00")),
	ROW("user: indefinite length", "user certificate: not encoded in DER",
	    DO(U, OP_INDEFINITE)),
	ROW("user: CA:TRUE", "user certificate: extension basicConstraints is "
	    "not CA:FALSE",
	    DO(U, OP_EXT, "basicConstraints", "critical,CA:TRUE")),
	ROW("user: CA:FALSE in words", "user certificate: extension "
	    "basicConstraints is not CA:FALSE (in DER it is 3003010100)",
	    DO(U, OP_EXT, "basicConstraints", "critical,DER:3003010100")),
	ROW("user: another key", "user certificate: it is for another key",
	    DO(U, OP_KEY, "e17bits")),
	ROW("user: RSA-1024", "user certificate: the RSA key has 1024",
	    DO(U, OP_KEY, "rsa1024")),
	ROW("user: another's name", "user certificate: subject is not CN=",
	    DO(U, OP_SUBJECT, "bob@example.org")),
	ROW("user: another issuer", "user certificate: issuer is not CN=",
	    DO(U, OP_ISSUER, "Mail Seal root " BUILD_ID)),
	ROW("user: signed by the root", "user certificate: the signature is "
	    "not by the issuer's", DO(U, OP_SIGNER, "root")),
	ROW("user: SHA-1", "user certificate: the signature algorithm is",
	    DO(U, OP_DIGEST, "SHA1")),
	ROW("user: another's address", "user certificate: extension "
	    "subjectAltName is not the addresses",
	    DO(U, OP_EXT, "subjectAltName", "email:bob@example.org")),
	ROW("user: an address less", "user certificate: extension "
	    "subjectAltName is not the addresses",
	    DO(U, OP_EXT, "subjectAltName", "email:alice@example.org")),
	ROW("user: no address", "user certificate: extension subjectAltName is "
	    "missing", DO(U, OP_EXT, "subjectAltName")),
	ROW("user: keyUsage of EC", "user certificate: extension keyUsage is "
	    "not digitalSignature",
	    DO(U, OP_EXT, "keyUsage", "critical,digitalSignature,keyAgreement")),
	ROW("user: no keyUsage", "user certificate: extension keyUsage is "
	    "missing", DO(U, OP_EXT, "keyUsage")),
	ROW("user: CRL pointer", "user certificate: extension 2.5.29.31 was "
	    "not asked for", DO(U, OP_EXT_LAST, "crlDistributionPoints",
	    "URI:http://example.org/crl")),
	ROW("user: begins later", "user certificate: notBefore is not",
	    DO(U, OP_BEGIN, "1")),
	ROW("user: ends with the issuer", "user certificate: notAfter is not",
	    DO(U, OP_END, "86400")),
	ROW("user: serial zero", "user certificate: the serial number is zero",
	    DO(U, OP_SERIAL, "0")),
	ROW("root: foreign signature", "root certificate: the signature is",
	    DO(R, OP_SIGNER, "other")),
	ROW("issuer: foreign signature", "issuer certificate: the signature "
	    "is", DO(I, OP_SIGNER, "other"))
};

int main(void)
{
	static const struct build_change foreign[] = {
		DO(U, OP_SIGNER, "root"), NOTHING
	};

	chain_init();
	chain_run(rows, N(rows), chain_check_user);
	chain_damage(BUILD_USER, 7, chain_check_user);
	chain_build(chain_good);
	chain_memory(chain_check_user, true, "good user certificate");
	chain_build(foreign);
	chain_memory(chain_check_user, false, "bad user certificate");
	chain_deinit();
	return tap_done();
}
