/* SPDX-License-Identifier: MIT */

/* What lookups remember. */

#include "service/lookup.h"

#include <stdlib.h>
#include <string.h>
#include "base/cache.h"
#include "base/error.h"
#include "pki/recipient.h"
#include "service/lookup-private.h"
#include "store/store.h"

struct seal_lookup_cache {
	struct seal_cache *targets;	/* by user name */
};

static void target_free(void *value)
{
	struct seal_target *target = value;

	seal_target_clear(target);
	free(target);
}

struct seal_lookup_cache *
seal_lookup_cache_new(size_t size, struct seal_error *err)
{
	struct seal_lookup_cache *cache = calloc(1, sizeof(*cache));

	if (cache == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	cache->targets = seal_cache_new(size, target_free, err);
	if (cache->targets == NULL)
		seal_lookup_cache_free(&cache);
	return cache;
}

void seal_lookup_cache_free(struct seal_lookup_cache **cache)
{
	if (*cache == NULL)
		return;
	seal_cache_free(&(*cache)->targets);
	free(*cache);
	*cache = NULL;
}

void seal_lookup_cache_drop(struct seal_lookup_cache *cache, const char *user)
{
	seal_cache_drop(cache->targets, user, strlen(user));
}

void seal_lookup_cache_clear(struct seal_lookup_cache *cache)
{
	seal_cache_clear(cache->targets);
}

size_t seal_lookup_cache_count(const struct seal_lookup_cache *cache)
{
	return seal_cache_count(cache->targets);
}

static size_t size_of(const struct seal_target *target)
{
	size_t size = sizeof(*target) + target->record.size +
		target->names.size;
	unsigned int i;

	for (i = 0; i < target->recipient_count; i++)
		size += seal_recipient_size(target->recipients[i]);
	return size;
}

/* Reads what is stored now. */
static int take_record(struct seal_target *target,
		       const struct seal_user_record *record,
		       struct seal_error *err)
{
	const struct seal_profile *profile = seal_user_record_active(record);
	struct seal_buf der = target->record;

	target->record = (struct seal_buf)SEAL_BUF_INIT;
	seal_target_clear(target);
	target->fresh = true;
	target->record = der;
	target->kill_switch = record->kill_switch;
	return profile == NULL ? 0 : seal_target_read(target, profile, err);
}

static int name_profile(const struct seal_profile *profile,
			struct seal_buf *names, struct seal_error *err)
{
	struct seal_recipient *recipient;
	unsigned int i;
	int ret = 0;

	for (i = 0; ret == 0 && i < profile->certificate_count; i++) {
		recipient = seal_target_parse(profile, i, err);
		if (recipient == NULL)
			return -1;
		ret = seal_recipient_names(recipient, names, err);
		seal_recipient_free(&recipient);
	}
	return ret;
}

static int name_all(const struct seal_user_record *record,
		    struct seal_buf *names, struct seal_error *err)
{
	const struct seal_profile *profile;
	unsigned int i;
	int ret = 0;

	for (i = 0; ret == 0 && i < record->profile_count; i++) {
		profile = &record->profiles[i];
		if (profile->state == SEAL_PROFILE_ACTIVE ||
		    profile->state == SEAL_PROFILE_RETIRED)
			ret = name_profile(profile, names, err);
	}
	return ret;
}

/* Adds the names to a target that was made without. */
static int take_names(struct seal_target *target, struct seal_error *err)
{
	struct seal_user_record *record;
	int ret;

	record = seal_user_record_decode(target->record.data,
					 target->record.len, err);
	if (record == NULL)
		return -1;
	seal_buf_clear(&target->names);
	ret = name_all(record, &target->names, err);
	seal_user_record_free(&record);
	target->has_names = ret == 0;
	target->fresh = true;
	return ret;
}

static int refresh(struct seal_store *store, const char *user, bool want_names,
		   struct seal_target *target, struct seal_error *err)
{
	struct seal_user_record *record;
	int ret;

	ret = seal_store_get_changed(store, user, &target->record, &record,
				     err);
	if (record != NULL && take_record(target, record, err) < 0)
		ret = -1;
	seal_user_record_free(&record);
	if (ret > 0 && want_names && target->active && !target->has_names &&
	    take_names(target, err) < 0)
		ret = -1;
	return ret;
}

int seal_target_get(struct seal_store *store, struct seal_lookup_cache *cache,
		    const char *user, bool want_names,
		    struct seal_target **target_r, struct seal_error *err)
{
	struct seal_target *target = NULL, *known = NULL;
	int ret;

	*target_r = NULL;
	if (cache != NULL)
		known = seal_cache_get(cache->targets, user, strlen(user));
	target = known != NULL ? known : calloc(1, sizeof(*target));
	if (target == NULL)
		return seal_error_memory(err);
	ret = refresh(store, user, want_names, target, err);
	if (ret > 0)
		*target_r = target;
	else if (known != NULL)
		seal_lookup_cache_drop(cache, user);
	else
		target_free(target);
	return ret;
}

void seal_target_done(struct seal_lookup_cache *cache, const char *user,
		      struct seal_target **_target)
{
	struct seal_target *target = *_target;
	struct seal_error ignored;

	*_target = NULL;
	if (target == NULL || !target->fresh)
		return;
	target->fresh = false;
	/* without room for it the answer was as good */
	if (cache == NULL ||
	    seal_cache_put(cache->targets, user, strlen(user), target,
			   size_of(target), &ignored) <= 0)
		target_free(target);
}
