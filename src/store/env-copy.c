/* SPDX-License-Identifier: MIT */

/* What an administrator asks of the whole environment: copying, compacting,
 * sizes. */

#include "store/env-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include "base/error.h"

#define COPY_TEMPORARY "data.mdb.copy"

/* Writes a compact copy to the empty file fd and syncs it. */
static int write_copy(struct seal_env *env, int fd)
{
	int rc = mdb_env_copyfd2(env->lmdb, fd, MDB_CP_COMPACT);

	return rc != 0 ? rc : fsync(fd) < 0 ? errno : 0;
}

/* A second pair of eyes before a copy is relied upon: LMDB opens it, and finds
 * as many records as there are here. */
static int check_copy(MDB_env *original, const char *path, bool same)
{
	MDB_stat want, have;
	MDB_env *lmdb;
	int rc;

	if ((rc = mdb_env_stat(original, &want)) != 0 ||
	    (rc = mdb_env_create(&lmdb)) != 0)
		return rc;
	/* of this size, LMDB makes the smallest map that will do */
	rc = mdb_env_set_mapsize(lmdb, 4096);
	if (rc == 0)
		rc = mdb_env_open(lmdb, path, MDB_NOSUBDIR | MDB_NOLOCK |
				  MDB_RDONLY, 0600);
	if (rc == 0 && (rc = mdb_env_stat(lmdb, &have)) == 0 && same &&
	    have.ms_entries != want.ms_entries)
		rc = MDB_CORRUPTED;
	mdb_env_close(lmdb);
	return rc;
}

/* Makes the file name in dir (open as dir_fd) and fills it with a copy; same:
 * nobody changes the original meanwhile. 0, or an error number and no file. */
static int copy_to(struct seal_env *env, int dir_fd, const char *dir,
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
		rc = write_copy(env, fd);
	if (rc == 0) {
		if (asprintf(&path, "%s/%s", dir, name) < 0) {
			rc = ENOMEM;
		} else {
			rc = check_copy(env->lmdb, path, same);
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
	return renameat(dir_fd, from, dir_fd, SEAL_ENV_DATA) < 0 ||
		fsync(dir_fd) < 0 ? errno : 0;
}

static int copy_into(struct seal_env *env, int dir_fd, const char *dir,
		     struct seal_error *err)
{
	struct stat st;
	int rc;

	if (fstatat(dir_fd, SEAL_ENV_DATA, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return seal_error_set(err, SEAL_ERR_REFUSED, "%s holds a "
			SEAL_ENV_DATA " already: give an empty folder", dir);
	rc = copy_to(env, dir_fd, dir, COPY_TEMPORARY, false);
	if (rc == EBUSY)
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"another copy is being written to %s", dir);
	if (rc == 0 && (rc = rename_copy(dir_fd, COPY_TEMPORARY)) != 0)
		(void)unlinkat(dir_fd, COPY_TEMPORARY, 0);
	if (rc == 0)
		return 0;
	return seal_error_set(err, rc == ENOSPC || rc == EDQUOT ||
			      rc == EFBIG ? SEAL_ERR_FULL : SEAL_ERR_IO,
			      "the %s %s cannot be copied to %s: %s",
			      env->noun, env->folder, dir, mdb_strerror(rc));
}

/* Starting and ending a transaction brings the environment up to date. */
static int bring_up_to_date(struct seal_env *env, struct seal_error *err)
{
	MDB_txn *txn;

	if (seal_env_begin(env, MDB_RDONLY, &txn, err) < 0)
		return -1;
	mdb_txn_abort(txn);
	return 0;
}

int seal_env_copy(struct seal_env *env, const char *dir,
		  struct seal_error *err)
{
	int ret, dir_fd;

	if (bring_up_to_date(env, err) < 0)
		return -1;
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return seal_error_set(err, SEAL_ERR_IO,
			"the folder %s cannot be opened: %s", dir,
			strerror(errno));
	ret = copy_into(env, dir_fd, dir, err);
	(void)close(dir_fd);
	return ret;
}

/* Back to the shared lock, and the environment open again. A failure is
 * reported only where there is no earlier one; the next transaction tries
 * again. */
static int reopen_shared(struct seal_env *env, int ret,
			 struct seal_error *err)
{
	struct seal_error later;

	/* locks change hands only while the environment is closed */
	seal_env_detach(env);
	while (flock(env->lock_fd, LOCK_SH) < 0 && errno == EINTR)
		;
	if (seal_env_attach(env, ret < 0 ? &later : err) < 0)
		return -1;
	return ret;
}

static int compact_alone(struct seal_env *env, struct seal_error *err)
{
	int rc;

	if (seal_env_attach(env, err) < 0)
		return -1;
	rc = copy_to(env, env->dir_fd, env->folder, SEAL_ENV_NEW, true);
	if (rc == 0) {
		/* LMDB must not hold a file that is no longer data.mdb */
		seal_env_detach(env);
		rc = rename_copy(env->dir_fd, SEAL_ENV_NEW);
		/* The lock table says which of the file's meta pages is valid.
		 * LMDB writes it anew unless a foreign process (mdb_stat) has it
		 * open; with the old table, the new file could look empty. */
		(void)unlinkat(env->dir_fd, rc == 0 ? SEAL_ENV_LOCK :
			       SEAL_ENV_NEW, 0);
	}
	return rc == 0 ? 0 :
		seal_env_error(env, rc, "cannot be compacted", err);
}

int seal_env_compact(struct seal_env *env, struct seal_error *err)
{
	int ret;

	if (env->readers > 0 || env->writing) {
		return seal_error_set(err, SEAL_ERR_REFUSED, "the %s cannot "
			"be compacted while it is in use", env->noun);
	}
	seal_env_detach(env);
	if (flock(env->lock_fd, LOCK_EX | LOCK_NB) == 0)
		ret = compact_alone(env, err);
	else if (errno == EWOULDBLOCK)
		ret = seal_error_set(err, SEAL_ERR_REFUSED, "the %s %s is "
			"open in another process too: try again when only one "
			"service has it", env->noun, env->folder);
	else
		ret = seal_env_error(env, errno, "cannot be locked", err);
	return reopen_shared(env, ret, err);
}

int seal_env_stat(struct seal_env *env, struct seal_env_stat *stat_r,
		  struct seal_error *err)
{
	MDB_envinfo info;
	struct stat st;
	MDB_stat stat;
	int rc, fd;

	memset(stat_r, 0, sizeof(*stat_r));
	if (bring_up_to_date(env, err) < 0)
		return -1;
	if ((rc = mdb_env_stat(env->lmdb, &stat)) != 0 ||
	    (rc = mdb_env_info(env->lmdb, &info)) != 0 ||
	    (rc = mdb_env_get_fd(env->lmdb, &fd)) != 0)
		return seal_env_error(env, rc, "cannot be examined", err);
	if (fstat(fd, &st) < 0)
		return seal_env_error(env, errno, "cannot be examined", err);
	stat_r->records = stat.ms_entries;
	stat_r->file_size = (uint64_t)st.st_size;
	stat_r->map_size = info.me_mapsize;
	return 0;
}
