/* SPDX-License-Identifier: MIT */
#ifndef SEAL_CMS_BASE64_H
#define SEAL_CMS_BASE64_H

#include <stddef.h>
#include "base/sink.h"

struct seal_error;

/* Base64 (RFC 2045 section 6.8) in lines of 64 columns that end in CRLF; the
 * last line may be shorter and ends in CRLF too. No input makes no output.
 *
 * Lives inside the engine that uses it: no allocation, nothing to free. Lines
 * are written where the sink has room() for them, all that are complete; else
 * they are collected, and reach the sink in pieces of at most SEAL_BASE64_OUT
 * bytes, at the latest by finish. What passes is meant to be seen: nothing is
 * wiped. */

#define SEAL_BASE64_RUN 48		/* bytes that make one line */
#define SEAL_BASE64_LINE (64 + 2)
#define SEAL_BASE64_OUT (128 * SEAL_BASE64_LINE)

typedef void seal_base64_lines_t(unsigned char *out, const unsigned char *data,
				 size_t count);

struct seal_base64 {
	seal_base64_lines_t *lines;	/* as this processor does it best */
	struct seal_sink sink;
	size_t held_len;		/* < SEAL_BASE64_RUN */
	size_t out_len;
	unsigned char held[SEAL_BASE64_RUN];
	unsigned char out[SEAL_BASE64_OUT];
};

/* The sink is copied; its context must outlive the encoder. */
void seal_base64_init(struct seal_base64 *base64, const struct seal_sink *sink);

/* Feeds len more bytes, any len. 0, or -1 with the sink's error. */
int seal_base64_more(struct seal_base64 *base64, const unsigned char *data,
		     size_t len, struct seal_error *err);

/* Writes the last line and all that is collected. 0, or -1 with the sink's
 * error. Afterwards the encoder is as after init. */
int seal_base64_finish(struct seal_base64 *base64, struct seal_error *err);

#endif
