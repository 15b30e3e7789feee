/* SPDX-License-Identifier: MIT */

/* Fuzzer of src/cms: open and opaque. Nothing depends on how the input was cut, what is
 * opened was asked for, and what is taken out of a signature leaves one behind.
 *
 *   clang -g -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -Isrc -Itests \
 *     tests/unit/fuzz-open.c src/cms/{ber,content,open,opaque}.c \
 *     src/base/[a-z]*.c -lcrypto
 *
 * With -DSTANDALONE it is a test: it runs over the files in argv, or over its own
 * seeds, changed at random but the same each time. */

#include <openssl/err.h>
#include "base/buf.h"
#include "base/error.h"
#include "base/sink.h"
#include "cms/opaque.h"
#include "cms/open.h"
#include "unit/fuzz-check.h"

static const unsigned char content_key[32 + 1] =
	"thirty-two bytes of secret key..";

struct result {
	struct seal_buf out, rest;	/* rest: the recipients, or the signature */
	unsigned int asked;
	int ret;
	struct seal_error err;
};

static int ask(void *context, const unsigned char *recipients,
	       size_t recipients_len, size_t key_len, struct seal_buf *key,
	       struct seal_error *err)
{
	struct result *result = context;

	need(result->asked++ == 0, "it is asked once");
	need(result->out.len == 0, "nothing comes out before");
	need(recipients_len > 0 && recipients_len <= SEAL_OPEN_RECIPIENTS_MAX,
	     "there are recipients");
	need(key_len == 16 || key_len == 24 || key_len == 32,
	     "a key has a length");
	need(seal_buf_append(&result->rest, recipients, recipients_len,
			     err) == 0, "there is memory");
	/* as seald: a key comes in any case, or it is not ours */
	return recipients[recipients_len - 1] == 0x77 ? 0 :
		seal_buf_append(key, content_key, key_len, err) < 0 ? -1 : 1;
}

/* 1, or 0: not ours, or -1 */
static int run_open(const uint8_t *data, size_t size, uint32_t seed,
		    struct result *result)
{
	struct seal_sink sink = seal_sink_to_buf(&result->out);
	struct seal_open *open = seal_open_new(ask, result, &sink,
					       &result->err);
	size_t at, n;
	int ret = 1;

	need(open != NULL, "there is memory");
	for (at = 0; ret == 1 && at < size; at += n) {
		n = next_step(&seed, size - at);
		ret = seal_open_more(open, data + at, n, &result->err);
		need(ret < 1 || strcmp(result->err.text,
				       SEAL_OPEN_FAILED_TEXT) != 0,
		     "what is wrong with the content shows at the end");
	}
	if (ret == 1)
		ret = seal_open_finish(open, &result->err) < 0 ? -1 : 1;
	seal_open_free(&open);
	need(ret < 1 || result->asked == 1, "a key was needed");
	need(ret != 0 || result->out.len == 0, "it was not ours");
	return ret;
}

static int run_opaque(const uint8_t *data, size_t size, uint32_t seed,
		      struct result *result)
{
	struct seal_sink sink = seal_sink_to_buf(&result->out);
	struct seal_opaque *opaque = seal_opaque_new(&sink, &result->err);
	size_t at, n;
	int ret = 0;

	need(opaque != NULL, "there is memory");
	for (at = 0; ret == 0 && at < size; at += n) {
		n = next_step(&seed, size - at);
		ret = seal_opaque_more(opaque, data + at, n, &result->err);
	}
	if (ret == 0)
		ret = seal_opaque_finish(opaque, &result->rest, &result->err);
	seal_opaque_free(&opaque);
	need(ret == 0 || result->rest.len == 0, "no signature on failure");
	return ret == 0 ? 1 : -1;
}

static void run(bool opaque, const uint8_t *data, size_t size, uint32_t seed,
		struct result *result)
{
	result->asked = 0;
	result->err.code = SEAL_ERR_NONE;
	result->err.text[0] = '\0';
	result->ret = opaque ? run_opaque(data, size, seed, result) :
		run_open(data, size, seed, result);
	need(result->ret >= 0 || result->err.code == SEAL_ERR_REFUSED ||
	     result->err.code == SEAL_ERR_CRYPTO, "a failure is one of those");
	need(result->out.len <= size, "not more comes out than went in");
	need(ERR_peek_error() == 0, "libcrypto's queue is empty");
}

static bool same(const struct seal_buf *a, const struct seal_buf *b)
{
	return a->len == b->len &&
		(a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

/* The signature that is left holds no content, and ends where it ends. */
static void check_detached(const struct result *taken)
{
	struct result again = { .ret = 0 };
	struct seal_buf cms = taken->rest;

	run(true, cms.data, cms.len, 0, &again);
	need(again.ret < 0 && again.out.len == 0, "the content is gone");
	seal_buf_free(&again.out);
	seal_buf_free(&again.rest);
}

/* The first byte says how the rest is cut, and its last bit who reads it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct result whole, cut;
	bool opaque;

	if (size == 0)
		return 0;
	opaque = (data[0] & 1) != 0;
	run(opaque, data + 1, size - 1, 0, &whole);
	run(opaque, data + 1, size - 1, data[0] + 1U, &cut);
	need(whole.ret == cut.ret && whole.err.code == cut.err.code &&
	     strcmp(whole.err.text, cut.err.text) == 0,
	     "it does not matter how it was cut");
	need(same(&whole.rest, &cut.rest), "the rest is the same");
	need(whole.ret < 1 || same(&whole.out, &cut.out),
	     "the same comes out");
	if (opaque && whole.ret == 1)
		check_detached(&whole);
	seal_buf_clear(&whole.out);
	seal_buf_clear(&whole.rest);
	seal_buf_clear(&cut.out);
	seal_buf_clear(&cut.rest);
	return 0;
}

#ifdef STANDALONE
#include "unit/ber-text.h"

#define ROUNDS 50000

#define ID_DATA "(06 2a864886f70d010701)"
#define TO "(a2 (02 04) (04 616263))"
#define AES(n) "(06 6086480165030401" n ")"
#define CBC "(30" AES("2a") "(04 000102030405060708090a0b0c0d0e0f))"
#define GCM "(30" AES("2e") "(30 (04 000102030405060708090a0b) (02 10)))"
#define NAME "(30 (31 (30 (06 550403) (0c 61))))"
#define SHA256 "(30 (06 608648016503040201))"
#define SIGNED "(06 2a864886f70d010702)"
#define INFOS "(31 (30 (02 01) (30" NAME "(02 07))" SHA256 \
	"(30 (06 2a8648ce3d040302)) (04 aabbcc)))"

/* all of them are taken: each holds "hello" */
static const struct {
	const char *name, *source;
	bool opaque;
} seeds[] = {
	{ "CBC", "(30 (06 2a864886f70d010703) (a0 (30 (02 02) (31" TO ") (30" ID_DATA
	  CBC "(80 f21c6e1fc2c9a8bdbfcb2cdfbd792f82)) (a1 (30 (06 2a))))))", false },
	{ "CBC in pieces", "[30 (06 2a864886f70d010703) [a0 [30 (02 02)"
	  "(a0 (a0 (30))) [31 [30 (02 00) [30 (04)]]" TO "] [30" ID_DATA CBC
	  "[a0 (04 f21c6e1fc2c9a8bd) [24 (04) (04 bfcb2cdfbd792f82)]]]]]]", false },
	{ "GCM", "[30 (06 2a864886f70d0109100117) [a0 {30 (02 00) {31" TO "} (30"
	  ID_DATA GCM "(a0 {04 b52c0c995a})) (04 779baf5d9d8e6e2e0e88b2dea3bb3790)"
	  "(a2 (30 (06 2a)))}]]", false },
	{ "signed", "(30" SIGNED "(a0 (30 (02 01) (31" SHA256 ") (30" ID_DATA
	  "(a0 (04 68656c6c6f)))" INFOS ")))", true },
	{ "signed in pieces", "[30" SIGNED "[a0 [30 (02 01) [31" SHA256 "] [30"
	  ID_DATA "[a0 [24 (04 6865) (04) [24 (04 6c6c6f)]]]] [a0 [30 (05)]]"
	  "(a1 (30)) " INFOS "]]]", true }
};
#define SEED_COUNT (sizeof(seeds) / sizeof(seeds[0]))

static size_t make_input(uint8_t *data, size_t size)
{
	static const uint8_t likely[] =
		"\0\x02\x04\x06\x24\x30\x31\x80\x81\x84\x88\xa0\xa1\xa2\x7f\xff";
	uint32_t which = random_below(SEED_COUNT), changes = random_below(5);
	size_t len = 1 + ber_text(seeds[which].source, data + 1);

	while (changes-- > 0)
		len = change(data, len, size, likely, sizeof(likely) - 1);
	data[0] = (uint8_t)(random_below(128) << 1 | seeds[which].opaque);
	return len;
}

/* The seeds have to be good ones, or the fuzzing is of little use. */
static void test_seeds(void)
{
	unsigned char data[BER_TEXT_MAX];
	struct result result = { .ret = 0 };
	size_t i;

	for (i = 0; i < SEED_COUNT; i++) {
		run(seeds[i].opaque, data, ber_text(seeds[i].source, data), 0,
		    &result);
		tap_ok(result.ret == 1 && result.out.len == 5 &&
		       memcmp(result.out.data, "hello", 5) == 0,
		       "seed: %s%s%s", seeds[i].name,
		       result.ret == 1 ? "" : ": ", result.err.text);
		seal_buf_free(&result.out);
		seal_buf_free(&result.rest);
	}
}

int main(int argc, char *argv[])
{
	if (argc == 1)
		test_seeds();
	return fuzz_run(argc, argv, ROUNDS, "changed structures", make_input);
}
#endif
