/* SPDX-License-Identifier: MIT */

/* A certificate's public key. */

#include "pki/recipient-private.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include "base/error.h"
#include "pki/key-numbers.h"

/* NULL: it is for libcrypto to say what this is. */
static EVP_PKEY *quick_key(const struct seal_recipient *recipient,
			   const ASN1_BIT_STRING *key)
{
	const unsigned char *bits = ASN1_STRING_get0_data(key);
	int len = ASN1_STRING_length(key);

	if (recipient->kind == SEAL_RECIPIENT_RSA)
		return seal_key_from_rsa(bits, (size_t)len);
	/* those that may receive mail; others need not be quick */
	if (recipient->curve == NID_X9_62_prime256v1 ||
	    recipient->curve == NID_secp384r1 ||
	    recipient->curve == NID_secp521r1)
		return seal_key_from_point(recipient->curve, bits, (size_t)len);
	return NULL;
}

/* As libcrypto reads whatever it knows. Returns the key, or NULL. */
static EVP_PKEY *slow_key(const struct seal_recipient *recipient)
{
	const unsigned char *p = recipient->der.data;
	X509 *cert = d2i_X509(NULL, &p, (long)recipient->der.len);
	EVP_PKEY *key = cert == NULL ? NULL : X509_get_pubkey(cert);

	X509_free(cert);
	return key;
}

/* Kind and curve by what stands in the certificate: libcrypto would also give
 * a curve's name to explicit parameters that happen to describe it. */
static void read_kind(struct seal_recipient *recipient,
		      const X509_ALGOR *algorithm)
{
	const ASN1_OBJECT *oid;
	const void *curve;
	int type;

	X509_ALGOR_get0(&oid, &type, &curve, algorithm);
	recipient->curve = NID_undef;
	switch (OBJ_obj2nid(oid)) {
	case NID_rsaEncryption:
		recipient->kind = SEAL_RECIPIENT_RSA;
		break;
	case NID_X9_62_id_ecPublicKey:
		recipient->kind = SEAL_RECIPIENT_EC;
		if (type == V_ASN1_OBJECT)
			recipient->curve = OBJ_obj2nid(curve);
		break;
	default:
		recipient->kind = SEAL_RECIPIENT_OTHER;
	}
}

/* RSA: an exponent of 1 would leave the content key in the clear, and even
 * numbers are no RSA. EC: the point is on the curve; for curves of cofactor 1
 * that is all there is to check. Returns 1 or 0, -1 where it cannot be told. */
static int key_is_sound(const struct seal_recipient *recipient)
{
	BIGNUM *n = NULL, *e = NULL;
	EVP_PKEY_CTX *ctx;
	int ret = -1;

	if (recipient->kind == SEAL_RECIPIENT_EC) {
		ctx = EVP_PKEY_CTX_new_from_pkey(NULL, recipient->key, NULL);
		if (ctx == NULL)
			return -1;
		ret = EVP_PKEY_public_check_quick(ctx) == 1 ? 1 : 0;
		EVP_PKEY_CTX_free(ctx);
		return ret;
	}
	if (recipient->kind != SEAL_RECIPIENT_RSA)
		return 1;
	if (EVP_PKEY_get_bn_param(recipient->key, OSSL_PKEY_PARAM_RSA_N,
				  &n) == 1 &&
	    EVP_PKEY_get_bn_param(recipient->key, OSSL_PKEY_PARAM_RSA_E,
				  &e) == 1)
		ret = BN_is_odd(n) && BN_is_odd(e) && !BN_is_one(e);
	BN_free(n);
	BN_free(e);
	return ret;
}

int seal_recipient_read_key(struct seal_recipient *recipient,
			    const X509_ALGOR *algorithm,
			    const ASN1_BIT_STRING *bits,
			    struct seal_error *err)
{
	int sound;

	read_kind(recipient, algorithm);
	recipient->key = quick_key(recipient, bits);
	if (recipient->key == NULL) {
		if (seal_error_crypto_memory())
			return seal_error_memory(err);
		recipient->key = slow_key(recipient);
	}
	if (recipient->key == NULL || EVP_PKEY_get_bits(recipient->key) <= 0)
		return 0;
	sound = key_is_sound(recipient);
	if (seal_error_crypto_memory())
		return seal_error_memory(err);
	if (sound < 0)
		return seal_error_crypto(err, "reading a certificate's key");
	recipient->key_sound = sound > 0;
	return 1;
}
