/* SPDX-License-Identifier: MIT */
#ifndef PORTAL_ASK_H
#define PORTAL_ASK_H

#include "client/client.h"

struct portal_exchange;

/* Questions to seald's portal listener (plugin/seald/command.h), each about the
 * user who has signed in and no other. */

/* path: seald's socket; kept by the caller. */
void portal_ask_init(const char *path);

/* Asks COMMAND with user= of the exchange, id= where its path has one, and args
 * (NULL-terminated, "name=value"; NULL: none). 0 for OK, with the answer. -1:
 * anything else, which was answered. The answer is as in seal_client_ask(), and to
 * be freed in both cases. */
int portal_ask(struct portal_exchange *exchange, const char *command,
	       const char *const *args,
	       int (*row)(void *context, const struct seal_answer *row,
			  struct seal_error *err),
	       void *context, struct seal_answer *answer_r);
/* The same where the OK says nothing more. */
int portal_ask_done(struct portal_exchange *exchange, const char *command,
		    const char *const *args);

/* "name=value", from the data stack; base64 not for secrets. */
const char *portal_arg(const char *name, const char *value);
const char *portal_arg_base64(const char *name, const void *data, size_t size);

/* Appends the value of a base64 field. 0, or -1: that was answered. */
int portal_value_base64(struct portal_exchange *exchange,
			const struct seal_answer *answer, const char *name,
			struct seal_buf *out);

#endif
