/* SPDX-License-Identifier: MIT */
#ifndef SEAL_SEAL_SEALER_H
#define SEAL_SEAL_SEALER_H

#include <stdbool.h>
#include <stddef.h>
#include "base/buf.h"
#include "base/cipher.h"
#include "seal/signer.h"

struct seal_error;
struct seal_sealer;
struct seal_sink;

/* A message in, the message that is stored out: sealed, or kept as it came
 * because it is encrypted already.
 *
 * Sealed: the outer fields as they came; then MIME-Version, Content-Type,
 * Content-Transfer-Encoding and Content-Disposition of an S/MIME message (RFC
 * 8551 section 3.2) and our mark; a blank line; the envelope in base64. Inside:
 * the original Content-* fields as they came, a blank line, the body byte for
 * byte; or all of that signed in the sender's name (seal/signer.h).
 * Kept, and passed: as it came, without X-Mail-Seal fields (but see by_owner).
 *
 * Memory: the Content-* fields (limit SEAL_SEALER_INNER_MAX), and while it is
 * not known whether the message is encrypted already, at most
 * SEAL_SEALER_HOLD_MAX of header (twice) and SEAL_DETECT_MAX of body; the body
 * is never held otherwise. A message with a longer header is sealed without
 * asking. */

#define SEAL_SEALER_INNER_MAX (16 * 1024 * 1024)
#define SEAL_SEALER_HOLD_MAX (256 * 1024)

enum seal_encrypted {	/* mail_seal_encrypted: mail that arrives encrypted is */
	SEAL_ENCRYPTED_KEEP,	/* kept, to whomever it is encrypted */
	SEAL_ENCRYPTED_MINE,	/* kept where it names one of their certificates */
	SEAL_ENCRYPTED_SEAL	/* sealed like all other */
};

struct seal_order {
	bool pass;		/* not to be sealed: only forged marks are
				   removed; the rest of the order is unused */
	const char *profile;	/* for the mark */
	enum seal_cipher cipher;
	struct seal_buf key;		/* these two: seal_envelope_new() */
	struct seal_buf recipients;
	struct seal_buf names;		/* for MINE: seal_detect_new() */
	enum seal_encrypted encrypted;
	/* the owner saves it: where it is kept, so is its X-Mail-Seal, which is
	   ours or a forgery against themselves */
	bool by_owner;
	struct seal_signer_order sign;
};

enum seal_outcome {
	SEAL_OUTCOME_OPEN,	/* not decided yet */
	SEAL_OUTCOME_SEALED,
	SEAL_OUTCOME_KEPT,
	SEAL_OUTCOME_PASSED
};

/* "verified", "always", "no" with the reason in *reason_r; NULL where signing
 * was not asked for, or has not been decided. */
const char *seal_sealer_signed(const struct seal_sealer *sealer,
			       const char **reason_r);

/* Starts on a message. The order is copied (its key is wiped by free), and so
 * is sink, whose context must outlive the sealer. NULL: SEAL_ERR_MEMORY,
 * SEAL_ERR_INPUT (profile is longer than 63 bytes). An unusable cipher, key or
 * recipients show when the envelope begins, as an error of more or finish. */
struct seal_sealer *seal_sealer_new(const struct seal_order *order,
				    const struct seal_sink *sink,
				    struct seal_error *err);
/* Feeds len more bytes, any len. 0, or -1 (SEAL_ERR_MEMORY, SEAL_ERR_LIMIT,
 * SEAL_ERR_INPUT, SEAL_ERR_CRYPTO, the sink's); after -1 only outcome and free
 * may be called. */
int seal_sealer_more(struct seal_sealer *sealer, const unsigned char *data,
		     size_t len, struct seal_error *err);
/* The message is complete. 0, or -1 as more. */
int seal_sealer_finish(struct seal_sealer *sealer, struct seal_error *err);
enum seal_outcome seal_sealer_outcome(const struct seal_sealer *sealer);
void seal_sealer_free(struct seal_sealer **sealer);

#endif
