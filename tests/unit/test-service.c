/* SPDX-License-Identifier: MIT */
/* What an administrator does to profiles; test-lookup.c is about deliveries. */
#include "service/profiles.h"

#include <openssl/err.h>
#include "service-check.h"

static struct service_certs certs;
static struct seal_store *store;

static bool state_is(const char *user, const char *id,
		     enum seal_profile_state state, time_t changed)
{
	struct seal_user_record *record = NULL;
	struct seal_profile *profile;
	struct seal_error err;
	bool good = false;

	if (seal_store_get(store, user, &record, &err) == 1 &&
	    (profile = seal_user_record_find(record, id)) != NULL)
		good = profile->state == state && profile->changed == changed;
	seal_user_record_free(&record);
	return good;
}

/* A row of certificates as one file; up to four, by their number. */
static const struct {
	const char *name;
	const char *certs;		/* a letter each, see pem_of() */
	const char *before, *behind;	/* text around them */
	const char *label;
	enum seal_error_code code;
	const char *why;
} imports[] = {
	{ "two devices", "re", "", "", "phone and laptop", SEAL_ERR_NONE, "" },
	{ "one of them", "r", "", "", NULL, SEAL_ERR_NONE, "" },
	{ "text around it", "e", "my certificate:\n", "that was it\n", "",
	  SEAL_ERR_NONE, "" },
	{ "the same again", "e", "", "", "x", SEAL_ERR_REFUSED, "already" },
	{ "the same in another order", "er", "", "", "x", SEAL_ERR_REFUSED,
	  "already" },
	{ "twice in one file", "rr", "", "", "x", SEAL_ERR_REFUSED,
	  "certificate 2 is the same as certificate 1" },
	{ "expired", "o", "", "", "x", SEAL_ERR_REFUSED, "certificate 1: " },
	{ "expired behind a good one", "ro", "", "", "x", SEAL_ERR_REFUSED,
	  "certificate 2: " },
	{ "not yet valid", "f", "", "", "x", SEAL_ERR_REFUSED,
	  "certificate 1: " },
	{ "a CA's", "c", "", "", "x", SEAL_ERR_REFUSED, "certificate 1: " },
	{ "17 certificates", "+", "", "", "x", SEAL_ERR_LIMIT, "16" },
	{ "a private key", "k", "", "", "x", SEAL_ERR_REFUSED, "key" },
	{ "nothing", "", "", "", "x", SEAL_ERR_INPUT, "" },
	{ "text", "", "hello\n", "", "x", SEAL_ERR_INPUT, "" },
	{ "nonsense in a block", "", "-----BEGIN CERTIFICATE-----\nAAAA\n"
	  "-----END CERTIFICATE-----\n", "", "x", SEAL_ERR_INPUT,
	  "certificate 1: " },
	{ "a bad label", "x", "", "", "a\nb", SEAL_ERR_INPUT, "label" },
};

static void test_import(void)
{
	char id[SEAL_PROFILE_ID_LEN + 1];
	struct seal_buf pem = SEAL_BUF_INIT;
	struct seal_error err;
	size_t i;
	int ret;

	for (i = 0; i < sizeof(imports) / sizeof(imports[0]); i++) {
		err.code = SEAL_ERR_NONE;
		service_append(&pem, imports[i].before);
		service_pem(&certs, imports[i].certs, &pem);
		service_append(&pem, imports[i].behind);
		ret = seal_profiles_import(store, "import",
					   (const char *)pem.data, pem.len,
					   imports[i].label, SERVICE_NOW, id,
					   &err);
		if (!tap_ok(imports[i].code == SEAL_ERR_NONE ? ret == 0 &&
			    state_is("import", id, SEAL_PROFILE_READY,
				     SERVICE_NOW) :
			    ret == -1 && err.code == imports[i].code &&
			    strstr(err.text, imports[i].why) != NULL,
			    "import: %s", imports[i].name))
			tap_note("%d, code %d: %s", ret, err.code, err.text);
		seal_buf_clear(&pem);
	}
	tap_ok(service_count(store, "import") == 3,
	       "import: what was refused is not there");
	seal_buf_free(&pem);
}

static void test_export(void)
{
	char id[SEAL_PROFILE_ID_LEN + 1];
	struct seal_buf pem = SEAL_BUF_INIT, want = SEAL_BUF_INIT;
	struct seal_user_record *record;
	struct seal_error err;

	service_import(store, &certs, "export", "re", id);
	if (seal_store_get(store, "export", &record, &err) != 1)
		abort();
	service_pem(&certs, "re", &want);
	tap_ok(seal_profiles_export(&record->profiles[0], &pem, &err) == 0 &&
	       pem.len == want.len &&
	       memcmp(pem.data, want.data, pem.len) == 0,
	       "export: as openssl writes it");
	seal_user_record_free(&record);
	seal_buf_free(&pem);
	seal_buf_free(&want);
}

static void test_states(void)
{
	char one[SEAL_PROFILE_ID_LEN + 1], two[SEAL_PROFILE_ID_LEN + 1];
	struct seal_error err;

	tap_ok(seal_profiles_activate(store, "s", "0123456789abcdef",
				      SERVICE_NOW, &err) == -1 &&
	       err.code == SEAL_ERR_NOTFOUND &&
	       strstr(err.text, "none") != NULL, "activate: nobody's");
	service_import(store, &certs, "s", "r", one);
	service_import(store, &certs, "s", "e", two);
	tap_ok(seal_profiles_activate(store, "s", "0123456789abcdef",
				      SERVICE_NOW, &err) == -1 &&
	       err.code == SEAL_ERR_NOTFOUND && strstr(err.text, one) != NULL &&
	       strstr(err.text, two) != NULL,
	       "activate: no such profile, the others are named");
	tap_ok(seal_profiles_deactivate(store, "s", NULL, SERVICE_NOW,
					&err) == -1 &&
	       err.code == SEAL_ERR_REFUSED, "deactivate: none is active");
	tap_ok(seal_profiles_activate(store, "s", one, SERVICE_NOW + 1,
				      &err) == 0 &&
	       state_is("s", one, SEAL_PROFILE_ACTIVE, SERVICE_NOW + 1) &&
	       state_is("s", two, SEAL_PROFILE_READY, SERVICE_NOW),
	       "activate: the first");
	tap_ok(seal_profiles_activate(store, "s", one, SERVICE_NOW + 2,
				      &err) == 0 &&
	       state_is("s", one, SEAL_PROFILE_ACTIVE, SERVICE_NOW + 1),
	       "activate: it again, which changes nothing");
	tap_ok(seal_profiles_delete(store, "s", one, &err) == -1 &&
	       err.code == SEAL_ERR_REFUSED &&
	       strstr(err.text, "deactivate") != NULL,
	       "delete: not while it is active");
	tap_ok(seal_profiles_activate(store, "s", two, SERVICE_NOW + 3,
				      &err) == 0 &&
	       state_is("s", one, SEAL_PROFILE_RETIRED, SERVICE_NOW + 3) &&
	       state_is("s", two, SEAL_PROFILE_ACTIVE, SERVICE_NOW + 3),
	       "activate: the second retires the first");
	tap_ok(seal_profiles_deactivate(store, "s", one, SERVICE_NOW,
					&err) == -1 &&
	       err.code == SEAL_ERR_REFUSED &&
	       strstr(err.text, "retired") != NULL,
	       "deactivate: not one that is retired");
	tap_ok(seal_profiles_activate(store, "s", one, SERVICE_NOW + 4,
				      &err) == 0 &&
	       state_is("s", two, SEAL_PROFILE_RETIRED, SERVICE_NOW + 4),
	       "activate: a retired one");
	tap_ok(seal_profiles_deactivate(store, "s", one, SERVICE_NOW + 5,
					&err) == 0 &&
	       state_is("s", one, SEAL_PROFILE_RETIRED, SERVICE_NOW + 5),
	       "deactivate: by its id");
	tap_ok(seal_profiles_activate(store, "s", two, SERVICE_LATER,
				      &err) == -1 &&
	       err.code == SEAL_ERR_REFUSED &&
	       strstr(err.text, "certificate 1: ") != NULL &&
	       state_is("s", two, SEAL_PROFILE_RETIRED, SERVICE_NOW + 4),
	       "activate: not when it has expired");
	tap_ok(seal_profiles_delete(store, "s", one, &err) == 0 &&
	       service_count(store, "s") == 1 &&
	       seal_profiles_delete(store, "s", one, &err) == -1 &&
	       err.code == SEAL_ERR_NOTFOUND, "delete: once");
	tap_ok(seal_profiles_delete(store, "s", two, &err) == 0 &&
	       service_count(store, "s") == -1,
	       "delete: the last one, and the record goes with it");
}

static int make_pending(struct seal_user_record *record, void *context,
			struct seal_error *err)
{
	struct seal_profile *profile;

	profile = seal_user_record_add(record, SEAL_PROFILE_ISSUED, "",
				       SERVICE_NOW, err);
	if (profile == NULL)
		return -1;
	profile->state = SEAL_PROFILE_PENDING;
	memcpy(context, profile->id, sizeof(profile->id));
	return 1;
}

static void test_pending(void)
{
	char id[SEAL_PROFILE_ID_LEN + 1];
	struct seal_error err;

	if (seal_store_update(store, "pending", make_pending, id, &err) != 1)
		abort();
	tap_ok(seal_profiles_activate(store, "pending", id, SERVICE_NOW,
				      &err) == -1 &&
	       err.code == SEAL_ERR_REFUSED &&
	       strstr(err.text, "pending") != NULL &&
	       seal_profiles_deactivate(store, "pending", id, SERVICE_NOW,
					&err) == -1 &&
	       err.code == SEAL_ERR_REFUSED,
	       "activate: not one that is pending");
	tap_ok(seal_profiles_delete(store, "pending", id, &err) == 0,
	       "delete: one that is pending");
}

static const struct {
	const char *name, *value;
	bool good;
} options[] = {
	{ "cipher", "aes128-gcm", true },
	{ "cipher", "default", true },
	{ "cipher", "des", false },
	{ "cipher", "", false },
	{ "sign", "verified", true },
	{ "sign", "default", true },
	{ "sign", "maybe", false },
	{ "label", "new label", true },
	{ "label", "", true },
	{ "label", "a\tb", false },
	{ "key_transport", "oaep", true },
	{ "key_transport", "pkcs1", true },
	{ "key_transport", "raw", false },
	{ "state", "active", false },
	{ "", "", false },
};

static void test_set(void)
{
	static const char *const all[] = {
		"cipher", "sign", "label", "key_transport"
	};
	static const char *const good[] = {
		"aes256-gcm", "always", "desk", "oaep"
	};
	static const char *const last_is_bad[] = {
		"aes128-cbc", "no", "other", "neither"
	};
	char id[SEAL_PROFILE_ID_LEN + 1];
	struct seal_user_record *record;
	struct seal_profile *profile;
	struct seal_error err;
	size_t i;
	int ret;

	service_import(store, &certs, "set", "r", id);
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		ret = seal_profiles_set(store, "set", id, &options[i].name,
					&options[i].value, 1, &err);
		tap_ok(options[i].good ? ret == 0 :
		       ret == -1 && err.code == SEAL_ERR_INPUT,
		       "set: %s=%s", options[i].name, options[i].value);
	}
	ret = seal_profiles_set(store, "set", id, all, good, 4, &err);
	tap_ok(ret == 0 && seal_profiles_set(store, "set", id, all,
					     last_is_bad, 4, &err) == -1,
	       "set: all at once");
	if (seal_store_get(store, "set", &record, &err) != 1)
		abort();
	profile = &record->profiles[0];
	tap_ok(profile->cipher == SEAL_CIPHER_AES256_GCM &&
	       profile->sign == SEAL_PROFILE_SIGN_ALWAYS && profile->oaep &&
	       strcmp(profile->label, "desk") == 0 &&
	       profile->changed == SERVICE_NOW, "set: all or none");
	seal_user_record_free(&record);
	tap_ok(seal_profiles_set(store, "set", "0123456789abcdef", all, good, 4,
				 &err) == -1 && err.code == SEAL_ERR_NOTFOUND,
	       "set: no such profile");
}

static void test_kill_switch(void)
{
	struct seal_user_record *record;
	struct seal_error err;

	tap_ok(seal_profiles_set_kill_switch(store, "kill", false, &err) == 0 &&
	       service_count(store, "kill") == -1, "kill switch: off it is");
	tap_ok(seal_profiles_set_kill_switch(store, "kill", true, &err) == 0 &&
	       seal_store_get(store, "kill", &record, &err) == 1 &&
	       record->kill_switch, "kill switch: on, without a profile");
	seal_user_record_free(&record);
	tap_ok(seal_profiles_set_kill_switch(store, "kill", false, &err) == 0 &&
	       service_count(store, "kill") == -1,
	       "kill switch: off, and the record is gone");
}

/* A record of one profile that no import would have let in. */
static int judged(const char *letters, enum seal_profile_state state,
		  bool spoilt, struct seal_error *err)
{
	struct seal_user_record *record;
	int ret;

	service_put(store, &certs, "judged", letters, state);
	if (seal_store_get(store, "judged", &record, err) != 1)
		abort();
	if (spoilt)
		record->profiles[0].certificates[0].data[0] ^= 1;
	ret = seal_profiles_check(record, SERVICE_NOW, err);
	seal_user_record_free(&record);
	return ret;
}

static const struct {
	const char *name, *certs;
	enum seal_profile_state state;
	bool spoilt;
	int sound;
	enum seal_error_code code;
} checks[] = {
	{ "ready", "r", SEAL_PROFILE_READY, false, 1, SEAL_ERR_NONE },
	{ "active", "r", SEAL_PROFILE_ACTIVE, false, 1, SEAL_ERR_NONE },
	{ "active, one expired", "or", SEAL_PROFILE_ACTIVE, false, 1,
	  SEAL_ERR_NONE },
	{ "active, expired", "o", SEAL_PROFILE_ACTIVE, false, 0,
	  SEAL_ERR_REFUSED },
	{ "active, a CA's", "c", SEAL_PROFILE_ACTIVE, false, 0,
	  SEAL_ERR_REFUSED },
	{ "retired, expired", "o", SEAL_PROFILE_RETIRED, false, 1,
	  SEAL_ERR_NONE },
	{ "active, none", "", SEAL_PROFILE_ACTIVE, false, 0, SEAL_ERR_REFUSED },
	{ "retired, none", "", SEAL_PROFILE_RETIRED, false, 0,
	  SEAL_ERR_REFUSED },
	{ "pending, none", "", SEAL_PROFILE_PENDING, false, 1, SEAL_ERR_NONE },
	{ "active, spoilt", "r", SEAL_PROFILE_ACTIVE, true, 0,
	  SEAL_ERR_DAMAGED },
	{ "retired, the first spoilt", "re", SEAL_PROFILE_RETIRED, true, 0,
	  SEAL_ERR_DAMAGED },
};

static void test_check(void)
{
	struct seal_error err;
	size_t i;
	int ret;

	for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		err.code = SEAL_ERR_NONE;
		ret = judged(checks[i].certs, checks[i].state,
			     checks[i].spoilt, &err);
		if (!tap_ok(ret == checks[i].sound &&
			    (ret == 1 || (err.code == checks[i].code &&
			     strncmp(err.text, "profile ", 8) == 0)),
			    "check: %s", checks[i].name))
			tap_note("%d: code %d: %s", ret, err.code, err.text);
	}
}

static bool build(const struct seal_buf *pem, char id[SEAL_PROFILE_ID_LEN + 1],
		  struct seal_error *err)
{
	static const char *const names[] = { "label", "cipher" };
	static const char *const values[] = { "label", "aes128-cbc" };
	struct seal_buf again = SEAL_BUF_INIT;
	struct seal_user_record *record = NULL;
	bool good;

	good = seal_profiles_import(store, "memory", (const char *)pem->data,
				    pem->len, "x", SERVICE_NOW, id, err) == 0 &&
		seal_profiles_activate(store, "memory", id, SERVICE_NOW,
				       err) == 0 &&
		seal_profiles_set(store, "memory", id, names, values, 2,
				  err) == 0 &&
		seal_store_get(store, "memory", &record, err) == 1 &&
		seal_profiles_export(&record->profiles[0], &again, err) == 0;
	if (good)
		good = again.len == pem->len &&
			memcmp(again.data, pem->data, pem->len) == 0;
	seal_user_record_free(&record);
	seal_buf_free(&again);
	return good;
}

static void test_allocations(void)
{
	char id[SEAL_PROFILE_ID_LEN + 1] = "";
	struct seal_buf pem = SEAL_BUF_INIT;
	struct seal_error err;
	bool good = true, failed = true;
	unsigned long n;

	service_pem(&certs, "re", &pem);
	for (n = 1; failed && good; n += service_step(n)) {
		err.code = SEAL_ERR_NONE;
		tap_alloc_fail_at(n);
		good = build(&pem, id, &err) || err.code == SEAL_ERR_MEMORY ||
			err.code == SEAL_ERR_CRYPTO;
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		good = good && ERR_peek_error() == 0;
		if (service_count(store, "memory") == 1) {
			(void)seal_profiles_deactivate(store, "memory", NULL,
						       SERVICE_NOW, &err);
			good = good && seal_profiles_delete(store, "memory",
							    id, &err) == 0;
		}
	}
	tap_ok(good, "with each of %lu allocations failing", n);
	if (!good)
		tap_note("before %lu: %d %s", n, err.code, err.text);
	seal_buf_free(&pem);
}

int main(void)
{
	tap_alloc_init();
	service_start(&certs, &store);
	test_import();
	test_export();
	test_states();
	test_pending();
	test_set();
	test_kill_switch();
	test_check();
	test_allocations();
	service_end(&certs, &store);
	return tap_done();
}
