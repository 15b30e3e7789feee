/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "plugin/portal/routes.h"

#include "store/profile.h"

#define JSON "application/json"
#define PEM "application/x-pem-file"
#define PROFILES "/api/v1/profiles"
#define EST "/.well-known/est"

#define BEARER PORTAL_AUTH_BEARER
#define BASIC PORTAL_AUTH_BASIC
#define CERTIFICATE(file) \
	{ PORTAL_API, "GET", PROFILES "/*/" file, BEARER, NULL, \
	  portal_get_certificate }

static const struct portal_route routes[] = {
	{ PORTAL_PAGE, "GET", "/", PORTAL_AUTH_NONE, NULL, portal_get_page },
	{ PORTAL_API, "POST", "/api/v1/session", BASIC, JSON, portal_sign_in },
	{ PORTAL_API, "DELETE", "/api/v1/session", BEARER, NULL,
	  portal_sign_out },
	{ PORTAL_API, "GET", PROFILES, BEARER, NULL, portal_list },
	{ PORTAL_API, "POST", PROFILES, BEARER, JSON, portal_create },
	{ PORTAL_API, "DELETE", PROFILES "/*", BEARER, NULL, portal_delete },
	{ PORTAL_API, "POST", PROFILES "/*/issue", BEARER, PEM, portal_issue },
	{ PORTAL_API, "POST", PROFILES "/*/prove", BEARER, JSON, portal_prove },
	{ PORTAL_API, "POST", PROFILES "/*/activate", BEARER, JSON,
	  portal_activate },
	{ PORTAL_API, "POST", PROFILES "/*/deactivate", BEARER, JSON,
	  portal_deactivate },
	CERTIFICATE("root.pem"), CERTIFICATE("root.cer"),
	CERTIFICATE("issuer.pem"), CERTIFICATE("issuer.cer"),
	CERTIFICATE("user.pem"), CERTIFICATE("user.cer"),
	{ PORTAL_API, "POST", "/api/v1/kill-switch", BEARER, JSON,
	  portal_set_kill_switch },
	{ PORTAL_EST, "GET", EST "/*/cacerts", BASIC, NULL, portal_est_cacerts },
	{ PORTAL_EST, "POST", EST "/*/simpleenroll", BASIC, "application/pkcs10",
	  portal_est_simpleenroll },
};

static bool is_id(const char *text)
{
	return strlen(text) == SEAL_PROFILE_ID_LEN &&
		strspn(text, "0123456789abcdef") == SEAL_PROFILE_ID_LEN;
}

/* Compared as it came: what is percent-encoded, has empty or dotted parts or a
 * query is another path, and there is none of those here. */
static bool matches(const char *pattern, const char *path, const char **id_r)
{
	const char *const *parts = t_strsplit(path, "/");
	const char *const *wanted = t_strsplit(pattern, "/");

	*id_r = NULL;
	for (; *parts != NULL && *wanted != NULL; parts++, wanted++) {
		if (strcmp(*wanted, "*") == 0) {
			if (!is_id(*parts))
				return FALSE;
			*id_r = *parts;
		} else if (strcmp(*wanted, *parts) != 0) {
			return FALSE;
		}
	}
	return *parts == NULL && *wanted == NULL;
}

const struct portal_route *
portal_route_find(pool_t pool, const char *method, const char *path,
		  const char **id_r, const char **allow_r)
{
	const struct portal_route *route;
	const char *id;

	*id_r = *allow_r = NULL;
	for (route = routes; route < routes + N_ELEMENTS(routes); route++) {
		if (!matches(route->path, path, &id))
			continue;
		if (strcmp(route->method, method) == 0) {
			*id_r = p_strdup(pool, id);
			*allow_r = NULL;
			return route;
		}
		*allow_r = *allow_r == NULL ? route->method :
			p_strconcat(pool, *allow_r, ", ", route->method, NULL);
	}
	return NULL;
}

const char *portal_status_text(unsigned int status)
{
	static const struct {
		unsigned int status;
		const char *text;
	} texts[] = {
		{ 200, "OK" }, { 201, "Created" }, { 202, "Accepted" },
		{ 204, "No Content" }, { 400, "Bad Request" },
		{ 401, "Unauthorized" }, { 403, "Forbidden" },
		{ 404, "Not Found" }, { 405, "Method Not Allowed" },
		{ 409, "Conflict" }, { 411, "Length Required" },
		{ 413, "Content Too Large" },
		{ 415, "Unsupported Media Type" },
		{ 421, "Misdirected Request" }, { 429, "Too Many Requests" },
		{ 503, "Service Unavailable" },
	};
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(texts); i++) {
		if (texts[i].status == status)
			return texts[i].text;
	}
	i_unreached();
}
