/* SPDX-License-Identifier: MIT */
#include "service/opening-private.h"

#include <string.h>
#include "base/error.h"
#include "pki/received.h"
#include "pki/sender.h"

int seal_opening_not_now(struct seal_error *err)
{
	if (err->code == SEAL_ERR_REFUSED || err->code == SEAL_ERR_NOTFOUND ||
	    err->code == SEAL_ERR_INPUT)
		err->code = SEAL_ERR_DAMAGED;
	return -1;
}

/*
 * Addresses
 */

bool seal_opening_canonical(const char *to,
			    char address_r[SEAL_FROM_ADDRESS_MAX + 1])
{
	unsigned char value[2 * SEAL_FROM_ADDRESS_MAX];
	size_t len = strlen(to);
	const char *reason;

	if (len > sizeof(value))
		return false;
	memcpy(value, to, len);
	return seal_from_read(value, len, address_r, &reason) > 0;
}

/* Clients find a certificate whatever the case of its address. Returns whether that
 * is another one. */
static bool lower(char address[SEAL_FROM_ADDRESS_MAX + 1])
{
	bool changed = false;

	for (; *address != '\0'; address++) {
		if (*address >= 'A' && *address <= 'Z') {
			*address = (char)(*address - 'A' + 'a');
			changed = true;
		}
	}
	return changed;
}

/*
 * Sender certificates
 */

/* What makes them, with the profile's kind of key (0), or with the other, which it may
 * have had when a correspondent's certificate was made (1). 1; 0: it has none; -1 */
static int get_issuer(struct seal_opening *opening, unsigned int p,
		      unsigned int k, struct seal_signing_issuer **issuer_r,
		      struct seal_error *err)
{
	struct seal_opening_profile *place = &opening->profiles[p];
	const struct seal_profile *profile = place->profile;
	enum seal_profile_sender_key key = profile->sender_key;

	if (!place->keys[k].tried) {
		if (k > 0)
			key = key == SEAL_PROFILE_SENDER_RSA ?
				SEAL_PROFILE_SENDER_P256 :
				SEAL_PROFILE_SENDER_RSA;
		if (k == 0 && profile->state == SEAL_PROFILE_ACTIVE) {
			place->keys[k].issuer = seal_signing_active(
				&opening->who, profile->id,
				&place->keys[k].own, err);
			if (place->keys[k].issuer == NULL)
				return seal_opening_not_now(err);
		} else {
			if (seal_signing_read(&opening->who, profile, key,
					      &place->keys[k].own, err) < 0)
				return seal_opening_not_now(err);
			place->keys[k].issuer = place->keys[k].own;
		}
		place->keys[k].tried = true;
	}
	*issuer_r = place->keys[k].issuer;
	return *issuer_r != NULL;
}

/* As get_issuer(). *own_r: as seal_signing_sender(). */
static int get_sender(struct seal_opening *opening,
		      const struct seal_opening_match *match,
		      struct seal_sender **sender_r, struct seal_sender **own_r,
		      struct seal_error *err)
{
	const struct seal_signing_who *who = &opening->who;
	struct seal_signing_issuer *issuer = NULL;
	int ret;

	*own_r = NULL;
	ret = get_issuer(opening, match->profile, match->key, &issuer, err);
	if (ret <= 0)
		return ret;
	*sender_r = seal_signing_sender(issuer, who->user, match->address,
					match->replies, who->now, own_r, err);
	return *sender_r == NULL ? seal_opening_not_now(err) : 1;
}

/* An RSA key is the same for all senders of a profile. */
static bool has_shared_key(const struct seal_opening *opening,
			   const struct seal_opening_match *match)
{
	const struct seal_opening_profile *place =
		&opening->profiles[match->profile];

	return (place->profile->sender_key == SEAL_PROFILE_SENDER_RSA) ==
		(match->key == 0);
}

/* The recipient that names say, or count. Of a shared key's identifier there has to be
 * one for each address. */
static size_t take_named(struct seal_opening *opening,
			 const struct seal_buf *names, bool shared)
{
	const struct seal_received *received = opening->received;
	size_t i, count = seal_received_count(received);

	for (i = seal_received_find(received, 0, names); i < count;
	     i = seal_received_find(received, i + 1, names)) {
		if (!shared || !opening->marks[i].taken ||
		    seal_received_kind(received, i) == SEAL_RECEIVED_SENDER)
			break;
	}
	if (i < count)
		opening->marks[i].taken = true;
	return i;
}

/* Whether the match's is among the recipients, and where. 1, 0, -1 */
static int try_one(struct seal_opening *opening,
		   struct seal_opening_match *match, struct seal_error *err)
{
	struct seal_buf names = SEAL_BUF_INIT;
	struct seal_sender *sender, *own;
	int ret;

	ret = get_sender(opening, match, &sender, &own, err);
	if (ret > 0) {
		opening->made++;
		if (seal_sender_names(sender, &names, err) < 0)
			ret = -1;
		else
			match->recipient = take_named(opening, &names,
					has_shared_key(opening, match));
	}
	if (ret > 0 && match->recipient == seal_received_count(opening->received))
		ret = 0;
	seal_sender_free(&own);
	seal_buf_free(&names);
	return ret;
}

/* Those that may encrypt first; but there are clients that encrypt to the others. */
static int try_address(struct seal_opening *opening,
		       struct seal_opening_match *match, struct seal_error *err)
{
	unsigned int i, count = opening->profile_count * 4;
	int ret = 0;

	for (i = 0; ret == 0 && i < count; i++) {
		if (opening->made >= SEAL_OPENING_MADE_MAX)
			return seal_error_set(err, SEAL_ERR_REFUSED,
				"This mail is encrypted to certificates of "
				"several profiles, and goes to too many "
				"recipients to be opened for all of them at "
				"once. Send it to fewer at a time.");
		match->profile = i / 4;
		match->key = i % 4 / 2;
		match->replies = i % 2 == 0;
		ret = try_one(opening, match, err);
	}
	return ret;
}

int seal_opening_find(struct seal_opening *opening, const char *to,
		      struct seal_opening_match *match_r,
		      struct seal_error *err)
{
	int ret;

	if (!seal_opening_canonical(to, match_r->address))
		return 0;
	ret = try_address(opening, match_r, err);
	if (ret == 0 && lower(match_r->address))
		ret = try_address(opening, match_r, err);
	return ret;
}

int seal_opening_key(struct seal_opening *opening,
		     const struct seal_opening_match *match, size_t key_len,
		     struct seal_buf *key, struct seal_error *err)
{
	struct seal_sender *sender, *own;
	int ret;

	ret = get_sender(opening, match, &sender, &own, err);
	if (ret == 0)
		ret = seal_error_set(err, SEAL_ERR_DAMAGED, "the sender key has "
				     "gone since it was looked for");
	if (ret > 0)
		ret = seal_sender_open(sender, opening->received,
				       match->recipient, key_len, key, err);
	seal_sender_free(&own);
	return ret;
}
