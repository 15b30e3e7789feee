/* SPDX-License-Identifier: MIT */
#ifndef SEALD_ANSWER_H
#define SEALD_ANSWER_H

#include "base/buf.h"

struct seal_error;

/* Builds the lines of one answer (src/client/client.h describes them):
 *
 *   seald_answer_start(answer, "OK");
 *   seald_answer_add(answer, "id", id);
 *   seald_answer_end(answer);
 *
 * Running out of memory ends the process, as everywhere in Dovecot. */

/* Takes a finished line; what becomes of it is the receiver's business. */
typedef void seald_answer_send_t(const void *data, size_t size, void *context);

struct seald_answer {
	const char *id;			/* of the request */
	seald_answer_send_t *send;
	void *context;
	struct seal_buf line;		/* wiped: it may hold a content key */
	bool row;			/* the line is a ROW */
	bool done;			/* a line other than ROW was sent */
	bool failed;			/* that line is or was a FAIL */
};

void seald_answer_init(struct seald_answer *answer, const char *id,
		       seald_answer_send_t *send, void *context);
/* Wipes and frees. */
void seald_answer_deinit(struct seald_answer *answer);

/* kind: ROW, OK, NO or FAIL. */
void seald_answer_start(struct seald_answer *answer, const char *kind);
/* value NULL: "" */
void seald_answer_add(struct seald_answer *answer, const char *name,
		      const char *value);
void seald_answer_add_number(struct seald_answer *answer, const char *name,
			     int64_t value);
void seald_answer_add_bool(struct seald_answer *answer, const char *name,
			   bool value);
void seald_answer_add_base64(struct seald_answer *answer, const char *name,
			     const void *data, size_t size);
/* Sends the line. One that is longer than the protocol allows becomes a FAIL
 * code=limit, which ends the answer: whatever is added later goes nowhere. */
void seald_answer_end(struct seald_answer *answer);

/* The whole line for success that has nothing more to say. */
void seald_answer_ok(struct seald_answer *answer);
/* The whole line for a failure. */
void seald_answer_fail(struct seald_answer *answer,
		       const struct seal_error *err);

#endif
