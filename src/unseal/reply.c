/* SPDX-License-Identifier: MIT */
#include "unseal/reply.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include "base/error.h"
#include "unseal/answers.h"
#include "unseal/kind.h"
#include "unseal/layer.h"
#include "unseal/run.h"

#define DIGEST_LEN 32

struct seal_reply {
	struct seal_reply_order order;
	struct seal_answers answers;
	EVP_MD_CTX *hash;		/* of what is fed */
	/* what the first run found */
	bool opened, is_signed;
	uint64_t size;
	unsigned char digest[DIGEST_LEN];
	/* the present run */
	struct seal_run run;
	struct seal_layer *layer;
	struct seal_error error;	/* what it failed with, for now */
};

struct seal_reply *seal_reply_new(const struct seal_reply_order *order,
				  struct seal_error *err)
{
	struct seal_reply *reply = calloc(1, sizeof(*reply));

	if (reply != NULL) {
		reply->order = *order;
		reply->hash = EVP_MD_CTX_new();
		if (reply->hash != NULL)
			return reply;
	}
	seal_reply_free(&reply);
	(void)seal_error_crypto_memory();
	(void)seal_error_memory(err);
	return NULL;
}

bool seal_reply_is_candidate(const char *content_type)
{
	enum seal_kind kind = seal_kind_of(content_type);

	return kind == SEAL_KIND_CMS || kind == SEAL_KIND_SIGNED;
}

static int fail(struct seal_reply *reply, const struct seal_error *err)
{
	reply->error = *err;
	return -1;
}

int seal_reply_begin(struct seal_reply *reply, const struct seal_sink *sink,
		     struct seal_error *err)
{
	struct seal_run *run = &reply->run;

	seal_layer_free(&reply->layer);
	seal_output_free(&run->output);
	memset(run, 0, sizeof(*run));
	reply->error.code = SEAL_ERR_NONE;
	if (sink == NULL) {
		seal_answers_free(&reply->answers);
		reply->opened = false;
	} else if (!reply->opened) {
		(void)seal_error_set(err, SEAL_ERR_INPUT,
				     "there is nothing to be written");
		return fail(reply, err);
	}
	reply->answers.next = 0;
	run->order = &reply->order;
	run->answers = &reply->answers;
	run->again = sink != NULL;
	seal_output_begin(&run->output, sink, reply->size);
	reply->layer = seal_layer_new(run, err);
	if (reply->layer == NULL)
		return fail(reply, err);
	if (EVP_DigestInit_ex(reply->hash, EVP_sha256(), NULL) != 1) {
		(void)seal_error_crypto(err, "starting the digest");
		return fail(reply, err);
	}
	return 0;
}

/* Something came back from the layers. 0: the verdict is certain. */
static int stopped(struct seal_reply *reply, struct seal_error *err)
{
	const struct seal_run *run = &reply->run;

	if (run->decided && !run->again)
		return 0;
	if (run->again && !run->output.sink_failed &&
	    (run->decided || err->code == SEAL_ERR_REFUSED))
		(void)seal_error_set(err, SEAL_ERR_IO, "the message is not "
				     "what it was when it was judged");
	return fail(reply, err);
}

int seal_reply_more(struct seal_reply *reply, const unsigned char *data,
		    size_t len, struct seal_error *err)
{
	if (reply->error.code != SEAL_ERR_NONE) {
		*err = reply->error;
		return -1;
	}
	if (reply->run.decided)
		return 0;
	if (EVP_DigestUpdate(reply->hash, data, len) != 1) {
		(void)seal_error_crypto(err, "digesting the message");
		return fail(reply, err);
	}
	if (seal_layer_more(reply->layer, data, len, err) < 0)
		return stopped(reply, err);
	return 1;
}

static enum seal_reply_verdict verdict(const struct seal_run *run,
				       struct seal_error *err)
{
	if (run->refusal.code != SEAL_ERR_NONE) {
		*err = run->refusal;
		return SEAL_REPLY_REFUSED;
	}
	return run->decided || run->opened == 0 ? SEAL_REPLY_PASS :
		SEAL_REPLY_OPENED;
}

static int finish_first(struct seal_reply *reply,
			const unsigned char digest[DIGEST_LEN],
			enum seal_reply_verdict *verdict_r,
			struct seal_error *err)
{
	const struct seal_run *run = &reply->run;

	*verdict_r = verdict(run, err);
	if (*verdict_r != SEAL_REPLY_OPENED)
		return 0;
	reply->opened = true;
	reply->is_signed = run->signatures > 0;
	reply->size = run->output.count;
	memcpy(reply->digest, digest, DIGEST_LEN);
	return 0;
}

static int finish_second(struct seal_reply *reply,
			 const unsigned char digest[DIGEST_LEN],
			 enum seal_reply_verdict *verdict_r,
			 struct seal_error *err)
{
	if (memcmp(digest, reply->digest, DIGEST_LEN) != 0)
		(void)seal_error_set(err, SEAL_ERR_IO, "the message is not "
				     "what it was when it was judged");
	else if (seal_output_finish(&reply->run.output, err) == 0) {
		*verdict_r = SEAL_REPLY_OPENED;
		return 0;
	}
	return fail(reply, err);
}

int seal_reply_finish(struct seal_reply *reply,
		      enum seal_reply_verdict *verdict_r,
		      struct seal_error *err)
{
	unsigned char digest[DIGEST_LEN];

	if (reply->error.code != SEAL_ERR_NONE) {
		*err = reply->error;
		return -1;
	}
	if (!reply->run.decided && seal_layer_finish(reply->layer, err) < 0 &&
	    stopped(reply, err) < 0)
		return -1;
	if (EVP_DigestFinal_ex(reply->hash, digest, NULL) != 1) {
		(void)seal_error_crypto(err, "digesting the message");
		return fail(reply, err);
	}
	return reply->run.again ?
		finish_second(reply, digest, verdict_r, err) :
		finish_first(reply, digest, verdict_r, err);
}

uint64_t seal_reply_size(const struct seal_reply *reply)
{
	return reply->size;
}

bool seal_reply_signed(const struct seal_reply *reply)
{
	return reply->is_signed;
}

void seal_reply_free(struct seal_reply **reply)
{
	if (*reply == NULL)
		return;
	seal_layer_free(&(*reply)->layer);
	seal_output_free(&(*reply)->run.output);
	seal_answers_free(&(*reply)->answers);
	EVP_MD_CTX_free((*reply)->hash);
	free(*reply);
	*reply = NULL;
}
