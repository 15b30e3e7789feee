/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "safe-memset.h"
#include "plugin/portal/exchange.h"
#include "plugin/portal/routes.h"
#include "plugin/portal/session.h"
#include "plugin/portal/sign-in.h"

/* POST /api/v1/session */
void portal_sign_in(struct portal_exchange *exchange)
{
	const char *token;

	if (!portal_exchange_nothing(exchange))
		return;
	token = portal_session_new(exchange->user, exchange->addresses);
	portal_answer_json(exchange, 200, json_pack("{s:s, s:i, s:o, s:o}",
		"token", token, "expires", PORTAL_SESSION_SECONDS,
		"user", portal_json_string(exchange->user),
		"addresses", portal_json_strings(exchange->addresses)));
	safe_memset((char *)token, 0, strlen(token));
}

/* DELETE /api/v1/session */
void portal_sign_out(struct portal_exchange *exchange)
{
	portal_sign_in_forget(exchange);
	portal_answer_empty(exchange);
}
