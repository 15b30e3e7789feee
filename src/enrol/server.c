/* SPDX-License-Identifier: MIT */
#include "enrol/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "enrol/http.h"
#include "enrol/memory.h"

#define API "/api/v1/"
#define JSON "application/json"
#define PEM "application/x-pem-file"

struct enrol_server {
	struct enrol_http *http;
	const char *url;
	struct seal_buf user, password;		/* with a NUL */
	json_t *session;			/* the answer to signing in */
	const char *token;			/* its; NULL: not yet */
	const char *addresses[ENROL_ADDRESSES_MAX + 1];	/* its */
	unsigned int status;			/* of the last answer */
};

const char *enrol_text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static int not_a_portal(const struct enrol_server *server,
			struct seal_error *err)
{
	return seal_error_set(err, SEAL_ERR_INPUT, "%s does not answer as a "
		"portal does; is the address right?", server->url);
}

/* An object; NULL, with err filled, where it is none. */
static json_t *read_json(const struct enrol_server *server,
			 const struct seal_buf *answer, struct seal_error *err)
{
	json_t *json = answer->len == 0 ? NULL :
		json_loadb((const char *)answer->data, answer->len,
			   JSON_REJECT_DUPLICATES, NULL);

	if (json_is_object(json))
		return json;
	json_decref(json);
	(void)not_a_portal(server, err);
	return NULL;
}

/* What the server has against it, in its own words where it says any. */
static int explain(const struct enrol_server *server,
		   const struct seal_buf *answer, struct seal_error *err)
{
	json_t *json = read_json(server, answer, err);
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

/* One call. path: after API. 0: it has that status; -1. */
static int call(struct enrol_server *server, const char *method,
		const char *path, const char *type, const struct seal_buf *body,
		unsigned int wanted, struct seal_buf *answer,
		struct seal_error *err)
{
	char whole[200];
	struct enrol_question question = {
		.method = method, .path = whole, .type = type,
		.body = body == NULL ? NULL : body->data,
		.size = body == NULL ? 0 : body->len, .token = server->token
	};

	if (server->token == NULL) {
		question.user = (const char *)server->user.data;
		question.password = (const char *)server->password.data;
	}
	(void)snprintf(whole, sizeof(whole), API "%s", path);
	server->status = 0;
	if (enrol_http_ask(server->http, &question, &server->status, answer,
			   err) < 0)
		return -1;
	return server->status == wanted ? 0 : explain(server, answer, err);
}

/* The same about a profile, with nothing to send and to receive */
static int change(struct enrol_server *server, const char *method,
		  const char *id, const char *what, struct seal_error *err)
{
	struct seal_buf answer = SEAL_BUF_INIT;
	char path[100];
	int ret;

	(void)snprintf(path, sizeof(path), "profiles/%s%s", id, what);
	ret = call(server, method, path, JSON, NULL, 204, &answer, err);
	seal_buf_free(&answer);
	return ret;
}

/* Sends json (its reference is taken; NULL: memory or what is no UTF-8). */
static int post(struct enrol_server *server, const char *path, json_t *json,
		unsigned int wanted, struct seal_buf *answer,
		struct seal_error *err)
{
	struct seal_buf body = SEAL_BUF_INIT;
	char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
	int ret;

	if (text == NULL)
		ret = seal_error_set(err, SEAL_ERR_INPUT, "what is sent to the "
			"server has to be text in UTF-8");
	else
		ret = seal_buf_append(&body, text, strlen(text), err);
	if (ret == 0)
		ret = call(server, "POST", path, JSON, &body, wanted, answer,
			   err);
	enrol_memory_free(text);
	json_decref(json);
	seal_buf_free(&body);
	return ret;
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
		return not_a_portal(server, err);
	if (count > ENROL_ADDRESSES_MAX)
		return seal_error_set(err, SEAL_ERR_LIMIT, "the account has "
			"more than %d addresses", ENROL_ADDRESSES_MAX);
	for (i = 0; i < count; i++) {
		server->addresses[i] = json_string_value(
			json_array_get(addresses, i));
		if (server->addresses[i] == NULL)
			return not_a_portal(server, err);
	}
	server->token = token;
	return 0;
}

static int sign_in(struct enrol_server *server, struct seal_error *err)
{
	struct seal_buf answer = SEAL_BUF_INIT;
	int ret = call(server, "POST", "session", JSON, NULL, 200, &answer,
		       err);

	if (ret == 0) {
		server->session = read_json(server, &answer, err);
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
	struct seal_buf answer = SEAL_BUF_INIT;
	struct seal_error err;

	/* if that fails, the token is void in a quarter of an hour */
	if ((*server)->token != NULL)
		(void)call(*server, "DELETE", "session", NULL, NULL, 204,
			   &answer, &err);
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

/*
 * Profiles
 */

int enrol_server_create(struct enrol_server *server, unsigned int days,
			const char *label, const char *nonce,
			struct seal_buf *request, struct seal_error *err)
{
	struct seal_buf answer = SEAL_BUF_INIT;
	json_t *wish = json_pack("{s:i, s:s, s:s*}", "days", (int)days, "nonce",
				 nonce, "label", label), *json = NULL;
	const char *text;
	int ret = post(server, "profiles", wish, 201, &answer, err);

	if (ret == 0) {
		json = read_json(server, &answer, err);
		text = enrol_text(json, "request");
		ret = text == NULL ? not_a_portal(server, err) :
			seal_buf_append(request, text, strlen(text), err);
	}
	json_decref(json);
	seal_buf_free(&answer);
	return ret;
}

/* The three certificates of a profile that was issued */
static int get_issued(struct enrol_server *server, const char *id,
		      struct seal_buf *issued, struct seal_error *err)
{
	static const char *const names[] = { "user", "issuer", "root" };
	char path[100];
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "profiles/%s/%s.pem", id,
			       names[i]);
		if (call(server, "GET", path, NULL, NULL, 200, issued, err) < 0)
			return -1;
	}
	return 0;
}

int enrol_server_issue(struct enrol_server *server, const char *id,
		       const struct seal_buf *wish, struct seal_buf *issued,
		       struct seal_error *err)
{
	struct seal_error why;
	char path[100];
	int ret;

	(void)snprintf(path, sizeof(path), "profiles/%s/issue", id);
	ret = call(server, "POST", path, PEM, wish, 200, issued, err);
	if (ret < 0 && server->status == 409) {
		/* it is issued once: maybe the answer to the first time was lost */
		seal_buf_clear(issued);
		ret = get_issued(server, id, issued, &why);
	}
	return ret;
}

json_t *enrol_server_prove(struct enrol_server *server, const char *id,
			   struct seal_error *err)
{
	struct seal_buf answer = SEAL_BUF_INIT;
	json_t *json = NULL;
	char path[100];

	(void)snprintf(path, sizeof(path), "profiles/%s/prove", id);
	if (call(server, "POST", path, JSON, NULL, 200, &answer, err) == 0)
		json = read_json(server, &answer, err);
	seal_buf_free(&answer);
	return json;
}

int enrol_server_activate(struct enrol_server *server, const char *id,
			  const char *code, struct seal_error *err)
{
	struct seal_buf answer = SEAL_BUF_INIT;
	char path[100];
	int ret;

	(void)snprintf(path, sizeof(path), "profiles/%s/activate", id);
	ret = post(server, path, json_pack("{s:s, s:s}", "code", code,
			"password", (const char *)server->password.data), 204,
		   &answer, err);
	seal_buf_free(&answer);
	return ret;
}

int enrol_server_deactivate(struct enrol_server *server, const char *id,
			    struct seal_error *err)
{
	return change(server, "POST", id, "/deactivate", err);
}

int enrol_server_delete(struct enrol_server *server, const char *id,
			struct seal_error *err)
{
	return change(server, "DELETE", id, "", err);
}

json_t *enrol_server_list(struct enrol_server *server, struct seal_error *err)
{
	struct seal_buf answer = SEAL_BUF_INIT;
	json_t *json = NULL;

	if (call(server, "GET", "profiles", NULL, NULL, 200, &answer, err) == 0)
		json = read_json(server, &answer, err);
	seal_buf_free(&answer);
	return json;
}
