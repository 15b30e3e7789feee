/* SPDX-License-Identifier: MIT */

/* The server's half of the ceremony, as seald does it, for tests of what the page makes:
 *
 *   server-half request KEY ID NONCE        prints the issuer's request
 *   server-half issue KEY ID NONCE DAYS ROOT ISSUER REQUEST ADDRESS...
 *                                           checks all, prints the user certificate
 *
 * KEY is the issuer's (PEM); ROOT, ISSUER and REQUEST are files of DER, and so is what is
 * printed. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <openssl/pem.h>
#include "base/buf.h"
#include "base/error.h"
#include "pki/issue.h"
#include "pki/issuer.h"

#define DER_MAX 65536

static EVP_PKEY *read_key(const char *path)
{
	FILE *f = fopen(path, "r");
	EVP_PKEY *key = f == NULL ? NULL :
		PEM_read_PrivateKey(f, NULL, NULL, NULL);

	if (key == NULL)
		abort();
	fclose(f);
	return key;
}

static struct seal_der_input read_der(const char *path)
{
	unsigned char *data = malloc(DER_MAX);
	FILE *f = fopen(path, "rb");
	struct seal_der_input input = { data, 0 };

	if (data == NULL || f == NULL)
		abort();
	input.len = fread(data, 1, DER_MAX, f);
	fclose(f);
	return input;
}

static int issue(EVP_PKEY *key, char **argv, struct seal_buf *out,
		 struct seal_error *err)
{
	struct seal_der_input root = read_der(argv[6]),
		issuer = read_der(argv[7]), request = read_der(argv[8]);
	struct seal_terms terms = {
		.profile_id = argv[3], .nonce = argv[4], .issuer_key = key,
		.addresses = (const char *const *)argv + 9,
		.days = (unsigned int)atoi(argv[5]), .created = time(NULL),
		.now = time(NULL)
	};
	int ret = seal_issue_user(&terms, &root, &issuer, &request, out, err);

	free((void *)root.data);
	free((void *)issuer.data);
	free((void *)request.data);
	return ret;
}

int main(int argc, char **argv)
{
	struct seal_buf out = SEAL_BUF_INIT;
	struct seal_error err;
	EVP_PKEY *key;
	int ret;

	if (argc < 5 || (strcmp(argv[1], "issue") == 0 && argc < 10))
		return 2;
	key = read_key(argv[2]);
	ret = strcmp(argv[1], "issue") == 0 ? issue(key, argv, &out, &err) :
		seal_issuer_request(key, argv[3], argv[4], &out, &err);
	if (ret == 0)
		fwrite(out.data, 1, out.len, stdout);
	else
		fprintf(stderr, "%s\n", err.text);
	EVP_PKEY_free(key);
	seal_buf_free(&out);
	return ret == 0 ? 0 : 1;
}
