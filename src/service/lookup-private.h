/* SPDX-License-Identifier: MIT */
#ifndef SEAL_SERVICE_LOOKUP_PRIVATE_H
#define SEAL_SERVICE_LOOKUP_PRIVATE_H

/* For lookup*.c only. */

#include <stdbool.h>
#include <stddef.h>
#include "base/buf.h"
#include "store/profile.h"

struct seal_error;
struct seal_lookup_cache;
struct seal_recipient;
struct seal_store;

/* What an answer is made of, and what does not depend on when it is given: the
 * user's record with the active profile's certificates read. */
struct seal_target {
	bool fresh;			/* read, and not in the cache as it is */
	struct seal_buf record;		/* as it is stored */
	bool kill_switch;
	/* of the active profile, where there is one */
	bool active;
	char profile[SEAL_PROFILE_ID_LEN + 1];
	enum seal_cipher cipher;
	enum seal_profile_sign sign;
	bool issued, oaep;
	struct seal_recipient *recipients[SEAL_CERTIFICATES_MAX];
	unsigned int recipient_count;
	/* as struct seal_lookup; made when they are first asked for */
	bool has_names;
	struct seal_buf names;
};

/* The profile's certificate number i. NULL as seal_lookup_user(). */
struct seal_recipient *
seal_target_parse(const struct seal_profile *profile, unsigned int i,
		  struct seal_error *err);
/* Fills what is the active profile's. target: all zero. 0, or -1 as
 * seal_lookup_user(); seal_target_clear() is due in any case. */
int seal_target_read(struct seal_target *target,
		     const struct seal_profile *profile,
		     struct seal_error *err);
/* Frees what it holds: all zero again. */
void seal_target_clear(struct seal_target *target);

/* The user's target, read anew unless it is remembered and still right; with names
 * where asked for. cache may be NULL. 1: *target_r is filled, until
 * seal_target_done() or the next get. 0: the store has no record; -1 as
 * seal_lookup_user(); *target_r is NULL. */
int seal_target_get(struct seal_store *store, struct seal_lookup_cache *cache,
		    const char *user, bool want_names,
		    struct seal_target **target_r, struct seal_error *err);
/* Remembers it as it is now, or frees it where there is no cache. Accepts NULL,
 * leaves NULL. */
void seal_target_done(struct seal_lookup_cache *cache, const char *user,
		      struct seal_target **target);

#endif
