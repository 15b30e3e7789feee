/* SPDX-License-Identifier: MIT */
#include "service/opening-private.h"

#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "pki/received.h"
#include "pki/recipient.h"
#include "store/store.h"

/*
 * The user's own certificates
 */

/* Calls each() for every certificate of the user's until it returns anything but 0,
 * which is returned. */
static int each_own(const struct seal_opening *opening,
		    int (*each)(const struct seal_opening *opening,
				const struct seal_recipient *own,
				const void *context, struct seal_error *err),
		    const void *context, struct seal_error *err)
{
	const struct seal_user_record *record = opening->record;
	const struct seal_profile *profile;
	struct seal_recipient *own;
	unsigned int i, j;
	int ret = 0;

	for (i = 0; ret == 0 && i < record->profile_count; i++) {
		profile = &record->profiles[i];
		for (j = 0; ret == 0 && j < profile->certificate_count; j++) {
			own = seal_recipient_new(profile->certificates[j].data,
						 profile->certificates[j].len,
						 err);
			ret = own == NULL ? seal_opening_not_now(err) :
				each(opening, own, context, err);
			seal_recipient_free(&own);
		}
	}
	return ret;
}

/* Whether one is among the recipients, of which those are marked. 1, 0, -1 */
static int mark(const struct seal_opening *opening,
		const struct seal_recipient *own, struct seal_error *err)
{
	struct seal_buf names = SEAL_BUF_INIT;
	size_t i, count = seal_received_count(opening->received);
	int ret = seal_recipient_names(own, &names, err);

	for (i = 0; ret >= 0 && i < count; i++) {
		if (seal_received_is(opening->received, i, &names)) {
			opening->marks[i].own = true;
			ret = 1;
		}
	}
	seal_buf_free(&names);
	return ret;
}

static int mark_own(const struct seal_opening *opening,
		    const struct seal_recipient *own, const void *context,
		    struct seal_error *err)
{
	(void)context;
	return mark(opening, own, err) < 0 ? -1 : 0;
}

static int is_for(const struct seal_opening *opening,
		  const struct seal_recipient *own, const void *address,
		  struct seal_error *err)
{
	int ret = seal_recipient_is_for(own, address, err);

	return ret <= 0 ? ret : mark(opening, own, err);
}

int seal_opening_is_own(const struct seal_opening *opening, const char *to,
			struct seal_error *err)
{
	char address[SEAL_FROM_ADDRESS_MAX + 1];

	return opening->record == NULL || !seal_opening_canonical(to, address) ? 0 :
		each_own(opening, is_for, address, err);
}

/*
 * Beginning
 */

/* The user's, if it is or was active, and was issued. */
static const struct seal_profile *
find_profile(const struct seal_user_record *record, const char *id)
{
	const struct seal_profile *profile =
		record == NULL ? NULL : seal_user_record_find(record, id);

	return profile != NULL && profile->kind == SEAL_PROFILE_ISSUED &&
		(profile->state == SEAL_PROFILE_ACTIVE ||
		 profile->state == SEAL_PROFILE_RETIRED) ? profile : NULL;
}

static void take_profile(struct seal_opening *opening,
			 const struct seal_profile *profile)
{
	unsigned int i;

	for (i = 0; i < opening->profile_count; i++) {
		if (opening->profiles[i].profile == profile)
			return;
	}
	opening->profiles[opening->profile_count++].profile = profile;
}

static void take_recipient(struct seal_opening *opening, size_t i)
{
	const struct seal_profile *profile;
	const char *id;

	switch (seal_received_kind(opening->received, i)) {
	case SEAL_RECEIVED_SENDER:
		id = seal_received_profile(opening->received, i);
		opening->senders = true;
		profile = find_profile(opening->record, id);
		if (profile != NULL) {
			take_profile(opening, profile);
		} else {
			opening->foreign = true;
			memcpy(opening->foreign_id, id, SEAL_PROFILE_ID_LEN + 1);
		}
		break;
	case SEAL_RECEIVED_KEY_ID:
		opening->key_ids = true;
		break;
	case SEAL_RECEIVED_OTHER:
		break;
	}
}

/* A key identifier may be of any profile. */
static void take_all_profiles(struct seal_opening *opening)
{
	const struct seal_user_record *record = opening->record;
	const struct seal_profile *profile;
	unsigned int i;

	for (i = 0; i < record->profile_count; i++) {
		profile = find_profile(record, record->profiles[i].id);
		if (profile != NULL)
			take_profile(opening, profile);
	}
}

/* Whether any could be a sender certificate. */
static bool may_be_ours(const struct seal_received *received)
{
	size_t i, count = seal_received_count(received);

	for (i = 0; i < count; i++) {
		if (seal_received_kind(received, i) != SEAL_RECEIVED_OTHER)
			return true;
	}
	return false;
}

static int take_recipients(struct seal_opening *opening, struct seal_error *err)
{
	size_t i, count = seal_received_count(opening->received);

	opening->marks = calloc(count, sizeof(*opening->marks));
	if (opening->marks == NULL)
		return seal_error_memory(err);
	if (opening->record != NULL &&
	    each_own(opening, mark_own, NULL, err) < 0)
		return -1;
	for (i = 0; i < count; i++) {
		if (!opening->marks[i].own)
			take_recipient(opening, i);
	}
	if (opening->key_ids && opening->record != NULL)
		take_all_profiles(opening);
	return 0;
}

int seal_opening_begin(struct seal_opening *opening,
		       const unsigned char *recipients, size_t recipients_len,
		       struct seal_error *err)
{
	const struct seal_signing_who *who = &opening->who;

	opening->received = seal_received_read(recipients, recipients_len, err);
	if (opening->received == NULL)
		return -1;
	if (!may_be_ours(opening->received))
		return 0;
	return seal_store_get(who->store, who->user, &opening->record,
			      err) < 0 ? -1 : take_recipients(opening, err);
}

void seal_opening_end(struct seal_opening *opening)
{
	unsigned int i, j;

	for (i = 0; i < opening->profile_count; i++) {
		for (j = 0; j < 2; j++)
			seal_signing_issuer_free(
				&opening->profiles[i].keys[j].own);
	}
	seal_received_free(&opening->received);
	seal_user_record_free(&opening->record);
	free(opening->marks);
	opening->marks = NULL;
}
