/* SPDX-License-Identifier: MIT */

/* RecipientInfos, written by hand: of each all but a few bytes is known before
 * there is a content key. */

#include "pki/recipient.h"

#include <string.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include "base/error.h"
#include "pki/agree.h"
#include "pki/frame.h"
#include "pki/recipient-private.h"

#define CEK_MAX SEAL_AGREE_KEY_MAX
#define WRAPPED_MAX (CEK_MAX + SEAL_AGREE_WRAP_EXTRA)
#define POINT_MAX (1 + 2 * SEAL_AGREE_SECRET_MAX)

/* AlgorithmIdentifier rsaEncryption with NULL (RFC 3370 section 4.2.1) */
static const unsigned char rsa_pkcs1[] = {
	0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x01, 0x01, 0x05, 0x00
};
/* id-RSAES-OAEP (RFC 4055 section 4.1): id-sha256 with NULL, id-mgf1 with the
 * same, no label */
static const unsigned char rsa_oaep[] = {
	0x30, 0x3c, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x01, 0x07, 0x30, 0x2f,
	0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
	0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
	0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
	0x0d, 0x01, 0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48,
	0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00
};

/* AlgorithmIdentifier id-ecPublicKey without parameters (RFC 5753 section
 * 3.1.1) */
static const unsigned char ec_public_key[] = {
	0x30, 0x09, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01
};
/* dhSinglePass-stdDH-sha1kdf-scheme */
static const unsigned char ec_scheme[] = {
	0x06, 0x09, 0x2b, 0x81, 0x05, 0x10, 0x86, 0x48, 0x3f, 0x00, 0x02
};
/* id-aes128-wrap, id-aes256-wrap, without parameters (RFC 3565 section 2.3.2) */
#define WRAP_LEN 13
static const unsigned char wrap_aes128[WRAP_LEN] = {
	0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
	0x01, 0x05
};
static const unsigned char wrap_aes256[WRAP_LEN] = {
	0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
	0x01, 0x2d
};

static int put(struct seal_buf *out, const void *data, size_t len,
	       struct seal_error *err)
{
	return seal_buf_append(out, data, len, err);
}

/*
 * RSA: KeyTransRecipientInfo (RFC 5652 section 6.2.1)
 */

/* The head of an element whose value of len bytes comes later. */
static int rsa_head(const struct seal_recipient *recipient, bool oaep,
		    size_t len, struct seal_buf *out, struct seal_error *err)
{
	static const unsigned char version[] = { SEAL_TAG_INTEGER, 1, 0 };
	const size_t algorithm_len = oaep ? sizeof(rsa_oaep) :
		sizeof(rsa_pkcs1);
	unsigned char outer[SEAL_FRAME_HEAD_MAX], inner[SEAL_FRAME_HEAD_MAX];
	size_t inner_len = seal_frame_head(inner, SEAL_TAG_OCTET_STRING, len);

	return put(out, outer, seal_frame_head(outer, SEAL_TAG_SEQUENCE,
			sizeof(version) + recipient->rid.len + algorithm_len +
			inner_len + len), err) < 0 ||
		put(out, version, sizeof(version), err) < 0 ||
		put(out, recipient->rid.data, recipient->rid.len, err) < 0 ||
		put(out, oaep ? rsa_oaep : rsa_pkcs1, algorithm_len, err) < 0 ||
		put(out, inner, inner_len, err) < 0 ? -1 : 0;
}

static EVP_PKEY_CTX *rsa_context(EVP_PKEY *key, bool oaep)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);

	if (ctx != NULL && EVP_PKEY_encrypt_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, oaep ? RSA_PKCS1_OAEP_PADDING :
					 RSA_PKCS1_PADDING) == 1 &&
	    (!oaep ||
	     (EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) == 1 &&
	      EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) == 1)))
		return ctx;
	EVP_PKEY_CTX_free(ctx);
	return NULL;
}

/* Makes what the next messages need as well. */
static int rsa_prepare(struct seal_recipient *recipient, bool oaep,
		       size_t len, struct seal_error *err)
{
	if (recipient->work != NULL && recipient->head_oaep == oaep)
		return 0;
	EVP_PKEY_CTX_free(recipient->work);
	recipient->work = NULL;
	recipient->head_oaep = oaep;
	seal_buf_clear(&recipient->head);
	if (rsa_head(recipient, oaep, len, &recipient->head, err) < 0)
		return -1;
	recipient->work = rsa_context(recipient->key, oaep);
	if (recipient->work == NULL)
		return seal_error_crypto(err, "preparing RSA");
	return 0;
}

static int rsa_info(struct seal_recipient *recipient, bool oaep,
		    const unsigned char *cek, size_t cek_len,
		    struct seal_buf *out, struct seal_error *err)
{
	size_t len = (size_t)EVP_PKEY_get_size(recipient->key), got = len;
	size_t head_len;
	unsigned char *to;

	if (rsa_prepare(recipient, oaep, len, err) < 0)
		return -1;
	head_len = recipient->head.len;
	if ((to = seal_buf_reserve(out, head_len + len, err)) == NULL)
		return -1;
	memcpy(to, recipient->head.data, head_len);
	if (EVP_PKEY_encrypt(recipient->work, to + head_len, &got, cek,
			     cek_len) != 1 || got != len) {
		/* whatever is wrong with it, it is not for the next message */
		EVP_PKEY_CTX_free(recipient->work);
		recipient->work = NULL;
		return seal_error_crypto(err,
					 "encrypting the content key (RSA)");
	}
	out->len += head_len + len;
	return 0;
}

/*
 * EC: KeyAgreeRecipientInfo (RFC 5652 section 6.2.2)
 */

/* A fresh key on the recipient's curve, or NULL. Not with the recipient's key for
 * a pattern: that could have an unusual form of its point. */
static EVP_PKEY *ec_ephemeral(struct seal_recipient *recipient)
{
	EVP_PKEY *key = NULL;

	if (recipient->work == NULL) {
		recipient->work = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
		if (recipient->work == NULL ||
		    EVP_PKEY_keygen_init(recipient->work) != 1 ||
		    EVP_PKEY_CTX_set_group_name(recipient->work,
				OBJ_nid2sn(recipient->curve)) != 1)
			goto failed;
	}
	if (EVP_PKEY_generate(recipient->work, &key) == 1)
		return key;
failed:
	EVP_PKEY_CTX_free(recipient->work);
	recipient->work = NULL;
	return NULL;
}

/* The ephemeral key's point and the wrapped content key. SHA-1, as
 * dhSinglePass-stdDH-sha1kdf wants it (RFC 5753 section 7.1.4; a KDF needs no collision
 * resistance). 1, or 0 */
static int ec_encrypt(struct seal_recipient *recipient,
		      const struct seal_buf *info, const unsigned char *cek,
		      size_t cek_len, unsigned char point_r[POINT_MAX],
		      size_t *point_len_r,
		      unsigned char wrapped_r[WRAPPED_MAX])
{
	unsigned char secret[SEAL_AGREE_SECRET_MAX], kek[SEAL_AGREE_KEY_MAX];
	EVP_PKEY *ephemeral = ec_ephemeral(recipient);
	size_t secret_len;
	int ok;

	ok = ephemeral != NULL &&
		EVP_PKEY_get_octet_string_param(ephemeral,
			OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point_r, POINT_MAX,
			point_len_r) == 1 &&
		seal_agree_secret(ephemeral, recipient->key, secret,
				  &secret_len) &&
		seal_agree_key(EVP_sha1(), secret, secret_len, info, kek,
			       cek_len) &&
		seal_agree_wrap(kek, cek_len, cek, cek_len, wrapped_r) > 0;
	OPENSSL_cleanse(secret, sizeof(secret));
	OPENSSL_cleanse(kek, sizeof(kek));
	EVP_PKEY_free(ephemeral);
	return ok;
}

/* OriginatorIdentifierOrKey as [0]: the originatorKey, [1] */
static int put_originator(struct seal_buf *out, const unsigned char *point,
			  size_t len, struct seal_error *err)
{
	size_t start = out->len, bits;

	if (put(out, ec_public_key, sizeof(ec_public_key), err) < 0)
		return -1;
	bits = out->len;
	/* no unused bits in the last byte */
	return put(out, "", 1, err) < 0 || put(out, point, len, err) < 0 ||
		seal_frame(out, bits, SEAL_TAG_BIT_STRING, err) < 0 ||
		seal_frame(out, start, SEAL_TAG_CONTEXT(1), err) < 0 ?
		-1 : seal_frame(out, start, SEAL_TAG_CONTEXT(0), err);
}

/* RecipientEncryptedKeys with one of them */
static int put_encrypted_key(struct seal_buf *out, const struct seal_buf *rid,
			     const unsigned char *wrapped, size_t len,
			     struct seal_error *err)
{
	size_t start = out->len, key;

	if (put(out, rid->data, rid->len, err) < 0)
		return -1;
	key = out->len;
	return put(out, wrapped, len, err) < 0 ||
		seal_frame(out, key, SEAL_TAG_OCTET_STRING, err) < 0 ||
		seal_frame(out, start, SEAL_TAG_SEQUENCE, err) < 0 ?
		-1 : seal_frame(out, start, SEAL_TAG_SEQUENCE, err);
}

static int put_ec(struct seal_buf *out, const struct seal_buf *rid,
		  const unsigned char *wrap, const unsigned char *point,
		  size_t point_len, const unsigned char *wrapped,
		  size_t wrapped_len, struct seal_error *err)
{
	static const unsigned char version[] = { SEAL_TAG_INTEGER, 1, 3 };
	size_t start = out->len, algorithm;

	if (put(out, version, sizeof(version), err) < 0 ||
	    put_originator(out, point, point_len, err) < 0)
		return -1;
	algorithm = out->len;
	return put(out, ec_scheme, sizeof(ec_scheme), err) < 0 ||
		put(out, wrap, WRAP_LEN, err) < 0 ||
		seal_frame(out, algorithm, SEAL_TAG_SEQUENCE, err) < 0 ||
		put_encrypted_key(out, rid, wrapped, wrapped_len, err) < 0 ?
		-1 : seal_frame(out, start, SEAL_TAG_CONTEXT(1), err);
}

static int ec_info(struct seal_recipient *recipient, const unsigned char *cek,
		   size_t cek_len, struct seal_buf *out,
		   struct seal_error *err)
{
	const unsigned char *wrap = cek_len == 32 ? wrap_aes256 : wrap_aes128;
	unsigned char point[POINT_MAX], wrapped[WRAPPED_MAX];
	struct seal_buf info = SEAL_BUF_INIT;
	size_t before = out->len, point_len;
	int ret;

	ret = seal_agree_info(wrap, WRAP_LEN, NULL, 0, cek_len, &info, err);
	if (ret == 0 && !ec_encrypt(recipient, &info, cek, cek_len, point,
				    &point_len, wrapped))
		ret = seal_error_crypto(err, "encrypting the content key (EC)");
	if (ret == 0)
		ret = put_ec(out, &recipient->rid, wrap, point, point_len,
			     wrapped, cek_len + SEAL_AGREE_WRAP_EXTRA, err);
	if (ret < 0)
		out->len = before;
	seal_buf_free(&info);
	return ret;
}

int seal_recipient_info(struct seal_recipient *recipient, bool oaep,
			const unsigned char *cek, size_t cek_len,
			struct seal_buf *out, struct seal_error *err)
{
	int ret = -1;

	if (cek_len != 16 && cek_len != 32) {
		return seal_error_set(err, SEAL_ERR_CRYPTO,
				      "a content key of %zu bytes", cek_len);
	}
	ERR_clear_error();
	switch (recipient->kind) {
	case SEAL_RECIPIENT_RSA:
		ret = rsa_info(recipient, oaep, cek, cek_len, out, err);
		break;
	case SEAL_RECIPIENT_EC:
		ret = ec_info(recipient, cek, cek_len, out, err);
		break;
	case SEAL_RECIPIENT_OTHER:
		(void)seal_error_set(err, SEAL_ERR_CRYPTO,
			"certificate %s has no key that can receive",
			recipient->serial);
		break;
	}
	ERR_clear_error();
	return ret;
}
