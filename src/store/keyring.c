/* SPDX-License-Identifier: MIT */
#include "store/keyring.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include "base/error.h"
#include "store/env.h"
#include "store/keyring-private.h"
#include "store/profile-private.h"

/* Small beside the store's: a record has some 400 bytes, 1700 with an RSA key. */
#define MAP_SIZE ((size_t)1 << 20)

struct seal_keyring {
	struct seal_env *env;
	struct seal_master_key master;	/* writes and reads */
	struct seal_master_key other;	/* reads */
};

static int set_keys(struct seal_keyring *keyring, const unsigned char *master,
		    const unsigned char *other, struct seal_error *err)
{
	if (master != NULL &&
	    seal_master_key_init(&keyring->master, master, err) < 0)
		return -1;
	if (other != NULL &&
	    seal_master_key_init(&keyring->other, other, err) < 0)
		return -1;
	return 0;
}

/* What a killed process left undone. The bytes of a removed record that cannot
 * be wiped now, because another process has the files open, are wiped with the
 * next one. */
static int clean_up(struct seal_keyring *keyring, struct seal_error *err)
{
	struct seal_error ignored;
	int ret = seal_env_has_remains(keyring->env, err);

	if (ret > 0)
		(void)seal_env_wipe(keyring->env, &ignored);
	return ret < 0 ? -1 : 0;
}

struct seal_keyring *
seal_keyring_open(const char *folder,
		  const unsigned char master[SEAL_MASTER_KEY_LEN],
		  const unsigned char other[SEAL_MASTER_KEY_LEN],
		  struct seal_error *err)
{
	struct seal_keyring *keyring = calloc(1, sizeof(*keyring));

	if (keyring == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	if (set_keys(keyring, master, other, err) < 0 ||
	    (keyring->env = seal_env_open(folder, "keyring", MAP_SIZE,
					  err)) == NULL ||
	    clean_up(keyring, err) < 0)
		seal_keyring_close(&keyring);
	return keyring;
}

void seal_keyring_close(struct seal_keyring **_keyring)
{
	struct seal_keyring *keyring = *_keyring;

	if (keyring == NULL)
		return;
	*_keyring = NULL;
	seal_env_close(&keyring->env);
	OPENSSL_cleanse(keyring, sizeof(*keyring));
	free(keyring);
}

static int make_name(struct seal_keyring_name *name_r, const char *user,
		     const char *profile_id, struct seal_error *err)
{
	size_t len = strlen(user);

	if (len == 0 || len > SEAL_KEYRING_USER_MAX)
		return seal_error_set(err, SEAL_ERR_LIMIT, "the name of a user "
			"with an issued profile may have 1 to %d bytes, this "
			"one has %zu", SEAL_KEYRING_USER_MAX, len);
	if (!seal_profile_is_id(profile_id, strlen(profile_id)))
		return seal_error_set(err, SEAL_ERR_INPUT,
			"%.40s is not a profile's id", profile_id);
	memcpy(name_r->data, user, len + 1);
	memcpy(name_r->data + len + 1, profile_id, SEAL_PROFILE_ID_LEN);
	name_r->len = len + 1 + SEAL_PROFILE_ID_LEN;
	return 0;
}

/* One record that is asked for, stored or removed. */
struct access {
	const struct seal_keyring *keyring;
	struct seal_keyring_name name;
	struct seal_env_value key;	/* name */
	struct seal_env_value value;
	struct seal_buf *known;		/* NULL: nobody remembers */
	struct seal_secrets *secrets;
};

static int start(struct access *access, const struct seal_keyring *keyring,
		 const char *user, const char *profile_id,
		 struct seal_error *err)
{
	memset(access, 0, sizeof(*access));
	access->keyring = keyring;
	if (make_name(&access->name, user, profile_id, err) < 0)
		return -1;
	access->key.data = access->name.data;
	access->key.len = access->name.len;
	return 0;
}

static int get(struct seal_env_txn *txn, void *context, struct seal_error *err)
{
	struct access *access = context;
	const struct seal_master_key *const masters[] = {
		&access->keyring->master, &access->keyring->other
	};
	const struct seal_env_value *value = &access->value;
	struct seal_buf *known = access->known;
	int ret = seal_env_get(txn, &access->key, &access->value, err);

	if (ret <= 0)
		return ret;
	/* nothing is stored in no bytes */
	if (known != NULL && known->len > 0 && known->len == value->len &&
	    memcmp(known->data, value->data, value->len) == 0)
		return seal_keyring_can_unseal(&access->name, masters, 2, value,
					       err) < 0 ? -1 : 1;
	if (known != NULL) {
		seal_buf_clear(known);
		if (seal_buf_append(known, value->data, value->len, err) < 0)
			return -1;
	}
	return seal_keyring_unseal(&access->name, masters, 2, value,
				   access->secrets, err) < 0 ? -1 : 1;
}

int seal_keyring_get_changed(struct seal_keyring *keyring, const char *user,
			     const char *profile_id, struct seal_buf *known,
			     struct seal_secrets *secrets_r,
			     struct seal_error *err)
{
	struct access access;
	int ret;

	ret = start(&access, keyring, user, profile_id, err);
	access.known = known;
	access.secrets = secrets_r;
	if (ret == 0)
		ret = seal_env_read(keyring->env, get, &access, err);
	if (ret <= 0 && known != NULL)
		seal_buf_clear(known);
	return ret;
}

int seal_keyring_get(struct seal_keyring *keyring, const char *user,
		     const char *profile_id, struct seal_secrets *secrets_r,
		     struct seal_error *err)
{
	return seal_keyring_get_changed(keyring, user, profile_id, NULL,
					secrets_r, err);
}

static int opens(struct seal_env_txn *txn, const struct seal_env_value *key,
		 const struct seal_env_value *value, void *context,
		 struct seal_error *err)
{
	const struct access *access = context;
	const struct seal_master_key *const masters[] = {
		&access->keyring->master, &access->keyring->other
	};
	struct seal_secrets secrets = SEAL_SECRETS_INIT;
	struct seal_keyring_name name = { .len = key->len };
	int ret = 1;

	(void)txn;
	/* one damaged record must not keep others from being stored */
	if (key->len > sizeof(name.data))
		return 0;
	memcpy(name.data, key->data, name.len);
	if (seal_keyring_unseal(&name, masters, 2, value, &secrets, err) < 0)
		ret = err->code == SEAL_ERR_REFUSED ||
			err->code == SEAL_ERR_MEMORY ? -1 : 0;
	seal_secrets_free(&secrets);
	return ret;
}

/* A master key that opens nothing of what is here is the wrong one: what would
 * be sealed under it would be lost when the right one is put back. One record
 * tells. */
static int put(struct seal_env_txn *txn, void *context, struct seal_error *err)
{
	struct access *access = context;

	if (seal_env_each(txn, opens, access, err) < 0)
		return -1;
	return seal_env_put(txn, &access->key, &access->value, err) < 0 ?
		-1 : 1;
}

int seal_keyring_put(struct seal_keyring *keyring, const char *user,
		     const char *profile_id, const struct seal_secrets *secrets,
		     struct seal_error *err)
{
	struct seal_buf record = SEAL_BUF_INIT;
	struct access access;
	int ret;

	if (!keyring->master.set)
		return seal_error_set(err, SEAL_ERR_REFUSED, "there is no "
			"master key to seal secrets under: restore its file");
	if (start(&access, keyring, user, profile_id, err) < 0)
		return -1;
	ret = seal_keyring_seal(&access.name, &keyring->master, secrets,
				&record, err);
	if (ret == 0) {
		access.value.data = record.data;
		access.value.len = record.len;
		ret = seal_env_write(keyring->env, put, &access, err);
	}
	seal_buf_free(&record);
	return ret < 0 ? -1 : 0;
}

static int delete(struct seal_env_txn *txn, void *context,
		  struct seal_error *err)
{
	const struct access *access = context;

	return seal_env_delete(txn, &access->key, err) < 0 ? -1 : 1;
}

/* What LMDB has left of removed and replaced records. */
static int wipe(struct seal_keyring *keyring, struct seal_error *err)
{
	int ret = seal_env_has_remains(keyring->env, err);

	return ret <= 0 ? ret : seal_env_wipe(keyring->env, err);
}

int seal_keyring_delete(struct seal_keyring *keyring, const char *user,
			const char *profile_id, struct seal_error *err)
{
	struct access access;

	if (start(&access, keyring, user, profile_id, err) < 0 ||
	    seal_env_write(keyring->env, delete, &access, err) < 0)
		return -1;
	/* also where there was none: the last attempt may have ended here */
	return wipe(keyring, err);
}

struct rotation {
	const struct seal_keyring *keyring;
	struct seal_master_key master;	/* the new one */
	uint64_t count;
};

static int rotate_one(struct seal_env_txn *txn,
		      const struct seal_env_value *key,
		      const struct seal_env_value *value, void *context,
		      struct seal_error *err)
{
	struct rotation *rotation = context;
	const struct seal_master_key *const masters[] = {
		&rotation->keyring->master, &rotation->keyring->other,
		&rotation->master
	};
	struct seal_secrets secrets = SEAL_SECRETS_INIT;
	struct seal_buf record = SEAL_BUF_INIT;
	struct seal_keyring_name name = { .len = key->len };
	struct seal_env_value again = { NULL, 0 };
	int ret;

	if (key->len > sizeof(name.data))
		name.len = sizeof(name.data);
	memcpy(name.data, key->data, name.len);
	if (!seal_keyring_name_is_valid(&name))
		return seal_error_set(err, SEAL_ERR_DAMAGED,
			"a record of the keyring is damaged: its name");
	ret = seal_keyring_unseal(&name, masters, 3, value, &secrets, err);
	if (ret == 0)
		ret = seal_keyring_seal(&name, &rotation->master, &secrets,
					&record, err);
	if (ret == 0) {
		again.data = record.data;
		again.len = record.len;
		key = &(struct seal_env_value) { name.data, name.len };
		ret = seal_env_put(txn, key, &again, err);
	}
	rotation->count++;
	seal_secrets_free(&secrets);
	seal_buf_free(&record);
	return ret;
}

static int rotate_all(struct seal_env_txn *txn, void *context,
		      struct seal_error *err)
{
	struct rotation *rotation = context;

	rotation->count = 0;
	return seal_env_each(txn, rotate_one, rotation, err) < 0 ? -1 : 1;
}

int seal_keyring_rotate(struct seal_keyring *keyring,
			const unsigned char new_master[SEAL_MASTER_KEY_LEN],
			uint64_t *count_r, struct seal_error *err)
{
	struct rotation rotation = { .keyring = keyring };
	int ret;

	*count_r = 0;
	ret = seal_master_key_init(&rotation.master, new_master, err);
	if (ret == 0)
		ret = seal_env_write(keyring->env, rotate_all, &rotation, err);
	if (ret > 0) {
		if (keyring->master.set &&
		    memcmp(keyring->master.id, rotation.master.id,
			   sizeof(rotation.master.id)) != 0)
			keyring->other = keyring->master;
		keyring->master = rotation.master;
		*count_r = rotation.count;
		ret = wipe(keyring, err);
	}
	OPENSSL_cleanse(&rotation, sizeof(rotation));
	return ret;
}
