/* SPDX-License-Identifier: MIT */
#ifndef SEAL_ENROL_SERVER_PRIVATE_H
#define SEAL_ENROL_SERVER_PRIVATE_H

/* For server*.c only: one call of the API. */

#include "enrol/server.h"

#define ENROL_JSON "application/json"
#define ENROL_PEM "application/x-pem-file"

struct enrol_server {
	struct enrol_http *http;
	const char *url;
	struct seal_buf user, password;		/* with a NUL */
	json_t *session;			/* the answer to signing in */
	const char *token;			/* its; NULL: not yet */
	const char *addresses[ENROL_ADDRESSES_MAX + 1];	/* its */
	unsigned int status;			/* of the last answer */
};

struct enrol_call {
	const char *method;
	const char *path;		/* behind /api/v1/ */
	const char *type;		/* a POST's; its body may be NULL: empty */
	const struct seal_buf *body;
	unsigned int wanted;		/* the status */
};
/* 0: it has that status, and its body was appended to answer. -1: anything else; err
 * says what the server has against it. */
int enrol_call(struct enrol_server *server, const struct enrol_call *call,
	       struct seal_buf *answer, struct seal_error *err);

/* The answer as an object, which json_decref() frees; NULL: it is none. */
json_t *enrol_read_json(const struct enrol_server *server,
			const struct seal_buf *answer, struct seal_error *err);
/* Sets err. -1 always. */
int enrol_not_a_portal(const struct enrol_server *server,
		       struct seal_error *err);

#endif
