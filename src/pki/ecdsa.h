/* SPDX-License-Identifier: MIT */
#ifndef SEAL_PKI_ECDSA_H
#define SEAL_PKI_ECDSA_H

#include <openssl/evp.h>

struct seal_buf;
struct seal_error;

#define SEAL_ECDSA_DIGEST_LEN 32	/* SHA-256 */

/* Signs a SHA-256 digest with a P-256 key so that the same key and digest
 * always give the same signature: ECDSA whose nonce follows from both (RFC 6979
 * section 3.2, with HMAC-SHA-256). For sender certificates, which have to be the
 * same bytes whenever they are made; libcrypto does that from version 3.2 on.
 * Appends an ECDSA-Sig-Value in DER (RFC 3279 section 2.2.3), which was verified
 * before. 0, or -1: SEAL_ERR_INPUT (not a P-256 private key), SEAL_ERR_CRYPTO,
 * SEAL_ERR_MEMORY. */
int seal_ecdsa_sign(EVP_PKEY *key,
		    const unsigned char digest[SEAL_ECDSA_DIGEST_LEN],
		    struct seal_buf *signature, struct seal_error *err);

#endif
