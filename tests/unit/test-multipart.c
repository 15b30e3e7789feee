/* SPDX-License-Identifier: MIT */
#include "unseal/multipart.h"

#include <stdio.h>
#include <string.h>
#include "base/buf.h"
#include "base/error.h"
#include "tap.h"

/* <1: and <2: begin a part in what is wanted; NULL: refused */
static const struct {
	const char *name, *input, *wanted;
} rows[] = {
	{ "two parts", "--b\r\none\r\n--b\r\ntwo\r\n--b--\r\n", "<1:one<2:two" },
	{ "LF", "--b\none\n--b\ntwo\n--b--\n", "<1:one<2:two" },
	{ "text above", "above\r\nx--b\r\n\r\n--b\r\none\r\n--b\r\ntwo\r\n--b--",
	  "<1:one<2:two" },
	{ "line ends", "--b\r\n\r\none\r\n\r\n--b\r\ntwo\r\n\n\r\n--b--\r\n",
	  "<1:\r\none\r\n<2:two\r\n\n" },
	{ "CRs", "--b\r\n\rone\r\r\r\n--b\r\n\r\r\n\rtwo\r\n--b--\r\n",
	  "<1:\rone\r\r<2:\r\r\n\rtwo" },
	{ "a CR is no line end", "--b\r\none\r--b\r\n\r\n--b\r\n2\r\n--b--",
	  "<1:one\r--b\r\n<2:2" },
	{ "white space behind delimiters", "--b \t\r\none\r\n--b\t\r\ntwo\r\n"
	  "--b--  \r\n\r\n \t\r\n", "<1:one<2:two" },
	{ "empty parts", "--b\r\n--b\r\n--b--\r\n", "" },
	{ "parts of a line end", "--b\r\n\r\n--b\r\n\n--b--\r\n", "" },
	{ "what is almost a delimiter", "--b\r\n--\r\n--bb\r\n--b-\r\n--b---\r\n"
	  "-- b\r\n--b -\r\n--b -- \r\n--b\r \r\n\r\n--b\r\n --b--\r\n--b--\r\n",
	  "<1:--\r\n--bb\r\n--b-\r\n--b---\r\n-- b\r\n--b -\r\n--b -- \r\n"
	  "--b\r \r\n<2: --b--" },
	{ "no line end at the end", "--b\r\none\r\n--b\r\ntwo\r\n--b--",
	  "<1:one<2:two" },
	{ "nor behind its white space", "--b\r\none\r\n--b\r\ntwo\r\n--b-- \r",
	  "<1:one<2:two" },
	{ "nothing", "", NULL },
	{ "text alone", "text\r\n", NULL },
	{ "one part", "--b\r\none\r\n--b--\r\n", NULL },
	{ "three parts", "--b\r\n1\r\n--b\r\n2\r\n--b\r\n3\r\n--b--\r\n", NULL },
	{ "no end", "--b\r\none\r\n--b\r\ntwo\r\n--b\r\n", NULL },
	{ "half an end", "--b\r\none\r\n--b\r\ntwo\r\n--b-", NULL },
	{ "no second part", "--b\r\none\r\n--b--", NULL },
	{ "the end first", "--b--\r\n--b\r\n1\r\n--b\r\n2\r\n--b--\r\n", NULL },
	{ "text below", "--b\r\n1\r\n--b\r\n2\r\n--b--\r\ntext", NULL },
	{ "a part below", "--b\r\n1\r\n--b\r\n2\r\n--b--\r\n--b\r\n", NULL },
	{ "text behind the end", "--b\r\n1\r\n--b\r\n2\r\n--b-- x\r\n", NULL }
};

struct record {
	struct seal_buf out;
	unsigned int last;
};

static int on_part(void *context, unsigned int number,
		   const unsigned char *data, size_t len,
		   struct seal_error *err)
{
	struct record *record = context;
	char mark[4] = "<1:";

	if (len == 0)
		return seal_error_set(err, SEAL_ERR_INPUT, "an empty piece");
	if (number != record->last) {
		mark[1] = (char)('0' + number);
		if (seal_buf_append(&record->out, mark, 3, err) < 0)
			return -1;
		record->last = number;
	}
	return seal_buf_append(&record->out, data, len, err);
}

static int split(const char *boundary, const char *input, size_t len,
		 size_t step, size_t cut, struct record *record,
		 struct seal_error *err)
{
	struct seal_multipart *multipart =
		seal_multipart_new(boundary, on_part, record, err);
	size_t at, n;
	int ret = multipart == NULL ? -1 : 0;

	for (at = 0; ret == 0 && at < len; at += n) {
		n = step > 0 ? step : at < cut ? cut : len;
		if (n > len - at)
			n = len - at;
		ret = seal_multipart_more(multipart,
					  (const unsigned char *)input + at, n,
					  err);
	}
	if (ret == 0)
		ret = seal_multipart_finish(multipart, err);
	seal_multipart_free(&multipart);
	return ret;
}

static bool row_good(unsigned int i, size_t step, size_t cut)
{
	struct record record = { SEAL_BUF_INIT, 0 };
	struct seal_error err = { SEAL_ERR_NONE, "" };
	const char *wanted = rows[i].wanted;
	int ret = split("b", rows[i].input, strlen(rows[i].input), step, cut,
			&record, &err);
	bool good = wanted == NULL ?
		ret == -1 && err.code == SEAL_ERR_REFUSED :
		ret == 0 && record.out.len == strlen(wanted) &&
		(record.out.len == 0 ||
		 memcmp(record.out.data, wanted, record.out.len) == 0);

	if (!good)
		tap_note("step %zu, cut %zu: %d, %s, %.*s", step, cut, ret,
			 err.text, (int)record.out.len,
			 record.out.data == NULL ? "" :
			 (const char *)record.out.data);
	seal_buf_free(&record.out);
	return good;
}

static void test_boundaries(void)
{
	static const char *const boundaries[] = {
		"-", "--", "a b", "=_?+:", "----=_Part_1.2"
	};
	char long_one[SEAL_MULTIPART_BOUNDARY_MAX + 1], input[1024];
	struct seal_error err;
	const char *boundary;
	unsigned int i;

	memset(long_one, 'x', SEAL_MULTIPART_BOUNDARY_MAX);
	long_one[SEAL_MULTIPART_BOUNDARY_MAX] = '\0';
	for (i = 0; i <= sizeof(boundaries) / sizeof(boundaries[0]); i++) {
		struct record record = { SEAL_BUF_INIT, 0 };

		boundary = i < sizeof(boundaries) / sizeof(boundaries[0]) ?
			boundaries[i] : long_one;
		snprintf(input, sizeof(input), "--%s\r\n1\r\n--%s\r\n2\r\n--%s--"
			 "\r\n", boundary, boundary, boundary);
		tap_ok(split(boundary, input, strlen(input), 1, 0, &record,
			     &err) == 0 && record.out.len == 8 &&
		       memcmp(record.out.data, "<1:1<2:2", 8) == 0,
		       "boundary: %s", boundary);
		seal_buf_free(&record.out);
	}
}

/* Delimiters that go on and on are lines of the part. */
static void test_long_line(void)
{
	static char input[5000] = "--b\r\n";
	struct record record = { SEAL_BUF_INIT, 0 };
	struct seal_error err;
	size_t len = 5;

	memcpy(input + len, "--b", 3);
	memset(input + len + 3, ' ', 3997);
	len += 4000;
	memcpy(input + len, "\r\n--b\r\n2\r\n--b--", 15);
	len += 15;
	tap_ok(split("b", input, len, 1, 0, &record, &err) == 0 &&
	       record.out.len == 4007 &&
	       memcmp(record.out.data + 3, input + 5, 4000) == 0,
	       "a delimiter's line of 4000 bytes is text");
	seal_buf_free(&record.out);
}

int main(void)
{
	unsigned int i;
	struct seal_error err;
	struct record record = { SEAL_BUF_INIT, 0 };
	bool good;
	size_t cut;

	tap_alloc_init();
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tap_ok(row_good(i, 0, 0), "%s", rows[i].name);
		tap_ok(row_good(i, 1, 0), "%s: byte by byte", rows[i].name);
		for (cut = 1, good = true; cut < strlen(rows[i].input); cut++)
			good = good && row_good(i, 0, cut);
		tap_ok(good, "%s: cut at every offset", rows[i].name);
	}
	test_boundaries();
	test_long_line();
	tap_alloc_fail_at(1);
	tap_ok(split("b", "", 0, 0, 0, &record, &err) == -1 &&
	       err.code == SEAL_ERR_MEMORY, "failing allocation");
	tap_alloc_fail_at(0);
	return tap_done();
}
