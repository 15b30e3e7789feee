/* SPDX-License-Identifier: MIT */
#ifndef SEAL_BASE_ERROR_H
#define SEAL_BASE_ERROR_H

#include <stdbool.h>

/* What went wrong: a code for machines, a text for people.
 *
 * The core fills one of these and logs nothing. The text names what is wrong
 * and, where there is one, the RFC section. It is meant for the
 * administrator: it may hold a user name or a certificate's subject, and never
 * key material, message text or a passphrase. */

enum seal_error_code {
	SEAL_ERR_NONE = 0,
	SEAL_ERR_MEMORY,	/* an allocation failed */
	SEAL_ERR_INPUT,		/* what was handed in is malformed */
	SEAL_ERR_REFUSED,	/* well-formed, not allowed (state, usage, age) */
	SEAL_ERR_NOTFOUND,	/* no such user or profile */
	SEAL_ERR_LIMIT,		/* larger or more than a documented limit */
	SEAL_ERR_CRYPTO,	/* libcrypto failed */
	SEAL_ERR_DAMAGED,	/* a stored record does not decode */
	SEAL_ERR_FULL,		/* the disk or the map is full; reading goes on */
	SEAL_ERR_IO		/* the operating system or LMDB failed */
};

struct seal_error {
	enum seal_error_code code;
	char text[512];
};

/* Sets code and text. Returns -1 always, so that a caller can write
 * "return seal_error_set(err, ...)". Long texts are cut. err may not be NULL. */
int seal_error_set(struct seal_error *err, enum seal_error_code code,
		   const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* "out of memory". Returns -1 always. */
int seal_error_memory(struct seal_error *err);

/* SEAL_ERR_CRYPTO (SEAL_ERR_MEMORY where libcrypto says so): "what" and
 * libcrypto's own reason. Empties libcrypto's error queue: errors left there
 * make Dovecot's TLS code drop unrelated connections. Returns -1 always. */
int seal_error_crypto(struct seal_error *err, const char *what);

/* Empties libcrypto's error queue. Returns whether one of the errors was that of
 * a failed allocation: with OpenSSL 3.0 it is the last one, later it has others
 * before and after it. */
bool seal_error_crypto_memory(void);

/* The code as a fixed word for logs and for the protocol: "none", "memory",
 * "input", "refused", "not-found", "limit", "crypto", "damaged", "full", "io". */
const char *seal_error_code_name(enum seal_error_code code);

#endif
