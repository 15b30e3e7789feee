/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "str-sanitize.h"
#include "plugin/seald/command.h"

#include "base/buf.h"
#include "base/error.h"
#include "plugin/seald/answer.h"
#include "plugin/seald/keeper.h"
#include "service/opening.h"
#include "service/rate.h"

/* One token of the user's for each message, and one more for each so many of its
 * recipients: that is what takes the time. */
#define TO_PER_TOKEN 16

static const char *user_for_log(const struct seald_request *request)
{
	return str_sanitize(seald_request_get(request, "user"), 256);
}

/* The texts name recipients, so they are for the user alone. */
static void answer_refused(const struct seald_request *request,
			   const struct seal_error *why)
{
	i_info("OPEN user=%s: refused, and the user is told why",
	       user_for_log(request));
	seald_answer_fail(request->answer, why);
}

static void answer_opened(const struct seald_request *request,
			  const struct seal_opened *opened)
{
	struct seald_answer *answer = request->answer;

	i_info("OPEN user=%s: opened a reply, profile=%s",
	       user_for_log(request), opened->profile);
	seald_answer_start(answer, "OK");
	seald_answer_add_base64(answer, "key", opened->key.data,
				opened->key.len);
	seald_answer_add_base64(answer, "signers", opened->signers.data,
				opened->signers.len);
	seald_answer_add(answer, "profile", opened->profile);
	seald_answer_end(answer);
}

static void answer_not_ours(struct seald_answer *answer)
{
	seald_answer_start(answer, "NO");
	seald_answer_add(answer, "code", "not-ours");
	seald_answer_add(answer, "text", "not encrypted to a sender certificate");
	seald_answer_end(answer);
}

static int take_tokens(const struct seald_request *request,
		       const char *const *to, struct seal_error *err)
{
	unsigned int count = I_MIN(str_array_length(to),
				   SEAL_OPENING_TO_MAX);
	int ret;

	ret = seal_rate_take(seald_keeper_rate(),
			     seald_request_get(request, "user"),
			     1 + count / TO_PER_TOKEN, request->now, err);
	return ret != 0 ? ret : seal_error_set(err, SEAL_ERR_LIMIT,
		"the user sends encrypted replies faster than they may be opened");
}

/* 1, 0 or -1 as seal_opening_open(). */
static int open_reply(const struct seald_request *request,
		      const struct seal_buf *recipients, const char *const *to,
		      size_t key_len, struct seal_opened *opened,
		      struct seal_error *err)
{
	struct seal_error ignored;

	/* what is not ours needs no keyring; that there is none is logged */
	return seal_opening_open(request->store,
				 seald_keeper_keyring(&ignored),
				 seald_keeper_signing(), request->now,
				 seald_request_get(request, "user"),
				 recipients->data, recipients->len, to, key_len,
				 opened, err);
}

static int answer(const struct seald_request *request,
		  const struct seal_buf *recipients, const char *const *to,
		  size_t key_len, struct seal_error *err)
{
	struct seal_opened opened = SEAL_OPENED_INIT;
	int ret;

	ret = take_tokens(request, to, err);
	if (ret > 0)
		ret = open_reply(request, recipients, to, key_len, &opened,
				 err);
	if (ret > 0)
		answer_opened(request, &opened);
	else if (ret == 0)
		answer_not_ours(request->answer);
	seal_opened_free(&opened);
	return ret < 0 ? -1 : 0;
}

/* OPEN user= recipients= to= length= */
int cmd_open(struct seald_request *request, struct seal_error *err)
{
	const char *length = seald_request_get(request, "length");
	struct seal_buf recipients = SEAL_BUF_INIT;
	unsigned int key_len;
	const char *const *to;
	int ret;

	if (str_to_uint(length, &key_len) < 0 ||
	    (key_len != 16 && key_len != 24 && key_len != 32))
		return seal_error_set(err, SEAL_ERR_INPUT,
				      "length is 16, 24 or 32");
	to = t_strsplit(seald_request_get(request, "to"), "\n");
	if (str_array_find(to, ""))
		return seal_error_set(err, SEAL_ERR_INPUT,
				      "to= has an empty recipient");
	ret = seald_request_get_base64(request, "recipients", &recipients, err);
	if (ret == 0)
		ret = answer(request, &recipients, to, key_len, err);
	seal_buf_free(&recipients);
	if (ret < 0 && err->code == SEAL_ERR_REFUSED) {
		answer_refused(request, err);
		ret = 0;
	}
	return ret;
}
