/* SPDX-License-Identifier: MIT */
#ifndef SEAL_MILTER_FIELDS_H
#define SEAL_MILTER_FIELDS_H

#include <stddef.h>
#include "base/buf.h"

struct seal_error;

/* The fields of a header in their order. Values are as a milter has them: all that
 * follows the colon, white space included, without the last line end; LF where a
 * line is folded. */
struct milter_fields {
	struct seal_buf text;		/* internal: name, NUL, value, NUL, ... */
	size_t count;
};
#define MILTER_FIELDS_INIT { SEAL_BUF_INIT, 0 }

/* Appends a field; CRLF in its value becomes LF. 0, or -1 (SEAL_ERR_MEMORY). */
int milter_fields_add(struct milter_fields *fields, const char *name,
		      const char *value, struct seal_error *err);
/* Appends all of them to out as a message has them, lines ending in CRLF. 0, or -1
 * (SEAL_ERR_MEMORY). */
int milter_fields_write(const struct milter_fields *fields, struct seal_buf *out,
			struct seal_error *err);
/* Wipes and frees. The fields are then as MILTER_FIELDS_INIT. */
void milter_fields_free(struct milter_fields *fields);

/* How a milter changes a header. Each returns 0, or -1 with err filled. */
struct milter_edit {
	/* field number index of that name, from 1, in any case of letters;
	 * value NULL: is deleted */
	int (*change)(void *context, const char *name, size_t index,
		      const char *value, struct seal_error *err);
	/* behind all others */
	int (*add)(void *context, const char *name, const char *value,
		   struct seal_error *err);
	void *context;
};

/* Makes one header of the other. Fields of one name: each takes the place of the one
 * at the same rank; what is too many is deleted, what is missing is added in its
 * order. So fields that are equal stay where they are. Within a name the last comes
 * first: mail servers differ on whether a deleted field counts on. 0, or -1:
 * edit's, SEAL_ERR_MEMORY. */
int milter_fields_edit(const struct milter_fields *from,
		       const struct milter_fields *to,
		       const struct milter_edit *edit, struct seal_error *err);

#endif
