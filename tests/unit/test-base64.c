/* SPDX-License-Identifier: MIT */
#include "cms/base64.h"

#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/error.h"
#include "tap.h"

static const size_t sizes[] = {
	0, 1, 2, 3, 15, 16, 17, 47, 48, 49, 95, 96, 97,
	SEAL_BASE64_RUN * 128 - 1, SEAL_BASE64_RUN * 128,
	SEAL_BASE64_RUN * 128 + 1, 16383, 16384, 16385, 1024 * 1024
};
#define SIZE_COUNT (sizeof(sizes) / sizeof(sizes[0]))

static unsigned char data[1024 * 1024];

/* "openssl base64" writes the same lines with LF */
static char *reference(size_t len, size_t *len_r)
{
	/* a file, because openssl writes while it reads */
	const char *path = tap_file("plain", data, len);
	const char *const argv[] = { "openssl", "base64", "-in", path, NULL };
	char *lf, *crlf;
	size_t lf_len, i, n = 0;

	if (tap_run(argv, NULL, 0, &lf, &lf_len) != 0)
		abort();
	if ((crlf = malloc(lf_len * 2 + 1)) == NULL)
		abort();
	for (i = 0; i < lf_len; i++) {
		if (lf[i] == '\n')
			crlf[n++] = '\r';
		crlf[n++] = lf[i];
	}
	free(lf);
	*len_r = n;
	return crlf;
}

/* Feeds cut bytes, then pieces of step bytes. */
static bool encodes(size_t len, size_t cut, size_t step, const char *wanted,
		    size_t wanted_len)
{
	struct seal_buf out = SEAL_BUF_INIT;
	struct seal_sink sink = seal_sink_to_buf(&out);
	struct seal_base64 base64;
	struct seal_error err;
	size_t at, n;
	bool good = true;

	seal_base64_init(&base64, &sink);
	for (at = 0, n = cut; good && at < len; at += n, n = step) {
		if (n > len - at)
			n = len - at;
		good = seal_base64_more(&base64, data + at, n, &err) == 0;
	}
	good = good && seal_base64_finish(&base64, &err) == 0 &&
		out.len == wanted_len &&
		(wanted_len == 0 || memcmp(out.data, wanted, wanted_len) == 0);
	seal_buf_free(&out);
	return good;
}

static void test_size(size_t len)
{
	size_t wanted_len, cut, step = len < 200 ? 1 : len / 97;
	char *wanted = reference(len, &wanted_len);

	tap_ok(encodes(len, len, len, wanted, wanted_len), "%zu bytes, whole",
	       len);
	tap_ok(encodes(len, 1, 1, wanted, wanted_len), "%zu bytes, one by one",
	       len);
	tap_ok(encodes(len, 7, 7, wanted, wanted_len), "%zu bytes, by sevens",
	       len);
	for (cut = 0; cut < len; cut += step) {
		if (!encodes(len, cut, len, wanted, wanted_len))
			break;
	}
	tap_ok(cut >= len, "%zu bytes, cut at every offset (%zu)", len, cut);
	free(wanted);
}

static int refuse(void *context, const unsigned char *from, size_t len,
		  struct seal_error *err)
{
	size_t *left = context;

	(void)from;
	if (len > *left)
		return seal_error_set(err, SEAL_ERR_IO, "full");
	*left -= len;
	return 0;
}

static void test_refusing_sink(void)
{
	size_t left = 3 * SEAL_BASE64_OUT;
	struct seal_sink sink = { refuse, &left };
	struct seal_base64 base64;
	struct seal_error err = { .code = SEAL_ERR_NONE };
	int ret;

	seal_base64_init(&base64, &sink);
	ret = seal_base64_more(&base64, data, sizeof(data), &err);
	tap_ok(ret == -1 && err.code == SEAL_ERR_IO, "the sink's error, more");
	left = 10;
	seal_base64_init(&base64, &sink);
	ret = seal_base64_more(&base64, data, 48, &err);
	err.code = SEAL_ERR_NONE;
	tap_ok(ret == 0 && seal_base64_finish(&base64, &err) == -1 &&
	       err.code == SEAL_ERR_IO, "the sink's error, finish");
}

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 2654435761u >> 13);
	for (i = 0; i < SIZE_COUNT; i++)
		test_size(sizes[i]);
	test_refusing_sink();
	return tap_done();
}
