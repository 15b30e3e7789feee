/* SPDX-License-Identifier: MIT */
#ifndef SEAL_ENROL_SERVER_H
#define SEAL_ENROL_SERVER_H

#include <jansson.h>
#include "enrol/enrol.h"

/* The portal, as one user: the calls of its API (plugin/portal/openapi.json). Where it
 * refuses, the reason is the server's own sentence. */
struct enrol_server;

/* Asks for the password, and signs in. 0, or -1. */
int enrol_server_new(const struct enrol_args *args,
		     struct enrol_server **server_r, struct seal_error *err);
/* Signs out. */
void enrol_server_free(struct enrol_server **server);

/* Who has signed in, as the user said it; and the addresses of the account
 * (NULL-terminated). Valid as long as the server. */
const char *enrol_server_user(const struct enrol_server *server);
const char *const *enrol_server_addresses(const struct enrol_server *server);

/* A new profile: appends the issuer's request (PEM). label may be NULL. */
int enrol_server_create(struct enrol_server *server, unsigned int days,
			const char *label, const char *nonce,
			struct seal_buf *request, struct seal_error *err);
/* Hands in chain and request (PEM) and appends what was issued (PEM); what was issued
 * before, where the answer was lost then. */
int enrol_server_issue(struct enrol_server *server, const char *id,
		       const struct seal_buf *wish, struct seal_buf *issued,
		       struct seal_error *err);
/* Has the mail with the code delivered; the answer says where to. json_decref() frees
 * it. NULL: err is filled. */
json_t *enrol_server_prove(struct enrol_server *server, const char *id,
			   struct seal_error *err);
int enrol_server_activate(struct enrol_server *server, const char *id,
			  const char *code, struct seal_error *err);
int enrol_server_deactivate(struct enrol_server *server, const char *id,
			    struct seal_error *err);
int enrol_server_delete(struct enrol_server *server, const char *id,
			struct seal_error *err);
/* All profiles, as the API describes them. As enrol_server_prove(). */
json_t *enrol_server_list(struct enrol_server *server, struct seal_error *err);

/* ceremony.c: a new profile for the addresses of the account, which are added to args,
 * and all that is made for it here, in the folder dir_r. Where that fails, the profile
 * is deleted again. */
int enrol_ceremony_begin(struct enrol_server *server, struct enrol_args *args,
			 char dir_r[ENROL_PATH_SIZE], struct seal_error *err);
/* Has the certificate issued to what is in the folder (args->dir), checks it, and
 * writes it there. */
int enrol_ceremony_issue(struct enrol_server *server,
			 const struct enrol_args *args,
			 struct enrol_issued *issued_r, struct seal_error *err);

/* The text of a member; NULL: there is none, or it is no text. */
const char *enrol_text(const json_t *object, const char *name);

#endif
