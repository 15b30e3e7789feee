/* SPDX-License-Identifier: MIT */

/* Fuzzer of src/message: entity and detect. Whatever comes in, the pieces in
 * their order are the input, and nothing depends on how it was cut.
 *
 *   clang -g -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -Isrc -Itests \
 *     tests/unit/fuzz-message.c src/message/[a-z]*.c src/base/[a-z]*.c -lcrypto
 *
 * With -DSTANDALONE it is a test: it runs over the files in argv, or over its own
 * seeds, changed at random but the same each time. */

#include "base/buf.h"
#include "base/error.h"
#include "message/detect.h"
#include "message/entity.h"
#include "unit/fuzz-check.h"

#define PARTS 4

struct record {
	struct seal_buf parts[PARTS], body, all;
	unsigned int heads;
	char blank_line[3];
	bool field_open;	/* the last field's line is not complete yet */
	struct seal_detect *detect;
	enum seal_detect_verdict verdict;
};

/* wiped memory costs a fuzzer most of its time, so the buffers are made once */
static void append(struct seal_buf *buf, const void *data, size_t len)
{
	struct seal_error err;

	need(seal_buf_append(buf, data, len, &err) == 0, "there is memory");
}

static int on_field(void *context, enum seal_entity_part part,
		    const unsigned char *data, size_t len,
		    struct seal_error *err)
{
	struct record *record = context;

	(void)err;
	need(record->heads == 0, "fields come before the head");
	need(len > 0, "no piece is empty");
	append(&record->parts[part], data, len);
	append(&record->all, data, len);
	record->field_open = data[len - 1] != '\n';
	return 0;
}

static int on_head(void *context, const struct seal_content *content,
		   const char *blank_line, struct seal_error *err)
{
	struct record *record = context;

	need(record->heads++ == 0, "there is one head");
	need(!record->field_open, "the last field ends in a line end");
	need(strlen(blank_line) < sizeof(record->blank_line),
	     "a blank line is blank");
	strcpy(record->blank_line, blank_line);
	append(&record->all, blank_line, strlen(blank_line));
	need(content->type == NULL || strlen(content->type) <= 4096,
	     "values have a limit");
	record->detect = seal_detect_new(content, NULL, 0, err);
	return record->detect == NULL ? -1 : 0;
}

static int on_body(void *context, const unsigned char *data, size_t len,
		   struct seal_error *err)
{
	struct record *record = context;

	need(record->heads == 1, "the head comes before the body");
	need(len > 0, "no piece is empty");
	append(&record->body, data, len);
	append(&record->all, data, len);
	return seal_detect_more(record->detect, data, len, err);
}

static void run_entity(const uint8_t *data, size_t size, uint32_t seed,
		       struct record *record)
{
	static const struct seal_entity_handler handler = {
		on_field, on_head, on_body
	};
	struct seal_error err;
	struct seal_entity *entity = seal_entity_new(&handler, record, &err);
	size_t at, n;

	need(entity != NULL, "there is memory");
	for (at = 0; at < size; at += n) {
		n = next_step(&seed, size - at);
		need(seal_entity_more(entity, data + at, n, &err) == 0,
		     "nothing is refused");
	}
	need(seal_entity_finish(entity, &err) == 0, "nothing is refused");
	need(record->heads == 1, "there is a head");
	seal_detect_finish(record->detect);
	record->verdict = seal_detect_verdict(record->detect);
	seal_detect_free(&record->detect);
	seal_entity_free(&entity);
}

/* All that came, and at most the line end that a field lacked. */
static void check_all(const uint8_t *data, size_t size,
		      const struct record *record)
{
	const struct seal_buf *all = &record->all;
	size_t more = all->len - size;

	need(all->len >= size && more <= 2, "as much comes out as went in");
	need(size == 0 || memcmp(all->data, data, size) == 0,
	     "what comes out is what went in");
	need(more == 0 || (record->body.len == 0 &&
			   record->blank_line[0] == '\0' &&
			   memcmp(all->data + all->len - 2, "\r\n", 2) == 0),
	     "only a line end at the end is added");
}

static bool same_buf(const struct seal_buf *a, const struct seal_buf *b)
{
	return a->len == b->len &&
		(a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static void check_same(const struct record *a, const struct record *b)
{
	unsigned int i;

	for (i = 0; i < PARTS; i++)
		need(same_buf(&a->parts[i], &b->parts[i]), "same fields");
	need(same_buf(&a->body, &b->body), "same body");
	need(strcmp(a->blank_line, b->blank_line) == 0, "same blank line");
	need(a->verdict == b->verdict, "same verdict");
}

static void clear(struct record *record)
{
	unsigned int i;

	for (i = 0; i < PARTS; i++)
		seal_buf_clear(&record->parts[i]);
	seal_buf_clear(&record->body);
	seal_buf_clear(&record->all);
	record->heads = 0;
}

static enum seal_detect_verdict
run_detect(const struct seal_content *content, const unsigned char *names,
	   size_t names_len, const uint8_t *data, size_t size, uint32_t seed)
{
	enum seal_detect_verdict verdict, before;
	struct seal_error err;
	struct seal_detect *detect = seal_detect_new(content, names, names_len,
						     &err);
	size_t at, n;

	need(detect != NULL, "there is memory");
	before = seal_detect_verdict(detect);
	for (at = 0; at < size; at += n) {
		n = next_step(&seed, size - at);
		need(seal_detect_more(detect, data + at, n, &err) == 0,
		     "there is memory");
		verdict = seal_detect_verdict(detect);
		need(before == SEAL_DETECT_MORE || verdict == before,
		     "a verdict is final");
		before = verdict;
	}
	seal_detect_finish(detect);
	verdict = seal_detect_verdict(detect);
	need(verdict != SEAL_DETECT_MORE, "in the end there is a verdict");
	need(before != SEAL_DETECT_NO || verdict == SEAL_DETECT_NO,
	     "a verdict is final");
	seal_detect_free(&detect);
	return verdict;
}

/* The input as a body, whatever its header would say. */
static void check_body(const uint8_t *data, size_t size, uint32_t seed)
{
	static const struct seal_content contents[] = {
		{ "application/pkcs7-mime", "binary" },
		{ "application/pkcs7-mime", "base64" },
		{ "multipart/encrypted; boundary=b; "
		  "protocol=\"application/pgp-encrypted\"", NULL }
	};
	static const unsigned char names[] = "\x30\x11\x30\x0c\x31\x0a\x30\x08"
		"\x06\x03\x55\x04\x03\x0c\x01\x61\x02\x01\x01\x04\x02\x11\x22";
	unsigned int i;
	enum seal_detect_verdict any, mine;

	for (i = 0; i < 3; i++) {
		any = run_detect(&contents[i], NULL, 0, data, size, 0);
		need(any == run_detect(&contents[i], NULL, 0, data, size, seed),
		     "same verdict");
		mine = run_detect(&contents[i], names, sizeof(names) - 1, data,
				  size, 0);
		need(mine == run_detect(&contents[i], names, sizeof(names) - 1,
					data, size, seed), "same verdict");
		need(mine == SEAL_DETECT_NO || any == SEAL_DETECT_YES,
		     "what is mine is an envelope");
	}
}

/* The first byte says how the rest is cut. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct record whole, cut;
	uint32_t seed;

	if (size == 0)
		return 0;
	seed = data[0] + 1U;
	run_entity(data + 1, size - 1, 0, &whole);
	check_all(data + 1, size - 1, &whole);
	run_entity(data + 1, size - 1, seed, &cut);
	check_same(&whole, &cut);
	clear(&whole);
	clear(&cut);
	check_body(data + 1, size - 1, seed);
	return 0;
}

#ifdef STANDALONE

#define ROUNDS 50000

static const char mail[] = "0From a@b.c Mon Nov  3 22:47:00 2025\r\n"
	"Subject: x\r\n y\r\nMIME-Version: 1.0\r\nX-Mail-Seal: v=1\r\n"
	"Content-Type: multipart/encrypted; boundary=b;\r\n"
	" protocol=\"application/pgp-encrypted\"\r\n"
	"Content-Transfer-Encoding: 7bit\r\n\r\n";
static const char cms_mail[] = "0Subject: x\n"
	"Content-Type: application/pkcs7-mime\nContent-Transfer-Encoding: 8bit\n\n";
static const char pgp[] = "0--b\r\nContent-Type: application/pgp-encrypted\r\n"
	"\r\nVersion: 1\r\n\r\n--b\r\nContent-Type: application/octet-stream\r\n"
	"\r\n-----BEGIN PGP MESSAGE-----\r\n\r\n"
	"wQ4DAQIDBAUGBwgBAAj//9IGAaqqqqqq\r\n=abcd\r\n"
	"-----END PGP MESSAGE-----\r\n\r\n--b--\r\n";
static const char cms[] = "0\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03"
	"\xa0\x80\x30\x80\x02\x01\x00\x31\x35\x30\x2b\x02\x01\x00"
	"\x30\x11\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01\x61"
	"\x02\x01\x01\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"
	"\x05\x00\x04\x04\xaa\xbb\xcc\xdd\xa4\x80\x30\x80\x00\x00\x00\x00"
	"\x30\x80\x06\x01\x2a"
	"\x30\x1d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a\x04\x10"
	"0123456789abcdef\xa0\x80\x04\x00\x04\x08" "abcdefgh";
static const char base64[] = "0MIAGCSqGSIb3DQEHA6CAMIACAQAxgDCAAgEAMBEwDDEKMAgG\r\n"
	"A1UEAwwBYQIBATANBgkqhkiG9w0BAQEFAAQEqrvM3QAAAAAwgAYJKoZIhvcNAQcB\r\n"
	"MB0GCWCGSAFlAwQBKgQQMDEyMzQ1Njc4OWFiY2RlZoABYQ==\r\n";

static size_t make_input(uint8_t *data, size_t size)
{
	static const uint8_t likely[] = "\r\n \t:\0\x80\xff\x30\x31\xa0-=;\"(";
	static const struct {
		const char *data;
		size_t len;
	} seeds[] = {
		{ mail, sizeof(mail) - 1 }, { cms_mail, sizeof(cms_mail) - 1 },
		{ pgp, sizeof(pgp) - 1 }, { cms, sizeof(cms) - 1 },
		{ base64, sizeof(base64) - 1 }
	};
	uint32_t which = random_below(5), changes = random_below(6);
	size_t len = seeds[which].len;

	memcpy(data, seeds[which].data, len);
	/* a header with its body */
	if (which < 2) {
		memcpy(data + len, seeds[which + 2].data + 1,
		       seeds[which + 2].len - 1);
		len += seeds[which + 2].len - 1;
	}
	data[0] = (uint8_t)random_below(256);
	while (changes-- > 0)
		len = change(data, len, size, likely, sizeof(likely) - 1);
	return len;
}

/* The seeds have to be good ones, or the fuzzing is of little use. */
static void test_seeds(void)
{
	static const struct seal_content binary = {
		"application/pkcs7-mime", "binary"
	}, in_base64 = {
		"application/pkcs7-mime", "base64"
	}, multipart = {
		"multipart/encrypted; boundary=b; "
		"protocol=\"application/pgp-encrypted\"", NULL
	};

	tap_ok(run_detect(&binary, NULL, 0, (const uint8_t *)cms + 1,
			  sizeof(cms) - 2, 0) == SEAL_DETECT_YES,
	       "seed: CMS");
	tap_ok(run_detect(&in_base64, NULL, 0, (const uint8_t *)base64 + 1,
			  sizeof(base64) - 2, 0) == SEAL_DETECT_YES,
	       "seed: base64");
	tap_ok(run_detect(&multipart, NULL, 0, (const uint8_t *)pgp + 1,
			  sizeof(pgp) - 2, 0) == SEAL_DETECT_YES,
	       "seed: OpenPGP");
}

int main(int argc, char *argv[])
{
	if (argc == 1)
		test_seeds();
	return fuzz_run(argc, argv, ROUNDS, "changed messages", make_input);
}
#endif
