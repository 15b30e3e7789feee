/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "plugin/seald/command.h"

#include "base/error.h"
#include "plugin/seald/answer.h"
#include "plugin/seald/keeper.h"
#include "service/profiles.h"
#include "store/profile.h"
#include "store/store.h"

struct check {
	struct seald_request *request;
	int64_t profiles, problems;
};

static void answer_problem(struct check *check, const char *user,
			   const struct seal_error *problem)
{
	struct seald_answer *answer = check->request->answer;

	check->problems++;
	seald_answer_start(answer, "ROW");
	seald_answer_add(answer, "user", user);
	seald_answer_add(answer, "problem", problem->text);
	seald_answer_end(answer);
}

static int check_record(const char *user, const struct seal_user_record *record,
			const struct seal_error *problem, void *context,
			struct seal_error *err ATTR_UNUSED)
{
	struct check *check = context;
	struct seal_error why;

	if (record == NULL) {
		answer_problem(check, user, problem);
		return 0;
	}
	check->profiles += record->profile_count;
	if (seal_profiles_check(record, check->request->now, &why) <= 0)
		answer_problem(check, user, &why);
	return 0;
}

/* STORE-CHECK */
int cmd_store_check(struct seald_request *request, struct seal_error *err)
{
	struct check check = { .request = request };
	struct seal_store_stat st;

	if (seal_store_each(request->store, check_record, &check, err) < 0 ||
	    seal_store_stat(request->store, &st, err) < 0)
		return -1;
	seald_answer_start(request->answer, "OK");
	seald_answer_add_number(request->answer, "users", st.users);
	seald_answer_add_number(request->answer, "profiles", check.profiles);
	seald_answer_add_number(request->answer, "problems", check.problems);
	seald_answer_add_number(request->answer, "file_size", st.file_size);
	seald_answer_add_number(request->answer, "map_size", st.map_size);
	seald_answer_end(request->answer);
	return 0;
}

/* STORE-COPY dir= */
int cmd_store_copy(struct seald_request *request, struct seal_error *err)
{
	const char *dir = seald_request_get(request, "dir");

	if (*dir != '/')
		return seal_error_set(err, SEAL_ERR_INPUT,
				      "dir is not an absolute path: %s", dir);
	if (seal_store_copy(request->store, dir, err) < 0)
		return -1;
	seald_answer_ok(request->answer);
	return 0;
}

/* STORE-COMPACT. In this process, because it goes on with the new file: nobody
 * else is answered until it is done. */
int cmd_store_compact(struct seald_request *request, struct seal_error *err)
{
	struct seal_store_stat before, after;

	if (seal_store_stat(request->store, &before, err) < 0 ||
	    seal_store_compact(request->store, err) < 0)
		return -1;
	seald_keeper_replaced();
	if (seal_store_stat(request->store, &after, err) < 0)
		return -1;
	seald_answer_start(request->answer, "OK");
	seald_answer_add_number(request->answer, "before", before.file_size);
	seald_answer_add_number(request->answer, "after", after.file_size);
	seald_answer_end(request->answer);
	return 0;
}
