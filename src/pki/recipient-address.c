/* SPDX-License-Identifier: MIT */
#include "pki/recipient.h"

#include <stdbool.h>
#include <strings.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "base/error.h"
#include "pki/recipient-private.h"

static bool has_address(const STACK_OF(OPENSSL_STRING) *list,
			const char *address)
{
	int i;

	for (i = 0; i < sk_OPENSSL_STRING_num(list); i++) {
		if (strcasecmp(sk_OPENSSL_STRING_value(list, i), address) == 0)
			return true;
	}
	return false;
}

int seal_recipient_is_for(const struct seal_recipient *recipient,
			  const char *address, struct seal_error *err)
{
	const unsigned char *p = recipient->der.data;
	STACK_OF(OPENSSL_STRING) *list = NULL;
	X509 *cert;
	int ret;

	ERR_clear_error();
	cert = d2i_X509(NULL, &p, (long)recipient->der.len);
	if (cert != NULL)
		list = X509_get1_email(cert);
	ret = list != NULL && has_address(list, address);
	if (ret == 0 && seal_error_crypto_memory())
		ret = seal_error_memory(err);
	X509_email_free(list);
	X509_free(cert);
	ERR_clear_error();
	return ret;
}
