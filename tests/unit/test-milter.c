/* SPDX-License-Identifier: MIT */
#include "milter/answer.h"
#include "milter/options.h"
#include "milter/spool.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/error.h"
#include "tap.h"

static void test_answers(void)
{
	static const struct {
		const char *sentence, *wanted;
	} rows[] = {
		{ "A plain one, <a@b>.", "A plain one, <a@b>." },
		{ "", "" },
		{ "100% of 5%d", "100%% of 5%%d" },
		{ "a\r\nb\tc\x7f", "a??b?c?" },
		{ "\xc3\xa4", "??" }
	};
	char text[2 * MILTER_ANSWER_MAX + 1], sentence[1000];
	unsigned int i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		milter_answer_text(rows[i].sentence, text);
		tap_ok(strcmp(text, rows[i].wanted) == 0, "answer %u", i);
	}
	memset(sentence, '%', sizeof(sentence) - 1);
	sentence[sizeof(sentence) - 1] = '\0';
	milter_answer_text(sentence, text);
	tap_ok(strlen(text) == sizeof(text) - 1, "a long answer is cut");
}

#define NEEDED "--listen", "unix:/x", "--seald", "/y"

static const struct option_row {
	const char *args[10];		/* behind the program's name */
	const char *complaint;		/* a part of it; NULL: all is well */
} option_rows[] = {
	{ { NEEDED }, NULL },
	{ { NEEDED, "--max-size", "1", "--unsigned-replies", "reject" }, NULL },
	{ { NEEDED, "--user", "x", "--pid-file=/z", "--max-size=1048576" },
	  NULL },
	{ { "--listen", "inet:8894@127.0.0.1", "--seald", "/y" }, NULL },
	{ { NULL }, "--listen is missing" },
	{ { "--seald", "/y" }, "--listen is missing" },
	{ { "--listen", "unix:/x" }, "--seald is missing" },
	{ { "--listen", "inet:8894", "--seald", "/y" }, "which address" },
	{ { "--listen", "inet6:8894", "--seald", "/y" }, "which address" },
	{ { "--listen", "", "--seald", "/y" }, "--listen is empty" },
	{ { NEEDED, "--max-size", "0" }, "1 to 1048576" },
	{ { NEEDED, "--max-size", "1048577" }, "1 to 1048576" },
	{ { NEEDED, "--max-size", "-1" }, "1 to 1048576" },
	{ { NEEDED, "--max-size", "99999999999999999999" }, "1 to 1048576" },
	{ { NEEDED, "--max-size", "10M" }, "1 to 1048576" },
	{ { NEEDED, "--unsigned-replies", "no" }, "accept or reject" },
	{ { NEEDED, "--user" }, "follow --user" },
	{ { NEEDED, "--colour", "red" }, "no option --colour" },
	{ { NEEDED, "more" }, "more is one word too many" }
};

static void test_options(void)
{
	char *argv[12];
	struct milter_options options;
	struct seal_error err;
	unsigned int i;
	int argc, ret;

	for (i = 0; i < sizeof(option_rows) / sizeof(option_rows[0]); i++) {
		const struct option_row *row = &option_rows[i];

		argv[0] = (char *)"seal-milter";
		for (argc = 1; row->args[argc - 1] != NULL; argc++)
			argv[argc] = (char *)row->args[argc - 1];
		argv[argc] = NULL;
		err.text[0] = '\0';
		optind = 0;		/* getopt begins anew */
		ret = milter_options_read(argc, argv, &options, &err);
		tap_ok(row->complaint == NULL ? ret == 0 :
		       ret == -1 && err.code == SEAL_ERR_INPUT &&
		       strstr(err.text, row->complaint) != NULL,
		       "options %u: %s", i, err.text);
	}
}

/* What a reader of the spool has seen; it stops with ret after so many pieces. */
struct reader {
	struct seal_buf seen;
	unsigned int pieces;
	int ret;
};

static int read_piece(void *context, const unsigned char *data, size_t len,
		      struct seal_error *err)
{
	struct reader *reader = context;

	if (seal_buf_append(&reader->seen, data, len, err) < 0)
		abort();
	if (--reader->pieces > 0)
		return 1;
	return reader->ret < 0 ? seal_error_set(err, SEAL_ERR_IO, "stop") :
		reader->ret;
}

static void test_spool(void)
{
	static unsigned char data[300 * 1000];
	static const struct {
		const char *name;
		unsigned int pieces;
		int stop, ret;
		size_t seen;		/* at least */
	} rows[] = {
		{ "all", 1000, 1, 0, sizeof(data) },
		{ "all again", 1000, 1, 0, sizeof(data) },
		{ "the first piece", 1, 0, 0, 1 },
		{ "a failure", 2, -1, -1, 2 }
	};
	struct milter_spool *spool;
	struct seal_error err = { .code = SEAL_ERR_NONE };
	unsigned int i;
	size_t at, len;
	int ret = 0;

	for (at = 0; at < sizeof(data); at++)
		data[at] = (unsigned char)(at * 7 >> 3);
	spool = milter_spool_new(sizeof(data), &err);
	for (at = 0; ret == 0 && at < sizeof(data); at += len) {
		len = at % 999 + 1;
		if (len > sizeof(data) - at)
			len = sizeof(data) - at;
		ret = milter_spool_add(spool, data + at, len, &err);
	}
	tap_ok(ret == 0, "a spool takes as much as it may");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct reader reader = { SEAL_BUF_INIT, rows[i].pieces,
					 rows[i].stop };

		ret = milter_spool_read(spool, read_piece, &reader, &err);
		tap_ok(ret == rows[i].ret && reader.seen.len >= rows[i].seen &&
		       reader.seen.len <= sizeof(data) &&
		       memcmp(reader.seen.data, data, reader.seen.len) == 0,
		       "reads %s", rows[i].name);
		seal_buf_free(&reader.seen);
	}
	tap_ok(milter_spool_add(spool, "x", 1, &err) == -1 &&
	       err.code == SEAL_ERR_REFUSED, "a byte more is refused");
	milter_spool_free(&spool);
	tap_ok(spool == NULL, "freed");
	milter_spool_free(&spool);
}

static void test_no_folder(void)
{
	struct milter_spool *spool;
	struct seal_error err = { .code = SEAL_ERR_NONE };

	(void)setenv("TMPDIR", "/nonexistent", 1);
	spool = milter_spool_new(1, &err);
	tap_ok(spool == NULL && err.code == SEAL_ERR_IO &&
	       strstr(err.text, "/nonexistent") != NULL, "no folder for it");
}

static void test_memory(void)
{
	struct milter_spool *spool;
	struct seal_error err = { .code = SEAL_ERR_NONE };

	tap_alloc_fail_at(1);
	spool = milter_spool_new(1, &err);
	tap_ok(spool == NULL && err.code == SEAL_ERR_MEMORY &&
	       tap_alloc_failed(), "no memory for it");
	tap_alloc_fail_at(0);
}

int main(void)
{
	tap_alloc_init();
	test_answers();
	test_options();
	test_spool();
	test_memory();
	test_no_folder();
	return tap_done();
}
