/* SPDX-License-Identifier: MIT */
#ifndef SEAL_PKI_KEY_H
#define SEAL_PKI_KEY_H

#include <stddef.h>
#include <openssl/evp.h>

struct seal_buf;
struct seal_error;

enum seal_key_kind {
	SEAL_KEY_P256,
	SEAL_KEY_RSA2048,
	SEAL_KEY_RSA3072,
	SEAL_KEY_RSA4096
};

/* "p256", "rsa2048", "rsa3072", "rsa4096"; NULL for an unknown number. The twin
 * gives -1 where the word is unknown. */
const char *seal_key_kind_name(enum seal_key_kind kind);
int seal_key_kind_find(const char *name);

/* A new key pair, to be freed with EVP_PKEY_free() (which wipes it). NULL:
 * SEAL_ERR_CRYPTO, SEAL_ERR_MEMORY. */
EVP_PKEY *seal_key_generate(enum seal_key_kind kind, struct seal_error *err);

/* The private key as PrivateKeyInfo in DER (RFC 5958), appended to out; and
 * back (exactly one, without trailing bytes). 0 or -1; the key or NULL:
 * SEAL_ERR_INPUT (does not parse), SEAL_ERR_CRYPTO, SEAL_ERR_MEMORY. */
int seal_key_encode(const EVP_PKEY *key, struct seal_buf *out,
		    struct seal_error *err);
EVP_PKEY *seal_key_decode(const unsigned char *der, size_t len,
			  struct seal_error *err);

/* A P-256 key that follows from secret and label, always the same: HKDF-SHA256
 * (RFC 5869; salt "mail-seal sender key", info = label) gives 48 bytes, taken
 * modulo n - 1, plus 1 (FIPS 186-5 section A.2.1). NULL: SEAL_ERR_CRYPTO,
 * SEAL_ERR_MEMORY. */
EVP_PKEY *seal_key_derive(const unsigned char *secret, size_t secret_len,
			  const char *label, struct seal_error *err);

#endif
