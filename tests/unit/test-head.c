/* SPDX-License-Identifier: MIT */
#include "unseal/head.h"

#include <stdio.h>
#include <string.h>
#include "base/error.h"
#include "base/sink.h"
#include "message/entity.h"
#include "tap.h"
#include "unseal/reply.h"

#define V "MIME-Version: 1.0\r\n"
#define T "Content-Type: text/plain\r\n"

static const struct {
	const char *name, *message, *inner;
	bool replacing;
	const char *wanted;
} rows[] = {
	{ "nothing", "", "", false, V "\r\n" },
	{ "outside and inside", "From: a\r\nContent-Type: x/y\r\nMime-Version: 2\r\n"
	  "X-Mail-Seal: v=1\r\nTo: b\r\n", "content-x: 1\r\nSubject: x\r\n" T,
	  false, "From: a\r\nTo: b\r\n" V "content-x: 1\r\n" T "\r\n" },
	{ "an order of its own", "A: 1\r\nB: 2\r\nC: 3\r\n", "c: 4\r\nA: 5\r\n", true,
	  "A: 5\r\nB: 2\r\nc: 4\r\n" V "\r\n" },
	{ "twice inside", "A: 1\r\nB: 2\r\n", "B: 3\r\nA: 4\r\nB: 5\r\n", true,
	  "A: 4\r\nB: 3\r\nB: 5\r\n" V "\r\n" },
	{ "twice outside", "A: 1\r\nB: 2\r\nA: 3\r\n", "A: 4\r\n", true,
	  "A: 4\r\nB: 2\r\n" V "\r\n" },
	{ "inside only", "A: 1\r\n", "B: 2\r\nC: 3\r\nb: 4\r\n", true,
	  "A: 1\r\nB: 2\r\nC: 3\r\nb: 4\r\n" V "\r\n" },
	{ "folded, with white space", "Subject: 1\r\n 2\r\n\t3\r\nTo : b\r\n",
	  "Subject \t: 4\r\n 5\r\nTO: c\r\n d\r\n", true,
	  "Subject \t: 4\r\n 5\r\nTO: c\r\n d\r\n" V "\r\n" },
	{ "half a name", "To: 1\r\nToo: 2\r\nT: 3\r\n", "To: 4\r\n", true,
	  "To: 4\r\nToo: 2\r\nT: 3\r\n" V "\r\n" },
	{ "LF", "A: 1\n 2\nB: 3\n", "A: 4\n 5\n" "Content-Type: a/b\n", true,
	  "A: 4\n 5\nB: 3\n" V "Content-Type: a/b\n\r\n" },
	{ "HP-Outer, Bcc", "Bcc: 1\r\nHP-Outer: a\r\nA: 1\r\n",
	  "bcc: 2\r\nhp-outer: 3\r\nResent-Bcc: 4\r\nA: 5\r\n", true,
	  "Bcc: 1\r\nA: 5\r\n" V "\r\n" },
	{ "From, Sender", "From: a\r\nSubject: 1\r\n",
	  "from: b\r\nSender: c\r\nSubject: 2\r\n", true,
	  "From: a\r\nSubject: 2\r\n" V "\r\n" },
	{ "an mbox separator", "From a@b.c Mon Nov 23 22:47:00 2023\r\nTo: a\r\n",
	  "To: b\r\n", true,
	  "From a@b.c Mon Nov 23 22:47:00 2023\r\nTo: b\r\n" V "\r\n" }
};

static int on_field(void *context, enum seal_entity_part part,
		    const unsigned char *data, size_t len,
		    struct seal_error *err)
{
	return seal_head_add(context, part, data, len, err);
}

static int on_head(void *context, const struct seal_content *content,
		   const char *blank_line, struct seal_error *err)
{
	(void)context, (void)content, (void)blank_line, (void)err;
	return 0;
}

static int on_body(void *context, const unsigned char *data, size_t len,
		   struct seal_error *err)
{
	(void)context, (void)data, (void)len, (void)err;
	return 0;
}

static int read_head(struct seal_head *head, const char *text, size_t len,
		     struct seal_error *err)
{
	static const struct seal_entity_handler handler = {
		on_field, on_head, on_body
	};
	struct seal_entity *entity = seal_entity_new(&handler, head, err);
	size_t i;
	int ret = entity == NULL ? -1 : 0;

	for (i = 0; ret == 0 && i < len; i++)
		ret = seal_entity_more(entity, (const unsigned char *)text + i,
				       1, err);
	if (ret == 0)
		ret = seal_entity_finish(entity, err);
	seal_entity_free(&entity);
	return ret;
}

static int merge(const char *message, const char *inner, bool replacing,
		 struct seal_buf *out, struct seal_error *err)
{
	struct seal_head heads[2] = { { .too_long = false } };
	struct seal_sink sink = seal_sink_to_buf(out);
	int ret = -1;

	if (read_head(&heads[0], message, strlen(message), err) == 0 &&
	    read_head(&heads[1], inner, strlen(inner), err) == 0)
		ret = seal_head_write(&heads[0], &heads[1], replacing, &sink,
				      err);
	seal_head_free(&heads[0]);
	seal_head_free(&heads[1]);
	return ret;
}

static bool merges(unsigned int row, struct seal_error *err)
{
	struct seal_buf out = SEAL_BUF_INIT;
	const char *wanted = rows[row].wanted;
	bool good;

	err->code = SEAL_ERR_NONE;
	good = merge(rows[row].message, rows[row].inner, rows[row].replacing,
		     &out, err) == 0 && out.len == strlen(wanted) &&
		memcmp(out.data, wanted, out.len) == 0;
	if (!good && err->code == SEAL_ERR_NONE)
		tap_note("%.*s", (int)out.len, (char *)out.data);
	seal_buf_free(&out);
	return good;
}

static void test_limits(void)
{
	static char text[SEAL_REPLY_HEADER_MAX + 1];
	struct seal_head head = { .too_long = false };
	struct seal_buf out = SEAL_BUF_INIT;
	struct seal_error err;
	unsigned int i, count;
	size_t len;

	memset(text, 'x', sizeof(text));
	memcpy(text, "A: ", 3);
	text[SEAL_REPLY_HEADER_MAX - 1] = '\n';
	tap_ok(read_head(&head, text, SEAL_REPLY_HEADER_MAX, &err) == 0 &&
	       !head.too_long && head.outer.len == SEAL_REPLY_HEADER_MAX,
	       "a long header");
	tap_ok(read_head(&head, "B: 1\r\n", 6, &err) == 0 && head.too_long &&
	       head.outer.len == 0, "a longer one is not kept");
	seal_head_free(&head);

	for (count = SEAL_HEAD_PROTECTED_MAX;
	     count <= SEAL_HEAD_PROTECTED_MAX + 1; count++) {
		for (i = 0, len = 0; i < count; i++)
			len += (size_t)sprintf(text + len, "X-%u: 1\r\n", i);
		seal_buf_clear(&out);
		i = merge("X-0: 2\r\n", text, true, &out, &err) == 0;
		tap_ok(count > SEAL_HEAD_PROTECTED_MAX ?
		       i == 0 && err.code == SEAL_ERR_LIMIT :
		       i == 1 && out.len == len + 21,
		       "%u protected fields", count);
	}
	tap_ok(merge("X-0: 2\r\n", text, false, &out, &err) == 0,
	       "they do not matter where they are not");
	seal_buf_free(&out);
}

int main(void)
{
	static const struct {
		const char *text;
		bool wanted;
	} firsts[] = {
		{ "", false },
		{ "A: b\r\n", true },
		{ "Content-Type: text/plain\r\n", true },
		{ "From a@b.c Mon Nov 23 22:47:00 2023\r\nA: b\r\n", false },
		{ "hello\r\n", false }
	};
	struct seal_head head = { .too_long = false };
	struct seal_error err;
	unsigned int i;
	unsigned long n;
	bool good, failed;

	tap_alloc_init();
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		tap_ok(merges(i, &err), "%s", rows[i].name);
	for (i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
		tap_ok(read_head(&head, firsts[i].text, strlen(firsts[i].text),
				 &err) == 0 &&
		       seal_head_has_fields(&head) == firsts[i].wanted,
		       "begins with a field, %u: %d", i, firsts[i].wanted);
		seal_head_free(&head);
	}
	test_limits();
	for (n = 1, good = failed = true; good && failed; n++) {
		tap_alloc_fail_at(n);
		good = merges(1, &err) || err.code == SEAL_ERR_MEMORY;
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
	}
	tap_ok(good && n > 3, "every failing allocation (%lu)", n - 2);
	return tap_done();
}
