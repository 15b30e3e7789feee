/* SPDX-License-Identifier: MIT */
#ifndef SEAL_SERVICE_LOOKUP_H
#define SEAL_SERVICE_LOOKUP_H

#include <stdbool.h>
#include <time.h>
#include "base/buf.h"
#include "base/cipher.h"
#include "store/profile.h"

struct seal_error;
struct seal_store;

/* What one delivery needs to know of its owner. */
struct seal_lookup {
	bool kill_switch;		/* set for the answers 1 and 0 */
	/* the rest for the answer 1 only */
	char profile[SEAL_PROFILE_ID_LEN + 1];
	enum seal_cipher cipher;	/* the profile's own, else the default */
	/* DEFAULT: the server's setting decides; without meaning where the
	   profile was not issued: then nothing signs */
	enum seal_profile_sign sign;
	bool issued;
	bool expired;			/* all of them are past their date */
	struct seal_buf key;		/* a fresh content key */
	struct seal_buf recipients;	/* it, as seal_envelope_new() wants it */
	/* seal_recipient_names() of all certificates of the user's active and
	   retired profiles; only where asked for */
	struct seal_buf names;
};

#define SEAL_LOOKUP_INIT { .kill_switch = false }

/* What was found of the users whose mail comes most: their records as they were
 * stored, and the recipients made of them. The store is asked each time, and what
 * is remembered counts only where it still holds the very same bytes; dates are
 * judged each time. Nothing in it is secret. Not to be used across fork. */
struct seal_lookup_cache;

/* In bytes: some 5,000 users with one RSA-2048 certificate */
#define SEAL_LOOKUP_CACHE_SIZE (30 * 1024 * 1024)

/* size: about how many bytes it may grow to. NULL: SEAL_ERR_MEMORY. */
struct seal_lookup_cache *
seal_lookup_cache_new(size_t size, struct seal_error *err);
/* Accepts NULL, leaves NULL. */
void seal_lookup_cache_free(struct seal_lookup_cache **cache);
/* Forgets a user, all users. Answers never depend on it. */
void seal_lookup_cache_drop(struct seal_lookup_cache *cache, const char *user);
void seal_lookup_cache_clear(struct seal_lookup_cache *cache);
/* How many users it remembers. */
size_t seal_lookup_cache_count(const struct seal_lookup_cache *cache);

/* Answers for user at time now. cache: may be NULL. Certificates of the active profile that may not
 * receive mail are left out (one device's expired certificate does not stop the
 * others); where all that could ever receive have expired, the answer is made
 * for the expired ones and says so: the caller's policy decides.
 * 1: lookup_r is filled. 0: the user never activated a profile, or turned
 * sealing off. -1: failed, which never means "no": as seal_store_get();
 * SEAL_ERR_REFUSED: no certificate is usable, for another reason than age (not
 * yet valid, unfit: the text names the first one's reason); SEAL_ERR_DAMAGED: a
 * certificate does not parse; SEAL_ERR_INPUT: default_cipher is none, and the
 * profile has none of its own; SEAL_ERR_CRYPTO.
 * lookup_r must be as SEAL_LOOKUP_INIT and is to be freed in any case. */
int seal_lookup_user(struct seal_store *store, struct seal_lookup_cache *cache,
		     const char *user, enum seal_cipher default_cipher,
		     bool want_names, time_t now, struct seal_lookup *lookup_r,
		     struct seal_error *err);

/* The same for one profile that is at hand, whatever its state, without names
 * and kill switch. 0 (answered), or -1 as above. */
int seal_lookup_profile(const struct seal_profile *profile,
			enum seal_cipher default_cipher, time_t now,
			struct seal_lookup *lookup_r, struct seal_error *err);

/* Wipes and frees what it holds. */
void seal_lookup_free(struct seal_lookup *lookup);

#endif
