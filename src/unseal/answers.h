/* SPDX-License-Identifier: MIT */
#ifndef SEAL_UNSEAL_ANSWERS_H
#define SEAL_UNSEAL_ANSWERS_H

#include "base/buf.h"
#include "unseal/reply.h"

/* What seald said of the envelopes of one message, in their order: asked in the first
 * run, remembered for the second. */
struct seal_answers {
	struct {
		unsigned char digest[32];	/* of the RecipientInfos */
		size_t key_len;
		int answer;			/* 1 or 0 */
		struct seal_buf key;
	} list[SEAL_REPLY_LAYERS];
	unsigned int count, next;
	struct seal_buf signers;
};

/* As seal_reply_ask_t, with the key alone. SEAL_ERR_LIMIT: more than
 * SEAL_REPLY_LAYERS. */
int seal_answers_ask(struct seal_answers *answers,
		     const struct seal_reply_order *order,
		     const unsigned char *recipients, size_t recipients_len,
		     size_t key_len, struct seal_buf *key,
		     struct seal_error *err);
/* The same from memory, from the first on after *answers.next = 0. SEAL_ERR_IO: that
 * was not asked. */
int seal_answers_again(struct seal_answers *answers,
		       const unsigned char *recipients, size_t recipients_len,
		       size_t key_len, struct seal_buf *key,
		       struct seal_error *err);
/* Wipes and frees all; as new. */
void seal_answers_free(struct seal_answers *answers);

#endif
