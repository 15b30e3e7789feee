/* SPDX-License-Identifier: MIT */
#ifndef SEAL_STORE_KEYRING_H
#define SEAL_STORE_KEYRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "store/master-key.h"

struct seal_error;
struct seal_keyring;

/* The `keys` environment: an LMDB environment of its own, in a folder of its
 * own, with one small record for each issued profile: its secrets, sealed under
 * the master key. Small, so that it can be compacted after each delete: LMDB
 * leaves deleted values in free pages.
 *
 *   name = user || 0x00 || profile id
 *   SealedSecrets ::= SEQUENCE {
 *       version    INTEGER (1),          -- others are refused
 *       masterKey  OCTET STRING,         -- which one, 8 bytes: see below
 *       nonce      OCTET STRING,         -- 12 bytes, random
 *       sealed     OCTET STRING }        -- AES-256-GCM of Secrets, and the tag
 *   Secrets ::= SEQUENCE {
 *       version      INTEGER (1),
 *       issuerKey    OCTET STRING,             -- PrivateKeyInfo
 *       senderSecret OCTET STRING,             -- 32 bytes
 *       senderRsaKey OCTET STRING OPTIONAL }   -- PrivateKeyInfo
 *
 * masterKey: the first 8 bytes of HKDF-SHA256 (RFC 5869) of the master key, salt
 * "mail-seal master key id", no info. The key of sealed: 32 bytes of HKDF-SHA256
 * of the master key, salt "mail-seal profile", info = profile id. Its associated
 * data: the name, so that a record opens under its own name only. */

#define SEAL_KEYRING_USER_MAX 494	/* bytes: LMDB's 511 less the rest */

/* A profile's secrets; every buffer wipes itself. */
struct seal_secrets {
	struct seal_buf issuer_key;		/* PrivateKeyInfo */
	struct seal_buf sender_secret;		/* 32 bytes */
	struct seal_buf sender_rsa_key;		/* PrivateKeyInfo, or empty */
};
#define SEAL_SECRETS_INIT { SEAL_BUF_INIT, SEAL_BUF_INIT, SEAL_BUF_INIT }
/* Wipes and frees. The secrets are then as SEAL_SECRETS_INIT. */
void seal_secrets_free(struct seal_secrets *secrets);

/* Opens, and makes the folder's files where they are missing; removes what a
 * process killed in a delete or a rotation has left in them, unless another
 * process has them open. master: the master key, copied; may be NULL: then
 * everything that needs it fails with SEAL_ERR_REFUSED and a clear text, and
 * nothing is lost. other: NULL, or a second key that an interrupted rotation may
 * have left records under; both can read, master writes. NULL: as
 * seal_store_open(), and SEAL_ERR_CRYPTO. */
struct seal_keyring *
seal_keyring_open(const char *folder,
		  const unsigned char master[SEAL_MASTER_KEY_LEN],
		  const unsigned char other[SEAL_MASTER_KEY_LEN],
		  struct seal_error *err);
/* Wipes the keys. */
void seal_keyring_close(struct seal_keyring **keyring);

/* 1: found, *secrets_r (as SEAL_SECRETS_INIT) is filled. 0: no record. -1:
 * SEAL_ERR_DAMAGED (does not decode, or the tag does not fit), SEAL_ERR_REFUSED
 * (sealed under another master key than we have, or we have none), SEAL_ERR_LIMIT
 * (the user's name is empty or longer than SEAL_KEYRING_USER_MAX), SEAL_ERR_INPUT
 * (not a profile's id), SEAL_ERR_IO, SEAL_ERR_CRYPTO, SEAL_ERR_MEMORY. */
int seal_keyring_get(struct seal_keyring *keyring, const char *user,
		     const char *profile_id, struct seal_secrets *secrets_r,
		     struct seal_error *err);

/* The same for who has asked before. known: the sealed record as it was stored then
 * (empty: never). Where the same bytes are still stored, and one of the master keys
 * is the one they name, secrets_r stays as it is. Where others are, known becomes
 * these, and secrets_r is filled. known is empty after 0 and -1. */
int seal_keyring_get_changed(struct seal_keyring *keyring, const char *user,
			     const char *profile_id, struct seal_buf *known,
			     struct seal_secrets *secrets_r,
			     struct seal_error *err);

/* Stores, replaces. 0, or -1: as get; SEAL_ERR_REFUSED also where the master keys
 * open no record that is here (the wrong one was put in place); SEAL_ERR_FULL. */
int seal_keyring_put(struct seal_keyring *keyring, const char *user,
		     const char *profile_id, const struct seal_secrets *secrets,
		     struct seal_error *err);

/* Removes the record, and its bytes from the file: the environment is compacted
 * (another data.mdb takes its place); where another process has it open, what is
 * not a record is overwritten with zeros instead. Needs no master key. 0, also
 * where there was no record; -1 as above, and SEAL_ERR_REFUSED where the record
 * is gone, but another process has been reading for so long that its bytes are
 * not: to be called again, which is never wrong. */
int seal_keyring_delete(struct seal_keyring *keyring, const char *user,
			const char *profile_id, struct seal_error *err);

/* Re-seals every record under a new master key in one transaction, goes on with
 * that key (the former can still read), and removes what is left of the old
 * values as delete does. May be repeated after an interruption. *count_r: how
 * many records there are. 0, or -1: SEAL_ERR_REFUSED (a record that none of the
 * keys opens, named in the text: nothing was changed; or as delete: all is under
 * the new key, old values are still in the file), SEAL_ERR_DAMAGED (a record;
 * nothing was changed), and as above. */
int seal_keyring_rotate(struct seal_keyring *keyring,
			const unsigned char new_master[SEAL_MASTER_KEY_LEN],
			uint64_t *count_r, struct seal_error *err);

#endif
