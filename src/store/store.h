/* SPDX-License-Identifier: MIT */
#ifndef SEAL_STORE_STORE_H
#define SEAL_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seal_buf;
struct seal_error;
struct seal_store;
struct seal_user_record;

/* The `profiles` environment: one LMDB environment (data.mdb, lock.mdb, and
 * open.lock of our own) in one folder, one record per user, the user name as
 * its key. Only src/store knows LMDB. Every write is committed and synced to
 * disk before the call returns; a process killed at any moment loses none.
 *
 * Two seald processes may have it open for a moment (dovecot reload): LMDB's
 * own locks keep them apart. Not thread-safe; not to be used across fork, nor
 * opened twice in one process (LMDB's locks belong to the process). */

#define SEAL_STORE_USER_MAX 511		/* LMDB's limit for a key, in bytes */

/* Opens, and makes the folder's files where they are missing (mode 0600; the
 * folder itself must exist). map_size: the map's first size in bytes, 0 for the
 * default (64 MB or twice what the file has now, whichever is more); it grows by
 * itself when it is full, and when another process has made it grow. Waits while
 * another process compacts.
 * NULL: SEAL_ERR_IO (with the folder's name and the reason), SEAL_ERR_FULL (no
 * room to make the files), SEAL_ERR_DAMAGED (not an LMDB file, empty, cut off,
 * or of another version), SEAL_ERR_MEMORY. */
struct seal_store *seal_store_open(const char *folder, size_t map_size,
				   struct seal_error *err);
void seal_store_close(struct seal_store **store);

/* Looks a user up: one mdb_get. 1: found, *record_r is the caller's.
 * 0: no record of this user, *record_r is NULL. -1, and NULL too:
 * SEAL_ERR_DAMAGED (the record does not decode, or bears another name),
 * SEAL_ERR_LIMIT (name empty or too long), SEAL_ERR_IO, SEAL_ERR_MEMORY. */
int seal_store_get(struct seal_store *store, const char *user,
		   struct seal_user_record **record_r, struct seal_error *err);

/* The same for who has asked before. known: the record as it was stored then
 * (empty: never). Where the same bytes are still stored, nothing is decoded: the
 * answer is 1, and *record_r is NULL. Where others are, known becomes these, and
 * *record_r is filled. known is empty after 0 and -1. */
int seal_store_get_changed(struct seal_store *store, const char *user,
			   struct seal_buf *known,
			   struct seal_user_record **record_r,
			   struct seal_error *err);

/* Changes a user's record in one write transaction. The record (a new one where
 * there was none) is handed to change(), which returns 1 to store it, 0 to leave
 * all as it was, -1 with err filled to refuse; then it is written and synced. A
 * record with no profile and no kill switch is removed rather than written.
 * change() is called again, with a fresh record, where the map had to grow
 * first: what it leaves in its context has to be right after the last call.
 * Returns what change() did, or -1: as get; SEAL_ERR_INPUT (a new user's name is
 * not UTF-8, or has control characters); SEAL_ERR_FULL (no space; reading goes
 * on); SEAL_ERR_REFUSED (called by an each()); SEAL_ERR_CRYPTO. After -1 the
 * store holds what it held before. */
int seal_store_update(struct seal_store *store, const char *user,
		      int (*change)(struct seal_user_record *record,
				    void *context, struct seal_error *err),
		      void *context, struct seal_error *err);

/* Calls each() for every record in key order. Where one does not decode, record
 * is NULL, problem says why, and user is the key, cut to its printable part;
 * else problem is NULL. each() returns 0, or -1 with err filled to stop, and must
 * not change the store (SEAL_ERR_REFUSED). What others change meanwhile is not
 * seen. Returns 0, or -1: each()'s error, SEAL_ERR_IO, SEAL_ERR_DAMAGED,
 * SEAL_ERR_MEMORY. */
int seal_store_each(struct seal_store *store,
		    int (*each)(const char *user,
				const struct seal_user_record *record,
				const struct seal_error *problem,
				void *context, struct seal_error *err),
		    void *context, struct seal_error *err);

/* Writes a compact copy, consistent at one moment, as DIR/data.mdb. DIR must
 * exist. A copy that fails is removed. 0, or -1: SEAL_ERR_REFUSED (DIR holds a
 * data.mdb, or another copy is being written there), SEAL_ERR_FULL,
 * SEAL_ERR_IO. */
int seal_store_copy(struct seal_store *store, const char *dir,
		    struct seal_error *err);

/* Rewrites the store without its free pages and goes on with the new file.
 * 0, or -1 with the old file in use as before: SEAL_ERR_REFUSED (another process
 * has the store open, or called by an each()), SEAL_ERR_FULL, SEAL_ERR_IO. */
int seal_store_compact(struct seal_store *store, struct seal_error *err);

struct seal_store_stat {
	uint64_t users;		/* records */
	uint64_t file_size;	/* bytes of data.mdb */
	uint64_t map_size;	/* bytes of address space */
};
/* 0, or -1 (SEAL_ERR_IO). */
int seal_store_stat(struct seal_store *store, struct seal_store_stat *stat_r,
		    struct seal_error *err);

#endif
