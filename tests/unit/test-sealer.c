/* SPDX-License-Identifier: MIT */
/* The sealed message as a whole: what stays outside, what goes in, what is
   kept. What was sealed is opened by OpenSSL's S/MIME reader. */
#include "seal/sealer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include "base/error.h"
#include "base/sink.h"
#include "pki/recipient.h"
#include "unit/tap.h"

static X509 *cert;
static EVP_PKEY *private_key;
static struct seal_recipient *recipient;
static struct seal_buf names;
static char *foreign_mail;	/* encrypted to somebody else, by openssl */

#define OUTER_END(smime_type, cipher) \
	"MIME-Version: 1.0\r\n" \
	"Content-Type: application/pkcs7-mime; smime-type=" smime_type ";\r\n" \
	" name=\"smime.p7m\"\r\n" \
	"Content-Transfer-Encoding: base64\r\n" \
	"Content-Disposition: attachment; filename=\"smime.p7m\"\r\n" \
	"X-Mail-Seal: v=1; profile=0123456789abcdef; cipher=" cipher "\r\n" \
	"\r\n"

static const struct row {
	const char *name, *message;
	const char *outer;	/* what stays outside, before our fields */
	const char *inner;
} rows[] = {
	{ "a plain message",
	  "From: a@b\r\nSubject: hi\r\n\r\nbody\r\n",
	  "From: a@b\r\nSubject: hi\r\n", "\r\nbody\r\n" },
	{ "MIME fields go in, in their order and folding",
	  "Content-Language: de\r\nFrom: a@b\r\nMIME-Version: 1.0\r\n"
	  "content-type: text/plain;\r\n charset=utf-8\r\nTo: c@d\r\n"
	  "Content-Transfer-Encoding: 8bit\r\n\r\n\xc3\xa4\r\n",
	  "From: a@b\r\nTo: c@d\r\n",
	  "Content-Language: de\r\ncontent-type: text/plain;\r\n"
	  " charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
	  "\xc3\xa4\r\n" },
	{ "a forged mark is dropped, folded and repeated too",
	  "x-mail-seal: v=1;\r\n profile=x\r\nFrom: a@b\r\n"
	  "X-Mail-Seal: v=2\r\n\r\nbody",
	  "From: a@b\r\n", "\r\nbody" },
	{ "no header", "\r\nbody\r\n", "", "\r\nbody\r\n" },
	{ "no header and no blank line", "The canary sings.\r\nStill.\r\n", "",
	  "\r\nThe canary sings.\r\nStill.\r\n" },
	{ "no body", "From: a@b\r\n\r\n", "From: a@b\r\n", "\r\n" },
	{ "no blank line", "From: a@b\r\n", "From: a@b\r\n", "\r\n" },
	{ "header ends in a line", "From: a@b", "From: a@b\r\n", "\r\n" },
	{ "empty", "", "", "\r\n" },
	{ "text in the header's place",
	  "From: a@b\r\nthe secret is\r\nContent-Type: text/html\r\n\r\nx",
	  "From: a@b\r\n",
	  "\r\nthe secret is\r\nContent-Type: text/html\r\n\r\nx" },
	{ "bare LF", "From: a@b\nContent-Type: text/plain\n\nbody\nx\n",
	  "From: a@b\n", "Content-Type: text/plain\n\r\nbody\nx\n" },
	{ "claims to be encrypted and is not",
	  "From: a@b\r\nContent-Type: application/pkcs7-mime;"
	  " smime-type=enveloped-data\r\nContent-Transfer-Encoding: base64\r\n"
	  "\r\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\r\n",
	  "From: a@b\r\n", "Content-Type: application/pkcs7-mime;"
	  " smime-type=enveloped-data\r\nContent-Transfer-Encoding: base64\r\n"
	  "\r\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\r\n" },
	{ "claims to be encrypted and has no body",
	  "Content-Type: application/pkcs7-mime\r\n\r\n", "",
	  "Content-Type: application/pkcs7-mime\r\n\r\n" }
};

static const enum seal_cipher ciphers[] = {
	SEAL_CIPHER_AES256_CBC, SEAL_CIPHER_AES128_CBC,
	SEAL_CIPHER_AES256_GCM, SEAL_CIPHER_AES128_GCM
};

static void order_free(struct seal_order *order)
{
	seal_buf_free(&order->key);
	seal_buf_free(&order->recipients);
}

static int order_make(struct seal_order *order, enum seal_cipher cipher,
		      enum seal_encrypted encrypted, struct seal_error *err)
{
	size_t len = seal_cipher_key_length(cipher);
	unsigned char key[SEAL_CIPHER_KEY_MAX];

	memset(order, 0, sizeof(*order));
	order->profile = "0123456789abcdef";
	order->cipher = cipher;
	order->encrypted = encrypted;
	order->names = names;
	RAND_bytes(key, (int)len);
	if (seal_buf_append(&order->key, key, len, err) < 0 ||
	    seal_recipient_info(recipient, false, key, len,
				&order->recipients, err) < 0) {
		order_free(order);
		return -1;
	}
	return 0;
}

/* step 0: cut once, at offset cut; else in pieces of step bytes */
static int run(const struct seal_order *order, const char *message,
	       size_t len, size_t step, size_t cut, struct seal_buf *out,
	       enum seal_outcome *outcome_r, struct seal_error *err)
{
	struct seal_sink sink = seal_sink_to_buf(out);
	struct seal_sealer *sealer = seal_sealer_new(order, &sink, err);
	size_t pos = 0, piece;
	int ret = sealer == NULL ? -1 : 0;

	while (ret == 0 && pos < len) {
		piece = step > 0 ? step : pos < cut ? cut - pos : len - pos;
		if (piece > len - pos)
			piece = len - pos;
		ret = seal_sealer_more(sealer,
			(const unsigned char *)message + pos, piece, err);
		pos += piece;
	}
	if (ret == 0)
		ret = seal_sealer_finish(sealer, err);
	if (ret == 0)
		*outcome_r = seal_sealer_outcome(sealer);
	seal_sealer_free(&sealer);
	return ret;
}

/* Opens with OpenSSL; NULL if it cannot. */
static BIO *open_message(const unsigned char *message, size_t len)
{
	BIO *in = BIO_new_mem_buf(message, (int)len);
	BIO *out = BIO_new(BIO_s_mem()), *detached = NULL;
	CMS_ContentInfo *cms = SMIME_read_CMS(in, &detached);

	if (cms == NULL || CMS_decrypt(cms, private_key, cert, NULL, out,
				       CMS_BINARY) != 1) {
		BIO_free(out);
		out = NULL;
	}
	ERR_clear_error();
	CMS_ContentInfo_free(cms);
	BIO_free(detached);
	BIO_free(in);
	return out;
}

static bool opens_to(const unsigned char *message, size_t len,
		     const char *inner, size_t inner_len)
{
	BIO *out = open_message(message, len);
	char *data;
	bool good = out != NULL &&
		(size_t)BIO_get_mem_data(out, &data) == inner_len &&
		memcmp(data, inner, inner_len) == 0;

	BIO_free(out);
	return good;
}

static bool sealed_as(const struct row *row, enum seal_cipher cipher,
		      const struct seal_buf *out, enum seal_outcome outcome)
{
	const char *end = NULL;
	size_t head;

	switch (cipher) {
	case SEAL_CIPHER_AES256_CBC:
		end = OUTER_END("enveloped-data", "aes256-cbc"); break;
	case SEAL_CIPHER_AES128_CBC:
		end = OUTER_END("enveloped-data", "aes128-cbc"); break;
	case SEAL_CIPHER_AES256_GCM:
		end = OUTER_END("authEnveloped-data", "aes256-gcm"); break;
	case SEAL_CIPHER_AES128_GCM:
		end = OUTER_END("authEnveloped-data", "aes128-gcm"); break;
	case SEAL_CIPHER_NONE:
		return false;
	}
	head = strlen(row->outer) + strlen(end);
	return outcome == SEAL_OUTCOME_SEALED && out->len > head &&
		memcmp(out->data, row->outer, strlen(row->outer)) == 0 &&
		memcmp(out->data + strlen(row->outer), end, strlen(end)) == 0 &&
		opens_to(out->data, out->len, row->inner, strlen(row->inner));
}

static void test_row(const struct row *row, enum seal_cipher cipher)
{
	size_t len = strlen(row->message), cut;
	struct seal_order order;
	struct seal_error err;
	enum seal_outcome outcome;
	bool good = true;

	/* cut 0 is the whole message; len + 1 stands for byte by byte */
	for (cut = 0; cut <= len + 1; cut++) {
		struct seal_buf out = SEAL_BUF_INIT;

		if (order_make(&order, cipher, SEAL_ENCRYPTED_KEEP, &err) < 0)
			abort();
		if (run(&order, row->message, len, cut == len + 1 ? 1 : 0, cut,
			&out, &outcome, &err) < 0 ||
		    !sealed_as(row, cipher, &out, outcome)) {
			tap_note("cut at %zu: %.*s", cut, (int)out.len,
				 out.data == NULL ? "" : (char *)out.data);
			good = false;
		}
		seal_buf_free(&out);
		order_free(&order);
	}
	tap_ok(good, "%s, %s: at every cut", row->name,
	       seal_cipher_name(cipher));
}

/* Mail that is encrypted already, and the setting for it. */
static void test_encrypted(void)
{
	static const struct {
		const char *name;
		enum seal_encrypted encrypted;
		bool own;	/* encrypted to the owner, not to somebody else */
		bool pass;
		bool by_owner;	/* whose own mark stays with what is kept */
		enum seal_outcome wanted;
	} cases[] = {
		{ "keep, foreign", SEAL_ENCRYPTED_KEEP, false, false, false,
		  SEAL_OUTCOME_KEPT },
		{ "keep, own", SEAL_ENCRYPTED_KEEP, true, false, false,
		  SEAL_OUTCOME_KEPT },
		{ "keep, own, saved by the owner", SEAL_ENCRYPTED_KEEP, true,
		  false, true, SEAL_OUTCOME_KEPT },
		{ "mine, foreign", SEAL_ENCRYPTED_MINE, false, false, false,
		  SEAL_OUTCOME_SEALED },
		{ "mine, own", SEAL_ENCRYPTED_MINE, true, false, false,
		  SEAL_OUTCOME_KEPT },
		{ "seal, own, saved by the owner", SEAL_ENCRYPTED_SEAL, true,
		  false, true,
		  SEAL_OUTCOME_SEALED },
		{ "pass", SEAL_ENCRYPTED_KEEP, true, true, true,
		  SEAL_OUTCOME_PASSED }
	};
	static const char mark[] = "X-Mail-Seal: v=1; profile=x\r\n";
	struct seal_buf own = SEAL_BUF_INIT, marked = SEAL_BUF_INIT;
	struct seal_error err;
	struct seal_order order;
	enum seal_outcome outcome = SEAL_OUTCOME_OPEN;
	const char *inner;
	unsigned int i;
	size_t len, cut;

	if (order_make(&order, SEAL_CIPHER_AES256_CBC, SEAL_ENCRYPTED_KEEP,
		       &err) < 0 ||
	    run(&order, rows[1].message, strlen(rows[1].message), 0, 0, &own,
		&outcome, &err) < 0)
		abort();
	order_free(&order);

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool good = true;
		const char *message = cases[i].own ?
			(char *)own.data : foreign_mail;

		len = cases[i].own ? own.len : strlen(foreign_mail);
		/* a kept message loses forged marks and nothing else; ours of
		   "own" is one here */
		seal_buf_clear(&marked);
		if (seal_buf_append(&marked, mark, strlen(mark), &err) < 0 ||
		    seal_buf_append(&marked, message, len, &err) < 0)
			abort();
		for (cut = 0; cut < marked.len; cut += 1 + cut / 50) {
			struct seal_buf out = SEAL_BUF_INIT;

			if (order_make(&order, SEAL_CIPHER_AES256_CBC,
				       cases[i].encrypted, &err) < 0)
				abort();
			order.pass = cases[i].pass;
			order.by_owner = cases[i].by_owner;
			if (run(&order, (char *)marked.data, marked.len,
				cut == 0 ? 1 : 0, cut, &out, &outcome,
				&err) < 0 || outcome != cases[i].wanted)
				good = false;
			else if (outcome == SEAL_OUTCOME_KEPT &&
				 cases[i].by_owner)
				good = good && out.len == marked.len &&
					memcmp(out.data, marked.data,
					       out.len) == 0;
			else if (outcome != SEAL_OUTCOME_SEALED)
				good = good && out.len == len -
					(cases[i].own ? strlen(
					"X-Mail-Seal: v=1; profile=0123456789abcdef;"
					" cipher=aes256-cbc\r\n") : 0);
			else {
				inner = strstr(message, "Content-");
				BIO *opened = open_message(out.data, out.len);
				char *data;

				good = good && opened != NULL &&
					BIO_get_mem_data(opened, &data) > 0 &&
					memcmp(data, inner, 30) == 0;
				BIO_free(opened);
			}
			seal_buf_free(&out);
			order_free(&order);
		}
		tap_ok(good, "encrypted already: %s", cases[i].name);
	}
	seal_buf_free(&own);
	seal_buf_free(&marked);
}

static void test_limits(void)
{
	struct seal_buf message = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	struct seal_order order;
	struct seal_error err;
	enum seal_outcome outcome = SEAL_OUTCOME_OPEN;
	unsigned int i;
	char line[64];

	/* a header beyond what is held */
	for (i = 0; i < 10000; i++) {
		snprintf(line, sizeof(line), "X-Field-%u: %0*u\r\n", i, 40, i);
		if (seal_buf_append(&message, line, strlen(line), &err) < 0)
			abort();
	}
	if (seal_buf_append(&message, "Content-Type: text/plain\r\n\r\nbody", 32,
			    &err) < 0 ||
	    order_make(&order, SEAL_CIPHER_AES256_CBC, SEAL_ENCRYPTED_KEEP,
		       &err) < 0)
		abort();
	tap_ok(run(&order, (char *)message.data, message.len, 4096, 0, &out,
		   &outcome, &err) == 0 && outcome == SEAL_OUTCOME_SEALED &&
	       memcmp(out.data, message.data, message.len - 32) == 0 &&
	       opens_to(out.data, out.len,
			"Content-Type: text/plain\r\n\r\nbody", 32),
	       "10,000 header fields");
	order_free(&order);
	seal_buf_free(&out);

	/* an unusable key */
	if (order_make(&order, SEAL_CIPHER_AES256_CBC, SEAL_ENCRYPTED_KEEP,
		       &err) < 0)
		abort();
	order.key.len--;
	tap_ok(run(&order, "a: b\r\n\r\nc", 9, 1, 0, &out, &outcome,
		   &err) < 0 && err.code == SEAL_ERR_INPUT,
	       "a key of the wrong length is an error");
	order.key.len++;
	order.cipher = SEAL_CIPHER_NONE;
	tap_ok(run(&order, "a: b\r\n\r\nc", 9, 1, 0, &out, &outcome,
		   &err) < 0 && err.code == SEAL_ERR_INPUT,
	       "an unknown cipher is an error");
	order_free(&order);

	/* the Content-* fields beyond their limit */
	seal_buf_free(&message);
	if (seal_buf_append(&message, "Content-Type: ", 14, &err) < 0 ||
	    seal_buf_reserve(&message, SEAL_SEALER_INNER_MAX, &err) == NULL ||
	    order_make(&order, SEAL_CIPHER_AES256_CBC, SEAL_ENCRYPTED_KEEP,
		       &err) < 0)
		abort();
	memset(message.data + 14, 'x', SEAL_SEALER_INNER_MAX);
	message.len += SEAL_SEALER_INNER_MAX;
	tap_ok(run(&order, (char *)message.data, message.len, 65536, 0, &out,
		   &outcome, &err) < 0 && err.code == SEAL_ERR_LIMIT,
	       "a 16 MB Content-Type is refused");
	order_free(&order);
	seal_buf_free(&message);
	seal_buf_free(&out);
}

static void test_alloc(const char *name, const char *message, size_t len)
{
	struct seal_order order;
	struct seal_error err;
	enum seal_outcome outcome;
	unsigned long n;
	bool good = true, failed = true;

	for (n = 1; failed && n < 10000; n++) {
		struct seal_buf out = SEAL_BUF_INIT;
		int ret;

		if (order_make(&order, SEAL_CIPHER_AES256_GCM,
			       SEAL_ENCRYPTED_KEEP, &err) < 0)
			abort();
		err.code = SEAL_ERR_NONE;
		tap_alloc_fail_at(n);
		ret = run(&order, message, len, 7, 0, &out, &outcome, &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		if (ret < 0 ? err.code == SEAL_ERR_NONE :
		    outcome == SEAL_OUTCOME_SEALED ?
		    !opens_to(out.data, out.len, rows[1].inner,
			      strlen(rows[1].inner)) :
		    out.len != len)
			good = false;
		seal_buf_free(&out);
		order_free(&order);
	}
	tap_ok(good && !failed, "%s: every failing allocation (%lu)", name,
	       n - 1);
}

static void make_certificates(void)
{
	const char *key = tap_file("key.pem", NULL, 0);
	const char *pem = tap_file("cert.pem", NULL, 0);
	const char *key2 = tap_file("key2.pem", NULL, 0);
	const char *pem2 = tap_file("cert2.pem", NULL, 0);
	const char *const files[2][2] = { { key, pem }, { key2, pem2 } };
	const char *const encrypt[] = {
		"openssl", "cms", "-encrypt", "-aes256", "-crlfeol", pem2, NULL
	};
	struct seal_error err;
	unsigned char *der = NULL;
	size_t out_len;
	char *out;
	unsigned int i;
	BIO *bio;
	int len;

	for (i = 0; i < 2; i++) {
		const char *const req[] = {
			"openssl", "req", "-x509", "-newkey", "rsa:2048",
			"-nodes", "-subj", "/CN=user@example.org", "-days", "9",
			"-addext", "basicConstraints=critical,CA:FALSE",
			"-keyout", files[i][0], "-out", files[i][1], NULL
		};
		if (tap_run(req, NULL, 0, &out, &out_len) != 0)
			abort();
		free(out);
	}
	if (tap_run(encrypt, "not for you\r\n", 13, &foreign_mail,
		    &out_len) != 0)
		abort();

	bio = BIO_new_file(pem, "r");
	cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	BIO_free(bio);
	bio = BIO_new_file(key, "r");
	private_key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	BIO_free(bio);
	len = i2d_X509(cert, &der);
	recipient = seal_recipient_new(der, (size_t)len, &err);
	OPENSSL_free(der);
	if (recipient == NULL ||
	    seal_recipient_names(recipient, &names, &err) < 0)
		abort();
}

int main(void)
{
	unsigned int i, c;

	tap_alloc_init();
	make_certificates();
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (c = 0; c < sizeof(ciphers) / sizeof(ciphers[0]); c++)
			test_row(&rows[i], ciphers[c]);
	}
	test_encrypted();
	test_limits();
	test_alloc("a plain message", rows[1].message, strlen(rows[1].message));
	test_alloc("encrypted mail", foreign_mail, strlen(foreign_mail));

	seal_buf_free(&names);
	seal_recipient_free(&recipient);
	X509_free(cert);
	EVP_PKEY_free(private_key);
	free(foreign_mail);
	return tap_done();
}
