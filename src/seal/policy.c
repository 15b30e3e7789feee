/* SPDX-License-Identifier: MIT */
#include "seal/policy.h"

static enum seal_policy_action
choice_action(enum seal_policy_choice choice, bool kill_switch)
{
	switch (choice) {
	case SEAL_POLICY_DELIVER:
		return kill_switch ? SEAL_ACTION_REJECT : SEAL_ACTION_DELIVER;
	case SEAL_POLICY_REJECT:
		return SEAL_ACTION_REJECT;
	case SEAL_POLICY_SEAL:
		return SEAL_ACTION_SEAL;
	case SEAL_POLICY_DEFER:
		break;
	}
	return SEAL_ACTION_DEFER;
}

enum seal_policy_action
seal_policy_decide(const struct seal_policy *policy,
		   enum seal_policy_state state, bool kill_switch)
{
	switch (state) {
	case SEAL_STATE_USABLE:
		return SEAL_ACTION_SEAL;
	case SEAL_STATE_NO_PROFILE:
		/* there is nothing to seal to */
		if (policy->without_profile == SEAL_POLICY_SEAL)
			return SEAL_ACTION_DEFER;
		return choice_action(policy->without_profile, kill_switch);
	case SEAL_STATE_EXPIRED:
		return choice_action(policy->expired, kill_switch);
	case SEAL_STATE_FAILED:
		break;
	}
	return SEAL_ACTION_DEFER;
}

const char *seal_policy_action_name(enum seal_policy_action action)
{
	switch (action) {
	case SEAL_ACTION_REJECT:
		return "rejected";
	case SEAL_ACTION_DELIVER:
		return "delivered";
	case SEAL_ACTION_SEAL:
		return "sealed";
	case SEAL_ACTION_DEFER:
		break;
	}
	return "deferred";
}
