/* SPDX-License-Identifier: MIT */
#include "cms/base64.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <openssl/evp.h>
#include "base/buf.h"
#include "base/base64-decode.h"
#include "base/error.h"
#include "cms/base64-private.h"
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

/* Feeds cut bytes, then pieces of step bytes (0: of random lengths). lines: NULL,
 * or the way to go. in_room: into the sink's own memory. */
static bool encodes_to(bool in_room, seal_base64_lines_t *lines, size_t len,
		       size_t cut, size_t step, const char *wanted,
		       size_t wanted_len)
{
	struct seal_buf out = SEAL_BUF_INIT;
	struct seal_sink sink = seal_sink_to_buf(&out);
	struct seal_base64 base64;
	struct seal_error err;
	size_t at, n;
	bool good = true;

	if (!in_room)
		sink.room = NULL;
	seal_base64_init(&base64, &sink);
	if (lines != NULL)
		base64.lines = lines;
	for (at = 0, n = cut; good && at < len;
	     at += n, n = step > 0 ? step : (size_t)rand() % 300) {
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

static bool encodes_by(seal_base64_lines_t *lines, size_t len, size_t cut,
		       size_t step, const char *wanted, size_t wanted_len)
{
	return encodes_to(true, lines, len, cut, step, wanted, wanted_len) &&
		encodes_to(false, lines, len, cut, step, wanted, wanted_len);
}

static bool encodes(size_t len, size_t cut, size_t step, const char *wanted,
		    size_t wanted_len)
{
	return encodes_by(NULL, len, cut, step, wanted, wanted_len);
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

#define WAY_MAX 4096
#define WAY_LINES (WAY_MAX / SEAL_BASE64_RUN)

/* libcrypto's letters; room for WAY_MAX bytes in lines. Returns the length. */
static size_t reference_lines(size_t len, char *out)
{
	size_t at, n, out_len = 0;

	for (at = 0; at < len; at += n) {
		n = len - at < SEAL_BASE64_RUN ? len - at : SEAL_BASE64_RUN;
		out_len += (size_t)EVP_EncodeBlock(
			(unsigned char *)out + out_len, data + at, (int)n);
		memcpy(out + out_len, "\r\n", 2);
		out_len += 2;
	}
	return out_len;
}

/* All lengths, each in one piece, from each offset in a line, and cut at random */
static void test_way_engine(seal_base64_lines_t *lines, const char *name)
{
	static char wanted[(WAY_LINES + 1) * SEAL_BASE64_LINE + 1];
	size_t len, cut, wanted_len;
	bool good = true;

	for (len = 0; good && len <= WAY_MAX; len++) {
		wanted_len = reference_lines(len, wanted);
		good = encodes_by(lines, len, len, 1, wanted, wanted_len) &&
			encodes_by(lines, len, len % 97, 0, wanted, wanted_len);
		for (cut = 0; good && len % 41 == 0 && cut < SEAL_BASE64_RUN;
		     cut++)
			good = encodes_by(lines, len, cut, WAY_MAX, wanted,
					  wanted_len);
	}
	tap_ok(good, "%s, all lengths (%zu)", name, len);
}

/* size bytes below which (first) or above which (last) nothing may be touched */
struct fenced {
	unsigned char *first, *last;
};

static struct fenced fence(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t inner = (size + page - 1) / page * page;
	unsigned char *map = mmap(NULL, inner + 2 * page, PROT_NONE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct fenced fenced;

	if (map == MAP_FAILED ||
	    mprotect(map + page, inner, PROT_READ | PROT_WRITE) < 0)
		abort();
	fenced.first = map + page;
	fenced.last = fenced.first + inner - size;
	return fenced;
}

static bool lines_match(seal_base64_lines_t *lines, unsigned char *out,
			unsigned char *in, size_t count, const char *wanted)
{
	memcpy(in, data, count * SEAL_BASE64_RUN);
	lines(out, in, count);
	return memcmp(out, wanted, count * SEAL_BASE64_LINE) == 0;
}

/* Reads and writes nothing beyond its lines: else this crashes. */
static void test_way_bounds(seal_base64_lines_t *lines, const char *name)
{
	static char wanted[WAY_LINES * SEAL_BASE64_LINE + 1];
	struct fenced in, out;
	size_t count;
	bool good = true;

	(void)reference_lines(WAY_LINES * SEAL_BASE64_RUN, wanted);
	for (count = 1; good && count <= WAY_LINES; count++) {
		in = fence(count * SEAL_BASE64_RUN);
		out = fence(count * SEAL_BASE64_LINE);
		good = lines_match(lines, out.last, in.last, count, wanted) &&
			lines_match(lines, out.first, in.first, count, wanted);
	}
	tap_ok(good, "%s, within its bounds", name);
}

static void test_ways(void)
{
	seal_base64_lines_t *lines = NULL;
	const char *name;
	unsigned int i;

	for (i = 0; seal_base64_way(i, &name) != NULL; i++) {
		lines = seal_base64_way(i, &name);
		test_way_engine(lines, name);
		test_way_bounds(lines, name);
	}
	tap_ok(lines == seal_base64_lines_scalar, "the scalar way is the last");
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
	struct seal_sink sink = { refuse, &left, NULL };
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

/* What one character after the other is, said in another way than the decoder
 * says it. -1: neither a digit nor white space. -2: white space. */
static int digit_of(unsigned char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	if (at != NULL)
		return (int)(at - digits);
	return c != '\0' && strchr(" \t\r\n", c) != NULL ? -2 : -1;
}

static size_t decode_slowly(const unsigned char *text, size_t len,
			    unsigned char *out)
{
	unsigned int bits = 0, count = 0;
	size_t i, n = 0;
	int digit;

	for (i = 0; i < len; i++) {
		if ((digit = digit_of(text[i])) == -1)
			break;
		if (digit == -2)
			continue;
		bits = (bits << 6 | (unsigned int)digit) & 0xffff;
		count += 6;
		if (count >= 8)
			out[n++] = (unsigned char)(bits >> (count -= 8));
	}
	return n;
}

#define TEXT_MAX 64

/* Whole, and in two pieces cut anywhere. */
static bool decodes(const unsigned char *text, size_t len)
{
	unsigned char wanted[TEXT_MAX], out[TEXT_MAX];
	size_t cut, n, wanted_len = decode_slowly(text, len, wanted);

	for (cut = 0; cut <= len; cut++) {
		struct seal_base64_decode state = { .bits = 0 };

		n = seal_base64_decode(&state, text, cut, out);
		n += seal_base64_decode(&state, text + cut, len - cut,
					out + n);
		if (n != wanted_len || memcmp(out, wanted, n) != 0)
			return false;
	}
	return true;
}

/* Each byte in each place of a group, among groups. */
static void test_decode(void)
{
	unsigned char text[20];
	unsigned int c, at;
	bool good = true;

	for (c = 0; good && c < 256; c++) {
		for (at = 0; good && at < sizeof(text); at++) {
			memcpy(text, "QWxsZXMgL2lzdCtndXQ0", sizeof(text));
			text[at] = (unsigned char)c;
			good = decodes(text, sizeof(text));
		}
	}
	tap_ok(good, "decoding: each byte in each place");
	tap_ok(decodes((const unsigned char *)"QQ\r\nJC RE V\tGRw==QUJD", 22),
	       "decoding: white space anywhere, the end at padding");
}

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 2654435761u >> 13);
	for (i = 0; i < SIZE_COUNT; i++)
		test_size(sizes[i]);
	test_ways();
	test_refusing_sink();
	test_decode();
	return tap_done();
}
