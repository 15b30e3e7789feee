/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <openssl/err.h>

/* Apart from error.c, which is also in processes without libcrypto. */

bool seal_error_crypto_memory(void)
{
	unsigned long code;
	bool memory = false;

	while ((code = ERR_get_error()) != 0) {
		if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
			memory = true;
	}
	return memory;
}

int seal_error_crypto(struct seal_error *err, const char *what)
{
	unsigned long last = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(last);

	if (seal_error_crypto_memory())
		return seal_error_memory(err);
	return seal_error_set(err, SEAL_ERR_CRYPTO, "%s: %s", what,
			      reason != NULL ? reason : "libcrypto failed");
}
