/* SPDX-License-Identifier: MIT */
#ifndef SEAL_BASE_CIPHER_H
#define SEAL_BASE_CIPHER_H

#include <stdbool.h>
#include <stddef.h>

/* The content ciphers we write. The names are those of the setting
 * mail_seal_cipher and of the X-Mail-Seal mark; the numbers are stored in
 * profile records and never change. */
enum seal_cipher {
	SEAL_CIPHER_NONE = 0,		/* "not chosen" in a profile */
	SEAL_CIPHER_AES256_CBC = 1,	/* EnvelopedData (RFC 5652 section 6) */
	SEAL_CIPHER_AES128_CBC = 2,
	SEAL_CIPHER_AES256_GCM = 3,	/* AuthEnvelopedData (RFC 5083, 5084) */
	SEAL_CIPHER_AES128_GCM = 4
};

#define SEAL_CIPHER_KEY_MAX 32

/* "aes256-cbc" and so on; NULL for SEAL_CIPHER_NONE and unknown numbers. */
const char *seal_cipher_name(enum seal_cipher cipher);

/* The cipher of that name, SEAL_CIPHER_NONE where there is none. */
enum seal_cipher seal_cipher_find(const char *name);

/* The content key's length in bytes: 32 or 16; 0 for SEAL_CIPHER_NONE. */
size_t seal_cipher_key_length(enum seal_cipher cipher);

/* Whether the envelope is an AuthEnvelopedData. */
bool seal_cipher_is_gcm(enum seal_cipher cipher);

#endif
