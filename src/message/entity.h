/* SPDX-License-Identifier: MIT */
#ifndef SEAL_MESSAGE_ENTITY_H
#define SEAL_MESSAGE_ENTITY_H

#include <stddef.h>

struct seal_entity;
struct seal_error;

/* Splits a message (RFC 5322, line ends CRLF, bare LF taken as a line end too)
 * into what a sealed message keeps outside and what goes in, while it passes.
 *
 *  OUTER: every field but those below
 *  INNER: the Content-* fields (RFC 2045 section 9): they describe the body
 *  VERSION: MIME-Version: the sealed message has its own
 *  MARK: X-Mail-Seal: only we may write it, so what arrives is a forgery
 *
 * What a field is: message/header.h. The first line that is none ends the
 * header and is the body's first (as Postfix does it): a message without a
 * header is all body, and goes in. An mbox separator that stands first is
 * OUTER. The blank line belongs to neither part. Nothing is decoded, refused
 * or altered. */

enum seal_entity_part {
	SEAL_ENTITY_OUTER,
	SEAL_ENTITY_INNER,
	SEAL_ENTITY_VERSION,
	SEAL_ENTITY_MARK
};

/* What the header says of the body. Values are unfolded, comments not removed,
 * NUL bytes turned to '?', at most 4096 bytes (a longer one counts as
 * unreadable). NULL: the field is absent, occurs twice or is unreadable. */
struct seal_content {
	const char *type;		/* Content-Type */
	const char *transfer_encoding;	/* Content-Transfer-Encoding */
};

/* Each returns 0, or -1 with err filled; a failure ends the engine. Data is
 * valid during the call only. */
struct seal_entity_handler {
	/* a piece of a field; a long field comes in several */
	int (*field)(void *context, enum seal_entity_part part,
		     const unsigned char *data, size_t len,
		     struct seal_error *err);
	/* the header is complete; called exactly once, before any body().
	 * blank_line: "\r\n" or "\n" as it came, or "" where there was none. */
	int (*head)(void *context, const struct seal_content *content,
		    const char *blank_line, struct seal_error *err);
	/* a piece of the body, as it came */
	int (*body)(void *context, const unsigned char *data, size_t len,
		    struct seal_error *err);
};

/* Returns the engine, or NULL (SEAL_ERR_MEMORY). handler is copied. */
struct seal_entity *seal_entity_new(const struct seal_entity_handler *handler,
				    void *context, struct seal_error *err);
/* Feeds len more bytes, any len. 0, or -1. */
int seal_entity_more(struct seal_entity *entity, const unsigned char *data,
		     size_t len, struct seal_error *err);
/* The message is complete (it may be empty). 0, or -1. */
int seal_entity_finish(struct seal_entity *entity, struct seal_error *err);
void seal_entity_free(struct seal_entity **entity);

#endif
