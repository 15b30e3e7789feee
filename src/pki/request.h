/* SPDX-License-Identifier: MIT */
#ifndef SEAL_PKI_REQUEST_H
#define SEAL_PKI_REQUEST_H

/* For src/pki only: the two requests of the ceremony (PKCS #10, RFC 2986).
 * Their contents are described in issuer.h. */

#include <stdbool.h>
#include <stddef.h>
#include <openssl/x509.h>
#include "pki/issuer.h"

/* Signs a request with the nonce as challengePassword, and the addresses, if
 * not NULL, as subjectAltName in an extensionRequest. Appends DER. 0, or -1: as
 * seal_issuer_request(), and SEAL_ERR_INPUT for an address. */
int seal_request_make(EVP_PKEY *key, const char *common_name,
		      const char *nonce, const char *const *addresses,
		      struct seal_buf *der, struct seal_error *err);

/* Reads one request in DER of at most 16 kB, without trailing bytes, and checks
 * version, key (seal_cert_key_check()), signature algorithm (with SHA-256) and
 * signature. NULL: SEAL_ERR_INPUT, SEAL_ERR_REFUSED, SEAL_ERR_CRYPTO,
 * SEAL_ERR_MEMORY; who begins the reason. X509_REQ_free() frees it. */
X509_REQ *seal_request_decode(const char *who, const unsigned char *der,
			      size_t len, bool rsa, struct seal_error *err);

/* Reads the attributes: one challengePassword, and, where alt_name_r is not
 * NULL, at most one extensionRequest with one subjectAltName in it
 * (*alt_name_r, else NULL; X509_EXTENSION_free() frees it). Anything else is
 * refused. 0 or -1. */
int seal_request_attributes(const char *who, const X509_REQ *request,
			    char nonce_r[SEAL_NONCE_MAX + 1],
			    X509_EXTENSION **alt_name_r,
			    struct seal_error *err);

#endif
