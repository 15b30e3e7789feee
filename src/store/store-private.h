/* SPDX-License-Identifier: MIT */
#ifndef SEAL_STORE_STORE_PRIVATE_H
#define SEAL_STORE_STORE_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <lmdb.h>
#include "base/buf.h"

struct seal_error;
struct seal_user_record;

/* What store.c (looking up, changing), store-open.c (opening, errors) and
 * store-maintenance.c (walking, copying, compacting) share. */

#define SEAL_STORE_DATA "data.mdb"
#define SEAL_STORE_LOCK "lock.mdb"
#define SEAL_STORE_OPEN_LOCK "open.lock"
#define SEAL_STORE_NEW "data.mdb.new"	/* half-made file of an open or compact */

struct seal_store {
	char *folder;
	int dir_fd;		/* the folder; locked while files are set up */
	int lock_fd;		/* open.lock: locked shared while env is open */
	size_t first_size;	/* map size asked for, 0: the default */
	MDB_env *env;		/* NULL: could not be reopened, is tried again */
	MDB_dbi dbi;
	bool walking;		/* a read transaction is open: no remapping */
};

/* Opens the environment, whose files are made where they are missing. The
 * caller holds open.lock, shared or exclusive. 0 or -1. */
int seal_store_env_open(struct seal_store *store, struct seal_error *err);
void seal_store_env_close(struct seal_store *store);

/* Starts a transaction; deals with what another process or an earlier failure
 * has left (map grown, environment in panic, slots of the dead). 0 or -1. */
int seal_store_begin(struct seal_store *store, unsigned int flags,
		     MDB_txn **txn_r, struct seal_error *err);

/* LMDB's or the system's error number as a seal_error. Returns -1 always. */
int seal_store_error(const struct seal_store *store, int rc, const char *what,
		     struct seal_error *err);

/* Decodes what is stored under the key. 0, or -1 (SEAL_ERR_DAMAGED,
 * SEAL_ERR_MEMORY). */
int seal_store_decode(const MDB_val *key, const MDB_val *value,
		      struct seal_user_record **record_r,
		      struct seal_error *err);

#endif
