/* SPDX-License-Identifier: MIT */
#include "pki/key.h"

#include <stdbool.h>
#include <string.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include "base/buf.h"
#include "base/error.h"
#include "pki/key-numbers.h"

#define DER_MAX (64 * 1024)
#define SCALAR_LEN 32		/* of P-256 */
#define DERIVED_LEN 48		/* 128 bits more than n has: no bias */
static const char derive_salt[] = "mail-seal sender key";

static const struct {
	const char *name;
	unsigned int bits;	/* 0: P-256 */
} kinds[] = {
	[SEAL_KEY_P256] = { "p256", 0 },
	[SEAL_KEY_RSA2048] = { "rsa2048", 2048 },
	[SEAL_KEY_RSA3072] = { "rsa3072", 3072 },
	[SEAL_KEY_RSA4096] = { "rsa4096", 4096 }
};
#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

const char *seal_key_kind_name(enum seal_key_kind kind)
{
	return (unsigned int)kind < KIND_COUNT ? kinds[kind].name : NULL;
}

int seal_key_kind_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < KIND_COUNT; i++) {
		if (strcmp(kinds[i].name, name) == 0)
			return (int)i;
	}
	return -1;
}

EVP_PKEY *seal_key_generate(enum seal_key_kind kind, struct seal_error *err)
{
	unsigned int bits = kinds[kind].bits;
	EVP_PKEY *key;

	ERR_clear_error();
	key = bits == 0 ? EVP_EC_gen("P-256") : EVP_RSA_gen(bits);
	if (key == NULL)
		(void)seal_error_crypto(err, "making a key");
	/* looking for primes leaves some there */
	ERR_clear_error();
	return key;
}

int seal_key_encode(const EVP_PKEY *key, struct seal_buf *out,
		    struct seal_error *err)
{
	PKCS8_PRIV_KEY_INFO *info;
	unsigned char *der = NULL;
	int len = -1, ret;

	ERR_clear_error();
	info = EVP_PKEY2PKCS8(key);
	if (info != NULL)
		len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
	if (len <= 0) {
		ret = seal_error_crypto(err, "encoding a private key");
	} else {
		ret = seal_buf_append(out, der, (size_t)len, err);
		OPENSSL_clear_free(der, (size_t)len);
	}
	PKCS8_PRIV_KEY_INFO_free(info);
	ERR_clear_error();
	return ret;
}

/* Takes the value of the next element, which has to have that tag, off the front.
 * 1, or 0 */
static int take(const unsigned char **p, const unsigned char *end, int wanted,
		int class_wanted, const unsigned char **value_r, long *len_r)
{
	int tag, class;

	if ((ASN1_get_object(p, len_r, &tag, &class, end - *p) & 0x81) != 0 ||
	    tag != wanted || class != class_wanted)
		return 0;
	*value_r = *p;
	*p += *len_r;
	return 1;
}

/* The scalar and the point of an ECPrivateKey (RFC 5915) as we write it: with the
 * public key, without parameters. 1; or 0, and libcrypto is to read it. */
static int take_p256(const unsigned char *p, long len,
		     const unsigned char **scalar_r,
		     const unsigned char **point_r)
{
	const unsigned char *end = p + len, *value;

	if (!take(&p, end, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL, &value, &len) ||
	    p != end)
		return 0;
	p = value;
	if (!take(&p, end, V_ASN1_INTEGER, V_ASN1_UNIVERSAL, &value, &len) ||
	    len != 1 || *value != 1 ||
	    !take(&p, end, V_ASN1_OCTET_STRING, V_ASN1_UNIVERSAL, scalar_r,
		  &len) || len != SCALAR_LEN ||
	    !take(&p, end, 1, V_ASN1_CONTEXT_SPECIFIC, &value, &len) ||
	    p != end)
		return 0;
	p = value;
	if (!take(&p, end, V_ASN1_BIT_STRING, V_ASN1_UNIVERSAL, &value, &len) ||
	    p != end || len != 1 + SEAL_P256_POINT_LEN || value[0] != 0 ||
	    value[1] != POINT_CONVERSION_UNCOMPRESSED)
		return 0;
	*point_r = value + 1;
	return 1;
}

/* NULL: for libcrypto to say what it is */
static EVP_PKEY *decode_p256(const PKCS8_PRIV_KEY_INFO *info)
{
	const unsigned char *der, *scalar, *point;
	const X509_ALGOR *algorithm;
	const ASN1_OBJECT *oid;
	const void *curve;
	EVP_PKEY *key = NULL;
	BIGNUM *number;
	int len, type;

	if (PKCS8_pkey_get0(NULL, &der, &len, &algorithm, info) != 1)
		return NULL;
	X509_ALGOR_get0(&oid, &type, &curve, algorithm);
	if (OBJ_obj2nid(oid) != NID_X9_62_id_ecPublicKey ||
	    type != V_ASN1_OBJECT ||
	    OBJ_obj2nid(curve) != NID_X9_62_prime256v1 ||
	    !take_p256(der, len, &scalar, &point))
		return NULL;
	number = BN_secure_new();
	if (number != NULL && BN_bin2bn(scalar, SCALAR_LEN, number) != NULL)
		key = seal_key_from_scalar(number, point);
	BN_clear_free(number);
	return key;
}

static EVP_PKEY *decode_once(const unsigned char *der, size_t len)
{
	const unsigned char *p = der;
	PKCS8_PRIV_KEY_INFO *info = NULL;
	EVP_PKEY *key = NULL;

	ERR_clear_error();
	if (len > 0 && len <= DER_MAX)
		info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)len);
	if (info != NULL && p == der + len) {
		key = decode_p256(info);
		if (key == NULL)
			key = EVP_PKCS82PKEY(info);
	}
	PKCS8_PRIV_KEY_INFO_free(info);
	return key;
}

EVP_PKEY *seal_key_decode(const unsigned char *der, size_t len,
			  struct seal_error *err)
{
	EVP_PKEY *key = decode_once(der, len);

	/* libcrypto does not always say that it was memory it lacked, and a
	 * passing shortage must not look like damage */
	if (key == NULL)
		key = decode_once(der, len);
	if (key == NULL) {
		(void)seal_error_crypto(err, "reading a private key");
		if (err->code != SEAL_ERR_MEMORY)
			(void)seal_error_set(err, SEAL_ERR_INPUT,
				"not one private key in DER (RFC 5958)");
	}
	ERR_clear_error();
	return key;
}

/* 1, or 0 */
static int hkdf(const unsigned char *secret, size_t secret_len,
		const char *info, unsigned char *out, size_t len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_HKDF, NULL);
	EVP_KDF_CTX *ctx = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
						 digest, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
			(void *)secret, secret_len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
			(void *)derive_salt, sizeof(derive_salt) - 1),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
			(void *)info, strlen(info)),
		OSSL_PARAM_construct_end()
	};
	int ok = ctx != NULL && EVP_KDF_derive(ctx, out, len, params) == 1;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok;
}

/* The private number out of the bytes, as FIPS 186-5 section A.2.1 has it. */
static BIGNUM *scalar_new(const EC_GROUP *group, const unsigned char *bytes,
			  BN_CTX *ctx)
{
	BIGNUM *scalar = BN_secure_new(), *limit = BN_new();
	bool ok = false;

	if (scalar != NULL && limit != NULL) {
		BN_set_flags(scalar, BN_FLG_CONSTTIME);
		ok = BN_bin2bn(bytes, DERIVED_LEN, scalar) != NULL &&
			EC_GROUP_get_order(group, limit, ctx) == 1 &&
			BN_sub_word(limit, 1) == 1 &&
			BN_mod(scalar, scalar, limit, ctx) == 1 &&
			BN_add_word(scalar, 1) == 1;
	}
	BN_free(limit);
	if (!ok) {
		BN_clear_free(scalar);
		return NULL;
	}
	return scalar;
}

/* 1, or 0 */
static int point_of(const EC_GROUP *group, const BIGNUM *scalar,
		    unsigned char point_r[SEAL_P256_POINT_LEN], BN_CTX *ctx)
{
	EC_POINT *point = EC_POINT_new(group);
	int ok = point != NULL &&
		EC_POINT_mul(group, point, scalar, NULL, NULL, ctx) == 1 &&
		EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED,
				   point_r, SEAL_P256_POINT_LEN, ctx) == SEAL_P256_POINT_LEN;

	EC_POINT_free(point);
	return ok;
}

EVP_PKEY *seal_key_derive(const unsigned char *secret, size_t secret_len,
			  const char *label, struct seal_error *err)
{
	unsigned char bytes[DERIVED_LEN], point[SEAL_P256_POINT_LEN];
	EC_GROUP *group;
	BN_CTX *ctx;
	BIGNUM *scalar = NULL;
	EVP_PKEY *key = NULL;

	ERR_clear_error();
	group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	ctx = BN_CTX_secure_new();
	if (group != NULL && ctx != NULL &&
	    hkdf(secret, secret_len, label, bytes, sizeof(bytes)) &&
	    (scalar = scalar_new(group, bytes, ctx)) != NULL &&
	    point_of(group, scalar, point, ctx))
		key = seal_key_from_scalar(scalar, point);
	if (key == NULL)
		(void)seal_error_crypto(err, "deriving a key");
	OPENSSL_cleanse(bytes, sizeof(bytes));
	BN_clear_free(scalar);
	BN_CTX_free(ctx);
	EC_GROUP_free(group);
	ERR_clear_error();
	return key;
}
