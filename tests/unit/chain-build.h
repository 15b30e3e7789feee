/* SPDX-License-Identifier: MIT */
#ifndef SEAL_TESTS_CHAIN_BUILD_H
#define SEAL_TESTS_CHAIN_BUILD_H

/* Builds the objects of a ceremony with libcrypto alone, as somebody else would
 * who read issuer.h, and with one thing wrong where a test wants that. */

#include <stdbool.h>
#include <stddef.h>
#include <time.h>
#include <openssl/evp.h>
#include "base/buf.h"

#define BUILD_ID "0123456789abcdef"
#define BUILD_NONCE "n0nce-4-this-0ne"
#define BUILD_DAYS 730
#define BUILD_EXTENSIONS 16
#define BUILD_CONSTRAINTS "DER:3036A13430028200300A8708000000000000000030228720" \
	"0000000000000000000000000000000000000000000000000000000000000000"
#define BUILD_DAY (24 * 60 * 60)

enum build_object {
	BUILD_ROOT, BUILD_ISSUER, BUILD_REQUEST, BUILD_USER, BUILD_COUNT
};

/* What is done to an object; a and b are its arguments. */
enum build_op {
	OP_NONE,
	OP_SERIAL,		/* a: hexadecimal, with '-' before it if negative */
	OP_SUBJECT,		/* a */
	OP_SUBJECT_TYPE,	/* a: "printable", "t61", "bmp" */
	OP_SUBJECT_FIELD,	/* a: "O" */
	OP_SUBJECT_SECOND,	/* a: "O", b: its value; "+O" within the same RDN */
	OP_ISSUER,		/* a */
	OP_KEY,			/* a: a key's name, see chain-keys.c */
	OP_SIGNER,		/* a: a key's name */
	OP_DIGEST,		/* a */
	OP_PSS,
	OP_BEGIN,		/* a: seconds added, or "=" and a time */
	OP_END,
	OP_EXT,			/* a: name, b: value (NULL: none); where it is */
	OP_EXT_LAST,		/* one more, at the end */
	OP_EXT_FIRST,		/* one more, at the beginning */
	OP_NONCE,		/* a (NULL: none) */
	OP_NONCE_TYPE,		/* a: as for the subject */
	OP_NONCE_SECOND,	/* a: a second value */
	OP_ATTRIBUTE,		/* a: OID, b: value */
	OP_PATCH,		/* a -> b, hexadecimal, in what is signed */
	OP_PATCH_OUTER,		/* a -> b, in all of it */
	OP_POINT,		/* puts the EC point off its curve */
	OP_BEHIND,		/* a: hexadecimal, appended to the whole */
	OP_INDEFINITE,		/* BER's indefinite length outside */
	OP_EMPTY,
	OP_GARBAGE,
	OP_HALF,
	OP_GIANT		/* a: extension with this many bytes */
};

struct build_change {
	enum build_object object;
	enum build_op op;
	const char *a, *b;
};

/* The named key, made when it is first asked for. */
EVP_PKEY *build_key(const char *name);
void build_keys_free(void);

/* Builds all four with those changes (ended by OP_NONE) into der, which is
 * cleared. now: the root begins a day before. Ends the test where libcrypto
 * fails. */
void build_all(const struct build_change *changes, time_t now,
	       const char *const *addresses, const char *user_key,
	       struct seal_buf der[BUILD_COUNT]);

#endif
