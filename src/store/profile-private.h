/* SPDX-License-Identifier: MIT */
#ifndef SEAL_STORE_PROFILE_PRIVATE_H
#define SEAL_STORE_PROFILE_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

struct seal_error;
struct seal_profile;
struct seal_profile_ceremony;
struct seal_user_record;

/* What profile.c, profile-ceremony.c (the record in memory), profile-asn1.c and
 * profile-decode.c (the record in DER) share. */

#define SEAL_CERTIFICATE_MAX 65536	/* bytes of DER, as pki/recipient.h */

/* Whether it is UTF-8 (RFC 3629: shortest forms, no surrogates) without control
 * characters (C0, DEL, C1); a NUL byte is one. */
bool seal_profile_is_text(const char *text, size_t len);

/* Whether it has the form of a profile's id. */
bool seal_profile_is_id(const char *id, size_t len);

/* Whether it has the form of a ceremony's nonce. */
bool seal_profile_is_nonce(const char *nonce, size_t len);

/* Copies an address behind the count addresses that are there. 0, or -1 as
 * seal_profile_start_ceremony(). */
int seal_profile_add_address(struct seal_profile_ceremony *ceremony,
			     unsigned int count, const char *address,
			     size_t len, struct seal_error *err);

/* The place for one more profile, zeroed and not yet counted, or NULL: out of
 * memory. The caller has checked SEAL_PROFILES_MAX. */
struct seal_profile *seal_user_record_grow(struct seal_user_record *record);

/* Frees what one profile holds. */
void seal_profile_clear(struct seal_profile *profile);

#endif
