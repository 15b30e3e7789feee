/* SPDX-License-Identifier: MIT */
#ifndef SEAL_PKI_AGREE_H
#define SEAL_PKI_AGREE_H

/* For src/pki only: ECDH as CMS has it (RFC 5753), for both ends. Unless it says
 * otherwise, 1, or 0 where libcrypto failed (its queue says how). */

#include <stddef.h>
#include <openssl/evp.h>

struct seal_buf;
struct seal_error;

#define SEAL_AGREE_SECRET_MAX 66	/* the x coordinate of P-521 */
#define SEAL_AGREE_KEY_MAX 32
#define SEAL_AGREE_WRAP_EXTRA 8		/* RFC 3394: one half-block more */

/* The ECDH secret. That peer is a point of own's curve is not checked again. */
int seal_agree_secret(EVP_PKEY *own, EVP_PKEY *peer,
		      unsigned char secret_r[SEAL_AGREE_SECRET_MAX],
		      size_t *len_r);

/* Appends ECC-CMS-SharedInfo (RFC 5753 section 7.2). wrap: AlgorithmIdentifier of
 * the key wrap, in DER. ukm NULL: none. 0, or -1 (SEAL_ERR_MEMORY). */
int seal_agree_info(const unsigned char *wrap, size_t wrap_len,
		    const unsigned char *ukm, size_t ukm_len, size_t key_len,
		    struct seal_buf *info, struct seal_error *err);

/* The key encryption key of key_len bytes, by X9.63's KDF (SEC 1 section 3.6.1) with
 * that digest. */
int seal_agree_key(const EVP_MD *digest, const unsigned char *secret,
		   size_t secret_len, const struct seal_buf *info,
		   unsigned char *key_r, size_t key_len);

/* AES key wrap (RFC 3394) with a key of 16, 24 or 32 bytes: writes
 * SEAL_AGREE_WRAP_EXTRA bytes more than len; and back, so many less. 1; 0: it does not
 * unwrap; -1: libcrypto failed. */
int seal_agree_wrap(const unsigned char *key, size_t key_len,
		    const unsigned char *data, size_t len,
		    unsigned char *wrapped_r);
int seal_agree_unwrap(const unsigned char *key, size_t key_len,
		      const unsigned char *wrapped, size_t len,
		      unsigned char *data_r);

#endif
