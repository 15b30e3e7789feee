/* SPDX-License-Identifier: MIT */
#ifndef SEAL_TESTS_JUDGE_H
#define SEAL_TESTS_JUDGE_H

/* What tests of envelopes and recipients share: certificates made, and envelopes
 * opened, by the openssl program. */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/error.h"
#include "pki/recipient.h"
#include "tap.h"

struct judge_key {
	const char *key, *cert;		/* PEM files */
	struct seal_buf der;		/* the certificate */
	struct seal_recipient *recipient;
};

static inline void judge_write(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	if (f == NULL || fwrite(data, 1, len, f) != len || fclose(f) != 0)
		abort();
}

static inline bool judge_run(const char *const *argv, struct seal_buf *out)
{
	struct seal_error err;
	char *text;
	size_t len;
	int status = tap_run(argv, NULL, 0, &text, &len);

	if (out != NULL) {
		seal_buf_clear(out);
		if (seal_buf_append(out, text, len, &err) < 0)
			abort();
	}
	free(text);
	return status == 0;
}

/* req's own file would make every certificate a CA's */
static inline const char *judge_config(void)
{
	static const char text[] =
		"[req]\ndistinguished_name=dn\nstring_mask=utf8only\n[dn]\n";
	static const char *path;

	if (path == NULL)
		path = tap_file("req.cnf", text, strlen(text));
	return path;
}

/* Reads the certificate file into der, and makes the recipient of it. */
static inline bool judge_load(struct judge_key *key)
{
	const char *const argv[] = {
		"openssl", "x509", "-in", key->cert, "-outform", "DER", NULL
	};
	struct seal_error err;

	if (!judge_run(argv, &key->der))
		return false;
	key->recipient = seal_recipient_new(key->der.data, key->der.len, &err);
	if (key->recipient == NULL)
		tap_note("%s: %s", key->cert, err.text);
	return key->recipient != NULL;
}

/* A self-signed certificate. name: of the files. algorithm: "rsa:2048". option:
 * NULL or "ec_paramgen_curve:P-256" and the like. extensions: NULL-terminated. */
static inline bool judge_make(struct judge_key *key, const char *name,
			      const char *algorithm, const char *option,
			      const char *const *extensions)
{
	const char *argv[64] = {
		"openssl", "req", "-x509", "-config", judge_config(), "-days",
		"1000", "-nodes", "-utf8", "-newkey", algorithm
	};
	char file[64], subject[96];
	unsigned int n = 11;

	memset(key, 0, sizeof(*key));
	snprintf(file, sizeof(file), "%s.key", name);
	key->key = tap_file(file, NULL, 0);
	snprintf(file, sizeof(file), "%s.crt", name);
	key->cert = tap_file(file, NULL, 0);
	snprintf(subject, sizeof(subject), "/O=Test/CN=%s", name);
	if (option != NULL) {
		argv[n++] = "-pkeyopt";
		argv[n++] = option;
	}
	argv[n++] = "-subj";
	argv[n++] = subject;
	argv[n++] = "-keyout";
	argv[n++] = key->key;
	argv[n++] = "-out";
	argv[n++] = key->cert;
	for (; extensions != NULL && *extensions != NULL; extensions++) {
		argv[n++] = "-addext";
		argv[n++] = *extensions;
	}
	return judge_run(argv, NULL) && judge_load(key);
}

static inline void judge_free(struct judge_key *key)
{
	seal_recipient_free(&key->recipient);
	seal_buf_free(&key->der);
}

/* Writes a message around the envelope's base64. Returns its file. */
static inline const char *judge_message(const struct seal_buf *base64)
{
	static const char head[] =
		"MIME-Version: 1.0\r\n"
		"Content-Type: application/pkcs7-mime; name=smime.p7m\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n";
	static const char *path;
	FILE *f;

	if (path == NULL)
		path = tap_file("message", NULL, 0);
	f = fopen(path, "wb");
	if (f == NULL || fputs(head, f) < 0 ||
	    fwrite(base64->data, 1, base64->len, f) != base64->len ||
	    fclose(f) != 0)
		abort();
	return path;
}

/* Whether openssl opens the envelope with that key and finds that content. */
static inline bool judge_opens(const struct seal_buf *base64,
			       const struct judge_key *key,
			       const void *content, size_t len)
{
	const char *const argv[] = {
		"openssl", "cms", "-decrypt", "-in", judge_message(base64),
		"-inkey", key->key, "-recip", key->cert, NULL
	};
	struct seal_buf out = SEAL_BUF_INIT;
	bool good = judge_run(argv, &out) && out.len == len &&
		(len == 0 || memcmp(out.data, content, len) == 0);

	seal_buf_free(&out);
	return good;
}

#endif
