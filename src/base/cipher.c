/* SPDX-License-Identifier: MIT */
#include "base/cipher.h"

#include <string.h>

static const struct {
	const char *name;
	size_t key_length;
	bool gcm;
} ciphers[] = {
	[SEAL_CIPHER_NONE] = { NULL, 0, false },
	[SEAL_CIPHER_AES256_CBC] = { "aes256-cbc", 32, false },
	[SEAL_CIPHER_AES128_CBC] = { "aes128-cbc", 16, false },
	[SEAL_CIPHER_AES256_GCM] = { "aes256-gcm", 32, true },
	[SEAL_CIPHER_AES128_GCM] = { "aes128-gcm", 16, true }
};

#define CIPHER_COUNT (sizeof(ciphers) / sizeof(ciphers[0]))

static unsigned int cipher_index(enum seal_cipher cipher)
{
	/* a number read from a record may be any */
	return (unsigned int)cipher < CIPHER_COUNT ? (unsigned int)cipher :
		(unsigned int)SEAL_CIPHER_NONE;
}

const char *seal_cipher_name(enum seal_cipher cipher)
{
	return ciphers[cipher_index(cipher)].name;
}

enum seal_cipher seal_cipher_find(const char *name)
{
	unsigned int i;

	for (i = 1; i < CIPHER_COUNT; i++) {
		if (strcmp(ciphers[i].name, name) == 0)
			return (enum seal_cipher)i;
	}
	return SEAL_CIPHER_NONE;
}

size_t seal_cipher_key_length(enum seal_cipher cipher)
{
	return ciphers[cipher_index(cipher)].key_length;
}

bool seal_cipher_is_gcm(enum seal_cipher cipher)
{
	return ciphers[cipher_index(cipher)].gcm;
}
