/* SPDX-License-Identifier: MIT */
#include "pki/pkcs12-private.h"

#include <stdbool.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include "base/error.h"

#define BLOCK 64		/* SHA-1's, "v" in RFC 7292 appendix B.2 */
#define HASH_LEN 20

/* Whether a + b + 1, modulo 2^512, begins with a zero byte. */
static bool sum_is_short(const unsigned char *a, const unsigned char *b)
{
	unsigned int sum = 0, carry = 1, i;

	for (i = BLOCK; i-- > 0; carry = sum >> 8)
		sum = (unsigned int)a[i] + b[i] + carry;
	return (sum & 0xff) == 0;
}

static void repeat(unsigned char *to, const unsigned char *from, size_t len)
{
	size_t i;

	for (i = 0; i < BLOCK; i++)
		to[i] = from[i % len];
}

/* Key derivation, step 6 C: the key of 3DES takes one and a bit of the hashes
 * that are made, so there is one sum for salt and one for passphrase. The
 * initialisation vector takes less than one: none. hash: the first one. */
static bool salt_is_good(const unsigned char *salt,
			 const unsigned char *password, size_t password_len,
			 const unsigned char *hash)
{
	unsigned char s[BLOCK], p[BLOCK], b[BLOCK];
	bool good;

	repeat(s, salt, SEAL_PKCS12_SALT_COMPATIBLE);
	repeat(p, password, password_len);
	repeat(b, hash, HASH_LEN);
	good = !sum_is_short(s, b) && !sum_is_short(p, b);
	OPENSSL_cleanse(p, sizeof(p));
	OPENSSL_cleanse(b, sizeof(b));
	return good;
}

int seal_pkcs12_salt_compatible(const char *passphrase, int iterations,
		unsigned char salt_r[SEAL_PKCS12_SALT_COMPATIBLE],
		struct seal_error *err)
{
	unsigned char hash[HASH_LEN], *password = NULL;
	int len = 0, ret = -1;
	bool good = false;

	/* a BMPString with its NUL */
	if (OPENSSL_utf82uni(passphrase, -1, &password, &len) == NULL)
		return seal_error_crypto(err, "reading a passphrase");
	while (!good) {
		if (RAND_bytes(salt_r, SEAL_PKCS12_SALT_COMPATIBLE) != 1 ||
		    PKCS12_key_gen_utf8(passphrase, -1, salt_r,
					SEAL_PKCS12_SALT_COMPATIBLE,
					PKCS12_KEY_ID, iterations, HASH_LEN,
					hash, EVP_sha1()) != 1) {
			(void)seal_error_crypto(err, "choosing a salt");
			goto out;
		}
		/* GnuPG 2.2 reads no longer passphrase at all */
		good = len > BLOCK ||
			salt_is_good(salt_r, password, (size_t)len, hash);
	}
	ret = 0;
out:
	OPENSSL_cleanse(hash, sizeof(hash));
	OPENSSL_clear_free(password, (size_t)len);
	return ret;
}
