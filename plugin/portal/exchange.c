/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "buffer.h"
#include "istream.h"
#include "safe-memset.h"
#include "str-sanitize.h"
#include "unichar.h"
#include "http-server.h"
#include "plugin/portal/exchange.h"
#include "plugin/portal/routes.h"

/* What each answer carries. No page of anybody else's may read or frame what is
 * here, and no cache may keep it. */
static const char *const fields[][2] = {
	{ "Cache-Control", "no-store" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "X-Frame-Options", "DENY" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Permissions-Policy",
	  "camera=(), geolocation=(), microphone=(), payment=(), usb=()" },
};

struct portal_exchange *
portal_exchange_new(struct http_server_request *request,
		    const struct portal_peer *peer)
{
	pool_t pool = pool_alloconly_create("portal exchange", 1024);
	struct portal_exchange *exchange = p_new(pool, struct portal_exchange, 1);
	unsigned int i;

	exchange->pool = pool;
	exchange->refs = 1;
	exchange->request = request;
	exchange->peer = *peer;
	exchange->body = buffer_create_dynamic(default_pool, 0);
	for (i = 0; i < N_ELEMENTS(fields); i++)
		http_server_request_add_response_header(request, fields[i][0],
							fields[i][1]);
	http_server_request_ref(request);
	return exchange;
}

void portal_exchange_ref(struct portal_exchange *exchange)
{
	i_assert(exchange->refs > 0);
	exchange->refs++;
}

void portal_exchange_unref(struct portal_exchange **_exchange)
{
	struct portal_exchange *exchange = *_exchange;

	*_exchange = NULL;
	i_assert(exchange->refs > 0);
	if (--exchange->refs > 0)
		return;
	/* a password may have been in it */
	safe_memset(buffer_get_modifiable_data(exchange->body, NULL), 0,
		    exchange->body->used);
	buffer_free(&exchange->body);
	pool_unref(&exchange->pool);
}

const char *portal_exchange_header(const struct portal_exchange *exchange,
				   const char *name)
{
	return http_request_header_get(
		http_server_request_get(exchange->request), name);
}

void portal_exchange_set_user(struct portal_exchange *exchange,
			      const char *user, const char *const *addresses)
{
	exchange->user = p_strdup(exchange->pool, user);
	exchange->addresses = (const char *const *)
		p_strarray_dup(exchange->pool, addresses);
}

json_t *portal_exchange_json(struct portal_exchange *exchange)
{
	json_error_t error;
	json_t *json;

	if (exchange->body->used == 0)
		return json_object();
	json = json_loadb(exchange->body->data, exchange->body->used,
			  JSON_REJECT_DUPLICATES, &error);
	if (json != NULL && json_is_object(json))
		return json;
	json_decref(json);
	/* jansson's text quotes the body, which may hold a password */
	portal_answer_failure(exchange, 400, "input",
			      "The request's body is not a JSON object.");
	return NULL;
}

bool portal_exchange_nothing(struct portal_exchange *exchange)
{
	json_t *body = portal_exchange_json(exchange);
	bool nothing;

	if (body == NULL)
		return FALSE;
	nothing = json_object_size(body) == 0;
	json_decref(body);
	if (!nothing)
		portal_answer_failure(exchange, 400, "input",
				      "This request takes no members.");
	return nothing;
}

/*
 * Answers
 */

/* The request may be destroyed in here, and the exchange with it. */
static void submit(struct portal_exchange *exchange,
		   struct http_server_response *response, bool close)
{
	exchange->answered = TRUE;
	if (close)
		http_server_response_submit_close(response);
	else
		http_server_response_submit(response);
}

bool portal_exchange_read(struct portal_exchange *exchange)
{
	i_stream_unref(&exchange->input);
	if (exchange->late == NULL)
		return TRUE;
	submit(exchange, exchange->late, exchange->late_close);
	return FALSE;
}

static struct http_server_response *
create(struct portal_exchange *exchange, unsigned int status, const char *type)
{
	struct http_server_response *response = http_server_response_create(
		exchange->request, status, portal_status_text(status));

	if (type != NULL)
		http_server_response_add_header(response, "Content-Type", type);
	return response;
}

static void answer_with(struct portal_exchange *exchange,
			struct http_server_response *response, bool close)
{
	if (exchange->input == NULL) {
		submit(exchange, response, close);
	} else {
		/* The library sends no answer before the request's body, which
		   it does not read where that is to be the last request. */
		exchange->late = response;
		exchange->late_close = close;
	}
}

static void answer(struct portal_exchange *exchange, unsigned int status,
		   const char *type, const void *data, size_t size, bool close)
{
	struct http_server_response *response;

	if (exchange->request == NULL)
		return;
	response = create(exchange, status, type);
	if (data != NULL)
		http_server_response_set_payload_data(response, data, size);
	answer_with(exchange, response, close);
}

static void answer_json(struct portal_exchange *exchange, unsigned int status,
			json_t *body, bool close)
{
	char *text = json_dumps(body, JSON_COMPACT);

	if (text == NULL)
		i_fatal_status(FATAL_OUTOFMEM, "json_dumps() failed");
	json_decref(body);
	answer(exchange, status, "application/json", text, strlen(text), close);
	/* a token may be in it */
	safe_memset(text, 0, strlen(text));
	free(text);
}

void portal_answer_json(struct portal_exchange *exchange, unsigned int status,
			json_t *body)
{
	answer_json(exchange, status, body, FALSE);
}

void portal_answer_data(struct portal_exchange *exchange, unsigned int status,
			const char *type, const void *data, size_t size)
{
	answer(exchange, status, type, data, size, FALSE);
}

void portal_answer_constant(struct portal_exchange *exchange, const char *type,
			    const void *data, size_t size)
{
	struct http_server_response *response;
	struct istream *input;

	if (exchange->request == NULL)
		return;
	response = create(exchange, 200, type);
	input = i_stream_create_from_data(data, size);
	http_server_response_set_payload(response, input);
	i_stream_unref(&input);
	answer_with(exchange, response, FALSE);
}

void portal_answer_empty(struct portal_exchange *exchange)
{
	answer(exchange, 204, NULL, NULL, 0, FALSE);
}

static void answer_failure(struct portal_exchange *exchange,
			   unsigned int status, const char *code,
			   const char *text, bool close)
{
	answer_json(exchange, status,
		    json_pack("{s:{s:s, s:o}}", "error", "code", code,
			      "text", portal_json_string(text)), close);
}

void portal_answer_failure(struct portal_exchange *exchange,
			   unsigned int status, const char *code,
			   const char *text)
{
	answer_failure(exchange, status, code, text, FALSE);
}

void portal_answer_failure_close(struct portal_exchange *exchange,
				 unsigned int status, const char *code,
				 const char *text)
{
	answer_failure(exchange, status, code, text, TRUE);
}

void portal_answer_unauthenticated(struct portal_exchange *exchange,
				   const char *text)
{
	/* A browser asks for a password of its own accord where it is told
	   "Basic"; the page does that itself, and EST's clients are no
	   browsers. */
	portal_answer_header(exchange, "WWW-Authenticate",
			     exchange->route->kind == PORTAL_EST ?
			     "Basic realm=\"mail-seal\", charset=\"UTF-8\"" :
			     "Bearer realm=\"mail-seal\"");
	portal_answer_failure(exchange, 401, "unauthenticated", text);
}

void portal_answer_header(struct portal_exchange *exchange, const char *name,
			  const char *value)
{
	if (exchange->request != NULL)
		http_server_request_add_response_header(exchange->request, name,
							value);
}

json_t *portal_json_string(const char *text)
{
	return json_string(uni_utf8_str_is_valid(text) ? text :
			   str_sanitize(text, strlen(text)));
}

json_t *portal_json_strings(const char *const *texts)
{
	json_t *array = json_array();

	for (; *texts != NULL; texts++)
		json_array_append_new(array, portal_json_string(*texts));
	return array;
}
