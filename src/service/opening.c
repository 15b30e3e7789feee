/* SPDX-License-Identifier: MIT */
#include "service/opening.h"

#include <stdio.h>
#include <string.h>
#include "base/error.h"
#include "pki/received.h"
#include "service/opening-private.h"

/* of an address that stands in a sentence, so that it fits into an SMTP reply */
#define SHOWN_MAX 150

/*
 * What the user is told: one line of ASCII, that is true
 */

static int refuse_foreign(const struct seal_opening *opening,
			  struct seal_error *err)
{
	return seal_error_set(err, SEAL_ERR_REFUSED,
		"This reply is encrypted to a certificate of profile %s, which "
		"is not one of yours any more (deleted), or belongs to another "
		"account. Delete the correspondent's certificate in your mail "
		"program, wait for a new mail of theirs, and answer that.",
		opening->foreign_id);
}

static int refuse_recipient(const char *to, struct seal_error *err)
{
	char shown[SHOWN_MAX + 1];
	size_t i;

	snprintf(shown, sizeof(shown), "%s", to);
	for (i = 0; shown[i] != '\0'; i++) {
		if (shown[i] < ' ' || shown[i] > '~')
			shown[i] = '?';
	}
	return seal_error_set(err, SEAL_ERR_REFUSED,
		"This mail is encrypted to certificates that this server made, "
		"but to none that it made for %s. Send it to that address "
		"apart, or switch encryption off for this mail.", shown);
}

static int refuse_count(struct seal_error *err)
{
	return seal_error_set(err, SEAL_ERR_REFUSED,
		"This mail is encrypted, and has more than %d recipients: it is "
		"opened for so many at most. Send it to fewer at a time.",
		SEAL_OPENING_TO_MAX);
}

static int refuse_broken(struct seal_error *err)
{
	return seal_error_set(err, SEAL_ERR_REFUSED,
		"The list of whom this mail is encrypted to cannot be read as a "
		"whole: it is damaged, or too long, or written in a way that is "
		"not known here.");
}

/*
 * Judging
 */

/* How many of to were found, and what was. */
struct found {
	unsigned int count;		/* sender certificates */
	struct seal_opening_match first;
	const char *missing;		/* the first without any; NULL: none */
};

static int find_one(struct seal_opening *opening, const char *to,
		    struct found *found, struct seal_error *err)
{
	struct seal_opening_match match;
	int ret = seal_opening_find(opening, to, &match, err);

	if (ret > 0 && found->count++ == 0)
		found->first = match;
	if (ret == 0)
		ret = seal_opening_is_own(opening, to, err);
	if (ret == 0 && found->missing == NULL)
		found->missing = to;
	return ret < 0 ? -1 : 0;
}

static int find_all(struct seal_opening *opening, const char *const *to,
		    struct found *found, struct seal_error *err)
{
	unsigned int i;

	for (i = 0; to[i] != NULL && i < SEAL_OPENING_TO_MAX; i++) {
		if (find_one(opening, to[i], found, err) < 0)
			return -1;
		/* else what is named by a key identifier may not be ours */
		if (found->missing != NULL && opening->senders)
			break;
	}
	return 0;
}

static bool is_too_long(const char *const *to)
{
	unsigned int i;

	for (i = 0; to[i] != NULL; i++) {
		if (i == SEAL_OPENING_TO_MAX)
			return true;
	}
	return false;
}

/* Of a message that is ours. 1: to be opened by found->first. 0, -1: as
 * seal_opening_open(). */
static int judge_found(const struct seal_opening *opening,
		       const struct found *found, struct seal_error *err)
{
	if (found->missing == NULL)
		return found->count > 0;
	return opening->foreign ? refuse_foreign(opening, err) :
		refuse_recipient(found->missing, err);
}

/* As judge_found(). */
static int judge(struct seal_opening *opening, const char *const *to,
		 struct found *found, struct seal_error *err)
{
	if (!opening->senders && opening->profile_count == 0)
		return 0;
	if (opening->profile_count == 0)
		return refuse_foreign(opening, err);
	if (!opening->senders) {
		if (find_all(opening, to, found, err) < 0)
			return -1;
		if (found->count == 0)
			return 0;
	}
	if (is_too_long(to))
		return refuse_count(err);
	if (!seal_received_is_whole(opening->received))
		return refuse_broken(err);
	if (opening->senders && find_all(opening, to, found, err) < 0)
		return -1;
	return judge_found(opening, found, err);
}

/*
 * Opening
 */

static int put_signers(const struct seal_user_record *record,
		       struct seal_buf *out, struct seal_error *err)
{
	const struct seal_profile *profile;
	unsigned int i, j;

	for (i = 0; i < record->profile_count; i++) {
		profile = &record->profiles[i];
		if (profile->state != SEAL_PROFILE_ACTIVE &&
		    profile->state != SEAL_PROFILE_RETIRED)
			continue;
		for (j = 0; j < profile->certificate_count; j++) {
			if (seal_buf_append(out, profile->certificates[j].data,
					    profile->certificates[j].len,
					    err) < 0)
				return -1;
		}
	}
	return 0;
}

static int give(struct seal_opening *opening,
		const struct seal_opening_match *match, size_t key_len,
		struct seal_opened *opened, struct seal_error *err)
{
	const struct seal_profile *profile =
		opening->profiles[match->profile].profile;

	memcpy(opened->profile, profile->id, sizeof(opened->profile));
	return put_signers(opening->record, &opened->signers, err) < 0 ||
		seal_opening_key(opening, match, key_len, &opened->key,
				 err) < 0 ? -1 : 1;
}

int seal_opening_open(struct seal_store *store, struct seal_keyring *keyring,
		      struct seal_signing_cache *cache, time_t now,
		      const char *user, const unsigned char *recipients,
		      size_t recipients_len, const char *const *to,
		      size_t key_len, struct seal_opened *opened_r,
		      struct seal_error *err)
{
	struct seal_opening opening = { .who = {
		.store = store, .keyring = keyring, .cache = cache, .now = now,
		.user = user
	} };
	struct found found = { .count = 0 };
	int ret;

	if (key_len != 16 && key_len != 24 && key_len != 32)
		return seal_error_set(err, SEAL_ERR_INPUT, "a content key has "
			"16, 24 or 32 bytes, not %zu", key_len);
	ret = seal_opening_begin(&opening, recipients, recipients_len, err);
	if (ret == 0)
		ret = judge(&opening, to, &found, err);
	if (ret > 0)
		ret = give(&opening, &found.first, key_len, opened_r, err);
	seal_opening_end(&opening);
	return ret;
}

void seal_opened_free(struct seal_opened *opened)
{
	seal_buf_free(&opened->key);
	seal_buf_free(&opened->signers);
	opened->profile[0] = '\0';
}
