/* SPDX-License-Identifier: MIT */
#include "base/buf.h"
#include "base/cipher.h"
#include "base/error.h"
#include "base/sink.h"

#include <string.h>
#include <openssl/err.h>
#include "unit/tap.h"

static void test_buf(void)
{
	struct seal_buf buf = SEAL_BUF_INIT;
	struct seal_error err = { .code = SEAL_ERR_NONE };
	unsigned char want[5000], *at;
	size_t i;
	bool good = true;

	for (i = 0; i < sizeof(want); i++) {
		want[i] = (unsigned char)(i * 7);
		if (seal_buf_append(&buf, want + i, 1, &err) < 0)
			good = false;
	}
	tap_ok(good && buf.len == sizeof(want) &&
	       memcmp(buf.data, want, sizeof(want)) == 0,
	       "buf: grows byte by byte and keeps its content");

	seal_buf_consume(&buf, 1000);
	tap_ok(buf.len == 4000 && memcmp(buf.data, want + 1000, 4000) == 0 &&
	       buf.data[4000] == 0 && buf.data[4999] == 0,
	       "buf: consume moves the rest and wipes what it leaves");

	at = buf.data;
	seal_buf_clear(&buf);
	for (i = 0, good = true; i < 4000; i++)
		good = good && at[i] == 0;
	tap_ok(good && buf.len == 0 && buf.data == at,
	       "buf: clear wipes and keeps the memory");

	tap_ok(seal_buf_append(&buf, "abc", 3, &err) == 0 &&
	       seal_buf_reserve(&buf, (size_t)-2, &err) == NULL &&
	       err.code == SEAL_ERR_MEMORY && buf.len == 3,
	       "buf: a length that cannot be is refused");

	tap_alloc_fail_at(1);
	tap_ok(seal_buf_append(&buf, want, sizeof(want), &err) == 0 ||
	       (tap_alloc_failed() && err.code == SEAL_ERR_MEMORY &&
		buf.len == 3 && memcmp(buf.data, "abc", 3) == 0),
	       "buf: unchanged where growing fails");
	tap_alloc_fail_at(0);
	seal_buf_free(&buf);
	seal_buf_free(&buf);
	tap_ok(buf.data == NULL && buf.size == 0, "buf: free twice");

	struct seal_sink sink = seal_sink_to_buf(&buf);
	tap_ok(seal_sink_write(&sink, NULL, 0, &err) == 0 && buf.len == 0 &&
	       seal_sink_write(&sink, "xy", 2, &err) == 0 && buf.len == 2,
	       "sink: into a buf; nothing is written for nothing");
	at = sink.room(sink.context, 5000, &err);
	memset(at, 'z', 5000);
	tap_ok(seal_sink_write(&sink, at, 3, &err) == 0 && buf.len == 5 &&
	       at == buf.data + 2 && memcmp(buf.data, "xyzzz", 5) == 0 &&
	       sink.room(sink.context, 4000, &err) == buf.data + 5,
	       "sink: what was written into its room is taken as it lies");
	tap_alloc_fail_at(1);
	tap_ok(sink.room(sink.context, 100000, &err) == NULL &&
	       err.code == SEAL_ERR_MEMORY && buf.len == 5,
	       "sink: no room where memory is short");
	tap_alloc_fail_at(0);
	seal_buf_free(&buf);
}

static void test_base64(void)
{
	static const struct {
		const char *text, *wanted;	/* NULL: not base64 */
	} rows[] = {
		{ "", "" }, { "YQ==", "a" }, { "YWI=", "ab" }, { "YWJj", "abc" },
		{ "YWJjYQ==", "abca" }, { "YQ", NULL }, { "YQ=", NULL },
		{ "YQ==YQ==", NULL }, { "Y=Jj", NULL }, { "Y===", NULL },
		{ "====", NULL }, { "YW-j", NULL }, { " YWJjYWJ", NULL },
		{ "YWJjYW \n", NULL }, { "YWJj\n\n\n\n", NULL }
	};
	struct seal_buf buf = SEAL_BUF_INIT;
	struct seal_error err;
	unsigned int i;
	int ret;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ret = seal_buf_append(&buf, "x", 1, &err) < 0 ? -1 :
			seal_buf_append_base64(&buf, rows[i].text,
					       strlen(rows[i].text), &err);
		tap_ok(rows[i].wanted == NULL ? ret == 0 && buf.len == 1 :
		       ret == 1 && buf.len == 1 + strlen(rows[i].wanted) &&
		       memcmp(buf.data + 1, rows[i].wanted, buf.len - 1) == 0,
		       "base64: row %u", i);
		seal_buf_clear(&buf);
	}
	seal_buf_free(&buf);
	tap_alloc_fail_at(1);
	ret = seal_buf_append_base64(&buf, "YWJj", 4, &err);
	tap_alloc_fail_at(0);
	tap_ok(ret == -1 && err.code == SEAL_ERR_MEMORY && buf.len == 0,
	       "base64: out of memory");
	seal_buf_free(&buf);
}

static void test_error(void)
{
	struct seal_error err;
	char text[2000];
	int code;
	bool good = true;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	tap_ok(seal_error_set(&err, SEAL_ERR_INPUT, "%s", text) == -1 &&
	       strlen(err.text) == sizeof(err.text) - 1 &&
	       err.code == SEAL_ERR_INPUT, "error: a long text is cut");

	ERR_raise(ERR_LIB_CRYPTO, ERR_R_PASSED_NULL_PARAMETER);
	tap_ok(seal_error_crypto(&err, "testing") == -1 &&
	       err.code == SEAL_ERR_CRYPTO && ERR_peek_error() == 0 &&
	       strncmp(err.text, "testing: ", 9) == 0,
	       "error: libcrypto's queue is emptied");
	ERR_raise(ERR_LIB_CRYPTO, ERR_R_MALLOC_FAILURE);
	tap_ok(seal_error_crypto(&err, "testing") == -1 &&
	       err.code == SEAL_ERR_MEMORY,
	       "error: libcrypto out of memory is out of memory");
	ERR_raise(ERR_LIB_CRYPTO, ERR_R_MALLOC_FAILURE);
	ERR_raise(ERR_LIB_ASN1, ERR_R_ASN1_LIB);
	tap_ok(seal_error_crypto(&err, "testing") == -1 &&
	       err.code == SEAL_ERR_MEMORY && ERR_peek_error() == 0,
	       "error: so it is where that led to other errors");
	for (code = SEAL_ERR_NONE; code <= SEAL_ERR_IO; code++)
		good = good && seal_error_code_name(code) != NULL;
	tap_ok(good, "error: every code has a name");
}

static void test_cipher(void)
{
	static const struct {
		const char *name;
		enum seal_cipher cipher;
		size_t key_length;
		bool gcm;
	} rows[] = {
		{ "aes256-cbc", SEAL_CIPHER_AES256_CBC, 32, false },
		{ "aes128-cbc", SEAL_CIPHER_AES128_CBC, 16, false },
		{ "aes256-gcm", SEAL_CIPHER_AES256_GCM, 32, true },
		{ "aes128-gcm", SEAL_CIPHER_AES128_GCM, 16, true }
	};
	unsigned int i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tap_ok(seal_cipher_find(rows[i].name) == rows[i].cipher &&
		       strcmp(seal_cipher_name(rows[i].cipher),
			      rows[i].name) == 0 &&
		       seal_cipher_key_length(rows[i].cipher) ==
				rows[i].key_length &&
		       seal_cipher_is_gcm(rows[i].cipher) == rows[i].gcm,
		       "cipher: %s", rows[i].name);
	}
	tap_ok(seal_cipher_find("AES256-CBC") == SEAL_CIPHER_NONE &&
	       seal_cipher_find("") == SEAL_CIPHER_NONE &&
	       seal_cipher_name(SEAL_CIPHER_NONE) == NULL &&
	       seal_cipher_name((enum seal_cipher)77) == NULL &&
	       seal_cipher_key_length((enum seal_cipher)-1) == 0,
	       "cipher: unknown names and numbers");
}

int main(void)
{
	tap_alloc_init();
	test_buf();
	test_base64();
	test_error();
	test_cipher();
	return tap_done();
}
