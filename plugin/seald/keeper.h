/* SPDX-License-Identifier: MIT */
#ifndef SEALD_KEEPER_H
#define SEALD_KEEPER_H

struct seal_error;
struct seal_store;

/* Keeps the store open for all requests. A store that cannot be opened does not
 * end the service: whoever asks is told why, which defers mail, and the store is
 * tried again at later requests, at most once a second. */

/* folder: <state_dir>/mail-seal. Opens the store below it, or logs why not. */
void seald_keeper_init(const char *folder);
void seald_keeper_deinit(void);

/* The open store; NULL with err filled. Notices when data.mdb was replaced
 * (a restored backup): it is then opened anew. */
struct seal_store *seald_keeper_store(struct seal_error *err);

/* A second handle on the store, for a forked child: LMDB's does not cross fork.
 * To be closed by the caller. NULL with err filled. */
struct seal_store *seald_keeper_open_own(struct seal_error *err);

/* To be told of each failed operation: after an I/O error the environment is
 * not to be trusted, and the next request opens it anew. */
void seald_keeper_failed(const struct seal_error *err);

/* To be told after the store replaced its own file. */
void seald_keeper_replaced(void);

#endif
