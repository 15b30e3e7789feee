/* SPDX-License-Identifier: MIT */
#ifndef SEAL_CLIENT_CLIENT_H
#define SEAL_CLIENT_CLIENT_H

#include <stddef.h>
#include "base/buf.h"

struct seal_client;
struct seal_error;

/* Asks seald one question at a time over one of its UNIX sockets, with a
 * deadline. Blocks; no Dovecot needed.
 *
 * The protocol: lines that end in LF, of fields separated by TAB; inside a
 * field, the bytes NUL, SOH, TAB, CR and LF are written as SOH and 0, 1, t, r, n
 * (Dovecot's tab-escaping). Each side first sends "VERSION mail-seal 1 0". Then
 *   request:  ID COMMAND [argument...]
 *   answer:   ID ROW [name=value...]      any number
 *             ID OK [name=value...]       done
 *             ID NO [name=value...]       the plain answer is no
 *             ID FAIL [name=value...]     cannot say, or refused
 * NO and FAIL carry code= (seal_error_code_name(), or no-profile) and text=.
 * Binary values are in base64 without line breaks. Which commands there are, and
 * what they answer: plugin/seald/command.h. */

#define SEAL_CLIENT_LINE_MAX (1024 * 1024)	/* bytes of one line, both ways */

enum seal_answer_kind {
	SEAL_ANSWER_ROW, SEAL_ANSWER_OK, SEAL_ANSWER_NO, SEAL_ANSWER_FAIL
};

struct seal_answer {
	enum seal_answer_kind kind;
	struct seal_buf text;	/* internal: unescaped "name=value" strings */
	unsigned int count;
};

#define SEAL_ANSWER_INIT { SEAL_ANSWER_FAIL, SEAL_BUF_INIT, 0 }

/* The value of the first field of that name, NULL where there is none; valid
 * until the answer is freed. */
const char *seal_answer_get(const struct seal_answer *answer, const char *name);
/* Field number i (0 to count - 1) as "name=value". */
const char *seal_answer_field(const struct seal_answer *answer, unsigned int i);
/* Decodes a base64 value, appended to out. 1: done. 0: no such field.
 * -1: SEAL_ERR_INPUT (not base64), SEAL_ERR_MEMORY. */
int seal_answer_get_base64(const struct seal_answer *answer, const char *name,
			   struct seal_buf *out, struct seal_error *err);
/* Wipes and frees. */
void seal_answer_free(struct seal_answer *answer);

/* A client of the socket at path; connects at the first question. timeout_ms (not
 * 0) bounds each question as a whole, connecting and asking again included.
 * NULL: SEAL_ERR_MEMORY, SEAL_ERR_LIMIT (path longer than a socket's may be). */
struct seal_client *seal_client_new(const char *path, unsigned int timeout_ms,
				    struct seal_error *err);
void seal_client_free(struct seal_client **client);

/* Asks and waits for the answer. args: COMMAND and its arguments,
 * NULL-terminated, unescaped; together they have to fit into one line, which is
 * not checked here. row() (may be NULL: rows are then an error) is called for each ROW and
 * returns 0, or -1 with err filled to stop.
 *
 * A kept connection that turns out closed before the first byte of an answer is
 * opened anew and the question asked again, once; a question therefore has to
 * be one that may be asked twice unless it is the connection's first.
 *
 * Returns 0 with the last line in *answer_r (OK, NO or FAIL), or -1: SEAL_ERR_IO
 * (away, closed, time is up, permission), SEAL_ERR_INPUT (nonsense, another
 * version), SEAL_ERR_LIMIT (the answer's line is too long), SEAL_ERR_MEMORY, or
 * what row() said. After -1 the connection is closed. answer_r must be as
 * SEAL_ANSWER_INIT and be freed in any case. */
int seal_client_ask(struct seal_client *client, const char *const *args,
		    int (*row)(void *context, const struct seal_answer *row,
			       struct seal_error *err),
		    void *context, struct seal_answer *answer_r,
		    struct seal_error *err);

/* Sends a question without waiting for its answer: seal_client_ask() with the same
 * args, if that is the next one, finds it there, or waits for what is left of the
 * way. Only where a connection is kept and no other answer is owed on it; else
 * nothing happens. Cannot fail: whatever goes wrong shows when the question is
 * asked. If another one is asked next, the connection is closed first. */
void seal_client_ask_ahead(struct seal_client *client, const char *const *args);

/* Appends src, tab-escaped. 0 or -1 (SEAL_ERR_MEMORY). */
int seal_client_escape(struct seal_buf *out, const char *src,
		       struct seal_error *err);

#endif
