/* SPDX-License-Identifier: MIT */

/* Transactions. */

#include "store/env-private.h"

#include <stdint.h>
#include "base/error.h"

/* Above this the map grows by steps of it instead of doubling, because address
 * space can be limited (Dovecot's vsz_limit). */
#define MAP_STEP ((size_t)1 << 30)

/* How often a transaction is started anew before we give up: each time another
 * process has to have grown the map, or a failed write has to be left behind. */
#define BEGIN_TRIES 8

/* Makes the map larger. need is what did not fit, as far as known. A map that
 * cannot be had leaves LMDB without any, so that it has to be opened again. */
static int grow(struct seal_env *env, size_t need, struct seal_error *err)
{
	MDB_envinfo info;
	size_t size;
	int rc;

	if ((rc = mdb_env_info(env->lmdb, &info)) != 0)
		return seal_env_error(env, rc, "cannot be examined", err);
	size = info.me_mapsize;
	size += size < MAP_STEP ? size : MAP_STEP;
	if (size < info.me_mapsize + 2 * need)
		size = info.me_mapsize + 2 * need;
	/* LMDB counts whole pages */
	size = (size + 0xffff) & ~(size_t)0xffff;
	if (size > info.me_mapsize &&
	    mdb_env_set_mapsize(env->lmdb, size) == 0)
		return 0;
	seal_env_detach(env);
	return seal_error_set(err, SEAL_ERR_FULL, "the %s %s cannot grow to "
		"%zu bytes of address space: raise the service's vsz_limit",
		env->noun, env->folder, size);
}

/* Another process has made the map grow: follow it. */
static void follow(struct seal_env *env)
{
	if (mdb_env_set_mapsize(env->lmdb, 0) != 0)
		seal_env_detach(env);
}

int seal_env_begin(struct seal_env *env, unsigned int flags, MDB_txn **txn_r,
		   struct seal_error *err)
{
	unsigned int tries;
	int rc = MDB_PANIC, dead;

	for (tries = 0; tries < BEGIN_TRIES; tries++) {
		if (env->lmdb == NULL && seal_env_attach(env, err) < 0)
			return -1;
		rc = mdb_txn_begin(env->lmdb, NULL, flags, txn_r);
		if (rc == 0)
			return 0;
		/* what follows would pull the map from under it */
		if (env->readers > 0 || env->writing)
			break;
		switch (rc) {
		case MDB_MAP_RESIZED:
			follow(env);
			break;
		case MDB_PANIC:
			/* a write of the meta page failed: what is on disk is
			 * whole, only this handle is not to be trusted */
			seal_env_detach(env);
			break;
		case MDB_READERS_FULL:
			(void)mdb_reader_check(env->lmdb, &dead);
			break;
		default:
			return seal_env_error(env, rc, "cannot be read", err);
		}
	}
	return seal_env_error(env, rc, "cannot be read", err);
}

int seal_env_read(struct seal_env *env,
		  int (*look)(struct seal_env_txn *txn, void *context,
			      struct seal_error *err),
		  void *context, struct seal_error *err)
{
	struct seal_env_txn txn = { .env = env };
	int ret;

	if (seal_env_begin(env, MDB_RDONLY, &txn.lmdb, err) < 0)
		return -1;
	env->readers++;
	ret = look(&txn, context, err);
	env->readers--;
	mdb_txn_abort(txn.lmdb);
	return ret;
}

/* One attempt. *size_r is how much it wanted to put, *rc_r LMDB's number where
 * that failed (-1). */
static int write_once(struct seal_env *env,
		      int (*change)(struct seal_env_txn *txn, void *context,
				    struct seal_error *err),
		      void *context, size_t *size_r, int *rc_r,
		      struct seal_error *err)
{
	struct seal_env_txn txn = { .env = env };
	int ret;

	*rc_r = 0;
	if (seal_env_begin(env, 0, &txn.lmdb, err) < 0)
		return -1;
	env->writing = true;
	ret = change(&txn, context, err);
	if (ret <= 0) {
		mdb_txn_abort(txn.lmdb);
	} else if ((txn.rc = mdb_txn_commit(txn.lmdb)) != 0) {
		ret = seal_env_error(env, txn.rc, "cannot be written", err);
	}
	env->writing = false;
	*size_r = txn.size;
	*rc_r = txn.rc;
	return ret;
}

int seal_env_write(struct seal_env *env,
		   int (*change)(struct seal_env_txn *txn, void *context,
				 struct seal_error *err),
		   void *context, struct seal_error *err)
{
	size_t size = 0;
	int ret, rc;

	if (env->readers > 0 || env->writing) {
		return seal_error_set(err, SEAL_ERR_REFUSED, "the %s cannot be "
			"changed while it is being %s", env->noun,
			env->writing ? "changed" : "read");
	}
	while ((ret = write_once(env, change, context, &size, &rc, err)) < 0 &&
	       rc == MDB_MAP_FULL) {
		if (grow(env, size, err) < 0)
			return -1;
	}
	return ret;
}

static int failed(struct seal_env_txn *txn, int rc, const char *what,
		  struct seal_error *err)
{
	txn->rc = rc;
	return seal_env_error(txn->env, rc, what, err);
}

static MDB_val to_lmdb(const struct seal_env_value *value)
{
	/* LMDB does not write through it */
	return (MDB_val) { value->len, (void *)(uintptr_t)value->data };
}

int seal_env_get(struct seal_env_txn *txn, const struct seal_env_value *key,
		 struct seal_env_value *value_r, struct seal_error *err)
{
	MDB_val name = to_lmdb(key), value;
	int rc = mdb_get(txn->lmdb, txn->env->dbi, &name, &value);

	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc != 0)
		return failed(txn, rc, "cannot be read", err);
	value_r->data = value.mv_data;
	value_r->len = value.mv_size;
	return 1;
}

int seal_env_put(struct seal_env_txn *txn, const struct seal_env_value *key,
		 const struct seal_env_value *value, struct seal_error *err)
{
	MDB_val name = to_lmdb(key), data = to_lmdb(value);
	int rc;

	txn->size += value->len;
	rc = mdb_put(txn->lmdb, txn->env->dbi, &name, &data, 0);
	return rc == 0 ? 0 : failed(txn, rc, "cannot be written", err);
}

int seal_env_delete(struct seal_env_txn *txn, const struct seal_env_value *key,
		    struct seal_error *err)
{
	MDB_val name = to_lmdb(key);
	int rc = mdb_del(txn->lmdb, txn->env->dbi, &name, NULL);

	return rc == 0 || rc == MDB_NOTFOUND ? 0 :
		failed(txn, rc, "cannot be written", err);
}

int seal_env_each(struct seal_env_txn *txn,
		  int (*each)(struct seal_env_txn *txn,
			      const struct seal_env_value *key,
			      const struct seal_env_value *value,
			      void *context, struct seal_error *err),
		  void *context, struct seal_error *err)
{
	struct seal_env_value name, data;
	MDB_val key, value;
	MDB_cursor *cursor;
	int rc, ret = 0;

	rc = mdb_cursor_open(txn->lmdb, txn->env->dbi, &cursor);
	if (rc != 0)
		return failed(txn, rc, "cannot be read", err);
	while (ret == 0 &&
	       (rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
		name = (struct seal_env_value) { key.mv_data, key.mv_size };
		data = (struct seal_env_value) { value.mv_data, value.mv_size };
		ret = each(txn, &name, &data, context, err);
	}
	mdb_cursor_close(cursor);
	if (ret == 0 && rc != MDB_NOTFOUND)
		return failed(txn, rc, "cannot be read", err);
	return ret;
}
