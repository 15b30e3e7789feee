/* SPDX-License-Identifier: MIT */
#ifndef PORTAL_ROUTES_H
#define PORTAL_ROUTES_H

struct portal_exchange;

/* What the portal answers to: openapi.json describes each for its users. */

enum portal_auth {
	PORTAL_AUTH_NONE,
	PORTAL_AUTH_BASIC,	/* name and password, with each request */
	PORTAL_AUTH_BEARER	/* the token of a session */
};

enum portal_kind {
	PORTAL_PAGE,		/* anybody may link to it */
	PORTAL_API,		/* for the page, and seal-enrol */
	PORTAL_EST		/* RFC 7030: its clients are no browsers */
};

/* Has everything that the route asks for: the user, the id, the body. Answers
 * the exchange, now or later. */
typedef void portal_handler_t(struct portal_exchange *exchange);

struct portal_route {
	enum portal_kind kind;
	const char *method;
	const char *path;	/* of its parts, "*" is a profile's id */
	enum portal_auth auth;
	const char *type;	/* of the body; NULL: there is none */
	portal_handler_t *handler;
};

/* Finds the route. NULL: none has this path (*allow_r is NULL), or none with this
 * method (*allow_r: the methods there are, as in Allow). *id_r is from the pool, or
 * NULL. */
const struct portal_route *
portal_route_find(pool_t pool, const char *method, const char *path,
		  const char **id_r, const char **allow_r);

/* "Not Found" for 404 */
const char *portal_status_text(unsigned int status);

/* page.c */
portal_handler_t portal_get_page;
/* api-session.c */
portal_handler_t portal_sign_in, portal_sign_out;
/* api-profiles.c */
portal_handler_t portal_list, portal_create, portal_issue, portal_prove;
/* api-state.c */
portal_handler_t portal_activate, portal_deactivate, portal_delete,
	portal_set_kill_switch;
/* api-certificates.c */
portal_handler_t portal_get_certificate;
/* est.c */
portal_handler_t portal_est_cacerts, portal_est_simpleenroll;

#endif
