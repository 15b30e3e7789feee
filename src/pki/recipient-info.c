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
#include "pki/frame.h"
#include "pki/recipient-private.h"

#define CEK_MAX 32
#define WRAP_EXTRA 8		/* RFC 3394: one half-block more */
#define KDF_STEP 20		/* SHA-1 */
#define SECRET_MAX 66		/* the x coordinate of P-521 */
#define POINT_MAX (1 + 2 * SECRET_MAX)

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
/* ECC-CMS-SharedInfo (RFC 5753 section 7.2), without entityUInfo since there is
 * no ukm: the key wrap, without parameters (RFC 3565 section 2.3.2), and how many
 * bits its key has */
#define SHARED_INFO_LEN 23
#define SHARED_INFO_WRAP 2	/* where the key wrap stands */
#define WRAP_LEN 13
static const unsigned char shared_aes128[SHARED_INFO_LEN] = {
	0x30, 0x15, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
	0x03, 0x04, 0x01, 0x05, 0xa2, 0x06, 0x04, 0x04, 0x00, 0x00, 0x00, 0x80
};
static const unsigned char shared_aes256[SHARED_INFO_LEN] = {
	0x30, 0x15, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
	0x03, 0x04, 0x01, 0x2d, 0xa2, 0x06, 0x04, 0x04, 0x00, 0x00, 0x01, 0x00
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

/* The ECDH secret: 1, or 0 */
static int ec_agree(EVP_PKEY *ephemeral, EVP_PKEY *key,
		    unsigned char secret_r[SECRET_MAX], size_t *len_r)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, ephemeral, NULL);
	int ok;

	*len_r = SECRET_MAX;
	/* the 0: the point was checked when the certificate was read */
	ok = ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
		EVP_PKEY_derive_set_peer_ex(ctx, key, 0) == 1 &&
		EVP_PKEY_derive(ctx, secret_r, len_r) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

/* One step of X9.63's KDF (SEC 1 section 3.6.1): SHA-1 of secret, counter and
 * info. 1, or 0 */
static int kdf_step(const unsigned char *secret, size_t secret_len,
		    unsigned char counter,
		    const unsigned char info[SHARED_INFO_LEN],
		    unsigned char digest_r[KDF_STEP])
{
	unsigned char input[SECRET_MAX + 4 + SHARED_INFO_LEN];
	unsigned char *p = input + secret_len;
	int ok;

	memcpy(input, secret, secret_len);
	memset(p, 0, 3);
	p[3] = counter;
	memcpy(p + 4, info, SHARED_INFO_LEN);
	ok = EVP_Digest(input, secret_len + 4 + SHARED_INFO_LEN, digest_r, NULL,
			EVP_sha1(), NULL);
	OPENSSL_cleanse(input, sizeof(input));
	return ok == 1;
}

/* The key encryption key by X9.63's KDF with SHA-1, as dhSinglePass-stdDH-sha1kdf
 * wants it (RFC 5753 section 7.1.4; a KDF needs no collision resistance). Not by
 * EVP_KDF: making its context for "X963KDF" crashes in OpenSSL 3.0 when memory is
 * short. 1, or 0 */
static int ec_kdf(const unsigned char info[SHARED_INFO_LEN],
		  const unsigned char *secret, size_t secret_len,
		  unsigned char *kek_r, size_t kek_len)
{
	unsigned char key[2 * KDF_STEP];
	int ok = kdf_step(secret, secret_len, 1, info, key) &&
		kdf_step(secret, secret_len, 2, info, key + KDF_STEP);

	if (ok)
		memcpy(kek_r, key, kek_len);
	OPENSSL_cleanse(key, sizeof(key));
	return ok;
}

/* RFC 3394: writes the content key's length and WRAP_EXTRA bytes. 1, or 0 */
static int wrap_key(const unsigned char *kek, const unsigned char *cek,
		    size_t cek_len,
		    unsigned char wrapped_r[CEK_MAX + WRAP_EXTRA])
{
	const EVP_CIPHER *cipher = cek_len == 32 ? EVP_aes_256_wrap() :
		EVP_aes_128_wrap();
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len = 0, more = 0, ok;

	if (ctx == NULL)
		return 0;
	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	ok = EVP_EncryptInit_ex(ctx, cipher, NULL, kek, NULL) == 1 &&
		EVP_EncryptUpdate(ctx, wrapped_r, &len, cek,
				  (int)cek_len) == 1 &&
		EVP_EncryptFinal_ex(ctx, wrapped_r + len, &more) == 1 &&
		(size_t)(len + more) == cek_len + WRAP_EXTRA;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

/* The ephemeral key's point and the wrapped content key. 1, or 0 */
static int ec_encrypt(struct seal_recipient *recipient,
		      const unsigned char *shared, const unsigned char *cek,
		      size_t cek_len, unsigned char point_r[POINT_MAX],
		      size_t *point_len_r,
		      unsigned char wrapped_r[CEK_MAX + WRAP_EXTRA])
{
	unsigned char secret[SECRET_MAX], kek[CEK_MAX];
	EVP_PKEY *ephemeral = ec_ephemeral(recipient);
	size_t secret_len;
	int ok;

	ok = ephemeral != NULL &&
		EVP_PKEY_get_octet_string_param(ephemeral,
			OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point_r, POINT_MAX,
			point_len_r) == 1 &&
		ec_agree(ephemeral, recipient->key, secret, &secret_len) &&
		ec_kdf(shared, secret, secret_len, kek, cek_len) &&
		wrap_key(kek, cek, cek_len, wrapped_r);
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
		  const unsigned char *shared, const unsigned char *point,
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
		put(out, shared + SHARED_INFO_WRAP, WRAP_LEN, err) < 0 ||
		seal_frame(out, algorithm, SEAL_TAG_SEQUENCE, err) < 0 ||
		put_encrypted_key(out, rid, wrapped, wrapped_len, err) < 0 ?
		-1 : seal_frame(out, start, SEAL_TAG_CONTEXT(1), err);
}

static int ec_info(struct seal_recipient *recipient, const unsigned char *cek,
		   size_t cek_len, struct seal_buf *out,
		   struct seal_error *err)
{
	const unsigned char *shared = cek_len == 32 ? shared_aes256 :
		shared_aes128;
	unsigned char point[POINT_MAX], wrapped[CEK_MAX + WRAP_EXTRA];
	size_t before = out->len, point_len;

	if (!ec_encrypt(recipient, shared, cek, cek_len, point, &point_len,
			wrapped))
		return seal_error_crypto(err,
					 "encrypting the content key (EC)");
	if (put_ec(out, &recipient->rid, shared, point, point_len, wrapped,
		   cek_len + WRAP_EXTRA, err) == 0)
		return 0;
	out->len = before;
	return -1;
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
