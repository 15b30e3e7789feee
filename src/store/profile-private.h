/* SPDX-License-Identifier: MIT */
#ifndef SEAL_STORE_PROFILE_PRIVATE_H
#define SEAL_STORE_PROFILE_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

struct seal_profile;
struct seal_user_record;

/* What profile.c (the record in memory) and profile-asn1.c (the record in DER)
 * share. */

#define SEAL_CERTIFICATE_MAX 65536	/* bytes of DER, as pki/recipient.h */

/* Whether it is UTF-8 (RFC 3629: shortest forms, no surrogates) without control
 * characters (C0, DEL, C1); a NUL byte is one. */
bool seal_profile_is_text(const char *text, size_t len);

/* Whether it has the form of a profile's id. */
bool seal_profile_is_id(const char *id, size_t len);

/* The place for one more profile, zeroed and not yet counted, or NULL: out of
 * memory. The caller has checked SEAL_PROFILES_MAX. */
struct seal_profile *seal_user_record_grow(struct seal_user_record *record);

/* Frees what one profile holds. */
void seal_profile_clear(struct seal_profile *profile);

#endif
