/* SPDX-License-Identifier: MIT */

/* Changes to profiles that are there: state and options. */

#include "service/profiles.h"

#include <stdio.h>
#include <string.h>
#include "base/error.h"
#include "service/profiles-private.h"
#include "store/store.h"

struct edit {
	const char *id;		/* NULL: the active one */
	time_t now;
	/* what "set" is to do */
	const char *const *names;
	const char *const *values;
	unsigned int count;
	bool kill_switch;
};

static int not_found(const struct seal_user_record *record, const char *id,
		     struct seal_error *err)
{
	const struct seal_profile *profile;
	char list[SEAL_PROFILES_MAX * (SEAL_PROFILE_ID_LEN + 12)];
	size_t len = 0;
	unsigned int i;

	list[0] = '\0';
	for (i = 0; i < record->profile_count; i++) {
		profile = &record->profiles[i];
		len += (size_t)snprintf(list + len, sizeof(list) - len,
					"%s%s (%s)", i == 0 ? "" : ", ",
					profile->id,
					seal_profile_state_name(profile->state));
	}
	/* the list last: a long one is cut */
	return seal_error_set(err, SEAL_ERR_NOTFOUND,
		"%.200s has no profile %.40s; there %s%s", record->user, id,
		i == 0 ? "is none" : i == 1 ? "is " : "are ", list);
}

int seal_profiles_find(const struct seal_user_record *record, const char *id,
		       struct seal_profile **profile_r, struct seal_error *err)
{
	*profile_r = seal_user_record_find(record, id);
	return *profile_r == NULL ? not_found(record, id, err) : 0;
}

static void set_state(struct seal_profile *profile,
		      enum seal_profile_state state, time_t now)
{
	profile->state = state;
	profile->changed = now;
}

static int update(struct seal_store *store, const char *user,
		  int (*change)(struct seal_user_record *record,
				void *context, struct seal_error *err),
		  struct edit *edit, struct seal_error *err)
{
	return seal_store_update(store, user, change, edit, err) < 0 ? -1 : 0;
}

int seal_profiles_make_active(struct seal_user_record *record,
			      struct seal_profile *profile, time_t now,
			      struct seal_error *err)
{
	struct seal_profile *active;
	struct seal_error reason;
	int ret;

	if (profile->state == SEAL_PROFILE_ACTIVE)
		return 0;
	if (profile->state == SEAL_PROFILE_PENDING)
		return seal_error_set(err, SEAL_ERR_REFUSED, "profile %s is "
			"pending: it has no certificate before its ceremony "
			"ends", profile->id);
	ret = seal_profiles_usable(profile, now, &reason);
	if (ret <= 0)
		return seal_error_set(err, reason.code, "profile %s cannot "
			"receive mail: %s", profile->id, reason.text);
	active = seal_user_record_active(record);
	if (active != NULL)
		set_state(active, SEAL_PROFILE_RETIRED, now);
	set_state(profile, SEAL_PROFILE_ACTIVE, now);
	/* it is not waited for any more */
	seal_profile_end_proof(profile);
	return 1;
}

static int activate(struct seal_user_record *record, void *context,
		    struct seal_error *err)
{
	const struct edit *edit = context;
	struct seal_profile *profile;

	if (seal_profiles_find(record, edit->id, &profile, err) < 0)
		return -1;
	return seal_profiles_make_active(record, profile, edit->now, err);
}

int seal_profiles_activate(struct seal_store *store, const char *user,
			   const char *id, time_t now, struct seal_error *err)
{
	struct edit edit = { .id = id, .now = now };

	return update(store, user, activate, &edit, err);
}

static int deactivate(struct seal_user_record *record, void *context,
		      struct seal_error *err)
{
	const struct edit *edit = context;
	struct seal_profile *profile;

	if (edit->id == NULL) {
		profile = seal_user_record_active(record);
		if (profile == NULL)
			return seal_error_set(err, SEAL_ERR_REFUSED,
				"%.200s has no active profile", record->user);
	} else if (seal_profiles_find(record, edit->id, &profile, err) < 0) {
		return -1;
	}
	if (profile->state != SEAL_PROFILE_ACTIVE)
		return seal_error_set(err, SEAL_ERR_REFUSED, "profile %s is "
			"%s: only an active one can be deactivated",
			profile->id, seal_profile_state_name(profile->state));
	set_state(profile, SEAL_PROFILE_RETIRED, edit->now);
	return 1;
}

int seal_profiles_deactivate(struct seal_store *store, const char *user,
			     const char *id, time_t now,
			     struct seal_error *err)
{
	struct edit edit = { .id = id, .now = now };

	return update(store, user, deactivate, &edit, err);
}

int seal_profiles_remove(struct seal_user_record *record,
			 struct seal_profile *profile, struct seal_error *err)
{
	if (profile->state == SEAL_PROFILE_ACTIVE)
		return seal_error_set(err, SEAL_ERR_REFUSED, "profile %s is "
			"active: deactivate it, or activate another one, "
			"before you delete it", profile->id);
	seal_user_record_remove(record, profile);
	return 1;
}

static int delete(struct seal_user_record *record, void *context,
		  struct seal_error *err)
{
	const struct edit *edit = context;
	struct seal_profile *profile;

	if (seal_profiles_find(record, edit->id, &profile, err) < 0)
		return -1;
	return seal_profiles_remove(record, profile, err);
}

int seal_profiles_delete(struct seal_store *store, const char *user,
			 const char *id, struct seal_error *err)
{
	struct edit edit = { .id = id };

	return update(store, user, delete, &edit, err);
}

static int bad_value(const char *name, const char *value, const char *values,
		     struct seal_error *err)
{
	return seal_error_set(err, SEAL_ERR_INPUT,
			      "%s cannot be %.60s: it may be %s", name, value,
			      values);
}

static int set_cipher(struct seal_profile *profile, const char *value,
		      struct seal_error *err)
{
	enum seal_cipher cipher = seal_cipher_find(value);

	if (cipher == SEAL_CIPHER_NONE && strcmp(value, "default") != 0)
		return bad_value("cipher", value, "default, aes256-cbc, "
				 "aes128-cbc, aes256-gcm or aes128-gcm", err);
	profile->cipher = cipher;
	return 0;
}

static int set_sign(struct seal_profile *profile, const char *value,
		    struct seal_error *err)
{
	int sign = seal_profile_sign_find(value);

	if (sign < 0)
		return bad_value("sign", value,
				 "default, no, verified or always", err);
	profile->sign = (enum seal_profile_sign)sign;
	return 0;
}

static int set_key_transport(struct seal_profile *profile, const char *value,
			     struct seal_error *err)
{
	bool oaep = strcmp(value, "oaep") == 0;

	if (!oaep && strcmp(value, "pkcs1") != 0)
		return bad_value("key_transport", value, "pkcs1 or oaep", err);
	profile->oaep = oaep;
	return 0;
}

static const struct {
	const char *name;
	int (*set)(struct seal_profile *profile, const char *value,
		   struct seal_error *err);
} options[] = {
	{ "cipher", set_cipher },
	{ "sign", set_sign },
	{ "label", seal_profile_set_label },
	{ "key_transport", set_key_transport }
};

int seal_profiles_set_option(struct seal_profile *profile, const char *name,
			     const char *value, struct seal_error *err)
{
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (strcmp(options[i].name, name) == 0)
			return options[i].set(profile, value, err);
	}
	return seal_error_set(err, SEAL_ERR_INPUT, "there is no option %.60s: "
		"there are cipher, sign, label, key_transport and sender_key",
		name);
}

static int set(struct seal_user_record *record, void *context,
	       struct seal_error *err)
{
	const struct edit *edit = context;
	struct seal_profile *profile;
	unsigned int i;

	if (seal_profiles_find(record, edit->id, &profile, err) < 0)
		return -1;
	/* a refusal half way leaves the stored record as it was */
	for (i = 0; i < edit->count; i++) {
		if (seal_profiles_set_option(profile, edit->names[i],
					     edit->values[i], err) < 0)
			return -1;
	}
	return edit->count > 0 ? 1 : 0;
}

int seal_profiles_set(struct seal_store *store, const char *user,
		      const char *id, const char *const *names,
		      const char *const *values, unsigned int count,
		      struct seal_error *err)
{
	struct edit edit = {
		.id = id, .names = names, .values = values, .count = count
	};

	return update(store, user, set, &edit, err);
}

static int kill_switch(struct seal_user_record *record, void *context,
		       struct seal_error *err)
{
	const struct edit *edit = context;

	(void)err;
	if (record->kill_switch == edit->kill_switch)
		return 0;
	record->kill_switch = edit->kill_switch;
	return 1;
}

int seal_profiles_set_kill_switch(struct seal_store *store, const char *user,
				  bool on, struct seal_error *err)
{
	struct edit edit = { .kill_switch = on };

	return update(store, user, kill_switch, &edit, err);
}
