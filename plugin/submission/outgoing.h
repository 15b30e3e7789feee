/* SPDX-License-Identifier: MIT */
#ifndef MAIL_SEAL_OUTGOING_H
#define MAIL_SEAL_OUTGOING_H

#include "plugin/submission/opener.h"

struct istream;
struct mail_user;
struct seal_error;
struct smtp_server_transaction;

/* A message on its way out. */
struct mail_seal_outgoing {
	pool_t pool;
	const struct mail_seal_opener *opener;
	struct seal_reply *reply;
};

/* A message that the user, whom the plugin cares for, sends in this transaction.
 * NULL, with err filled: it cannot be judged at present. */
struct mail_seal_outgoing *
mail_seal_outgoing_new(struct mail_user *user,
		       const struct smtp_server_transaction *trans,
		       struct seal_error *err);
/* Reads input, of size bytes, and leaves it at its beginning. Returns 0 with
 * *verdict_r, and err as seal_reply_finish() says; or -1. */
int mail_seal_outgoing_judge(struct mail_seal_outgoing *outgoing,
			     struct istream *input, uoff_t size,
			     enum seal_reply_verdict *verdict_r,
			     struct seal_error *err);
/* Accepts NULL, leaves NULL. */
void mail_seal_outgoing_free(struct mail_seal_outgoing **outgoing);

#endif
