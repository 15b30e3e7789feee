/* SPDX-License-Identifier: MIT */
#ifndef SEAL_STORE_ENV_H
#define SEAL_STORE_ENV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seal_env;
struct seal_env_txn;
struct seal_error;

/* One LMDB environment (data.mdb, lock.mdb, and open.lock of our own) with one
 * database in one folder: what store.h and keyring.h have in common. Only env*.c
 * know LMDB. See store.h for what it promises about processes, forks and
 * crashes.
 *
 * Errors: SEAL_ERR_IO, SEAL_ERR_FULL, SEAL_ERR_DAMAGED, SEAL_ERR_MEMORY, with the
 * folder's name and the reason. */

#define SEAL_ENV_KEY_MAX 511		/* LMDB's limit, in bytes */

/* A key, or what is stored under it. What comes from here is valid until the
 * transaction ends or writes. */
struct seal_env_value {
	const void *data;
	size_t len;
};

/* Opens, and makes the files where they are missing. noun: what it is in texts
 * for people ("store": "the store /var/... cannot be opened: ..."); a string that
 * outlives the environment. map_size: as seal_store_open(). NULL: failed. */
struct seal_env *seal_env_open(const char *folder, const char *noun,
			       size_t map_size, struct seal_error *err);
void seal_env_close(struct seal_env **env);

/* Runs look() in a read transaction, and returns what it returns, or -1. look()
 * may read in transactions of its own, and not write (SEAL_ERR_REFUSED). */
int seal_env_read(struct seal_env *env,
		  int (*look)(struct seal_env_txn *txn, void *context,
			      struct seal_error *err),
		  void *context, struct seal_error *err);

/* Runs change() in a write transaction. Where it returns 1, what it wrote is
 * committed and synced; 0 and -1 leave all as it was. Returns that, or -1. It is
 * called again, from the beginning, where the map had to grow first: what it
 * leaves in its context has to be right after the last call. */
int seal_env_write(struct seal_env *env,
		   int (*change)(struct seal_env_txn *txn, void *context,
				 struct seal_error *err),
		   void *context, struct seal_error *err);

/* What is stored under the key. 1: found. 0: nothing. -1: failed. */
int seal_env_get(struct seal_env_txn *txn, const struct seal_env_value *key,
		 struct seal_env_value *value_r, struct seal_error *err);
/* In a write transaction: stores, replaces; removes (0 also where there was
 * nothing). 0 or -1. */
int seal_env_put(struct seal_env_txn *txn, const struct seal_env_value *key,
		 const struct seal_env_value *value, struct seal_error *err);
int seal_env_delete(struct seal_env_txn *txn, const struct seal_env_value *key,
		    struct seal_error *err);
/* Calls each() for every record in the order of the keys, until it returns
 * something else than 0; returns that, or 0, or -1. In a write transaction each()
 * may put a value of the same length under the key it was given. */
int seal_env_each(struct seal_env_txn *txn,
		  int (*each)(struct seal_env_txn *txn,
			      const struct seal_env_value *key,
			      const struct seal_env_value *value,
			      void *context, struct seal_error *err),
		  void *context, struct seal_error *err);

/* As seal_store_copy() and seal_store_compact(). */
int seal_env_copy(struct seal_env *env, const char *dir,
		  struct seal_error *err);
int seal_env_compact(struct seal_env *env, struct seal_error *err);

/* Removes from the file what is no longer stored: LMDB leaves it in free pages,
 * and between the records of others. The file is compacted; or, where another
 * process has it open, or there is no room for a second one, the records are
 * written again, and every other page is overwritten with zeros. 0, or -1:
 * SEAL_ERR_REFUSED (another process has been reading an old state of it for
 * longer than a moment), or as compact. */
int seal_env_wipe(struct seal_env *env, struct seal_error *err);
/* Whether there is anything for seal_env_wipe() to do: 1, 0, or -1. */
int seal_env_has_remains(struct seal_env *env, struct seal_error *err);

struct seal_env_stat {
	uint64_t records;
	uint64_t file_size;	/* bytes of data.mdb */
	uint64_t map_size;	/* bytes of address space */
};
/* 0 or -1. */
int seal_env_stat(struct seal_env *env, struct seal_env_stat *stat_r,
		  struct seal_error *err);

#endif
