/* SPDX-License-Identifier: MIT */
#include "enrol/server-private.h"

#include <stdio.h>
#include <string.h>
#include "enrol/memory.h"

#define PATH_SIZE 100

/* profiles/ID and what follows; the id was found to be one. */
static const char *make_path(char path[PATH_SIZE], const char *id,
			     const char *what)
{
	(void)snprintf(path, PATH_SIZE, "profiles/%.16s%s", id, what);
	return path;
}

/* A call whose answer has nothing in it */
static int change(struct enrol_server *server, const char *method,
		  const char *id, const char *what, struct seal_error *err)
{
	char path[PATH_SIZE];
	const struct enrol_call call = {
		.method = method, .path = make_path(path, id, what),
		.type = ENROL_JSON, .wanted = 204
	};
	struct seal_buf answer = SEAL_BUF_INIT;
	int ret = enrol_call(server, &call, &answer, err);

	seal_buf_free(&answer);
	return ret;
}

/* Sends json (its reference is taken; NULL: it was no UTF-8). */
static int post(struct enrol_server *server, const char *path, json_t *json,
		unsigned int wanted, struct seal_buf *answer,
		struct seal_error *err)
{
	struct seal_buf body = SEAL_BUF_INIT;
	const struct enrol_call call = {
		.method = "POST", .path = path, .type = ENROL_JSON,
		.body = &body, .wanted = wanted
	};
	char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
	int ret;

	if (text == NULL)
		ret = seal_error_set(err, SEAL_ERR_INPUT, "what is sent to the "
			"server has to be text in UTF-8");
	else
		ret = seal_buf_append(&body, text, strlen(text), err);
	if (ret == 0)
		ret = enrol_call(server, &call, answer, err);
	enrol_memory_free(text);
	json_decref(json);
	seal_buf_free(&body);
	return ret;
}

/* A call whose answer is an object */
static json_t *ask(struct enrol_server *server, const struct enrol_call *call,
		   struct seal_error *err)
{
	struct seal_buf answer = SEAL_BUF_INIT;
	json_t *json = NULL;

	if (enrol_call(server, call, &answer, err) == 0)
		json = enrol_read_json(server, &answer, err);
	seal_buf_free(&answer);
	return json;
}

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
		json = enrol_read_json(server, &answer, err);
		ret = json == NULL ? -1 : 0;
	}
	if (ret == 0) {
		text = enrol_text(json, "request");
		ret = text == NULL ? enrol_not_a_portal(server, err) :
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
	static const char *const files[] = {
		"/user.pem", "/issuer.pem", "/root.pem"
	};
	char path[PATH_SIZE];
	const struct enrol_call call = {
		.method = "GET", .path = path, .wanted = 200
	};
	unsigned int i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		(void)make_path(path, id, files[i]);
		if (enrol_call(server, &call, issued, err) < 0)
			return -1;
	}
	return 0;
}

int enrol_server_issue(struct enrol_server *server, const char *id,
		       const struct seal_buf *wish, struct seal_buf *issued,
		       struct seal_error *err)
{
	char path[PATH_SIZE];
	const struct enrol_call call = {
		.method = "POST", .path = make_path(path, id, "/issue"),
		.type = ENROL_PEM, .body = wish, .wanted = 200
	};
	struct seal_error ignored;
	int ret = enrol_call(server, &call, issued, err);

	if (ret < 0 && server->status == 409) {
		/* it is issued once: maybe the answer to the first time was lost */
		seal_buf_clear(issued);
		ret = get_issued(server, id, issued, &ignored);
	}
	return ret;
}

json_t *enrol_server_prove(struct enrol_server *server, const char *id,
			   struct seal_error *err)
{
	char path[PATH_SIZE];
	const struct enrol_call call = {
		.method = "POST", .path = make_path(path, id, "/prove"),
		.type = ENROL_JSON, .wanted = 200
	};

	return ask(server, &call, err);
}

int enrol_server_activate(struct enrol_server *server, const char *id,
			  const char *code, struct seal_error *err)
{
	json_t *body = json_pack("{s:s, s:s}", "code", code, "password",
				 (const char *)server->password.data);
	struct seal_buf answer = SEAL_BUF_INIT;
	char path[PATH_SIZE];
	int ret = post(server, make_path(path, id, "/activate"), body, 204,
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
	const struct enrol_call call = {
		.method = "GET", .path = "profiles", .wanted = 200
	};

	return ask(server, &call, err);
}
