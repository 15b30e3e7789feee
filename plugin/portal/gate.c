/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "array.h"
#include "http-server.h"
#include "http-url.h"
#include "plugin/portal/exchange.h"
#include "plugin/portal/gate.h"
#include "plugin/portal/routes.h"

static const char *const *gate_hosts;

void portal_gate_init(const char *hosts)
{
	gate_hosts = (const char *const *)p_strsplit_spaces(
		default_pool, hosts, " ");
}

static const struct http_request *
http_of(const struct portal_exchange *exchange)
{
	return http_server_request_get(exchange->request);
}

/* The name of "name", "name:port" or "[address]:port" */
static const char *name_of(const char *host)
{
	const char *p;

	if (*host == '[')
		return t_strcut(host + 1, ']');
	p = strrchr(host, ':');
	return p == NULL ? host : t_strdup_until(host, p);
}

static bool is_ours(const char *host)
{
	const char *const *name, *asked = name_of(host);

	for (name = gate_hosts; *name != NULL; name++) {
		if (strcasecmp(*name, asked) == 0)
			return TRUE;
	}
	return FALSE;
}

static unsigned int count_fields(const struct portal_exchange *exchange,
				 const char *name)
{
	const ARRAY_TYPE(http_header_field) *all =
		http_request_header_get_fields(http_of(exchange));
	const struct http_header_field *field;
	unsigned int count = 0;

	array_foreach(all, field) {
		if (strcasecmp(field->name, name) == 0)
			count++;
	}
	return count;
}

/* The target of a request may be a whole URL. Of another scheme's the library keeps
 * no host. */
static bool is_ours_target(const struct http_request_target *target)
{
	return target->format != HTTP_REQUEST_TARGET_FORMAT_ABSOLUTE ||
		(target->url != NULL && is_ours(target->url->host.name));
}

/* A page that got hold of another name for this address (DNS rebinding) would else
 * be of the same origin as the portal. The port is not compared: behind a proxy it
 * is another one. */
static bool check_host(struct portal_exchange *exchange)
{
	const char *host = portal_exchange_header(exchange, "Host");

	if (host != NULL && count_fields(exchange, "Host") == 1 &&
	    is_ours(host) && is_ours_target(&http_of(exchange)->target))
		return TRUE;
	portal_answer_failure_close(exchange, 421, "host", "The portal is not "
		"known by this name. Use the address that you were told.");
	return FALSE;
}

/* The path as it was sent, without a host. */
static const char *path_of(const struct http_request *http)
{
	const char *path = http->target_raw;

	if (http->target.format == HTTP_REQUEST_TARGET_FORMAT_ABSOLUTE) {
		path = strstr(path, "://");
		path = path == NULL ? NULL : strchr(path + 3, '/');
	}
	return path == NULL ? "" : path;
}

static bool find_route(struct portal_exchange *exchange)
{
	const struct http_request *http = http_of(exchange);
	const char *allow;

	exchange->route = portal_route_find(exchange->pool, http->method,
					    path_of(http), &exchange->id,
					    &allow);
	if (exchange->route != NULL)
		return TRUE;
	if (allow == NULL) {
		portal_answer_failure_close(exchange, 404, "notfound",
					    "There is nothing at this path.");
		return FALSE;
	}
	portal_answer_header(exchange, "Allow", allow);
	portal_answer_failure_close(exchange, 405, "method", t_strdup_printf(
		"This path takes %s only.", allow));
	return FALSE;
}

/* Browsers say which site a request comes from (Fetch Metadata; older ones tell
 * the Origin of a POST). There is no cookie that another site's request could
 * profit from; this keeps even its attempts out. */
static bool check_site(struct portal_exchange *exchange)
{
	const char *site = portal_exchange_header(exchange, "Sec-Fetch-Site");
	const char *origin = portal_exchange_header(exchange, "Origin");
	const char *host = portal_exchange_header(exchange, "Host");
	const char *p;

	if (exchange->route->kind == PORTAL_PAGE)
		return TRUE;
	if (count_fields(exchange, "Sec-Fetch-Site") <= 1 &&
	    count_fields(exchange, "Origin") <= 1 &&
	    (site == NULL || strcmp(site, "same-origin") == 0 ||
	     strcmp(site, "none") == 0)) {
		p = origin == NULL ? NULL : strstr(origin, "://");
		if (origin == NULL ||
		    (p != NULL && strcasecmp(p + 3, host) == 0))
			return TRUE;
	}
	portal_answer_failure_close(exchange, 403, "forbidden",
		"This was sent by another site's page.");
	return FALSE;
}

static void answer_length(struct portal_exchange *exchange)
{
	portal_answer_failure_close(exchange, 411, "length", "The request has to "
		"say how long its body is (Content-Length).");
}

static bool check_wanted(struct portal_exchange *exchange)
{
	bool wanted = exchange->route->type != NULL;

	if (wanted && portal_exchange_header(exchange, "Content-Length") == NULL)
		answer_length(exchange);
	else if (!wanted && exchange->length > 0)
		portal_answer_failure_close(exchange, 400, "input",
					    "This request takes no body.");
	else
		return TRUE;
	return FALSE;
}

/* A form of another site can send a few types only, and JSON is none of them. */
static bool check_type(struct portal_exchange *exchange)
{
	const char *wanted = exchange->route->type;
	const char *type = portal_exchange_header(exchange, "Content-Type");

	if (exchange->length == 0)
		return TRUE;
	type = type == NULL ? "" : t_str_trim(t_strcut(type, ';'), " \t");
	if (strcasecmp(type, wanted) == 0)
		return TRUE;
	portal_answer_failure_close(exchange, 415, "type", t_strdup_printf(
		"The request's body has to be %s.", wanted));
	return FALSE;
}

/* lib-http hangs, or ends the process, where a payload is expected that is not
 * there, and hangs on a chunked one that is above the limit: so its length has to
 * be told. */
bool portal_gate_measure(struct portal_exchange *exchange)
{
	const char *length = portal_exchange_header(exchange, "Content-Length");

	if (portal_exchange_header(exchange, "Transfer-Encoding") != NULL)
		answer_length(exchange);
	else if (length != NULL && (str_to_uoff(length, &exchange->length) < 0 ||
				    count_fields(exchange,
						 "Content-Length") > 1))
		portal_answer_failure_close(exchange, 400, "input",
					    "Content-Length is no number.");
	else if (exchange->length > PORTAL_BODY_MAX)
		portal_answer_failure_close(exchange, 413, "large",
			"The request's body is too long.");
	else
		return TRUE;
	return FALSE;
}

bool portal_gate_pass(struct portal_exchange *exchange)
{
	return check_host(exchange) && find_route(exchange) &&
		check_site(exchange) && check_wanted(exchange) &&
		check_type(exchange);
}
