/* SPDX-License-Identifier: MIT */
/* The policy table: what becomes of a message in every case. */
#include "seal/policy.h"

#include <string.h>
#include "unit/tap.h"

static const char *const choice_names[] = {
	[SEAL_POLICY_DELIVER] = "deliver", [SEAL_POLICY_DEFER] = "defer",
	[SEAL_POLICY_REJECT] = "reject", [SEAL_POLICY_SEAL] = "seal"
};

static const struct {
	const char *name;
	enum seal_policy_state state;
	bool kill_switch;
	/* by the choice in the setting that the state is about:
	   deliver, defer, reject, seal */
	const char *wanted[4];
} rows[] = {
	{ "usable", SEAL_STATE_USABLE, false,
	  { "sealed", "sealed", "sealed", "sealed" } },
	{ "usable, kill switch", SEAL_STATE_USABLE, true,
	  { "sealed", "sealed", "sealed", "sealed" } },
	{ "no profile", SEAL_STATE_NO_PROFILE, false,
	  { "delivered", "deferred", "rejected", "deferred" } },
	{ "no profile, kill switch", SEAL_STATE_NO_PROFILE, true,
	  { "rejected", "deferred", "rejected", "deferred" } },
	{ "expired", SEAL_STATE_EXPIRED, false,
	  { "delivered", "deferred", "rejected", "sealed" } },
	{ "expired, kill switch", SEAL_STATE_EXPIRED, true,
	  { "rejected", "deferred", "rejected", "sealed" } },
	{ "failed", SEAL_STATE_FAILED, false,
	  { "deferred", "deferred", "deferred", "deferred" } },
	{ "failed, kill switch", SEAL_STATE_FAILED, true,
	  { "deferred", "deferred", "deferred", "deferred" } }
};

int main(void)
{
	static const enum seal_policy_choice choices[] = {
		SEAL_POLICY_DELIVER, SEAL_POLICY_DEFER, SEAL_POLICY_REJECT,
		SEAL_POLICY_SEAL
	};
	struct seal_policy policy;
	unsigned int row, choice, other;
	const char *got;
	bool good;

	for (row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		for (choice = 0; choice < 4; choice++) {
			good = true;
			/* the setting that the state is not about is without
			   effect */
			for (other = 0; other < 4; other++) {
				bool expired = rows[row].state ==
					SEAL_STATE_EXPIRED;

				policy.expired =
					choices[expired ? choice : other];
				policy.without_profile =
					choices[expired ? other : choice];
				got = seal_policy_action_name(seal_policy_decide(
					&policy, rows[row].state,
					rows[row].kill_switch));
				if (strcmp(got, rows[row].wanted[choice]) != 0)
					good = false;
			}
			tap_ok(good, "%s, setting %s: %s", rows[row].name,
			       choice_names[choices[choice]],
			       rows[row].wanted[choice]);
		}
	}
	return tap_done();
}
