/* SPDX-License-Identifier: MIT */
/* Transfer encodings, and the line ends of what is written. */
#include "unseal/transfer.h"

#include <string.h>
#include "base/buf.h"
#include "base/error.h"
#include "base/sink.h"
#include "tap.h"
#include "unseal/crlf.h"

/* encoding "crlf": through seal_crlf_write(); wanted NULL: refused */
static const struct {
	const char *encoding, *input, *wanted;
} rows[] = {
	{ NULL, "a=b\r\nc", "a=b\r\nc" },
	{ "8bit", "\xff\n", "\xff\n" },
	{ "Binary", "=", "=" },
	{ "base64", "", "" },
	{ "base64", "aGVsbG8gd29y\r\nbGQ=\r\n", "hello world" },
	{ "BASE64 (x)", "aGVsbG8gd29ybGQ\n\n", "hello world" },
	{ "base64", " aGVs\tbG8g\n d29ybGQ= \r\n = \r\n", "hello world" },
	{ "base64", "aGVsbG8=aGVsbG8=", NULL },
	{ "base64", "aGVsbG8=\r\n\r\nA footer", NULL },
	{ "base64", "aGVsbG8===", NULL },
	{ "base64", "aGVs-bG8=", NULL },
	{ "base64", "aGVsbG8=\x80", NULL },
	{ "base64", "aGVsbG8_", NULL },
	{ "crlf", "", "" },
	{ "crlf", "\n", "\r\n" },
	{ "crlf", "a\nb\r\nc\n\nd", "a\r\nb\r\nc\r\n\r\nd" },
	{ "crlf", "\r\n\r\r\n\n\r", "\r\n\r\r\n\r\n\r" },
	{ "crlf", "a\r\n\nb\rc\n", "a\r\n\r\nb\rc\r\n" }
};

static int take(unsigned int row, size_t step, size_t cut, struct seal_buf *out,
		struct seal_error *err)
{
	const unsigned char *data = (const unsigned char *)rows[row].input;
	const char *encoding = rows[row].encoding;
	bool crlf = encoding != NULL && strcmp(encoding, "crlf") == 0;
	struct seal_sink sink = seal_sink_to_buf(out);
	struct seal_transfer transfer;
	struct seal_crlf lines = { false };
	size_t at, n, len = strlen(rows[row].input);
	int ret = 0;

	if (!crlf && !seal_transfer_init(&transfer, encoding))
		return -2;
	for (at = 0; ret == 0 && at < len; at += n) {
		n = step > 0 ? step : at < cut ? cut : len;
		if (n > len - at)
			n = len - at;
		ret = crlf ?
			seal_crlf_write(&lines, data + at, n, &sink, err) :
			seal_transfer_more(&transfer, data + at, n, &sink, err);
	}
	return ret;
}

static bool row_good(unsigned int row, size_t step, size_t cut)
{
	struct seal_buf out = SEAL_BUF_INIT;
	struct seal_error err = { SEAL_ERR_NONE, "" };
	const char *wanted = rows[row].wanted;
	int ret = take(row, step, cut, &out, &err);
	bool good = wanted == NULL ?
		ret == -1 && err.code == SEAL_ERR_REFUSED :
		ret == 0 && out.len == strlen(wanted) &&
		(out.len == 0 || memcmp(out.data, wanted, out.len) == 0);

	if (!good)
		tap_note("step %zu, cut %zu: %d %.*s", step, cut, ret,
			 (int)out.len, out.data == NULL ? "" :
			 (const char *)out.data);
	seal_buf_free(&out);
	return good;
}

/* More than one piece of the decoder's. */
static void test_long(void)
{
	static unsigned char in[40000];
	struct seal_buf out = SEAL_BUF_INIT;
	struct seal_sink sink = seal_sink_to_buf(&out);
	struct seal_transfer transfer;
	struct seal_error err;
	size_t i;

	for (i = 0; i + 4 <= sizeof(in); i += 4)
		memcpy(in + i, "QUJD", 4);
	tap_ok(seal_transfer_init(&transfer, "base64") &&
	       seal_transfer_more(&transfer, in, sizeof(in), &sink, &err) == 0 &&
	       out.len == 30000 && memcmp(out.data, "ABCABC", 6) == 0 &&
	       memcmp(out.data + 29997, "ABC", 3) == 0, "40 kB at once");
	memcpy(in + 39000, "=", 1);
	tap_ok(seal_transfer_init(&transfer, "base64") &&
	       seal_transfer_more(&transfer, in, sizeof(in), &sink, &err) == -1,
	       "an end in the middle of it");
	seal_buf_free(&out);
}

int main(void)
{
	static const char *const others[] = {
		"quoted-printable", "x-uuencode", "", "base64 base64", "7bit;"
	};
	struct seal_transfer transfer;
	unsigned int i;
	size_t cut;
	bool good;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (cut = 1, good = row_good(i, 0, 0) && row_good(i, 1, 0);
		     cut < strlen(rows[i].input); cut++)
			good = good && row_good(i, 0, cut);
		tap_ok(good, "%s, %u: whole, byte by byte, cut at every offset",
		       rows[i].encoding == NULL ? "none" : rows[i].encoding, i);
	}
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		tap_ok(!seal_transfer_init(&transfer, others[i]),
		       "another encoding: %s", others[i]);
	test_long();
	return tap_done();
}
