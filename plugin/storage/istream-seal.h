/* SPDX-License-Identifier: MIT */
#ifndef MAIL_SEAL_ISTREAM_SEAL_H
#define MAIL_SEAL_ISTREAM_SEAL_H

#include "seal/sealer.h"

struct istream;
struct seal_error;

struct mail_seal_istream_result {
	enum seal_outcome outcome;
	const char *sign, *sign_reason;	/* as seal_sealer_signed() */
	uoff_t bytes_in, bytes_out;
	const struct seal_error *err;	/* NULL: the message is complete */
};

/* How a stream ended; called once, at the end of the message, at its failure,
 * or when the stream is given up before either. */
typedef void
mail_seal_istream_done_t(void *context,
			 const struct mail_seal_istream_result *result);

/* What comes out of input, sealed as the order says (which is copied). The
 * stream reads input to its end, also when it fails; it cannot seek: a content
 * key is used once. It keeps its own reference to input. */
struct istream *
i_stream_create_mail_seal(struct istream *input, const struct seal_order *order,
			  mail_seal_istream_done_t *done, void *context);

#endif
