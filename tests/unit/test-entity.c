/* SPDX-License-Identifier: MIT */
#include "message/entity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/error.h"
#include "tap.h"

struct text {
	const char *data;
	size_t len;
};

#define T(s) { s, sizeof(s) - 1 }
#define NONE { NULL, 0 }

enum { OUTER, INNER, VERSION, MARK, BODY, KINDS };

/* added: the line end that finish() adds after all that came */
struct row {
	const char *name;
	struct text input;
	struct text wanted[KINDS];
	const char *blank_line, *added, *type, *encoding;
};

static const struct row rows[] = {
	{ "plain", T("Subject: x\r\nMIME-Version: 1.0\r\n"
		     "Content-Type: text/plain\r\nFrom: y\r\n\r\nbody\r\n"),
	  { T("Subject: x\r\nFrom: y\r\n"), T("Content-Type: text/plain\r\n"),
	    T("MIME-Version: 1.0\r\n"), NONE, T("body\r\n") },
	  "\r\n", "", "text/plain", NULL },
	{ "bare LF", T("A: 1\nContent-Type:a/b\n\nx\ny"),
	  { T("A: 1\n"), T("Content-Type:a/b\n"), NONE, NONE, T("x\ny") },
	  "\n", "", "a/b", NULL },
	{ "empty message", NONE, { NONE, NONE, NONE, NONE, NONE },
	  "", "", NULL, NULL },
	{ "only a blank line", T("\r\n"), { NONE, NONE, NONE, NONE, NONE },
	  "\r\n", "", NULL, NULL },
	{ "only an LF", T("\n"), { NONE, NONE, NONE, NONE, NONE },
	  "\n", "", NULL, NULL },
	{ "only a CR", T("\r"), { NONE, NONE, NONE, NONE, T("\r") },
	  "", "", NULL, NULL },
	{ "CR CR LF is no blank line", T("A: 1\r\n\r\r\nx"),
	  { T("A: 1\r\n"), NONE, NONE, NONE, T("\r\r\nx") },
	  "", "", NULL, NULL },
	{ "no header", T("\r\nbody: x\r\n"),
	  { NONE, NONE, NONE, NONE, T("body: x\r\n") }, "\r\n", "", NULL, NULL },
	{ "no header, no blank line", T("Hello you\r\nA: 1\r\n\r\nx"),
	  { NONE, NONE, NONE, NONE, T("Hello you\r\nA: 1\r\n\r\nx") },
	  "", "", NULL, NULL },
	{ "no blank line before the body", T("A: 1\r\nHello you\r\nB: 2\r\n"),
	  { T("A: 1\r\n"), NONE, NONE, NONE, T("Hello you\r\nB: 2\r\n") },
	  "", "", NULL, NULL },
	{ "no body, no blank line", T("A: 1\r\nContent-Type: a/b\r\n"),
	  { T("A: 1\r\n"), T("Content-Type: a/b\r\n"), NONE, NONE, NONE },
	  "", "", "a/b", NULL },
	{ "ends in a value", T("A: 1\r\nContent-Type: a/b"),
	  { T("A: 1\r\n"), T("Content-Type: a/b\r\n"), NONE, NONE, NONE },
	  "", "\r\n", "a/b", NULL },
	{ "ends in a value after a CR", T("A: 1\r"),
	  { T("A: 1\r\n"), NONE, NONE, NONE, NONE }, "", "\n", NULL, NULL },
	{ "ends after a colon", T("A:"),
	  { T("A:\r\n"), NONE, NONE, NONE, NONE }, "", "\r\n", NULL, NULL },
	{ "ends in a name", T("A: 1\r\nSubj"),
	  { T("A: 1\r\n"), NONE, NONE, NONE, T("Subj") }, "", "", NULL, NULL },
	{ "ends before a colon", T("A: 1\r\nSubj \t"),
	  { T("A: 1\r\n"), NONE, NONE, NONE, T("Subj \t") },
	  "", "", NULL, NULL },
	{ "ends in the blank line's CR", T("A: 1\r\n\r"),
	  { T("A: 1\r\n"), NONE, NONE, NONE, T("\r") }, "", "", NULL, NULL },
	{ "folded", T("A: 1\r\n 2\r\n\t3\r\nContent-Type: a/b;\r\n c=\"d\n\te\"\r\n"
		      "B: x\r\n\r\n"),
	  { T("A: 1\r\n 2\r\n\t3\r\nB: x\r\n"),
	    T("Content-Type: a/b;\r\n c=\"d\n\te\"\r\n"), NONE, NONE, NONE },
	  "\r\n", "", "a/b; c=\"d\te\"", NULL },
	{ "folded before the value", T("Content-Type:\r\n a/b\r\n\r\nx"),
	  { NONE, T("Content-Type:\r\n a/b\r\n"), NONE, NONE, T("x") },
	  "\r\n", "", "a/b", NULL },
	{ "a continuation of white space", T("A: 1\r\n \r\nB: 2\r\n\r\nx"),
	  { T("A: 1\r\n \r\nB: 2\r\n"), NONE, NONE, NONE, T("x") },
	  "\r\n", "", NULL, NULL },
	{ "ends in a continuation", T("A: 1\r\n "),
	  { T("A: 1\r\n \r\n"), NONE, NONE, NONE, NONE },
	  "", "\r\n", NULL, NULL },
	{ "begins with a continuation", T(" x\r\nA: 1\r\n\r\n"),
	  { NONE, NONE, NONE, NONE, T(" x\r\nA: 1\r\n\r\n") },
	  "", "", NULL, NULL },
	{ "white space before the colon", T("A \t: 1\r\nContent-type\t : a/b\r\n\r\n"),
	  { T("A \t: 1\r\n"), T("Content-type\t : a/b\r\n"), NONE, NONE, NONE },
	  "\r\n", "", "a/b", NULL },
	{ "two words before the colon", T("A: 1\r\nNot me: x\r\n\r\n"),
	  { T("A: 1\r\n"), NONE, NONE, NONE, T("Not me: x\r\n\r\n") },
	  "", "", NULL, NULL },
	{ "no name", T("A: 1\r\n: x\r\n\r\ny"),
	  { T("A: 1\r\n"), NONE, NONE, NONE, T(": x\r\n\r\ny") },
	  "", "", NULL, NULL },
	{ "NUL, CR and 8-bit in a value", T("A: \0 \r \xff\r\nB:\r\r\n\r\n\0\r"),
	  { T("A: \0 \r \xff\r\nB:\r\r\n"), NONE, NONE, NONE, T("\0\r") },
	  "\r\n", "", NULL, NULL },
	{ "NUL in a name", T("A: 1\r\nB\0: 2\r\n\r\n"),
	  { T("A: 1\r\n"), NONE, NONE, NONE, T("B\0: 2\r\n\r\n") },
	  "", "", NULL, NULL },
	{ "8-bit in a name", T("A: 1\r\nB\xc3\xa4: 2\r\n\r\n"),
	  { T("A: 1\r\n"), NONE, NONE, NONE, T("B\xc3\xa4: 2\r\n\r\n") },
	  "", "", NULL, NULL },
	{ "names in any case", T("CONTENT-ID: 1\r\nmime-version: 1.0\r\n"
				 "x-MAIL-seal: v=1\r\nX-Mail-Seal : v=1\r\n\r\n"),
	  { NONE, T("CONTENT-ID: 1\r\n"), T("mime-version: 1.0\r\n"),
	    T("x-MAIL-seal: v=1\r\nX-Mail-Seal : v=1\r\n"), NONE },
	  "\r\n", "", NULL, NULL },
	{ "a folded mark", T("X-Mail-Seal: v=1;\r\n profile=x\r\nA: 1\r\n\r\n"),
	  { T("A: 1\r\n"), NONE, NONE, T("X-Mail-Seal: v=1;\r\n profile=x\r\n"),
	    NONE }, "\r\n", "", NULL, NULL },
	{ "names that are nearly ours", T("X-Mail-Seals: 1\r\nX-Mail-Sea: 2\r\n"
		"Content: 3\r\nMIME-Versions: 4\r\nX-Content-Type: a/b\r\n\r\n"),
	  { T("X-Mail-Seals: 1\r\nX-Mail-Sea: 2\r\nContent: 3\r\n"
	      "MIME-Versions: 4\r\nX-Content-Type: a/b\r\n"),
	    NONE, NONE, NONE, NONE }, "\r\n", "", NULL, NULL },
	{ "every Content field", T("Content-: 0\r\nContent-X: 1\r\n"
		"Content-Disposition: inline\r\n\r\n"),
	  { NONE, T("Content-: 0\r\nContent-X: 1\r\n"
		    "Content-Disposition: inline\r\n"), NONE, NONE, NONE },
	  "\r\n", "", NULL, NULL },
	{ "Content-Type twice", T("Content-Type: a/b\r\nContent-Type: c/d\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n"),
	  { NONE, T("Content-Type: a/b\r\nContent-Type: c/d\r\n"
		    "Content-Transfer-Encoding: base64\r\n"),
	    NONE, NONE, NONE }, "\r\n", "", NULL, "base64" },
	{ "odd bytes in a value that is read", T("Content-Type: a\0b\rc\xff\r\r\n\r\n"),
	  { NONE, T("Content-Type: a\0b\rc\xff\r\r\n"), NONE, NONE, NONE },
	  "\r\n", "", "a?b\rc\xff\r", NULL },
	{ "an empty value", T("Content-Type:\r\nContent-Transfer-Encoding: \r\n\r\n"),
	  { NONE, T("Content-Type:\r\nContent-Transfer-Encoding: \r\n"),
	    NONE, NONE, NONE }, "\r\n", "", "", "" },
	{ "mbox separator", T("From a@b.example Mon Nov  3 22:47:00 2025\r\nA: 1\r\n\r\nx"),
	  { T("From a@b.example Mon Nov  3 22:47:00 2025\r\nA: 1\r\n"),
	    NONE, NONE, NONE, T("x") }, "\r\n", "", NULL, NULL },
	{ "mbox separator with a quoted sender",
	  T("From \"a b\"@c Mon Nov 13 22:47 2025\nA: 1\n\nx"),
	  { T("From \"a b\"@c Mon Nov 13 22:47 2025\nA: 1\n"),
	    NONE, NONE, NONE, T("x") }, "\n", "", NULL, NULL },
	{ "only an mbox separator", T("From a Mon Nov 13 22:47:00 2025"),
	  { T("From a Mon Nov 13 22:47:00 2025\r\n"), NONE, NONE, NONE, NONE },
	  "", "\r\n", NULL, NULL },
	{ "only an mbox separator with CR", T("From a Mon Nov 13 22:47:00 2025\r"),
	  { T("From a Mon Nov 13 22:47:00 2025\r\n"), NONE, NONE, NONE, NONE },
	  "", "\n", NULL, NULL },
	{ "no continuation of a separator",
	  T("From a Mon Nov 13 22:47:00 2025\r\n x\r\nA: 1\r\n"),
	  { T("From a Mon Nov 13 22:47:00 2025\r\n"), NONE, NONE, NONE,
	    T(" x\r\nA: 1\r\n") }, "", "", NULL, NULL },
	{ "separator in the second line",
	  T("A: 1\r\nFrom a Mon Nov 13 22:47:00 2025\r\nB: 2\r\n"),
	  { T("A: 1\r\n"), NONE, NONE, NONE,
	    T("From a Mon Nov 13 22:47:00 2025\r\nB: 2\r\n") },
	  "", "", NULL, NULL },
	{ "a second separator", T("From a Mon Nov 13 22:47:00 2025\r\n"
				  "From a Mon Nov 13 22:47:00 2025\r\n"),
	  { T("From a Mon Nov 13 22:47:00 2025\r\n"), NONE, NONE, NONE,
	    T("From a Mon Nov 13 22:47:00 2025\r\n") }, "", "", NULL, NULL },
	{ "From, a field", T("From : a\r\n\r\n"),
	  { T("From : a\r\n"), NONE, NONE, NONE, NONE }, "\r\n", "", NULL, NULL },
#define NO_SEPARATOR(line) \
	{ "no separator: " line, T(line "\r\nA: 1\r\n\r\nx"), \
	  { NONE, NONE, NONE, NONE, T(line "\r\nA: 1\r\n\r\nx") }, \
	  "", "", NULL, NULL }
	NO_SEPARATOR("From me to you"),
	NO_SEPARATOR("From Mon Nov 13 22:47:00 2025"),
	NO_SEPARATOR("From a Xon Nov 13 22:47:00 2025"),
	NO_SEPARATOR("From a Mon Nob 13 22:47:00 2025"),
	NO_SEPARATOR("From a Mon Nov 013 22:47:00 2025"),
	NO_SEPARATOR("From a Mon Nov 13 22:47:xx 2025"),
	NO_SEPARATOR("From a Mon Nov 13 22:47:00 25"),
	NO_SEPARATOR("from a Mon Nov 13 22:47:00 2025"),
	NO_SEPARATOR("From\ta Mon Nov 13 22:47:00 2025"),
	NO_SEPARATOR(">From a Mon Nov 13 22:47:00 2025")
};
#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

struct result {
	struct seal_buf kinds[KINDS], all;
	unsigned int heads;
	char blank_line[4];
	char *type, *encoding;
	bool early_body, empty_piece;
	int fail_at;		/* this call of a handler fails */
};

static int called(struct result *result, struct seal_error *err)
{
	if (result->fail_at == 0 || --result->fail_at > 0)
		return 0;
	return seal_error_set(err, SEAL_ERR_IO, "the handler failed");
}

static int on_field(void *context, enum seal_entity_part part,
		    const unsigned char *data, size_t len,
		    struct seal_error *err)
{
	static const int kinds[] = {
		[SEAL_ENTITY_OUTER] = OUTER, [SEAL_ENTITY_INNER] = INNER,
		[SEAL_ENTITY_VERSION] = VERSION, [SEAL_ENTITY_MARK] = MARK
	};
	struct result *result = context;

	if (len == 0)
		result->empty_piece = true;
	if (called(result, err) < 0 ||
	    seal_buf_append(&result->kinds[kinds[part]], data, len, err) < 0)
		return -1;
	return seal_buf_append(&result->all, data, len, err);
}

static int on_head(void *context, const struct seal_content *content,
		   const char *blank_line, struct seal_error *err)
{
	struct result *result = context;

	result->heads++;
	snprintf(result->blank_line, sizeof(result->blank_line), "%s",
		 blank_line);
	/* strdup() is the C library's own: it does not fail here */
	result->type = content->type == NULL ? NULL : strdup(content->type);
	result->encoding = content->transfer_encoding == NULL ? NULL :
		strdup(content->transfer_encoding);
	if (called(result, err) < 0)
		return -1;
	return seal_buf_append(&result->all, blank_line, strlen(blank_line),
			       err);
}

static int on_body(void *context, const unsigned char *data, size_t len,
		   struct seal_error *err)
{
	struct result *result = context;

	if (result->heads == 0)
		result->early_body = true;
	if (len == 0)
		result->empty_piece = true;
	if (called(result, err) < 0 ||
	    seal_buf_append(&result->kinds[BODY], data, len, err) < 0)
		return -1;
	return seal_buf_append(&result->all, data, len, err);
}

static const struct seal_entity_handler handler = {
	on_field, on_head, on_body
};

static void result_free(struct result *result)
{
	unsigned int i;

	for (i = 0; i < KINDS; i++)
		seal_buf_free(&result->kinds[i]);
	seal_buf_free(&result->all);
	free(result->type);
	free(result->encoding);
}

/* Feeds cut bytes, then pieces of step bytes (0: all the rest). */
static int run(const struct text *input, size_t cut, size_t step,
	       struct result *result, struct seal_error *err)
{
	const unsigned char *data = (const unsigned char *)input->data;
	struct seal_entity *entity;
	size_t at = 0, n = cut;
	int ret = 0;

	entity = seal_entity_new(&handler, result, err);
	if (entity == NULL)
		return -1;
	if (cut == 0)
		n = step == 0 ? input->len : step;
	while (ret == 0 && at < input->len) {
		if (n == 0 || n > input->len - at)
			n = input->len - at;
		ret = seal_entity_more(entity, data + at, n, err);
		at += n;
		n = step;
	}
	if (ret == 0)
		ret = seal_entity_finish(entity, err);
	seal_entity_free(&entity);
	return ret;
}

static bool same_text(const struct seal_buf *buf, const struct text *wanted)
{
	return buf->len == wanted->len &&
		(buf->len == 0 || memcmp(buf->data, wanted->data, buf->len) == 0);
}

static bool same_string(const char *have, const char *wanted)
{
	return have == NULL || wanted == NULL ? have == wanted :
		strcmp(have, wanted) == 0;
}

static bool as_wanted(const struct row *row, const struct result *result)
{
	const unsigned char *all = result->all.data;
	size_t i, len = row->input.len, added = strlen(row->added);

	for (i = 0; i < KINDS; i++) {
		if (!same_text(&result->kinds[i], &row->wanted[i]))
			return false;
	}
	/* the leading white space of a value is a reader's business */
	const char *type = result->type, *encoding = result->encoding;
	type = type == NULL ? NULL : type + strspn(type, " ");
	encoding = encoding == NULL ? NULL : encoding + strspn(encoding, " ");
	return result->heads == 1 && !result->early_body &&
		!result->empty_piece &&
		strcmp(result->blank_line, row->blank_line) == 0 &&
		same_string(type, row->type) &&
		same_string(encoding, row->encoding) &&
		result->all.len == len + added &&
		(len == 0 || memcmp(all, row->input.data, len) == 0) &&
		(added == 0 || memcmp(all + len, row->added, added) == 0);
}

static bool passes(const struct row *row, size_t cut, size_t step)
{
	struct result result = { .heads = 0 };
	struct seal_error err;
	bool good;

	good = run(&row->input, cut, step, &result, &err) == 0 &&
		as_wanted(row, &result);
	result_free(&result);
	return good;
}

static bool every_cut(const struct row *row)
{
	size_t cut, by = row->input.len / 4096 + 1;

	for (cut = 1; cut < row->input.len; cut += by) {
		if (!passes(row, cut, 0)) {
			tap_note("cut at %zu", cut);
			return false;
		}
	}
	return true;
}

/* Each allocation fails in turn: an error, or all is as wanted. */
static bool survives(const struct row *row)
{
	unsigned long n;
	bool good = true, failed = true;

	for (n = 1; good && failed; n++) {
		struct result result = { .heads = 0 };
		struct seal_error err = { .code = SEAL_ERR_NONE };
		int ret;

		tap_alloc_fail_at(n);
		ret = run(&row->input, 7, 7, &result, &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		good = ret == 0 ? as_wanted(row, &result) :
			failed && err.code == SEAL_ERR_MEMORY;
		result_free(&result);
	}
	return good;
}

/* The error of a handler comes back unchanged, whichever call it is. */
static bool passes_failures_on(const struct row *row)
{
	struct seal_error err;
	bool good = true;
	int n, ret = -1;

	for (n = 1; good && ret < 0; n++) {
		struct result result = { .fail_at = n };

		ret = run(&row->input, 3, 3, &result, &err);
		good = ret == 0 ? result.fail_at > 0 :
			result.fail_at == 0 && err.code == SEAL_ERR_IO;
		result_free(&result);
	}
	return good;
}

static void test_row(const struct row *row)
{
	tap_ok(passes(row, 0, 0), "%s: whole", row->name);
	tap_ok(passes(row, 0, 1), "%s: byte by byte", row->name);
	tap_ok(every_cut(row), "%s: cut at every offset", row->name);
	tap_ok(survives(row), "%s: allocations fail", row->name);
	if (row->input.len < 4096)
		tap_ok(passes_failures_on(row), "%s: handlers fail", row->name);
}

static void append(struct seal_buf *buf, const char *data, size_t len)
{
	struct seal_error err;

	if (seal_buf_append(buf, data, len, &err) < 0)
		abort();
}

static void repeat(struct seal_buf *buf, char c, size_t n)
{
	while (n-- > 0)
		append(buf, &c, 1);
}

/* head: what comes before a run of n times c; tail: after it */
static void test_run(const char *name, const char *head, char c, size_t n,
		     const char *tail, int kind, const char *body,
		     const char *blank_line, bool has_type)
{
	struct seal_buf buf = SEAL_BUF_INIT, type = SEAL_BUF_INIT;
	struct row row = { .name = name, .blank_line = blank_line, .added = "" };

	append(&buf, head, strlen(head));
	repeat(&buf, c, n);
	append(&buf, tail, strlen(tail));
	row.wanted[kind].data = (char *)buf.data;
	row.wanted[kind].len = buf.len;
	append(&buf, blank_line, strlen(blank_line));
	append(&buf, body, strlen(body));
	row.wanted[kind].data = row.input.data = (char *)buf.data;
	row.input.len = buf.len;
	if (body[0] != '\0') {
		row.wanted[BODY].data = body;
		row.wanted[BODY].len = strlen(body);
	}
	if (has_type) {
		repeat(&type, c, n);
		append(&type, "", 1);
		row.type = (char *)type.data;
	}
	test_row(&row);
	seal_buf_free(&type);
	seal_buf_free(&buf);
}

static void test_many_fields(void)
{
	struct seal_buf buf = SEAL_BUF_INIT, inner = SEAL_BUF_INIT;
	struct seal_buf outer = SEAL_BUF_INIT;
	struct row row = { .name = "10,000 fields", .blank_line = "\r\n",
			   .added = "" };
	char line[64];
	unsigned int i;

	for (i = 0; i < 10000; i++) {
		snprintf(line, sizeof(line), "%s%u: x\r\n",
			 i % 2 == 0 ? "X-" : "Content-", i);
		append(&buf, line, strlen(line));
		append(i % 2 == 0 ? &outer : &inner, line, strlen(line));
	}
	append(&buf, "\r\nx", 3);
	row.input.data = (char *)buf.data;
	row.input.len = buf.len;
	row.wanted[OUTER].data = (char *)outer.data;
	row.wanted[OUTER].len = outer.len;
	row.wanted[INNER].data = (char *)inner.data;
	row.wanted[INNER].len = inner.len;
	row.wanted[BODY].data = "x";
	row.wanted[BODY].len = 1;
	tap_ok(passes(&row, 0, 0) && passes(&row, 0, 1) && passes(&row, 0, 997),
	       "%s", row.name);
	seal_buf_free(&buf);
	seal_buf_free(&inner);
	seal_buf_free(&outer);
}

/* 16 MB in one value, without the test's own copy of it: memory is constant */
static int count_field(void *context, enum seal_entity_part part,
		       const unsigned char *data, size_t len,
		       struct seal_error *err)
{
	(void)part, (void)data, (void)err;
	*(size_t *)context += len;
	return 0;
}

static int count_head(void *context, const struct seal_content *content,
		      const char *blank_line, struct seal_error *err)
{
	(void)context, (void)content, (void)blank_line, (void)err;
	return 0;
}

static int count_body(void *context, const unsigned char *data, size_t len,
		      struct seal_error *err)
{
	(void)context, (void)data, (void)len, (void)err;
	return -1;
}

static void test_long_value(void)
{
	static const struct seal_entity_handler counting = {
		count_field, count_head, count_body
	};
	static unsigned char piece[65536];
	struct seal_entity *entity;
	struct seal_error err;
	size_t count = 0, n;
	bool good;

	memset(piece, 'x', sizeof(piece));
	entity = seal_entity_new(&counting, &count, &err);
	good = entity != NULL &&
		seal_entity_more(entity, (const unsigned char *)"Content-Type:",
				 13, &err) == 0;
	/* whatever is allocated from the second piece on fails */
	for (n = 0; good && n < 256; n++) {
		if (n == 1)
			tap_alloc_fail_at(1);
		good = seal_entity_more(entity, piece, sizeof(piece),
					&err) == 0;
	}
	tap_ok(good && !tap_alloc_failed() && count == 13 + 256 * sizeof(piece),
	       "a value of 16 MB needs no memory");
	tap_alloc_fail_at(0);
	seal_entity_free(&entity);
	seal_entity_free(&entity);
}

int main(void)
{
	size_t i;

	tap_alloc_init();
	for (i = 0; i < ROW_COUNT; i++)
		test_row(&rows[i]);
	test_run("name of 998 bytes", "", 'N', 998, ": 1\r\n", OUTER, "x",
		 "\r\n", false);
	test_run("name and white space of 998 bytes", "Name", ' ', 994,
		 ": 1\r\n", OUTER, "x", "\r\n", false);
	test_run("name of 999 bytes", "", 'N', 999, ": 1\r\n\r\n", BODY, "",
		 "", false);
	test_run("name and white space of 999 bytes", "Name", ' ', 995,
		 ": 1\r\n\r\n", BODY, "", "", false);
	test_run("separator too long", "From a", 'a', 1000,
		 " Mon Nov 13 22:47:00 2025\r\n", BODY, "", "", false);
	test_run("value of 4096 bytes", "Content-Type:", 'x', 4096, "\r\n",
		 INNER, "y", "\r\n", true);
	test_run("value of 4097 bytes", "Content-Type:", 'x', 4097, "\r\n",
		 INNER, "y", "\r\n", false);
	test_run("line of 100 kB", "A:", 'x', 100000, "\r\n", OUTER, "y", "\n",
		 false);
	test_many_fields();
	test_long_value();
	return tap_done();
}
