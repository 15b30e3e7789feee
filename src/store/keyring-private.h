/* SPDX-License-Identifier: MIT */
#ifndef SEAL_STORE_KEYRING_PRIVATE_H
#define SEAL_STORE_KEYRING_PRIVATE_H

/* What keyring.c (the environment), keyring-record.c (one record) and secrets.c
 * (what is in it) share. */

#include <stdbool.h>
#include <stddef.h>
#include "store/env.h"
#include "store/keyring.h"
#include "store/profile.h"

#define SEAL_MASTER_KEY_ID_LEN 8

/* A master key and the name that records know it by. */
struct seal_master_key {
	bool set;
	unsigned char key[SEAL_MASTER_KEY_LEN];
	unsigned char id[SEAL_MASTER_KEY_ID_LEN];
};

/* 0, or -1 (SEAL_ERR_CRYPTO, SEAL_ERR_MEMORY). The caller wipes it. */
int seal_master_key_init(struct seal_master_key *master,
			 const unsigned char key[SEAL_MASTER_KEY_LEN],
			 struct seal_error *err);

/* A record's name: the user, a NUL, the profile's id. */
struct seal_keyring_name {
	unsigned char data[SEAL_ENV_KEY_MAX];
	size_t len;
};
/* The profile's id in it, and whether it has the form of a name. */
const char *seal_keyring_name_id(const struct seal_keyring_name *name);
bool seal_keyring_name_is_valid(const struct seal_keyring_name *name);

/* Secrets to DER, appended to out, and back. 0, or -1: SEAL_ERR_MEMORY; encode:
 * SEAL_ERR_LIMIT; decode: SEAL_ERR_DAMAGED, and secrets_r may hold a part. */
int seal_secrets_encode(const struct seal_secrets *secrets,
			struct seal_buf *out, struct seal_error *err);
int seal_secrets_decode(const struct seal_buf *der,
			struct seal_secrets *secrets_r, struct seal_error *err);

/* Appends the record that holds the secrets, sealed under master. 0 or -1
 * (SEAL_ERR_CRYPTO, SEAL_ERR_MEMORY, SEAL_ERR_LIMIT). */
int seal_keyring_seal(const struct seal_keyring_name *name,
		      const struct seal_master_key *master,
		      const struct seal_secrets *secrets, struct seal_buf *out,
		      struct seal_error *err);

/* Opens it with the one of the masters that it names (those not set are passed
 * over). 0, or -1: SEAL_ERR_DAMAGED, SEAL_ERR_REFUSED (none of them),
 * SEAL_ERR_CRYPTO, SEAL_ERR_MEMORY; secrets_r then holds nothing. */
int seal_keyring_unseal(const struct seal_keyring_name *name,
			const struct seal_master_key *const *masters,
			unsigned int master_count,
			const struct seal_env_value *record,
			struct seal_secrets *secrets_r,
			struct seal_error *err);

/* Whether one of the masters is the one that the record names. 0, or -1 as above. */
int seal_keyring_can_unseal(const struct seal_keyring_name *name,
			    const struct seal_master_key *const *masters,
			    unsigned int master_count,
			    const struct seal_env_value *record,
			    struct seal_error *err);

#endif
