/* SPDX-License-Identifier: MIT */
#ifndef SEAL_SERVICE_OPENING_PRIVATE_H
#define SEAL_SERVICE_OPENING_PRIVATE_H

/* For opening*.c only: which of a message's recipients are sender certificates of the
 * user's. They are not stored anywhere: they are made again, from what a recipient's
 * address says, and compared. */

#include <stdbool.h>
#include <stddef.h>
#include "message/from.h"
#include "service/signing-private.h"
#include "store/profile.h"

struct seal_error;
struct seal_received;

/* One that is active or retired, and was issued. */
struct seal_opening_profile {
	const struct seal_profile *profile;
	struct {
		bool tried;
		struct seal_signing_issuer *issuer;	/* NULL: no such key */
		struct seal_signing_issuer *own;	/* it, where not the cache's */
	} keys[2];	/* the kind of sender keys that it has now, and the other */
};

struct seal_opening {
	struct seal_signing_who who;
	struct seal_user_record *record;	/* NULL: there is none */
	struct seal_received *received;
	/* for each recipient: */
	struct seal_opening_mark {
		bool own;	/* a certificate of the user's own */
		bool taken;	/* stands for one address already */
	} *marks;
	bool key_ids;	/* some others are named by a key identifier */
	bool senders;	/* some are named as sender certificates */
	bool foreign;	/* some of these are of no profile of the user's */
	char foreign_id[SEAL_PROFILE_ID_LEN + 1];	/* whose */
	/* whose sender certificates may be among the recipients */
	struct seal_opening_profile profiles[SEAL_PROFILES_MAX];
	unsigned int profile_count;
	unsigned int made;		/* sender certificates so far */
};

/* How many sender certificates are made for one message. */
#define SEAL_OPENING_MADE_MAX 2048

/* A recipient that is a sender certificate. */
struct seal_opening_match {
	size_t recipient;		/* its number */
	unsigned int profile, key;	/* places in the above */
	bool replies;
	char address[SEAL_FROM_ADDRESS_MAX + 1];
};

/*
 * opening-begin.c
 */

/* Fills the rest of opening, from who on. 0, or -1: as seal_opening_open(), but never
 * SEAL_ERR_REFUSED. To be freed in any case. */
int seal_opening_begin(struct seal_opening *opening,
		       const unsigned char *recipients, size_t recipients_len,
		       struct seal_error *err);
void seal_opening_end(struct seal_opening *opening);

/* Is it the user's own address, and a certificate of theirs for it among them? 1, 0, or
 * -1 as begin. */
int seal_opening_is_own(const struct seal_opening *opening, const char *to,
			struct seal_error *err);

/*
 * opening-find.c
 */

/* A lost master key is for the administrator, and for a while; it is no refusal that the
 * user could do anything about: makes err say so. Returns -1. */
int seal_opening_not_now(struct seal_error *err);

/* The canonical form of message/origin.h. Returns whether it has one: else nobody
 * can have a sender certificate for it. */
bool seal_opening_canonical(const char *to,
			    char address_r[SEAL_FROM_ADDRESS_MAX + 1]);

/* Is a sender certificate for this address, in whatever spelling, among them? 1; 0; -1:
 * SEAL_ERR_REFUSED (SEAL_OPENING_MADE_MAX), and as begin. */
int seal_opening_find(struct seal_opening *opening, const char *to,
		      struct seal_opening_match *match_r,
		      struct seal_error *err);

/* Appends the match's content key, as seal_sender_open(). 0, or -1 as begin. */
int seal_opening_key(struct seal_opening *opening,
		     const struct seal_opening_match *match, size_t key_len,
		     struct seal_buf *key, struct seal_error *err);

#endif
