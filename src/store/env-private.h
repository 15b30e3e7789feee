/* SPDX-License-Identifier: MIT */
#ifndef SEAL_STORE_ENV_PRIVATE_H
#define SEAL_STORE_ENV_PRIVATE_H

/* What env.c (transactions), env-open.c (opening, errors), env-copy.c (copying,
 * compacting) and env-wipe.c share. */

#include <stdbool.h>
#include <stddef.h>
#include <lmdb.h>
#include "store/env.h"

#define SEAL_ENV_DATA "data.mdb"
#define SEAL_ENV_LOCK "lock.mdb"
#define SEAL_ENV_OPEN_LOCK "open.lock"
#define SEAL_ENV_NEW "data.mdb.new"	/* half-made file of an open or compact */

struct seal_env {
	char *folder;
	const char *noun;
	int dir_fd;		/* the folder; locked while files are set up */
	int lock_fd;		/* open.lock: locked shared while lmdb is open */
	size_t first_size;	/* map size asked for, 0: the default */
	MDB_env *lmdb;		/* NULL: could not be reopened, is tried again */
	MDB_dbi dbi;
	/* transactions of ours are open: no remapping */
	unsigned int readers;
	bool writing;
};

struct seal_env_txn {
	struct seal_env *env;
	MDB_txn *lmdb;
	int rc;			/* LMDB's number of the last failure */
	size_t size;		/* bytes given to put */
};

/* Opens LMDB's environment, whose files are made where they are missing. The
 * caller holds open.lock, shared or exclusive. 0 or -1. */
int seal_env_attach(struct seal_env *env, struct seal_error *err);
void seal_env_detach(struct seal_env *env);

/* Starts a transaction; deals with what another process or an earlier failure
 * has left (map grown, environment in panic, slots of the dead). 0 or -1. */
int seal_env_begin(struct seal_env *env, unsigned int flags, MDB_txn **txn_r,
		   struct seal_error *err);

/* LMDB's or the system's error number as a seal_error. Returns -1 always. */
int seal_env_error(const struct seal_env *env, int rc, const char *what,
		   struct seal_error *err);

#endif
