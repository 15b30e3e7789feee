/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "safe-memset.h"
#include "plugin/portal/ask.h"
#include "plugin/portal/exchange.h"
#include "plugin/portal/notice.h"
#include "plugin/portal/routes.h"
#include "plugin/portal/sign-in.h"

/* What changes how the user's mail is treated. Each is told to the user by mail. */

static void change(struct portal_exchange *exchange, const char *command,
		   const char *const *args, enum portal_notice notice)
{
	if (portal_ask_done(exchange, command, args) < 0)
		return;
	portal_notice_send(exchange, notice, exchange->id);
	portal_answer_empty(exchange);
}

/*
 * POST /api/v1/profiles/{id}/activate
 */

struct activation {
	struct portal_exchange *exchange;
	const char *code;
};

static void activate(struct activation *activation, const char *user)
{
	struct portal_exchange *exchange = activation->exchange;
	const char *args[] = { portal_arg("code", activation->code), NULL };

	if (strcmp(user, exchange->user) == 0)
		change(exchange, "ACTIVATE", args, PORTAL_NOTICE_ACTIVATED);
	else
		/* the account was renamed since */
		portal_answer_unauthenticated(exchange, "Sign in again.");
}

/* 401 would send the user to sign in, and their token is good. */
static void password_checked(enum portal_login_result result, const char *user,
			     const char *const *addresses ATTR_UNUSED,
			     void *context)
{
	struct activation *activation = context;
	struct portal_exchange *exchange = activation->exchange;

	if (exchange->request == NULL)
		; /* nobody waits for it any more */
	else if (result == PORTAL_LOGIN_OK)
		activate(activation, user);
	else if (result == PORTAL_LOGIN_REFUSED)
		portal_answer_failure(exchange, 403, "password",
				      "The password is wrong.");
	else
		portal_answer_login(exchange, result);
	portal_exchange_unref(&exchange);
}

void portal_activate(struct portal_exchange *exchange)
{
	json_t *body = portal_exchange_json(exchange);
	struct activation *activation;
	const char *code, *password;

	if (body == NULL)
		return;
	if (json_unpack_ex(body, NULL, JSON_STRICT, "{s:s, s:s}", "code", &code,
			   "password", &password) < 0 || *code == '\0') {
		portal_answer_failure(exchange, 400, "input", "To activate a "
			"profile, \"code\" and \"password\" are needed.");
	} else {
		activation = p_new(exchange->pool, struct activation, 1);
		activation->exchange = exchange;
		activation->code = p_strdup(exchange->pool, code);
		portal_exchange_ref(exchange);
		portal_login(exchange->user, password, &exchange->peer,
			     password_checked, activation);
		/* jansson only frees it */
		safe_memset((char *)password, 0, strlen(password));
	}
	json_decref(body);
}

/*
 * The others
 */

/* POST /api/v1/profiles/{id}/deactivate */
void portal_deactivate(struct portal_exchange *exchange)
{
	if (portal_exchange_nothing(exchange))
		change(exchange, "DEACTIVATE", NULL,
		       PORTAL_NOTICE_DEACTIVATED);
}

/* DELETE /api/v1/profiles/{id} */
void portal_delete(struct portal_exchange *exchange)
{
	change(exchange, "DELETE", NULL, PORTAL_NOTICE_DELETED);
}

/* POST /api/v1/kill-switch */
void portal_set_kill_switch(struct portal_exchange *exchange)
{
	json_t *body = portal_exchange_json(exchange);
	const char *args[] = { NULL, NULL };
	int on;

	if (body == NULL)
		return;
	if (json_unpack_ex(body, NULL, JSON_STRICT, "{s:b}", "kill_switch",
			   &on) < 0) {
		portal_answer_failure(exchange, 400, "input",
				      "\"kill_switch\" is true or false.");
	} else {
		args[0] = portal_arg("kill_switch", on != 0 ? "yes" : "no");
		change(exchange, "USER-SET", args, on != 0 ?
		       PORTAL_NOTICE_KILL_SWITCH_ON :
		       PORTAL_NOTICE_KILL_SWITCH_OFF);
	}
	json_decref(body);
}
