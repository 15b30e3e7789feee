/* SPDX-License-Identifier: MIT */
/* Envelopes that libcrypto made, opened whole, byte by byte and cut anywhere; and what
   is no envelope, or a damaged one. */
#include "cms/open.h"

#include <stdio.h>
#include "base/sink.h"
#include "unit/cms-make.h"
#include "unit/tap.h"

static const struct {
	const char *name;
	const EVP_CIPHER *(*cipher)(void);
	bool gcm;
} ciphers[] = {
	{ "AES-128-CBC", EVP_aes_128_cbc, false },
	{ "AES-192-CBC", EVP_aes_192_cbc, false },
	{ "AES-256-CBC", EVP_aes_256_cbc, false },
	{ "3DES-CBC", EVP_des_ede3_cbc, false },
	{ "AES-128-GCM", EVP_aes_128_gcm, true },
	{ "AES-192-GCM", EVP_aes_192_gcm, true },
	{ "AES-256-GCM", EVP_aes_256_gcm, true }
};
static const size_t sizes[] = { 1, 15, 16, 17, 1000, 16384, 70001 };
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static unsigned char content[70001];

enum answer { ASK_KEY, ASK_RANDOM, ASK_NOT_OURS, ASK_FAIL, ASK_SHORT };

static int ask(void *context, const unsigned char *recipients,
	       size_t recipients_len, size_t key_len, struct seal_buf *key,
	       struct seal_error *err)
{
	unsigned char bytes[64] = { 1 };

	switch (*(const enum answer *)context) {
	case ASK_KEY:
		/* as seald does: what does not open gives some other key */
		(void)cms_open_key(recipients, recipients_len, key_len, bytes);
		break;
	case ASK_RANDOM:
		break;
	case ASK_NOT_OURS:
		return 0;
	case ASK_FAIL:
		return seal_error_set(err, SEAL_ERR_IO, "seald is away");
	case ASK_SHORT:
		key_len--;
		break;
	}
	return seal_buf_append(key, bytes, key_len, err) < 0 ? -1 : 1;
}

/* In pieces of step bytes, the first of which has cut bytes. As more and finish: 1
 * opened, 0 not ours, -1. */
static int open_cut(enum answer answer, const struct seal_buf *cms, size_t cut,
		    size_t step, struct seal_buf *out, struct seal_error *err)
{
	const struct seal_sink sink = seal_sink_to_buf(out);
	struct seal_open *open = seal_open_new(ask, &answer, &sink, err);
	size_t at = 0, n;
	int ret = open == NULL ? -1 : 1;

	seal_buf_clear(out);
	for (n = cut; ret == 1 && at < cms->len; n = step) {
		n = n < cms->len - at ? n : cms->len - at;
		ret = seal_open_more(open, cms->data + at, n, err);
		at += n;
	}
	if (ret == 1 && seal_open_finish(open, err) < 0)
		ret = -1;
	seal_open_free(&open);
	return ret;
}

static bool opens(const struct seal_buf *cms, size_t cut, size_t step,
		  size_t len)
{
	struct seal_buf out = SEAL_BUF_INIT;
	struct seal_error err;
	bool good = open_cut(ASK_KEY, cms, cut, step, &out, &err) == 1 &&
		out.len == len && memcmp(out.data, content, len) == 0;

	seal_buf_free(&out);
	return good;
}

static void test_opens(unsigned int c, bool stream, size_t len)
{
	struct seal_buf cms = SEAL_BUF_INIT;
	bool good;
	size_t cut;

	cms_encrypt(ciphers[c].cipher(), stream, content, len, &cms);
	good = opens(&cms, cms.len, 1, len) && opens(&cms, 1, 1, len) &&
		opens(&cms, 7, 4096, len);
	for (cut = 0; good && cms.len < 2000 && cut <= cms.len; cut++)
		good = opens(&cms, cut, cms.len, len);
	tap_ok(good, "%s, %s, %zu bytes", ciphers[c].name,
	       stream ? "indefinite" : "DER", len);
	seal_buf_free(&cms);
}

/* Cut off anywhere: never opened. One byte more: neither. */
static void test_cut_off(unsigned int c, bool stream)
{
	struct seal_buf cms = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	struct seal_error err;
	bool good = true;
	size_t len;

	cms_encrypt(ciphers[c].cipher(), stream, content, 100, &cms);
	for (len = cms.len; good && len-- > 0; ) {
		struct seal_buf part = { cms.data, len, cms.size };

		good = open_cut(ASK_KEY, &part, len, 1, &out, &err) == -1 &&
			err.code == SEAL_ERR_REFUSED;
	}
	tap_ok(good, "%s, %s: cut off anywhere", ciphers[c].name,
	       stream ? "indefinite" : "DER");
	if (seal_buf_append(&cms, "", 1, &err) < 0)
		abort();
	tap_ok(open_cut(ASK_KEY, &cms, cms.len, 1, &out, &err) == -1 &&
	       err.code == SEAL_ERR_REFUSED, "%s, %s: a byte behind it",
	       ciphers[c].name, stream ? "indefinite" : "DER");
	seal_buf_free(&cms);
	seal_buf_free(&out);
}

/* One bit changed anywhere. What was authenticated never comes out changed; and whatever
 * is wrong with key or content is said with the same words. */
static void test_flipped(unsigned int c)
{
	struct seal_buf cms = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	unsigned int opened = 0, failed = 0, refused = 0;
	struct seal_error err;
	bool good = true;
	size_t bit;
	int ret;

	cms_encrypt(ciphers[c].cipher(), false, content, 100, &cms);
	for (bit = 0; good && bit < cms.len * 8; bit++) {
		cms.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
		ret = open_cut(ASK_KEY, &cms, cms.len, 1, &out, &err);
		cms.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
		if (ret == 1) {
			opened++;
			good = !ciphers[c].gcm || (out.len == 100 &&
				memcmp(out.data, content, 100) == 0);
		} else {
			good = ret == -1 && err.code == SEAL_ERR_REFUSED;
			if (strcmp(err.text, SEAL_OPEN_FAILED_TEXT) == 0)
				failed++;
			else
				refused++;
		}
	}
	tap_ok(good && failed > 0 && refused > 0,
	       "%s: each bit changed (opened %u, failed %u, refused %u)",
	       ciphers[c].name, opened, failed, refused);
	seal_buf_free(&cms);
	seal_buf_free(&out);
}

/* Wrong key, wrong padding, wrong tag: one text, and not before the end. (One wrong
 * key in 256 makes a padding that is right.) */
static void test_one_error(unsigned int c)
{
	struct seal_buf cms = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	const struct seal_sink sink = seal_sink_to_buf(&out);
	enum answer answer = ASK_RANDOM;
	unsigned int i, failed = 0;
	struct seal_error err;
	struct seal_open *open;
	bool good = true;

	for (i = 0; good && i < 5; i++) {
		cms_encrypt(ciphers[c].cipher(), true, content, 20001, &cms);
		open = seal_open_new(ask, &answer, &sink, &err);
		good = seal_open_more(open, cms.data, cms.len, &err) == 1;
		if (seal_open_finish(open, &err) < 0) {
			failed++;
			good = good && err.code == SEAL_ERR_REFUSED &&
				strcmp(err.text, SEAL_OPEN_FAILED_TEXT) == 0;
		}
		seal_open_free(&open);
	}
	tap_ok(good && (ciphers[c].gcm ? failed == i : failed > 0),
	       "%s: another key shows at the end", ciphers[c].name);
	seal_buf_free(&cms);
	seal_buf_free(&out);
}

static void test_answers(void)
{
	struct seal_buf cms = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	struct seal_error err;

	cms_encrypt(EVP_aes_256_cbc(), true, content, 1000, &cms);
	tap_ok(open_cut(ASK_NOT_OURS, &cms, cms.len, 1, &out, &err) == 0 &&
	       open_cut(ASK_NOT_OURS, &cms, 1, 1, &out, &err) == 0 &&
	       out.len == 0, "not ours");
	tap_ok(open_cut(ASK_FAIL, &cms, cms.len, 1, &out, &err) == -1 &&
	       err.code == SEAL_ERR_IO && out.len == 0, "ask fails");
	tap_ok(open_cut(ASK_SHORT, &cms, cms.len, 1, &out, &err) == -1 &&
	       err.code == SEAL_ERR_INPUT && out.len == 0,
	       "a key of the wrong length");
	seal_buf_free(&cms);
	seal_buf_free(&out);
}

#define HEAD "\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x80" \
	"\x30\x80\x02\x01\x02"
#define INFO "\x31\x04\xa2\x02\x05\x00"
#define DATA "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
#define CBC "\x30\x1d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x02\x04\x10" \
	"0123456789abcdef"
#define ENDS "\0\0\0\0\0\0"

/* None of these is opened. All end in an end of contents that is theirs. */
static const struct {
	const char *name;
	const char *bytes;
	size_t len;
} refused[] = {
#define ROW(name, bytes) { name, bytes, sizeof(bytes) - 1 }
	ROW("nothing", ""),
	ROW("text", "Content-Type: text/plain"),
	ROW("an element of no length", "\x30\x00"),
	ROW("signed data", "\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
	    "\xa0\x80"),
	ROW("no recipient", HEAD "\x31\x00\x30\x80" DATA CBC "\x80\x10"
	    "0123456789abcdef\0\0" ENDS),
	ROW("no content", HEAD INFO "\x30\x80" DATA CBC "\0\0" ENDS),
	ROW("nothing behind the recipients", HEAD INFO ENDS),
	ROW("RC2", HEAD INFO "\x30\x80" DATA "\x30\x0c\x06\x08\x2a\x86\x48\x86"
	    "\xf7\x0d\x03\x02\x05\x00\x80\x08" "01234567\0\0" ENDS),
	ROW("an IV that is too short", HEAD INFO "\x30\x80" DATA "\x30\x14\x06\x09"
	    "\x60\x86\x48\x01\x65\x03\x04\x01\x02\x04\x07" "0123456\x80\x10"
	    "0123456789abcdef\0\0" ENDS),
	ROW("a tag in EnvelopedData", HEAD INFO "\x30\x80" DATA CBC "\x80\x10"
	    "0123456789abcdef\0\0\x04\x01x" ENDS),
	ROW("a length beyond what it is in", "\x30\x0f\x06\x09\x2a\x86\x48\x86"
	    "\xf7\x0d\x01\x07\x03\xa0\x7f\x30\x80"),
	ROW("a length of 2^63", "\x30\x88\x80\0\0\0\0\0\0\0"),
	ROW("a length of nine bytes", "\x30\x89\0\0\0\0\0\0\0\0\x01"),
	ROW("an indefinite primitive", "\x30\x80\x06\x80"),
	ROW("a tag of two bytes", "\x3f\x81\x01"),
	ROW("an end of nothing", "\0\0"),
	ROW("an end with contents", "\x30\x80\0\x01x"),
#undef ROW
};

static void test_refused(void)
{
	struct seal_buf out = SEAL_BUF_INIT;
	struct seal_error err;
	size_t i;

	for (i = 0; i < COUNT(refused); i++) {
		struct seal_buf cms = { (unsigned char *)refused[i].bytes,
					refused[i].len, refused[i].len };

		tap_ok(open_cut(ASK_KEY, &cms, cms.len, 1, &out, &err) == -1 &&
		       err.code == SEAL_ERR_REFUSED &&
		       open_cut(ASK_KEY, &cms, 1, 1, &out, &err) == -1 &&
		       err.code == SEAL_ERR_REFUSED, "refused: %s: %s",
		       refused[i].name, err.text);
	}
	seal_buf_free(&out);
}

/* count times the same bytes in the content, or among the recipients. */
static void test_bomb(const char *name, const char *text, const char *head,
		      size_t head_len, const char *bytes, size_t len,
		      unsigned int count)
{
	struct seal_buf cms = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	struct seal_error err;

	if (seal_buf_append(&cms, head, head_len, &err) < 0)
		abort();
	while (count-- > 0) {
		if (seal_buf_append(&cms, bytes, len, &err) < 0)
			abort();
	}
	tap_ok(open_cut(ASK_KEY, &cms, cms.len, 1, &out, &err) == -1 &&
	       err.code == SEAL_ERR_REFUSED && strstr(err.text, text) != NULL,
	       "refused: %s: %s", name, err.text);
	seal_buf_free(&cms);
	seal_buf_free(&out);
}

static void test_allocations(void)
{
	struct seal_buf cms = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	bool good = true, failed = true;
	struct seal_error err;
	unsigned long n;
	int ret;

	cms_encrypt(EVP_aes_128_cbc(), false, content, 1000, &cms);
	for (n = 1; good && failed && n < 1000; n++) {
		seal_buf_free(&out);
		err.code = SEAL_ERR_NONE;
		tap_alloc_fail_at(n);
		ret = open_cut(ASK_KEY, &cms, cms.len, 1, &out, &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		good = ERR_peek_error() == 0 && (ret == 1 ? out.len == 1000 :
			err.code == SEAL_ERR_MEMORY ||
			err.code == SEAL_ERR_CRYPTO ||
			/* the asker's own: it then has another key */
			strcmp(err.text, SEAL_OPEN_FAILED_TEXT) == 0);
	}
	tap_ok(good && !failed, "every failing allocation (%lu)", n - 1);
	seal_buf_free(&cms);
	seal_buf_free(&out);
}

int main(void)
{
	static const char in_content[] = HEAD INFO "\x30\x80" DATA CBC "\xa0\x80";
	static const char in_recipients[] = HEAD "\x31\x80\xa2\x80";
	static const char many[] = HEAD "\x31\x80";
	unsigned int c;
	size_t i;

	tap_alloc_init();
	for (i = 0; i < sizeof(content); i++)
		content[i] = (unsigned char)(i * 2654435761u >> 13);
	for (c = 0; c < COUNT(ciphers); c++) {
		for (i = 0; i < COUNT(sizes); i++) {
			test_opens(c, false, sizes[i]);
			test_opens(c, true, sizes[i]);
		}
		test_cut_off(c, false);
		test_cut_off(c, true);
		test_flipped(c);
		test_one_error(c);
	}
	test_answers();
	test_refused();
	test_bomb("strings in strings", "too deeply", in_content,
		  sizeof(in_content) - 1, "\x24\x80", 2, 100000);
	test_bomb("indefinite ones in a recipient", "too deeply", in_recipients,
		  sizeof(in_recipients) - 1, "\x30\x80", 2, 100000);
	test_bomb("too many recipients", "too many", many, sizeof(many) - 1,
		  "\xa2\x06\x05\x00\x05\x00\x05\x00", 8, 40000);
	test_allocations();
	return tap_done();
}
