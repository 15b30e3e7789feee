/* SPDX-License-Identifier: MIT */
#ifndef SEAL_UNSEAL_RUN_H
#define SEAL_UNSEAL_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"
#include "unseal/output.h"

struct seal_answers;
struct seal_head;
struct seal_reply_order;

/* What the layers of a message share during one run. */
struct seal_run {
	const struct seal_reply_order *order;
	struct seal_answers *answers;
	bool again;			/* the second run: what was judged stands */
	const struct seal_head *message;	/* the header of the message itself */
	struct seal_output output;
	unsigned int opened;		/* envelopes of ours */
	unsigned int signatures;	/* layers that are signed */

	/* The verdict is certain, the rest need not be read: PASS, or REFUSED with the
	 * text in refusal. */
	bool decided;
	/* Code NONE: nothing is wrong so far. Else, if not decided: something within an
	 * envelope is, and yet all of it is read: whoever sends changed ciphertexts
	 * does not learn from the moment of the answer what they decrypt to. For the
	 * same reason it is the first that counts, and there is one sentence for all
	 * that shows behind a layer's header (SEAL_RUN_DAMAGED). */
	struct seal_error refusal;
};

#define SEAL_RUN_DAMAGED "This message was not sent: its encrypted part cannot " \
	"be opened. It is damaged, was altered, or was encrypted with another key."

/* The message passes. Returns -1 always (err: SEAL_ERR_REFUSED). */
int seal_run_pass(struct seal_run *run, struct seal_error *err);
/* The message is refused with this sentence, if no other was first; it passes where
 * no envelope of ours was found yet. Returns -1 always, as above. */
int seal_run_refuse(struct seal_run *run, const char *sentence,
		    struct seal_error *err);
/* A seal_open_ask_t without its context. Decides: PASS where the first envelope is
 * not ours, REFUSED where seald does. */
int seal_run_ask(struct seal_run *run, const unsigned char *recipients,
		 size_t recipients_len, size_t key_len, struct seal_buf *key,
		 struct seal_error *err);

#endif
