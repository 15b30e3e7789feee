/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "plugin/portal/exchange.h"
#include "plugin/portal/profile-json.h"

#include "client/client.h"

static const char *const profile_texts[] = {
	"id", "label", "kind", "state", "usable", NULL
};
static const char *const profile_times[] = {
	"created", "not_before", "not_after", NULL
};
static const char *const certificate_texts[] = {
	"subject", "issuer", "serial", "addresses", "key", "fingerprint",
	"usable", NULL
};
static const char *const certificate_times[] = {
	"not_before", "not_after", NULL
};

static json_t *make(const struct seal_answer *row, const char *const *texts,
		    const char *const *times)
{
	json_t *object = json_object();
	const char *value;
	int64_t seconds;

	for (; *texts != NULL; texts++) {
		value = seal_answer_get(row, *texts);
		json_object_set_new(object, *texts, portal_json_string(
			value == NULL ? "" : value));
	}
	for (; *times != NULL; times++) {
		value = seal_answer_get(row, *times);
		json_object_set_new(object, *times,
			value == NULL || str_to_int64(value, &seconds) < 0 ?
			json_null() : json_integer(seconds));
	}
	return object;
}

json_t *portal_profile_json(const struct seal_answer *row)
{
	return make(row, profile_texts, profile_times);
}

json_t *portal_certificate_json(const struct seal_answer *row)
{
	return make(row, certificate_texts, certificate_times);
}
