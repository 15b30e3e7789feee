/* SPDX-License-Identifier: MIT */

/* Content keys by RSA, without an oracle: who can have messages opened must not learn
 * from one that cannot be, nor from the time that takes, what is wrong with it (RFC
 * 3218; Bleichenbacher's and Manger's attacks). */

#include "pki/received-private.h"

#include <string.h>
#include <openssl/asn1t.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include "base/error.h"

#define MODULUS_MAX 512		/* bytes: RSA-4096 */

/* 0xff where byte is 0, else 0; without a branch */
static unsigned char is_zero(unsigned int byte)
{
	unsigned int mask = (byte - 1) >> 8;

	__asm__("" : "+r"(mask));	/* not to be turned into one */
	return (unsigned char)mask;
}

/* EME-PKCS1-v1_5 (RFC 8017 section 7.2.2) of a message whose length is known: 00 02,
 * bytes other than 00, 00, the message. */
static unsigned char check_padding(const unsigned char *block, size_t len,
				   size_t key_len)
{
	size_t zero = len - key_len - 1, i;
	unsigned char good = is_zero(block[0]) & is_zero(block[1] ^ 2u);

	for (i = 2; i < zero; i++)
		good &= (unsigned char)~is_zero(block[i]);
	return good & is_zero(block[zero]);
}

/* What is decrypted: the encrypted key; or where that is no number below the modulus of
 * the modulus's length (which everybody can see), something random that is one, so
 * that the same is done. */
static int take_number(const ASN1_OCTET_STRING *encrypted, const EVP_PKEY *key,
		       size_t len, unsigned char number_r[MODULUS_MAX],
		       unsigned char *good_r, struct seal_error *err)
{
	BIGNUM *modulus = NULL, *number = NULL;
	const unsigned char *data = ASN1_STRING_get0_data(encrypted);
	int ret = -1, below;

	if (RAND_bytes(number_r, (int)len) != 1 ||
	    EVP_PKEY_get_bn_param(key, "n", &modulus) != 1 ||
	    (number = BN_bin2bn(data, ASN1_STRING_length(encrypted),
				NULL)) == NULL)
		goto out;
	below = BN_cmp(number, modulus) < 0;
	*good_r = below && (size_t)ASN1_STRING_length(encrypted) == len ?
		0xff : 0;
	number_r[0] = 0;
	if (*good_r != 0)
		memcpy(number_r, data, len);
	ret = 0;
out:
	if (ret < 0)
		(void)seal_error_crypto(err, "reading an encrypted key");
	BN_free(modulus);
	BN_free(number);
	return ret;
}

/* RSADP (RFC 8017 section 5.1.2): that it is done without a padding, which libcrypto
 * would look at in its own way, is the point. */
static int decrypt_raw(EVP_PKEY *key, const unsigned char *number, size_t len,
		       unsigned char block_r[MODULUS_MAX], struct seal_error *err)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	size_t got = MODULUS_MAX;
	int ret = 0;

	if (ctx == NULL || EVP_PKEY_decrypt_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) != 1 ||
	    EVP_PKEY_decrypt(ctx, block_r, &got, number, len) != 1 ||
	    got != len)
		ret = seal_error_crypto(err, "decrypting a content key (RSA)");
	EVP_PKEY_CTX_free(ctx);
	return ret;
}

static int pkcs1(const ASN1_OCTET_STRING *encrypted, EVP_PKEY *key, size_t len,
		 size_t key_len, unsigned char key_r[SEAL_RECEIVED_KEY_MAX],
		 unsigned char *good_r, struct seal_error *err)
{
	unsigned char number[MODULUS_MAX], block[MODULUS_MAX];
	int ret;

	ret = take_number(encrypted, key, len, number, good_r, err);
	if (ret == 0)
		ret = decrypt_raw(key, number, len, block, err);
	if (ret == 0) {
		*good_r &= check_padding(block, len, key_len);
		memcpy(key_r, block + len - key_len, key_len);
	}
	OPENSSL_cleanse(block, sizeof(block));
	return ret;
}

/*
 * OAEP (RFC 8017 section 7.1; RFC 4055 section 4.1). That one is undone by libcrypto, which
 * compares in constant time and says no in one way; and nobody can make one that
 * is nearly good.
 */

struct oaep {
	const EVP_MD *digest, *mask;
	const ASN1_OCTET_STRING *label;		/* NULL: empty */
};

static const EVP_MD *digest_of(const X509_ALGOR *algorithm)
{
	const ASN1_OBJECT *oid;

	if (algorithm == NULL)
		return EVP_sha1();
	X509_ALGOR_get0(&oid, NULL, NULL, algorithm);
	switch (OBJ_obj2nid(oid)) {
	case NID_sha1:
		return EVP_sha1();
	case NID_sha224:
		return EVP_sha224();
	case NID_sha256:
		return EVP_sha256();
	case NID_sha384:
		return EVP_sha384();
	case NID_sha512:
		return EVP_sha512();
	}
	return NULL;
}

static const EVP_MD *mask_digest(const X509_ALGOR *mask)
{
	const ASN1_OBJECT *oid;
	const void *value;
	X509_ALGOR *algorithm = NULL;
	const EVP_MD *digest = NULL;
	int type;

	if (mask == NULL)
		return EVP_sha1();
	X509_ALGOR_get0(&oid, &type, &value, mask);
	if (OBJ_obj2nid(oid) == NID_mgf1 && type == V_ASN1_SEQUENCE)
		algorithm = ASN1_item_unpack(value, ASN1_ITEM_rptr(X509_ALGOR));
	if (algorithm != NULL)
		digest = digest_of(algorithm);
	X509_ALGOR_free(algorithm);
	return digest;
}

/* 1, or 0: not one we know */
static int read_label(const X509_ALGOR *source, struct oaep *oaep_r)
{
	const ASN1_OBJECT *oid;
	const void *value;
	int type;

	oaep_r->label = NULL;
	if (source == NULL)
		return 1;
	X509_ALGOR_get0(&oid, &type, &value, source);
	if (OBJ_obj2nid(oid) != NID_pSpecified || type != V_ASN1_OCTET_STRING)
		return 0;
	oaep_r->label = value;
	return 1;
}

static int read_oaep(const RSA_OAEP_PARAMS *params, struct oaep *oaep_r)
{
	oaep_r->digest = digest_of(params->hashFunc);
	oaep_r->mask = mask_digest(params->maskGenFunc);
	return oaep_r->digest != NULL && oaep_r->mask != NULL &&
		read_label(params->pSourceFunc, oaep_r);
}

/* 1, or 0 */
static int set_label(EVP_PKEY_CTX *ctx, const ASN1_OCTET_STRING *label)
{
	int len = label == NULL ? 0 : ASN1_STRING_length(label);
	void *copy;

	if (len == 0)
		return 1;
	copy = OPENSSL_memdup(ASN1_STRING_get0_data(label), (size_t)len);
	if (copy != NULL && EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, copy, len) == 1)
		return 1;
	OPENSSL_free(copy);
	return 0;
}

static int set_oaep(EVP_PKEY_CTX *ctx, const struct oaep *oaep)
{
	return ctx != NULL && EVP_PKEY_decrypt_init(ctx) == 1 &&
		EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
		EVP_PKEY_CTX_set_rsa_oaep_md(ctx, oaep->digest) == 1 &&
		EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, oaep->mask) == 1 &&
		set_label(ctx, oaep->label);
}

static int oaep_with(const struct oaep *oaep,
		     const ASN1_OCTET_STRING *encrypted, EVP_PKEY *key,
		     size_t key_len, unsigned char key_r[SEAL_RECEIVED_KEY_MAX],
		     unsigned char *good_r, struct seal_error *err)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	unsigned char block[MODULUS_MAX] = { 0 };
	size_t len = sizeof(block);
	int ret = 0, ok;

	if (!set_oaep(ctx, oaep)) {
		ret = seal_error_crypto(err, "preparing RSA");
	} else {
		ok = EVP_PKEY_decrypt(ctx, block, &len,
				      ASN1_STRING_get0_data(encrypted),
				      (size_t)ASN1_STRING_length(encrypted)) == 1;
		if (!ok)
			ret = seal_received_settle(err);
		*good_r = ok && len == key_len ? 0xff : 0;
		memcpy(key_r, block, key_len);
	}
	EVP_PKEY_CTX_free(ctx);
	OPENSSL_cleanse(block, sizeof(block));
	return ret;
}

static int oaep(const X509_ALGOR *algorithm, const ASN1_OCTET_STRING *encrypted,
		EVP_PKEY *key, size_t key_len,
		unsigned char key_r[SEAL_RECEIVED_KEY_MAX],
		unsigned char *good_r, struct seal_error *err)
{
	RSA_OAEP_PARAMS *params;
	struct oaep oaep;
	const void *value;
	int type, ret;

	X509_ALGOR_get0(NULL, &type, &value, algorithm);
	/* without parameters: the defaults */
	params = type == V_ASN1_SEQUENCE ?
		ASN1_item_unpack(value, ASN1_ITEM_rptr(RSA_OAEP_PARAMS)) :
		RSA_OAEP_PARAMS_new();
	ret = params != NULL && read_oaep(params, &oaep) ?
		oaep_with(&oaep, encrypted, key, key_len, key_r, good_r, err) :
		seal_received_settle(err);
	RSA_OAEP_PARAMS_free(params);
	return ret;
}

int seal_received_rsa(const struct seal_recipient_name *name, EVP_PKEY *key,
		      size_t key_len,
		      unsigned char key_r[SEAL_RECEIVED_KEY_MAX],
		      unsigned char *good_r, struct seal_error *err)
{
	const X509_ALGOR *algorithm = name->transport->algorithm;
	size_t len = (size_t)EVP_PKEY_get_size(key);
	const ASN1_OBJECT *oid;

	*good_r = 0;
	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA || len > MODULUS_MAX)
		return 0;
	X509_ALGOR_get0(&oid, NULL, NULL, algorithm);
	switch (OBJ_obj2nid(oid)) {
	case NID_rsaEncryption:
		return pkcs1(name->key, key, len, key_len, key_r, good_r, err);
	case NID_rsaesOaep:
		return oaep(algorithm, name->key, key, key_len, key_r, good_r,
			    err);
	}
	return 0;
}
