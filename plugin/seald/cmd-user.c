/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "plugin/seald/command.h"

#include "plugin/seald/answer.h"
#include "service/profiles.h"
#include "store/profile.h"
#include "store/store.h"

/* record NULL: a user of whom nothing is stored is not an error, it is what
 * most users are */
static void answer_user(struct seald_answer *answer, const char *user,
			const struct seal_user_record *record)
{
	const struct seal_profile *active =
		record == NULL ? NULL : seal_user_record_active(record);

	seald_answer_start(answer, "OK");
	seald_answer_add(answer, "user", user);
	seald_answer_add_bool(answer, "kill_switch",
			      record != NULL && record->kill_switch);
	seald_answer_add(answer, "active", active == NULL ? "" : active->id);
	seald_answer_add_number(answer, "profiles",
				record == NULL ? 0 : record->profile_count);
	seald_answer_end(answer);
}

/* USER-SHOW user= */
int cmd_user_show(struct seald_request *request, struct seal_error *err)
{
	const char *user = seald_request_get(request, "user");
	struct seal_user_record *record = NULL;

	if (seal_store_get(request->store, user, &record, err) < 0)
		return -1;
	answer_user(request->answer, user, record);
	seal_user_record_free(&record);
	return 0;
}

/* USER-SET user= kill_switch= */
int cmd_user_set(struct seald_request *request, struct seal_error *err)
{
	const char *user = seald_request_get(request, "user");
	bool on;

	if (seald_request_get_bool(request, "kill_switch", &on, err) < 0)
		return -1;
	if (seal_profiles_set_kill_switch(request->store, user, on, err) < 0)
		return -1;
	seald_answer_ok(request->answer);
	return 0;
}
