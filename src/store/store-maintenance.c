/* SPDX-License-Identifier: MIT */

/* What an administrator asks of the whole store: walking through it, copying,
 * compacting, sizes. */

#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include "base/error.h"
#include "store/profile.h"
#include "store/store-private.h"

#define COPY_TEMPORARY "data.mdb.copy"

/* The key as text: a damaged one can hold anything. */
static void printable_key(const MDB_val *key, char text_r[],
			  size_t size)
{
	const unsigned char *p = key->mv_data;
	size_t i;

	for (i = 0; i < key->mv_size && i + 1 < size; i++) {
		if (p[i] < 0x20 || p[i] == 0x7f)
			break;
		text_r[i] = (char)p[i];
	}
	text_r[i] = '\0';
}

static int walk_one(const MDB_val *key, const MDB_val *value,
		    int (*each)(const char *user,
				const struct seal_user_record *record,
				const struct seal_error *problem,
				void *context, struct seal_error *err),
		    void *context, struct seal_error *err)
{
	struct seal_user_record *record;
	struct seal_error problem;
	char user[SEAL_STORE_USER_MAX + 1];
	int ret;

	if (seal_store_decode(key, value, &record, &problem) == 0) {
		ret = each(record->user, record, NULL, context, err);
		seal_user_record_free(&record);
		return ret;
	}
	if (problem.code == SEAL_ERR_MEMORY)
		return seal_error_memory(err);
	printable_key(key, user, sizeof(user));
	return each(user, NULL, &problem, context, err);
}

int seal_store_each(struct seal_store *store,
		    int (*each)(const char *user,
				const struct seal_user_record *record,
				const struct seal_error *problem,
				void *context, struct seal_error *err),
		    void *context, struct seal_error *err)
{
	bool nested = store->walking;
	MDB_cursor *cursor;
	MDB_val key, value;
	MDB_txn *txn;
	int rc, ret = 0;

	if (seal_store_begin(store, MDB_RDONLY, &txn, err) < 0)
		return -1;
	rc = mdb_cursor_open(txn, store->dbi, &cursor);
	if (rc == 0) {
		store->walking = true;
		while (ret == 0 && (rc = mdb_cursor_get(cursor, &key, &value,
							MDB_NEXT)) == 0)
			ret = walk_one(&key, &value, each, context, err);
		store->walking = nested;
		mdb_cursor_close(cursor);
	}
	mdb_txn_abort(txn);
	if (ret == 0 && rc != MDB_NOTFOUND)
		return seal_store_error(store, rc, "cannot be read", err);
	return ret < 0 ? -1 : 0;
}

/* Writes a compact copy to the empty file fd and syncs it. */
static int write_copy(struct seal_store *store, int fd)
{
	int rc = mdb_env_copyfd2(store->env, fd, MDB_CP_COMPACT);

	return rc != 0 ? rc : fsync(fd) < 0 ? errno : 0;
}

/* A second pair of eyes before a copy is relied upon: LMDB opens it, and finds
 * as many records as there are here. */
static int check_copy(MDB_env *original, const char *path, bool same)
{
	MDB_stat want, have;
	MDB_env *env;
	int rc;

	if ((rc = mdb_env_stat(original, &want)) != 0 ||
	    (rc = mdb_env_create(&env)) != 0)
		return rc;
	/* of this size, LMDB makes the smallest map that will do */
	rc = mdb_env_set_mapsize(env, 4096);
	if (rc == 0)
		rc = mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOLOCK |
				  MDB_RDONLY, 0600);
	if (rc == 0 && (rc = mdb_env_stat(env, &have)) == 0 && same &&
	    have.ms_entries != want.ms_entries)
		rc = MDB_CORRUPTED;
	mdb_env_close(env);
	return rc;
}

/* Makes the file name in dir (open as dir_fd) and fills it with a copy; same:
 * nobody changes the original meanwhile. 0, or an error number and no file. */
static int copy_to(struct seal_store *store, int dir_fd, const char *dir,
		   const char *name, bool same)
{
	char *path;
	int rc, fd;

	fd = openat(dir_fd, name,
		    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return errno;
	/* the lock keeps two copiers apart; what a killed one left is reused */
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		rc = errno == EWOULDBLOCK ? EBUSY : errno;
		(void)close(fd);
		return rc;
	}
	if (fchmod(fd, 0600) < 0 || ftruncate(fd, 0) < 0)
		rc = errno;
	else
		rc = write_copy(store, fd);
	if (rc == 0) {
		if (asprintf(&path, "%s/%s", dir, name) < 0) {
			rc = ENOMEM;
		} else {
			rc = check_copy(store->env, path, same);
			free(path);
		}
	}
	if (rc != 0)
		(void)unlinkat(dir_fd, name, 0);
	(void)close(fd);
	return rc;
}

/* Gives the finished copy its name. 0 or an error number. */
static int rename_copy(int dir_fd, const char *from)
{
	return renameat(dir_fd, from, dir_fd, SEAL_STORE_DATA) < 0 ||
		fsync(dir_fd) < 0 ? errno : 0;
}

static int copy_into(struct seal_store *store, int dir_fd, const char *dir,
		     struct seal_error *err)
{
	struct stat st;
	int rc;

	if (fstatat(dir_fd, SEAL_STORE_DATA, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return seal_error_set(err, SEAL_ERR_REFUSED, "%s holds a "
			SEAL_STORE_DATA " already: give an empty folder", dir);
	rc = copy_to(store, dir_fd, dir, COPY_TEMPORARY, false);
	if (rc == EBUSY)
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"another copy is being written to %s", dir);
	if (rc == 0 && (rc = rename_copy(dir_fd, COPY_TEMPORARY)) != 0)
		(void)unlinkat(dir_fd, COPY_TEMPORARY, 0);
	if (rc == 0)
		return 0;
	return seal_error_set(err, rc == ENOSPC || rc == EDQUOT ||
			      rc == EFBIG ? SEAL_ERR_FULL : SEAL_ERR_IO,
			      "the store %s cannot be copied to %s: %s",
			      store->folder, dir, mdb_strerror(rc));
}

/* Starting and ending a transaction brings the environment up to date. */
static int refresh(struct seal_store *store, struct seal_error *err)
{
	MDB_txn *txn;

	if (seal_store_begin(store, MDB_RDONLY, &txn, err) < 0)
		return -1;
	mdb_txn_abort(txn);
	return 0;
}

int seal_store_copy(struct seal_store *store, const char *dir,
		    struct seal_error *err)
{
	int ret, dir_fd;

	if (refresh(store, err) < 0)
		return -1;
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return seal_error_set(err, SEAL_ERR_IO,
			"the folder %s cannot be opened: %s", dir,
			strerror(errno));
	ret = copy_into(store, dir_fd, dir, err);
	(void)close(dir_fd);
	return ret;
}

/* Back to the shared lock, and the environment open again. A failure is
 * reported only where there is no earlier one; the next question to the store
 * tries again. */
static int reopen_shared(struct seal_store *store, int ret,
			 struct seal_error *err)
{
	struct seal_error later;

	/* locks change hands only while the environment is closed */
	seal_store_env_close(store);
	while (flock(store->lock_fd, LOCK_SH) < 0 && errno == EINTR)
		;
	if (seal_store_env_open(store, ret < 0 ? &later : err) < 0)
		return -1;
	return ret;
}

static int compact_alone(struct seal_store *store, struct seal_error *err)
{
	int rc;

	if (seal_store_env_open(store, err) < 0)
		return -1;
	rc = copy_to(store, store->dir_fd, store->folder, SEAL_STORE_NEW, true);
	if (rc == 0) {
		/* LMDB must not hold a file that is no longer data.mdb */
		seal_store_env_close(store);
		rc = rename_copy(store->dir_fd, SEAL_STORE_NEW);
		/* The lock table says which of the file's meta pages is valid.
		 * LMDB writes it anew unless a foreign process (mdb_stat) has it
		 * open; with the old table, the new file could look empty. */
		(void)unlinkat(store->dir_fd, rc == 0 ? SEAL_STORE_LOCK :
			       SEAL_STORE_NEW, 0);
	}
	return rc == 0 ? 0 :
		seal_store_error(store, rc, "cannot be compacted", err);
}

int seal_store_compact(struct seal_store *store, struct seal_error *err)
{
	int ret;

	if (store->walking)
		return seal_error_set(err, SEAL_ERR_REFUSED, "the store cannot "
			"be compacted while it is being walked through");
	seal_store_env_close(store);
	if (flock(store->lock_fd, LOCK_EX | LOCK_NB) == 0)
		ret = compact_alone(store, err);
	else if (errno == EWOULDBLOCK)
		ret = seal_error_set(err, SEAL_ERR_REFUSED, "the store %s is "
			"open in another process too: try again when only one "
			"service has it", store->folder);
	else
		ret = seal_store_error(store, errno, "cannot be locked", err);
	return reopen_shared(store, ret, err);
}

int seal_store_stat(struct seal_store *store, struct seal_store_stat *stat_r,
		    struct seal_error *err)
{
	MDB_envinfo info;
	struct stat st;
	MDB_stat stat;
	int rc, fd;

	memset(stat_r, 0, sizeof(*stat_r));
	if (refresh(store, err) < 0)
		return -1;
	if ((rc = mdb_env_stat(store->env, &stat)) != 0 ||
	    (rc = mdb_env_info(store->env, &info)) != 0 ||
	    (rc = mdb_env_get_fd(store->env, &fd)) != 0)
		return seal_store_error(store, rc, "cannot be examined", err);
	if (fstat(fd, &st) < 0)
		return seal_store_error(store, errno, "cannot be examined",
					err);
	stat_r->users = stat.ms_entries;
	stat_r->file_size = (uint64_t)st.st_size;
	stat_r->map_size = info.me_mapsize;
	return 0;
}
