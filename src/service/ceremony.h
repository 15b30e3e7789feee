/* SPDX-License-Identifier: MIT */
#ifndef SEAL_SERVICE_CEREMONY_H
#define SEAL_SERVICE_CEREMONY_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>
#include "base/buf.h"
#include "store/profile.h"

struct seal_error;
struct seal_keyring;
struct seal_signing_cache;
struct seal_store;

/* The server's half of the ceremony, and signing in a correspondent's name.
 *
 * Where it is not said otherwise, these return 0, or -1 with err filled: what
 * service/profiles.h says of all, what the keyring says; SEAL_ERR_DAMAGED (an
 * issued profile without secrets), SEAL_ERR_CRYPTO. Each is done and on disk,
 * or refused with nothing changed. Secrets are stored before the profile that
 * needs them, and removed after it. What is appended to a buffer is appended
 * when all is done.
 * keyring NULL: it could not be opened; what needs it is SEAL_ERR_REFUSED. */

#define SEAL_PENDING_MAX 3			/* per user */
#define SEAL_PENDING_SECONDS (24 * 60 * 60)	/* then it is past its time */
#define SEAL_CODE_TRIES 5
#define SEAL_CODE_SECONDS (24 * 60 * 60)
#define SEAL_CODE_SIZE 16			/* "ABCD-EFGH-JK" and a NUL */
#define SEAL_ADDRESSES_MAX SEAL_PROFILE_ADDRESSES_MAX

/* Step 1. A new PENDING profile with an issuer key and a sender secret. Appends
 * the issuer's request (pki/issuer.h) as PEM to request_r.
 * addresses: the user's own, NULL-terminated, at least one; each is a plain
 * addr-spec (one '@' between two parts, no spaces, quotes, brackets or control
 * characters, at most 254 bytes of UTF-8) with an ASCII domain. days:
 * SEAL_DAYS_MIN to SEAL_DAYS_MAX. label, nonce: may be NULL: none; one is made.
 * Pending profiles of this user that are past their time are removed first.
 * -1 also: SEAL_ERR_INPUT, SEAL_ERR_LIMIT (days, addresses, too many profiles,
 * or SEAL_PENDING_MAX pending ones). */
int seal_ceremony_create(struct seal_store *store, struct seal_keyring *keyring,
			 const char *user, const char *const *addresses,
			 unsigned int days, const char *label,
			 const char *nonce, time_t now,
			 char id_r[SEAL_PROFILE_ID_LEN + 1],
			 struct seal_buf *request_r, struct seal_error *err);

/* Step 4. chain: PEM of root and issuer certificate, in any order; request: PEM
 * of the user's request. Checks them (pki/chain.h), issues the user's
 * certificate (pki/issue.h) and stores all three: the profile becomes READY,
 * once. Appends the PEM of user, issuer and root certificate to issued_r.
 * -1 also: SEAL_ERR_REFUSED (not pending, or past its time; what
 * seal_chain_check() refuses), SEAL_ERR_INPUT (not PEM, or something else). */
int seal_ceremony_issue(struct seal_store *store, struct seal_keyring *keyring,
			const char *user, const char *id,
			const char *chain, size_t chain_len,
			const char *request, size_t request_len, time_t now,
			struct seal_buf *issued_r, struct seal_error *err);

/* Step 6. Makes a new code for a READY or RETIRED profile, imported ones too,
 * and keeps its hash with the profile; a former code is void. Appends to
 * message_r a whole message (RFC 5322, CRLF) that tells the code in a line
 * "Code: ..." (seal-enrol looks for it), from from_address to to_address, sealed
 * to the profile that is ACTIVE now (also where that has expired), or to this
 * one where none is. cipher: where the profile has none of its own. The code
 * itself is nowhere else.
 * -1 also: SEAL_ERR_REFUSED (ACTIVE, PENDING, or it may not receive mail),
 * SEAL_ERR_INPUT (an address, the cipher). */
int seal_ceremony_prove(struct seal_store *store, const char *user,
			const char *id, enum seal_cipher cipher,
			const char *from_address, const char *to_address,
			time_t now, struct seal_buf *message_r,
			struct seal_error *err);

/* As seal_profiles_activate(), with the code from the message: case, spaces and
 * hyphens do not matter; compared in constant time. A code is good for
 * SEAL_CODE_SECONDS and for SEAL_CODE_TRIES tries; a wrong one counts, which is
 * on disk when this returns. -1 also: SEAL_ERR_REFUSED (wrong, void, or there
 * was none: prove again). */
int seal_ceremony_activate(struct seal_store *store, const char *user,
			   const char *id, const char *code, time_t now,
			   struct seal_error *err);

/* As seal_profiles_set(), and the option sender_key of issued profiles: p256,
 * or rsa, for which an RSA-2048 key is made when it is first set. */
int seal_ceremony_set(struct seal_store *store, struct seal_keyring *keyring,
		      const char *user, const char *id,
		      const char *const *names, const char *const *values,
		      unsigned int count, struct seal_error *err);

/* Removes a profile, as seal_profiles_delete(), and then its secrets. Where
 * that was interrupted, it is repeated: SEAL_ERR_NOTFOUND then also means that
 * there are no secrets. */
int seal_ceremony_delete(struct seal_store *store, struct seal_keyring *keyring,
			 const char *user, const char *id,
			 struct seal_error *err);

/* Signs in a correspondent's name: appends the detached CMS in DER
 * (pki/sender.h) for a SHA-256 digest to out. Only for the user's ACTIVE
 * profile, which has to be the one of that id and ISSUED. address: canonical
 * (message/origin.h). cache: may be NULL. -1 also: SEAL_ERR_REFUSED,
 * SEAL_ERR_INPUT (address, digest_len). */
int seal_ceremony_sign(struct seal_store *store, struct seal_keyring *keyring,
		       struct seal_signing_cache *cache, time_t now,
		       const char *user, const char *id, const char *address,
		       bool replies, const unsigned char *digest,
		       size_t digest_len, struct seal_buf *out,
		       struct seal_error *err);

/* Can mail of this user be signed? active: their active profile; no more than
 * its id and kind have to be filled. cache: may be NULL. 1: it is issued and its
 * secrets open, or are those that it is remembered to have signed with. 0: it is
 * imported. -1: its secrets do not open (lost master key): mail is sealed without a
 * signature, and err says why, for the log. */
int seal_ceremony_can_sign(struct seal_keyring *keyring,
			   struct seal_signing_cache *cache, time_t now,
			   const char *user, const struct seal_profile *active,
			   struct seal_error *err);

#endif
