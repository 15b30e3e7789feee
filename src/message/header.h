/* SPDX-License-Identifier: MIT */
#ifndef SEAL_MESSAGE_HEADER_H
#define SEAL_MESSAGE_HEADER_H

#include <stddef.h>

struct seal_error;
struct seal_header;

/* Finds the header fields (RFC 5322 section 2.2) of a message, or of a part of
 * one, while it passes by. Lines end in LF, with or without a CR before it.
 *
 * A field: a name of printable ASCII other than colon, white space (obsolete,
 * RFC 5322 section 4.5), a colon, and everything up to the line end that no
 * white space follows. The first line that is neither a field, nor the
 * continuation of one, nor blank ends the header and belongs to what follows.
 * Nothing is decoded, refused or altered: NUL, 8-bit bytes and bare CR pass.
 * Only what precedes a colon is held back; memory is constant. */

/* The most a name and the white space after it may have, in bytes; also the
 * most an mbox separator line may have. A longer line is not a field. */
#define SEAL_HEADER_HOLD_MAX 998

/* Each returns 0, or -1 with err filled; a failure ends the engine. Data is
 * valid during the call only, and never empty. */
struct seal_header_handler {
	/* A field begins. The name comes without white space and colon; it is
	 * not NUL-terminated. name_len 0: it is no field but the mbox separator
	 * ("From sender weekday month day time year") that may stand first. */
	int (*field)(void *context, const char *name, size_t name_len,
		     struct seal_error *err);
	/* Bytes of the field that began last: name, colon, value, line ends. A
	 * field always ends in a line end: where the input ends within it, the
	 * missing CRLF (after a CR: the missing LF) is added. */
	int (*piece)(void *context, const unsigned char *data, size_t len,
		     struct seal_error *err);
	/* The header is complete; called exactly once. blank_line: "\r\n" or
	 * "\n" as it came, or "" where there was none. */
	int (*end)(void *context, const char *blank_line,
		   struct seal_error *err);
	/* What follows the header and its blank line. */
	int (*rest)(void *context, const unsigned char *data, size_t len,
		    struct seal_error *err);
};

/* Returns the engine, or NULL (SEAL_ERR_MEMORY). handler is copied. */
struct seal_header *seal_header_new(const struct seal_header_handler *handler,
				    void *context, struct seal_error *err);
/* Feeds len more bytes, any len. 0, or -1 (the handler's). */
int seal_header_more(struct seal_header *header, const unsigned char *data,
		     size_t len, struct seal_error *err);
/* The input is complete (it may be empty). 0, or -1 (the handler's). */
int seal_header_finish(struct seal_header *header, struct seal_error *err);
void seal_header_free(struct seal_header **header);

#endif
