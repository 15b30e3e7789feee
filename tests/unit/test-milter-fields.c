/* SPDX-License-Identifier: MIT */
#include "milter/fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/error.h"
#include "tap.h"

#define FIELDS_MAX 16

/* Headers are written as lines "name:value". ordered: what all edits make of from has
 * the fields of to in this order. */
static const struct row {
	const char *name, *from, *to, *ordered;
	unsigned int edits;
} rows[] = {
	{ "nothing changes", "A: 1\nB: 2\nA: 3\n", "A: 1\nB: 2\nA: 3\n",
	  "A: 1\nB: 2\nA: 3\n", 0 },
	{ "both are empty", "", "", "", 0 },
	{ "all are new", "", "B: 2\nA: 1\nB: 3\n", "B: 2\nA: 1\nB: 3\n", 3 },
	{ "all go", "A: 1\nB: 2\nA: 3\n", "", "", 3 },
	{ "a value changes in its place", "A: 1\nB: 2\nC: 3\n",
	  "A: 1\nC: 3\nB: 9\n", "A: 1\nB: 9\nC: 3\n", 1 },
	{ "MIME fields", "From: a\nMIME-Version: 1.0\nContent-Type: x/y\n"
	  "Content-Transfer-Encoding: base64\nContent-Disposition: z\nTo: b\n",
	  "From: a\nTo: b\nMIME-Version: 1.0\nContent-Type: text/plain\n"
	  "Content-Language: de\n",
	  "From: a\nMIME-Version: 1.0\nContent-Type: text/plain\nTo: b\n"
	  "Content-Language: de\n", 4 },
	{ "a protected Subject", "Subject: ...\nFrom: a\n",
	  "From: a\nSubject: real\n", "Subject: real\nFrom: a\n", 1 },
	{ "fewer of a name", "A: 1\nA: 2\nB: 0\nA: 3\nA: 4\n", "B: 0\nA: 1\nA: 9\n",
	  "A: 1\nA: 9\nB: 0\n", 3 },
	{ "more of a name", "A: 1\nB: 0\n", "A: 1\nA: 2\nB: 0\nA: 3\n",
	  "A: 1\nB: 0\nA: 2\nA: 3\n", 2 },
	{ "case of letters", "content-type: a\nX: 1\nSUBJECT: s\n",
	  "Content-Type: b\nX: 1\nsubject: s\n",
	  "Content-Type: b\nX: 1\nsubject: s\n", 2 },
	{ "names that begin alike", "A: 1\nAB: 2\nABC: 3\n", "AB: 2\n",
	  "AB: 2\n", 2 },
	{ "white space counts", "A:1\nB:  2\n", "A: 1\nB:  2\n",
	  "A: 1\nB:  2\n", 1 },
	{ "an empty value", "A: 1\n", "A:\n", "A:\n", 1 },
	{ "a new name before all others", "B: 1\n", "A: 0\nB: 1\n",
	  "B: 1\nA: 0\n", 1 }
};

static void read_lines(const char *text, struct milter_fields *fields)
{
	struct seal_error err;
	char line[128], *colon;
	size_t len;

	for (; *text != '\0'; text += len + 1) {
		len = strcspn(text, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)len, text);
		colon = strchr(line, ':');
		*colon = '\0';
		if (milter_fields_add(fields, line, colon + 1, &err) < 0)
			abort();
	}
}

/* A mail server. count_deleted: a field that was deleted counts on, as Sendmail's
 * do; Postfix's do not. */
struct server {
	char fields[FIELDS_MAX][128];	/* "name:value", "" where it is deleted */
	size_t count;
	bool count_deleted, wrong;
	unsigned int edits;
};

static void put(char *field, const char *name, const char *value)
{
	snprintf(field, 128, "%s:%s", name, value);
}

/* "name" is kept in front of what was deleted, to be counted */
static bool bears(const struct server *server, size_t i, const char *name)
{
	const char *field = server->fields[i];
	size_t len = strlen(name);

	if (*field == '!' && !server->count_deleted)
		return false;
	field += *field == '!';
	return strncasecmp(field, name, len) == 0 && field[len] == ':';
}

static int change(void *context, const char *name, size_t rank,
		  const char *value, struct seal_error *err)
{
	struct server *server = context;
	char deleted[128];
	size_t i;

	(void)err;
	server->edits++;
	for (i = 0; i < server->count; i++) {
		if (bears(server, i, name) && --rank == 0)
			break;
	}
	if (i == server->count || *server->fields[i] == '!') {
		server->wrong = true;
	} else if (value != NULL) {
		put(server->fields[i], name, value);
	} else {
		snprintf(deleted, sizeof(deleted), "!%.126s", server->fields[i]);
		memcpy(server->fields[i], deleted, sizeof(deleted));
	}
	return 0;
}

static int add(void *context, const char *name, const char *value,
	       struct seal_error *err)
{
	struct server *server = context;

	(void)err;
	server->edits++;
	put(server->fields[server->count++], name, value);
	return 0;
}

static bool test_row(const struct row *row, bool count_deleted)
{
	struct milter_fields from = MILTER_FIELDS_INIT, to = MILTER_FIELDS_INIT;
	struct server server = { .count_deleted = count_deleted };
	struct milter_edit edit = { change, add, &server };
	struct seal_error err;
	char got[1024] = "";
	const char *text;
	size_t i;
	int ret;

	read_lines(row->from, &from);
	read_lines(row->to, &to);
	text = (const char *)from.text.data;
	for (i = 0; i < from.count; i++) {
		put(server.fields[server.count++], text,
		    text + strlen(text) + 1);
		text += strlen(text) + 1;
		text += strlen(text) + 1;
	}
	ret = milter_fields_edit(&from, &to, &edit, &err);
	for (i = 0; i < server.count; i++) {
		if (*server.fields[i] != '!')
			strcat(strcat(got, server.fields[i]), "\n");
	}
	milter_fields_free(&from);
	milter_fields_free(&to);
	if (strcmp(got, row->ordered) != 0)
		tap_note("got %s", got);
	return ret == 0 && !server.wrong && server.edits == row->edits &&
		strcmp(got, row->ordered) == 0;
}

static int refuse(void *context, const char *name, size_t rank,
		  const char *value, struct seal_error *err)
{
	(void)context, (void)name, (void)rank, (void)value;
	return seal_error_set(err, SEAL_ERR_IO, "no");
}

static int refuse_add(void *context, const char *name, const char *value,
		      struct seal_error *err)
{
	return refuse(context, name, 0, value, err);
}

static void test_refusal(void)
{
	static const char *const texts[][2] = {
		{ "A: 1\n", "A: 2\n" }, { "A: 1\n", "" }, { "", "A: 1\n" }
	};
	const struct milter_edit edit = { refuse, refuse_add, NULL };
	unsigned int i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct milter_fields from = MILTER_FIELDS_INIT;
		struct milter_fields to = MILTER_FIELDS_INIT;
		struct seal_error err = { .code = SEAL_ERR_NONE };

		read_lines(texts[i][0], &from);
		read_lines(texts[i][1], &to);
		tap_ok(milter_fields_edit(&from, &to, &edit, &err) == -1 &&
		       err.code == SEAL_ERR_IO, "edit %u fails", i);
		milter_fields_free(&from);
		milter_fields_free(&to);
	}
}

static void test_write(void)
{
	static const char wanted[] = "A: 1\r\n 2\r\n\t3\r\nB:\r\nC: \r x\r\n";
	struct milter_fields fields = MILTER_FIELDS_INIT;
	struct seal_buf out = SEAL_BUF_INIT;
	struct seal_error err;

	tap_ok(milter_fields_add(&fields, "A", " 1\n 2\r\n\t3", &err) == 0 &&
	       milter_fields_add(&fields, "B", "", &err) == 0 &&
	       milter_fields_add(&fields, "C", " \r x", &err) == 0 &&
	       fields.count == 3, "fields are added");
	tap_ok(milter_fields_write(&fields, &out, &err) == 0 &&
	       out.len == strlen(wanted) &&
	       memcmp(out.data, wanted, out.len) == 0, "and written");
	tap_ok(strstr((char *)fields.text.data + 2, " 1\n 2\n\t3") != NULL,
	       "a folded value has LF");
	seal_buf_free(&out);
	milter_fields_free(&fields);
}

static void test_memory(void)
{
	unsigned long n;

	for (n = 1;; n++) {
		struct milter_fields from = MILTER_FIELDS_INIT;
		struct milter_fields to = MILTER_FIELDS_INIT;
		struct server server = { .count = 0 };
		const struct milter_edit edit = { change, add, &server };
		struct seal_error err = { .code = SEAL_ERR_NONE };
		bool failed;
		int ret;

		tap_alloc_fail_at(n);
		ret = milter_fields_add(&to, "A", " 1", &err) < 0 ||
			milter_fields_edit(&from, &to, &edit, &err) < 0 ? -1 : 0;
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		milter_fields_free(&from);
		milter_fields_free(&to);
		if (!failed)
			break;
		tap_ok(ret == -1 && err.code == SEAL_ERR_MEMORY &&
		       server.edits == 0, "allocation %lu fails", n);
	}
	tap_ok(n > 3, "allocations were made");
}

int main(void)
{
	unsigned int i;

	tap_alloc_init();
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tap_ok(test_row(&rows[i], false), "%s", rows[i].name);
		tap_ok(test_row(&rows[i], true), "%s, deleted ones counted",
		       rows[i].name);
	}
	test_refusal();
	test_write();
	test_memory();
	return tap_done();
}
