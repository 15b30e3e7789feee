/* SPDX-License-Identifier: MIT */
/* The question for a content key, and all that can be answered. */
#include "unseal/ask.h"

#include "base/error.h"
#include "client/client.h"
#include "unit/false-seald.h"
#include "unit/tap.h"

#define KEY16 "key=AAECAwQFBgcICQoLDA0ODw=="
#define OK "1\tOK\t" KEY16 "\tsigners=MAA=\tprofile=0123456789abcdef\n"

static const struct row {
	const char *name;
	const char *answer;
	size_t key_len;
	int wanted;
	enum seal_error_code code;
	const char *text;	/* what the error is, or begins with */
} rows[] = {
	{ "opened", HELLO OK, 16, 1, 0, NULL },
	{ "opened, without a profile's id",
	  HELLO "1\tOK\t" KEY16 "\tsigners=MAA=\n", 16, 1, 0, NULL },
	{ "not ours", HELLO "1\tNO\tcode=not-ours\ttext=x\n", 16, 0, 0, NULL },
	{ "refused", HELLO "1\tFAIL\tcode=refused\ttext=No, you may not.\n", 16,
	  -1, SEAL_ERR_REFUSED, "No, you may not." },
	{ "no master key", HELLO "1\tFAIL\tcode=damaged\ttext=lost\n", 16, -1,
	  SEAL_ERR_IO, "seald: damaged: lost" },
	{ "too often", HELLO "1\tFAIL\tcode=limit\ttext=slowly\n", 16, -1,
	  SEAL_ERR_IO, "seald: limit: slowly" },
	{ "a key of another length", HELLO OK, 32, -1, SEAL_ERR_INPUT, "seald:" },
	{ "an empty key", HELLO "1\tOK\tkey=\tsigners=MAA=\n", 16, -1,
	  SEAL_ERR_INPUT, "seald:" },
	{ "no key", HELLO "1\tOK\tsigners=MAA=\n", 16, -1, SEAL_ERR_INPUT,
	  "seald:" },
	{ "no signers", HELLO "1\tOK\t" KEY16 "\n", 16, -1, SEAL_ERR_INPUT,
	  "seald:" },
	{ "a key that is not base64", HELLO "1\tOK\tkey=AAE*\tsigners=\n", 16,
	  -1, SEAL_ERR_INPUT, "key" },
	{ "signers that are not base64", HELLO "1\tOK\t" KEY16 "\tsigners=x\n",
	  16, -1, SEAL_ERR_INPUT, "signers" },
	{ "another no", HELLO "1\tNO\tcode=no-profile\ttext=x\n", 16, -1,
	  SEAL_ERR_INPUT, "seald:" },
	{ "no without a code", HELLO "1\tNO\n", 16, -1, SEAL_ERR_INPUT,
	  "seald:" },
	{ "refused without a sentence", HELLO "1\tFAIL\tcode=refused\n", 16, -1,
	  SEAL_ERR_INPUT, "seald:" },
	{ "refused with an empty sentence",
	  HELLO "1\tFAIL\tcode=refused\ttext=\n", 16, -1, SEAL_ERR_INPUT,
	  "seald:" },
	{ "refused in two lines",
	  HELLO "1\tFAIL\tcode=refused\ttext=a\001nb\n", 16, -1,
	  SEAL_ERR_INPUT, "seald:" },
	{ "failed without a code", HELLO "1\tFAIL\ttext=x\n", 16, -1,
	  SEAL_ERR_INPUT, "seald:" },
	{ "a row", HELLO "1\tROW\ta=b\n" OK, 16, -1, SEAL_ERR_INPUT, NULL },
	{ "closed", "", 16, -1, SEAL_ERR_IO, NULL },
	{ "silent", HELLO "~", 16, -1, SEAL_ERR_IO, NULL },
	{ "half an answer", HELLO "1\tOK\t" KEY16, 16, -1, SEAL_ERR_IO, NULL },
	{ "another version", "VERSION\tmail-seal\t2\t0\n" OK, 16, -1,
	  SEAL_ERR_INPUT, NULL }
};

static const unsigned char infos[] = { 0x30, 0x80, 0xfb, 0xff, 0x3f };
static char *socket_path;

/* asked: a file that receives the question; NULL: none */
static int ask(const struct false_seald *script, const char *asked,
	       const char *const *to, size_t key_len, struct seal_reply_key *key,
	       struct seal_error *err)
{
	struct seal_reply_asker asker = { .user = "u\tv", .to = to };
	pid_t pid = false_seald_start(socket_path, script, asked);
	int ret = -1;

	err->text[0] = '\0';
	asker.client = seal_client_new(socket_path, 300, err);
	if (asker.client != NULL)
		ret = seal_reply_ask_seald(&asker, infos, sizeof(infos),
					   key_len, key, err);
	seal_client_free(&asker.client);
	false_seald_stop(pid);
	return ret;
}

static void key_free(struct seal_reply_key *key)
{
	seal_buf_free(&key->key);
	seal_buf_free(&key->signers);
}

static bool is_opened(const struct seal_reply_key *key)
{
	return key->key.len == 16 && key->key.data[15] == 15 &&
		key->signers.len == 2 && key->signers.data[0] == 0x30;
}

static void test_row(const struct row *row)
{
	static const char *const to[] = { "a@example.org", NULL };
	const struct false_seald script = {
		.connections = { { row->answer } }
	};
	struct seal_reply_key key = { SEAL_BUF_INIT, SEAL_BUF_INIT };
	struct seal_error err = { .code = SEAL_ERR_NONE };
	int ret = ask(&script, NULL, to, row->key_len, &key, &err);

	tap_ok(ret == row->wanted &&
	       (ret > 0 ? is_opened(&key) :
		key.key.len == 0 && key.signers.len == 0) &&
	       (ret >= 0 || err.code == row->code) &&
	       (row->text == NULL || strncmp(err.text, row->text,
					     strlen(row->text)) == 0),
	       "%s%s%s", row->name, ret < 0 ? ": " : "",
	       ret < 0 ? err.text : "");
	key_free(&key);
}

/* What seald got to read. */
static bool asked_is(const char *path, const char *wanted)
{
	char line[65536];
	FILE *f = fopen(path, "r");
	bool good;

	if (f == NULL)
		return false;
	good = fgets(line, sizeof(line), f) != NULL &&
		strcmp(line, HELLO) == 0 &&
		fgets(line, sizeof(line), f) != NULL &&
		strcmp(line, wanted) == 0;
	if (!good)
		tap_note("asked: %.300s", line);
	(void)fclose(f);
	return good;
}

static void test_question(void)
{
	static const char *const one[] = { "a@example.org", NULL };
	static const char *const two[] = { "a@b.c", "\"x y\"@b.c", NULL };
	static const char *const broken[] = { "a@b.c", "a\nb@b.c", NULL };
	static const char *const none[] = { NULL };
	const struct false_seald script = { .connections = { { HELLO OK } } };
	struct seal_reply_key key = { SEAL_BUF_INIT, SEAL_BUF_INIT };
	struct seal_error err;
	const char *asked;

	asked = tap_file("asked", "", 0);
	tap_ok(ask(&script, asked, one, 16, &key, &err) == 1 &&
	       asked_is(asked, "1\tOPEN\tuser=u\001tv\trecipients=MID7/z8="
			"\tto=a@example.org\tlength=16\n"), "one recipient");
	key_free(&key);
	tap_ok(ask(&script, asked, two, 16, &key, &err) == 1 &&
	       asked_is(asked, "1\tOPEN\tuser=u\001tv\trecipients=MID7/z8="
			"\tto=a@b.c\001n\"x y\"@b.c\tlength=16\n"),
	       "two recipients");
	key_free(&key);
	tap_ok(ask(&script, asked, none, 16, &key, &err) == 1 &&
	       asked_is(asked, "1\tOPEN\tuser=u\001tv\trecipients=MID7/z8="
			"\tto=\tlength=16\n"), "none, which is for seald to say");
	key_free(&key);
	tap_ok(ask(&script, asked, broken, 16, &key, &err) == -1 &&
	       err.code == SEAL_ERR_INPUT, "a line break in an address");
	key_free(&key);
}

/* More than seald takes are as good as one more. */
static void test_many(void)
{
	static const char *to[1001];
	const struct false_seald script = {
		.connections = { { HELLO "1\tNO\tcode=not-ours\n" } }
	};
	struct seal_reply_key key = { SEAL_BUF_INIT, SEAL_BUF_INIT };
	struct seal_error err;
	unsigned int count = 1, i;
	char line[65536], *p;
	const char *asked;
	FILE *f;

	for (i = 0; i < 1000; i++)
		to[i] = "someone@example.org";
	asked = tap_file("many", "", 0);
	tap_ok(ask(&script, asked, to, 32, &key, &err) == 0, "1000 recipients");
	f = fopen(asked, "r");
	if (f == NULL || fgets(line, sizeof(line), f) == NULL ||
	    fgets(line, sizeof(line), f) == NULL)
		abort();
	for (p = line; (p = strstr(p, "\001n")) != NULL; p++)
		count++;
	tap_ok(count == 257, "257 of them are told: %u", count);
	(void)fclose(f);
}

static void test_allocations(void)
{
	static const char *const to[] = { "a@b.c", "d@e.f", NULL };
	const struct false_seald script = { .connections = { { HELLO OK } } };
	struct seal_reply_key key = { SEAL_BUF_INIT, SEAL_BUF_INIT };
	struct seal_error err;
	bool good = true, failed = true;
	unsigned long n;
	int ret;

	for (n = 1; good && failed && n < 100; n++) {
		tap_alloc_fail_at(n);
		ret = ask(&script, NULL, to, 16, &key, &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		good = ret > 0 ? is_opened(&key) :
			ret == -1 && err.code == SEAL_ERR_MEMORY &&
			key.key.data == NULL && key.signers.data == NULL;
		key_free(&key);
	}
	tap_ok(good && !failed, "every failing allocation (%lu)", n - 1);
}

int main(void)
{
	unsigned int i;

	tap_alloc_init();
	socket_path = strdup(tap_file("socket", NULL, 0));
	signal(SIGPIPE, SIG_IGN);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		test_row(&rows[i]);
	test_question();
	test_many();
	test_allocations();
	free(socket_path);
	return tap_done();
}
