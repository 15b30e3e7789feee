/* SPDX-License-Identifier: MIT */

/* What src/pki makes, and thinks of what the page makes; for the page's tests:
 *
 *   twin request KEY ID NONCE		the issuer's request
 *   twin read REQUEST			what it says: "ID NONCE"
 *   twin issue KEY ID NONCE DAYS ROOT ISSUER REQUEST ADDRESS...
 *					seald's checks; the user certificate
 *   twin check KEY USER ROOT ISSUER ADDRESS...
 *					the device's checks
 *
 * KEY is a private key (PEM): the issuer's, and the user's for check. The other files are
 * DER, and so is what is printed. Exits with 1, and says why, where src/pki refuses. */

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

/* count files, at most 3 */
static void read_files(char **paths, unsigned int count,
		       struct seal_der_input *inputs_r)
{
	static unsigned char data[3][DER_MAX];
	unsigned int i;
	FILE *f;

	for (i = 0; i < count; i++) {
		f = fopen(paths[i], "rb");
		if (f == NULL)
			abort();
		inputs_r[i].data = data[i];
		inputs_r[i].len = fread(data[i], 1, DER_MAX, f);
		fclose(f);
	}
}

static int request(char **argv, struct seal_buf *out, struct seal_error *err)
{
	EVP_PKEY *key = read_key(argv[0]);
	int ret = seal_issuer_request(key, argv[1], argv[2], out, err);

	EVP_PKEY_free(key);
	return ret;
}

static int read(char **argv, struct seal_buf *out, struct seal_error *err)
{
	struct seal_issuer_asked asked;
	struct seal_der_input file;
	char text[sizeof(asked) + 2];

	read_files(argv, 1, &file);
	if (seal_issuer_request_read(file.data, file.len, &asked, err) < 0)
		return -1;
	snprintf(text, sizeof(text), "%s %s", asked.profile_id, asked.nonce);
	return seal_buf_append(out, text, strlen(text), err);
}

static int issue(char **argv, struct seal_buf *out, struct seal_error *err)
{
	struct seal_der_input files[3];
	EVP_PKEY *key = read_key(argv[0]);
	struct seal_terms terms = {
		.profile_id = argv[1], .nonce = argv[2], .issuer_key = key,
		.addresses = (const char *const *)argv + 7,
		.days = (unsigned int)atoi(argv[3]), .created = time(NULL),
		.now = time(NULL)
	};
	int ret;

	read_files(argv + 4, 3, files);
	ret = seal_issue_user(&terms, &files[0], &files[1], &files[2], out, err);
	EVP_PKEY_free(key);
	return ret;
}

static int check(char **argv, struct seal_buf *out, struct seal_error *err)
{
	struct seal_der_input files[3];
	EVP_PKEY *key = read_key(argv[0]);
	int ret;

	(void)out;
	read_files(argv + 1, 3, files);
	ret = seal_chain_check_user(&files[0], &files[1], &files[2], key,
				    (const char *const *)argv + 4, err);
	EVP_PKEY_free(key);
	return ret;
}

static const struct command {
	const char *name;
	int argc;			/* at least */
	int (*run)(char **argv, struct seal_buf *out, struct seal_error *err);
} commands[] = {
	{ "request", 3, request }, { "read", 1, read }, { "issue", 8, issue },
	{ "check", 5, check }
};

int main(int argc, char **argv)
{
	struct seal_buf out = SEAL_BUF_INIT;
	struct seal_error err;
	unsigned int i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (argc < 2 || strcmp(commands[i].name, argv[1]) != 0 ||
		    argc < 2 + commands[i].argc)
			continue;
		if (commands[i].run(argv + 2, &out, &err) < 0) {
			fprintf(stderr, "%s\n", err.text);
			return 1;
		}
		fwrite(out.data, 1, out.len, stdout);
		seal_buf_free(&out);
		return 0;
	}
	return 2;
}
