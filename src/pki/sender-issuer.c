/* SPDX-License-Identifier: MIT */
#include "pki/sender.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include "base/error.h"
#include "pki/cert.h"
#include "pki/key-numbers.h"
#include "pki/sender-private.h"

#define WHO "issuer certificate"
#define RSA_BITS_MIN 2048

/* It stands in every signature as it is: DER to the last bit, and nothing behind
 * it. */
static int check_encoding(const struct seal_sender_issuer *issuer,
			  const unsigned char *end, struct seal_error *err)
{
	unsigned char *again;
	int ret = 0, len;

	if (end != issuer->der.data + issuer->der.len)
		return seal_error_set(err, SEAL_ERR_INPUT,
			WHO ": there is something behind it");
	len = seal_cert_parts_encode(issuer->parts, &again);
	if (len <= 0)
		return seal_cert_form_error(err, WHO,
					    "cannot be encoded again");
	if ((size_t)len != issuer->der.len ||
	    memcmp(again, issuer->der.data, issuer->der.len) != 0)
		ret = seal_error_set(err, SEAL_ERR_INPUT,
			WHO ": not encoded in DER (X.690 section 10)");
	OPENSSL_free(again);
	return ret;
}

static int read_certificate(struct seal_sender_issuer *issuer,
			    const unsigned char *der, size_t len,
			    struct seal_error *err)
{
	const struct seal_cert_validity *validity;
	const unsigned char *p;

	if (len == 0 || len > SEAL_CERT_DER_MAX)
		return seal_error_set(err, SEAL_ERR_INPUT, len == 0 ?
			WHO ": empty" : WHO ": larger than 16 kB");
	if (seal_buf_append(&issuer->der, der, len, err) < 0)
		return -1;
	p = issuer->der.data;
	issuer->parts = seal_cert_parts_read(&p, len);
	if (issuer->parts == NULL)
		return seal_cert_form_error(err, WHO,
			"not an X.509 certificate in DER");
	if (check_encoding(issuer, p, err) < 0)
		return -1;
	validity = &issuer->parts->tbs.validity;
	if (seal_cert_time(validity->not_before, &issuer->not_before) < 0 ||
	    seal_cert_time(validity->not_after, &issuer->not_after) < 0)
		return seal_cert_form_error(err, WHO,
			"the validity cannot be read (RFC 5280 section "
			"4.1.2.5)");
	return 0;
}

/* As seal_pair_check(), of what is not decoded. */
static int check_pair(const struct seal_sender_issuer *issuer,
		      struct seal_error *err)
{
	X509_PUBKEY *info = seal_key_info(issuer->key);
	unsigned char *a, *b = NULL;
	int a_len, b_len = 0, ret = 0;

	a_len = seal_cert_key_info_encode(&issuer->parts->tbs.key, &a);
	if (a_len > 0 && info != NULL)
		b_len = i2d_X509_PUBKEY(info, &b);
	if (a_len <= 0 || b_len <= 0)
		ret = seal_error_crypto(err, "comparing public keys");
	else if (a_len != b_len || memcmp(a, b, (size_t)a_len) != 0)
		ret = seal_error_set(err, SEAL_ERR_INPUT,
				     WHO ": it is not for this key");
	OPENSSL_free(a);
	OPENSSL_free(b);
	X509_PUBKEY_free(info);
	return ret;
}

static int take_keys(struct seal_sender_issuer *issuer, EVP_PKEY *key,
		     EVP_PKEY *rsa_key, struct seal_error *err)
{
	if (rsa_key != NULL && (EVP_PKEY_get_base_id(rsa_key) != EVP_PKEY_RSA ||
				EVP_PKEY_get_bits(rsa_key) < RSA_BITS_MIN))
		return seal_error_set(err, SEAL_ERR_INPUT,
			"the sender key is not RSA of at least %d bits",
			RSA_BITS_MIN);
	if (EVP_PKEY_up_ref(key) != 1)
		return seal_error_crypto(err, "taking the issuer key");
	issuer->key = key;
	if (rsa_key != NULL && EVP_PKEY_up_ref(rsa_key) != 1)
		return seal_error_crypto(err, "taking the sender key");
	issuer->rsa_key = rsa_key;
	return 0;
}

struct seal_sender_issuer *
seal_sender_issuer_new(EVP_PKEY *issuer_key, const unsigned char *issuer_der,
		       size_t issuer_len,
		       const unsigned char secret[SEAL_SENDER_SECRET_LEN],
		       EVP_PKEY *rsa_key, struct seal_error *err)
{
	struct seal_sender_issuer *issuer = calloc(1, sizeof(*issuer));

	if (issuer == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	ERR_clear_error();
	memcpy(issuer->secret, secret, sizeof(issuer->secret));
	if (take_keys(issuer, issuer_key, rsa_key, err) < 0 ||
	    read_certificate(issuer, issuer_der, issuer_len, err) < 0 ||
	    check_pair(issuer, err) < 0)
		seal_sender_issuer_free(&issuer);
	ERR_clear_error();
	return issuer;
}

void seal_sender_issuer_free(struct seal_sender_issuer **_issuer)
{
	struct seal_sender_issuer *issuer = *_issuer;

	if (issuer == NULL)
		return;
	*_issuer = NULL;
	seal_cert_parts_free(issuer->parts);
	seal_buf_free(&issuer->der);
	EVP_PKEY_free(issuer->key);
	EVP_PKEY_free(issuer->rsa_key);
	OPENSSL_cleanse(issuer, sizeof(*issuer));
	free(issuer);
}
