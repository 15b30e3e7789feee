/* SPDX-License-Identifier: MIT */
#ifndef SEAL_SERVICE_PROFILES_PRIVATE_H
#define SEAL_SERVICE_PROFILES_PRIVATE_H

#include <time.h>

struct seal_error;
struct seal_profile;
struct seal_user_record;

/* The changes of profiles-edit.c inside somebody's transaction. */

/* 0, or -1 (SEAL_ERR_NOTFOUND; the text says which the user has). */
int seal_profiles_find(const struct seal_user_record *record, const char *id,
		       struct seal_profile **profile_r, struct seal_error *err);

/* As seal_profiles_activate(). 1: done, 0: it was active, -1. */
int seal_profiles_make_active(struct seal_user_record *record,
			      struct seal_profile *profile, time_t now,
			      struct seal_error *err);

/* As seal_profiles_delete(). 1 or -1. */
int seal_profiles_remove(struct seal_user_record *record,
			 struct seal_profile *profile, struct seal_error *err);

/* Sets one of the options of seal_profiles_set(). 0 or -1. */
int seal_profiles_set_option(struct seal_profile *profile, const char *name,
			     const char *value, struct seal_error *err);

#endif
