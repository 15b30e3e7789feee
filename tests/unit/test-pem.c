/* SPDX-License-Identifier: MIT */
#include "pki/pem.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/rand.h>
#include "base/buf.h"
#include "base/error.h"
#include "tap.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define BEGIN(label) "-----BEGIN " label "-----\n"
#define END(label) "-----END " label "-----\n"
#define BLOCK(label) BEGIN(label) "QUJD\n" END(label)	/* "ABC" */
#define R "CERTIFICATE REQUEST"

static void test_read(void)
{
	static const struct {
		const char *name, *label, *text;
		enum seal_error_code code;
		const char *reason;
	} rows[] = {
		{ "one", R, BLOCK(R), SEAL_ERR_NONE, NULL },
		{ "text around", R, "a1f0c2d4e5b69788\n\n" BLOCK(R) "bye",
		  SEAL_ERR_NONE, NULL },
		{ "CRLF", R, "-----BEGIN " R "-----\r\nQU\r\nJD\r\n-----END " R
		  "-----\r\n", SEAL_ERR_NONE, NULL },
		{ "no last line end", R, BEGIN(R) "QUJD\n-----END " R "-----",
		  SEAL_ERR_NONE, NULL },
		{ "byte order mark", R, "\xef\xbb\xbf" BLOCK(R), SEAL_ERR_NONE,
		  NULL },
		{ "key", SEAL_PEM_KEY, BLOCK("PRIVATE KEY"), SEAL_ERR_NONE,
		  NULL },
		{ "nothing", R, "", SEAL_ERR_INPUT,
		  "x: there is no line -----BEGIN " R "----- in it" },
		{ "two", R, BLOCK(R) BLOCK(R), SEAL_ERR_INPUT,
		  "x: it holds more than one " R },
		{ "another", R, BLOCK("CERTIFICATE"), SEAL_ERR_INPUT,
		  "x: it holds CERTIFICATE where " R " belongs" },
		{ "another behind", R, BLOCK(R) BLOCK("PKCS7"), SEAL_ERR_INPUT,
		  "x: it holds PKCS7 where " R " belongs" },
		{ "label for a terminal", R, BLOCK("\033[2J\x80"),
		  SEAL_ERR_INPUT,
		  "x: it holds ?[2J? where " R " belongs" },
		{ "key where none belongs", R, BLOCK(R) BLOCK("PRIVATE KEY"),
		  SEAL_ERR_REFUSED, "x: it holds a private key, which must "
		  "stay on the user's device" },
		{ "quoted key", R, BLOCK(R) "> " BLOCK("EC PRIVATE KEY"),
		  SEAL_ERR_REFUSED, NULL },
		{ "another kind of key", SEAL_PEM_KEY,
		  BLOCK("ENCRYPTED PRIVATE KEY"), SEAL_ERR_INPUT,
		  "x: it holds ENCRYPTED PRIVATE KEY where PRIVATE KEY "
		  "belongs" },
		{ "no END", R, BEGIN(R) "QUJD\n", SEAL_ERR_INPUT,
		  "x has no END line" },
		{ "empty", R, BEGIN(R) END(R), SEAL_ERR_INPUT,
		  "x: its base64 is damaged" },
		{ "damaged", R, BEGIN(R) "QUJ*\n" END(R), SEAL_ERR_INPUT,
		  "x: its base64 is damaged" }
	};
	unsigned int i;

	for (i = 0; i < N(rows); i++) {
		struct seal_buf der = SEAL_BUF_INIT;
		struct seal_error err = { .code = SEAL_ERR_NONE };
		int ret = seal_pem_read("x", rows[i].label, rows[i].text,
					strlen(rows[i].text), &der, &err);

		tap_ok(err.code == rows[i].code &&
		       (ret == 0 ? der.len == 3 &&
			memcmp(der.data, "ABC", 3) == 0 : der.len == 0) &&
		       (ret == 0) == (rows[i].code == SEAL_ERR_NONE) &&
		       (rows[i].reason == NULL ||
			strcmp(err.text, rows[i].reason) == 0), "read: %s: %s",
		       rows[i].name, ret == 0 ? "fine" : err.text);
		seal_buf_free(&der);
	}
}

/* Each length is read back, and openssl's base64 agrees. */
static void test_append(void)
{
	unsigned char data[300];
	bool good = true;
	size_t len;

	if (RAND_bytes(data, sizeof(data)) != 1)
		abort();
	for (len = 1; len <= sizeof(data); len++) {
		struct seal_buf pem = SEAL_BUF_INIT, der = SEAL_BUF_INIT;
		struct seal_error err;

		good = good &&
			seal_pem_append(&pem, R, data, len, &err) == 0 &&
			seal_pem_read("x", R, (const char *)pem.data, pem.len,
				      &der, &err) == 0 &&
			der.len == len && memcmp(der.data, data, len) == 0;
		seal_buf_free(&pem);
		seal_buf_free(&der);
	}
	tap_ok(good, "append: what is written is read");
}

static void test_append_lines(void)
{
	static const char *const argv[] = {
		"openssl", "base64", "-d", NULL
	};
	struct seal_buf pem = SEAL_BUF_INIT;
	struct seal_error err;
	unsigned char data[100] = { 1, 2, 3 };
	char *out = NULL;
	size_t out_len, head = strlen(BEGIN(R)), tail = strlen(END(R));
	bool good;

	good = seal_pem_append(&pem, R, data, sizeof(data), &err) == 0 &&
		pem.len == head + 65 + 65 + 9 + tail &&
		memcmp(pem.data, BEGIN(R), head) == 0 &&
		memcmp(pem.data + pem.len - tail, END(R), tail) == 0 &&
		tap_run(argv, pem.data + head, pem.len - head - tail, &out,
			&out_len) == 0 &&
		out_len == sizeof(data) && memcmp(out, data, out_len) == 0;
	tap_ok(good, "append: lines of 64 characters");
	free(out);
	seal_buf_free(&pem);
}

static void test_memory(void)
{
	unsigned char data[5000] = { 0 };
	bool failed = true, good = true;
	unsigned long n;

	for (n = 1; good && failed && n < 100; n++) {
		struct seal_buf pem = SEAL_BUF_INIT, der = SEAL_BUF_INIT;
		struct seal_error err = { .code = SEAL_ERR_NONE };
		int ret;

		tap_alloc_fail_at(n);
		ret = seal_pem_append(&pem, R, data, sizeof(data), &err);
		if (ret == 0)
			ret = seal_pem_read("x", R, (const char *)pem.data,
					    pem.len, &der, &err);
		else
			good = pem.len == 0;
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		good = good && (ret == 0 ? der.len == sizeof(data) :
			err.code == SEAL_ERR_MEMORY && der.len == 0);
		seal_buf_free(&pem);
		seal_buf_free(&der);
	}
	tap_ok(good && !failed, "%lu allocations failed", n - 2);
}

int main(void)
{
	tap_alloc_init();
	test_memory();
	test_read();
	test_append();
	test_append_lines();
	return tap_done();
}
