/* SPDX-License-Identifier: MIT */
#ifndef SEAL_SERVICE_OPENING_H
#define SEAL_SERVICE_OPENING_H

#include <stddef.h>
#include <time.h>
#include "base/buf.h"
#include "store/profile.h"

struct seal_error;
struct seal_keyring;
struct seal_signing_cache;
struct seal_store;

/* Opens a reply's content key, for the user who has signed in and for nobody else. */

struct seal_opened {
	/* of the sender certificate that was opened with, for the log; "": none */
	char profile[SEAL_PROFILE_ID_LEN + 1];
	struct seal_buf key;
	/* the user's certificates: active and retired profiles; DER, one after the other */
	struct seal_buf signers;
};
#define SEAL_OPENED_INIT { .profile = "" }

#define SEAL_OPENING_TO_MAX 256		/* recipients of one message */

/* recipients: RecipientInfos (RFC 5652 section 6.2), BER or DER, one after the other,
 * as the message has them. to: every recipient of the message, NULL-terminated, in
 * any spelling; compared in the canonical form of message/origin.h, and where that is
 * not found, all in lower case.
 * key_len: 16, 24 or 32.
 *
 * A RecipientInfo is ours if it names a sender certificate: by an issuer
 * "CN=Mail Seal issuer ID" and a serial number of a sender certificate's shape
 * (pki/cert.h), or by the key identifier of a sender certificate for one of to in
 * one of the user's profiles. User certificates of any user are not ours: they
 * are end-to-end.
 *
 * 0: none is ours; or all of to are the user's own, who can read it as it is.
 *
 * 1: opened. Each of to is one whose sender certificate in one of the user's profiles,
 * active or retired, is among the recipients (or an address of the user's own whose
 * user certificate is). opened_r->key has key_len bytes: the content key, or,
 * where the first of to's RecipientInfo did not give one of that length (bad
 * padding, bad key, unknown parameters), random bytes, in the same time: whoever
 * tries learns nothing here (RFC 3218).
 *
 * -1: SEAL_ERR_REFUSED, and the text is a sentence for the user, of less than 400
 * bytes of ASCII in one line: encrypted to a certificate of a deleted profile or of
 * another account; not encrypted to one of to (the text says whom); more than
 * SEAL_OPENING_TO_MAX of to; so many profiles that there would be too much to do;
 * recipients that do not parse while one is ours. Any other code: for the log, and
 * for now; that there is no master key is SEAL_ERR_DAMAGED here. SEAL_ERR_INPUT:
 * key_len.
 *
 * opened_r must be as SEAL_OPENED_INIT and is to be freed in any case. */
int seal_opening_open(struct seal_store *store, struct seal_keyring *keyring,
		      struct seal_signing_cache *cache, time_t now,
		      const char *user, const unsigned char *recipients,
		      size_t recipients_len, const char *const *to,
		      size_t key_len, struct seal_opened *opened_r,
		      struct seal_error *err);

/* Wipes and frees what it holds. */
void seal_opened_free(struct seal_opened *opened);

#endif
