/* SPDX-License-Identifier: MIT */
#ifndef SEALD_MASTER_KEY_H
#define SEALD_MASTER_KEY_H

struct seal_error;

/* The master key, under which the keyring's secrets are sealed: a file that
 * only root can read, so it is read before privileges are dropped and kept.
 * Without it seald works, except for what needs the keyring's secrets. */

/* Reads <state_dir>/mail-seal.key, and mail-seal.key.new of a rotation that was
 * interrupted. At the first start, when there is neither a key nor a keyring, a
 * key is made. Logs what is wrong. */
void seald_master_key_init(const char *state_dir);
/* Wipes. */
void seald_master_key_deinit(void);

/* SEAL_MASTER_KEY_LEN bytes; NULL where there is none. */
const unsigned char *seald_master_key(void);
/* A second key that records may be sealed under; NULL mostly. */
const unsigned char *seald_master_key_other(void);
/* Records may be sealed under this one from now on; all of them are. */
void seald_master_key_add(const unsigned char *key);
void seald_master_key_replace(const unsigned char *key);

#endif
