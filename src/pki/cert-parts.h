/* SPDX-License-Identifier: MIT */
#ifndef SEAL_PKI_CERT_PARTS_H
#define SEAL_PKI_CERT_PARTS_H

/* For src/pki only. */

#include <stddef.h>
#include <openssl/x509.h>

/* A certificate (RFC 5280 section 4.1) taken to pieces by libcrypto's templates, as
 * d2i_X509() does; but the key is not decoded: the search for a decoder that knows
 * it takes ten times as long as all the rest (OpenSSL 3.0). */

struct seal_cert_key_info {	/* SubjectPublicKeyInfo */
	X509_ALGOR *algorithm;
	ASN1_BIT_STRING *bits;
};

struct seal_cert_validity {
	ASN1_TIME *not_before, *not_after;
};

struct seal_cert_tbs {
	ASN1_INTEGER *version;		/* NULL: 1 */
	ASN1_INTEGER *serial;
	X509_ALGOR *algorithm;
	X509_NAME *issuer;
	struct seal_cert_validity validity;
	X509_NAME *subject;
	struct seal_cert_key_info key;
	ASN1_BIT_STRING *issuer_uid, *subject_uid;	/* may be NULL */
	STACK_OF(X509_EXTENSION) *extensions;		/* may be NULL */
};

struct seal_cert_parts {
	struct seal_cert_tbs tbs;
	X509_ALGOR *algorithm;
	ASN1_BIT_STRING *signature;
};

/* Reads one of at most len bytes at *der, which moves behind it. NULL: libcrypto's
 * queue says why. */
struct seal_cert_parts *
seal_cert_parts_read(const unsigned char **der, size_t len);
/* Encodes them anew. Returns the length, and in *der_r what OPENSSL_free() frees; or
 * not more than 0. The key's SubjectPublicKeyInfo alone. */
int seal_cert_parts_encode(const struct seal_cert_parts *parts,
			   unsigned char **der_r);
int seal_cert_key_info_encode(const struct seal_cert_key_info *info,
			      unsigned char **der_r);
void seal_cert_parts_free(struct seal_cert_parts *parts);

#endif
