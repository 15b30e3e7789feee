/* SPDX-License-Identifier: MIT */
#ifndef SEAL_TESTS_ENROL_CHECK_H
#define SEAL_TESTS_ENROL_CHECK_H

/* What tests of seal-enrol share: the built program is run in a folder of its
 * own, and the server is played with src/pki. */

#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/error.h"
#include "pki/issue.h"
#include "pki/issuer.h"
#include "pki/key.h"
#include "pki/pem.h"
#include "pki/recipient.h"
#include "tap.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define ARGS_MAX 40
#define ID_A "0123456789abcdef"
#define ID_B "fedcba9876543210"
#define DIR_A "mail-seal-" ID_A
#define DIR_B "mail-seal-" ID_B
#define ALICE "alice@example.org"
#define ALICE2 "a.liddell@example.org"

static char program[1024];		/* seal-enrol */
static char folder[] = "/tmp/seal-enrol-XXXXXX";

/* What a program that was run said */
struct said {
	int status;
	char *out, *complaint;		/* stdout, stderr */
};

static inline void said_free(struct said *said)
{
	free(said->out);
	free(said->complaint);
	memset(said, 0, sizeof(*said));
}

/* A file of the folder: its text, with a NUL; NULL where there is none. */
static inline char *slurp(const char *name, size_t *len_r)
{
	FILE *f = fopen(name, "rb");
	char *text = calloc(1, 1024 * 1024);

	*len_r = 0;
	if (f == NULL) {
		free(text);
		return NULL;
	}
	*len_r = fread(text, 1, 1024 * 1024 - 1, f);
	fclose(f);
	return text;
}

static inline void spit(const char *name, const void *data, size_t len)
{
	FILE *f = fopen(name, "wb");

	if (f == NULL || fwrite(data, 1, len, f) != len || fclose(f) != 0)
		abort();
}

static inline bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* Runs argv with text as its standard input. */
static inline struct said run(const char *text, const char *const *argv)
{
	const char *words[ARGS_MAX + 5] = {
		"sh", "-c", "exec \"$@\" 2>.stderr", "sh"
	};
	struct said said;
	unsigned int i;
	size_t len;

	for (i = 0; argv[i] != NULL; i++)
		words[4 + i] = argv[i];
	said.status = tap_run(words, text, text == NULL ? 0 : strlen(text),
			      &said.out, &len);
	said.complaint = slurp(".stderr", &len);
	(void)unlink(".stderr");
	return said;
}

/* Runs seal-enrol with these words; NULL ends them. */
static inline struct said enrol(const char *text, ...)
{
	const char *argv[ARGS_MAX + 1] = { program };
	unsigned int n = 1;
	va_list args;

	va_start(args, text);
	while (n < ARGS_MAX && (argv[n] = va_arg(args, const char *)) != NULL)
		n++;
	va_end(args);
	return run(text, argv);
}

/* Exit status, nothing on the other stream, one line that holds what. */
static inline bool complained(const struct said *said, int status,
			      const char *what)
{
	const char *text = said->complaint, *end = strchr(text, '\n');

	return said->status == status && said->out[0] == '\0' &&
		strncmp(text, "seal-enrol: ", 12) == 0 && end != NULL &&
		end[1] == '\0' && strstr(text, what) != NULL;
}

/* One line of it, for the name of a test point */
static inline const char *line(const char *text)
{
	static char copy[300];

	snprintf(copy, sizeof(copy), "%.*s", (int)strcspn(text, "\n"), text);
	return copy;
}

static inline bool refused(const char *name, struct said said,
			   const char *what)
{
	bool good = tap_ok(complained(&said, 1, what), "%s: %s", name,
			   line(said.complaint));

	if (!good)
		tap_note("status %d, wanted: %s", said.status, what);
	said_free(&said);
	return good;
}

/* The server's half */
struct server {
	const char *id, *nonce;
	EVP_PKEY *key;
};

static inline void server_new(struct server *server, const char *id,
			      const char *file)
{
	struct seal_buf der = SEAL_BUF_INIT, pem = SEAL_BUF_INIT;
	struct seal_error err;

	server->id = id;
	server->nonce = "4f1c2d3e";
	server->key = seal_key_generate(SEAL_KEY_P256, &err);
	/* as doveadm prints it */
	if (server->key == NULL ||
	    seal_issuer_request(server->key, id, server->nonce, &der,
				&err) < 0 ||
	    seal_buf_append(&pem, id, strlen(id), &err) < 0 ||
	    seal_buf_append(&pem, "\n", 1, &err) < 0 ||
	    seal_pem_append(&pem, SEAL_PEM_REQUEST, der.data, der.len,
			    &err) < 0)
		abort();
	spit(file, pem.data, pem.len);
	seal_buf_free(&der);
	seal_buf_free(&pem);
}

struct chain_der {
	struct seal_buf cert[4];
	unsigned int count;
};

static inline int chain_add(void *context, const unsigned char *der, size_t len,
			    struct seal_error *err)
{
	struct chain_der *chain = context;

	if (chain->count == N(chain->cert))
		return -1;
	return seal_buf_append(&chain->cert[chain->count++], der, len, err);
}

static inline void chain_free(struct chain_der *chain)
{
	while (chain->count > 0)
		seal_buf_free(&chain->cert[--chain->count]);
}

/* The certificates of a file */
static inline void chain_read(const char *file, struct chain_der *chain)
{
	struct seal_error err;
	size_t len;
	char *text = slurp(file, &len);

	memset(chain, 0, sizeof(*chain));
	if (text == NULL ||
	    seal_recipient_split_pem(text, len, chain_add, chain, &err) < 0)
		abort();
	free(text);
}

/* Writes certificates, in this order; "" ends it. order: digits. */
static inline void chain_write(const char *file, const struct chain_der *chain,
			       const char *order)
{
	struct seal_buf pem = SEAL_BUF_INIT;
	struct seal_error err;
	const struct seal_buf *der;

	for (; *order != '\0'; order++) {
		der = &chain->cert[*order - '0'];
		if (seal_pem_append(&pem, SEAL_PEM_CERTIFICATE, der->data,
				    der->len, &err) < 0)
			abort();
	}
	spit(file, pem.data, pem.len);
	seal_buf_free(&pem);
}

/* Issues to what is in dir: chain_r becomes user, issuer, root. Whether the
 * server had nothing against it. */
static inline bool server_issue(const struct server *server, const char *dir,
				const char *const *addresses, unsigned int days,
				struct chain_der *chain_r)
{
	struct seal_terms terms = {
		.profile_id = server->id, .nonce = server->nonce,
		.issuer_key = server->key, .addresses = addresses,
		.days = days, .created = time(NULL), .now = time(NULL)
	};
	struct seal_buf request = SEAL_BUF_INIT;
	struct chain_der made;
	struct seal_error err = { .code = SEAL_ERR_NONE };
	char path[300], *text;
	size_t len;
	int ret;

	snprintf(path, sizeof(path), "%s/chain.pem", dir);
	chain_read(path, &made);
	snprintf(path, sizeof(path), "%s/request.pem", dir);
	text = slurp(path, &len);
	if (made.count != 2 || text == NULL ||
	    seal_pem_read("request", SEAL_PEM_REQUEST, text, len, &request,
			  &err) < 0)
		abort();
	const struct seal_der_input issuer = {
		made.cert[0].data, made.cert[0].len
	}, root = {
		made.cert[1].data, made.cert[1].len
	}, asked = { request.data, request.len };

	memset(chain_r, 0, sizeof(*chain_r));
	chain_r->cert[1] = made.cert[0];
	chain_r->cert[2] = made.cert[1];
	chain_r->count = 3;
	ret = seal_issue_user(&terms, &root, &issuer, &asked, &chain_r->cert[0],
			      &err);
	if (ret < 0)
		tap_note("the server: %s", err.text);
	seal_buf_free(&request);
	free(text);
	return ret == 0;
}

/* The ceremony for ALICE: dir is made, and what the server returned is in
 * chain_r. issuer.pem is left. */
static inline void server_enrol(struct server *server, const char *id,
				const char *dir, struct chain_der *chain_r)
{
	static const char *const addresses[] = { ALICE, NULL };
	struct said said;

	server_new(server, id, "issuer.pem");
	said = enrol(NULL, "new", "--key", "p256", "--address", ALICE,
		     "issuer.pem", NULL);
	if (said.status != 0 ||
	    !server_issue(server, dir, addresses, 730, chain_r))
		abort();
	said_free(&said);
}

/* Goes to a new folder. */
static inline void enrol_begin(void)
{
	const char *top = getenv("abs_top_builddir");

	snprintf(program, sizeof(program), "%s/seal-enrol",
		 top == NULL ? "." : top);
	if (access(program, X_OK) < 0 || mkdtemp(folder) == NULL ||
	    chdir(folder) < 0) {
		tap_note("%s is not there", program);
		exit(99);
	}
	(void)umask(022);
}

static inline int enrol_end(void)
{
	const char *const argv[] = { "rm", "-rf", folder, NULL };
	struct said said = run(NULL, argv);

	said_free(&said);
	return tap_done();
}

#endif
