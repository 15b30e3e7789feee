/* SPDX-License-Identifier: MIT */
/* Signatures that libcrypto made, detached and opaque, by those who may sign and by
   others. */
#include "cms/opaque.h"
#include "cms/verify.h"

#include <stdio.h>
#include "base/sink.h"
#include "unit/cms-make.h"
#include "unit/tap.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SIGNATURE_MIN 64	/* bytes of the shortest one here */

static unsigned char content[40001];
static struct cms_signer rsa, ec, other;
static struct seal_buf both;	/* certificates of rsa and ec */

static const struct row {
	const char *name;
	const struct cms_signer *signer;
	const EVP_MD *(*digest)(void);
	unsigned int flags;
	bool pss;
	int wanted;
} rows[] = {
	{ "RSA, SHA-256", &rsa, EVP_sha256, 0, false, 1 },
	{ "RSA, SHA-384", &rsa, EVP_sha384, 0, false, 1 },
	{ "RSA, SHA-512", &rsa, EVP_sha512, 0, false, 1 },
	{ "RSA, SHA-256, no attributes", &rsa, EVP_sha256, CMS_NOATTR, false, 1 },
	{ "RSA, SHA-256, no certificates", &rsa, EVP_sha256, CMS_NOCERTS, false,
	  1 },
	{ "RSA-PSS, SHA-256", &rsa, EVP_sha256, 0, true, 1 },
	{ "EC, SHA-256", &ec, EVP_sha256, 0, false, 1 },
	{ "EC, SHA-512, no attributes", &ec, EVP_sha512, CMS_NOATTR, false, 1 },
	{ "RSA, SHA-1", &rsa, EVP_sha1, 0, false, 0 },
	{ "RSA, SHA-1, no attributes", &rsa, EVP_sha1, CMS_NOATTR, false, 0 },
	{ "by somebody else", &other, EVP_sha256, 0, false, 0 }
};

/* In two pieces. */
static int verify(const void *data, size_t len, size_t cut,
		  const struct seal_buf *cms, const struct seal_buf *signers,
		  struct seal_error *err)
{
	struct seal_verify *verify = seal_verify_new(err);
	const unsigned char *bytes = data;
	int ret = -1;

	if (verify != NULL && seal_verify_more(verify, bytes, cut, err) == 0 &&
	    seal_verify_more(verify, bytes + cut, len - cut, err) == 0)
		ret = seal_verify_finish(verify, cms->data, cms->len,
					 signers->data, signers->len, err);
	seal_verify_free(&verify);
	return ret;
}

static bool refused(int ret, const struct seal_error *err)
{
	return ret == 0 && err->code == SEAL_ERR_REFUSED;
}

static void test_row(const struct row *row, size_t len)
{
	struct seal_buf cms = SEAL_BUF_INIT, none = SEAL_BUF_INIT;
	struct seal_error err = { .text = "" };
	int ret;

	cms_sign(row->signer, row->digest(), row->flags | CMS_DETACHED,
		 row->pss, content, len, &cms);
	ret = verify(content, len, len / 3, &cms, &both, &err);
	tap_ok(ret == row->wanted && (ret > 0 || refused(ret, &err)) &&
	       ERR_peek_error() == 0, "%s, %zu bytes%s%s", row->name, len,
	       ret > 0 ? "" : ": ", ret > 0 ? "" : err.text);
	content[len / 2] ^= 1;
	ret = verify(content, len, len, &cms, &both, &err);
	content[len / 2] ^= 1;
	tap_ok(refused(ret, &err), "%s, altered: %s", row->name, err.text);
	ret = verify(content, len, len, &cms, &none, &err);
	tap_ok(refused(ret, &err), "%s, nobody may: %s", row->name, err.text);
	seal_buf_free(&cms);
}

/* Bits all over changed: never a crash, never -1; and never valid where it is one of the
 * signature itself, which stands last. */
static void test_flipped(const struct row *row)
{
	struct seal_buf cms = SEAL_BUF_INIT;
	unsigned int valid = 0;
	struct seal_error err;
	bool good = true;
	size_t bit;
	int ret;

	cms_sign(row->signer, row->digest(),
		 row->flags | CMS_DETACHED | CMS_NOCERTS, row->pss, content, 10,
		 &cms);
	for (bit = 0; good && bit < cms.len * 8; bit += 11) {
		cms.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
		ret = verify(content, 10, 10, &cms, &both, &err);
		cms.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
		good = refused(ret, &err) ||
			(ret > 0 && bit / 8 + SIGNATURE_MIN < cms.len);
		valid += ret > 0;
	}
	tap_ok(good, "%s, bits changed (%u still valid)",
	       row->name, valid);
	seal_buf_free(&cms);
}

/* Takes the content out; in pieces of step bytes, the first of which has cut. */
static int take(const struct seal_buf *cms, size_t cut, size_t step,
		struct seal_buf *out, struct seal_buf *detached,
		struct seal_error *err)
{
	const struct seal_sink sink = seal_sink_to_buf(out);
	struct seal_opaque *opaque = seal_opaque_new(&sink, err);
	size_t at = 0, n;
	int ret = opaque == NULL ? -1 : 0;

	seal_buf_clear(out);
	seal_buf_clear(detached);
	for (n = cut; ret == 0 && at < cms->len; n = step) {
		n = n < cms->len - at ? n : cms->len - at;
		ret = seal_opaque_more(opaque, cms->data + at, n, err);
		at += n;
	}
	if (ret == 0)
		ret = seal_opaque_finish(opaque, detached, err);
	seal_opaque_free(&opaque);
	return ret;
}

static bool taken(const struct seal_buf *cms, size_t cut, size_t step,
		  size_t len, const struct seal_buf *wanted)
{
	struct seal_buf out = SEAL_BUF_INIT, detached = SEAL_BUF_INIT;
	struct seal_error err;
	bool good = take(cms, cut, step, &out, &detached, &err) == 0 &&
		out.len == len && memcmp(out.data, content, len) == 0 &&
		detached.len == wanted->len &&
		memcmp(detached.data, wanted->data, wanted->len) == 0;

	seal_buf_free(&out);
	seal_buf_free(&detached);
	return good;
}

static void test_opaque(const struct row *row, bool stream, size_t len)
{
	struct seal_buf cms = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	struct seal_buf detached = SEAL_BUF_INIT, whole = SEAL_BUF_INIT;
	struct seal_error err;
	bool good;
	size_t cut;

	cms_sign(row->signer, row->digest(),
		 row->flags | (stream ? CMS_STREAM : 0), row->pss, content, len,
		 &cms);
	good = take(&cms, cms.len, 1, &out, &whole, &err) == 0 &&
		out.len == len && memcmp(out.data, content, len) == 0 &&
		verify(content, len, 0, &whole, &both, &err) == row->wanted &&
		taken(&cms, 1, 1, len, &whole);
	for (cut = 0; good && len < 100 && cut <= cms.len; cut++)
		good = taken(&cms, cut, cms.len, len, &whole);
	tap_ok(good, "opaque: %s, %s, %zu bytes", row->name,
	       stream ? "indefinite" : "DER", len);
	for (cut = cms.len; good && len < 100 && cut-- > 0; ) {
		struct seal_buf part = { cms.data, cut, cms.size };

		good = take(&part, cut, 1, &out, &detached, &err) == -1 &&
			err.code == SEAL_ERR_REFUSED && detached.len == 0;
	}
	tap_ok(good, "opaque: %s, %s, cut off anywhere", row->name,
	       stream ? "indefinite" : "DER");
	seal_buf_free(&cms);
	seal_buf_free(&out);
	seal_buf_free(&detached);
	seal_buf_free(&whole);
}

static void test_nonsense(void)
{
	struct seal_buf cms = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	struct seal_buf text = { (unsigned char *)"no CMS", 6, 6 };
	struct seal_buf detached = SEAL_BUF_INIT;
	struct seal_error err;

	tap_ok(refused(verify(content, 9, 9, &text, &both, &err), &err) &&
	       refused(verify(content, 9, 9, &out, &both, &err), &err),
	       "no CMS: %s", err.text);
	cms_sign(&rsa, EVP_sha256(), 0, false, content, 9, &cms);
	tap_ok(refused(verify(content, 9, 9, &cms, &both, &err), &err),
	       "with a content of its own: %s", err.text);
	cms_encrypt(EVP_aes_128_cbc(), false, content, 9, &out);
	tap_ok(refused(verify(content, 9, 9, &out, &both, &err), &err),
	       "an envelope: %s", err.text);
	tap_ok(take(&out, 1, 1, &cms, &detached, &err) == -1 &&
	       err.code == SEAL_ERR_REFUSED, "opaque: an envelope: %s",
	       err.text);
	cms_sign(&rsa, EVP_sha256(), CMS_DETACHED, false, content, 9, &cms);
	tap_ok(take(&cms, 1, 1, &out, &detached, &err) == -1 &&
	       err.code == SEAL_ERR_REFUSED, "opaque: without content: %s",
	       err.text);
	tap_ok(verify(content, 9, 9, &cms, &text, &err) == -1 &&
	       err.code == SEAL_ERR_INPUT, "signers that are none: %s",
	       err.text);
	seal_buf_free(&cms);
	seal_buf_free(&out);
	seal_buf_free(&detached);
}

static void test_allocations(void)
{
	struct seal_buf cms = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	struct seal_buf detached = SEAL_BUF_INIT;
	bool good = true, failed = true;
	struct seal_error err;
	unsigned long n;
	int ret;

	cms_sign(&ec, EVP_sha256(), 0, false, content, 1000, &cms);
	/* more of the first ones: later ones are libcrypto's, and much alike */
	for (n = 1; good && failed && n < 5000; n += n < 40 ? 1 : n / 20) {
		seal_buf_free(&out);
		seal_buf_free(&detached);
		err.code = SEAL_ERR_NONE;
		tap_alloc_fail_at(n);
		ret = take(&cms, 1, 4096, &out, &detached, &err);
		if (ret == 0)
			ret = verify(content, 1000, 1, &detached, &both, &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		/* libcrypto does not always say that it was memory: then no
		   signature is valid */
		good = ERR_peek_error() == 0 &&
			(ret > 0 || err.code == SEAL_ERR_MEMORY ||
			 err.code == SEAL_ERR_CRYPTO ||
			 err.code == SEAL_ERR_REFUSED ||
			 err.code == SEAL_ERR_INPUT);
	}
	tap_ok(good && !failed, "failing allocations (up to %lu)", n - 1);
	seal_buf_free(&cms);
	seal_buf_free(&out);
	seal_buf_free(&detached);
}

int main(void)
{
	struct seal_error err;
	size_t i;

	tap_alloc_init();
	for (i = 0; i < sizeof(content); i++)
		content[i] = (unsigned char)(i * 2654435761u >> 13);
	cms_signer_make(&rsa, EVP_RSA_gen(2048), "rsa");
	cms_signer_make(&ec, EVP_EC_gen("P-256"), "ec");
	cms_signer_make(&other, EVP_RSA_gen(2048), "other");
	if (seal_buf_append(&both, ec.der.data, ec.der.len, &err) < 0 ||
	    seal_buf_append(&both, rsa.der.data, rsa.der.len, &err) < 0)
		abort();
	for (i = 0; i < COUNT(rows); i++) {
		test_row(&rows[i], 11);
		test_row(&rows[i], sizeof(content));
		test_opaque(&rows[i], false, 11);
		/* libcrypto cannot write these as a stream */
		if (rows[i].pss)
			continue;
		test_opaque(&rows[i], true, 11);
		test_opaque(&rows[i], true, sizeof(content));
	}
	test_flipped(&rows[0]);
	test_flipped(&rows[3]);
	test_flipped(&rows[6]);
	test_nonsense();
	test_allocations();
	cms_signer_free(&rsa);
	cms_signer_free(&ec);
	cms_signer_free(&other);
	seal_buf_free(&both);
	return tap_done();
}
