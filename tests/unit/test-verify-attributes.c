/* SPDX-License-Identifier: MIT */

/* Signatures by the right signer over the right bytes which yet must not count, because
 * of what the signed attributes say; written by hand. */

#include "cms/verify.h"

#include "ber-text.h"
#include "cms-make.h"
#include "tap.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const char content[] = "Content-Type: text/plain\r\n\r\nhello";

#define DATA "(06 2a864886f70d010701)"
#define TIMESTAMP "(06 2a864886f70d0109100104)"
#define TYPE_IS(types) "(30 (06 2a864886f70d010903) (31 " types "))"
#define TYPE TYPE_IS(DATA)
#define DIGEST_IS(digests) "(30 (06 2a864886f70d010904) (31 " digests "))"
/* $d: the content's, $n: another one */
#define DIGEST DIGEST_IS("(04 $d)")
#define TIME "(30 (06 2a864886f70d010905) (31 (17 3236313132383036323831365a)))"
#define SHA256 "(30 (06 608648016503040201))"
#define ECDSA "(30 (06 2a8648ce3d040302))"
/* $i: the signer's name */
#define SIGNER "(30 $i (02 07))"
#define STRANGER "(30 $i (02 08))"
/* $s: the signature over the attributes, or, where there are none, over the content */
#define INFO(id, attributes) "(30 (02 01)" id SHA256 attributes ECDSA "(04 $s))"
#define CMS(type, infos) "(30 (06 2a864886f70d010702) (a0 (30 (02 01) (31 " SHA256 \
	") (30 " type ") (31 " infos "))))"
#define OVER(attributes) attributes, \
	CMS(DATA, INFO(SIGNER, "(a0 " attributes ")"))

static const struct row {
	const char *name, *attributes, *source;
	int wanted;
} rows[] = {
	{ "both attributes", OVER(TYPE DIGEST), 1 },
	{ "and another one", OVER(TYPE TIME DIGEST), 1 },
	{ "without any", NULL, CMS(DATA, INFO(SIGNER, "")), 1 },
	{ "a stranger's first", TYPE DIGEST,
	  CMS(DATA, INFO(STRANGER, "") INFO(SIGNER, "(a0 " TYPE DIGEST ")")), 1 },
	{ "a damaged one first", TYPE DIGEST,
	  CMS(DATA, INFO(SIGNER, "") INFO(SIGNER, "(a0 " TYPE DIGEST ")")), 1 },
	{ "a byte behind it", TYPE DIGEST,
	  CMS(DATA, INFO(SIGNER, "(a0 " TYPE DIGEST ")")) "00", 0 },
	{ "no signer", TYPE DIGEST, CMS(DATA, ""), 0 },
	{ "a stranger's", TYPE DIGEST,
	  CMS(DATA, INFO(STRANGER, "(a0 " TYPE DIGEST ")")), 0 },
	{ "no type", OVER(DIGEST), 0 },
	{ "another type", OVER(TYPE_IS(TIMESTAMP) DIGEST), 0 },
	{ "two types", OVER(TYPE_IS(DATA TIMESTAMP) DIGEST), 0 },
	{ "the type twice", OVER(TYPE TYPE DIGEST), 0 },
	{ "the type is no OID", OVER(TYPE_IS("(04 2a864886f70d010701)") DIGEST), 0 },
	{ "no mail, and says so", TYPE_IS(TIMESTAMP) DIGEST,
	  CMS(TIMESTAMP, INFO(SIGNER, "(a0 " TYPE_IS(TIMESTAMP) DIGEST ")")), 0 },
	{ "no mail, and no attributes", NULL,
	  CMS(TIMESTAMP, INFO(SIGNER, "")), 0 },
	{ "no digest", OVER(TYPE), 0 },
	{ "another digest", OVER(TYPE DIGEST_IS("(04 $n)")), 0 },
	{ "two digests", OVER(TYPE DIGEST_IS("(04 $n) (04 $d)")), 0 },
	{ "two digests, ours first", OVER(TYPE DIGEST_IS("(04 $d) (04 $n)")), 0 },
	{ "the digest twice", OVER(TYPE DIGEST_IS("(04 $n)") DIGEST), 0 },
	{ "the digest twice, ours first", OVER(TYPE DIGEST DIGEST_IS("(04 $n)")), 0 },
	{ "the digest's first half", OVER(TYPE DIGEST_IS("(04 $h)")), 0 },
	{ "an empty digest", OVER(TYPE DIGEST_IS("(04)")), 0 },
	{ "no value", OVER(TYPE DIGEST_IS("")), 0 },
	{ "no attribute", OVER(""), 0 },
	{ "no attribute, and the content signed", NULL,
	  CMS(DATA, INFO(SIGNER, "(a0)")), 0 },
	{ "attributes that were not signed", NULL,
	  CMS(DATA, INFO(SIGNER, "(a0 " TYPE DIGEST ")")), 0 },
	{ "signed attributes that are left out", TYPE DIGEST,
	  CMS(DATA, INFO(SIGNER, "")), 0 },
	{ "with the content in it", TYPE DIGEST,
	  CMS(DATA "(a0 (04 $c))", INFO(SIGNER, "(a0 " TYPE DIGEST ")")), 0 },
	{ "with empty content in it", TYPE DIGEST,
	  CMS(DATA "(a0 (04))", INFO(SIGNER, "(a0 " TYPE DIGEST ")")), 0 }
};

static unsigned int sign(const struct cms_signer *signer,
			 const unsigned char *data, size_t len,
			 unsigned char out[80])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t n = 80;

	if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL,
			       signer->key) != 1 ||
	    EVP_DigestSign(ctx, out, &n, data, len) != 1)
		abort();
	EVP_MD_CTX_free(ctx);
	return (unsigned int)n;
}

static void test_row(const struct row *row, const struct cms_signer *signer,
		     struct ber_name *names, unsigned char signature[80])
{
	unsigned char data[BER_TEXT_MAX];
	const unsigned char *signed_data = (const unsigned char *)content;
	char set[BER_TEXT_MAX], source[BER_SOURCE_MAX];
	size_t len = sizeof(content) - 1;
	struct seal_error err = { SEAL_ERR_NONE, "" };
	struct seal_verify *verify = seal_verify_new(&err);
	int ret;

	if (row->attributes != NULL) {
		snprintf(set, sizeof(set), "(31 %s)", row->attributes);
		ber_expand(set, names, source);
		len = ber_text(source, data);
		signed_data = data;
	}
	names[0].len = sign(signer, signed_data, len, signature);
	ber_expand(row->source, names, source);
	len = ber_text(source, data);
	ret = verify == NULL ||
		seal_verify_more(verify, (const unsigned char *)content,
				 sizeof(content) - 1, &err) < 0 ? -1 :
		seal_verify_finish(verify, data, len, signer->der.data,
				   signer->der.len, &err);
	tap_ok(ret == row->wanted && ERR_peek_error() == 0 &&
	       (ret > 0 || err.code == SEAL_ERR_REFUSED), "%s%s%s", row->name,
	       ret > 0 ? "" : ": ", ret > 0 ? "" : err.text);
	seal_verify_free(&verify);
}

int main(void)
{
	unsigned char signature[80], digest[32], *name = NULL;
	static const unsigned char another[32];
	struct cms_signer signer;
	int len;
	size_t i;

	cms_signer_make(&signer, EVP_EC_gen("P-256"), "signer");
	len = i2d_X509_NAME(X509_get_issuer_name(signer.cert), &name);
	if (len <= 0 || EVP_Digest(content, sizeof(content) - 1, digest, NULL,
				   EVP_sha256(), NULL) != 1)
		abort();
	struct ber_name names[] = {
		{ 's', signature, 0 }, { 'i', name, (size_t)len },
		{ 'd', digest, 32 }, { 'h', digest, 16 }, { 'n', another, 32 },
		{ 'c', (const unsigned char *)content, sizeof(content) - 1 },
		{ '\0', NULL, 0 }
	};
	for (i = 0; i < N(rows); i++)
		test_row(&rows[i], &signer, names, signature);
	OPENSSL_free(name);
	cms_signer_free(&signer);
	return tap_done();
}
