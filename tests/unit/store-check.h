/* SPDX-License-Identifier: MIT */
#ifndef SEAL_TESTS_STORE_CHECK_H
#define SEAL_TESTS_STORE_CHECK_H

/* What the tests of store/store.h share: a folder, and records that can be told
 * from each other. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "base/error.h"
#include "store/profile.h"
#include "store/store.h"
#include "tap.h"

#define NOW 1700000000

/* A folder of its own for each test, emptied at the end of it. */
static char folder[128], other[128 + 8];

static const char *const files[] = {
	"data.mdb", "lock.mdb", "open.lock", "data.mdb.new", "data.mdb.copy"
};

static inline const char *in(const char *dir, const char *name)
{
	static char path[4][256];
	static unsigned int i;

	i = (i + 1) % 4;
	snprintf(path[i], sizeof(path[i]), "%s/%s", dir, name);
	return path[i];
}

static inline void remove_folder(const char *dir)
{
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		(void)unlink(in(dir, files[i]));
	(void)rmdir(dir);
}

static inline void fresh(void)
{
	/* on disk, not in memory, where /tmp is that: fsync is part of it */
	const char *top = getenv("SEAL_TEST_DIR");

	if (folder[0] == '\0') {
		snprintf(folder, sizeof(folder), "%s/seal-store-XXXXXX",
			 top != NULL ? top : "/tmp");
		if (mkdtemp(folder) == NULL)
			abort();
		snprintf(other, sizeof(other), "%s-copy", folder);
	}
	remove_folder(folder);
	remove_folder(other);
	if (mkdir(folder, 0700) < 0 || mkdir(other, 0700) < 0)
		abort();
}

/* What a test wants of a record: a label that says which version it is, and a
 * certificate of some size. */
struct want {
	const char *label;
	size_t size;
	unsigned int calls;
};

static inline int put_change(struct seal_user_record *record, void *context,
			     struct seal_error *err)
{
	struct want *want = context;
	struct seal_profile *profile;
	unsigned char *der;
	int ret;

	want->calls++;
	while (record->profile_count > 0)
		seal_user_record_remove(record, &record->profiles[0]);
	profile = seal_user_record_add(record, SEAL_PROFILE_IMPORTED,
				       want->label, NOW, err);
	if (profile == NULL)
		return -1;
	if ((der = malloc(want->size + 1)) == NULL)
		return seal_error_memory(err);
	memset(der, 'c', want->size);
	ret = seal_profile_add_certificate(profile, der, want->size, err);
	free(der);
	return ret < 0 ? -1 : 1;
}

static inline int put(struct seal_store *store, const char *user,
		      const char *label, size_t size, struct seal_error *err)
{
	struct want want = { .label = label, .size = size };

	return seal_store_update(store, user, put_change, &want, err);
}

static inline bool has(struct seal_store *store, const char *user,
		       const char *label, struct seal_error *err)
{
	struct seal_user_record *record;
	bool good;

	if (seal_store_get(store, user, &record, err) <= 0)
		return false;
	good = record->profile_count == 1 &&
		strcmp(record->profiles[0].label, label) == 0;
	seal_user_record_free(&record);
	return good;
}

static inline int remove_change(struct seal_user_record *record, void *context,
				struct seal_error *err)
{
	(void)context, (void)err;
	while (record->profile_count > 0)
		seal_user_record_remove(record, &record->profiles[0]);
	return 1;
}

static inline struct seal_store *open_store(size_t map_size)
{
	struct seal_error err;
	struct seal_store *store = seal_store_open(folder, map_size, &err);

	if (store == NULL) {
		tap_note("%s", err.text);
		abort();
	}
	return store;
}

struct walk {
	char seen[1024];
	unsigned int records, problems;
	int stop_at;
	struct seal_store *store;
	int nested;
};

static inline int walk_each(const char *user,
			    const struct seal_user_record *record,
			    const struct seal_error *problem, void *context,
			    struct seal_error *err)
{
	struct walk *walk = context;
	struct seal_error ignored;

	if (record != NULL)
		walk->records++;
	else if (problem->code == SEAL_ERR_DAMAGED)
		walk->problems++;
	if (strlen(walk->seen) + strlen(user) + 2 < sizeof(walk->seen))
		strcat(strcat(walk->seen, user), " ");
	if (walk->store != NULL)
		walk->nested = put(walk->store, "x", "x", 1, &ignored) == -1 &&
			ignored.code == SEAL_ERR_REFUSED &&
			seal_store_compact(walk->store, &ignored) == -1 &&
			ignored.code == SEAL_ERR_REFUSED &&
			has(walk->store, "b", "b", &ignored);
	if ((int)(walk->records + walk->problems) == walk->stop_at)
		return seal_error_set(err, SEAL_ERR_LIMIT, "enough");
	return 0;
}

/* Runs body in a process of its own. Returns its exit status. */
static inline int in_child(int (*body)(void))
{
	pid_t pid;
	int status;

	fflush(stdout);
	if ((pid = fork()) < 0)
		abort();
	if (pid == 0)
		_exit(body());
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
		128 + WTERMSIG(status);
}

static inline bool compacted(struct seal_store *store)
{
	struct seal_error err;
	char user[32];
	unsigned int i;

	for (i = 0; i < 200; i += 20) {
		snprintf(user, sizeof(user), "user%u", i);
		if (!has(store, user, "x", &err))
			return false;
	}
	return true;
}

static inline void fill(struct seal_store *store)
{
	struct seal_error err;
	char user[32];
	unsigned int i;

	for (i = 0; i < 200; i++) {
		snprintf(user, sizeof(user), "user%u", i);
		if (put(store, user, "x", 5000, &err) != 1)
			abort();
	}
	for (i = 0; i < 200; i++) {
		snprintf(user, sizeof(user), "user%u", i);
		if (i % 20 != 0 && seal_store_update(store, user, remove_change,
						     NULL, &err) != 1)
			abort();
	}
}

static inline int store_done(void)
{
	remove_folder(folder);
	remove_folder(other);
	return tap_done();
}

#endif
