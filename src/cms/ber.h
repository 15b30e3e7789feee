/* SPDX-License-Identifier: MIT */
#ifndef SEAL_CMS_BER_H
#define SEAL_CMS_BER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seal_error;

/* Reads a structure in BER (X.690) as it arrives, in pieces of any length, by a
 * table of what may stand where. DER is BER. Lengths may be definite or not, and
 * need not be in their shortest form; tags have one byte. It allocates nothing: the
 * struct is the whole of its memory. A claimed length costs nothing. */

#define SEAL_BER_DEPTH 16	/* of elements that are entered, and of
				   indefinite ones within a whole one */

enum seal_ber_action {
	SEAL_BER_ENTER,		/* constructed: its contents are elements */
	SEAL_BER_CONTENTS,	/* primitive: its contents go to bytes() */
	SEAL_BER_WHOLE,		/* all of it goes to bytes(), head included */
	SEAL_BER_END		/* tag 0: the element entered last may end here */
};

struct seal_ber_rule {
	unsigned char stage;	/* where we are; reading begins in stage 0 */
	unsigned char tag;
	unsigned char action;	/* enum seal_ber_action */
	unsigned char inside;	/* the stage within, for ENTER */
	unsigned char after;	/* the stage behind it */
	unsigned char what;	/* the caller's name for it */
};

/* Each returns 0, or -1 with err filled, which ends the reader. */
struct seal_ber_handler {
	/* data: valid during the call only, never empty */
	int (*bytes)(void *context, unsigned int what,
		     const unsigned char *data, size_t len,
		     struct seal_error *err);
	/* an element is complete, empty ones too */
	int (*end)(void *context, unsigned int what, struct seal_error *err);
};

struct seal_ber {
	const struct seal_ber_rule *rules;	/* ended by one without a name */
	const char *noun;			/* "an envelope" */
	const struct seal_ber_handler *handler;
	void *context;

	uint64_t offset;		/* bytes read so far */
	unsigned char head[12];		/* of the element that begins */
	size_t head_len;
	uint64_t left;			/* contents that are still to come */
	unsigned int within;		/* open indefinite elements in a whole one */
	unsigned char stage;
	unsigned char what, after;	/* of the element being read */
	bool done;			/* the outermost one is complete */
	unsigned int depth;
	struct {
		uint64_t limit;		/* where it ends at the latest */
		bool indefinite;
		unsigned char what, after;
	} open[SEAL_BER_DEPTH];
};

/* rules: SEAL_BER_LAST ends them. All is referred to and must outlive the reader.
 * noun: what the structure is, for the error. */
#define SEAL_BER_LAST { 0, 0xff, SEAL_BER_END, 0, 0, 0 }
void seal_ber_init(struct seal_ber *ber, const struct seal_ber_rule *rules,
		   const char *noun, const struct seal_ber_handler *handler,
		   void *context);
/* Feeds len more bytes, any len. 0, or -1: SEAL_ERR_REFUSED (something that no rule
 * allows, a length that lies, too deep, bytes behind the end), or the handler's. */
int seal_ber_more(struct seal_ber *ber, const unsigned char *data, size_t len,
		  struct seal_error *err);
/* The input is complete. 0, or -1 (SEAL_ERR_REFUSED: it is cut off). */
int seal_ber_finish(const struct seal_ber *ber, struct seal_error *err);

#endif
