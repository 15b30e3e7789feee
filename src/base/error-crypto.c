/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <openssl/err.h>

/* Apart from error.c, which is also in processes without libcrypto. */
int seal_error_crypto(struct seal_error *err, const char *what)
{
	unsigned long last = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(last);

	ERR_clear_error();
	if (ERR_GET_REASON(last) == ERR_R_MALLOC_FAILURE)
		return seal_error_memory(err);
	return seal_error_set(err, SEAL_ERR_CRYPTO, "%s: %s", what,
			      reason != NULL ? reason : "libcrypto failed");
}
