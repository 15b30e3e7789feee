/* SPDX-License-Identifier: MIT */

/* What seal_envelope closes, seal_open opens; and what neither can help: a sink that
 * is full. */

#include "cms/open.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include "base/buf.h"
#include "base/error.h"
#include "base/sink.h"
#include "cms/envelope.h"
#include "tap.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const enum seal_cipher ciphers[] = {
	SEAL_CIPHER_AES256_CBC, SEAL_CIPHER_AES128_CBC,
	SEAL_CIPHER_AES256_GCM, SEAL_CIPHER_AES128_GCM
};
static const size_t sizes[] = {
	0, 1, 15, 16, 17, 16383, 16384, 16385, 100000, 1024 * 1024
};
static const unsigned char content_key[SEAL_CIPHER_KEY_MAX + 1] =
	"what the RecipientInfos carry...";
/* two recipients of no use */
static const unsigned char infos[] = {
	0x30, 3, 2, 1, 0, 0xa1, 3, 2, 1, 3
};
static unsigned char content[1024 * 1024];

static int ask(void *context, const unsigned char *recipients,
	       size_t recipients_len, size_t key_len, struct seal_buf *key,
	       struct seal_error *err)
{
	(void)context;
	if (recipients_len != sizeof(infos) ||
	    memcmp(recipients, infos, sizeof(infos)) != 0)
		return seal_error_set(err, SEAL_ERR_INPUT, "other recipients");
	return seal_buf_append(key, content_key, key_len, err) < 0 ? -1 : 1;
}

static void seal(enum seal_cipher cipher, size_t len, struct seal_buf *out)
{
	struct seal_buf lines = SEAL_BUF_INIT, text = SEAL_BUF_INIT;
	struct seal_sink sink = seal_sink_to_buf(&lines);
	struct seal_error err;
	struct seal_envelope *env = seal_envelope_new(cipher, content_key,
			seal_cipher_key_length(cipher), infos, sizeof(infos),
			&sink, &err);
	size_t at, n;

	if (env == NULL || seal_envelope_more(env, content, len, &err) < 0 ||
	    seal_envelope_finish(env, &err) < 0)
		abort();
	seal_envelope_free(&env);
	for (at = 0; at < lines.len; at += n + 2) {
		n = lines.len - at < 66 ? lines.len - at - 2 : 64;
		if (seal_buf_append(&text, lines.data + at, n, &err) < 0)
			abort();
	}
	seal_buf_clear(out);
	if (seal_buf_append_base64(out, (char *)text.data, text.len, &err) != 1)
		abort();
	seal_buf_free(&lines);
	seal_buf_free(&text);
}

/* In pieces of step bytes. 0 or -1 */
static int open_to(const struct seal_sink *sink, const struct seal_buf *cms,
		   size_t step, struct seal_error *err)
{
	struct seal_open *open = seal_open_new(ask, NULL, sink, err);
	size_t at, n;
	int ret = open == NULL ? -1 : 1;

	for (at = 0; ret == 1 && at < cms->len; at += n) {
		n = step < cms->len - at ? step : cms->len - at;
		ret = seal_open_more(open, cms->data + at, n, err);
	}
	if (ret == 1)
		ret = seal_open_finish(open, err);
	seal_open_free(&open);
	return ret;
}

static void test_sizes(enum seal_cipher cipher)
{
	static const size_t steps[] = { 1, 48, 5000, 2 * 1024 * 1024 };
	struct seal_buf cms = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	struct seal_sink sink = seal_sink_to_buf(&out);
	struct seal_error err;
	size_t i, k;
	bool good;

	for (i = 0; i < N(sizes); i++) {
		seal(cipher, sizes[i], &cms);
		for (k = 0, good = true; good && k < N(steps); k++) {
			seal_buf_clear(&out);
			good = open_to(&sink, &cms, steps[k], &err) == 0 &&
				out.len == sizes[i] && (out.len == 0 ||
				memcmp(out.data, content, out.len) == 0);
		}
		tap_ok(good && ERR_peek_error() == 0, "%s, %zu bytes",
		       seal_cipher_name(cipher), sizes[i]);
	}
	seal_buf_free(&cms);
	seal_buf_free(&out);
}

static int full_disk(void *context, const unsigned char *data, size_t len,
		     struct seal_error *err)
{
	size_t *left = context;

	(void)data;
	if (len > *left)
		return seal_error_set(err, SEAL_ERR_FULL, "full");
	*left -= len;
	return 0;
}

/* also where only the last block is too much, which finish writes */
static void test_sink_error(enum seal_cipher cipher)
{
	static const size_t rooms[] = { 0, 16383, 16384, 50000, 99999 };
	struct seal_buf cms = SEAL_BUF_INIT;
	struct seal_error err;
	size_t i, left;

	seal(cipher, 100000, &cms);
	for (i = 0; i < N(rooms); i++) {
		struct seal_sink sink = { full_disk, &left, NULL };

		left = rooms[i];
		err.code = SEAL_ERR_NONE;
		tap_ok(open_to(&sink, &cms, 5000, &err) == -1 &&
		       err.code == SEAL_ERR_FULL && ERR_peek_error() == 0,
		       "%s: the sink's error after %zu bytes",
		       seal_cipher_name(cipher), rooms[i]);
	}
	left = 100000;
	struct seal_sink sink = { full_disk, &left, NULL };
	tap_ok(open_to(&sink, &cms, 5000, &err) == 0 && left == 0,
	       "%s: just enough room", seal_cipher_name(cipher));
	seal_buf_free(&cms);
}

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof(content); i++)
		content[i] = (unsigned char)(i * 2654435761u >> 13);
	for (i = 0; i < N(ciphers); i++) {
		test_sizes(ciphers[i]);
		test_sink_error(ciphers[i]);
	}
	return tap_done();
}
