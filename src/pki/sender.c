/* SPDX-License-Identifier: MIT */
#include "pki/sender.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include "base/buf.h"
#include "base/error.h"
#include "pki/cert.h"
#include "pki/ecdsa.h"
#include "pki/key.h"
#include "pki/pair.h"
#include "pki/sender-private.h"

#define HASH_LEN 32		/* SHA-256 */
#define RSA_BITS_MIN 2048

static const char serial_label[] = "mail-seal sender serial";

/* The digest of what the certificate's signature covers. Returns 0 or -1. */
static int tbs_digest(X509 *cert, unsigned char digest_r[HASH_LEN],
		      struct seal_error *err)
{
	struct seal_buf tbs = SEAL_BUF_INIT;
	int ret = seal_cert_tbs(cert, &tbs, err);

	if (ret == 0 && EVP_Digest(tbs.data, tbs.len, digest_r, NULL,
				   EVP_sha256(), NULL) != 1)
		ret = seal_error_crypto(err, "hashing a certificate");
	seal_buf_free(&tbs);
	return ret;
}

/* bare: the certificate, but for its serial number. Who has a certificate shall
 * not be able to tell whose others are: hence the secret. */
static int derive_serial(X509 *bare, const unsigned char *secret,
			 unsigned char serial_r[SEAL_CERT_SERIAL_LEN],
			 struct seal_error *err)
{
	unsigned char input[sizeof(serial_label) - 1 + HASH_LEN];
	unsigned char mac[HASH_LEN];

	memcpy(input, serial_label, sizeof(serial_label) - 1);
	if (tbs_digest(bare, input + sizeof(serial_label) - 1, err) < 0)
		return -1;
	if (HMAC(EVP_sha256(), secret, SEAL_SENDER_SECRET_LEN, input,
		 sizeof(input), mac, NULL) == NULL)
		return seal_error_crypto(err, "making a serial number");
	memcpy(serial_r, mac, SEAL_CERT_SERIAL_LEN);
	seal_cert_serial_shape(serial_r);
	OPENSSL_cleanse(mac, sizeof(mac));
	return 0;
}

static int sign_cert(X509 *cert, EVP_PKEY *issuer_key, struct seal_error *err)
{
	struct seal_buf signature = SEAL_BUF_INIT;
	unsigned char digest[HASH_LEN];
	int ret = -1;

	if (tbs_digest(cert, digest, err) == 0 &&
	    seal_ecdsa_sign(issuer_key, digest, &signature, err) == 0 &&
	    seal_cert_set_signature(cert, signature.data, signature.len,
				    err) == 0)
		ret = 0;
	seal_buf_free(&signature);
	return ret;
}

static int make_cert(struct seal_sender *sender, EVP_PKEY *issuer_key,
		     const unsigned char *secret, const char *address,
		     bool replies, struct seal_error *err)
{
	const char *const addresses[] = { address, NULL };
	char name[SEAL_CERT_NAME_SIZE];
	unsigned char serial[SEAL_CERT_SERIAL_LEN] = { 0 };
	struct seal_cert_plan plan = {
		.kind = replies ? SEAL_CERT_SENDER_REPLIES : SEAL_CERT_SENDER,
		.subject = name,
		.issuer = X509_get_subject_name(sender->issuer),
		.serial = serial,
		.key = sender->key,
		.issuer_key = issuer_key,
		.addresses = addresses
	};

	if (seal_cert_time(X509_get0_notBefore(sender->issuer),
			   &plan.not_before) < 0 ||
	    seal_cert_time(X509_get0_notAfter(sender->issuer),
			   &plan.not_after) < 0)
		return seal_cert_form_error(err, "issuer certificate",
			"the validity cannot be read (RFC 5280 section "
			"4.1.2.5)");
	if (seal_cert_common_name(address, name, err) < 0)
		return -1;
	seal_cert_serial_shape(serial);
	sender->cert = seal_cert_new(&plan, err);
	if (sender->cert == NULL ||
	    derive_serial(sender->cert, secret, serial, err) < 0)
		return -1;
	/* in place: its shape needs no encoding */
	if (ASN1_STRING_set(X509_get_serialNumber(sender->cert), serial,
			    sizeof(serial)) != 1)
		return seal_error_crypto(err, "making a serial number");
	return sign_cert(sender->cert, issuer_key, err);
}

static int take_key(struct seal_sender *sender, const unsigned char *secret,
		    EVP_PKEY *rsa_key, const char *address,
		    struct seal_error *err)
{
	if (rsa_key == NULL) {
		sender->key = seal_key_derive(secret, SEAL_SENDER_SECRET_LEN,
					      address, err);
		return sender->key == NULL ? -1 : 0;
	}
	if (EVP_PKEY_get_base_id(rsa_key) != EVP_PKEY_RSA ||
	    EVP_PKEY_get_bits(rsa_key) < RSA_BITS_MIN)
		return seal_error_set(err, SEAL_ERR_INPUT,
			"the sender key is not RSA of at least %d bits",
			RSA_BITS_MIN);
	if (EVP_PKEY_up_ref(rsa_key) != 1)
		return seal_error_crypto(err, "taking the sender key");
	sender->key = rsa_key;
	return 0;
}

struct seal_sender *
seal_sender_new(EVP_PKEY *issuer_key, const unsigned char *issuer_der,
		size_t issuer_len,
		const unsigned char secret[SEAL_SENDER_SECRET_LEN],
		EVP_PKEY *rsa_key, const char *address, bool replies,
		struct seal_error *err)
{
	struct seal_sender *sender;
	int ret = -1;

	ERR_clear_error();
	if (seal_cert_address_check(address, err) < 0)
		return NULL;
	sender = calloc(1, sizeof(*sender));
	if (sender == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	sender->issuer = seal_cert_decode("issuer certificate", issuer_der,
					  issuer_len, err);
	if (sender->issuer != NULL &&
	    seal_pair_check("issuer certificate", sender->issuer, issuer_key,
			    err) == 0 &&
	    take_key(sender, secret, rsa_key, address, err) == 0)
		ret = make_cert(sender, issuer_key, secret, address, replies,
				err);
	if (ret < 0)
		seal_sender_free(&sender);
	ERR_clear_error();
	return sender;
}

void seal_sender_free(struct seal_sender **sender)
{
	if (*sender == NULL)
		return;
	X509_free((*sender)->issuer);
	X509_free((*sender)->cert);
	EVP_PKEY_free((*sender)->key);
	free(*sender);
	*sender = NULL;
}

int seal_sender_certificate(const struct seal_sender *sender,
			    struct seal_buf *der, struct seal_error *err)
{
	return seal_cert_encode(sender->cert, der, err);
}
