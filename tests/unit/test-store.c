/* SPDX-License-Identifier: MIT */
/* Looking up, changing, walking, growing. test-store-files.c is about the files,
 * test-store-processes.c about several processes, test-store-full.c about
 * failures. */
#include <openssl/err.h>
#include "store-check.h"

static int answer_change(struct seal_user_record *record, void *context,
			 struct seal_error *err)
{
	int answer = *(int *)context;

	record->kill_switch = true;
	return answer < 0 ? seal_error_set(err, SEAL_ERR_REFUSED, "no") :
		answer;
}

static void test_basics(void)
{
	struct seal_user_record *record;
	struct seal_store *store;
	struct seal_error err = { .code = SEAL_ERR_NONE };
	char name[SEAL_STORE_USER_MAX + 2];
	int answer = 0;

	fresh();
	store = open_store(0);
	tap_ok(seal_store_get(store, "nobody", &record, &err) == 0 &&
	       record == NULL, "get: nobody");
	tap_ok(put(store, "user", "one", 100, &err) == 1 &&
	       has(store, "user", "one", &err), "update: a new record");
	tap_ok(seal_store_update(store, "user", answer_change, &answer,
				 &err) == 0 && has(store, "user", "one", &err),
	       "update: 0 leaves all as it was");
	answer = -1;
	tap_ok(seal_store_update(store, "user", answer_change, &answer,
				 &err) == -1 && err.code == SEAL_ERR_REFUSED &&
	       has(store, "user", "one", &err),
	       "update: -1 leaves all as it was");
	answer = 1;
	tap_ok(seal_store_update(store, "kill", answer_change, &answer,
				 &err) == 1 &&
	       seal_store_get(store, "kill", &record, &err) == 1 &&
	       record->kill_switch, "update: a kill switch is kept");
	seal_user_record_free(&record);

	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	tap_ok(seal_store_get(store, name, &record, &err) == -1 &&
	       err.code == SEAL_ERR_LIMIT && record == NULL &&
	       put(store, name, "x", 1, &err) == -1 &&
	       err.code == SEAL_ERR_LIMIT, "limit: a name of 512 bytes");
	tap_ok(put(store, name + 1, "x", 1, &err) == 1 &&
	       has(store, name + 1, "x", &err), "limit: a name of 511 bytes");
	tap_ok(seal_store_get(store, "", &record, &err) == -1 &&
	       err.code == SEAL_ERR_LIMIT, "limit: an empty name");
	tap_ok(put(store, "a\nb", "x", 1, &err) == -1 &&
	       err.code == SEAL_ERR_INPUT, "update: a name with a newline");

	seal_store_close(&store);
	seal_store_close(&store);
	store = open_store(0);
	tap_ok(has(store, "user", "one", &err), "open: again");
	tap_ok(seal_store_update(store, "user", remove_change, NULL,
				 &err) == 1 &&
	       seal_store_get(store, "user", &record, &err) == 0 &&
	       seal_store_update(store, "user", remove_change, NULL,
				 &err) == 1,
	       "update: an empty record is removed");
	seal_store_close(&store);
}

static void test_modes(void)
{
	struct seal_store *store;
	struct seal_error err;
	struct stat st;
	mode_t old;
	size_t i;
	bool good = true;

	fresh();
	old = umask(0777);
	store = open_store(0);
	if (put(store, "user", "one", 100, &err) != 1 ||
	    seal_store_compact(store, &err) < 0 ||
	    seal_store_copy(store, other, &err) < 0)
		good = false;
	umask(old);
	for (i = 0; i < 3; i++)
		good = good && stat(in(folder, files[i]), &st) == 0 &&
			(st.st_mode & 07777) == 0600;
	good = good && stat(in(other, "data.mdb"), &st) == 0 &&
		(st.st_mode & 07777) == 0600;
	tap_ok(good, "modes: 0600, whatever the umask");
	seal_store_close(&store);
}

static void test_each(void)
{
	struct walk walk = { .records = 0 };
	struct seal_store *store;
	struct seal_store_stat stat;
	struct seal_error err;

	fresh();
	store = open_store(0);
	tap_ok(seal_store_each(store, walk_each, &walk, &err) == 0 &&
	       walk.records == 0, "each: an empty store");
	(void)put(store, "c", "c", 10, &err);
	(void)put(store, "a", "a", 10000, &err);
	(void)put(store, "b", "b", 10, &err);
	tap_ok(seal_store_each(store, walk_each, &walk, &err) == 0 &&
	       strcmp(walk.seen, "a b c ") == 0 && walk.records == 3,
	       "each: in order");
	memset(&walk, 0, sizeof(walk));
	walk.stop_at = 2;
	tap_ok(seal_store_each(store, walk_each, &walk, &err) == -1 &&
	       err.code == SEAL_ERR_LIMIT && walk.records == 2,
	       "each: stopped");
	memset(&walk, 0, sizeof(walk));
	walk.store = store;
	tap_ok(seal_store_each(store, walk_each, &walk, &err) == 0 &&
	       walk.nested == 1 && walk.records == 3,
	       "each: no change while walking, looking up goes on");
	tap_ok(put(store, "d", "d", 1, &err) == 1, "each: changes after it");
	tap_ok(seal_store_stat(store, &stat, &err) == 0 && stat.users == 4 &&
	       stat.file_size >= 8192 && stat.map_size == 64 << 20,
	       "stat: counts and sizes");
	seal_store_close(&store);
}

static void test_growth(void)
{
	struct seal_store *store;
	struct seal_store_stat stat;
	struct seal_error err;
	struct want want = { .label = "large", .size = 60000 };
	char user[32], label[32];
	unsigned int i;
	bool good = true;

	fresh();
	store = open_store(65536);
	for (i = 0; i < 3000 && good; i++) {
		snprintf(user, sizeof(user), "user%u", i * 7919 % 3000);
		snprintf(label, sizeof(label), "label%u", i * 7919 % 3000);
		good = put(store, user, label, i % 1500, &err) == 1;
	}
	if (!good)
		tap_note("%s", err.text);
	for (i = 0; i < 3000 && good; i++) {
		snprintf(user, sizeof(user), "user%u", i);
		snprintf(label, sizeof(label), "label%u", i);
		good = has(store, user, label, &err);
	}
	tap_ok(good, "growth: 3000 records into a map of 64 kB");
	tap_ok(seal_store_stat(store, &stat, &err) == 0 && stat.users == 3000 &&
	       stat.map_size > stat.file_size && stat.file_size > 3000000,
	       "growth: the map is larger now");
	seal_store_close(&store);

	fresh();
	store = open_store(16384);
	good = seal_store_update(store, "u", put_change, &want, &err) == 1;
	tap_ok(good && want.calls == 2 && has(store, "u", "large", &err),
	       "growth: one step for one record, change() called %u times",
	       want.calls);
	seal_store_close(&store);
	store = open_store(4096);
	tap_ok(has(store, "u", "large", &err),
	       "growth: a map asked for that is smaller than the file");
	seal_store_close(&store);
}

static bool build(struct seal_error *err)
{
	struct seal_store *store = seal_store_open(folder, 0, err);
	bool good;

	if (store == NULL)
		return false;
	good = put(store, "user", "two", 100, err) == 1 &&
		has(store, "user", "two", err) &&
		seal_store_compact(store, err) == 0;
	seal_store_close(&store);
	return good;
}

static void test_allocations(void)
{
	struct seal_store *store;
	struct seal_error err;
	bool good = true, failed = true;
	unsigned long n;

	fresh();
	for (n = 1; failed && good; n++) {
		store = open_store(0);
		good = put(store, "user", "one", 100, &err) == 1;
		seal_store_close(&store);
		err.code = SEAL_ERR_NONE;
		tap_alloc_fail_at(n);
		good = good && (build(&err) || err.code == SEAL_ERR_MEMORY);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		good = good && ERR_peek_error() == 0;
		store = open_store(0);
		good = good && (has(store, "user", "one", &err) ||
				has(store, "user", "two", &err));
		seal_store_close(&store);
	}
	tap_ok(good, "with each of %lu allocations failing", n);
	if (!good)
		tap_note("%lu: %d %s", n - 1, err.code, err.text);
}

int main(void)
{
	tap_alloc_init();
	test_basics();
	test_modes();
	test_each();
	test_growth();
	test_allocations();
	return store_done();
}
