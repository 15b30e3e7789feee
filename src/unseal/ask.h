/* SPDX-License-Identifier: MIT */
#ifndef SEAL_UNSEAL_ASK_H
#define SEAL_UNSEAL_ASK_H

#include "unseal/reply.h"

struct seal_client;

/* Asks seald's open listener (command OPEN: plugin/seald/command.h) in the name of
 * one user, for a message that goes to these recipients. */
struct seal_reply_asker {
	struct seal_client *client;	/* of the socket NAME-open */
	const char *user;		/* who has signed in, as Dovecot knows them */
	const char *const *to;		/* every RCPT TO, without <>; NULL-terminated */
};

/* A seal_reply_ask_t; context: a struct seal_reply_asker. SEAL_ERR_REFUSED comes from
 * seald's answer only; that seald is away, slow, of another version or talks
 * nonsense is any other code. */
int seal_reply_ask_seald(void *context, const unsigned char *recipients,
			 size_t recipients_len, size_t key_len,
			 struct seal_reply_key *key_r, struct seal_error *err);

#endif
