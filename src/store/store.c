/* SPDX-License-Identifier: MIT */
#include "store/store.h"

#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/error.h"
#include "store/env.h"
#include "store/profile.h"

struct seal_store {
	struct seal_env *env;
};

struct seal_store *seal_store_open(const char *folder, size_t map_size,
				   struct seal_error *err)
{
	struct seal_store *store = calloc(1, sizeof(*store));

	if (store == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	store->env = seal_env_open(folder, "store", map_size, err);
	if (store->env == NULL)
		seal_store_close(&store);
	return store;
}

void seal_store_close(struct seal_store **_store)
{
	struct seal_store *store = *_store;

	if (store == NULL)
		return;
	*_store = NULL;
	seal_env_close(&store->env);
	free(store);
}

static int user_key(const char *user, struct seal_env_value *key_r,
		    struct seal_error *err)
{
	*key_r = (struct seal_env_value) { user, strlen(user) };
	if (key_r->len == 0 || key_r->len > SEAL_STORE_USER_MAX)
		return seal_error_set(err, SEAL_ERR_LIMIT,
			"a user name may have 1 to %d bytes, this one has %zu",
			SEAL_STORE_USER_MAX, key_r->len);
	return 0;
}

/* 0, or -1 (SEAL_ERR_DAMAGED, SEAL_ERR_MEMORY). */
static int decode(const struct seal_env_value *key,
		  const struct seal_env_value *value,
		  struct seal_user_record **record_r, struct seal_error *err)
{
	*record_r = seal_user_record_decode(value->data, value->len, err);
	if (*record_r == NULL)
		return -1;
	if (strlen((*record_r)->user) == key->len &&
	    memcmp((*record_r)->user, key->data, key->len) == 0)
		return 0;
	seal_user_record_free(record_r);
	return seal_error_set(err, SEAL_ERR_DAMAGED,
			      "the record is damaged: it bears another name");
}

/* 1: found, 0: no record, -1: failed. */
static int read_record(struct seal_env_txn *txn,
		       const struct seal_env_value *key,
		       struct seal_user_record **record_r,
		       struct seal_error *err)
{
	struct seal_env_value value;
	int ret = seal_env_get(txn, key, &value, err);

	if (ret > 0 && decode(key, &value, record_r, err) < 0)
		ret = -1;
	return ret;
}

struct lookup {
	struct seal_env_value key;
	struct seal_buf *known;		/* NULL: nobody remembers */
	struct seal_user_record *record;
};

static bool is_known(const struct seal_buf *known,
		     const struct seal_env_value *value)
{
	/* nothing is stored in no bytes */
	return known->len > 0 && known->len == value->len &&
		memcmp(known->data, value->data, value->len) == 0;
}

static int look_up(struct seal_env_txn *txn, void *context,
		   struct seal_error *err)
{
	struct lookup *lookup = context;
	struct seal_env_value value;
	int ret = seal_env_get(txn, &lookup->key, &value, err);

	if (ret <= 0)
		return ret;
	if (lookup->known != NULL) {
		if (is_known(lookup->known, &value))
			return 1;
		seal_buf_clear(lookup->known);
		if (seal_buf_append(lookup->known, value.data, value.len,
				    err) < 0)
			return -1;
	}
	return decode(&lookup->key, &value, &lookup->record, err) < 0 ? -1 : 1;
}

int seal_store_get_changed(struct seal_store *store, const char *user,
			   struct seal_buf *known,
			   struct seal_user_record **record_r,
			   struct seal_error *err)
{
	struct lookup lookup = { .known = known };
	int ret;

	*record_r = NULL;
	ret = user_key(user, &lookup.key, err);
	if (ret == 0)
		ret = seal_env_read(store->env, look_up, &lookup, err);
	if (ret <= 0 && known != NULL)
		seal_buf_clear(known);
	*record_r = lookup.record;
	return ret;
}

int seal_store_get(struct seal_store *store, const char *user,
		   struct seal_user_record **record_r, struct seal_error *err)
{
	return seal_store_get_changed(store, user, NULL, record_r, err);
}

static bool is_worth_keeping(const struct seal_user_record *record)
{
	return record->profile_count > 0 || record->kill_switch;
}

static int write_record(struct seal_env_txn *txn,
			const struct seal_env_value *key,
			const struct seal_user_record *record,
			struct seal_error *err)
{
	struct seal_buf der = SEAL_BUF_INIT;
	struct seal_env_value value;
	int ret;

	if (!is_worth_keeping(record))
		return seal_env_delete(txn, key, err);
	ret = seal_user_record_encode(record, &der, err);
	if (ret == 0) {
		value = (struct seal_env_value) { der.data, der.len };
		ret = seal_env_put(txn, key, &value, err);
	}
	seal_buf_free(&der);
	return ret;
}

struct update {
	struct seal_env_value key;
	int (*change)(struct seal_user_record *record, void *context,
		      struct seal_error *err);
	void *context;
};

static int update_record(struct seal_env_txn *txn, void *context,
			 struct seal_error *err)
{
	const struct update *update = context;
	struct seal_user_record *record = NULL;
	int ret = read_record(txn, &update->key, &record, err);

	if (ret == 0) {
		record = seal_user_record_new(update->key.data, err);
		ret = record == NULL ? -1 : 1;
	}
	if (ret > 0)
		ret = update->change(record, update->context, err);
	if (ret > 0 && write_record(txn, &update->key, record, err) < 0)
		ret = -1;
	seal_user_record_free(&record);
	return ret;
}

int seal_store_update(struct seal_store *store, const char *user,
		      int (*change)(struct seal_user_record *record,
				    void *context, struct seal_error *err),
		      void *context, struct seal_error *err)
{
	struct update update = { .change = change, .context = context };

	if (user_key(user, &update.key, err) < 0)
		return -1;
	return seal_env_write(store->env, update_record, &update, err);
}

struct walk {
	int (*each)(const char *user, const struct seal_user_record *record,
		    const struct seal_error *problem, void *context,
		    struct seal_error *err);
	void *context;
};

/* The key as text: a damaged one can hold anything. */
static void printable_key(const struct seal_env_value *key, char text_r[],
			  size_t size)
{
	const unsigned char *p = key->data;
	size_t i;

	for (i = 0; i < key->len && i + 1 < size; i++) {
		if (p[i] < 0x20 || p[i] == 0x7f)
			break;
		text_r[i] = (char)p[i];
	}
	text_r[i] = '\0';
}

static int walk_one(struct seal_env_txn *txn, const struct seal_env_value *key,
		    const struct seal_env_value *value, void *context,
		    struct seal_error *err)
{
	const struct walk *walk = context;
	struct seal_user_record *record;
	struct seal_error problem;
	char user[SEAL_STORE_USER_MAX + 1];
	int ret;

	(void)txn;
	if (decode(key, value, &record, &problem) == 0) {
		ret = walk->each(record->user, record, NULL, walk->context,
				 err);
		seal_user_record_free(&record);
		return ret;
	}
	if (problem.code == SEAL_ERR_MEMORY)
		return seal_error_memory(err);
	printable_key(key, user, sizeof(user));
	return walk->each(user, NULL, &problem, walk->context, err);
}

static int walk_all(struct seal_env_txn *txn, void *context,
		    struct seal_error *err)
{
	return seal_env_each(txn, walk_one, context, err);
}

int seal_store_each(struct seal_store *store,
		    int (*each)(const char *user,
				const struct seal_user_record *record,
				const struct seal_error *problem,
				void *context, struct seal_error *err),
		    void *context, struct seal_error *err)
{
	struct walk walk = { each, context };

	return seal_env_read(store->env, walk_all, &walk, err) < 0 ? -1 : 0;
}

int seal_store_copy(struct seal_store *store, const char *dir,
		    struct seal_error *err)
{
	return seal_env_copy(store->env, dir, err);
}

int seal_store_compact(struct seal_store *store, struct seal_error *err)
{
	return seal_env_compact(store->env, err);
}

int seal_store_stat(struct seal_store *store, struct seal_store_stat *stat_r,
		    struct seal_error *err)
{
	struct seal_env_stat stat;
	int ret = seal_env_stat(store->env, &stat, err);

	stat_r->users = stat.records;
	stat_r->file_size = stat.file_size;
	stat_r->map_size = stat.map_size;
	return ret;
}
