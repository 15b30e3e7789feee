/* SPDX-License-Identifier: MIT */
#include "pki/pair.h"

#include <string.h>
#include <openssl/err.h>
#include "base/error.h"

/* X509_check_private_key() also says no where memory is short, and leaves no
 * trace of why; so the SubjectPublicKeyInfos are compared. */
int seal_pair_check(const char *who, const X509 *cert, const EVP_PKEY *key,
		    struct seal_error *err)
{
	unsigned char *a = NULL, *b = NULL;
	int a_len, b_len = 0, ret = 0;

	ERR_clear_error();
	a_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &a);
	if (a_len > 0)
		b_len = i2d_PUBKEY(key, &b);
	if (a_len <= 0 || b_len <= 0)
		ret = seal_error_crypto(err, "comparing public keys");
	else if (a_len != b_len || memcmp(a, b, (size_t)a_len) != 0)
		ret = seal_error_set(err, SEAL_ERR_INPUT,
				     "%s: it is not for this key", who);
	OPENSSL_free(a);
	OPENSSL_free(b);
	ERR_clear_error();
	return ret;
}
