/* SPDX-License-Identifier: MIT */
#ifndef SEAL_PKI_PKCS12_H
#define SEAL_PKI_PKCS12_H

#include <stddef.h>
#include <openssl/evp.h>
#include "pki/chain.h"

struct seal_buf;
struct seal_error;

enum seal_pkcs12_form {
	/* PBES2 with AES-256-CBC and HMAC-SHA-256, MAC HMAC-SHA-256 */
	SEAL_PKCS12_CURRENT,
	/* pbeWithSHAAnd3-KeyTripleDES-CBC, MAC HMAC-SHA-1: for Apple's systems
	 * before they learned better, and for GnuPG 2.2 */
	SEAL_PKCS12_COMPATIBLE
};

/* Appends a PKCS #12 file (RFC 7292) that holds key, its certificate and the
 * chain (issuer, root; may be none), under passphrase, with name as
 * friendlyName of key and certificate. 200,000 iterations for the current form,
 * 10,000 for the compatible one.
 *
 * passphrase: UTF-8 (ASCII is what every program can be told).
 * name: UTF-8, cut after 255 characters; a character beyond U+FFFF becomes
 * U+FFFD, because a BMPString cannot hold it; NULL or "": no friendlyName.
 * 0, or -1: SEAL_ERR_INPUT (a certificate does not parse, key and certificate do
 * not belong together, a text is not UTF-8, empty passphrase), SEAL_ERR_CRYPTO,
 * SEAL_ERR_MEMORY. */
int seal_pkcs12_write(enum seal_pkcs12_form form, EVP_PKEY *key,
		      const struct seal_der_input *certificate,
		      const struct seal_der_input *chain,
		      unsigned int chain_count, const char *name,
		      const char *passphrase, struct seal_buf *out,
		      struct seal_error *err);

/* A passphrase of 80 random bits: four groups of four lower-case letters and
 * digits, of which none is easily taken for another, with hyphens between:
 * "7kfa-x2mu-...". Written to out with its NUL (size at least
 * SEAL_PASSPHRASE_SIZE). 0, or -1 (SEAL_ERR_CRYPTO; SEAL_ERR_LIMIT: size). The
 * caller wipes it. */
#define SEAL_PASSPHRASE_SIZE 32
int seal_passphrase_make(char *out, size_t size, struct seal_error *err);

#endif
