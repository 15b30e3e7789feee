/* SPDX-License-Identifier: MIT */
#include "enrol/server-private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "enrol/http.h"
#include "enrol/memory.h"

#define API "/api/v1/"

const char *enrol_text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

int enrol_not_a_portal(const struct enrol_server *server,
		       struct seal_error *err)
{
	return seal_error_set(err, SEAL_ERR_INPUT, "%s does not answer as a "
		"portal does; is the address right?", server->url);
}

json_t *enrol_read_json(const struct enrol_server *server,
			const struct seal_buf *answer, struct seal_error *err)
{
	json_t *json = answer->len == 0 ? NULL :
		json_loadb((const char *)answer->data, answer->len,
			   JSON_REJECT_DUPLICATES, NULL);

	if (json_is_object(json))
		return json;
	json_decref(json);
	(void)enrol_not_a_portal(server, err);
	return NULL;
}

/* What the server has against it, in its own words where it says any. */
static int explain(const struct enrol_server *server,
		   const struct seal_buf *answer, struct seal_error *err)
{
	json_t *json = enrol_read_json(server, answer, err);
	const char *text = enrol_text(json_object_get(json, "error"), "text");

	if (text != NULL)
		(void)seal_error_set(err, server->status == 404 ?
				     SEAL_ERR_NOTFOUND : SEAL_ERR_REFUSED,
				     "the server says: %.400s", text);
	else if (server->status == 404)
		(void)seal_error_set(err, SEAL_ERR_NOTFOUND, "there is no "
			"portal at %s; is the address right?", server->url);
	else
		(void)seal_error_set(err, SEAL_ERR_IO, "%s answers with status "
			"%u, and not as a portal does; is the address right?",
			server->url, server->status);
	json_decref(json);
	return -1;
}

int enrol_call(struct enrol_server *server, const struct enrol_call *call,
	       struct seal_buf *answer, struct seal_error *err)
{
	char path[200];
	struct enrol_question question = {
		.method = call->method, .path = path, .type = call->type,
		.body = call->body == NULL ? NULL : call->body->data,
		.size = call->body == NULL ? 0 : call->body->len,
		.token = server->token
	};

	if (server->token == NULL) {
		question.user = (const char *)server->user.data;
		question.password = (const char *)server->password.data;
	}
	(void)snprintf(path, sizeof(path), API "%s", call->path);
	server->status = 0;
	if (enrol_http_ask(server->http, &question, &server->status, answer,
			   err) < 0)
		return -1;
	return server->status == call->wanted ? 0 :
		explain(server, answer, err);
}

/*
 * Signing in
 */

static bool is_token(const char *text)
{
	if (text == NULL || *text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text <= ' ' || *text > '~')
			return false;
	}
	return true;
}

static int take_session(struct enrol_server *server, struct seal_error *err)
{
	const json_t *addresses = json_object_get(server->session, "addresses");
	const char *token = enrol_text(server->session, "token");
	size_t i, count = json_array_size(addresses);

	if (!is_token(token) || !json_is_array(addresses))
		return enrol_not_a_portal(server, err);
	if (count > ENROL_ADDRESSES_MAX)
		return seal_error_set(err, SEAL_ERR_LIMIT, "the account has "
			"more than %d addresses", ENROL_ADDRESSES_MAX);
	for (i = 0; i < count; i++) {
		server->addresses[i] = json_string_value(
			json_array_get(addresses, i));
		if (server->addresses[i] == NULL)
			return enrol_not_a_portal(server, err);
	}
	server->token = token;
	return 0;
}

static int sign_in(struct enrol_server *server, struct seal_error *err)
{
	const struct enrol_call call = {
		.method = "POST", .path = "session", .type = ENROL_JSON,
		.wanted = 200
	};
	struct seal_buf answer = SEAL_BUF_INIT;
	int ret = enrol_call(server, &call, &answer, err);

	if (ret == 0) {
		server->session = enrol_read_json(server, &answer, err);
		ret = server->session == NULL ? -1 : take_session(server, err);
	}
	seal_buf_free(&answer);
	return ret;
}

int enrol_server_new(const struct enrol_args *args,
		     struct enrol_server **server_r, struct seal_error *err)
{
	struct enrol_server *server = calloc(1, sizeof(*server));

	*server_r = NULL;
	if (server == NULL)
		return seal_error_memory(err);
	json_set_alloc_funcs(enrol_memory_alloc, enrol_memory_free);
	server->url = args->server;
	if (enrol_http_new(args->server, args->ca_file, &server->http,
			   err) < 0 ||
	    enrol_password_read(args, &server->user, &server->password,
				err) < 0 ||
	    sign_in(server, err) < 0) {
		enrol_server_free(&server);
		return -1;
	}
	*server_r = server;
	return 0;
}

void enrol_server_free(struct enrol_server **server)
{
	const struct enrol_call call = {
		.method = "DELETE", .path = "session", .wanted = 204
	};
	struct seal_buf answer = SEAL_BUF_INIT;
	struct seal_error err;

	/* if that fails, the token is void in a quarter of an hour */
	if ((*server)->token != NULL)
		(void)enrol_call(*server, &call, &answer, &err);
	seal_buf_free(&answer);
	enrol_http_free(&(*server)->http);
	json_decref((*server)->session);
	seal_buf_free(&(*server)->user);
	seal_buf_free(&(*server)->password);
	free(*server);
	*server = NULL;
}

const char *enrol_server_user(const struct enrol_server *server)
{
	return (const char *)server->user.data;
}

const char *const *enrol_server_addresses(const struct enrol_server *server)
{
	return server->addresses;
}
