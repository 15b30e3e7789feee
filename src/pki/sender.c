/* SPDX-License-Identifier: MIT */
#include "pki/sender.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/pkcs7.h>
#include "base/buf.h"
#include "base/error.h"
#include "pki/cert.h"
#include "pki/ecdsa.h"
#include "pki/key.h"
#include "pki/sender-private.h"

#define HASH_LEN 32		/* SHA-256 */

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
	seal_cert_serial_shape(serial_r, true);
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

/* What the issuer has signed, or NULL. */
static X509 *make_cert(const struct seal_sender *sender,
		       const struct seal_sender_issuer *issuer,
		       const char *address, bool replies,
		       struct seal_error *err)
{
	const char *const addresses[] = { address, NULL };
	char name[SEAL_CERT_NAME_SIZE];
	unsigned char serial[SEAL_CERT_SERIAL_LEN] = { 0 };
	const struct seal_cert_plan plan = {
		.kind = replies ? SEAL_CERT_SENDER_REPLIES : SEAL_CERT_SENDER,
		.subject = name,
		.issuer = issuer->parts->tbs.subject,
		.serial = serial,
		.not_before = issuer->not_before,
		.not_after = issuer->not_after,
		.key = sender->key,
		.issuer_key = issuer->key,
		.addresses = addresses
	};
	X509 *cert;

	if (seal_cert_common_name(address, name, err) < 0)
		return NULL;
	seal_cert_serial_shape(serial, true);
	cert = seal_cert_new(&plan, err);
	if (cert == NULL)
		return NULL;
	if (derive_serial(cert, issuer->secret, serial, err) < 0)
		goto failed;
	/* in place: its shape needs no encoding */
	if (ASN1_STRING_set(X509_get_serialNumber(cert), serial,
			    sizeof(serial)) != 1) {
		(void)seal_error_crypto(err, "making a serial number");
		goto failed;
	}
	if (sign_cert(cert, issuer->key, err) == 0)
		return cert;
failed:
	X509_free(cert);
	return NULL;
}

static int take_key(struct seal_sender *sender,
		    const struct seal_sender_issuer *issuer,
		    const char *address, struct seal_error *err)
{
	if (issuer->rsa_key == NULL) {
		sender->key = seal_key_derive(issuer->secret,
					      sizeof(issuer->secret), address,
					      err);
		return sender->key == NULL ? -1 : 0;
	}
	if (EVP_PKEY_up_ref(issuer->rsa_key) != 1)
		return seal_error_crypto(err, "taking the sender key");
	sender->key = issuer->rsa_key;
	return 0;
}

static int add_certificates(struct seal_buf *out, const struct seal_buf *a,
			    const struct seal_buf *b, struct seal_error *err)
{
	/* their lengths come first, so neither begins the other */
	if (memcmp(a->data, b->data, a->len < b->len ? a->len : b->len) > 0)
		return add_certificates(out, b, a, err);
	return seal_buf_append(out, a->data, a->len, err) < 0 ? -1 :
		seal_buf_append(out, b->data, b->len, err);
}

static int take_cert(struct seal_sender *sender,
		     const struct seal_sender_issuer *issuer, X509 *cert,
		     struct seal_error *err)
{
	PKCS7_ISSUER_AND_SERIAL sid = {
		X509_get_issuer_name(cert), X509_get_serialNumber(cert)
	};
	unsigned char *der = NULL;
	int len, ret;

	if (seal_cert_encode(cert, &sender->der, err) < 0 ||
	    add_certificates(&sender->certificates, &sender->der,
			     &issuer->der, err) < 0)
		return -1;
	len = i2d_PKCS7_ISSUER_AND_SERIAL(&sid, &der);
	if (len <= 0)
		return seal_error_crypto(err, "naming a certificate");
	ret = seal_buf_append(&sender->sid, der, (size_t)len, err);
	OPENSSL_free(der);
	return ret;
}

struct seal_sender *
seal_sender_new(const struct seal_sender_issuer *issuer, const char *address,
		bool replies, struct seal_error *err)
{
	struct seal_sender *sender;
	X509 *cert = NULL;
	int ret = -1;

	ERR_clear_error();
	if (seal_cert_address_check(address, err) < 0)
		return NULL;
	sender = calloc(1, sizeof(*sender));
	if (sender == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	if (take_key(sender, issuer, address, err) == 0 &&
	    (cert = make_cert(sender, issuer, address, replies, err)) != NULL)
		ret = take_cert(sender, issuer, cert, err);
	if (ret < 0)
		seal_sender_free(&sender);
	X509_free(cert);
	ERR_clear_error();
	return sender;
}

void seal_sender_free(struct seal_sender **_sender)
{
	struct seal_sender *sender = *_sender;

	if (sender == NULL)
		return;
	*_sender = NULL;
	EVP_PKEY_CTX_free(sender->work);
	EVP_PKEY_free(sender->key);
	seal_buf_free(&sender->der);
	seal_buf_free(&sender->sid);
	seal_buf_free(&sender->certificates);
	free(sender);
}

int seal_sender_certificate(const struct seal_sender *sender,
			    struct seal_buf *der, struct seal_error *err)
{
	return seal_buf_append(der, sender->der.data, sender->der.len, err);
}
