/* SPDX-License-Identifier: MIT */
#ifndef SEAL_SEAL_POLICY_H
#define SEAL_SEAL_POLICY_H

#include <stdbool.h>

/* What becomes of a message, decided from what seald said and what the
 * administrator set. A pure function: the table in tests/unit/test-policy.c is
 * its specification. */

enum seal_policy_choice {	/* values of the settings */
	SEAL_POLICY_DELIVER,
	SEAL_POLICY_DEFER,
	SEAL_POLICY_REJECT,
	SEAL_POLICY_SEAL	/* mail_seal_expired's only */
};

enum seal_policy_state {
	SEAL_STATE_FAILED,	/* no answer, or one that is not to be trusted */
	SEAL_STATE_NO_PROFILE,
	SEAL_STATE_EXPIRED,
	SEAL_STATE_USABLE
};

enum seal_policy_action {
	SEAL_ACTION_DEFER,	/* 451: nothing is stored */
	SEAL_ACTION_REJECT,	/* 550: nothing is stored */
	SEAL_ACTION_DELIVER,	/* stored as it came, but without a forged mark */
	SEAL_ACTION_SEAL
};

struct seal_policy {
	enum seal_policy_choice without_profile;
	enum seal_policy_choice expired;
};

/* kill_switch: the user's; mail that would be stored as it came is rejected. */
enum seal_policy_action
seal_policy_decide(const struct seal_policy *policy,
		   enum seal_policy_state state, bool kill_switch);

/* "deferred", "rejected", "delivered", "sealed": for logs and events. */
const char *seal_policy_action_name(enum seal_policy_action action);

#endif
