/* SPDX-License-Identifier: MIT */
#ifndef PORTAL_SIGN_IN_H
#define PORTAL_SIGN_IN_H

#include "plugin/portal/login.h"

struct portal_exchange;

/* Whose request is this? */

/* What can be told before the body is read: a token is good, or a name and a
 * password are there, on a connection that nobody reads along. TRUE, or FALSE: that
 * was answered. */
bool portal_sign_in_check(struct portal_exchange *exchange);

/* Then, whoever has sent a password is asked for; next() gets an exchange with its
 * user, now or later, or the exchange was answered. */
void portal_sign_in_exchange(struct portal_exchange *exchange,
			     void (*next)(struct portal_exchange *exchange));

/* Answers a login that is not OK: 401, 429 or 503. */
void portal_answer_login(struct portal_exchange *exchange,
			 enum portal_login_result result);

/* Ends the session of the exchange's token. */
void portal_sign_in_forget(struct portal_exchange *exchange);

#endif
