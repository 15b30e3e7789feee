/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "plugin/seald/command.h"

#include "base/error.h"
#include "plugin/seald/answer.h"
#include "plugin/seald/profile-fields.h"
#include "service/profiles.h"
#include "store/profile.h"
#include "store/store.h"

/* IMPORT user= pem= [label=] */
int cmd_import(struct seald_request *request, struct seal_error *err)
{
	struct seal_buf pem = SEAL_BUF_INIT;
	char id[SEAL_PROFILE_ID_LEN + 1];
	int ret;

	ret = seald_request_get_base64(request, "pem", &pem, err);
	if (ret == 0) {
		ret = seal_profiles_import(request->store,
			seald_request_get(request, "user"),
			(const char *)pem.data, pem.len,
			seald_request_get(request, "label"), request->now,
			id, err);
	}
	seal_buf_free(&pem);
	if (ret < 0)
		return -1;
	request->made = t_strdup(id);
	seald_answer_start(request->answer, "OK");
	seald_answer_add(request->answer, "id", id);
	seald_answer_end(request->answer);
	return 0;
}

static int list_record(const char *user, const struct seal_user_record *record,
		       const struct seal_error *problem, void *context,
		       struct seal_error *err ATTR_UNUSED)
{
	struct seald_request *request = context;
	unsigned int i;

	if (record == NULL) {
		seald_answer_start(request->answer, "ROW");
		seald_profile_fields_damaged(request->answer, user, problem);
		seald_answer_end(request->answer);
		return 0;
	}
	for (i = 0; i < record->profile_count; i++) {
		seald_answer_start(request->answer, "ROW");
		seald_profile_fields(request->answer, user,
				     &record->profiles[i], request->now);
		seald_answer_end(request->answer);
	}
	return 0;
}

/* LIST [user=] */
int cmd_list(struct seald_request *request, struct seal_error *err)
{
	const char *user = seald_request_get(request, "user");
	struct seal_user_record *record = NULL;
	int ret;

	if (user == NULL)
		ret = seal_store_each(request->store, list_record, request, err);
	else {
		ret = seal_store_get(request->store, user, &record, err);
		if (ret > 0)
			(void)list_record(user, record, NULL, request, err);
		seal_user_record_free(&record);
	}
	if (ret < 0)
		return -1;
	seald_answer_ok(request->answer);
	return 0;
}

/* Finds the profile of user= and id=. The record is the caller's to free, in any
 * case. 0 or -1. */
static int find_profile(struct seald_request *request,
			struct seal_user_record **record_r,
			const struct seal_profile **profile_r,
			struct seal_error *err)
{
	const char *user = seald_request_get(request, "user");
	const char *id = seald_request_get(request, "id");
	int ret;

	*record_r = NULL;
	ret = seal_store_get(request->store, user, record_r, err);
	if (ret < 0)
		return -1;
	*profile_r = ret == 0 ? NULL : seal_user_record_find(*record_r, id);
	if (*profile_r == NULL)
		return seal_error_set(err, SEAL_ERR_NOTFOUND,
				      "%s has no profile %s", user, id);
	return 0;
}

/* SHOW user= id= */
int cmd_show(struct seald_request *request, struct seal_error *err)
{
	struct seald_answer *answer = request->answer;
	struct seal_user_record *record;
	const struct seal_profile *profile;
	unsigned int i;
	int ret;

	ret = find_profile(request, &record, &profile, err);
	if (ret == 0) {
		for (i = 0; i < profile->certificate_count; i++) {
			seald_answer_start(answer, "ROW");
			seald_certificate_fields(answer, profile, i,
						 request->now);
			seald_answer_end(answer);
		}
		seald_answer_start(answer, "OK");
		seald_profile_fields(answer, record->user, profile,
				     request->now);
		seald_answer_end(answer);
	}
	seal_user_record_free(&record);
	return ret;
}

/* EXPORT user= id= */
int cmd_export(struct seald_request *request, struct seal_error *err)
{
	struct seal_user_record *record;
	const struct seal_profile *profile;
	struct seal_buf pem = SEAL_BUF_INIT;
	int ret;

	ret = find_profile(request, &record, &profile, err);
	if (ret == 0)
		ret = seal_profiles_export(profile, &pem, err);
	if (ret == 0) {
		seald_answer_start(request->answer, "OK");
		seald_answer_add_base64(request->answer, "pem", pem.data,
					pem.len);
		seald_answer_end(request->answer);
	}
	seal_buf_free(&pem);
	seal_user_record_free(&record);
	return ret;
}

/* DEACTIVATE user= [id=] */
int cmd_deactivate(struct seald_request *request, struct seal_error *err)
{
	if (seal_profiles_deactivate(request->store,
				     seald_request_get(request, "user"),
				     seald_request_get(request, "id"),
				     request->now, err) < 0)
		return -1;
	seald_answer_ok(request->answer);
	return 0;
}
