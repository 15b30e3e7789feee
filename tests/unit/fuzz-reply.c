/* SPDX-License-Identifier: MIT */

/* Fuzzer of src/unseal, and of src/cms below it: the input is an outgoing message, or
 * what is in an envelope of ours. Nothing depends on how it was cut, the second run
 * writes what the first announced, and what is ours never passes.
 *
 *   clang -g -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -Isrc -Itests \
 *     tests/unit/fuzz-reply.c src/unseal/[b-z]*.c src/unseal/answers.c \
 *     src/cms/[a-z]*.c src/message/[a-z]*.c src/base/[a-z]*.c -lcrypto
 *
 * With -DSTANDALONE it is a test: it runs over the files in argv, or over its own
 * seeds, changed at random but the same each time. */

#include "base/base64-decode.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/sink.h"
#include "cms/envelope.h"
#include "unit/fuzz-check.h"
#include "unseal/reply.h"

/* who signed SIGNED_BODY and OPAQUE_BODY */
static const char signer[] =
	"MIIBbjCCAROgAwIBAgIUEhVoCErWHU5IDeqzm1P7UvX4rrcwCgYIKoZIzj0EAwIw"
	"DDEKMAgGA1UEAwwBYTAeFw0yNjExMjgwNzIwMjhaFw0yNjEyMjgwNzIwMjhaMAwx"
	"CjAIBgNVBAMMAWEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQYGisFfwC+M0XQ"
	"o1+HfYVkWCNkyMw2HOs/OAYo8gQf/cOoO5ay/pH8vzBxLKIr6uhm0p3OG3A1jUc6"
	"B/Bp8diIo1MwUTAdBgNVHQ4EFgQU5yQyzTNo2OlQITbIG8cRnKK9URAwHwYDVR0j"
	"BBgwFoAU5yQyzTNo2OlQITbIG8cRnKK9URAwDwYDVR0TAQH/BAUwAwEB/zAKBggq"
	"hkjOPQQDAgNJADBGAiEAjZP/blWG9pEC63mKq+91oDJpBmVZ9aww14mTed/MbcYC"
	"IQCS9SZo3xSzBmYr9OL8AghFQ+2rOi3VdSCZV3UUU4lNCQ==";

struct result {
	enum seal_reply_verdict verdict;
	bool is_signed;
	unsigned int asked;
	char text[sizeof(((struct seal_error *)0)->text)];
	struct seal_buf out;
};

static void append(struct seal_buf *buf, const void *data, size_t len)
{
	struct seal_error err;

	need(seal_buf_append(buf, data, len, &err) == 0, "there is memory");
}

static int ask(void *context, const unsigned char *recipients,
	       size_t recipients_len, size_t key_len,
	       struct seal_reply_key *key_r, struct seal_error *err)
{
	static const char key[] = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk";
	struct result *result = context;

	need(++result->asked <= SEAL_REPLY_LAYERS, "not asked without end");
	need(recipients_len > 0, "there are recipients");
	need(key_len <= 32, "a key has a length");
	switch (recipients[recipients_len - 1]) {
	case 0x77:
		return 0;
	case 0x78:
		return seal_error_set(err, SEAL_ERR_REFUSED, "seald says no");
	}
	append(&key_r->key, key, key_len);
	need(seal_buf_append_base64(&key_r->signers, signer, strlen(signer),
				    err) == 1, "there is a signer");
	return 1;
}

static void run(struct seal_reply *reply, const uint8_t *data, size_t size,
		uint32_t seed, struct seal_buf *out, struct result *result)
{
	struct seal_error err = { SEAL_ERR_NONE, "" };
	struct seal_sink sink;
	size_t at, n;
	int ret = 1;

	if (out != NULL)
		sink = seal_sink_to_buf(out);
	need(seal_reply_begin(reply, out == NULL ? NULL : &sink, &err) == 0,
	     "a run begins");
	for (at = 0; ret == 1 && at < size; at += n) {
		n = next_step(&seed, size - at);
		ret = seal_reply_more(reply, data + at, n, &err);
	}
	need(ret >= 0, "nothing fails for now");
	need(seal_reply_finish(reply, &result->verdict, &err) == 0,
	     "there is a verdict");
	strcpy(result->text, err.text);
}

static void check_output(const struct seal_buf *out)
{
	static const char version[] = "MIME-Version: 1.0\r\n";
	size_t i;

	need(memmem(out->data, out->len, version, strlen(version)) != NULL,
	     "there is a header");
	need(memmem(out->data, out->len, "\r\n\r\n", 4) != NULL,
	     "there is a blank line");
	for (i = 0; i < out->len; i++)
		need(out->data[i] != '\n' || (i > 0 && out->data[i - 1] == '\r'),
		     "lines end in CRLF");
}

static void judge(const uint8_t *data, size_t size, uint32_t seed,
		  bool reject_unsigned, struct result *result)
{
	const struct seal_reply_order order = { ask, result, reject_unsigned };
	struct seal_error err;
	struct seal_reply *reply = seal_reply_new(&order, &err);

	need(reply != NULL, "there is memory");
	seal_buf_clear(&result->out);
	result->asked = 0;
	run(reply, data, size, seed, NULL, result);
	if (result->verdict == SEAL_REPLY_OPENED) {
		result->is_signed = seal_reply_signed(reply);
		need(result->is_signed || !reject_unsigned, "it is signed");
		run(reply, data, size, seed, &result->out, result);
		need(result->verdict == SEAL_REPLY_OPENED, "it stays opened");
		need(result->out.len == seal_reply_size(reply),
		     "it is as long as announced");
		check_output(&result->out);
	}
	need(result->verdict != SEAL_REPLY_REFUSED ||
	     (result->text[0] != '\0' && strlen(result->text) < 400),
	     "there is a sentence");
	seal_reply_free(&reply);
}

/* Judges a message, whole and cut. */
static enum seal_reply_verdict check(const uint8_t *data, size_t size,
				     uint32_t seed, bool reject_unsigned)
{
	static struct result whole, cut;

	judge(data, size, 0, reject_unsigned, &whole);
	judge(data, size, seed, reject_unsigned, &cut);
	need(whole.verdict == cut.verdict, "same verdict");
	need(whole.verdict != SEAL_REPLY_REFUSED ||
	     strcmp(whole.text, cut.text) == 0, "same sentence");
	need(whole.out.len == cut.out.len &&
	     (whole.out.len == 0 || memcmp(whole.out.data, cut.out.data,
					   cut.out.len) == 0), "same output");
	need(whole.verdict != SEAL_REPLY_OPENED ||
	     whole.is_signed == cut.is_signed, "signed, or not");
	return whole.verdict;
}

/* A message that holds the input in an envelope of ours. */
static void seal(const uint8_t *data, size_t size, struct seal_buf *message)
{
	static const char head[] = "Subject: x\r\nMIME-Version: 1.0\r\n"
		"Content-Type: application/pkcs7-mime\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n";
	struct seal_sink sink = seal_sink_to_buf(message);
	struct seal_envelope *envelope;
	struct seal_error err;

	seal_buf_clear(message);
	append(message, head, strlen(head));
	envelope = seal_envelope_new(SEAL_CIPHER_AES128_CBC,
				     (const unsigned char *)"kkkkkkkkkkkkkkkk",
				     16, (const unsigned char *)
				     "\x30\x03\x02\x01", 5, &sink, &err);
	need(envelope != NULL &&
	     seal_envelope_more(envelope, data, size, &err) == 0 &&
	     seal_envelope_finish(envelope, &err) == 0, "it is sealed");
	seal_envelope_free(&envelope);
}

/* The first byte says how the rest is cut, and what it is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct seal_buf message;
	uint32_t seed;

	if (size == 0)
		return 0;
	seed = data[0] + 1U;
	if ((data[0] & 1) == 0) {
		(void)check(data + 1, size - 1, seed, (data[0] & 2) != 0);
		return 0;
	}
	seal(data + 1, size - 1, &message);
	need(check(message.data, message.len, seed, (data[0] & 2) != 0) !=
	     SEAL_REPLY_PASS, "what is ours does not pass");
	return 0;
}

#ifdef STANDALONE

#define ROUNDS 10000

#define CMS_HEAD "Content-Type: application/pkcs7-mime\r\n" \
	"Content-Transfer-Encoding: base64\r\n\r\n"
#define ENVELOPE_BODY \
	"MGcGCSqGSIb3DQEHA6BaMFgCAQAxBTADAgEAMEwGCSqGSIb3DQEHATAdBglghkgB\r\n" \
	"ZQMEASoEEDAxMjM0NTY3ODlhYmNkZWaAICi1d7QJpTf7cfgl7FZm+nPUUjBWZAVf\r\n" \
	"kVRhgIyDGuqr\r\n"
#define OPAQUE_BODY \
	"MIHTBgkqhkiG9w0BBwKggcUwgcICAQMxDTALBglghkgBZQMEAgEwLgYJKoZIhvcN\r\n" \
	"AQcBoCEEH0NvbnRlbnQtVHlwZTogdGV4dC9wbGFpbg0KDQp4DQoxfjB8AgEDgBTn\r\n" \
	"JDLNM2jY6VAhNsgbxxGcor1REDALBglghkgBZQMEAgEwCgYIKoZIzj0EAwIESDBG\r\n" \
	"AiEAk65Ojqf6MF2uWPTfX9Mi72ujbrOJd1cvbsDAlXF1tUYCIQCQXBaSm6Y8Ht4U\r\n" \
	"F2zdaEKqXmitLJIdNCEac+14cU5LPQ==\r\n"
#define SIGNED_HEAD "Content-Type: multipart/signed; boundary=b;\r\n" \
	" protocol=\"application/pkcs7-signature\"\r\n\r\n"
#define SIGNED_BODY "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n\r\n--b\r\n" \
	"Content-Type: application/pkcs7-signature\r\n" \
	"Content-Transfer-Encoding: base64\r\n\r\n" \
	"MIGuBgkqhkiG9w0BBwKggaAwgZ0CAQMxDTALBglghkgBZQMEAgEwCwYJKoZIhvcN\r\n" \
	"AQcBMXwwegIBA4AU5yQyzTNo2OlQITbIG8cRnKK9URAwCwYJYIZIAWUDBAIBMAoG\r\n" \
	"CCqGSM49BAMCBEYwRAIgHAwOxrRxztkTi9fAACEDi+gJMrDOODMyDOpjP5iMCSkC\r\n" \
	"IH0/HG1wanGFNaFz26iuunzXDlL2uzLR2KECIXsVmNh7\r\n" \
	"--b--\r\n"

static const struct {
	const char *data;
	bool sealed;		/* goes into an envelope */
	enum seal_reply_verdict wanted;
	bool is_signed;
} seeds[] = {
	{ "From: x\r\n" CMS_HEAD ENVELOPE_BODY, false, SEAL_REPLY_OPENED, false },
	{ "From: x\n" CMS_HEAD OPAQUE_BODY, false, SEAL_REPLY_PASS, false },
	{ "From: x\n" SIGNED_HEAD SIGNED_BODY, false, SEAL_REPLY_PASS, false },
	{ CMS_HEAD ENVELOPE_BODY, true, SEAL_REPLY_OPENED, false },
	{ CMS_HEAD OPAQUE_BODY, true, SEAL_REPLY_OPENED, true },
	{ SIGNED_HEAD SIGNED_BODY, true, SEAL_REPLY_OPENED, true },
	{ "Subject: y\r\nHP-Outer: x\r\nContent-Type: text/plain; hp=clear\r\n"
	  "\r\nx", true, SEAL_REPLY_OPENED, false },
	{ "Content-Type: message/rfc822\r\n\r\nSubject: y\r\n\r\nx\n", true,
	  SEAL_REPLY_OPENED, false },
	{ SIGNED_HEAD "--b\r\n" CMS_HEAD ENVELOPE_BODY "--b\r\n"
	  "Content-Type: application/pkcs7-signature\r\n\r\n\r\n--b--\r\n", false,
	  SEAL_REPLY_REFUSED, false }
};
#define SEEDS (sizeof(seeds) / sizeof(seeds[0]))

static size_t make_input(uint8_t *data, size_t size)
{
	static const uint8_t likely[] = "\r\n \t:=\0\x80\xff-;\"(\x77xMA0";
	uint32_t which = random_below(SEEDS), changes = random_below(5);
	size_t len = strlen(seeds[which].data) + 1;

	memcpy(data + 1, seeds[which].data, len - 1);
	while (changes-- > 0)
		len = change(data, len, size, likely, sizeof(likely) - 1);
	data[0] = (uint8_t)((random_below(256) & ~1U) |
			    (seeds[which].sealed ? 1 : 0));
	return len;
}

/* The seeds have to be good ones, or the fuzzing is of little use. */
static void test_seeds(void)
{
	struct seal_buf message = SEAL_BUF_INIT;
	static struct result result;
	unsigned int i;

	for (i = 0; i < SEEDS; i++) {
		seal_buf_clear(&message);
		if (seeds[i].sealed)
			seal((const uint8_t *)seeds[i].data,
			     strlen(seeds[i].data), &message);
		else
			append(&message, seeds[i].data, strlen(seeds[i].data));
		judge(message.data, message.len, 0, seeds[i].is_signed, &result);
		tap_ok(result.verdict == seeds[i].wanted, "seed %u: %s", i,
		       result.text);
	}
	seal_buf_free(&message);
	seal_buf_free(&result.out);
}

int main(int argc, char *argv[])
{
	test_seeds();
	return fuzz_run(argc, argv, ROUNDS, "changed replies", make_input);
}
#endif
