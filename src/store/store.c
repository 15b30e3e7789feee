/* SPDX-License-Identifier: MIT */
#include "store/store.h"

#include <string.h>
#include "base/error.h"
#include "store/profile.h"
#include "store/store-private.h"

/* Above this the map grows by steps of it instead of doubling, because address
 * space can be limited (Dovecot's vsz_limit). */
#define MAP_STEP ((size_t)1 << 30)

/* How often a transaction is started anew before we give up: each time another
 * process has to have grown the map, or a failed write has to be left behind. */
#define BEGIN_TRIES 8

/* Makes the map larger. need is what did not fit, as far as known. A map that
 * cannot be had leaves LMDB without any, so that it has to be opened again. */
static int grow(struct seal_store *store, size_t need, struct seal_error *err)
{
	MDB_envinfo info;
	size_t size;
	int rc;

	if ((rc = mdb_env_info(store->env, &info)) != 0)
		return seal_store_error(store, rc, "cannot be examined", err);
	size = info.me_mapsize;
	size += size < MAP_STEP ? size : MAP_STEP;
	if (size < info.me_mapsize + 2 * need)
		size = info.me_mapsize + 2 * need;
	/* LMDB counts whole pages */
	size = (size + 0xffff) & ~(size_t)0xffff;
	if (size > info.me_mapsize &&
	    mdb_env_set_mapsize(store->env, size) == 0)
		return 0;
	seal_store_env_close(store);
	return seal_error_set(err, SEAL_ERR_FULL, "the store %s cannot grow to "
		"%zu bytes of address space: raise the service's vsz_limit",
		store->folder, size);
}

/* Another process has made the map grow: follow it. */
static void follow(struct seal_store *store)
{
	if (mdb_env_set_mapsize(store->env, 0) != 0)
		seal_store_env_close(store);
}

int seal_store_begin(struct seal_store *store, unsigned int flags,
		     MDB_txn **txn_r, struct seal_error *err)
{
	unsigned int tries;
	int rc = MDB_PANIC, dead;

	for (tries = 0; tries < BEGIN_TRIES; tries++) {
		if (store->env == NULL && seal_store_env_open(store, err) < 0)
			return -1;
		rc = mdb_txn_begin(store->env, NULL, flags, txn_r);
		if (rc == 0)
			return 0;
		if (store->walking)
			break;
		switch (rc) {
		case MDB_MAP_RESIZED:
			follow(store);
			break;
		case MDB_PANIC:
			/* a write of the meta page failed: what is on disk is
			 * whole, only this handle is not to be trusted */
			seal_store_env_close(store);
			break;
		case MDB_READERS_FULL:
			(void)mdb_reader_check(store->env, &dead);
			break;
		default:
			return seal_store_error(store, rc,
						"cannot be read", err);
		}
	}
	return seal_store_error(store, rc, "cannot be read", err);
}

static int user_key(const char *user, MDB_val *key_r, struct seal_error *err)
{
	key_r->mv_size = strlen(user);
	key_r->mv_data = (void *)(uintptr_t)user;
	if (key_r->mv_size == 0 || key_r->mv_size > SEAL_STORE_USER_MAX)
		return seal_error_set(err, SEAL_ERR_LIMIT,
			"a user name may have 1 to %d bytes, this one has %zu",
			SEAL_STORE_USER_MAX, key_r->mv_size);
	return 0;
}

int seal_store_decode(const MDB_val *key, const MDB_val *value,
		      struct seal_user_record **record_r,
		      struct seal_error *err)
{
	*record_r = seal_user_record_decode(value->mv_data, value->mv_size,
					    err);
	if (*record_r == NULL)
		return -1;
	if (strlen((*record_r)->user) == key->mv_size &&
	    memcmp((*record_r)->user, key->mv_data, key->mv_size) == 0)
		return 0;
	seal_user_record_free(record_r);
	return seal_error_set(err, SEAL_ERR_DAMAGED,
			      "the record is damaged: it bears another name");
}

/* 1: found, 0: no record, -1: failed. */
static int read_record(struct seal_store *store, MDB_txn *txn, MDB_val *key,
		       struct seal_user_record **record_r,
		       struct seal_error *err)
{
	MDB_val value;
	int rc = mdb_get(txn, store->dbi, key, &value);

	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc != 0)
		return seal_store_error(store, rc, "cannot be read", err);
	return seal_store_decode(key, &value, record_r, err) < 0 ? -1 : 1;
}

int seal_store_get(struct seal_store *store, const char *user,
		   struct seal_user_record **record_r, struct seal_error *err)
{
	MDB_txn *txn;
	MDB_val key;
	int ret;

	*record_r = NULL;
	if (user_key(user, &key, err) < 0 ||
	    seal_store_begin(store, MDB_RDONLY, &txn, err) < 0)
		return -1;
	ret = read_record(store, txn, &key, record_r, err);
	mdb_txn_abort(txn);
	return ret;
}

static bool is_worth_keeping(const struct seal_user_record *record)
{
	return record->profile_count > 0 || record->kill_switch;
}

/* Writes or removes the record and commits; the transaction is gone after it.
 * Returns LMDB's error number. */
static int store_record(struct seal_store *store, MDB_txn *txn, MDB_val *key,
			const struct seal_buf *der)
{
	MDB_val value = { der->len, der->data };
	int rc;

	if (der->len > 0)
		rc = mdb_put(txn, store->dbi, key, &value, 0);
	else if ((rc = mdb_del(txn, store->dbi, key, NULL)) == MDB_NOTFOUND)
		rc = 0;
	if (rc != 0) {
		mdb_txn_abort(txn);
		return rc;
	}
	return mdb_txn_commit(txn);
}

/* One attempt. *rc_r is LMDB's error number where storing failed (-1). */
static int update_once(struct seal_store *store, MDB_val *key,
		       int (*change)(struct seal_user_record *record,
				     void *context, struct seal_error *err),
		       void *context, size_t *size_r, int *rc_r,
		       struct seal_error *err)
{
	struct seal_user_record *record = NULL;
	struct seal_buf der = SEAL_BUF_INIT;
	MDB_txn *txn;
	int ret;

	*rc_r = 0;
	if (seal_store_begin(store, 0, &txn, err) < 0)
		return -1;
	ret = read_record(store, txn, key, &record, err);
	if (ret == 0) {
		record = seal_user_record_new(key->mv_data, err);
		ret = record == NULL ? -1 : 1;
	}
	if (ret > 0)
		ret = change(record, context, err);
	if (ret > 0 && is_worth_keeping(record) &&
	    seal_user_record_encode(record, &der, err) < 0)
		ret = -1;
	seal_user_record_free(&record);
	if (ret <= 0) {
		mdb_txn_abort(txn);
	} else {
		*size_r = der.len;
		*rc_r = store_record(store, txn, key, &der);
		if (*rc_r != 0)
			ret = -1;
	}
	seal_buf_free(&der);
	return ret;
}

int seal_store_update(struct seal_store *store, const char *user,
		      int (*change)(struct seal_user_record *record,
				    void *context, struct seal_error *err),
		      void *context, struct seal_error *err)
{
	MDB_val key;
	size_t size = 0;
	int ret, rc;

	if (user_key(user, &key, err) < 0)
		return -1;
	if (store->walking)
		return seal_error_set(err, SEAL_ERR_REFUSED, "the store cannot "
			"be changed while it is being walked through");
	while ((ret = update_once(store, &key, change, context, &size, &rc,
				  err)) < 0 && rc == MDB_MAP_FULL) {
		if (grow(store, size, err) < 0)
			return -1;
	}
	if (ret < 0 && rc != 0)
		return seal_store_error(store, rc, "cannot be written", err);
	return ret;
}
