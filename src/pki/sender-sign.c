/* SPDX-License-Identifier: MIT */

/* SignedData, written by hand: libcrypto's CMS functions insist on a signingTime,
 * and all but two values is known before there is a message. */

#include "pki/sender.h"

#include <string.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include "base/error.h"
#include "pki/frame.h"
#include "pki/sender-private.h"

#define SIGNATURE_MAX 1024	/* RSA-8192 */

static const unsigned char version_1[] = { 0x02, 0x01, 0x01 };
/* absent parameters: RFC 5754 section 2 */
static const unsigned char alg_sha256[] = {
	0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
	0x02, 0x01
};
/* no parameters (RFC 5758 section 3.2) */
static const unsigned char alg_ecdsa[] = {
	0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02
};
/* sha256WithRSAEncryption with NULL (RFC 5754 section 3.2) */
static const unsigned char alg_rsa[] = {
	0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x01, 0x0b, 0x05, 0x00
};
/* EncapsulatedContentInfo (RFC 5652 section 5.2): id-data, without content */
static const unsigned char content_type[] = {
	0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x07, 0x01
};
static const unsigned char oid_signed_data[] = {
	0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02
};
/* SignedAttributes: contentType id-data, and messageDigest but for the digest. The
 * first one is the shorter one, so it comes first (X.690 section 11.6). They are
 * signed as a SET OF, and stand in the SignerInfo as [0] (RFC 5652 section 5.4). */
static const unsigned char attributes[] = {
	SEAL_TAG_SET, 0x4b,
	0x30, 0x18, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x09, 0x03, 0x31, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
	0x0d, 0x01, 0x07, 0x01,
	0x30, 0x2f, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x09, 0x04, 0x31, 0x22, 0x04, 0x20
};
#define ATTRIBUTES_LEN (sizeof(attributes) + SEAL_SENDER_DIGEST_LEN)

static bool is_rsa(const struct seal_sender *sender)
{
	return EVP_PKEY_get_base_id(sender->key) == EVP_PKEY_RSA;
}

/* 1, or 0 */
static int prepare(struct seal_sender *sender)
{
	EVP_PKEY_CTX *ctx;

	if (sender->work != NULL)
		return 1;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, sender->key, NULL);
	if (ctx == NULL || EVP_PKEY_sign_init(ctx) != 1 ||
	    (is_rsa(sender) &&
	     (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1 ||
	      EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) != 1))) {
		EVP_PKEY_CTX_free(ctx);
		return 0;
	}
	sender->work = ctx;
	return 1;
}

static int sign(struct seal_sender *sender, const unsigned char *attrs,
		unsigned char signature_r[SIGNATURE_MAX], size_t *len_r,
		struct seal_error *err)
{
	unsigned char digest[SEAL_SENDER_DIGEST_LEN];
	size_t max = (size_t)EVP_PKEY_get_size(sender->key);

	*len_r = max;
	if (max <= SIGNATURE_MAX && prepare(sender) &&
	    EVP_Digest(attrs, ATTRIBUTES_LEN, digest, NULL, EVP_sha256(),
		       NULL) == 1 &&
	    EVP_PKEY_sign(sender->work, signature_r, len_r, digest,
			  sizeof(digest)) == 1 &&
	    /* -1 where encoding it failed, which ECDSA calls a success */
	    *len_r <= max)
		return 0;
	/* whatever is wrong with it, it is not for the next message */
	EVP_PKEY_CTX_free(sender->work);
	sender->work = NULL;
	return seal_error_crypto(err, "signing");
}

static int put(struct seal_buf *out, const void *data, size_t len,
	       struct seal_error *err)
{
	return seal_buf_append(out, data, len, err);
}

/* SignerInfo (section 5.3), without unsigned attributes */
static int put_signer(const struct seal_sender *sender,
		      const unsigned char *attrs,
		      const unsigned char *signature, size_t len,
		      struct seal_buf *out, struct seal_error *err)
{
	static const unsigned char tag[] = { SEAL_TAG_CONTEXT(0) };
	size_t start = out->len, value;

	if (put(out, version_1, sizeof(version_1), err) < 0 ||
	    put(out, sender->sid.data, sender->sid.len, err) < 0 ||
	    put(out, alg_sha256, sizeof(alg_sha256), err) < 0 ||
	    put(out, tag, 1, err) < 0 ||
	    put(out, attrs + 1, ATTRIBUTES_LEN - 1, err) < 0 ||
	    put(out, is_rsa(sender) ? alg_rsa : alg_ecdsa,
		is_rsa(sender) ? sizeof(alg_rsa) : sizeof(alg_ecdsa),
		err) < 0)
		return -1;
	value = out->len;
	return put(out, signature, len, err) < 0 ||
		seal_frame(out, value, SEAL_TAG_OCTET_STRING, err) < 0 ?
		-1 : seal_frame(out, start, SEAL_TAG_SEQUENCE, err);
}

/* SignedData (section 5.1), without revocation information */
static int put_signed_data(const struct seal_sender *sender,
			   const unsigned char *attrs,
			   const unsigned char *signature, size_t len,
			   struct seal_buf *out, struct seal_error *err)
{
	size_t start = out->len, part;

	if (put(out, version_1, sizeof(version_1), err) < 0)
		return -1;
	part = out->len;
	if (put(out, alg_sha256, sizeof(alg_sha256), err) < 0 ||
	    seal_frame(out, part, SEAL_TAG_SET, err) < 0 ||
	    put(out, content_type, sizeof(content_type), err) < 0)
		return -1;
	part = out->len;
	if (put(out, sender->certificates.data, sender->certificates.len,
		err) < 0 ||
	    seal_frame(out, part, SEAL_TAG_CONTEXT(0), err) < 0)
		return -1;
	part = out->len;
	return put_signer(sender, attrs, signature, len, out, err) < 0 ||
		seal_frame(out, part, SEAL_TAG_SET, err) < 0 ?
		-1 : seal_frame(out, start, SEAL_TAG_SEQUENCE, err);
}

/* ContentInfo (section 3) */
static int put_content_info(const struct seal_sender *sender,
			    const unsigned char *attrs,
			    const unsigned char *signature, size_t len,
			    struct seal_buf *out, struct seal_error *err)
{
	size_t start = out->len, content;

	if (put(out, oid_signed_data, sizeof(oid_signed_data), err) < 0)
		return -1;
	content = out->len;
	return put_signed_data(sender, attrs, signature, len, out, err) < 0 ||
		seal_frame(out, content, SEAL_TAG_CONTEXT(0), err) < 0 ?
		-1 : seal_frame(out, start, SEAL_TAG_SEQUENCE, err);
}

int seal_sender_sign(struct seal_sender *sender,
		     const unsigned char digest[SEAL_SENDER_DIGEST_LEN],
		     struct seal_buf *out, struct seal_error *err)
{
	unsigned char attrs[ATTRIBUTES_LEN], signature[SIGNATURE_MAX];
	size_t before = out->len, len;
	int ret;

	ERR_clear_error();
	memcpy(attrs, attributes, sizeof(attributes));
	memcpy(attrs + sizeof(attributes), digest, SEAL_SENDER_DIGEST_LEN);
	ret = sign(sender, attrs, signature, &len, err);
	if (ret == 0)
		ret = put_content_info(sender, attrs, signature, len, out, err);
	if (ret < 0)
		out->len = before;
	ERR_clear_error();
	return ret;
}
