/* SPDX-License-Identifier: MIT */
#ifndef SEALD_KEEPER_H
#define SEALD_KEEPER_H

struct seal_error;
struct seal_keyring;
struct seal_lookup_cache;
struct seal_rate;
struct seal_signing_cache;
struct seal_store;

/* Keeps the store and the keyring open for all requests. One that cannot be
 * opened does not end the service: whoever asks is told why, and it is tried
 * again at later requests, at most once a second. Without the store mail is
 * deferred; without the keyring it is sealed as ever, and not signed. */

/* folder: <state_dir>/mail-seal. Opens what is below it, or logs why not. The
 * master key has to be known. */
void seald_keeper_init(const char *folder);
void seald_keeper_deinit(void);

/* The open store, the open keyring; NULL with err filled. Notices when data.mdb
 * was replaced (a restored backup): it is then opened anew. */
struct seal_store *seald_keeper_store(struct seal_error *err);
struct seal_keyring *seald_keeper_keyring(struct seal_error *err);

/* A second handle on the store, for a forked child: LMDB's does not cross fork.
 * To be closed by the caller. NULL with err filled. */
struct seal_store *seald_keeper_open_own(struct seal_error *err);

/* What lookups and signing remember; NULL where there was no memory for it. */
struct seal_lookup_cache *seald_keeper_cache(void);
struct seal_signing_cache *seald_keeper_signing(void);
/* How often users may have replies opened. */
struct seal_rate *seald_keeper_rate(void);
/* In a forked child: it has no keyring, and remembers no secrets. */
void seald_keeper_forked(void);
/* To be told of a user that a command was for: what is remembered of them goes;
 * and when the master key has changed: all secrets go. What is remembered counts for
 * nothing then in any case, but it need not stay in memory. */
void seald_keeper_forget(const char *user);
void seald_keeper_forget_secrets(void);

/* To be told of each failed operation: after an I/O error an environment is
 * not to be trusted, and the next request opens it anew. */
void seald_keeper_failed(const struct seal_error *err);

/* To be told after store or keyring may have replaced its own file: compacting
 * does, and so does whatever removes secrets. */
void seald_keeper_replaced(void);

#endif
