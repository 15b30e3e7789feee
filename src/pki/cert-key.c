/* SPDX-License-Identifier: MIT */
#include "pki/cert.h"

#include <string.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include "base/error.h"
#include "pki/key-numbers.h"

#define POINT_LEN 65			/* P-256, uncompressed */
#define UNCOMPRESSED 0x04		/* SEC 1 section 2.3.3 */
#define EXPONENT_MIN 65537
#define EXPONENT_BITS_MAX 64		/* what every library takes */

int seal_cert_key_id(EVP_PKEY *key, unsigned char id_r[SEAL_CERT_KEY_ID_LEN],
		     struct seal_error *err)
{
	const unsigned char *bits;
	X509_PUBKEY *info;
	int len, ret = 0;

	ERR_clear_error();
	info = seal_key_info(key);
	if (info == NULL ||
	    X509_PUBKEY_get0_param(NULL, &bits, &len, NULL, info) != 1 ||
	    EVP_Digest(bits, (size_t)len, id_r, NULL, EVP_sha1(), NULL) != 1)
		ret = seal_error_crypto(err, "naming a key");
	X509_PUBKEY_free(info);
	ERR_clear_error();
	return ret;
}

static int refuse(struct seal_error *err, const char *who, const char *text)
{
	return seal_error_set(err, SEAL_ERR_REFUSED, "%s: %s", who, text);
}

/* Curve and form by what stands there: libcrypto would also give a curve's name
 * to explicit parameters that happen to describe it. */
static int check_ec(const char *who, X509_PUBKEY *info, struct seal_error *err)
{
	X509_ALGOR *algorithm;
	const unsigned char *point;
	const void *curve;
	int type, len;

	if (X509_PUBKEY_get0_param(NULL, &point, &len, &algorithm, info) != 1)
		return seal_error_crypto(err, "reading a public key");
	X509_ALGOR_get0(NULL, &type, &curve, algorithm);
	if (type != V_ASN1_OBJECT)
		return refuse(err, who, "the key's curve is not given by name "
			      "(RFC 5480 section 2.1.1)");
	if (OBJ_obj2nid(curve) != NID_X9_62_prime256v1)
		return refuse(err, who, "the key's curve is not P-256");
	if (len != POINT_LEN || point[0] != UNCOMPRESSED)
		return refuse(err, who, "the key's point is not in the "
			      "uncompressed form (RFC 5480 section 2.2)");
	/* reading it has found that it is on the curve, whose cofactor is 1 */
	return 0;
}

static int check_rsa_numbers(const char *who, const BIGNUM *n, const BIGNUM *e,
			     struct seal_error *err)
{
	int bits = BN_num_bits(n);

	if (bits != 2048 && bits != 3072 && bits != 4096)
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"%s: the RSA key has %d bits; 2048, 3072 or 4096 are "
			"needed", who, bits);
	if (!BN_is_odd(n))
		return refuse(err, who, "the RSA key's modulus is even");
	if (!BN_is_odd(e))
		return refuse(err, who, "the RSA key's exponent is even");
	if (BN_num_bits(e) <= 16)
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"%s: the RSA key's exponent is less than %d", who,
			EXPONENT_MIN);
	if (BN_num_bits(e) > EXPONENT_BITS_MAX)
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"%s: the RSA key's exponent has more than %d bits", who,
			EXPONENT_BITS_MAX);
	return 0;
}

static int check_rsa(const char *who, X509_PUBKEY *info, const EVP_PKEY *key,
		     struct seal_error *err)
{
	X509_ALGOR *algorithm;
	BIGNUM *n = NULL, *e = NULL;
	int type, ret;

	if (X509_PUBKEY_get0_param(NULL, NULL, NULL, &algorithm, info) != 1)
		return seal_error_crypto(err, "reading a public key");
	X509_ALGOR_get0(NULL, &type, NULL, algorithm);
	if (type != V_ASN1_NULL)
		return refuse(err, who, "the RSA key's parameters are not NULL "
			      "(RFC 3279 section 2.3.1)");
	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
	    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) != 1)
		ret = seal_error_crypto(err, "reading an RSA key");
	else
		ret = check_rsa_numbers(who, n, e, err);
	BN_free(n);
	BN_free(e);
	return ret;
}

/* What is within the BIT STRING is not seen when the whole is encoded again. */
static int check_encoding(const char *who, X509_PUBKEY *info, EVP_PKEY *key,
			  struct seal_error *err)
{
	X509_PUBKEY *again = NULL;
	const unsigned char *bits, *wanted;
	int len, wanted_len, ret = 0;

	if (X509_PUBKEY_set(&again, key) != 1 ||
	    X509_PUBKEY_get0_param(NULL, &bits, &len, NULL, info) != 1 ||
	    X509_PUBKEY_get0_param(NULL, &wanted, &wanted_len, NULL,
				   again) != 1)
		ret = seal_error_crypto(err, "reading a public key");
	else if (len != wanted_len || memcmp(bits, wanted, (size_t)len) != 0)
		ret = refuse(err, who, "the key is not encoded in DER");
	X509_PUBKEY_free(again);
	return ret;
}

int seal_cert_key_check(const char *who, X509_PUBKEY *info, bool rsa,
			struct seal_error *err)
{
	ASN1_OBJECT *oid;
	EVP_PKEY *key;

	ERR_clear_error();
	if (X509_PUBKEY_get0_param(&oid, NULL, NULL, NULL, info) != 1)
		return seal_error_crypto(err, "reading a public key");
	/* by its number, before libcrypto is asked to understand it */
	switch (OBJ_obj2nid(oid)) {
	case NID_X9_62_id_ecPublicKey:
		if (check_ec(who, info, err) < 0)
			return -1;
		break;
	case NID_rsaEncryption:
		if (rsa)
			break;
		return refuse(err, who, "the key is RSA; it has to be P-256");
	default:
		return refuse(err, who, rsa ?
			      "the key is neither RSA (rsaEncryption) nor EC" :
			      "the key is not EC; it has to be P-256");
	}
	key = X509_PUBKEY_get0(info);
	if (key == NULL)
		return seal_cert_form_error(err, who, "the public key cannot "
					    "be read, or is no sound one");
	if (OBJ_obj2nid(oid) == NID_rsaEncryption &&
	    check_rsa(who, info, key, err) < 0)
		return -1;
	return check_encoding(who, info, key, err);
}
