/* SPDX-License-Identifier: MIT */
#ifndef SEAL_SERVICE_CEREMONY_PRIVATE_H
#define SEAL_SERVICE_CEREMONY_PRIVATE_H

/* For ceremony*.c only. */

#include <stdbool.h>
#include <stddef.h>
#include <time.h>
#include <openssl/evp.h>
#include "store/keyring.h"
#include "store/profile.h"

struct seal_error;

/* Whether a pending profile is past its time. */
bool seal_ceremony_is_late(const struct seal_profile *profile, time_t now);

/* An addr-spec that stands in a certificate and in a header field as it is: 0,
 * or -1 (SEAL_ERR_INPUT). */
int seal_ceremony_check_address(const char *address, struct seal_error *err);

/* The secrets of an issued profile (as SEAL_SECRETS_INIT, to be freed in any
 * case). sealed_r: empty, becomes the bytes that they are stored in; may be NULL.
 * 0, or -1: as seal_keyring_get(); SEAL_ERR_DAMAGED: there are none;
 * SEAL_ERR_REFUSED: keyring is NULL. */
int seal_ceremony_secrets(struct seal_keyring *keyring, const char *user,
			  const char *id, struct seal_buf *sealed_r,
			  struct seal_secrets *secrets_r,
			  struct seal_error *err);

/* One of the keys among them. NULL: SEAL_ERR_DAMAGED, SEAL_ERR_CRYPTO,
 * SEAL_ERR_MEMORY. */
EVP_PKEY *seal_ceremony_key(const char *id, const struct seal_buf *der,
			    struct seal_error *err);

/* Appends the message that tells a code (RFC 5322, not sealed). 0 or -1
 * (SEAL_ERR_CRYPTO, SEAL_ERR_MEMORY). */
int seal_ceremony_write_mail(const char *from, const char *to,
			     const char *profile_id, const char *code,
			     time_t now, struct seal_buf *out,
			     struct seal_error *err);

#endif
