/* SPDX-License-Identifier: MIT */

/* Removing what LMDB leaves behind.
 *
 * LMDB never writes over a page that somebody could still be reading: a changed
 * record is written to another page, and the old page is put on a list of free
 * ones, with all that is in it. */

#include "store/env-private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/stat.h>
#include "base/buf.h"
#include "base/error.h"

/* LMDB's own database of free pages: txnid => count, page number... (as
 * mdb_stat -f reads it) */
#define FREE_DBI 0

/* For how long another process may read the state before the last change:
 * lookups take microseconds, only copying takes longer. */
#define READER_TRIES 50
#define READER_WAIT_NSECS (10 * 1000 * 1000)

struct oldest {
	size_t txnid;	/* of the last change */
	bool older;	/* somebody reads what was before it */
};

/* Gets the reader table as text: a headline, and "PID THREAD TXNID" or
 * "PID THREAD -" for each slot. */
static int look_at_readers(const char *text, void *context)
{
	struct oldest *oldest = context;
	const char *line;
	size_t txnid;

	for (line = text; line != NULL && *line != '\0';
	     line = (line = strchr(line, '\n')) == NULL ? NULL : line + 1) {
		if (sscanf(line, "%*d %*x %zu", &txnid) == 1 &&
		    txnid < oldest->txnid)
			oldest->older = true;
	}
	return 0;
}

/* Whether the free pages are nobody's. The caller's write transaction keeps
 * others from adding to them. 1, 0, or -1 with errno number in *rc_r. */
static int is_unread(MDB_env *lmdb, int *rc_r)
{
	struct oldest oldest = { .older = false };
	MDB_envinfo info;
	int dead;

	if ((*rc_r = mdb_reader_check(lmdb, &dead)) != 0 ||
	    (*rc_r = mdb_env_info(lmdb, &info)) != 0)
		return -1;
	oldest.txnid = info.me_last_txnid;
	if (mdb_reader_list(lmdb, look_at_readers, &oldest) < 0) {
		*rc_r = EIO;
		return -1;
	}
	return oldest.older ? 0 : 1;
}

static int zero_page(int fd, size_t page, size_t page_size)
{
	unsigned char zeros[4096] = { 0 };
	off_t at = (off_t)(page * page_size);
	size_t done = 0, n;
	ssize_t ret;

	while (done < page_size) {
		n = page_size - done < sizeof(zeros) ? page_size - done :
			sizeof(zeros);
		ret = pwrite(fd, zeros, n, at + (off_t)done);
		if (ret > 0)
			done += (size_t)ret;
		else if (ret == 0 || errno != EINTR)
			return ret == 0 ? EIO : errno;
	}
	return 0;
}

/* The pages of one entry of the list. */
static int zero_entry(int fd, const MDB_val *value, size_t page_size,
		      const MDB_envinfo *info)
{
	const unsigned char *p = value->mv_data;
	size_t i, count, page;
	int rc = 0;

	if (value->mv_size < sizeof(count))
		return MDB_CORRUPTED;
	memcpy(&count, p, sizeof(count));
	if (count > value->mv_size / sizeof(page) - 1)
		return MDB_CORRUPTED;
	for (i = 1; rc == 0 && i <= count; i++) {
		memcpy(&page, p + i * sizeof(page), sizeof(page));
		/* the first two are LMDB's meta pages */
		rc = page < 2 || page > info->me_last_pgno ? MDB_CORRUPTED :
			zero_page(fd, page, page_size);
	}
	return rc;
}

/* Behind the last page may be what a transaction wrote that was given up. */
static int zero_tail(int fd, size_t page_size, const MDB_envinfo *info)
{
	struct stat st;
	size_t page;
	int rc = 0;

	if (fstat(fd, &st) < 0)
		return errno;
	for (page = info->me_last_pgno + 1;
	     rc == 0 && (page + 1) * page_size <= (size_t)st.st_size; page++)
		rc = zero_page(fd, page, page_size);
	return rc;
}

/* list: a read transaction, the only kind in which LMDB shows the list. */
static int zero_free_pages(MDB_env *lmdb, MDB_txn *list)
{
	MDB_val key, value;
	MDB_cursor *cursor;
	MDB_envinfo info;
	MDB_stat stat;
	int rc, fd;

	if ((rc = mdb_env_get_fd(lmdb, &fd)) != 0 ||
	    (rc = mdb_env_info(lmdb, &info)) != 0 ||
	    (rc = mdb_env_stat(lmdb, &stat)) != 0 ||
	    (rc = mdb_cursor_open(list, FREE_DBI, &cursor)) != 0)
		return rc;
	while (rc == 0 &&
	       (rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0)
		rc = zero_entry(fd, &value, stat.ms_psize, &info);
	mdb_cursor_close(cursor);
	if (rc == MDB_NOTFOUND)
		rc = zero_tail(fd, stat.ms_psize, &info);
	return rc == 0 && fsync(fd) < 0 ? errno : rc;
}

/* Waits until nobody reads an old state, then overwrites it. 1: done. 0: it is
 * being read all the time. -1: failed. */
static int overwrite(struct seal_env *env, MDB_txn *list,
		     struct seal_error *err)
{
	static const struct timespec wait = { 0, READER_WAIT_NSECS };
	unsigned int tries;
	int rc = 0, ret = 0;

	for (tries = 0; tries < READER_TRIES; tries++) {
		if ((ret = is_unread(env->lmdb, &rc)) != 0)
			break;
		(void)nanosleep(&wait, NULL);
	}
	if (ret > 0 && (rc = zero_free_pages(env->lmdb, list)) != 0)
		ret = -1;
	return ret >= 0 ? ret :
		seal_env_error(env, rc, "cannot be wiped", err);
}

/* As overwrite(). Nobody writes meanwhile: this holds the write transaction. */
static int wipe_free_pages(struct seal_env *env, struct seal_error *err)
{
	MDB_txn *write, *list;
	int ret;

	if (seal_env_begin(env, 0, &write, err) < 0)
		return -1;
	env->writing = true;
	ret = seal_env_begin(env, MDB_RDONLY, &list, err);
	if (ret == 0) {
		ret = overwrite(env, list, err);
		mdb_txn_abort(list);
	}
	env->writing = false;
	mdb_txn_abort(write);
	return ret;
}

static int rewrite_one(struct seal_env_txn *txn,
		       const struct seal_env_value *key,
		       const struct seal_env_value *value, void *context,
		       struct seal_error *err)
{
	struct seal_buf *copy = context;
	struct seal_env_value same;

	/* a place of its own: what LMDB hands out lies in the page it writes */
	seal_buf_clear(copy);
	if (seal_buf_append(copy, value->data, value->len, err) < 0)
		return -1;
	same = (struct seal_env_value) { copy->data, copy->len };
	return seal_env_put(txn, key, &same, err);
}

static int rewrite(struct seal_env_txn *txn, void *context,
		   struct seal_error *err)
{
	return seal_env_each(txn, rewrite_one, context, err) < 0 ? -1 : 1;
}

/* Where the file has to stay: also between the records of a page in use there
 * may be parts of what was there before. All pages become free ones, and copies
 * of them, that hold the records alone, take their place. The environment was
 * opened just now: memory that LMDB has used for other pages would bring back
 * what they held. */
static int wipe_in_place(struct seal_env *env, struct seal_error *err)
{
	struct seal_buf copy = SEAL_BUF_INIT;
	int ret;

	ret = seal_env_write(env, rewrite, &copy, err);
	seal_buf_free(&copy);
	if (ret > 0)
		ret = wipe_free_pages(env, err);
	if (ret == 0)
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"another process is reading the %s %s: what was "
			"removed is still in its file; try again when it has "
			"ended", env->noun, env->folder);
	return ret < 0 ? -1 : 0;
}

int seal_env_wipe(struct seal_env *env, struct seal_error *err)
{
	if (env->readers > 0 || env->writing) {
		return seal_error_set(err, SEAL_ERR_REFUSED, "the %s cannot be "
			"wiped while it is in use", env->noun);
	}
	/* first, so that nothing is left on the disk where the file was */
	if (wipe_free_pages(env, err) < 0)
		return -1;
	if (seal_env_compact(env, err) == 0)
		return 0;
	return err->code != SEAL_ERR_REFUSED && err->code != SEAL_ERR_FULL ?
		-1 : wipe_in_place(env, err);
}

/* Every page is one of the two meta pages, one of the database's, or remains. */
static int count_pages(struct seal_env_txn *txn, void *context,
		       struct seal_error *err)
{
	bool *remains_r = context;
	MDB_envinfo info;
	MDB_stat stat;
	int rc;

	if ((rc = mdb_stat(txn->lmdb, txn->env->dbi, &stat)) != 0 ||
	    (rc = mdb_env_info(txn->env->lmdb, &info)) != 0)
		return seal_env_error(txn->env, rc, "cannot be examined", err);
	*remains_r = info.me_last_pgno + 1 > 2 + stat.ms_branch_pages +
		stat.ms_leaf_pages + stat.ms_overflow_pages;
	return 0;
}

int seal_env_has_remains(struct seal_env *env, struct seal_error *err)
{
	bool remains = false;

	if (seal_env_read(env, count_pages, &remains, err) < 0)
		return -1;
	return remains ? 1 : 0;
}
