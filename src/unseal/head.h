/* SPDX-License-Identifier: MIT */
#ifndef SEAL_UNSEAL_HEAD_H
#define SEAL_UNSEAL_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include "base/buf.h"
#include "message/entity.h"

struct seal_error;
struct seal_sink;

/* The header of an entity, kept for the message that is sent out. */
struct seal_head {
	struct seal_buf outer;		/* SEAL_ENTITY_OUTER, as they came */
	struct seal_buf content;	/* SEAL_ENTITY_INNER */
	bool too_long;			/* above SEAL_REPLY_HEADER_MAX; nothing is kept */
};

/* How many protected fields there may be. */
#define SEAL_HEAD_PROTECTED_MAX 512

/* Keeps a piece of a field if it is one of these. 0, or -1 (SEAL_ERR_MEMORY). */
int seal_head_add(struct seal_head *head, enum seal_entity_part part,
		  const unsigned char *data, size_t len,
		  struct seal_error *err);

/* Whether it begins with a field: there is one, and no mbox separator first. */
bool seal_head_has_fields(const struct seal_head *head);

/* Writes the header of the message that is sent out, and its blank line: the
 * fields of message; MIME-Version; the Content-* fields of inner. replacing: each other
 * field of inner takes the place of all of its name in message; behind them stand
 * those that message does not have. HP-Outer is left out (RFC 9788 section 2.2), a
 * Bcc of inner's (nobody behind us is to learn of it), and inner's From and Sender: who
 * may send as whom has been checked of message's. 0, or -1: SEAL_ERR_LIMIT
 * (more than SEAL_HEAD_PROTECTED_MAX), the sink's, SEAL_ERR_MEMORY. */
int seal_head_write(const struct seal_head *message,
		    const struct seal_head *inner, bool replacing,
		    const struct seal_sink *sink, struct seal_error *err);

/* Wipes and frees what it holds. */
void seal_head_free(struct seal_head *head);

#endif
