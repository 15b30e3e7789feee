/* SPDX-License-Identifier: MIT */
/* Framing as multipart/signed, and the decision to do so. That real signatures
 * verify is shown where they are made (test-sender.c), and by the integration tests on
 * delivered mail; here the signature is a stand-in that tells what was signed. */
#include "seal/signer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include "base/buf.h"
#include "base/error.h"
#include "base/sink.h"
#include "cms/signed.h"
#include "message/entity.h"
#include "unit/tap.h"

static struct asked {
	char address[256];
	unsigned char digest[32];
	unsigned int times;
	bool fails;
} asked;

static int stand_in(void *context, const char *address,
		    const unsigned char *digest, size_t digest_len,
		    struct seal_buf *out, struct seal_error *err)
{
	struct asked *to = context;

	to->times++;
	snprintf(to->address, sizeof(to->address), "%s", address);
	memcpy(to->digest, digest, digest_len);
	if (to->fails)
		return seal_error_set(err, SEAL_ERR_IO, "no signature");
	return seal_buf_append(out, "stand-in for a signature", 24, err);
}

static const struct row {
	const char *name, *header, *type, *inner;
	enum seal_sign policy;
	const char *result;	/* and the address where signed */
	const char *address;
} rows[] = {
	{ "always", "From: Bert <bert@Example.com>\r\n", NULL,
	  "\r\nbody\r\n", SEAL_SIGN_ALWAYS, "always", "bert@example.com" },
	{ "verified", "Authentication-Results: mx.example.org;"
	  " dmarc=pass header.from=example.com\r\nFrom: bert@example.com\r\n",
	  "text/plain", "Content-Type: text/plain\r\n\r\nbody\r\n",
	  SEAL_SIGN_VERIFIED, "verified", "bert@example.com" },
	{ "not verified", "From: bert@example.com\r\n", "text/plain",
	  "Content-Type: text/plain\r\n\r\nbody\r\n", SEAL_SIGN_VERIFIED,
	  "no", NULL },
	{ "verified by somebody else", "Authentication-Results: mx.example.net;"
	  " dmarc=pass header.from=example.com\r\nFrom: bert@example.com\r\n",
	  NULL, "\r\nbody\r\n", SEAL_SIGN_VERIFIED, "no", NULL },
	{ "two From", "From: a@example.com\r\nFrom: b@example.com\r\n", NULL,
	  "\r\nbody\r\n", SEAL_SIGN_ALWAYS, "no", NULL },
	{ "signed by the sender, S/MIME", "From: a@example.com\r\n",
	  "multipart/signed; protocol=\"application/pkcs7-signature\"",
	  "Content-Type: multipart/signed\r\n\r\nx", SEAL_SIGN_ALWAYS, "no",
	  NULL },
	{ "signed by the sender, opaque", "From: a@example.com\r\n",
	  "Application/PKCS7-Mime; smime-type=signed-data",
	  "Content-Type: x\r\n\r\nx", SEAL_SIGN_ALWAYS, "no", NULL },
	{ "no body", "From: a@example.com\r\n", NULL, "\r\n",
	  SEAL_SIGN_ALWAYS, "always", "a@example.com" },
	{ "no line end at the end", "From: a@example.com\r\n", NULL,
	  "\r\nbody", SEAL_SIGN_ALWAYS, "always", "a@example.com" }
};

static int feed(int (*more)(struct seal_signer *, const unsigned char *,
			    size_t, struct seal_error *),
		struct seal_signer *signer, const char *data, size_t step,
		struct seal_error *err)
{
	size_t len = strlen(data), n;

	for (; len > 0; data += n, len -= n) {
		n = step < len ? step : len;
		if (more(signer, (const unsigned char *)data, n, err) < 0)
			return -1;
	}
	return 0;
}

static int run(const struct row *row, size_t step, struct seal_buf *out,
	       char *result, struct seal_error *err)
{
	const struct seal_signer_order order = {
		.policy = row->policy, .authserv_id = "mx.example.org",
		.ask = stand_in, .context = &asked
	};
	const struct seal_content content = { .type = row->type };
	struct seal_sink sink = seal_sink_to_buf(out);
	struct seal_signer *signer;
	const char *reason;
	int ret = -1;

	asked.times = 0;
	signer = seal_signer_new(&order, err);
	if (signer != NULL &&
	    feed(seal_signer_header, signer, row->header, step, err) == 0 &&
	    seal_signer_head(signer, &content, err) == 0 &&
	    seal_signer_begin(signer, &sink, err) == 0 &&
	    feed(seal_signer_more, signer, row->inner, step, err) == 0 &&
	    seal_signer_finish(signer, err) == 0) {
		strcpy(result, seal_signer_result(signer, &reason));
		ret = (strcmp(result, "no") == 0) == (reason != NULL) ? 0 : -2;
	}
	seal_signer_free(&signer);
	return ret;
}

/* Does out frame inner, as RFC 1847 says, with the digest over just that? */
static bool framed(const struct seal_buf *out, const char *inner)
{
	static const char head[] = "Content-Type: multipart/signed;"
		" protocol=\"application/pkcs7-signature\";\r\n"
		" micalg=sha-256; boundary=\"";
	unsigned char digest[32];
	char want[4096], boundary[33];
	int len;

	if (out->len < sizeof(head) + 32 ||
	    memcmp(out->data, head, sizeof(head) - 1) != 0)
		return false;
	memcpy(boundary, out->data + sizeof(head) - 1, 32);
	boundary[32] = '\0';
	len = snprintf(want, sizeof(want), "%s%s\"\r\n\r\n--%s\r\n%s\r\n--%s\r\n"
		"Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n"
		"Content-Transfer-Encoding: base64\r\n"
		"Content-Disposition: attachment; filename=\"smime.p7s\"\r\n"
		"\r\nc3RhbmQtaW4gZm9yIGEgc2lnbmF0dXJl\r\n--%s--\r\n",
		head, boundary, boundary, inner, boundary, boundary);
	EVP_Digest(inner, strlen(inner), digest, NULL, EVP_sha256(), NULL);
	return out->len == (size_t)len && asked.times == 1 &&
		memcmp(out->data, want, out->len) == 0 &&
		memcmp(digest, asked.digest, 32) == 0;
}

static bool right(const struct row *row, const struct seal_buf *out,
		  const char *result)
{
	if (strcmp(result, row->result) != 0)
		return false;
	if (row->address != NULL)
		return framed(out, row->inner) &&
			strcmp(asked.address, row->address) == 0;
	return asked.times == 0 && out->len == strlen(row->inner) &&
		memcmp(out->data, row->inner, out->len) == 0;
}

static void test_row(const struct row *row)
{
	struct seal_error err;
	char result[16] = "";
	size_t step;
	bool good = true;

	for (step = 1; step <= 200; step++) {
		struct seal_buf out = SEAL_BUF_INIT;

		good = run(row, step, &out, result, &err) == 0 &&
			right(row, &out, result) && good;
		seal_buf_free(&out);
	}
	tap_ok(good, "%s: %s, in steps of 1 to 200", row->name, result);
}

static void test_failures(const struct row *row)
{
	struct seal_error err;
	char result[16];
	bool good = true, failed = true;
	unsigned long n;

	for (n = 1; failed && n < 1000; n++) {
		struct seal_buf out = SEAL_BUF_INIT;
		int ret;

		err.code = SEAL_ERR_NONE;
		tap_alloc_fail_at(n);
		ret = run(row, 7, &out, result, &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		if (ret < 0 ? err.code == SEAL_ERR_NONE :
		    !right(row, &out, result))
			good = false;
		seal_buf_free(&out);
	}
	tap_ok(good && !failed, "%s: every failing allocation (%lu)",
	       row->name, n - 1);
}

int main(void)
{
	struct seal_buf out = SEAL_BUF_INIT;
	struct seal_error err;
	char result[16];
	unsigned int i;

	tap_alloc_init();
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		test_row(&rows[i]);
	test_failures(&rows[1]);
	test_failures(&rows[2]);

	asked.fails = true;
	tap_ok(run(&rows[0], 5, &out, result, &err) == -1 &&
	       err.code == SEAL_ERR_IO &&
	       strcmp(err.text, "no signature") == 0,
	       "no signature to be had: an error, not an unsigned message");
	seal_buf_free(&out);
	return tap_done();
}
