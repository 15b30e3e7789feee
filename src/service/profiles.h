/* SPDX-License-Identifier: MIT */
#ifndef SEAL_SERVICE_PROFILES_H
#define SEAL_SERVICE_PROFILES_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>
#include "store/profile.h"

struct seal_error;
struct seal_store;

/* What an administrator does to profiles. Each change is one transaction: it is
 * done and on disk, or refused with nothing changed.
 * Where it is not said otherwise, these return 0, or -1: SEAL_ERR_NOTFOUND (no
 * such profile; the text says which the user has), SEAL_ERR_REFUSED (not in this
 * state; the text says what to do), and what seal_store_update() gives. */

/* Stores the certificates of a PEM file as a new profile in state READY.
 * Refused: what seal_recipient_split_pem() refuses; a certificate that may not
 * receive mail at time now (the text says which one, counting from 1, and why);
 * the same certificate twice in the file; and a file whose certificates are
 * exactly those of a profile the user already has.
 * label NULL: none. id_r receives the new profile's id. */
int seal_profiles_import(struct seal_store *store, const char *user,
			 const char *pem, size_t pem_len, const char *label,
			 time_t now, char id_r[SEAL_PROFILE_ID_LEN + 1],
			 struct seal_error *err);

/* READY or RETIRED becomes ACTIVE, and the one that was active RETIRED. Refused
 * where no certificate may receive mail at time now, and where it is PENDING.
 * Activating the active profile changes nothing and is no error. */
int seal_profiles_activate(struct seal_store *store, const char *user,
			   const char *id, time_t now, struct seal_error *err);

/* ACTIVE becomes RETIRED: new mail is no longer sealed. id NULL: the active
 * one. Refused where it is not active. */
int seal_profiles_deactivate(struct seal_store *store, const char *user,
			     const char *id, time_t now, struct seal_error *err);

/* Removes the profile. Refused while it is active. */
int seal_profiles_delete(struct seal_store *store, const char *user,
			 const char *id, struct seal_error *err);

/* Changes options, all or none. names and values have count entries. cipher:
 * a cipher's name or "default"; sign: default, no, verified, always; label;
 * key_transport: pkcs1 or oaep. An unknown name or value: SEAL_ERR_INPUT. */
int seal_profiles_set(struct seal_store *store, const char *user,
		      const char *id, const char *const *names,
		      const char *const *values, unsigned int count,
		      struct seal_error *err);

/* Sets the user's kill switch. */
int seal_profiles_set_kill_switch(struct seal_store *store, const char *user,
				  bool on, struct seal_error *err);

/* Appends the profile's certificates as PEM (RFC 7468) to pem; of an issued one
 * the issuer's and the root too. 0, or -1 (SEAL_ERR_MEMORY). */
int seal_profiles_export(const struct seal_profile *profile,
			 struct seal_buf *pem, struct seal_error *err);

/* May the profile's certificates receive mail at time now? 1: at least one.
 * 0: none; err (SEAL_ERR_REFUSED) says why of the first one, or that there is no
 * certificate. -1: SEAL_ERR_DAMAGED (a certificate does not parse),
 * SEAL_ERR_MEMORY, SEAL_ERR_CRYPTO. */
int seal_profiles_usable(const struct seal_profile *profile, time_t now,
			 struct seal_error *err);

/* Judges one record as `doveadm seal store check` does: every certificate
 * parses, an active profile has a usable certificate at time now.
 * 1: sound. 0: it has a problem, err says which profile and what
 * (SEAL_ERR_MEMORY: not known). Never -1. */
int seal_profiles_check(const struct seal_user_record *record, time_t now,
			struct seal_error *err);

#endif
