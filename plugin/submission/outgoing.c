/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "array.h"
#include "istream.h"
#include "smtp-address.h"
#include "smtp-server.h"
#include "base/error.h"
#include "unseal/ask.h"
#include "plugin/storage/part.h"
#include "plugin/storage/storage-private.h"
#include "plugin/submission/outgoing.h"

static const char *const *
recipients(pool_t pool, const struct smtp_server_transaction *trans)
{
	struct smtp_server_recipient *const *rcpts;
	unsigned int i, count;
	const char **to;

	rcpts = array_get(&trans->rcpt_to, &count);
	to = p_new(pool, const char *, count + 1);
	for (i = 0; i < count; i++)
		to[i] = p_strdup(pool, smtp_address_encode(rcpts[i]->path));
	return to;
}

/* Fills what asks seald, which lives as long as the message. */
static int
asker_init(struct seal_reply_asker *asker, pool_t pool, struct mail_user *user,
	   const struct smtp_server_transaction *trans, struct seal_error *err)
{
	struct mail_seal_user *suser = MAIL_SEAL_USER_CONTEXT(user);

	if (suser->set_error != NULL)
		return seal_error_set(err, SEAL_ERR_INPUT, "%s",
				      suser->set_error);
	asker->client = mail_seal_ask_client(MAIL_SEAL_ASK_OPEN,
					     suser->set.socket_path, err);
	if (asker->client == NULL)
		return -1;
	asker->user = p_strdup(pool, user->username);
	asker->to = recipients(pool, trans);
	return 0;
}

struct mail_seal_outgoing *
mail_seal_outgoing_new(struct mail_user *user,
		       const struct smtp_server_transaction *trans,
		       struct seal_error *err)
{
	pool_t pool = pool_alloconly_create("mail_seal outgoing", 1024);
	struct mail_seal_outgoing *outgoing =
		p_new(pool, struct mail_seal_outgoing, 1);
	struct mail_seal_user *suser = MAIL_SEAL_USER_CONTEXT(user);
	struct seal_reply_asker *asker = p_new(pool, struct seal_reply_asker, 1);
	const struct seal_reply_order order = {
		.ask = seal_reply_ask_seald,
		.context = asker,
		.reject_unsigned = suser->set.reject_unsigned
	};

	outgoing->pool = pool;
	if (asker_init(asker, pool, user, trans, err) == 0)
		outgoing->opener = mail_seal_part_get(MAIL_SEAL_OPENER, err);
	if (outgoing->opener != NULL)
		outgoing->reply = outgoing->opener->reply_new(&order, err);
	if (outgoing->reply == NULL)
		mail_seal_outgoing_free(&outgoing);
	return outgoing;
}

/* Feeds all of the input, or as much as tells. */
static int feed(struct mail_seal_outgoing *outgoing, struct istream *input,
		uoff_t size, struct seal_error *err)
{
	const unsigned char *data;
	size_t len;
	int ret = 1;

	while (ret > 0 && i_stream_read_more(input, &data, &len) > 0) {
		ret = outgoing->opener->reply_more(outgoing->reply, data, len,
						   err);
		i_stream_skip(input, len);
	}
	if (ret <= 0)
		return ret;
	/* What Dovecot spooled is no longer there. It must not pass for a message
	   that its sender cut off: that would be refused for good. */
	if (input->stream_errno != 0 || input->v_offset != size)
		return seal_error_set(err, SEAL_ERR_IO,
			"the message cannot be read: %s",
			input->stream_errno != 0 ? i_stream_get_error(input) :
			"it is not complete");
	return 0;
}

int mail_seal_outgoing_judge(struct mail_seal_outgoing *outgoing,
			     struct istream *input, uoff_t size,
			     enum seal_reply_verdict *verdict_r,
			     struct seal_error *err)
{
	if (outgoing->opener->reply_begin(outgoing->reply, NULL, err) < 0 ||
	    feed(outgoing, input, size, err) < 0)
		return -1;
	i_stream_seek(input, 0);
	return outgoing->opener->reply_finish(outgoing->reply, verdict_r, err);
}

void mail_seal_outgoing_free(struct mail_seal_outgoing **_outgoing)
{
	struct mail_seal_outgoing *outgoing = *_outgoing;

	*_outgoing = NULL;
	if (outgoing == NULL)
		return;
	if (outgoing->reply != NULL)
		outgoing->opener->reply_free(&outgoing->reply);
	pool_unref(&outgoing->pool);
}
