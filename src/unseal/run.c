/* SPDX-License-Identifier: MIT */
#include "unseal/run.h"

#include "unseal/answers.h"
#include "unseal/head.h"

int seal_run_pass(struct seal_run *run, struct seal_error *err)
{
	run->decided = true;
	return seal_error_set(err, SEAL_ERR_REFUSED, "not encrypted to us");
}

int seal_run_refuse(struct seal_run *run, const char *sentence,
		    struct seal_error *err)
{
	if (run->opened == 0)
		return seal_run_pass(run, err);
	(void)seal_error_set(err, SEAL_ERR_REFUSED, "%s", sentence);
	if (run->refusal.code == SEAL_ERR_NONE)
		run->refusal = *err;
	return -1;
}

static int ask(struct seal_run *run, const unsigned char *recipients,
	       size_t recipients_len, size_t key_len, struct seal_buf *key,
	       struct seal_error *err)
{
	int ret;

	if (run->again)
		return seal_answers_again(run->answers, recipients,
					  recipients_len, key_len, key, err);
	ret = seal_answers_ask(run->answers, run->order, recipients,
			       recipients_len, key_len, key, err);
	if (ret < 0 && err->code == SEAL_ERR_REFUSED) {
		run->decided = true;
		run->refusal = *err;
	}
	return ret;
}

int seal_run_ask(struct seal_run *run, const unsigned char *recipients,
		 size_t recipients_len, size_t key_len, struct seal_buf *key,
		 struct seal_error *err)
{
	int ret = ask(run, recipients, recipients_len, key_len, key, err);

	if (ret == 0 && run->opened == 0)
		(void)seal_run_pass(run, err);
	if (ret <= 0)
		return ret;
	run->opened++;
	if (run->message->too_long)
		return seal_run_refuse(run, "This message was not sent: "
				       "its header is too long.", err);
	return 1;
}
