/* SPDX-License-Identifier: MIT */
#ifndef SEAL_SERVICE_SIGNING_H
#define SEAL_SERVICE_SIGNING_H

#include <stddef.h>
#include <time.h>

struct seal_error;

/* What signing remembers: issuer keys of the profiles that sign most, and the keys
 * and certificates of who they hear from most. SECRETS: they are in memory only, are
 * wiped when they go, and go when they are an hour old, asked for or not. The store
 * and the keyring are asked for each signature, and what is remembered counts only
 * where both still hold the very same bytes, and the keyring has the master key
 * that they are sealed under. Not to be used across fork. */
struct seal_signing_cache;

#define SEAL_SIGNING_ISSUERS_MAX 64
#define SEAL_SIGNING_SENDERS_MAX 256
#define SEAL_SIGNING_SECONDS (60 * 60)

/* NULL: SEAL_ERR_MEMORY. */
struct seal_signing_cache *seal_signing_cache_new(struct seal_error *err);
/* Accepts NULL, leaves NULL. */
void seal_signing_cache_free(struct seal_signing_cache **cache);
/* Forgets a user's, everything, and what is too old at time now (to be called every
 * few minutes). */
void seal_signing_cache_drop(struct seal_signing_cache *cache,
			     const char *user);
void seal_signing_cache_clear(struct seal_signing_cache *cache);
void seal_signing_cache_expire(struct seal_signing_cache *cache, time_t now);
/* How many it remembers. */
size_t seal_signing_cache_issuers(const struct seal_signing_cache *cache);
size_t seal_signing_cache_senders(const struct seal_signing_cache *cache);

#endif
