/* SPDX-License-Identifier: MIT */
/* Messages that were changed, cut off or swapped; a seald, a next hop or memory that
   fails. */
#include "unseal/reply.h"

#include "unit/reply-check.h"

#define OPENED SEAL_REPLY_OPENED
#define PASS SEAL_REPLY_PASS
#define REFUSED SEAL_REPLY_REFUSED

/* Every offset; where valgrind runs, a spread of them. */
static size_t stride(void)
{
	return tap_is_slow() ? 301 : 1;
}

static struct reply_signers signers;

/* What was signed is behind the outer header, which nobody signed. */
static bool same_inner(const struct seal_buf *out)
{
	static const char inner[] = REPLY_VERSION REPLY_TEXT;
	size_t len = sizeof(inner) - 1;

	return out->len >= len &&
		memcmp(out->data + out->len - len, inner, len) == 0;
}

/* A byte is another one, at each offset: what is signed comes out as it went in, or
 * not at all. */
static void test_altered(const char *recipe)
{
	struct seal_buf message = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	struct reply_seald seald = { .signers = &signers };
	struct seal_reply_order order = { reply_ask, &seald, true };
	enum seal_reply_verdict verdict = PASS;
	unsigned int verdicts[3] = { 0, 0, 0 };
	struct seal_error err;
	bool good = true;
	size_t at;
	int ret;

	reply_make(&message, REPLY_OUTER, REPLY_TEXT, recipe, &signers);
	for (at = 0; good && at < message.len; at += stride()) {
		unsigned char was = message.data[at];

		/* another character of base64, or none at all */
		message.data[at] ^= at % 3 == 0 ? 1 : at % 3 == 1 ? 2 : 0x80;
		ret = reply_open(&order, &message, 0, at, &out, &verdict, &err);
		message.data[at] = was;
		if (ret == 0)
			verdicts[verdict]++;
		good = ret == 0 && (verdict != OPENED || same_inner(&out)) &&
			(verdict != REFUSED || err.code == SEAL_ERR_REFUSED);
		if (!good)
			tap_note("%d, verdict %d, at %zu: %.*s", ret, verdict,
				 at, (int)out.len, (const char *)out.data);
	}
	tap_ok(good && verdicts[REFUSED] > message.len / stride() / 2,
	       "%s: altered at every offset: %u passed, %u opened, %u refused",
	       recipe, verdicts[PASS], verdicts[OPENED], verdicts[REFUSED]);
	seal_buf_free(&message);
	seal_buf_free(&out);
}

static void test_truncated(const char *recipe)
{
	struct seal_buf message = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	struct reply_seald seald = { .signers = &signers };
	struct seal_reply_order order = { reply_ask, &seald, false };
	enum seal_reply_verdict verdict = PASS;
	struct seal_error err;
	bool good = true;
	size_t len, opened_from = 0;

	reply_make(&message, REPLY_OUTER, REPLY_TEXT, recipe, &signers);
	len = message.len;
	for (message.len = 0; good && message.len < len;
	     message.len += stride()) {
		good = reply_open(&order, &message, 0, 0, &out, &verdict,
				  &err) == 0;
		if (verdict == OPENED && opened_from == 0)
			opened_from = message.len;
	}
	/* a line end may lack, and the padding of base64 */
	tap_ok(good && (opened_from == 0 || opened_from + 4 >= len),
	       "%s: cut off at every offset, %zu of %zu", recipe, opened_from,
	       len);
	seal_buf_free(&message);
	seal_buf_free(&out);
}

/* Keys that are not the one, 600 of them: with CBC some have a padding that is right,
 * and no more can be seen of that than of the others. */
static void test_wrong_key(const char *recipe)
{
	struct seal_buf message = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	struct reply_seald seald = { .signers = &signers, .wrong_key = true };
	struct seal_reply_order order = { reply_ask, &seald, false };
	enum seal_reply_verdict verdict = PASS;
	struct seal_reply *reply;
	struct seal_error err;
	bool good = true;
	size_t at;

	reply_make(&message, REPLY_OUTER, REPLY_TEXT, recipe, &signers);
	while (good && seald.asked < (tap_is_slow() ? 5 : 600)) {
		reply = seal_reply_new(&order, &err);
		good = reply != NULL &&
			seal_reply_begin(reply, NULL, &err) == 0;
		/* it shows at the end only */
		for (at = 0; good && at < message.len; at++)
			good = seal_reply_more(reply, message.data + at, 1,
					       &err) == 1;
		good = good && seal_reply_finish(reply, &verdict, &err) == 0 &&
			verdict == REFUSED &&
			strstr(err.text, "It is damaged") != NULL;
		seal_reply_free(&reply);
	}
	tap_ok(good, "%s: wrong keys are all alike", recipe);
	seal_buf_free(&message);
	seal_buf_free(&out);
}

/* The same end of everything that can be wrong behind a header. */
static void test_one_sentence(void)
{
	static const char *const inner[] = {
		"Content-Type: multipart/signed; boundary=b;"
		" protocol=\"application/pkcs7-signature\"\r\n\r\n--b\r\n",
		"Content-Type: multipart/signed; boundary=b;"
		" protocol=\"application/pkcs7-signature\"\r\n\r\n--b\r\n"
		"Subject: x\r\n\r\n--b\r\n"
		"Content-Type: application/pkcs7-signature\r\n\r\nx\r\n--b--\r\n",
		"Content-Type: multipart/signed; boundary=b;"
		" protocol=\"application/pkcs7-signature\"\r\n\r\n--b\r\n"
		"Subject: x\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n"
		"x\r\n--b--\r\n",
		"Content-Type: application/pkcs7-mime\r\n\r\n0\x80\x06",
		"Content-Type: application/pkcs7-mime\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\nMIAGCSqGSIb3DQEHAqCA=x",
		"Content-Type: application/pkcs7-mime\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\nMIAGCSqGSIb3DQEHA6CA",
		"What is no header\r\n"
	};
	struct seal_buf message = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	struct reply_seald seald = { .signers = &signers };
	struct seal_reply_order order = { reply_ask, &seald, false };
	enum seal_reply_verdict verdict = PASS;
	struct seal_error err, first = { SEAL_ERR_NONE, "" };
	unsigned int i;

	for (i = 0; i < sizeof(inner) / sizeof(inner[0]); i++) {
		reply_make(&message, REPLY_OUTER, inner[i], "e", &signers);
		if (reply_open(&order, &message, 0, 0, &out, &verdict,
			       &err) < 0)
			verdict = PASS;
		if (i == 0)
			first = err;
		tap_ok(verdict == REFUSED && strcmp(err.text, first.text) == 0,
		       "one sentence, %u: %s", i, err.text);
	}
	seal_buf_free(&message);
	seal_buf_free(&out);
}

/* Headers that are too long, or hold too much. */
static void test_limits(void)
{
	static const struct {
		const char *name;
		size_t outer, inner, fields;
		const char *recipe, *wanted;
		enum seal_reply_verdict verdict;
	} rows[] = {
		{ "a long header, not ours", 300000, 0, 0, "f", NULL, PASS },
		{ "a long header", 300000, 0, 0, "e", "its header is too long",
		  REFUSED },
		{ "a header that is not as long", 250000, 0, 0, "e", NULL,
		  OPENED },
		{ "a long header inside", 0, 300000, 0, "e",
		  "a header in its encrypted part is too long", REFUSED },
		{ "one in an opaque signature", 0, 300000, 0, "oe",
		  "a header in its encrypted part is too long", REFUSED },
		{ "500 protected fields", 0, 0, 500, "e", NULL, OPENED },
		{ "600 protected fields", 0, 0, 600, "e",
		  "too many header fields", REFUSED }
	};
	static char outer[310000], inner[310000];
	struct seal_buf message = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	struct reply_seald seald = { .signers = &signers };
	struct seal_reply_order order = { reply_ask, &seald, false };
	enum seal_reply_verdict verdict = PASS;
	struct seal_error err;
	unsigned int i;
	size_t n, len;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(outer, sizeof(outer), "X: %0*d\r\n" REPLY_OUTER,
			 (int)rows[i].outer, 1);
		len = (size_t)snprintf(inner, sizeof(inner), "Content-Type: "
				       "text/plain; hp=clear\r\n");
		for (n = 0; n < rows[i].fields; n++)
			len += (size_t)snprintf(inner + len, 100, "X: 1\r\n");
		snprintf(inner + len, sizeof(inner) - len,
			 "Y: %0*d\r\n\r\nHello\r\n", (int)rows[i].inner, 1);
		reply_make(&message, outer, inner, rows[i].recipe, &signers);
		err.text[0] = '\0';
		tap_ok(reply_open(&order, &message, 4096, 0, &out, &verdict,
				  &err) == 0 && verdict == rows[i].verdict &&
		       (rows[i].wanted == NULL ||
			strstr(err.text, rows[i].wanted) != NULL),
		       "%s: %s", rows[i].name, err.text);
	}
	seal_buf_free(&message);
	seal_buf_free(&out);
}

static void test_seald(void)
{
	static const struct {
		enum seal_error_code fails;
		const char *recipe;
		int wanted;
		enum seal_reply_verdict verdict;
	} rows[] = {
		{ SEAL_ERR_REFUSED, "e", 0, REFUSED },
		{ SEAL_ERR_REFUSED, "sf", 0, REFUSED },
		{ SEAL_ERR_IO, "e", -1, PASS },
		{ SEAL_ERR_IO, "es", -1, PASS },
		{ SEAL_ERR_INPUT, "se", -1, PASS },
		{ SEAL_ERR_NOTFOUND, "f", -1, PASS },
		{ SEAL_ERR_MEMORY, "e", -1, PASS },
		{ SEAL_ERR_IO, "s", 0, PASS }
	};
	struct seal_buf message = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	unsigned int i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct reply_seald seald = { &signers, rows[i].fails, false, 0 };
		struct seal_reply_order order = { reply_ask, &seald, false };
		enum seal_reply_verdict verdict = PASS;
		struct seal_error err = { SEAL_ERR_NONE, "" };
		int ret;

		reply_make(&message, REPLY_OUTER, REPLY_TEXT, rows[i].recipe,
			   &signers);
		ret = reply_open(&order, &message, 0, 0, &out, &verdict, &err);
		tap_ok(ret == rows[i].wanted && verdict == rows[i].verdict &&
		       ((ret == 0 && verdict == PASS) ||
			(err.code == rows[i].fails &&
			 strcmp(err.text, "seald says no") == 0)) &&
		       seald.asked == (strcmp(rows[i].recipe, "s") != 0),
		       "seald fails with \"%s\", %s",
		       seal_error_code_name(rows[i].fails), rows[i].recipe);
	}
	seal_buf_free(&message);
	seal_buf_free(&out);
}

/* What is read the second time is another message: one byte at a time is another one,
 * it is shorter, or longer. */
static void test_changed(const char *recipe)
{
	struct seal_buf message = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	struct reply_seald seald = { .signers = &signers };
	struct seal_reply_order order = { reply_ask, &seald, false };
	enum seal_reply_verdict verdict = PASS;
	struct seal_error err;
	struct seal_reply *reply = seal_reply_new(&order, &err);
	bool good;
	size_t at, len;

	reply_make(&message, REPLY_OUTER, REPLY_TEXT, recipe, &signers);
	good = reply_run(reply, &message, 0, 0, NULL, &verdict, &err) == 0 &&
		verdict == OPENED;
	for (at = 0; good && at < message.len; at += stride()) {
		message.data[at] ^= 4;
		seal_buf_clear(&out);
		good = reply_run(reply, &message, 0, 0, &out, &verdict,
				 &err) == -1 && err.code == SEAL_ERR_IO &&
			out.len < seal_reply_size(reply);
		message.data[at] ^= 4;
		if (!good)
			tap_note("at %zu: %s, %zu bytes", at, err.text, out.len);
	}
	len = message.len;
	for (message.len = 0; good && message.len < len;
	     message.len += stride()) {
		seal_buf_clear(&out);
		good = reply_run(reply, &message, 0, 0, &out, &verdict,
				 &err) == -1 && err.code == SEAL_ERR_IO &&
			out.len < seal_reply_size(reply);
	}
	message.len = len;
	reply_add_text(&message, "\r\n");
	seal_buf_clear(&out);
	good = good && reply_run(reply, &message, 0, 0, &out, &verdict,
				 &err) == -1 && err.code == SEAL_ERR_IO &&
		out.len < seal_reply_size(reply);
	tap_ok(good, "%s: another message the second time", recipe);

	/* and after all of that, the right one */
	message.len = len;
	seal_buf_clear(&out);
	tap_ok(reply_run(reply, &message, 7, 0, &out, &verdict, &err) == 0 &&
	       verdict == OPENED && out.len == seal_reply_size(reply) &&
	       same_inner(&out) && seald.asked == strlen(recipe),
	       "%s: the same message the second time, seald is not asked again",
	       recipe);
	seal_reply_free(&reply);
	seal_buf_free(&message);
	seal_buf_free(&out);
}

struct limited {
	size_t left;
	enum seal_error_code code;
};

static int limited_write(void *context, const unsigned char *data, size_t len,
			 struct seal_error *err)
{
	struct limited *limited = context;

	(void)data;
	if (len > limited->left)
		return seal_error_set(err, limited->code, "the next hop is away");
	limited->left -= len;
	return 0;
}

/* The sink's error is the sink's, whatever its code. */
static void test_sink(void)
{
	static const enum seal_error_code codes[] = {
		SEAL_ERR_IO, SEAL_ERR_REFUSED, SEAL_ERR_LIMIT
	};
	struct seal_buf message = SEAL_BUF_INIT;
	struct reply_seald seald = { .signers = &signers };
	struct seal_reply_order order = { reply_ask, &seald, false };
	enum seal_reply_verdict verdict = PASS;
	struct seal_error err;
	struct seal_reply *reply = seal_reply_new(&order, &err);
	struct limited limited;
	struct seal_sink sink = { .write = limited_write, .context = &limited };
	bool good = true;
	unsigned int i;
	size_t at;

	reply_make(&message, REPLY_OUTER, REPLY_TEXT, "se", &signers);
	good = reply_run(reply, &message, 0, 0, NULL, &verdict, &err) == 0;
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		for (at = 0; good && at < seal_reply_size(reply); at += stride()) {
			limited.left = at;
			limited.code = codes[i];
			good = seal_reply_begin(reply, &sink, &err) == 0;
			err.code = SEAL_ERR_NONE;
			good = good && (reply_feed(reply, &message, 0, 0,
						   &err) < 0 ||
					seal_reply_finish(reply, &verdict,
							  &err) < 0) &&
				err.code == codes[i] &&
				strcmp(err.text, "the next hop is away") == 0;
		}
		tap_ok(good, "a sink that fails with \"%s\"",
		       seal_error_code_name(codes[i]));
	}
	seal_reply_free(&reply);
	seal_buf_free(&message);
}

static void test_order_of_runs(void)
{
	struct seal_buf message = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	struct reply_seald seald = { .signers = &signers };
	struct seal_reply_order order = { reply_ask, &seald, false };
	enum seal_reply_verdict verdict = PASS;
	struct seal_error err;
	struct seal_reply *reply = seal_reply_new(&order, &err);
	struct seal_sink sink = seal_sink_to_buf(&out);

	tap_ok(seal_reply_begin(reply, &sink, &err) == -1 &&
	       seal_reply_more(reply, (const unsigned char *)"x", 1,
			       &err) == -1 &&
	       seal_reply_finish(reply, &verdict, &err) == -1,
	       "no second run before the first: %s", err.text);
	reply_make(&message, REPLY_OUTER, REPLY_TEXT, "se", &signers);
	(void)reply_run(reply, &message, 0, 0, NULL, &verdict, &err);
	reply_make(&message, REPLY_OUTER, REPLY_TEXT, "s", &signers);
	tap_ok(reply_run(reply, &message, 0, 0, NULL, &verdict, &err) == 0 &&
	       verdict == PASS && seal_reply_begin(reply, &sink, &err) == -1,
	       "nor after one that passes");
	reply_make(&message, REPLY_OUTER, REPLY_TEXT, "se", &signers);
	tap_ok(seal_reply_begin(reply, NULL, &err) == 0 &&
	       seal_reply_more(reply, message.data, message.len / 2, &err) == 1 &&
	       reply_run(reply, &message, 0, 0, NULL, &verdict, &err) == 0 &&
	       verdict == OPENED &&
	       seal_reply_begin(reply, &sink, &err) == 0 &&
	       seal_reply_more(reply, message.data, message.len / 2, &err) == 1 &&
	       out.len == 0 &&
	       reply_run(reply, &message, 0, 0, &out, &verdict, &err) == 0 &&
	       verdict == OPENED && same_inner(&out), "runs that are given up");
	seal_reply_free(&reply);
	seal_reply_free(&reply);
	seal_buf_free(&message);
	seal_buf_free(&out);
}

/* Each of the allocations, or one of so many. */
static void test_alloc(const char *recipe, unsigned long step)
{
	struct seal_buf message = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	struct reply_seald seald = { .signers = &signers };
	struct seal_reply_order order = { reply_ask, &seald, true };
	enum seal_reply_verdict verdict;
	struct seal_error err;
	unsigned long n;
	bool good = true, failed = true;
	int ret;

	reply_make(&message, REPLY_OUTER, REPLY_TEXT, recipe, &signers);
	if (tap_is_slow())
		step *= 40;
	for (n = 1; good && failed && n < 20000; n += step) {
		err.code = SEAL_ERR_NONE;
		verdict = PASS;
		tap_alloc_fail_at(n);
		ret = reply_open(&order, &message, 700, 0, &out, &verdict, &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		/* never untouched; and libcrypto does not always say that it was
		   memory: then no signature is valid */
		good = ret == 0 ? verdict == REFUSED ||
			(verdict == OPENED && same_inner(&out)) :
			ret == -1 && (err.code == SEAL_ERR_MEMORY ||
				      err.code == SEAL_ERR_CRYPTO);
		if (!good)
			tap_note("allocation %lu: %d, verdict %d, %s", n, ret,
				 verdict, err.text);
	}
	tap_ok(good && !failed, "%s: failing allocations, up to %lu", recipe,
	       n - step);
	seal_buf_free(&message);
	seal_buf_free(&out);
}

int main(void)
{
	tap_alloc_init();
	reply_signers_make(&signers);
	test_altered("se");
	test_altered("sg");
	test_altered("oe");
	test_altered("es");
	test_truncated("se");
	test_truncated("g");
	test_truncated("E");
	test_truncated("eo");
	test_wrong_key("e");
	test_wrong_key("sg");
	test_one_sentence();
	test_limits();
	test_seald();
	test_changed("e");
	test_changed("gg");
	test_sink();
	test_order_of_runs();
	test_alloc("se", 1);
	test_alloc("oges", 7);
	reply_signers_free(&signers);
	return tap_done();
}
