/* SPDX-License-Identifier: MIT */
#include "pki/pkcs12.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include "base/error.h"

#define GROUPS 4
#define GROUP_LEN 4
#define COUNT (GROUPS * GROUP_LEN)

_Static_assert(COUNT + GROUPS <= SEAL_PASSPHRASE_SIZE, "it fits");
_Static_assert(COUNT * 5 >= 80, "80 bits");

/* 32 of them, so that five random bits choose one, each as likely as the
 * others; without l, o, 0 and 1. One case, which a telephone's keyboard stays
 * in. */
static const char alphabet[] = "23456789abcdefghijkmnpqrstuvwxyz";

_Static_assert(sizeof(alphabet) == 32 + 1, "five bits");

int seal_passphrase_make(char *out, size_t size, struct seal_error *err)
{
	unsigned char random[COUNT];
	unsigned int i;

	if (size < SEAL_PASSPHRASE_SIZE)
		return seal_error_set(err, SEAL_ERR_LIMIT,
				      "no room for a passphrase");
	if (RAND_priv_bytes(random, sizeof(random)) != 1)
		return seal_error_crypto(err, "making a passphrase");
	for (i = 0; i < COUNT; i++) {
		if (i > 0 && i % GROUP_LEN == 0)
			*out++ = '-';
		*out++ = alphabet[random[i] & 31];
	}
	*out = '\0';
	OPENSSL_cleanse(random, sizeof(random));
	return 0;
}
