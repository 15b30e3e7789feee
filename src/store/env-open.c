/* SPDX-License-Identifier: MIT */

/* Opening and closing: the folder, its lock, its files, LMDB's environment.
 *
 * Two locks of ours stand beside LMDB's own (all are gone with their process):
 * - open.lock is held shared by everybody who has the environment open, and
 *   exclusively while compacting puts another file in data.mdb's place. Nobody
 *   has the environment open without it.
 * - the folder itself is locked while files are made and LMDB attaches to
 *   them, so that nobody sees them half made, nor attaches to the lock table
 *   of a process that was killed while it was making it. */

#include "store/env-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include "base/error.h"

#define DEFAULT_MAP_SIZE ((size_t)64 << 20)

/* lock.mdb is mapped and written through: its blocks have to be there, or a
 * full disk kills the process (SIGBUS). LMDB takes as many readers as fit. */
#define LOCK_SIZE 16384

/* By how much data.mdb may be shorter than LMDB's page count says: pages that a
 * transaction took and gave back at its end are counted and never written. */
#define UNWRITTEN_PAGES 16

#define ROOM (64 * 1024)

/* LMDB says EIO for a short write, which is how a full disk, quota or file
 * size limit shows when a part still fitted. */
static bool has_room(const struct seal_env *env)
{
	struct rlimit limit;
	struct statvfs fs;
	struct stat st;

	if (fstatvfs(env->dir_fd, &fs) == 0 &&
	    fs.f_bavail <= ROOM / (fs.f_frsize > 0 ? fs.f_frsize : 4096))
		return false;
	return getrlimit(RLIMIT_FSIZE, &limit) < 0 ||
		limit.rlim_cur == RLIM_INFINITY ||
		fstatat(env->dir_fd, SEAL_ENV_DATA, &st, 0) < 0 ||
		(rlim_t)st.st_size + ROOM <= limit.rlim_cur;
}

int seal_env_error(const struct seal_env *env, int rc, const char *what,
		   struct seal_error *err)
{
	enum seal_error_code code = SEAL_ERR_IO;

	switch (rc) {
	case ENOMEM:
		code = SEAL_ERR_MEMORY;
		break;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
	case MDB_MAP_FULL:
		code = SEAL_ERR_FULL;
		break;
	case EIO:
		code = has_room(env) ? SEAL_ERR_IO : SEAL_ERR_FULL;
		break;
	case MDB_INVALID:
	case MDB_VERSION_MISMATCH:
	case MDB_INCOMPATIBLE:
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
		code = SEAL_ERR_DAMAGED;
		break;
	}
	return seal_error_set(err, code, "the %s %s %s: %s%s",
			      env->noun, env->folder, what, mdb_strerror(rc),
			      code == SEAL_ERR_FULL ?
			      " (no room: make some and try again)" : "");
}

/* Opens a file of the folder, and makes it where it is missing, with a mode that
 * the umask does not touch. -1 with errno. */
static int open_private(const struct seal_env *env, const char *name)
{
	int fd, flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;

	fd = openat(env->dir_fd, name, flags | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		return errno == EEXIST ?
			openat(env->dir_fd, name, flags) : -1;
	if (fchmod(fd, 0600) < 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static int make_lock_file(const struct seal_env *env)
{
	int rc, fd = open_private(env, SEAL_ENV_LOCK);

	if (fd < 0)
		return errno;
	do {
		rc = posix_fallocate(fd, 0, LOCK_SIZE);
	} while (rc == EINTR);
	(void)close(fd);
	return rc;
}

/* Lets LMDB write its two first pages into an empty file. */
static int init_data_file(const char *path)
{
	MDB_env *lmdb;
	int rc;

	if ((rc = mdb_env_create(&lmdb)) != 0)
		return rc;
	rc = mdb_env_open(lmdb, path, MDB_NOSUBDIR | MDB_NOLOCK, 0600);
	mdb_env_close(lmdb);
	return rc;
}

/* A data.mdb that is there is always whole: it is made under another name. */
static int make_data_file(const struct seal_env *env)
{
	char *path;
	int fd, rc = ENOMEM;

	/* what a killed process left behind */
	(void)unlinkat(env->dir_fd, SEAL_ENV_NEW, 0);
	if (faccessat(env->dir_fd, SEAL_ENV_DATA, F_OK,
		      AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if ((fd = open_private(env, SEAL_ENV_NEW)) < 0)
		return errno;
	if (asprintf(&path, "%s/%s", env->folder, SEAL_ENV_NEW) >= 0) {
		rc = init_data_file(path);
		free(path);
	}
	if (rc == 0 && (fsync(fd) < 0 ||
			renameat(env->dir_fd, SEAL_ENV_NEW,
				 env->dir_fd, SEAL_ENV_DATA) < 0 ||
			fsync(env->dir_fd) < 0))
		rc = errno;
	(void)close(fd);
	if (rc != 0)
		(void)unlinkat(env->dir_fd, SEAL_ENV_NEW, 0);
	return rc;
}

/* An empty data.mdb was not left by us. For LMDB it would be a new one, and
 * so all mail would be delivered as to users without a profile. */
static int check_data_file(const struct seal_env *env, size_t *size_r)
{
	struct stat st;

	if (fstatat(env->dir_fd, SEAL_ENV_DATA, &st, 0) < 0)
		return errno;
	*size_r = (size_t)st.st_size;
	return st.st_size == 0 ? MDB_INVALID : 0;
}

/* A page that is beyond the file's end kills the process that reads it
 * (SIGBUS). Returns 0 where the file is as long as LMDB's page count says; the
 * missing bytes in *missing_r else. */
static int missing_bytes(MDB_env *lmdb, size_t *missing_r, size_t *page_r)
{
	MDB_envinfo info;
	MDB_stat stat;
	struct stat st;
	size_t want;
	int rc, fd;

	*missing_r = 0;
	if ((rc = mdb_env_get_fd(lmdb, &fd)) != 0 ||
	    (rc = mdb_env_info(lmdb, &info)) != 0 ||
	    (rc = mdb_env_stat(lmdb, &stat)) != 0)
		return rc;
	if (fstat(fd, &st) < 0)
		return errno;
	want = (info.me_last_pgno + 1) * stat.ms_psize;
	if ((size_t)st.st_size < want)
		*missing_r = want - (size_t)st.st_size;
	*page_r = stat.ms_psize;
	return 0;
}

static int lengthen(MDB_env *lmdb, size_t missing)
{
	struct stat st;
	int rc, fd;

	if ((rc = mdb_env_get_fd(lmdb, &fd)) != 0)
		return rc;
	return fstat(fd, &st) < 0 ||
		ftruncate(fd, st.st_size + (off_t)missing) < 0 ? errno : 0;
}

static int check_length(MDB_env *lmdb)
{
	size_t missing, page;
	MDB_txn *txn;
	int rc;

	if ((rc = missing_bytes(lmdb, &missing, &page)) != 0 || missing == 0)
		return rc;
	/* again in a write transaction: nobody else changes the length */
	if ((rc = mdb_txn_begin(lmdb, NULL, 0, &txn)) != 0)
		return rc;
	if ((rc = missing_bytes(lmdb, &missing, &page)) == 0 && missing > 0)
		rc = missing > UNWRITTEN_PAGES * page ? MDB_CORRUPTED :
			lengthen(lmdb, missing);
	mdb_txn_abort(txn);
	return rc;
}

/* Opens the handle of the one database, and reads its first record: the root
 * page at least has to be one. */
static int check_database(struct seal_env *env, MDB_env *lmdb)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	MDB_txn *txn;
	int rc;

	if ((rc = mdb_txn_begin(lmdb, NULL, MDB_RDONLY, &txn)) != 0)
		return rc;
	rc = mdb_dbi_open(txn, NULL, 0, &env->dbi);
	if (rc == 0 && (rc = mdb_cursor_open(txn, env->dbi, &cursor)) == 0) {
		rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
		if (rc == MDB_NOTFOUND)
			rc = 0;
		mdb_cursor_close(cursor);
	}
	/* commit keeps the handle, abort would close it */
	if (rc == 0)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return rc;
}

/* After LMDB has the file open: what it leaves undone. */
static int check_env(struct seal_env *env, MDB_env *lmdb)
{
	int rc, fd, dead;

	if ((rc = mdb_env_get_fd(lmdb, &fd)) != 0)
		return rc;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return errno;
	/* killed readers would keep old pages from being used again */
	if ((rc = mdb_reader_check(lmdb, &dead)) != 0 ||
	    (rc = check_length(lmdb)) != 0)
		return rc;
	return check_database(env, lmdb);
}

static int try_env(struct seal_env *env, size_t map_size)
{
	MDB_env *lmdb;
	int rc;

	if ((rc = mdb_env_create(&lmdb)) != 0)
		return rc;
	if ((rc = mdb_env_set_mapsize(lmdb, map_size)) == 0)
		rc = mdb_env_open(lmdb, env->folder,
				  MDB_NOTLS | MDB_NORDAHEAD, 0600);
	/* another process may make the map grow at any time */
	while (rc == 0 && (rc = check_env(env, lmdb)) == MDB_MAP_RESIZED)
		rc = mdb_env_set_mapsize(lmdb, 0);
	if (rc != 0)
		mdb_env_close(lmdb);
	else
		env->lmdb = lmdb;
	return rc;
}

static int open_locked(struct seal_env *env)
{
	size_t file_size = 0, map_size = env->first_size;
	int rc;

	if ((rc = make_lock_file(env)) != 0 ||
	    (rc = make_data_file(env)) != 0 ||
	    (rc = check_data_file(env, &file_size)) != 0)
		return rc;
	if (map_size == 0)
		map_size = file_size > DEFAULT_MAP_SIZE / 2 ?
			2 * file_size : DEFAULT_MAP_SIZE;
	rc = try_env(env, map_size);
	/* where address space is short, reading goes on without room to grow */
	if (rc == ENOMEM && map_size > file_size)
		rc = try_env(env, file_size);
	return rc;
}

int seal_env_attach(struct seal_env *env, struct seal_error *err)
{
	int rc;

	while (flock(env->dir_fd, LOCK_EX) < 0) {
		if (errno != EINTR)
			return seal_env_error(env, errno, "cannot be locked", err);
	}
	rc = open_locked(env);
	(void)flock(env->dir_fd, LOCK_UN);
	return rc == 0 ? 0 :
		seal_env_error(env, rc, "cannot be opened", err);
}

void seal_env_detach(struct seal_env *env)
{
	if (env->lmdb != NULL)
		mdb_env_close(env->lmdb);
	env->lmdb = NULL;
}

static int open_folder(struct seal_env *env, struct seal_error *err)
{
	env->dir_fd = open(env->folder,
			     O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (env->dir_fd < 0)
		return seal_env_error(env, errno, "cannot be opened", err);
	env->lock_fd = open_private(env, SEAL_ENV_OPEN_LOCK);
	if (env->lock_fd < 0)
		return seal_env_error(env, errno,
			"cannot be opened (" SEAL_ENV_OPEN_LOCK ")", err);
	/* waits for a compacting to end */
	while (flock(env->lock_fd, LOCK_SH) < 0) {
		if (errno != EINTR)
			return seal_env_error(env, errno, "cannot be locked", err);
	}
	return seal_env_attach(env, err);
}

struct seal_env *seal_env_open(const char *folder, const char *noun,
			       size_t map_size, struct seal_error *err)
{
	struct seal_env *env = calloc(1, sizeof(*env));

	if (env == NULL || (env->folder = strdup(folder)) == NULL) {
		free(env);
		(void)seal_error_memory(err);
		return NULL;
	}
	env->dir_fd = env->lock_fd = -1;
	env->noun = noun;
	env->first_size = map_size;
	if (open_folder(env, err) < 0)
		seal_env_close(&env);
	return env;
}

void seal_env_close(struct seal_env **_env)
{
	struct seal_env *env = *_env;

	if (env == NULL)
		return;
	*_env = NULL;
	/* the lock last: nobody has LMDB's files open without it */
	seal_env_detach(env);
	if (env->lock_fd >= 0)
		(void)close(env->lock_fd);
	if (env->dir_fd >= 0)
		(void)close(env->dir_fd);
	free(env->folder);
	free(env);
}
