/* SPDX-License-Identifier: MIT */
/* The client against a seald that behaves in every way it should not: a
   child process plays a script on a socket. */
#include "client/client.h"

#include <sys/time.h>
#include <time.h>
#include "base/error.h"
#include "unit/false-seald.h"
#include "unit/tap.h"

static const struct row {
	const char *name;
	struct false_seald script;
	unsigned int questions;	/* asked one after the other */
	int wanted;		/* of the last one */
	enum seal_error_code code;
	enum seal_answer_kind kind;
} rows[] = {
	{ "an answer", { { { HELLO "1\tOK\ta=b\n" } } }, 1, 0, 0, SEAL_ANSWER_OK },
	{ "no", { { { HELLO "1\tNO\tcode=no-profile\n" } } }, 1, 0, 0,
	  SEAL_ANSWER_NO },
	{ "failed", { { { HELLO "1\tFAIL\tcode=io\ttext=x\n" } } }, 1, 0, 0,
	  SEAL_ANSWER_FAIL },
	{ "without fields", { { { HELLO "1\tOK\n" } } }, 1, 0, 0, SEAL_ANSWER_OK },
	{ "a later minor version", { { { "VERSION\tmail-seal\t1\t7\n1\tOK\n" } } },
	  1, 0, 0, SEAL_ANSWER_OK },
	{ "two questions on one connection",
	  { { { HELLO "1\tOK\n", "2\tNO\n" } } }, 2, 0, 0, SEAL_ANSWER_NO },
	{ "closed in between: asked anew",
	  { { { HELLO "1\tOK\n", "" }, { HELLO "3\tNO\n" } } }, 2, 0, 0,
	  SEAL_ANSWER_NO },
	{ "closed before it is asked: asked anew",
	  { { { HELLO "1\tOK\n" }, { HELLO "3\tNO\n" } } }, 2, 0, 0,
	  SEAL_ANSWER_NO },
	{ "closed before it is asked, twice",
	  { { { HELLO "1\tOK\n" }, { "" } } }, 2, -1, SEAL_ERR_IO, 0 },
	{ "closed in between, twice", { { { HELLO "1\tOK\n", "" }, { "" } } }, 2,
	  -1, SEAL_ERR_IO, 0 },
	{ "closed at once", { { { "" } } }, 1, -1, SEAL_ERR_IO, 0 },
	{ "half an answer", { { { HELLO "1\tOK\ta=" } } }, 1, -1, SEAL_ERR_IO, 0 },
	{ "half an answer on a kept connection is not asked again",
	  { { { HELLO "1\tOK\n", "2\tO" }, { HELLO "3\tOK\n" } } }, 2, -1,
	  SEAL_ERR_IO, 0 },
	{ "silence", { { { "~" } } }, 1, -1, SEAL_ERR_IO, 0 },
	{ "a greeting and silence", { { { HELLO "~" } } }, 1, -1, SEAL_ERR_IO, 0 },
	{ "silence on a kept connection", { { { HELLO "1\tOK\n", "~" } } }, 2, -1,
	  SEAL_ERR_IO, 0 },
	{ "half an answer and silence on a kept connection",
	  { { { HELLO "1\tOK\n", "2\tOK~" } } }, 2, -1, SEAL_ERR_IO, 0 },
	{ "late", { { { "%" HELLO "%1\tOK\n" } } }, 1, 0, 0, SEAL_ANSWER_OK },
	{ "late on a kept connection", { { { HELLO "1\tOK\n", "%2\tNO\n" } } }, 2,
	  0, 0, SEAL_ANSWER_NO },
	{ "in pieces on a kept connection",
	  { { { HELLO "1\tOK\n", "2\t%N%O\n" } } }, 2, 0, 0, SEAL_ANSWER_NO },
	{ "in pieces, and too late",
	  { { { HELLO "1\tOK\n", "%2%\t%O%K%\n" } } }, 2, -1, SEAL_ERR_IO, 0 },
	{ "an answer out of turn", { { { HELLO "1\tOK\n%1\tOK\n", "2\tOK\n" } } },
	  2, -1, SEAL_ERR_INPUT, 0 },
	{ "another protocol", { { { "VERSION\tauth\t1\t0\n1\tOK\n" } } }, 1, -1,
	  SEAL_ERR_INPUT, 0 },
	{ "another major version", { { { "VERSION\tmail-seal\t2\t0\n1\tOK\n" } } },
	  1, -1, SEAL_ERR_INPUT, 0 },
	{ "major version 10", { { { "VERSION\tmail-seal\t10\t0\n1\tOK\n" } } },
	  1, -1, SEAL_ERR_INPUT, 0 },
	{ "no greeting", { { { "1\tOK\n" } } }, 1, -1, SEAL_ERR_INPUT, 0 },
	{ "garbage", { { { HELLO "\x16\x03\x01\x02\n" } } }, 1, -1,
	  SEAL_ERR_INPUT, 0 },
	{ "an empty line", { { { HELLO "\n" } } }, 1, -1, SEAL_ERR_INPUT, 0 },
	{ "another question's answer", { { { HELLO "2\tOK\n" } } }, 1, -1,
	  SEAL_ERR_INPUT, 0 },
	{ "id 11 is not id 1", { { { HELLO "11\tOK\n" } } }, 1, -1,
	  SEAL_ERR_INPUT, 0 },
	{ "an unknown word", { { { HELLO "1\tOKAY\n" } } }, 1, -1,
	  SEAL_ERR_INPUT, 0 },
	{ "a lower-case word", { { { HELLO "1\tok\n" } } }, 1, -1,
	  SEAL_ERR_INPUT, 0 },
	{ "a field without =", { { { HELLO "1\tOK\ta\n" } } }, 1, -1,
	  SEAL_ERR_INPUT, 0 },
	{ "an empty field", { { { HELLO "1\tOK\t\n" } } }, 1, -1,
	  SEAL_ERR_INPUT, 0 },
	{ "a wrong escape", { { { HELLO "1\tOK\ta=\001x\n" } } }, 1, -1,
	  SEAL_ERR_INPUT, 0 },
	{ "an escape at the end", { { { HELLO "1\tOK\ta=\001\n" } } }, 1, -1,
	  SEAL_ERR_INPUT, 0 },
	{ "rows nobody asked for", { { { HELLO "1\tROW\ta=b\n1\tOK\n" } } }, 1,
	  -1, SEAL_ERR_INPUT, 0 },
	{ "two answers", { { { HELLO "1\tOK\n1\tOK\n" } } }, 1, -1,
	  SEAL_ERR_INPUT, 0 }
};

static char *socket_path;

static pid_t start(const struct row *row)
{
	return false_seald_start(socket_path, &row->script, NULL);
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void wait_ms(long ms)
{
	for (ms += now_ms(); now_ms() < ms; )
		usleep(1000);
}

static void test_row(const struct row *row)
{
	static const char *const args[] = { "SEAL", "user=u", NULL };
	struct seal_answer answer = SEAL_ANSWER_INIT;
	struct seal_error err = { .code = SEAL_ERR_NONE };
	pid_t pid = start(row);
	struct seal_client *client = seal_client_new(socket_path, 300, &err);
	unsigned int i;
	long ms = 0;
	int ret = -1;

	for (i = 0; i < row->questions; i++) {
		ms = -now_ms();
		ret = seal_client_ask(client, args, NULL, NULL, &answer, &err);
		ms += now_ms();
		if (ret < 0 && i + 1 < row->questions)
			break;
		/* let a server that closes come to it, or say more */
		if (i + 1 < row->questions)
			wait_ms(100);
	}
	/* twice the time is more than a slow machine explains */
	tap_ok(i == row->questions && ret == row->wanted && ms < 600 &&
	       (ret < 0 ? err.code == row->code : answer.kind == row->kind),
	       "%s%s%s", row->name, ret < 0 ? ": " : "",
	       ret < 0 ? err.text : "");
	seal_answer_free(&answer);
	seal_client_free(&client);
	false_seald_stop(pid);
}

static void nothing(int signal_number)
{
	(void)signal_number;
}

/* All again, with signals coming all the time. */
static void test_interrupted(void)
{
	const struct sigaction action = { .sa_handler = nothing };
	const struct itimerval often = { { 0, 7000 }, { 0, 7000 } },
		never = { { 0, 0 }, { 0, 0 } };
	struct row row;
	char name[100];
	unsigned int i;

	if (sigaction(SIGALRM, &action, NULL) < 0 ||
	    setitimer(ITIMER_REAL, &often, NULL) < 0)
		abort();
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		row = rows[i];
		snprintf(name, sizeof(name), "interrupted: %s", rows[i].name);
		row.name = name;
		test_row(&row);
	}
	setitimer(ITIMER_REAL, &never, NULL);
}

static int add_row(void *context, const struct seal_answer *row,
		   struct seal_error *err)
{
	unsigned int *count = context;
	const char *n = seal_answer_get(row, "n");

	if (n == NULL || (unsigned int)atoi(n) != *count)
		return seal_error_set(err, SEAL_ERR_INPUT, "wrong row");
	(*count)++;
	return *count == 4 ? seal_error_set(err, SEAL_ERR_LIMIT, "enough") : 0;
}

static void test_rows(void)
{
	static const struct row script = { .script = { .connections = { {
		HELLO "1\tROW\tn=0\n1\tROW\tn=1\n1\tOK\tn=2\n",
		"2\tROW\tn=2\n2\tROW\tn=3\n2\tOK\n" } } } };
	static const char *const args[] = { "LIST", NULL };
	struct seal_answer answer = SEAL_ANSWER_INIT;
	struct seal_error err;
	struct seal_client *client;
	unsigned int count = 0;
	pid_t pid = start(&script);

	client = seal_client_new(socket_path, 1000, &err);
	tap_ok(seal_client_ask(client, args, add_row, &count, &answer,
			       &err) == 0 && count == 2 &&
	       strcmp(seal_answer_field(&answer, 0), "n=2") == 0,
	       "rows come before the answer");
	tap_ok(seal_client_ask(client, args, add_row, &count, &answer,
			       &err) < 0 && err.code == SEAL_ERR_LIMIT,
	       "a row's error is passed on");
	seal_answer_free(&answer);
	seal_client_free(&client);
	false_seald_stop(pid);
}

static void test_values(void)
{
	static const struct row script = { .script = { .connections = { {
		HELLO "1\tOK\ta=x\001ty\001rz\001n\0011\tkey=AAECAw==\t"
		"empty=\tbad=AAE*\tshort=AAE\tspace=AAEC AAE\tlast=QUI=\n" } } } };
	static const char *const args[] = { "X", "a\tb\001c\rd\ne", "", NULL };
	struct seal_answer answer = SEAL_ANSWER_INIT;
	struct seal_buf key = SEAL_BUF_INIT;
	struct seal_error err;
	struct seal_client *client;
	pid_t pid = start(&script);
	unsigned long n;
	bool good = true, failed = true;

	client = seal_client_new(socket_path, 1000, &err);
	if (seal_client_ask(client, args, NULL, NULL, &answer, &err) < 0)
		abort();
	tap_ok(strcmp(seal_answer_get(&answer, "a"), "x\ty\rz\n\001") == 0 &&
	       answer.count == 7 && seal_answer_get(&answer, "A") == NULL &&
	       *seal_answer_get(&answer, "empty") == '\0',
	       "values are unescaped");
	tap_ok(seal_answer_get_base64(&answer, "key", &key, &err) == 1 &&
	       key.len == 4 && memcmp(key.data, "\0\1\2\3", 4) == 0 &&
	       seal_answer_get_base64(&answer, "last", &key, &err) == 1 &&
	       key.len == 6 && memcmp(key.data + 4, "AB", 2) == 0,
	       "base64 with padding");
	tap_ok(seal_answer_get_base64(&answer, "none", &key, &err) == 0 &&
	       seal_answer_get_base64(&answer, "empty", &key, &err) == 1 &&
	       key.len == 6, "base64: absent, empty");
	tap_ok(seal_answer_get_base64(&answer, "bad", &key, &err) == -1 &&
	       seal_answer_get_base64(&answer, "short", &key, &err) == -1 &&
	       seal_answer_get_base64(&answer, "space", &key, &err) == -1 &&
	       err.code == SEAL_ERR_INPUT && key.len == 6,
	       "base64: damaged");
	seal_buf_free(&key);
	seal_answer_free(&answer);
	seal_client_free(&client);
	false_seald_stop(pid);

	/* allocations */
	for (n = 1; failed && n < 100; n++) {
		pid = start(&script);
		err.code = SEAL_ERR_NONE;
		tap_alloc_fail_at(n);
		client = seal_client_new(socket_path, 1000, &err);
		if (client != NULL && seal_client_ask(client, args, NULL, NULL,
					&answer, &err) == 0)
			good = good && answer.count == 7;
		else
			good = good && err.code == SEAL_ERR_MEMORY;
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		seal_answer_free(&answer);
		seal_client_free(&client);
		false_seald_stop(pid);
	}
	tap_ok(good && !failed, "every failing allocation (%lu)", n - 1);
}

/* A first question, one that is sent ahead, and the second question. */
static void test_ahead(void)
{
	static const struct {
		struct row script;
		const char *ahead;
	} ahead_rows[] = {
		{ { .name = "ahead: the answer is there",
		    .script = { { { HELLO "1\tOK\n", "2\tNO\n" } } },
		    .kind = SEAL_ANSWER_NO }, "user=u" },
		{ { .name = "ahead: the answer comes later",
		    .script = { { { HELLO "1\tOK\n", "%%2\tNO\n" } } },
		    .kind = SEAL_ANSWER_NO }, "user=u" },
		{ { .name = "ahead: another question is asked",
		    .script = { { { HELLO "1\tOK\n", "2\tOK\n" },
				     { HELLO "3\tNO\n" } } },
		    .kind = SEAL_ANSWER_NO }, "user=other" },
		{ { .name = "ahead: closed instead of an answer",
		    .script = { { { HELLO "1\tOK\n", "" },
				     { HELLO "3\tNO\n" } } },
		    .kind = SEAL_ANSWER_NO }, "user=u" },
		{ { .name = "ahead: closed before",
		    .script = { { { HELLO "1\tOK\n" },
				     { HELLO "3\tNO\n" } } },
		    .kind = SEAL_ANSWER_NO }, "user=u" },
		{ { .name = "ahead: twice is once",
		    .script = { { { HELLO "1\tOK\n", "2\tNO\n" } } },
		    .kind = SEAL_ANSWER_NO, .questions = 2 }, "user=u" },
		{ { .name = "ahead: silence",
		    .script = { { { HELLO "1\tOK\n", "~" } } },
		    .wanted = -1, .code = SEAL_ERR_IO }, "user=u" }
	};
	static const char *const args[] = { "SEAL", "user=u", NULL };
	unsigned int i, n;

	for (i = 0; i < sizeof(ahead_rows) / sizeof(ahead_rows[0]); i++) {
		const struct row *row = &ahead_rows[i].script;
		const char *const ahead[] = { "SEAL", ahead_rows[i].ahead, NULL };
		struct seal_answer answer = SEAL_ANSWER_INIT;
		struct seal_error err = { .code = SEAL_ERR_NONE };
		pid_t pid = start(row);
		struct seal_client *client =
			seal_client_new(socket_path, 300, &err);
		int first, ret;

		/* without a connection nothing is sent */
		seal_client_ask_ahead(client, ahead);
		first = seal_client_ask(client, args, NULL, NULL, &answer, &err);
		wait_ms(100);
		for (n = row->questions > 0 ? row->questions : 1; n > 0; n--)
			seal_client_ask_ahead(client, ahead);
		wait_ms(50);
		ret = seal_client_ask(client, args, NULL, NULL, &answer, &err);
		tap_ok(first == 0 && ret == row->wanted &&
		       (ret < 0 ? err.code == row->code :
			answer.kind == row->kind), "%s%s%s", row->name,
		       ret < 0 ? ": " : "", ret < 0 ? err.text : "");
		seal_answer_free(&answer);
		seal_client_free(&client);
		false_seald_stop(pid);
	}
}

static void test_away(void)
{
	static const char *const args[] = { "SEAL", NULL };
	struct seal_answer answer = SEAL_ANSWER_INIT;
	struct seal_error err;
	struct seal_client *client;
	char path[300];

	(void)unlink(socket_path);
	client = seal_client_new(socket_path, 300, &err);
	tap_ok(seal_client_ask(client, args, NULL, NULL, &answer, &err) == -1 &&
	       err.code == SEAL_ERR_IO, "no socket: %s", err.text);
	seal_client_free(&client);
	seal_client_free(&client);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	tap_ok(seal_client_new(path, 1, &err) == NULL &&
	       err.code == SEAL_ERR_LIMIT, "a path too long for a socket");
}

static void test_long_line(void)
{
	static struct row script;
	static const char *const args[] = { "SEAL", NULL };
	struct seal_answer answer = SEAL_ANSWER_INIT;
	struct seal_error err;
	struct seal_client *client;
	char *line = malloc(2 * SEAL_CLIENT_LINE_MAX);
	pid_t pid;

	memset(line, 'x', 2 * SEAL_CLIENT_LINE_MAX);
	strcpy(line, HELLO "1\tOK\ta=");
	line[strlen(line)] = 'x';
	line[2 * SEAL_CLIENT_LINE_MAX - 1] = '\0';
	script.script.connections[0][0] = line;
	pid = start(&script);
	client = seal_client_new(socket_path, 5000, &err);
	tap_ok(seal_client_ask(client, args, NULL, NULL, &answer, &err) == -1 &&
	       err.code == SEAL_ERR_LIMIT, "a line of 2 MB");
	seal_answer_free(&answer);
	seal_client_free(&client);
	false_seald_stop(pid);
	free(line);
}

int main(void)
{
	unsigned int i;

	socket_path = strdup(tap_file("socket", NULL, 0));
	tap_alloc_init();
	signal(SIGPIPE, SIG_IGN);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		test_row(&rows[i]);
	test_interrupted();
	test_rows();
	test_values();
	test_ahead();
	test_away();
	test_long_line();
	free(socket_path);
	return tap_done();
}
