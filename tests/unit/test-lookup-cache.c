/* SPDX-License-Identifier: MIT */
/* What a lookup remembers: whatever happened to the store meanwhile, the answer is
 * that of one that remembers nothing. */
#include "service/lookup.h"

#include <openssl/err.h>
#include "base/sink.h"
#include "cms/envelope.h"
#include "service/lookup-private.h"
#include "service-check.h"

#define CBC SEAL_CIPHER_AES256_CBC
#define SIZE (1024 * 1024)

static struct service_certs certs;
static struct seal_store *store;
static struct seal_lookup_cache *cache;

static void cache_start(size_t size)
{
	struct seal_error err;

	seal_lookup_cache_free(&cache);
	cache = seal_lookup_cache_new(size, &err);
	if (cache == NULL)
		abort();
}

/* Each of the certificates named by these letters, and none of the others, is
 * named in the RecipientInfos. */
static bool is_for(const struct seal_lookup *lookup, const char *letters)
{
	struct seal_buf names = SEAL_BUF_INIT;
	struct seal_error err;
	const char *p;
	bool found, good = true;
	size_t len;

	for (p = "rexofc"; good && *p != '\0'; p++) {
		seal_buf_clear(&names);
		if (seal_recipient_names(service_cert(&certs, *p)->recipient,
					 &names, &err) < 0)
			abort();
		/* IssuerAndSerialNumber, shorter than 128 bytes */
		len = 2U + names.data[1];
		found = memmem(lookup->recipients.data, lookup->recipients.len,
			       names.data, len) != NULL;
		good = found == (strchr(letters, *p) != NULL);
	}
	seal_buf_free(&names);
	return good;
}

/* Asks, and whether the answer is the one wanted: letters as above; NULL: no. */
static bool asks(const char *user, time_t now, const char *letters)
{
	struct seal_lookup lookup = SEAL_LOOKUP_INIT;
	struct seal_error err;
	int ret;
	bool good;

	ret = seal_lookup_user(store, cache, user, CBC, false, now, &lookup,
			       &err);
	good = ret == (letters != NULL ? 1 : 0) &&
		(letters == NULL || is_for(&lookup, letters));
	if (!good)
		tap_note("%d: %s", ret, ret < 0 ? err.text : "");
	seal_lookup_free(&lookup);
	return good;
}

/* The recipient that is remembered for the user's first certificate. */
static const struct seal_recipient *remembered(const char *user)
{
	const struct seal_recipient *recipient;
	struct seal_target *target;
	struct seal_error err;

	if (seal_target_get(store, cache, user, false, &target, &err) != 1)
		return NULL;
	recipient = target->fresh ? NULL : target->recipients[0];
	seal_target_done(cache, user, &target);
	return recipient;
}

static void test_remembered(void)
{
	const struct seal_recipient *recipient;

	cache_start(SIZE);
	service_put(store, &certs, "a", "re", SEAL_PROFILE_ACTIVE);
	tap_ok(asks("a", SERVICE_NOW, "re") &&
	       seal_lookup_cache_count(cache) == 1, "asked once");
	recipient = remembered("a");
	tap_ok(recipient != NULL && asks("a", SERVICE_NOW, "re") &&
	       remembered("a") == recipient, "asked again: nothing is read");
	tap_ok(asks("nobody", SERVICE_NOW, NULL) &&
	       seal_lookup_cache_count(cache) == 1, "nobody is not remembered");
	seal_lookup_cache_drop(cache, "a");
	seal_lookup_cache_drop(cache, "nobody");
	tap_ok(seal_lookup_cache_count(cache) == 0 &&
	       asks("a", SERVICE_NOW, "re"), "dropped");
	seal_lookup_cache_clear(cache);
	tap_ok(seal_lookup_cache_count(cache) == 0 &&
	       asks("a", SERVICE_NOW, "re"), "cleared");
}

/*
 * The store changes
 */

static char first[SEAL_PROFILE_ID_LEN + 1], second[SEAL_PROFILE_ID_LEN + 1];

static int change(const char *what, struct seal_error *err)
{
	static const char *const names[] = { "cipher" };
	static const char *const values[] = { "aes128-gcm" };

	if (strcmp(what, "activate") == 0)
		return seal_profiles_activate(store, "c", second, SERVICE_NOW,
					      err);
	if (strcmp(what, "back") == 0)
		return seal_profiles_activate(store, "c", first, SERVICE_NOW,
					      err);
	if (strcmp(what, "deactivate") == 0)
		return seal_profiles_deactivate(store, "c", NULL, SERVICE_NOW,
						err);
	if (strcmp(what, "cipher") == 0)
		return seal_profiles_set(store, "c", first, names, values, 1,
					 err);
	return seal_profiles_set_kill_switch(store, "c",
					     strcmp(what, "kill") == 0, err);
}

static void test_changes(void)
{
	static const struct {
		const char *what, *letters;
		bool kill_switch;
		enum seal_cipher cipher;
	} rows[] = {
		{ "activate", "e", false, CBC },
		{ "kill", "e", true, CBC },
		{ "back", "r", true, CBC },
		{ "release", "r", false, CBC },
		{ "cipher", "r", false, SEAL_CIPHER_AES128_GCM },
		{ "deactivate", NULL, false, 0 },
		{ "kill", NULL, true, 0 },
		{ "activate", "e", true, CBC }
	};
	struct seal_lookup lookup;
	struct seal_error err;
	unsigned int i, again;
	bool good;
	int ret;

	cache_start(SIZE);
	service_import(store, &certs, "c", "r", first);
	service_import(store, &certs, "c", "e", second);
	if (seal_profiles_activate(store, "c", first, SERVICE_NOW, &err) < 0 ||
	    !asks("c", SERVICE_NOW, "r"))
		abort();
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		good = change(rows[i].what, &err) == 0;
		/* at once, and as it is remembered then */
		for (again = 0; good && again < 3; again++) {
			lookup = (struct seal_lookup)SEAL_LOOKUP_INIT;
			ret = seal_lookup_user(store, cache, "c", CBC, false,
					       SERVICE_NOW, &lookup, &err);
			good = ret == (rows[i].letters != NULL) &&
				lookup.kill_switch == rows[i].kill_switch &&
				(ret == 0 || (lookup.cipher == rows[i].cipher &&
				 is_for(&lookup, rows[i].letters)));
			seal_lookup_free(&lookup);
		}
		tap_ok(good, "%s: from the next answer on", rows[i].what);
	}
	good = change("release", &err) == 0 &&
		change("deactivate", &err) == 0 &&
		seal_profiles_delete(store, "c", first, &err) == 0 &&
		seal_profiles_delete(store, "c", second, &err) == 0 &&
		asks("c", SERVICE_NOW, NULL);
	tap_ok(good && seal_lookup_cache_count(cache) == 0,
	       "deleted: forgotten");
}

/* A certificate in place of another, under the same profile's id. */
static int replace(struct seal_user_record *record, void *context,
		   struct seal_error *err)
{
	const struct judge_key *key = context;
	struct seal_profile *profile = &record->profiles[0];

	seal_buf_clear(&profile->certificates[0]);
	return seal_buf_append(&profile->certificates[0], key->der.data,
			       key->der.len, err) < 0 ? -1 : 1;
}

static int remove_all(struct seal_user_record *record, void *context,
		      struct seal_error *err)
{
	(void)context;
	(void)err;
	while (record->profile_count > 0)
		seal_user_record_remove(record, &record->profiles[0]);
	record->kill_switch = false;
	return 1;
}

static int spoil(struct seal_user_record *record, void *context,
		 struct seal_error *err)
{
	(void)context;
	(void)err;
	record->profiles[0].certificates[0].data[0] ^= 1;
	return 1;
}

static void test_replaced(void)
{
	struct seal_lookup lookup = SEAL_LOOKUP_INIT;
	struct seal_error err;
	int turn;

	cache_start(SIZE);
	service_put(store, &certs, "d", "r", SEAL_PROFILE_ACTIVE);
	for (turn = 0; turn < 3; turn++) {
		if (seal_store_update(store, "d", replace,
				      turn % 2 == 0 ? &certs.third : &certs.rsa,
				      &err) != 1)
			abort();
		tap_ok(asks("d", SERVICE_NOW, turn % 2 == 0 ? "x" : "r"),
		       "another certificate in its place");
	}
	if (seal_store_update(store, "d", spoil, NULL, &err) != 1)
		abort();
	tap_ok(seal_lookup_user(store, cache, "d", CBC, false, SERVICE_NOW,
				&lookup, &err) == -1 &&
	       err.code == SEAL_ERR_DAMAGED && lookup.recipients.len == 0 &&
	       seal_lookup_cache_count(cache) == 0, "damaged");
	seal_lookup_free(&lookup);
	if (seal_store_update(store, "d", spoil, NULL, &err) != 1)
		abort();
	tap_ok(asks("d", SERVICE_NOW, "x"), "and whole again");
	if (seal_store_update(store, "d", remove_all, NULL, &err) != 1)
		abort();
	tap_ok(asks("d", SERVICE_NOW, NULL) &&
	       seal_lookup_cache_count(cache) == 0, "removed: forgotten");
}

static void test_dates(void)
{
	static const struct {
		const char *name;
		time_t now;
		int answer;
		bool expired;
		const char *letters;
	} rows[] = {
		{ "before", 1500000000, -1, false, "" },
		{ "good", SERVICE_NOW, 1, false, "r" },
		{ "one is new", 2082758400, 1, false, "rf" },	/* 2036 */
		{ "the other is old", SERVICE_LATER, 1, false, "f" },
		{ "both are", 2398377600, 1, true, "rf" },	/* 2046 */
		{ "the clock is put back", SERVICE_NOW, 1, false, "r" }
	};
	const struct seal_recipient *recipient;
	struct seal_lookup lookup;
	struct seal_error err;
	unsigned int i;
	int ret;

	cache_start(SIZE);
	service_put(store, &certs, "t", "rfc", SEAL_PROFILE_ACTIVE);
	if (!asks("t", SERVICE_NOW, "r") || (recipient = remembered("t")) == NULL)
		abort();
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		lookup = (struct seal_lookup)SEAL_LOOKUP_INIT;
		ret = seal_lookup_user(store, cache, "t", CBC, false,
				       rows[i].now, &lookup, &err);
		tap_ok(ret == rows[i].answer &&
		       (ret == 1 ? lookup.expired == rows[i].expired &&
			is_for(&lookup, rows[i].letters) :
			err.code == SEAL_ERR_REFUSED) &&
		       remembered("t") == recipient, "dates: %s",
		       rows[i].name);
		seal_lookup_free(&lookup);
	}
}

static void test_names(void)
{
	struct seal_lookup lookup = SEAL_LOOKUP_INIT;
	struct seal_buf want = SEAL_BUF_INIT;
	struct seal_error err;
	bool good = true;
	int turn;

	cache_start(SIZE);
	service_put(store, &certs, "n", "re", SEAL_PROFILE_ACTIVE);
	if (seal_recipient_names(certs.rsa.recipient, &want, &err) < 0 ||
	    seal_recipient_names(certs.ec.recipient, &want, &err) < 0)
		abort();
	for (turn = 0; good && turn < 6; turn++) {
		good = seal_lookup_user(store, cache, "n", CBC, turn % 3 != 0,
					SERVICE_NOW, &lookup, &err) == 1 &&
			(turn % 3 == 0 ? lookup.names.len == 0 :
			 lookup.names.len == want.len &&
			 memcmp(lookup.names.data, want.data, want.len) == 0);
		seal_lookup_free(&lookup);
		lookup = (struct seal_lookup)SEAL_LOOKUP_INIT;
	}
	tap_ok(good && seal_lookup_cache_count(cache) == 1,
	       "names, when they are asked for");
	seal_buf_free(&want);
}

static void test_bound(void)
{
	char user[16];
	bool good = true;
	unsigned int i;

	cache_start(64 * 1024);
	for (i = 0; i < 40; i++) {
		snprintf(user, sizeof(user), "bound%u", i);
		service_put(store, &certs, user, "r", SEAL_PROFILE_ACTIVE);
	}
	for (i = 0; good && i < 40; i++) {
		snprintf(user, sizeof(user), "bound%u", i);
		good = asks(user, SERVICE_NOW, "r") &&
			asks("bound0", SERVICE_NOW, "r");
	}
	tap_ok(good && seal_lookup_cache_count(cache) >= 8 &&
	       seal_lookup_cache_count(cache) <= 16, "no more than fit: %zu",
	       seal_lookup_cache_count(cache));
	tap_ok(remembered("bound0") != NULL && remembered("bound1") == NULL,
	       "the one that is asked for stays");
	cache_start(100);
	tap_ok(asks("bound0", SERVICE_NOW, "r") &&
	       asks("bound0", SERVICE_NOW, "r") &&
	       seal_lookup_cache_count(cache) == 0, "no room at all");
}

/* Whatever fails: an error, or the whole answer; and the next one is right. */
static void test_allocations(bool warm)
{
	struct seal_lookup lookup = SEAL_LOOKUP_INIT;
	struct seal_error err;
	bool good = true, failed = true;
	unsigned long n;
	int ret = 0;

	service_put(store, &certs, "m", "ore", SEAL_PROFILE_ACTIVE);
	for (n = 1; failed && good; n += service_step(n)) {
		cache_start(SIZE);
		if (warm && !asks("m", SERVICE_NOW, "re"))
			abort();
		err.code = SEAL_ERR_NONE;
		tap_alloc_fail_at(n);
		ret = seal_lookup_user(store, cache, "m", CBC, true,
				       SERVICE_NOW, &lookup, &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		good = ERR_peek_error() == 0 && (ret == 1 ?
			!lookup.expired && is_for(&lookup, "re") &&
			lookup.key.len == 32 && lookup.names.len > 0 :
			ret == -1 && (err.code == SEAL_ERR_MEMORY ||
				      err.code == SEAL_ERR_CRYPTO)) &&
			asks("m", SERVICE_NOW, "re") &&
			asks("m", SERVICE_LATER, "ore");
		seal_lookup_free(&lookup);
		lookup = (struct seal_lookup)SEAL_LOOKUP_INIT;
	}
	tap_ok(good, "%s, with each of %lu allocations failing",
	       warm ? "remembered" : "new", n);
	if (!good)
		tap_note("before %lu: %d: code %d: %s", n, ret, err.code,
			 err.text);
}

int main(void)
{
	tap_alloc_init();
	service_start(&certs, &store);
	test_remembered();
	test_changes();
	test_replaced();
	test_dates();
	test_names();
	test_bound();
	test_allocations(false);
	test_allocations(true);
	seal_lookup_cache_free(&cache);
	seal_lookup_cache_free(&cache);
	service_end(&certs, &store);
	return tap_done();
}
