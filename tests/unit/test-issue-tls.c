/* SPDX-License-Identifier: MIT */

/* A profile's root is installed for mail, and useless for anything else: what
 * OpenSSL, GnuTLS and NSS say of TLS servers that root or issuer vouch for */

#include <string.h>
#include "chain-check.h"
#include "judge-verify.h"

/* A TLS server's certificate, vouched for by the issuer or by the root */
struct tls {
	const char *name;
	bool by_root;
	const char *alt_name, *usage;	/* NULL: none */
};

static const struct tls tls_rows[] = {
	{ "by the issuer", false, "DNS:mail.example.org", "serverAuth" },
	{ "by the root", true, "DNS:mail.example.org", "serverAuth" },
	{ "by the issuer, for mail, too", false, "DNS:mail.example.org",
	  "emailProtection,serverAuth" },
	{ "by the issuer, with a mail address", false,
	  "DNS:mail.example.org,email:alice@example.org", "serverAuth" },
	{ "by the issuer, any name", false, "DNS:*.example.org", "serverAuth" },
	{ "by the issuer, any usage", false, "DNS:mail.example.org",
	  "anyExtendedKeyUsage" },
	{ "by the issuer, no usage", false, "DNS:mail.example.org", NULL },
	{ "by the issuer, in the common name only", false, NULL, NULL },
	{ "by the root, in the common name only", true, NULL, NULL },
	{ "by the issuer, IPv4", false, "IP:192.0.2.1", "serverAuth" },
	{ "by the issuer, IPv6", false, "IP:2001:db8::1", "serverAuth" }
};

#define LEAF_CHANGES(row) \
	DO(U, OP_SUBJECT, "mail.example.org"), \
	DO(U, OP_SERIAL, "410102030405060708090a0b0c0d0e0f"), \
	DO(U, OP_ISSUER, (row)->by_root ? "Mail Seal root " BUILD_ID : \
	   "Mail Seal issuer " BUILD_ID), \
	DO(U, OP_SIGNER, (row)->by_root ? "root" : "issuer"), \
	DO(U, OP_EXT, "extendedKeyUsage", (row)->usage), \
	DO(U, OP_EXT, "subjectAltName", (row)->alt_name), \
	DO(U, OP_EXT, "authorityKeyIdentifier", (row)->by_root ? \
	   "DER:3000" : "keyid:always")

static bool tls_taken(const struct files *files, const struct tls *row,
		      enum judge_program program)
{
	bool ip = row->alt_name != NULL && strncmp(row->alt_name, "IP:", 3) == 0;
	const char *name = ip ? row->alt_name + 3 : "mail.example.org";
	char check[64];

	switch (program) {
	case OPENSSL:
		return openssl_takes(files, "sslserver", ip ? "-verify_ip" :
				     "-verify_hostname", name);
	case GNUTLS:
		snprintf(check, sizeof(check), "--verify-hostname=%s", name);
		return gnutls_takes(files, "--verify-purpose="
				    "1.3.6.1.5.5.7.3.1", check);
	default:
		return nss_takes(files, "V");
	}
}

static void judge_tls(const struct files *files, const struct tls *row,
		      bool wanted, const char *whose)
{
	enum judge_program i;

	for (i = OPENSSL; i < PROGRAM_COUNT; i++) {
		if (!there[i])
			tap_skip(programs[i].package, "TLS %s", row->name);
		else
			tap_ok(tls_taken(files, row, i) == wanted,
			       "TLS %s, %s: %s %s it", row->name, whose,
			       programs[i].name,
			       wanted ? "takes" : "refuses");
	}
}

static void test_tls(const struct tls *row)
{
	const struct build_change ours[] = { LEAF_CHANGES(row), NOTHING };
	/* the same without what makes ours useless for TLS */
	const struct build_change free_ones[] = {
		LEAF_CHANGES(row), DO(R, OP_EXT, "nameConstraints"),
		DO(I, OP_EXT, "nameConstraints"),
		DO(R, OP_EXT, "extendedKeyUsage"),
		DO(I, OP_EXT, "extendedKeyUsage"), NOTHING
	};
	struct seal_error err = { SEAL_ERR_NONE, "" };
	struct files files;

	chain_build(ours);
	tap_ok(chain_check(&err) == 0, "root and issuer are as they should be");
	/* trusted for TLS, too, and by all */
	files_make(&files, &chain_der[R], &chain_der[I], &chain_der[U], "C,C,");
	judge_tls(&files, row, false, "ours");
	files_free(&files);
	if (row->usage != NULL && strcmp(row->usage, "serverAuth") != 0)
		return;
	chain_build(free_ones);
	files_make(&files, &chain_der[R], &chain_der[I], &chain_der[U], "C,C,");
	judge_tls(&files, row, true, "anybody's");
	files_free(&files);
}

int main(void)
{
	unsigned int i;

	chain_init();
	programs_find();
	for (i = 0; i < N(tls_rows); i++)
		test_tls(&tls_rows[i]);
	chain_deinit();
	return tap_done();
}
