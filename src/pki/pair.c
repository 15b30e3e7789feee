/* SPDX-License-Identifier: MIT */
#include "pki/pair.h"

#include <string.h>
#include <openssl/err.h>
#include "base/error.h"
#include "pki/key-numbers.h"

/* X509_check_private_key() also says no where memory is short, and leaves no
 * trace of why; so the SubjectPublicKeyInfos are compared. */
int seal_pair_check(const char *who, const X509 *cert, EVP_PKEY *key,
		    struct seal_error *err)
{
	unsigned char *a = NULL, *b = NULL;
	int a_len, b_len = 0, ret = 0;
	X509_PUBKEY *info;

	ERR_clear_error();
	info = seal_key_info(key);
	a_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &a);
	if (a_len > 0 && info != NULL)
		b_len = i2d_X509_PUBKEY(info, &b);
	if (a_len <= 0 || b_len <= 0)
		ret = seal_error_crypto(err, "comparing public keys");
	else if (a_len != b_len || memcmp(a, b, (size_t)a_len) != 0)
		ret = seal_error_set(err, SEAL_ERR_INPUT,
				     "%s: it is not for this key", who);
	OPENSSL_free(a);
	OPENSSL_free(b);
	X509_PUBKEY_free(info);
	ERR_clear_error();
	return ret;
}
