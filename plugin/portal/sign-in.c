/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "base64.h"
#include "buffer.h"
#include "safe-memset.h"
#include "str-sanitize.h"
#include "plugin/portal/exchange.h"
#include "plugin/portal/routes.h"
#include "plugin/portal/session.h"
#include "plugin/portal/sign-in.h"

#define WRONG "The name or the password is wrong."

struct waiting {
	struct portal_exchange *exchange;
	void (*next)(struct portal_exchange *exchange);
};

/* What comes after "SCHEME " in the Authorization field; NULL: it is not there. */
static const char *
find_credentials(const struct portal_exchange *exchange, const char *scheme)
{
	const char *value = portal_exchange_header(exchange, "Authorization");
	size_t len = strlen(scheme);

	if (value == NULL || strncasecmp(value, scheme, len) != 0 ||
	    value[len] != ' ')
		return NULL;
	return value + len + 1;
}

static struct portal_session *
find_session(const struct portal_exchange *exchange)
{
	const char *token = find_credentials(exchange, "Bearer");

	return token == NULL ? NULL : portal_session_find(token);
}

static bool check_secured(struct portal_exchange *exchange)
{
	if (exchange->peer.secured)
		return TRUE;
	portal_answer_failure_close(exchange, 403, "forbidden",
		"This is not a secure connection. Use https.");
	return FALSE;
}

static bool check_token(struct portal_exchange *exchange)
{
	struct portal_session *session = find_session(exchange);

	if (session == NULL) {
		portal_answer_unauthenticated(exchange, "You are not signed in, "
			"or your session is over. Sign in again.");
		return FALSE;
	}
	portal_exchange_set_user(exchange, session->user, session->addresses);
	return TRUE;
}

static bool check_password(struct portal_exchange *exchange)
{
	if (find_credentials(exchange, "Basic") != NULL)
		return TRUE;
	portal_answer_unauthenticated(exchange, "Name and password are missing.");
	return FALSE;
}

bool portal_sign_in_check(struct portal_exchange *exchange)
{
	switch (exchange->route->auth) {
	case PORTAL_AUTH_NONE:
		return TRUE;
	case PORTAL_AUTH_BASIC:
		return check_secured(exchange) && check_password(exchange);
	case PORTAL_AUTH_BEARER:
		return check_secured(exchange) && check_token(exchange);
	}
	i_unreached();
}

void portal_answer_login(struct portal_exchange *exchange,
			 enum portal_login_result result)
{
	switch (result) {
	case PORTAL_LOGIN_OK:
		break;
	case PORTAL_LOGIN_REFUSED:
		portal_answer_unauthenticated(exchange, WRONG);
		break;
	case PORTAL_LOGIN_BUSY:
		portal_answer_header(exchange, "Retry-After", "10");
		portal_answer_failure(exchange, 429, "busy", "Too many people "
			"are signing in. Try again in a moment.");
		break;
	case PORTAL_LOGIN_UNAVAILABLE:
		portal_answer_failure(exchange, 503, "unavailable", "Passwords "
			"cannot be checked at the moment. Try again later.");
		break;
	}
}

static void logged_in(enum portal_login_result result, const char *user,
		      const char *const *addresses, void *context)
{
	struct waiting *waiting = context;
	struct portal_exchange *exchange = waiting->exchange;

	if (exchange->request != NULL && result == PORTAL_LOGIN_OK) {
		i_info("Login: user=<%s>, rip=%s", str_sanitize(user, 256),
		       net_ip2addr(&exchange->peer.remote_ip));
		portal_exchange_set_user(exchange, user, addresses);
		waiting->next(exchange);
	} else if (exchange->request != NULL) {
		portal_answer_login(exchange, result);
	}
	portal_exchange_unref(&exchange);
}

/* RFC 7617 section 2: base64 of name, ':' and password */
static void log_in(struct portal_exchange *exchange,
		   void (*next)(struct portal_exchange *exchange))
{
	buffer_t *text = t_base64_decode_str(find_credentials(exchange,
							      "Basic"));
	struct waiting *waiting;
	char *name, *p;

	buffer_append_c(text, '\0');
	name = buffer_get_modifiable_data(text, NULL);
	p = strchr(name, ':');
	if (p == NULL || p == name || strlen(name) + 1 != text->used) {
		portal_answer_unauthenticated(exchange, WRONG);
		return;
	}
	*p = '\0';
	waiting = p_new(exchange->pool, struct waiting, 1);
	waiting->exchange = exchange;
	waiting->next = next;
	portal_exchange_ref(exchange);
	portal_login(name, p + 1, &exchange->peer, logged_in, waiting);
	safe_memset(name, 0, text->used);
}

void portal_sign_in_exchange(struct portal_exchange *exchange,
			     void (*next)(struct portal_exchange *exchange))
{
	if (exchange->route->auth == PORTAL_AUTH_BASIC)
		log_in(exchange, next);
	else
		next(exchange);
}

void portal_sign_in_forget(struct portal_exchange *exchange)
{
	struct portal_session *session = find_session(exchange);

	if (session != NULL)
		portal_session_end(session);
}
