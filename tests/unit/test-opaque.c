/* SPDX-License-Identifier: MIT */
#include "cms/opaque.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/sink.h"
#include "ber-text.h"
#include "tap.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

#define SIGNED "(06 2a864886f70d010702)"
#define DATA "(06 2a864886f70d010701)"
#define DIGESTS "(31 (30 (06 608648016503040201)))"
#define CERTS "(a0 (30 (30 (02 01))))"
#define CRLS "[a1 [30 (05)]]"
#define INFOS "(31 (30 (02 01) (04 aabbcc)))"
#define ALL(before, content, behind) "(30" SIGNED "(a0 (30 (02 01)" before "(30" \
	DATA content ")" behind ")))"
#define HOLDS(content) ALL(DIGESTS, content, CERTS INFOS)
#define HELLO "68656c6c6f"
/* what is left: the same, without content */
#define LEFT(before, behind) "[30" SIGNED "[a0 [30 (02 01)" before "(30" DATA ")" \
	behind "]]]"

static const struct {
	const char *name, *source;
	const char *left;	/* NULL: refused */
	const char *content;	/* or part of the error */
} rows[] = {
	{ "in one piece", HOLDS("(a0 (04" HELLO "))"),
	  LEFT(DIGESTS, CERTS INFOS), "hello" },
	{ "indefinite", "[30" SIGNED "[a0 [30 (02 01)" DIGESTS "[30" DATA
	  "[a0 [24 (04 6865) (04) (04 6c6c6f)]]]" CERTS CRLS INFOS "]]]",
	  LEFT(DIGESTS, CERTS CRLS INFOS), "hello" },
	{ "pieces of pieces", HOLDS("(a0 (24 [24 (04 68)] (24) (04 656c) (24 (24"
	  "(04 6c6f)))))"), LEFT(DIGESTS, CERTS INFOS), "hello" },
	{ "long lengths", "{30 {06 2a864886f70d010702} {a0 {30 (02 01)" DIGESTS
	  "{30 {06 2a864886f70d010701} {a0 {04" HELLO "}}}" INFOS "}}}",
	  LEFT(DIGESTS, INFOS), "hello" },
	{ "parts that are BER stay as they are", ALL("[31 {30 (06 2a)}]",
	  "(a0 (04" HELLO "))", "[a0 [30 {02 01}]] [31 [30 (02 01)]]"),
	  LEFT("[31 {30 (06 2a)}]", "[a0 [30 {02 01}]] [31 [30 (02 01)]]"),
	  "hello" },
	{ "empty", HOLDS("(a0 (04))"), LEFT(DIGESTS, CERTS INFOS), "" },
	{ "empty pieces", HOLDS("(a0 [24 (04) (04)])"),
	  LEFT(DIGESTS, CERTS INFOS), "" },
	{ "no signer", ALL("(31)", "(a0 (04" HELLO "))", "(31)"),
	  LEFT("(31)", "(31)"), "hello" },

	{ "no content", HOLDS(""), NULL, "missing" },
	{ "a content of nothing", HOLDS("(a0)"), NULL, "missing" },
	{ "two contents", HOLDS("(a0 (04 68) (04 65))"), NULL, "must not" },
	{ "content as a number", HOLDS("(a0 (02 01))"), NULL, "must not" },
	{ "a number among the pieces", HOLDS("(a0 (24 (02 01)))"), NULL,
	  "must not" },
	{ "no signer infos", ALL(DIGESTS, "(a0 (04" HELLO "))", CERTS), NULL,
	  "missing" },
	{ "something behind the signer infos",
	  ALL(DIGESTS, "(a0 (04" HELLO "))", INFOS INFOS), NULL, "must not" },
	{ "no digest algorithms", ALL("", "(a0 (04" HELLO "))", INFOS), NULL,
	  "must not" },
	{ "an envelope", "(30 (06 2a864886f70d010703) (a0 (30 (02 00) (31 (30)))))",
	  NULL, "another content type" },
	{ "a type that begins like it", "(30 (06 2a864886f70d01070200) (a0))",
	  NULL, "another content type" },
	{ "a long type", "(30 (06 2a864886f70d0107022a864886f70d010702) (a0))",
	  NULL, "another content type" },
	{ "no type", "(30 (06) (a0))", NULL, "another content type" },
	{ "an envelope inside", "(30" SIGNED "(a0 (30 (02 01)" DIGESTS
	  "(30 (06 2a864886f70d010703) (a0 (04" HELLO ")))" INFOS ")))", NULL,
	  "another content type" },
	{ "a byte behind it", HOLDS("(a0 (04" HELLO "))") "00", NULL, "behind it" },
	{ "text", "48656c6c6f2c", NULL, "begins otherwise" }
};

/* Feeds cut bytes, then pieces of step. */
static int run(const unsigned char *data, size_t len, size_t cut, size_t step,
	       const struct seal_sink *sink, struct seal_buf *left,
	       struct seal_error *err)
{
	struct seal_opaque *opaque = seal_opaque_new(sink, err);
	size_t at, n;
	int ret = opaque == NULL ? -1 : 0;

	for (at = 0, n = cut; ret == 0 && at < len; at += n, n = step) {
		n = n < len - at ? n : len - at;
		ret = seal_opaque_more(opaque, data + at, n, err);
	}
	if (ret == 0)
		ret = seal_opaque_finish(opaque, left, err);
	seal_opaque_free(&opaque);
	return ret;
}

/* What was in the buffer stays there. */
static bool is_right(size_t row, const unsigned char *data, size_t len,
		     size_t cut, size_t step)
{
	unsigned char wanted[BER_TEXT_MAX] = "before";
	struct seal_buf out = SEAL_BUF_INIT, left = SEAL_BUF_INIT;
	struct seal_sink sink = seal_sink_to_buf(&out);
	struct seal_error err = { SEAL_ERR_NONE, "" };
	size_t wanted_len = 6;
	bool good;
	int ret;

	if (seal_buf_append(&left, wanted, wanted_len, &err) < 0)
		abort();
	ret = run(data, len, cut, step, &sink, &left, &err);
	if (rows[row].left != NULL) {
		wanted_len += ber_text(rows[row].left, wanted + wanted_len);
		good = ret == 0 && out.len == strlen(rows[row].content) &&
			(out.len == 0 ||
			 memcmp(out.data, rows[row].content, out.len) == 0);
	} else {
		good = ret == -1 && err.code == SEAL_ERR_REFUSED &&
			strstr(err.text, rows[row].content) != NULL;
	}
	good = good && left.len == wanted_len &&
		memcmp(left.data, wanted, wanted_len) == 0;
	if (!good)
		tap_note("cut %zu, step %zu: %d %s", cut, step, ret, err.text);
	seal_buf_free(&out);
	seal_buf_free(&left);
	return good;
}

static void test_row(size_t row)
{
	unsigned char data[BER_TEXT_MAX];
	size_t cut, len = ber_text(rows[row].source, data);
	struct seal_buf out = SEAL_BUF_INIT, left = SEAL_BUF_INIT;
	struct seal_sink sink = seal_sink_to_buf(&out);
	struct seal_error err;
	bool good = is_right(row, data, len, len, 1) &&
		is_right(row, data, len, 1, 1);

	for (cut = 0; good && cut < len; cut++)
		good = is_right(row, data, len, cut, len);
	tap_ok(good, "%s", rows[row].name);
	for (cut = 0; good && rows[row].left != NULL && cut < len; cut++)
		good = run(data, cut, cut, 1, &sink, &left, &err) == -1 &&
			err.code == SEAL_ERR_REFUSED && left.len == 0;
	tap_ok(good, "%s, cut off", rows[row].name);
	seal_buf_free(&out);
	seal_buf_free(&left);
}

/* Everything but the content has a limit, certificates before and infos behind it
 * together; the content has none. */
static void test_limit(size_t content, size_t certs, bool wanted)
{
	static const unsigned char zeros[1024 * 1024];
	unsigned char head[BER_TEXT_MAX], part[16];
	struct seal_buf cms = SEAL_BUF_INIT, left = SEAL_BUF_INIT;
	struct seal_buf out = SEAL_BUF_INIT;
	struct seal_sink sink = seal_sink_to_buf(&out);
	struct seal_error err;
	size_t n = ber_text("[30" SIGNED "[a0 [30 (02 01)" DIGESTS "[30" DATA
			    "[a0", head);
	int ret;

	if (seal_buf_append(&cms, head, n, &err) < 0)
		abort();
	memcpy(part, "\x04\x84", 2);
	for (n = 0; n < 4; n++)
		part[2 + n] = (unsigned char)(content >> (3 - n) * 8);
	if (seal_buf_append(&cms, part, 6, &err) < 0 ||
	    seal_buf_append(&cms, zeros, content, &err) < 0 ||
	    seal_buf_append(&cms, zeros, 4, &err) < 0)
		abort();
	part[0] = 0xa0;
	for (n = 0; n < 4; n++)
		part[2 + n] = (unsigned char)(certs >> (3 - n) * 8);
	if (seal_buf_append(&cms, part, 6, &err) < 0 ||
	    seal_buf_append(&cms, zeros, certs, &err) < 0 ||
	    seal_buf_append(&cms, "\x31\0\0\0\0\0\0\0", 8, &err) < 0)
		abort();
	ret = run(cms.data, cms.len, 1, 5000, &sink, &left, &err);
	tap_ok(wanted ? ret == 0 && out.len == content && left.len > certs :
	       ret == -1 && err.code == SEAL_ERR_REFUSED && left.len == 0 &&
	       strstr(err.text, "too long") != NULL,
	       "%zu bytes of content, %zu of certificates", content, certs);
	seal_buf_free(&cms);
	seal_buf_free(&left);
	seal_buf_free(&out);
}

static void test_allocations(void)
{
	unsigned char data[BER_TEXT_MAX];
	size_t len = ber_text(rows[1].source, data);
	bool good = true, failed = true;
	struct seal_error err;
	unsigned long n;
	int ret;

	for (n = 1; good && failed && n < 100; n++) {
		struct seal_buf out = SEAL_BUF_INIT, left = SEAL_BUF_INIT;
		struct seal_sink sink = seal_sink_to_buf(&out);

		tap_alloc_fail_at(n);
		ret = run(data, len, len, 1, &sink, &left, &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		good = failed ? ret == -1 && err.code == SEAL_ERR_MEMORY &&
			left.len == 0 : ret == 0;
		seal_buf_free(&out);
		seal_buf_free(&left);
	}
	tap_ok(good && !failed && n > 4, "every failing allocation (%lu)",
	       n - 2);
}

int main(void)
{
	size_t i;

	tap_alloc_init();
	for (i = 0; i < N(rows); i++)
		test_row(i);
	test_limit(1024 * 1024, 200 * 1024, true);
	test_limit(10, SEAL_OPAQUE_REST_MAX, false);
	/* a version, DIGESTS, CERTS' head and an empty SET */
	test_limit(10, SEAL_OPAQUE_REST_MAX - 3 - 15 - 6 - 2, true);
	test_limit(10, SEAL_OPAQUE_REST_MAX - 3 - 15 - 6 - 1, false);
	test_allocations();
	return tap_done();
}
