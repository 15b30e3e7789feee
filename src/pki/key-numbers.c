/* SPDX-License-Identifier: MIT */
#include "pki/key-numbers.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <openssl/asn1t.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

/* RSAPublicKey, as libcrypto reads it */
struct rsa_numbers {
	BIGNUM *n, *e;
};
ASN1_SEQUENCE(rsa_numbers) = {
	ASN1_SIMPLE(struct rsa_numbers, n, BIGNUM),
	ASN1_SIMPLE(struct rsa_numbers, e, BIGNUM)
} static_ASN1_SEQUENCE_END_name(struct rsa_numbers, rsa_numbers)

/* Returns the key, or NULL. */
static EVP_PKEY *from_data(const char *type, int selection, OSSL_PARAM *params)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	if (ctx != NULL && params != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &key, selection, params) != 1) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *from_rsa_numbers(const struct rsa_numbers *numbers)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key;

	if (build != NULL &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N,
				   numbers->n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E,
				   numbers->e) == 1)
		params = OSSL_PARAM_BLD_to_param(build);
	key = from_data("RSA", EVP_PKEY_PUBLIC_KEY, params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	return key;
}

EVP_PKEY *seal_key_from_rsa(const unsigned char *der, size_t len)
{
	const unsigned char *p = der;
	struct rsa_numbers *numbers;
	EVP_PKEY *key = NULL;

	numbers = (struct rsa_numbers *)
		ASN1_item_d2i(NULL, &p, (long)len, ASN1_ITEM_rptr(rsa_numbers));
	if (numbers != NULL && p == der + len)
		key = from_rsa_numbers(numbers);
	ASN1_item_free((ASN1_VALUE *)numbers, ASN1_ITEM_rptr(rsa_numbers));
	return key;
}

EVP_PKEY *seal_key_from_point(int curve, const unsigned char *point, size_t len)
{
	const char *name = OBJ_nid2sn(curve);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
			(char *)(uintptr_t)name, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
			(void *)(uintptr_t)point, len),
		OSSL_PARAM_construct_end()
	};

	return from_data("EC", EVP_PKEY_PUBLIC_KEY, params);
}

EVP_PKEY *seal_key_from_scalar(const BIGNUM *scalar,
			       const unsigned char point[SEAL_P256_POINT_LEN])
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key;

	if (build != NULL &&
	    OSSL_PARAM_BLD_push_utf8_string(build,
		OSSL_PKEY_PARAM_GROUP_NAME, SN_X9_62_prime256v1, 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY,
					     point, SEAL_P256_POINT_LEN) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY,
				   scalar) == 1)
		params = OSSL_PARAM_BLD_to_param(build);
	key = from_data("EC", EVP_PKEY_KEYPAIR, params);
	OSSL_PARAM_free(params);	/* wipes what came from a secure BIGNUM */
	OSSL_PARAM_BLD_free(build);
	return key;
}

/* Takes bits, from OPENSSL_malloc(). 1, or 0 */
static int fill(X509_PUBKEY *info, int algorithm, int type, int parameter,
		unsigned char *bits, int len)
{
	if (X509_PUBKEY_set0_param(info, OBJ_nid2obj(algorithm), type,
				   parameter == NID_undef ? NULL :
				   OBJ_nid2obj(parameter), bits, len) == 1)
		return 1;
	OPENSSL_free(bits);
	return 0;
}

static int fill_rsa(X509_PUBKEY *info, const EVP_PKEY *key)
{
	struct rsa_numbers numbers = { NULL, NULL };
	const void *value = &numbers;	/* ASN1_VALUE is an incomplete type */
	unsigned char *bits = NULL;
	int len, ok = 0;

	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N,
				  &numbers.n) == 1 &&
	    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E,
				  &numbers.e) == 1 &&
	    (len = ASN1_item_i2d(value, &bits,
				 ASN1_ITEM_rptr(rsa_numbers))) > 0)
		ok = fill(info, NID_rsaEncryption, V_ASN1_NULL, NID_undef,
			  bits, len);
	BN_free(numbers.n);
	BN_free(numbers.e);
	return ok;
}

static bool has_word(const EVP_PKEY *key, const char *name, const char *wanted)
{
	char word[40];

	return EVP_PKEY_get_utf8_string_param(key, name, word, sizeof(word),
					      NULL) == 1 &&
		strcmp(word, wanted) == 0;
}

/* As we make them; what else could be written otherwise is left to libcrypto. */
static bool is_plain_p256(const EVP_PKEY *key)
{
	return has_word(key, OSSL_PKEY_PARAM_GROUP_NAME,
			SN_X9_62_prime256v1) &&
		has_word(key, OSSL_PKEY_PARAM_EC_ENCODING,
			 OSSL_PKEY_EC_ENCODING_GROUP) &&
		has_word(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
			 OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED);
}

static int fill_p256(X509_PUBKEY *info, const EVP_PKEY *key)
{
	unsigned char *point = OPENSSL_malloc(SEAL_P256_POINT_LEN);
	size_t len = 0;

	if (point != NULL &&
	    EVP_PKEY_get_octet_string_param(key,
			OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point,
			SEAL_P256_POINT_LEN, &len) == 1 &&
	    len == SEAL_P256_POINT_LEN)
		return fill(info, NID_X9_62_id_ecPublicKey, V_ASN1_OBJECT,
			    NID_X9_62_prime256v1, point, SEAL_P256_POINT_LEN);
	OPENSSL_free(point);
	return 0;
}

/* 1; or 0: for libcrypto to try */
static int fill_quickly(X509_PUBKEY *info, const EVP_PKEY *key)
{
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
		return fill_rsa(info, key);
	case EVP_PKEY_EC:
		return is_plain_p256(key) && fill_p256(info, key);
	}
	return 0;
}

X509_PUBKEY *seal_key_info(EVP_PKEY *key)
{
	X509_PUBKEY *info = X509_PUBKEY_new();

	if (info != NULL && (fill_quickly(info, key) ||
			     X509_PUBKEY_set(&info, key) == 1))
		return info;
	X509_PUBKEY_free(info);
	return NULL;
}

int seal_key_set(X509 *cert, EVP_PKEY *key)
{
	return fill_quickly(X509_get_X509_PUBKEY(cert), key) ||
		X509_set_pubkey(cert, key) == 1;
}
