/* SPDX-License-Identifier: MIT */
/* Compacting, copying, damaged and read-only files. */
#include "store-check.h"

static void test_compact(void)
{
	struct seal_store_stat before, after;
	struct seal_store *store;
	struct seal_error err;

	fresh();
	store = open_store(0);
	tap_ok(seal_store_compact(store, &err) == 0 &&
	       seal_store_stat(store, &after, &err) == 0 && after.users == 0,
	       "compact: an empty store");
	fill(store);
	(void)seal_store_stat(store, &before, &err);
	tap_ok(seal_store_compact(store, &err) == 0 &&
	       seal_store_stat(store, &after, &err) == 0 &&
	       after.file_size < before.file_size / 4 &&
	       after.users == before.users && compacted(store),
	       "compact: from %llu to %llu bytes",
	       (unsigned long long)before.file_size,
	       (unsigned long long)after.file_size);
	tap_ok(put(store, "new", "new", 10, &err) == 1 &&
	       has(store, "new", "new", &err), "compact: goes on after it");
	seal_store_close(&store);
	store = open_store(0);
	tap_ok(has(store, "new", "new", &err) && compacted(store) &&
	       access(in(folder, "data.mdb.new"), F_OK) < 0,
	       "compact: opened again");
	seal_store_close(&store);
}

static void test_copy(void)
{
	const char *const argv[] = { "mdb_stat", other, NULL };
	char saved[sizeof(folder)], *out;
	struct seal_store *store;
	struct seal_error err;
	size_t len;
	int ret;

	fresh();
	store = open_store(0);
	fill(store);
	tap_ok(seal_store_copy(store, other, &err) == 0, "copy: written");
	tap_ok(seal_store_copy(store, other, &err) == -1 &&
	       err.code == SEAL_ERR_REFUSED, "copy: not twice");
	tap_ok(seal_store_copy(store, folder, &err) == -1 &&
	       err.code == SEAL_ERR_REFUSED, "copy: not onto itself");
	tap_ok(seal_store_copy(store, "/nonexistent", &err) == -1 &&
	       err.code == SEAL_ERR_IO, "copy: no such folder");
	tap_ok(access(in(other, "data.mdb.copy"), F_OK) < 0,
	       "copy: nothing is left behind");
	ret = tap_run(argv, NULL, 0, &out, &len);
	if (ret == 127)
		tap_skip("mdb_stat is not installed", "copy: mdb_stat");
	else
		tap_ok(ret == 0 && strstr(out, "Entries: 10") != NULL,
		       "copy: mdb_stat reads it");
	free(out);
	(void)unlink(in(other, "lock.mdb"));
	seal_store_close(&store);

	memcpy(saved, folder, sizeof(saved));
	snprintf(folder, sizeof(folder), "%.120s", other);
	store = open_store(0);
	memcpy(folder, saved, sizeof(saved));
	tap_ok(compacted(store), "copy: opened as a store");
	seal_store_close(&store);
}

static void write_file(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	if (f == NULL || fwrite(data, 1, len, f) != len || fclose(f) != 0)
		abort();
}

/* Overwrites bytes everywhere in the file where they are found. */
static void spoil(const char *path, const char *what, const char *with)
{
	size_t i, len = strlen(what), size;
	FILE *f = fopen(path, "r+b");
	static char data[1 << 20];

	if (f == NULL)
		abort();
	size = fread(data, 1, sizeof(data), f);
	for (i = 0; i + len <= size; i++) {
		if (memcmp(data + i, what, len) == 0)
			memcpy(data + i, with, len);
	}
	rewind(f);
	if (fwrite(data, 1, size, f) != size || fclose(f) != 0)
		abort();
}

static void test_damage(void)
{
	static const char nonsense[20000] = "this is no database";
	struct seal_user_record *record;
	struct walk walk = { .records = 0 };
	struct seal_store *store;
	struct seal_error err;
	struct stat st;

	fresh();
	write_file(in(folder, "data.mdb"), nonsense, sizeof(nonsense));
	tap_ok(seal_store_open(folder, 0, &err) == NULL &&
	       err.code == SEAL_ERR_DAMAGED &&
	       strstr(err.text, folder) != NULL, "damage: not a database");
	write_file(in(folder, "data.mdb"), nonsense, 100);
	tap_ok(seal_store_open(folder, 0, &err) == NULL &&
	       err.code == SEAL_ERR_DAMAGED, "damage: short and no database");
	write_file(in(folder, "data.mdb"), "", 0);
	tap_ok(seal_store_open(folder, 0, &err) == NULL &&
	       err.code == SEAL_ERR_DAMAGED, "damage: empty");

	fresh();
	store = open_store(0);
	(void)put(store, "alice", "label-of-alice", 10, &err);
	(void)put(store, "bob", "label-of-bob", 10, &err);
	seal_store_close(&store);
	/* the label gets a control character */
	spoil(in(folder, "data.mdb"), "label-of-alice", "label-of\nalice");
	store = open_store(0);
	tap_ok(seal_store_get(store, "alice", &record, &err) == -1 &&
	       err.code == SEAL_ERR_DAMAGED && record == NULL,
	       "damage: a record that does not decode");
	tap_ok(put(store, "alice", "new", 10, &err) == -1 &&
	       err.code == SEAL_ERR_DAMAGED, "damage: is not written over");
	tap_ok(has(store, "bob", "label-of-bob", &err),
	       "damage: others are not touched by it");
	tap_ok(seal_store_each(store, walk_each, &walk, &err) == 0 &&
	       walk.problems == 1 && walk.records == 1 &&
	       strcmp(walk.seen, "alice bob ") == 0,
	       "damage: each names the record");
	seal_store_close(&store);

	fresh();
	store = open_store(0);
	(void)put(store, "alice", "x", 10, &err);
	seal_store_close(&store);
	/* key and record both hold the name; only the key follows the length
	 * of the name in a node, so change the record's, behind its tag */
	spoil(in(folder, "data.mdb"), "\x0c\x05""alice", "\x0c\x05""mally");
	store = open_store(0);
	tap_ok(seal_store_get(store, "alice", &record, &err) == -1 &&
	       err.code == SEAL_ERR_DAMAGED &&
	       strstr(err.text, "another name") != NULL,
	       "damage: a record that bears another name");
	seal_store_close(&store);

	fresh();
	store = open_store(0);
	fill(store);
	seal_store_close(&store);
	if (stat(in(folder, "data.mdb"), &st) < 0 ||
	    truncate(in(folder, "data.mdb"), st.st_size / 2) < 0)
		abort();
	tap_ok(seal_store_open(folder, 0, &err) == NULL &&
	       err.code == SEAL_ERR_DAMAGED, "damage: cut off");
	tap_ok(seal_store_open("/nonexistent", 0, &err) == NULL &&
	       err.code == SEAL_ERR_IO &&
	       strstr(err.text, "/nonexistent") != NULL,
	       "open: no such folder");
}

/* As a user whom permissions concern. */
static int read_only(void)
{
	struct seal_store *store;
	struct seal_error err;

	if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
		return 1;
	if (seal_store_open(folder, 0, &err) != NULL ||
	    err.code != SEAL_ERR_IO || strstr(err.text, folder) == NULL)
		return 2;
	if (chmod(folder, 0700) < 0)
		return 3;
	store = open_store(0);
	if (put(store, "user", "one", 10, &err) != 1 || chmod(folder, 0500) < 0)
		return 4;
	/* the files are there: only what needs new ones fails */
	if (put(store, "user", "two", 10, &err) != 1 ||
	    seal_store_compact(store, &err) != -1 || err.code != SEAL_ERR_IO ||
	    !has(store, "user", "two", &err) ||
	    put(store, "user", "three", 10, &err) != 1 ||
	    seal_store_copy(store, folder, &err) != -1)
		return 5;
	seal_store_close(&store);
	store = open_store(0);
	if (!has(store, "user", "three", &err))
		return 6;
	seal_store_close(&store);
	if (chmod(in(folder, "data.mdb"), 0400) < 0 ||
	    seal_store_open(folder, 0, &err) != NULL ||
	    err.code != SEAL_ERR_IO)
		return 7;
	return 0;
}

static void test_read_only(void)
{
	int ret;

	fresh();
	if (geteuid() == 0 && chown(folder, 65534, 65534) < 0)
		abort();
	if (chmod(folder, 0500) < 0)
		abort();
	ret = in_child(read_only);
	(void)chmod(folder, 0700);
	tap_ok(ret == 0, "a folder that is read only (%d)", ret);
}

int main(void)
{
	test_compact();
	test_copy();
	test_damage();
	test_read_only();
	return store_done();
}
