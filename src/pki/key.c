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
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include "base/buf.h"
#include "base/error.h"

#define DER_MAX (64 * 1024)
#define DERIVED_LEN 48		/* 128 bits more than n has: no bias */
#define POINT_LEN 65		/* of P-256, uncompressed */
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

static EVP_PKEY *decode_once(const unsigned char *der, size_t len)
{
	const unsigned char *p = der;
	PKCS8_PRIV_KEY_INFO *info = NULL;
	EVP_PKEY *key = NULL;

	ERR_clear_error();
	if (len > 0 && len <= DER_MAX)
		info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)len);
	if (info != NULL && p == der + len)
		key = EVP_PKCS82PKEY(info);
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
		    unsigned char point_r[POINT_LEN], BN_CTX *ctx)
{
	EC_POINT *point = EC_POINT_new(group);
	int ok = point != NULL &&
		EC_POINT_mul(group, point, scalar, NULL, NULL, ctx) == 1 &&
		EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED,
				   point_r, POINT_LEN, ctx) == POINT_LEN;

	EC_POINT_free(point);
	return ok;
}

static EVP_PKEY *key_of(const BIGNUM *scalar,
			const unsigned char point[POINT_LEN])
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (build != NULL && ctx != NULL &&
	    OSSL_PARAM_BLD_push_utf8_string(build,
		OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY,
					     point, POINT_LEN) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY,
				   scalar) == 1)
		params = OSSL_PARAM_BLD_to_param(build);
	if (params != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	OSSL_PARAM_free(params);	/* wipes what came from a secure BIGNUM */
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_BLD_free(build);
	return key;
}

EVP_PKEY *seal_key_derive(const unsigned char *secret, size_t secret_len,
			  const char *label, struct seal_error *err)
{
	unsigned char bytes[DERIVED_LEN], point[POINT_LEN];
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
		key = key_of(scalar, point);
	if (key == NULL)
		(void)seal_error_crypto(err, "deriving a key");
	OPENSSL_cleanse(bytes, sizeof(bytes));
	BN_clear_free(scalar);
	BN_CTX_free(ctx);
	EC_GROUP_free(group);
	ERR_clear_error();
	return key;
}
