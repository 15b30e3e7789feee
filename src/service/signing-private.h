/* SPDX-License-Identifier: MIT */
#ifndef SEAL_SERVICE_SIGNING_PRIVATE_H
#define SEAL_SERVICE_SIGNING_PRIVATE_H

/* For ceremony-sign.c, opening*.c and signing*.c only. */

#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include "base/buf.h"
#include "store/profile.h"

struct seal_error;
struct seal_keyring;
struct seal_sender;
struct seal_sender_issuer;
struct seal_signing_cache;
struct seal_store;

/* A profile that signs. */
struct seal_signing_issuer {
	char profile[SEAL_PROFILE_ID_LEN + 1];
	struct seal_buf record;		/* the user's, as it is stored */
	struct seal_buf sealed;		/* the secrets, as they are stored */
	struct seal_sender_issuer *issuer;
	/* while it is remembered: */
	struct seal_signing_cache *cache;	/* NULL: it is not */
	uint64_t number;		/* never another one's */
	time_t made;
};

struct seal_signing_issuer *
seal_signing_issuer_new(struct seal_error *err);
/* Wipes and frees; accepts NULL, leaves NULL. */
void seal_signing_issuer_free(struct seal_signing_issuer **issuer);

/* The user's, where one of that profile is remembered, and is not too old; else
 * NULL. cache may be NULL. */
struct seal_signing_issuer *
seal_signing_recall(struct seal_signing_cache *cache, const char *user,
		    const char *profile, time_t now);
/* Remembers it, in place of another of the user's, if there is a cache and memory
 * for it: then *issuer is the cache's, and NULL; else it stays. Returns it. */
struct seal_signing_issuer *
seal_signing_remember(struct seal_signing_cache *cache, const char *user,
		      struct seal_signing_issuer **issuer, time_t now);

/* The sender of that issuer, remembered or made. *own_r: it, where it was made and
 * is not remembered, and then the caller's; else NULL. NULL: as seal_sender_new(). */
struct seal_sender *
seal_signing_sender(struct seal_signing_issuer *issuer, const char *user,
		    const char *address, bool replies, time_t now,
		    struct seal_sender **own_r, struct seal_error *err);

/*
 * signing-issuer.c
 */

/* Whose profiles, and where they are. */
struct seal_signing_who {
	struct seal_store *store;
	struct seal_keyring *keyring;		/* NULL: could not be opened */
	struct seal_signing_cache *cache;	/* may be NULL */
	time_t now;
	const char *user;
};

/* The user's active profile, which has to be the issued one of that id: remembered, if
 * it is still the same, or made. *own_r: it, where it is the caller's to free; else
 * NULL. NULL: as seal_ceremony_sign(). */
struct seal_signing_issuer *
seal_signing_active(const struct seal_signing_who *who, const char *id,
		    struct seal_signing_issuer **own_r, struct seal_error *err);

/* Whether a profile of that id is remembered to have signed, with the secrets that are
 * stored for it now and open. */
bool seal_signing_has_signed(const struct seal_signing_who *who,
			     const char *id);

/* An issued profile in whatever state, with sender keys of that kind, which need not
 * be the profile's now. Never remembered. 1: *issuer_r is the caller's. 0: it has no
 * such key. -1: as seal_ceremony_sign(). */
int seal_signing_read(const struct seal_signing_who *who,
		      const struct seal_profile *profile,
		      enum seal_profile_sender_key key,
		      struct seal_signing_issuer **issuer_r,
		      struct seal_error *err);

#endif
