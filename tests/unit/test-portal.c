/* SPDX-License-Identifier: MIT */

/* What the portal knows by itself: its paths, who has signed in, and for how long. */

#include "lib.h"
#include "ioloop.h"
#include "base/error.h"
#include "plugin/portal/chain.h"
#include "plugin/portal/routes.h"
#include "plugin/portal/session.h"

#include "unit/tap.h"

#define ID "0123456789abcdef"
#define PROFILE "/api/v1/profiles/" ID
#define EST "/.well-known/est/" ID

static const char *const nobody[] = { NULL };

/*
 * Routes
 */

#define HANDLER(name) void name(struct portal_exchange *exchange ATTR_UNUSED) { }
HANDLER(portal_get_page)
HANDLER(portal_sign_in)
HANDLER(portal_sign_out)
HANDLER(portal_list)
HANDLER(portal_create)
HANDLER(portal_issue)
HANDLER(portal_prove)
HANDLER(portal_activate)
HANDLER(portal_deactivate)
HANDLER(portal_delete)
HANDLER(portal_set_kill_switch)
HANDLER(portal_get_certificate)
HANDLER(portal_est_cacerts)
HANDLER(portal_est_simpleenroll)

static const struct {
	const char *method, *path;
	portal_handler_t *handler;	/* NULL: there is none */
	const char *id, *allow;
} paths[] = {
	{ "GET", "/", portal_get_page, NULL, NULL },
	{ "POST", "/api/v1/session", portal_sign_in, NULL, NULL },
	{ "DELETE", "/api/v1/session", portal_sign_out, NULL, NULL },
	{ "GET", "/api/v1/profiles", portal_list, NULL, NULL },
	{ "POST", "/api/v1/profiles", portal_create, NULL, NULL },
	{ "DELETE", PROFILE, portal_delete, ID, NULL },
	{ "POST", PROFILE "/issue", portal_issue, ID, NULL },
	{ "POST", PROFILE "/prove", portal_prove, ID, NULL },
	{ "POST", PROFILE "/activate", portal_activate, ID, NULL },
	{ "POST", PROFILE "/deactivate", portal_deactivate, ID, NULL },
	{ "GET", PROFILE "/root.pem", portal_get_certificate, ID, NULL },
	{ "GET", PROFILE "/user.cer", portal_get_certificate, ID, NULL },
	{ "POST", "/api/v1/kill-switch", portal_set_kill_switch, NULL, NULL },
	{ "GET", EST "/cacerts", portal_est_cacerts, ID, NULL },
	{ "POST", EST "/simpleenroll", portal_est_simpleenroll, ID, NULL },
	/* another method */
	{ "POST", "/", NULL, NULL, "GET" },
	{ "get", "/", NULL, NULL, "GET" },
	{ "GET", "/api/v1/session", NULL, NULL, "POST, DELETE" },
	{ "PUT", "/api/v1/profiles", NULL, NULL, "GET, POST" },
	{ "GET", PROFILE, NULL, NULL, "DELETE" },
	/* another path */
	{ "GET", "", NULL, NULL, NULL },
	{ "GET", "/?", NULL, NULL, NULL },
	{ "GET", "//", NULL, NULL, NULL },
	{ "GET", "/.", NULL, NULL, NULL },
	{ "GET", "/index.html", NULL, NULL, NULL },
	{ "GET", "/api/v1/profiles/", NULL, NULL, NULL },
	{ "GET", "/api//v1/profiles", NULL, NULL, NULL },
	{ "GET", "/api/v1/%70rofiles", NULL, NULL, NULL },
	{ "GET", "/api/v1/x/../profiles", NULL, NULL, NULL },
	{ "GET", "/API/v1/profiles", NULL, NULL, NULL },
	{ "GET", PROFILE "/key.pem", NULL, NULL, NULL },
	{ "POST", PROFILE "/issue/", NULL, NULL, NULL },
	{ "DELETE", "/api/v1/profiles/*", NULL, NULL, NULL },
	/* no id */
	{ "DELETE", "/api/v1/profiles/0123456789abcde", NULL, NULL, NULL },
	{ "DELETE", "/api/v1/profiles/" ID "0", NULL, NULL, NULL },
	{ "DELETE", "/api/v1/profiles/0123456789ABCDEF", NULL, NULL, NULL },
	{ "DELETE", "/api/v1/profiles/0123456789abcde\t", NULL, NULL, NULL },
};

static void test_routes(void)
{
	const struct portal_route *route;
	const char *id, *allow;
	pool_t pool = pool_alloconly_create("routes", 1024);
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(paths); i++) {
		route = portal_route_find(pool, paths[i].method, paths[i].path,
					  &id, &allow);
		tap_ok((route == NULL ? NULL : route->handler) ==
		       paths[i].handler && null_strcmp(id, paths[i].id) == 0 &&
		       null_strcmp(allow, paths[i].allow) == 0,
		       "route: %s %s", paths[i].method, paths[i].path);
	}
	pool_unref(&pool);
}

/*
 * Sessions
 */

static void test_session(void)
{
	static const char *const addresses[] = {
		"anna@example.org", "a@example.org", NULL
	};
	const char *token, *other;
	struct portal_session *session;

	portal_sessions_init();
	tap_ok(portal_sessions_are_empty(), "session: nobody has signed in");
	token = portal_session_new("anna", addresses);
	other = portal_session_new("bob", nobody);
	session = portal_session_find(token);
	tap_ok(strlen(token) == 43 &&
	       strspn(token, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		      "0123456789-_") == 43, "session: a token is base64url");
	tap_ok(session != NULL && strcmp(session->user, "anna") == 0 &&
	       strcmp(session->addresses[1], "a@example.org") == 0 &&
	       session->addresses[2] == NULL, "session: a token is its user's");
	tap_ok(strcmp(portal_session_find(other)->user, "bob") == 0,
	       "session: another is another's");
	tap_ok(portal_session_find("") == NULL &&
	       portal_session_find(t_strndup(token, 42)) == NULL &&
	       portal_session_find(t_strconcat(token, "A", NULL)) == NULL,
	       "session: nothing else is a token");
	portal_session_end(session);
	tap_ok(portal_session_find(token) == NULL &&
	       portal_session_find(other) != NULL,
	       "session: one that was ended is no more");
	ioloop_time += PORTAL_SESSION_SECONDS - 1;
	tap_ok(portal_session_find(other) != NULL, "session: it lasts");
	ioloop_time++;
	tap_ok(portal_session_find(other) == NULL, "session: it ends");
	tap_ok(portal_sessions_are_empty(), "session: nobody is signed in");
	portal_sessions_deinit();
}

static void test_session_limits(void)
{
	const char *tokens[PORTAL_SESSION_USER_MAX + 1], *first;
	unsigned int i;

	portal_sessions_init();
	first = portal_session_new("first", nobody);
	for (i = 0; i < N_ELEMENTS(tokens); i++)
		tokens[i] = portal_session_new("anna", nobody);
	tap_ok(portal_session_find(tokens[0]) == NULL &&
	       portal_session_find(tokens[1]) != NULL &&
	       portal_session_find(tokens[N_ELEMENTS(tokens) - 1]) != NULL,
	       "session: of one user's too many, the oldest goes");
	tap_ok(portal_session_find(first) != NULL,
	       "session: no other user's does");
	for (i = 0; i < PORTAL_SESSION_MAX; i++) T_BEGIN {
		(void)portal_session_new(t_strdup_printf("user%u", i), nobody);
	} T_END;
	tap_ok(portal_session_find(first) == NULL,
	       "session: of too many, the oldest goes");
	portal_sessions_deinit();
}

/*
 * Chains
 */

static bool chain_is(const char *user, const char *id, const char *text)
{
	const struct seal_buf *pem = portal_chain_find(user, id);

	return pem != NULL && pem->len == strlen(text) &&
		memcmp(pem->data, text, pem->len) == 0;
}

static void keep(const char *user, const char *id, const char *text)
{
	struct seal_buf pem = SEAL_BUF_INIT;
	struct seal_error err;

	if (seal_buf_append(&pem, text, strlen(text), &err) < 0)
		i_fatal("%s", err.text);
	portal_chain_keep(user, id, &pem);
	seal_buf_free(&pem);
}

static void test_chain(void)
{
	char id[17];
	unsigned int i;

	keep("anna", ID, "one");
	keep("bob", ID, "two");
	tap_ok(chain_is("anna", ID, "one") && chain_is("bob", ID, "two") &&
	       portal_chain_find("anna", "fedcba9876543210") == NULL,
	       "chain: each profile has its own");
	keep("anna", ID, "three");
	tap_ok(chain_is("anna", ID, "three"), "chain: a later one replaces it");
	portal_chain_forget("anna", ID);
	portal_chain_forget("anna", ID);
	tap_ok(portal_chain_find("anna", ID) == NULL && chain_is("bob", ID, "two"),
	       "chain: it is forgotten, and no other");
	ioloop_time += PORTAL_CHAIN_SECONDS;
	tap_ok(portal_chains_are_empty() &&
	       portal_chain_find("bob", ID) == NULL, "chain: its time is up");
	for (i = 0; i <= PORTAL_CHAIN_MAX; i++) {
		(void)i_snprintf(id, sizeof(id), "%016x", i);
		keep("anna", id, "many");
	}
	tap_ok(portal_chain_find("anna", "0000000000000000") == NULL &&
	       portal_chain_find("anna", "0000000000000001") != NULL,
	       "chain: of too many, the oldest goes");
	portal_chains_deinit();
	tap_ok(portal_chains_are_empty(), "chain: none is left");
}

int main(void)
{
	lib_init();
	ioloop_time = 1000000;
	T_BEGIN {
		test_routes();
		test_session();
		test_session_limits();
		test_chain();
	} T_END;
	lib_deinit();
	return tap_done();
}
