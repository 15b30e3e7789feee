/* SPDX-License-Identifier: MIT */
#ifndef SEALD_PROFILE_FIELDS_H
#define SEALD_PROFILE_FIELDS_H

#include <time.h>

struct seal_error;
struct seal_profile;
struct seald_answer;

/* How profiles and certificates are told to the administrator. */

/* Adds user id kind state label cipher sign key_transport sender_key created
 * not_before not_after usable; the dates are those of the certificate that lasts
 * longest. */
void seald_profile_fields(struct seald_answer *answer, const char *user,
			  const struct seal_profile *profile, time_t now);
/* The same fields for a record that does not decode: state is "damaged". */
void seald_profile_fields_damaged(struct seald_answer *answer, const char *user,
				  const struct seal_error *problem);
/* Adds certificate (a number from 1) subject issuer serial addresses key
 * fingerprint not_before not_after usable. */
void seald_certificate_fields(struct seald_answer *answer,
			      const struct seal_profile *profile,
			      unsigned int idx, time_t now);

#endif
