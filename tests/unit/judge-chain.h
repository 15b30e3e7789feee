/* SPDX-License-Identifier: MIT */
#ifndef SEAL_TESTS_JUDGE_CHAIN_H
#define SEAL_TESTS_JUDGE_CHAIN_H

/* What tests of issued profiles share: a root and an issuer as the ceremony makes
 * them, and homes for the programs that judge what comes of them. */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include "pki/chain.h"
#include "pki/issuer.h"
#include "pki/key.h"
#include "pki/sender.h"
#include "judge.h"

#define JUDGE_PROFILE "0123456789abcdef"
#define JUDGE_NONCE "nonce"

struct judge_chain {
	EVP_PKEY *issuer_key;
	struct seal_buf root, issuer;		/* DER */
	const char *root_pem, *issuer_pem;	/* files */
};

/* One sender of an issuer that is forgotten at once. */
static inline struct seal_sender *
judge_sender(EVP_PKEY *issuer_key, const unsigned char *der, size_t len,
	     const unsigned char *secret, EVP_PKEY *rsa_key,
	     const char *address, bool replies, struct seal_error *err)
{
	struct seal_sender_issuer *issuer;
	struct seal_sender *sender = NULL;

	issuer = seal_sender_issuer_new(issuer_key, der, len, secret, rsa_key,
					err);
	if (issuer != NULL)
		sender = seal_sender_new(issuer, address, replies, err);
	seal_sender_issuer_free(&issuer);
	return sender;
}

static inline struct seal_der_input judge_der(const struct seal_buf *buf)
{
	struct seal_der_input input = { buf->data, buf->len };

	return input;
}

static inline X509 *judge_x509(const struct seal_buf *der)
{
	const unsigned char *p = der->data;
	X509 *cert = d2i_X509(NULL, &p, (long)der->len);

	if (cert == NULL)
		abort();
	return cert;
}

static inline const char *judge_pem(const char *name,
				    const struct seal_buf *der)
{
	const char *path = tap_file(name, NULL, 0);
	X509 *cert = judge_x509(der);
	FILE *f = fopen(path, "w");

	if (f == NULL || PEM_write_X509(f, cert) != 1 || fclose(f) != 0)
		abort();
	X509_free(cert);
	return path;
}

static inline void judge_chain_make(struct judge_chain *chain)
{
	struct seal_buf request = SEAL_BUF_INIT;
	struct seal_error err;

	memset(chain, 0, sizeof(*chain));
	chain->issuer_key = seal_key_generate(SEAL_KEY_P256, &err);
	if (chain->issuer_key == NULL ||
	    seal_issuer_request(chain->issuer_key, JUDGE_PROFILE, JUDGE_NONCE,
				&request, &err) < 0 ||
	    seal_root_make(request.data, request.len, time(NULL),
			   SEAL_DAYS_DEFAULT, &chain->root, &chain->issuer,
			   &err) < 0)
		abort();
	seal_buf_free(&request);
	chain->root_pem = judge_pem("root.pem", &chain->root);
	chain->issuer_pem = judge_pem("issuer.pem", &chain->issuer);
}

static inline void judge_chain_free(struct judge_chain *chain)
{
	EVP_PKEY_free(chain->issuer_key);
	seal_buf_free(&chain->root);
	seal_buf_free(&chain->issuer);
}

static inline bool judge_has(const char *program)
{
	const char *const argv[] = {
		"sh", "-c", "command -v \"$0\" >/dev/null", program, NULL
	};

	return judge_run(argv, NULL);
}

/* A folder of its own for a program, with a short name: sockets lie in it. */
static inline void judge_home_make(char home[32])
{
	strcpy(home, "/tmp/seal.XXXXXX");
	if (mkdtemp(home) == NULL)
		abort();
}

static inline void judge_home_free(const char *home)
{
	const char *const argv[] = { "rm", "-rf", home, NULL };

	(void)judge_run(argv, NULL);
}

/* Ends what GnuPG started there. */
static inline void judge_gnupg_free(const char *home)
{
	const char *const argv[] = {
		"gpgconf", "--homedir", home, "--kill", "all", NULL
	};

	(void)judge_run(argv, NULL);
	judge_home_free(home);
}

/* Makes GnuPG trust the root, and know it. */
static inline bool judge_gnupg_trust(const char *home,
				     const struct judge_chain *chain)
{
	const char *const argv[] = {
		"gpgsm", "--homedir", home, "--batch", "--quiet",
		"--disable-crl-checks", "--import", chain->root_pem, NULL
	};
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int len, i;
	char path[64];
	FILE *f;

	if (EVP_Digest(chain->root.data, chain->root.len, hash, &len,
		       EVP_sha1(), NULL) != 1)
		abort();
	snprintf(path, sizeof(path), "%s/trustlist.txt", home);
	f = fopen(path, "w");
	if (f == NULL)
		abort();
	for (i = 0; i < len; i++)
		fprintf(f, "%02X", hash[i]);
	fprintf(f, " S\n");
	fclose(f);
	return judge_run(argv, NULL);
}

/* A certificate database of NSS's in home, which trusts the root for mail. */
static inline bool judge_nss_trust(const char *home,
				   const struct judge_chain *chain)
{
	char db[64];
	const char *const make[] = {
		"certutil", "-N", "-d", db, "--empty-password", NULL
	};
	const char *const add[] = {
		"certutil", "-A", "-d", db, "-n", "root", "-t", ",C,", "-a",
		"-i", chain->root_pem, NULL
	};

	snprintf(db, sizeof(db), "sql:%s", home);
	return judge_run(make, NULL) && judge_run(add, NULL);
}

#endif
