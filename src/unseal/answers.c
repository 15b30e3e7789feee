/* SPDX-License-Identifier: MIT */
#include "unseal/answers.h"

#include <string.h>
#include <openssl/evp.h>
#include "base/error.h"

static int digest(const unsigned char *data, size_t len,
		  unsigned char digest_r[32], struct seal_error *err)
{
	if (EVP_Digest(data, len, digest_r, NULL, EVP_sha256(), NULL) != 1)
		return seal_error_crypto(err, "digesting the recipients");
	return 0;
}

/* Takes what is in answer over. */
static int remember(struct seal_answers *answers,
		    const struct seal_reply_key *answer, int ret,
		    struct seal_error *err)
{
	unsigned int i = answers->count;

	answers->list[i].answer = ret;
	if (ret > 0 && (seal_buf_append(&answers->list[i].key, answer->key.data,
					answer->key.len, err) < 0 ||
			(answers->signers.len == 0 &&
			 seal_buf_append(&answers->signers,
					 answer->signers.data,
					 answer->signers.len, err) < 0)))
		return -1;
	answers->count++;
	return ret;
}

int seal_answers_ask(struct seal_answers *answers,
		     const struct seal_reply_order *order,
		     const unsigned char *recipients, size_t recipients_len,
		     size_t key_len, struct seal_buf *key,
		     struct seal_error *err)
{
	struct seal_reply_key answer = { SEAL_BUF_INIT, SEAL_BUF_INIT };
	unsigned int i = answers->count;
	int ret;

	if (i == SEAL_REPLY_LAYERS)
		return seal_error_set(err, SEAL_ERR_LIMIT, "too many envelopes");
	answers->list[i].key_len = key_len;
	if (digest(recipients, recipients_len, answers->list[i].digest,
		   err) < 0)
		return -1;
	ret = order->ask(order->context, recipients, recipients_len, key_len,
			 &answer, err);
	if (ret >= 0)
		ret = remember(answers, &answer, ret, err);
	if (ret > 0 && seal_buf_append(key, answer.key.data, answer.key.len,
				       err) < 0)
		ret = -1;
	seal_buf_free(&answer.key);
	seal_buf_free(&answer.signers);
	return ret;
}

int seal_answers_again(struct seal_answers *answers,
		       const unsigned char *recipients, size_t recipients_len,
		       size_t key_len, struct seal_buf *key,
		       struct seal_error *err)
{
	unsigned char have[32];
	unsigned int i = answers->next;

	if (digest(recipients, recipients_len, have, err) < 0)
		return -1;
	if (i == answers->count || answers->list[i].key_len != key_len ||
	    memcmp(have, answers->list[i].digest, sizeof(have)) != 0)
		return seal_error_set(err, SEAL_ERR_IO,
				      "an envelope is not the one it was");
	answers->next++;
	if (answers->list[i].answer > 0 &&
	    seal_buf_append(key, answers->list[i].key.data,
			    answers->list[i].key.len, err) < 0)
		return -1;
	return answers->list[i].answer;
}

void seal_answers_free(struct seal_answers *answers)
{
	unsigned int i;

	for (i = 0; i < SEAL_REPLY_LAYERS; i++)
		seal_buf_free(&answers->list[i].key);
	seal_buf_free(&answers->signers);
	answers->count = answers->next = 0;
}
