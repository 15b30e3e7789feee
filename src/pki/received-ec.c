/* SPDX-License-Identifier: MIT */

/* Content keys by ephemeral-static ECDH (RFC 5753 section 3.1). What is wrong with the
 * parameters, which everybody can see, changes the result, but not what is done. */

#include "pki/received-private.h"

#include <stdbool.h>
#include <string.h>
#include <openssl/asn1t.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include "base/error.h"
#include "pki/agree.h"
#include "pki/key-numbers.h"

/* RFC 5753 section 7.1.4. On P-256, whose cofactor is 1, both are the same. */
static const struct {
	int standard, cofactor;
	const EVP_MD *(*digest)(void);
} schemes[] = {
	{ NID_dhSinglePass_stdDH_sha1kdf_scheme,
	  NID_dhSinglePass_cofactorDH_sha1kdf_scheme, EVP_sha1 },
	{ NID_dhSinglePass_stdDH_sha224kdf_scheme,
	  NID_dhSinglePass_cofactorDH_sha224kdf_scheme, EVP_sha224 },
	{ NID_dhSinglePass_stdDH_sha256kdf_scheme,
	  NID_dhSinglePass_cofactorDH_sha256kdf_scheme, EVP_sha256 },
	{ NID_dhSinglePass_stdDH_sha384kdf_scheme,
	  NID_dhSinglePass_cofactorDH_sha384kdf_scheme, EVP_sha384 },
	{ NID_dhSinglePass_stdDH_sha512kdf_scheme,
	  NID_dhSinglePass_cofactorDH_sha512kdf_scheme, EVP_sha512 }
};

/* What an agreement is made with. */
struct terms {
	EVP_PKEY *peer;			/* the ephemeral key; NULL: our own */
	const EVP_MD *digest;
	size_t wrap_len;		/* of the key that wraps, in bytes */
	struct seal_buf info;		/* ECC-CMS-SharedInfo */
};

static int read_digest(const ASN1_OBJECT *scheme, const EVP_MD **digest_r)
{
	int nid = OBJ_obj2nid(scheme);
	size_t i;

	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (schemes[i].standard == nid || schemes[i].cofactor == nid) {
			*digest_r = schemes[i].digest();
			return 1;
		}
	}
	return 0;
}

static int read_wrap(const X509_ALGOR *wrap, size_t *len_r)
{
	const ASN1_OBJECT *oid;

	X509_ALGOR_get0(&oid, NULL, NULL, wrap);
	switch (OBJ_obj2nid(oid)) {
	case NID_id_aes128_wrap:
		*len_r = 16;
		return 1;
	case NID_id_aes192_wrap:
		*len_r = 24;
		return 1;
	case NID_id_aes256_wrap:
		*len_r = 32;
		return 1;
	}
	return 0;
}

/* The KeyWrapAlgorithm, which is the scheme's parameter. */
static X509_ALGOR *unpack_wrap(int type, const void *value)
{
	return type != V_ASN1_SEQUENCE ? NULL :
		ASN1_item_unpack(value, ASN1_ITEM_rptr(X509_ALGOR));
}

static int make_info(const X509_ALGOR *wrap, const ASN1_OCTET_STRING *ukm,
		     struct terms *terms, struct seal_error *err)
{
	unsigned char *der = NULL;
	int len = i2d_X509_ALGOR(wrap, &der), ret;

	if (len <= 0)
		return seal_error_crypto(err, "encoding a key wrap");
	ret = seal_agree_info(der, (size_t)len,
			      ukm == NULL ? NULL : ASN1_STRING_get0_data(ukm),
			      ukm == NULL ? 0 : (size_t)ASN1_STRING_length(ukm),
			      terms->wrap_len, &terms->info, err);
	OPENSSL_free(der);
	return ret;
}

/* A point of SEC 1 section 2.3.3, but not the one at infinity. */
static bool is_point(const unsigned char *data, size_t len)
{
	return len == SEAL_P256_POINT_LEN ? data[0] == 4 :
		len == 1 + (SEAL_P256_POINT_LEN - 1) / 2 &&
		(data[0] == 2 || data[0] == 3);
}

/* The ephemeral public key, on P-256, which its algorithm names, or leaves out (RFC
 * 5753 section 3.1.1). 1; 0: it is none; -1 */
static int read_peer(const struct seal_asn1_originator *originator,
		     EVP_PKEY **peer_r, struct seal_error *err)
{
	const unsigned char *data;
	const ASN1_OBJECT *oid;
	const void *value;
	size_t len;
	int type;

	if (originator->type != SEAL_ASN1_ORIGINATOR_POINT)
		return 0;
	X509_ALGOR_get0(&oid, &type, &value, originator->d.point->algorithm);
	if (OBJ_obj2nid(oid) != NID_X9_62_id_ecPublicKey ||
	    (type == V_ASN1_OBJECT ?
	     OBJ_obj2nid(value) != NID_X9_62_prime256v1 :
	     type != V_ASN1_UNDEF && type != V_ASN1_NULL))
		return 0;
	data = ASN1_STRING_get0_data(originator->d.point->bits);
	len = (size_t)ASN1_STRING_length(originator->d.point->bits);
	if (!is_point(data, len))
		return 0;
	*peer_r = seal_key_from_point(NID_X9_62_prime256v1, data, len);
	if (*peer_r != NULL)
		return 1;
	/* a point that is none begins with an error of that kind */
	return ERR_GET_LIB(ERR_peek_error()) == ERR_LIB_EC ?
		seal_received_settle(err) :
		seal_error_crypto(err, "reading a point");
}

/* 1; 0: one of them is unknown, and has become another; -1 */
static int read_terms(const struct seal_asn1_agreement *agreement,
		      struct terms *terms, struct seal_error *err)
{
	const ASN1_OBJECT *scheme;
	X509_ALGOR *wrap;
	const void *value;
	int type, good, ret;

	X509_ALGOR_get0(&scheme, &type, &value, agreement->algorithm);
	wrap = unpack_wrap(type, value);
	good = read_digest(scheme, &terms->digest);
	good &= wrap != NULL && read_wrap(wrap, &terms->wrap_len);
	ret = wrap == NULL ? seal_received_settle(err) :
		make_info(wrap, agreement->ukm, terms, err);
	if (ret == 0)
		ret = read_peer(agreement->originator, &terms->peer, err);
	X509_ALGOR_free(wrap);
	return ret < 0 ? -1 : good & ret;
}

/* wrapped: key_len and SEAL_AGREE_WRAP_EXTRA bytes. 1; 0: it is something else; -1 */
static int unwrap(EVP_PKEY *key, const struct terms *terms,
		  const unsigned char *wrapped, size_t key_len,
		  unsigned char *key_r, struct seal_error *err)
{
	unsigned char secret[SEAL_AGREE_SECRET_MAX], kek[SEAL_AGREE_KEY_MAX];
	size_t len;
	int ret = -1;

	if (seal_agree_secret(key, terms->peer == NULL ? key : terms->peer,
			      secret, &len) &&
	    seal_agree_key(terms->digest, secret, len, &terms->info, kek,
			   terms->wrap_len))
		ret = seal_agree_unwrap(kek, terms->wrap_len, wrapped,
					key_len + SEAL_AGREE_WRAP_EXTRA, key_r);
	OPENSSL_cleanse(secret, sizeof(secret));
	OPENSSL_cleanse(kek, sizeof(kek));
	if (ret < 0)
		return seal_error_crypto(err, "decrypting a content key (EC)");
	return ret > 0 ? 1 : seal_received_settle(err);
}

int seal_received_ec(const struct seal_recipient_name *name, EVP_PKEY *key,
		     size_t key_len,
		     unsigned char key_r[SEAL_RECEIVED_KEY_MAX],
		     unsigned char *good_r, struct seal_error *err)
{
	struct terms terms = {
		.digest = EVP_sha1(), .wrap_len = 16, .info = SEAL_BUF_INIT
	};
	unsigned char wrapped[SEAL_RECEIVED_KEY_MAX + SEAL_AGREE_WRAP_EXTRA] = { 0 };
	size_t wrapped_len = key_len + SEAL_AGREE_WRAP_EXTRA;
	int good, ret;

	*good_r = 0;
	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC)
		return 0;
	good = read_terms(name->agreement, &terms, err);
	if ((size_t)ASN1_STRING_length(name->key) == wrapped_len)
		memcpy(wrapped, ASN1_STRING_get0_data(name->key), wrapped_len);
	else if (good > 0)
		good = 0;
	ret = good < 0 ? -1 : unwrap(key, &terms, wrapped, key_len, key_r, err);
	*good_r = good > 0 && ret > 0 ? 0xff : 0;
	EVP_PKEY_free(terms.peer);
	seal_buf_free(&terms.info);
	return ret < 0 ? -1 : 0;
}
