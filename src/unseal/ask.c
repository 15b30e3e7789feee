/* SPDX-License-Identifier: MIT */
#include "unseal/ask.h"

#include <stdio.h>
#include <string.h>
#include "base/error.h"
#include "client/client.h"

/* One more than seald opens a message for: it says no, or refuses, just as well
 * without the rest, which might not fit into a line. */
#define TO_MAX 257

struct question {
	struct seal_buf user, recipients, to;	/* NUL-terminated "name=value" */
	char length[32];
};

/* Begins an argument. 0 or -1 */
static int begin(struct seal_buf *arg, const char *name, struct seal_error *err)
{
	return seal_buf_append(arg, name, strlen(name), err);
}

static int end(struct seal_buf *arg, struct seal_error *err)
{
	return seal_buf_append(arg, "", 1, err);
}

static int write_user(struct seal_buf *arg, const char *user,
		      struct seal_error *err)
{
	return begin(arg, "user=", err) < 0 || begin(arg, user, err) < 0 ?
		-1 : end(arg, err);
}

static int write_recipients(struct seal_buf *arg, const unsigned char *data,
			    size_t len, struct seal_error *err)
{
	return begin(arg, "recipients=", err) < 0 ||
		seal_buf_add_base64(arg, data, len, err) < 0 ?
		-1 : end(arg, err);
}

static int write_to(struct seal_buf *arg, const char *const *to,
		    struct seal_error *err)
{
	unsigned int i;

	if (begin(arg, "to=", err) < 0)
		return -1;
	for (i = 0; to[i] != NULL && i < TO_MAX; i++) {
		/* it would be two */
		if (strchr(to[i], '\n') != NULL)
			return seal_error_set(err, SEAL_ERR_INPUT,
				"a recipient has a line break in it");
		if ((i > 0 && begin(arg, "\n", err) < 0) ||
		    begin(arg, to[i], err) < 0)
			return -1;
	}
	return end(arg, err);
}

static int write_question(const struct seal_reply_asker *asker,
			  const unsigned char *recipients,
			  size_t recipients_len, size_t key_len,
			  struct question *question, struct seal_error *err)
{
	snprintf(question->length, sizeof(question->length), "length=%zu",
		 key_len);
	return write_user(&question->user, asker->user, err) < 0 ||
		write_recipients(&question->recipients, recipients,
				 recipients_len, err) < 0 ?
		-1 : write_to(&question->to, asker->to, err);
}

static int nonsense(struct seal_error *err)
{
	return seal_error_set(err, SEAL_ERR_INPUT,
			      "seald: the answer to OPEN makes no sense");
}

static bool is_sentence(const char *text)
{
	if (text == NULL || *text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	}
	return true;
}

static int read_failure(const struct seal_answer *answer,
			struct seal_error *err)
{
	const char *code = seal_answer_get(answer, "code");
	const char *text = seal_answer_get(answer, "text");

	if (code == NULL || !is_sentence(text))
		return nonsense(err);
	if (strcmp(code, seal_error_code_name(SEAL_ERR_REFUSED)) == 0)
		return seal_error_set(err, SEAL_ERR_REFUSED, "%s", text);
	return seal_error_set(err, SEAL_ERR_IO, "seald: %s: %s", code, text);
}

static int read_no(const struct seal_answer *answer, struct seal_error *err)
{
	const char *code = seal_answer_get(answer, "code");

	return code != NULL && strcmp(code, "not-ours") == 0 ? 0 : nonsense(err);
}

static int read_keys(const struct seal_answer *answer, size_t key_len,
		     struct seal_reply_key *key_r, struct seal_error *err)
{
	int ret = seal_answer_get_base64(answer, "key", &key_r->key, err);

	if (ret > 0)
		ret = seal_answer_get_base64(answer, "signers", &key_r->signers,
					     err);
	if (ret < 0)
		return -1;
	return ret > 0 && key_r->key.len == key_len ? 1 : nonsense(err);
}

static int read_answer(const struct seal_answer *answer, size_t key_len,
		       struct seal_reply_key *key_r, struct seal_error *err)
{
	switch (answer->kind) {
	case SEAL_ANSWER_OK:
		return read_keys(answer, key_len, key_r, err);
	case SEAL_ANSWER_NO:
		return read_no(answer, err);
	case SEAL_ANSWER_FAIL:
		return read_failure(answer, err);
	case SEAL_ANSWER_ROW:
		break;
	}
	return nonsense(err);
}

static int ask(const struct seal_reply_asker *asker,
	       const struct question *question, size_t key_len,
	       struct seal_reply_key *key_r, struct seal_error *err)
{
	const char *const args[] = {
		"OPEN", (const char *)question->user.data,
		(const char *)question->recipients.data,
		(const char *)question->to.data, question->length, NULL
	};
	struct seal_answer answer = SEAL_ANSWER_INIT;
	int ret;

	ret = seal_client_ask(asker->client, args, NULL, NULL, &answer, err);
	if (ret == 0)
		ret = read_answer(&answer, key_len, key_r, err);
	seal_answer_free(&answer);
	return ret;
}

int seal_reply_ask_seald(void *context, const unsigned char *recipients,
			 size_t recipients_len, size_t key_len,
			 struct seal_reply_key *key_r, struct seal_error *err)
{
	struct question question = {
		SEAL_BUF_INIT, SEAL_BUF_INIT, SEAL_BUF_INIT, ""
	};
	int ret;

	ret = write_question(context, recipients, recipients_len, key_len,
			     &question, err);
	if (ret == 0)
		ret = ask(context, &question, key_len, key_r, err);
	if (ret <= 0) {
		seal_buf_free(&key_r->key);
		seal_buf_free(&key_r->signers);
	}
	seal_buf_free(&question.user);
	seal_buf_free(&question.recipients);
	seal_buf_free(&question.to);
	return ret;
}
