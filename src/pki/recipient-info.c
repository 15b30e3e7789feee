/* SPDX-License-Identifier: MIT */
#include "pki/recipient.h"

#include <string.h>
#include <openssl/asn1t.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include "base/buf.h"
#include "base/error.h"
#include "pki/recipient-private.h"

#define CEK_MAX 32
#define WRAP_EXTRA 8		/* RFC 3394: one half-block more */
#define KDF_STEP 20		/* SHA-1 */
#define SECRET_MAX 66		/* the x coordinate of P-521 */

/* What is encoded below lives on the stack: structs embed each other, and their
 * pointers are borrowed unless the function that fills them frees them.
 * Nothing is ever decoded into them or freed through their templates. */

/* IssuerAndSerialNumber (RFC 5652 section 10.2.4) */
struct issuer_serial {
	const X509_NAME *issuer;
	const ASN1_INTEGER *serial;
};
ASN1_SEQUENCE(issuer_serial) = {
	ASN1_SIMPLE(struct issuer_serial, issuer, X509_NAME),
	ASN1_SIMPLE(struct issuer_serial, serial, ASN1_INTEGER)
} static_ASN1_SEQUENCE_END_name(struct issuer_serial, issuer_serial)

/* KeyTransRecipientInfo (RFC 5652 section 6.2.1) */
struct key_trans {
	int32_t version;
	struct issuer_serial rid;
	X509_ALGOR *algorithm;
	ASN1_OCTET_STRING *encrypted_key;
};
ASN1_SEQUENCE(key_trans) = {
	ASN1_EMBED(struct key_trans, version, INT32),
	ASN1_EMBED(struct key_trans, rid, issuer_serial),
	ASN1_SIMPLE(struct key_trans, algorithm, X509_ALGOR),
	ASN1_SIMPLE(struct key_trans, encrypted_key, ASN1_OCTET_STRING)
} static_ASN1_SEQUENCE_END_name(struct key_trans, key_trans)

/* An AlgorithmIdentifier whose parameters are absent: the key wraps (RFC 3565
 * section 2.3.2) and the ephemeral key's (RFC 5753 section 3.1.1) */
struct bare_algorithm {
	const ASN1_OBJECT *oid;
};
ASN1_SEQUENCE(bare_algorithm) = {
	ASN1_SIMPLE(struct bare_algorithm, oid, ASN1_OBJECT)
} static_ASN1_SEQUENCE_END_name(struct bare_algorithm, bare_algorithm)

/* An AlgorithmIdentifier whose parameter is the key wrap's */
struct agree_algorithm {
	const ASN1_OBJECT *oid;
	struct bare_algorithm wrap;
};
ASN1_SEQUENCE(agree_algorithm) = {
	ASN1_SIMPLE(struct agree_algorithm, oid, ASN1_OBJECT),
	ASN1_EMBED(struct agree_algorithm, wrap, bare_algorithm)
} static_ASN1_SEQUENCE_END_name(struct agree_algorithm, agree_algorithm)

/* OriginatorPublicKey, and the one choice of OriginatorIdentifierOrKey that an
 * ephemeral key has */
struct originator_key {
	struct bare_algorithm algorithm;
	ASN1_BIT_STRING *point;
};
ASN1_SEQUENCE(originator_key) = {
	ASN1_EMBED(struct originator_key, algorithm, bare_algorithm),
	ASN1_SIMPLE(struct originator_key, point, ASN1_BIT_STRING)
} static_ASN1_SEQUENCE_END_name(struct originator_key, originator_key)

ASN1_ITEM_TEMPLATE(originator) =
	ASN1_EX_TEMPLATE_TYPE(ASN1_TFLG_IMPTAG | ASN1_TFLG_CONTEXT, 1,
			      originator, originator_key)
static_ASN1_ITEM_TEMPLATE_END(originator)

struct recipient_key {
	struct issuer_serial rid;
	ASN1_OCTET_STRING *encrypted_key;
};
ASN1_SEQUENCE(recipient_key) = {
	ASN1_EMBED(struct recipient_key, rid, issuer_serial),
	ASN1_SIMPLE(struct recipient_key, encrypted_key, ASN1_OCTET_STRING)
} static_ASN1_SEQUENCE_END_name(struct recipient_key, recipient_key)

/* RecipientEncryptedKeys is a SEQUENCE OF; ours always has one */
struct recipient_keys {
	struct recipient_key only;
};
ASN1_SEQUENCE(recipient_keys) = {
	ASN1_EMBED(struct recipient_keys, only, recipient_key)
} static_ASN1_SEQUENCE_END_name(struct recipient_keys, recipient_keys)

/* KeyAgreeRecipientInfo (RFC 5652 section 6.2.2), and as the RecipientInfo [1];
 * without the optional ukm */
struct key_agree {
	int32_t version;
	struct originator_key originator;
	struct agree_algorithm algorithm;
	struct recipient_keys keys;
};
ASN1_SEQUENCE(key_agree) = {
	ASN1_EMBED(struct key_agree, version, INT32),
	ASN1_EX_TYPE(ASN1_TFLG_EXPLICIT | ASN1_TFLG_EMBED, 0,
		     struct key_agree, originator, originator),
	ASN1_EMBED(struct key_agree, algorithm, agree_algorithm),
	ASN1_EMBED(struct key_agree, keys, recipient_keys)
} static_ASN1_SEQUENCE_END_name(struct key_agree, key_agree)

ASN1_ITEM_TEMPLATE(key_agree_info) =
	ASN1_EX_TEMPLATE_TYPE(ASN1_TFLG_IMPTAG | ASN1_TFLG_CONTEXT, 1,
			      key_agree_info, key_agree)
static_ASN1_ITEM_TEMPLATE_END(key_agree_info)

/* ECC-CMS-SharedInfo (RFC 5753 section 7.2), without entityUInfo: no ukm */
struct shared_info {
	struct bare_algorithm wrap;
	ASN1_OCTET_STRING *key_bits;
};
ASN1_SEQUENCE(shared_info) = {
	ASN1_EMBED(struct shared_info, wrap, bare_algorithm),
	ASN1_EXP(struct shared_info, key_bits, ASN1_OCTET_STRING, 2)
} static_ASN1_SEQUENCE_END_name(struct shared_info, shared_info)

/* RSAES-OAEP-params (RFC 4055 section 4.1): id-sha256 with NULL, id-mgf1 with the
 * same, no label. As bytes, because what libcrypto writes changed over time. */
static const unsigned char oaep_params[] = {
	0x30, 0x2f,
	0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
	0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
	0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
	0x0d, 0x01, 0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48,
	0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00
};

static struct issuer_serial name_of(const struct seal_recipient *recipient)
{
	struct issuer_serial rid = {
		X509_get_issuer_name(recipient->cert),
		X509_get0_serialNumber(recipient->cert)
	};

	return rid;
}

/* Appends value, a struct that item describes, in DER. Returns 0 or -1. */
static int encode(const void *value, const ASN1_ITEM *item,
		  struct seal_buf *out, struct seal_error *err)
{
	unsigned char *der = NULL;
	int len = ASN1_item_i2d(value, &der, item), ret;

	if (len <= 0)
		return seal_error_crypto(err, "encoding");
	ret = seal_buf_append(out, der, (size_t)len, err);
	OPENSSL_free(der);
	return ret;
}

static X509_ALGOR *rsa_algorithm(bool oaep)
{
	X509_ALGOR *algorithm = X509_ALGOR_new();
	ASN1_STRING *params = NULL;
	int ok;

	if (algorithm == NULL)
		return NULL;
	if (!oaep) {
		ok = X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_rsaEncryption),
				     V_ASN1_NULL, NULL);
	} else {
		params = ASN1_STRING_type_new(V_ASN1_SEQUENCE);
		ok = params != NULL &&
			ASN1_STRING_set(params, oaep_params,
					sizeof(oaep_params)) == 1 &&
			X509_ALGOR_set0(algorithm,
					OBJ_nid2obj(NID_rsaesOaep),
					V_ASN1_SEQUENCE, params) == 1;
	}
	if (!ok) {
		ASN1_STRING_free(params);
		X509_ALGOR_free(algorithm);
		return NULL;
	}
	return algorithm;
}

/* Returns the encrypted content key, or NULL. */
static ASN1_OCTET_STRING *rsa_encrypt(EVP_PKEY *key, bool oaep,
				      const unsigned char *cek, size_t cek_len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	ASN1_OCTET_STRING *result = ASN1_OCTET_STRING_new();
	unsigned char *encrypted = NULL;
	size_t len;
	bool ok = false;

	if (ctx == NULL || result == NULL || EVP_PKEY_encrypt_init(ctx) != 1)
		goto out;
	if (EVP_PKEY_CTX_set_rsa_padding(ctx, oaep ? RSA_PKCS1_OAEP_PADDING :
					 RSA_PKCS1_PADDING) != 1)
		goto out;
	if (oaep &&
	    (EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) != 1 ||
	     EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) != 1))
		goto out;
	if (EVP_PKEY_encrypt(ctx, NULL, &len, cek, cek_len) != 1 ||
	    (encrypted = OPENSSL_malloc(len)) == NULL ||
	    EVP_PKEY_encrypt(ctx, encrypted, &len, cek, cek_len) != 1)
		goto out;
	ok = ASN1_OCTET_STRING_set(result, encrypted, (int)len) == 1;
out:
	if (!ok) {
		ASN1_OCTET_STRING_free(result);
		result = NULL;
	}
	OPENSSL_free(encrypted);
	EVP_PKEY_CTX_free(ctx);
	return result;
}

static int rsa_info(const struct seal_recipient *recipient, bool oaep,
		    const unsigned char *cek, size_t cek_len,
		    struct seal_buf *out, struct seal_error *err)
{
	struct key_trans info = { .version = 0 };
	int ret;

	info.rid = name_of(recipient);
	info.algorithm = rsa_algorithm(oaep);
	info.encrypted_key = rsa_encrypt(recipient->key, oaep, cek, cek_len);
	if (info.algorithm == NULL || info.encrypted_key == NULL)
		ret = seal_error_crypto(err, "encrypting the content key (RSA)");
	else
		ret = encode(&info, ASN1_ITEM_rptr(key_trans), out, err);
	ASN1_OCTET_STRING_free(info.encrypted_key);
	X509_ALGOR_free(info.algorithm);
	return ret;
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
static int kdf_step(EVP_MD_CTX *ctx, const unsigned char *secret,
		    size_t secret_len, unsigned char counter,
		    const unsigned char *info, size_t info_len,
		    unsigned char digest_r[KDF_STEP])
{
	const unsigned char number[4] = { 0, 0, 0, counter };

	return EVP_DigestInit_ex(ctx, EVP_sha1(), NULL) == 1 &&
		EVP_DigestUpdate(ctx, secret, secret_len) == 1 &&
		EVP_DigestUpdate(ctx, number, sizeof(number)) == 1 &&
		EVP_DigestUpdate(ctx, info, info_len) == 1 &&
		EVP_DigestFinal_ex(ctx, digest_r, NULL) == 1;
}

/* The key encryption key by X9.63's KDF with SHA-1, as dhSinglePass-stdDH-sha1kdf
 * wants it (RFC 5753 section 7.1.4; a KDF needs no collision resistance). Not by
 * EVP_KDF: making its context for "X963KDF" crashes in OpenSSL 3.0 when memory is
 * short. 1, or 0 */
static int ec_kdf(const struct bare_algorithm *wrap, const unsigned char *secret,
		  size_t secret_len, unsigned char *kek_r, size_t kek_len)
{
	const unsigned char bits[4] = { 0, 0, (unsigned char)(kek_len >> 5),
					(unsigned char)(kek_len << 3) };
	struct shared_info shared = { .wrap = *wrap };
	const void *value = &shared;	/* ASN1_VALUE is an incomplete type */
	unsigned char key[2 * KDF_STEP];
	unsigned char *info = NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int info_len = -1, ok;

	shared.key_bits = ASN1_OCTET_STRING_new();
	if (shared.key_bits != NULL &&
	    ASN1_OCTET_STRING_set(shared.key_bits, bits, sizeof(bits)) == 1)
		info_len = ASN1_item_i2d(value, &info,
					 ASN1_ITEM_rptr(shared_info));
	ok = ctx != NULL && info_len > 0 &&
		kdf_step(ctx, secret, secret_len, 1, info, (size_t)info_len,
			 key) &&
		kdf_step(ctx, secret, secret_len, 2, info, (size_t)info_len,
			 key + KDF_STEP);
	if (ok)
		memcpy(kek_r, key, kek_len);
	OPENSSL_cleanse(key, sizeof(key));
	EVP_MD_CTX_free(ctx);
	OPENSSL_free(info);
	ASN1_OCTET_STRING_free(shared.key_bits);
	return ok;
}

/* RFC 3394. Returns the wrapped content key, or NULL. */
static ASN1_OCTET_STRING *wrap_key(const unsigned char *kek,
				   const unsigned char *cek, size_t cek_len)
{
	const EVP_CIPHER *cipher = cek_len == 32 ? EVP_aes_256_wrap() :
		EVP_aes_128_wrap();
	unsigned char wrapped[CEK_MAX + WRAP_EXTRA];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	ASN1_OCTET_STRING *result = NULL;
	int len, more;

	if (ctx == NULL)
		return NULL;
	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	if (EVP_EncryptInit_ex(ctx, cipher, NULL, kek, NULL) == 1 &&
	    EVP_EncryptUpdate(ctx, wrapped, &len, cek, (int)cek_len) == 1 &&
	    EVP_EncryptFinal_ex(ctx, wrapped + len, &more) == 1)
		result = ASN1_OCTET_STRING_new();
	if (result != NULL &&
	    ASN1_OCTET_STRING_set(result, wrapped, len + more) != 1) {
		ASN1_OCTET_STRING_free(result);
		result = NULL;
	}
	EVP_CIPHER_CTX_free(ctx);
	return result;
}

static ASN1_BIT_STRING *public_point(EVP_PKEY *key)
{
	ASN1_BIT_STRING *result = ASN1_BIT_STRING_new();
	unsigned char *point = NULL;
	size_t len = EVP_PKEY_get1_encoded_public_key(key, &point);

	if (result == NULL || len == 0 ||
	    ASN1_BIT_STRING_set(result, point, (int)len) != 1) {
		ASN1_BIT_STRING_free(result);
		result = NULL;
	} else {
		/* else zero bits at its end would count as unused */
		result->flags &= ~(ASN1_STRING_FLAG_BITS_LEFT | 0x07);
		result->flags |= ASN1_STRING_FLAG_BITS_LEFT;
	}
	OPENSSL_free(point);
	return result;
}

static int ec_info(const struct seal_recipient *recipient,
		   const unsigned char *cek, size_t cek_len,
		   struct seal_buf *out, struct seal_error *err)
{
	struct key_agree info = { .version = 3 };
	unsigned char secret[SECRET_MAX], kek[CEK_MAX];
	EVP_PKEY *ephemeral;
	size_t secret_len;
	int ret = -1;

	info.keys.only.rid = name_of(recipient);
	info.originator.algorithm.oid = OBJ_nid2obj(NID_X9_62_id_ecPublicKey);
	info.algorithm.oid =
		OBJ_nid2obj(NID_dhSinglePass_stdDH_sha1kdf_scheme);
	info.algorithm.wrap.oid = OBJ_nid2obj(cek_len == 32 ?
		NID_id_aes256_wrap : NID_id_aes128_wrap);
	ephemeral = EVP_EC_gen(OBJ_nid2sn(recipient->curve));
	if (ephemeral == NULL ||
	    !ec_agree(ephemeral, recipient->key, secret, &secret_len) ||
	    !ec_kdf(&info.algorithm.wrap, secret, secret_len, kek, cek_len) ||
	    (info.originator.point = public_point(ephemeral)) == NULL ||
	    (info.keys.only.encrypted_key =
	     wrap_key(kek, cek, cek_len)) == NULL)
		(void)seal_error_crypto(err,
					"encrypting the content key (EC)");
	else
		ret = encode(&info, ASN1_ITEM_rptr(key_agree_info), out, err);
	OPENSSL_cleanse(secret, sizeof(secret));
	OPENSSL_cleanse(kek, sizeof(kek));
	ASN1_OCTET_STRING_free(info.keys.only.encrypted_key);
	ASN1_BIT_STRING_free(info.originator.point);
	EVP_PKEY_free(ephemeral);
	return ret;
}

int seal_recipient_info(const struct seal_recipient *recipient, bool oaep,
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

int seal_recipient_names(const struct seal_recipient *recipient,
			 struct seal_buf *out, struct seal_error *err)
{
	struct issuer_serial rid = name_of(recipient);
	const ASN1_OCTET_STRING *id;
	int ret;

	ERR_clear_error();
	ret = encode(&rid, ASN1_ITEM_rptr(issuer_serial), out, err);
	id = X509_get0_subject_key_id(recipient->cert);
	if (ret == 0 && id != NULL)
		ret = encode(id, ASN1_ITEM_rptr(ASN1_OCTET_STRING), out, err);
	ERR_clear_error();
	return ret;
}
