/* SPDX-License-Identifier: MIT */
#ifndef SEAL_TESTS_JUDGE_VERIFY_H
#define SEAL_TESTS_JUDGE_VERIFY_H

/* Asks OpenSSL, GnuTLS and NSS whether they take a chain. */

#include "judge-chain.h"

enum judge_program { OPENSSL, GNUTLS, NSS, PROGRAM_COUNT };
static const struct {
	const char *name, *package;
} programs[] = {
	[OPENSSL] = { "openssl", "openssl is missing" },
	[GNUTLS] = { "certtool", "certtool is missing (package gnutls-bin)" },
	[NSS] = { "certutil", "certutil is missing (package libnss3-tools)" }
};
static bool there[PROGRAM_COUNT];

/* Files of one chain; NSS keeps its certificates in a folder. */
struct files {
	const char *root, *issuer, *leaf, *list;
	char home[32], db[48];
};

static inline void write_list(const struct files *files)
{
	const char *const argv[] = {
		"cat", files->leaf, files->issuer, NULL
	};
	struct seal_buf out = SEAL_BUF_INIT;

	if (!judge_run(argv, &out))
		abort();
	judge_write(files->list, out.data, out.len);
	seal_buf_free(&out);
}

static inline void nss_add(const struct files *files, const char *name,
		    const char *trust, const char *pem)
{
	const char *const argv[] = {
		"certutil", "-A", "-d", files->db, "-n", name, "-t", trust,
		"-a", "-i", pem, NULL
	};

	if (!judge_run(argv, NULL))
		abort();
}

/* trust: NSS's, for TLS and for mail */
static inline void files_make(struct files *files, const struct seal_buf *root,
		       const struct seal_buf *issuer,
		       const struct seal_buf *leaf, const char *trust)
{
	const char *const make[] = {
		"certutil", "-N", "-d", files->db, "--empty-password", NULL
	};

	files->root = judge_pem("root.pem", root);
	files->issuer = judge_pem("issuer.pem", issuer);
	files->leaf = judge_pem("leaf.pem", leaf);
	files->list = tap_file("list.pem", NULL, 0);
	write_list(files);
	if (!there[NSS])
		return;
	judge_home_make(files->home);
	snprintf(files->db, sizeof(files->db), "sql:%s", files->home);
	if (!judge_run(make, NULL))
		abort();
	nss_add(files, "root", trust, files->root);
	nss_add(files, "issuer", ",,", files->issuer);
	nss_add(files, "leaf", ",,", files->leaf);
}

static inline void files_free(struct files *files)
{
	if (there[NSS])
		judge_home_free(files->home);
}

static inline bool openssl_takes(const struct files *files, const char *purpose,
			  const char *check, const char *value)
{
	/* where it has to refuse, not for form's sake */
	bool strict = strcmp(purpose, "sslserver") != 0;
	const char *const argv[] = {
		"openssl", "verify", strict ? "-x509_strict" : "-verbose",
		"-purpose", purpose, "-CAfile", files->root, "-untrusted",
		files->issuer, check, value, files->leaf, NULL
	};

	return judge_run(argv, NULL);
}

static inline bool gnutls_takes(const struct files *files, const char *purpose,
			 const char *check)
{
	const char *const argv[] = {
		"certtool", "--verify", "--load-ca-certificate", files->root,
		"--infile", files->list, purpose, check, NULL
	};

	return judge_run(argv, NULL);
}

static inline bool nss_takes(const struct files *files, const char *usage)
{
	const char *const argv[] = {
		"certutil", "-V", "-d", files->db, "-n", "leaf", "-u", usage,
		"-e", NULL
	};

	return judge_run(argv, NULL);
}

static inline void programs_find(void)
{
	unsigned int i;

	for (i = 0; i < PROGRAM_COUNT; i++)
		there[i] = judge_has(programs[i].name);
}

#endif
