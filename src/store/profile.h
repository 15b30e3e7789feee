/* SPDX-License-Identifier: MIT */
#ifndef SEAL_STORE_PROFILE_H
#define SEAL_STORE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/cipher.h"

struct seal_error;

/* What the store holds of one user: one record, so that delivery needs one
 * mdb_get and activating one profile retires the other in one write.
 *
 *   UserRecord ::= SEQUENCE {
 *       version     INTEGER (1),         -- others are refused
 *       user        UTF8String,          -- equal to the record's key
 *       killSwitch  BOOLEAN,
 *       profiles    SEQUENCE OF Profile }
 *
 *   Profile ::= SEQUENCE {
 *       id           PrintableString,    -- 16 lower-case hexadecimal digits
 *       kind         ENUMERATED { imported(1), issued(2) },
 *       state        ENUMERATED { ready(1), active(2), retired(3), pending(4) },
 *       label        UTF8String,
 *       created      INTEGER,            -- seconds since 1970
 *       changed      INTEGER,            -- of the last change of state
 *       cipher       INTEGER,            -- enum seal_cipher
 *       sign         ENUMERATED { default(0), no(1), verified(2), always(3) },
 *       oaep         BOOLEAN,
 *       certificates SEQUENCE OF OCTET STRING,   -- each a Certificate in DER
 *       senderKey    ENUMERATED { p256(1), rsa(2) },
 *       chain        SEQUENCE OF OCTET STRING,   -- issuer and root, or none
 *       ceremony     [0] IMPLICIT Ceremony OPTIONAL,     -- while pending
 *       proof        [1] IMPLICIT Proof OPTIONAL }       -- while a code waits
 *
 *   Ceremony ::= SEQUENCE {
 *       nonce        UTF8String,         -- printable ASCII
 *       days         INTEGER,
 *       addresses    SEQUENCE OF UTF8String }
 *
 *   Proof ::= SEQUENCE {
 *       codeHash     OCTET STRING,       -- SHA-256 of profile id and code
 *       made         INTEGER,            -- seconds since 1970
 *       tries        INTEGER }           -- wrong ones so far
 *
 * In DER, coded with libcrypto's templates. Trailing bytes, two active profiles
 * and two profiles of one id are refused when a record is read. */

#define SEAL_PROFILE_ID_LEN 16
#define SEAL_PROFILE_LABEL_MAX 200	/* bytes of UTF-8 */
#define SEAL_PROFILES_MAX 32		/* per user */
#define SEAL_CERTIFICATES_MAX 16	/* per profile */
#define SEAL_PROFILE_NONCE_MAX 64	/* bytes */
#define SEAL_PROFILE_ADDRESSES_MAX 32
#define SEAL_PROFILE_ADDRESS_MAX 254	/* bytes (RFC 5321 section 4.5.3.1.3) */
#define SEAL_PROFILE_HASH_LEN 32

enum seal_profile_kind { SEAL_PROFILE_IMPORTED = 1, SEAL_PROFILE_ISSUED = 2 };
enum seal_profile_state {
	SEAL_PROFILE_READY = 1,		/* never active so far */
	SEAL_PROFILE_ACTIVE = 2,	/* new mail is sealed to it */
	SEAL_PROFILE_RETIRED = 3,	/* was active */
	SEAL_PROFILE_PENDING = 4	/* in the ceremony, no certificate yet */
};
enum seal_profile_sign {
	SEAL_PROFILE_SIGN_DEFAULT = 0, SEAL_PROFILE_SIGN_NO = 1,
	SEAL_PROFILE_SIGN_VERIFIED = 2, SEAL_PROFILE_SIGN_ALWAYS = 3
};

enum seal_profile_sender_key {
	SEAL_PROFILE_SENDER_P256 = 1,	/* derived, another for each sender */
	SEAL_PROFILE_SENDER_RSA = 2	/* one RSA-2048 for all */
};

/* What a pending profile's certificate will have to be. */
struct seal_profile_ceremony {
	char nonce[SEAL_PROFILE_NONCE_MAX + 1];
	unsigned int days;
	char **addresses;		/* NULL-terminated */
};

/* The code that was mailed last. */
struct seal_profile_proof {
	unsigned char hash[SEAL_PROFILE_HASH_LEN];
	int64_t made;
	unsigned int tries;		/* wrong ones so far */
};

struct seal_profile {
	char id[SEAL_PROFILE_ID_LEN + 1];
	enum seal_profile_kind kind;
	enum seal_profile_state state;
	char *label;			/* never NULL; "" for none */
	int64_t created, changed;	/* seconds since 1970, UTC */
	enum seal_cipher cipher;	/* NONE: mail_seal_cipher's */
	enum seal_profile_sign sign;
	bool oaep;			/* RSA by OAEP, not by PKCS #1 v1.5 */
	struct seal_buf *certificates;	/* DER, certificate_count of them */
	unsigned int certificate_count;
	enum seal_profile_sender_key sender_key;
	struct seal_buf issuer, root;	/* DER; empty where it was not issued */
	struct seal_profile_ceremony *ceremony;	/* NULL: none */
	struct seal_profile_proof *proof;	/* NULL: no code waits */
};

struct seal_user_record {
	char *user;
	bool kill_switch;
	struct seal_profile *profiles;
	unsigned int profile_count;
};

/* Words for people and for the protocol: "imported"; "ready"; "default" ... NULL
 * for an unknown number. _find: the number, or -1 where the word is unknown. */
const char *seal_profile_kind_name(enum seal_profile_kind kind);
const char *seal_profile_state_name(enum seal_profile_state state);
const char *seal_profile_sign_name(enum seal_profile_sign sign);
int seal_profile_sign_find(const char *name);
const char *
seal_profile_sender_key_name(enum seal_profile_sender_key key);
int seal_profile_sender_key_find(const char *name);

/* An empty record for a user (kill switch off, no profile). NULL:
 * SEAL_ERR_MEMORY, SEAL_ERR_INPUT (the name is empty, not UTF-8, or has control
 * characters). */
struct seal_user_record *seal_user_record_new(const char *user,
					      struct seal_error *err);
void seal_user_record_free(struct seal_user_record **record);

/* Appends a new profile in state READY with a fresh random id, no certificate,
 * created and changed at now. Returns it (owned by the record, valid until the
 * next add or remove), or NULL: SEAL_ERR_LIMIT (SEAL_PROFILES_MAX),
 * SEAL_ERR_INPUT (label too long, not UTF-8, or with control characters),
 * SEAL_ERR_MEMORY, SEAL_ERR_CRYPTO. */
struct seal_profile *
seal_user_record_add(struct seal_user_record *record,
		     enum seal_profile_kind kind, const char *label,
		     int64_t now, struct seal_error *err);
/* Copies one certificate (64 kB at most; not parsed) into the profile. 0, or
 * -1: SEAL_ERR_LIMIT, SEAL_ERR_MEMORY. */
int seal_profile_add_certificate(struct seal_profile *profile,
				 const unsigned char *der, size_t len,
				 struct seal_error *err);
/* 0, or -1: SEAL_ERR_INPUT as for add, SEAL_ERR_MEMORY. */
int seal_profile_set_label(struct seal_profile *profile, const char *label,
			   struct seal_error *err);
/* Copies the two certificates above the user's. 0, or -1 as add_certificate. */
int seal_profile_set_chain(struct seal_profile *profile,
			   const struct seal_buf *issuer,
			   const struct seal_buf *root, struct seal_error *err);
/* Makes the profile PENDING, with what its ceremony is about (copied).
 * addresses: NULL-terminated. 0, or -1: SEAL_ERR_LIMIT (too many or too long),
 * SEAL_ERR_INPUT (no address, or one that is not UTF-8 or has control characters;
 * a nonce that is empty, or not printable ASCII without spaces),
 * SEAL_ERR_MEMORY. */
int seal_profile_start_ceremony(struct seal_profile *profile, const char *nonce,
				unsigned int days,
				const char *const *addresses,
				struct seal_error *err);
/* Forgets it; the state is the caller's matter. */
void seal_profile_end_ceremony(struct seal_profile *profile);
/* Sets (replaces) the proof, without tries; forgets it. 0, or -1
 * (SEAL_ERR_MEMORY). */
int seal_profile_set_proof(struct seal_profile *profile,
			   const unsigned char hash[SEAL_PROFILE_HASH_LEN],
			   int64_t made, struct seal_error *err);
void seal_profile_end_proof(struct seal_profile *profile);
/* The profile of that id, the active one; NULL where there is none. */
struct seal_profile *
seal_user_record_find(const struct seal_user_record *record, const char *id);
struct seal_profile *
seal_user_record_active(const struct seal_user_record *record);
/* Removes and frees the profile, which must belong to the record. */
void seal_user_record_remove(struct seal_user_record *record,
			     struct seal_profile *profile);

/* Record to DER, appended to out, and back. encode: 0 or -1 (SEAL_ERR_MEMORY,
 * SEAL_ERR_CRYPTO). decode: the record, or NULL: SEAL_ERR_DAMAGED,
 * SEAL_ERR_MEMORY, SEAL_ERR_CRYPTO. */
int seal_user_record_encode(const struct seal_user_record *record,
			    struct seal_buf *out, struct seal_error *err);
struct seal_user_record *
seal_user_record_decode(const unsigned char *der, size_t len,
			struct seal_error *err);

#endif
