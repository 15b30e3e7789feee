/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "smtp-server.h"
#include "lmtp-common.h"
#include "lmtp-client.h"
#include "lmtp-recipient.h"
#include "plugin/storage/storage-private.h"

/* A failed save is always answered with 451 (lib-lda knows no permanent failure
   but a full quota), so "reject" has to be said here, before the delivery. The
   symbol is the lmtp executable's: NULL elsewhere. */
#pragma weak lmtp_client_created_hook_set

static lmtp_client_created_func_t *next_client_created;
/* the same for all clients: they begin with the same function table */
static typeof(((struct lmtp_client_vfuncs *)0)->local_deliver)
	next_local_deliver;

static int mail_seal_local_deliver(struct client *client,
				   struct lmtp_recipient *lrcpt,
				   struct smtp_server_cmd_ctx *cmd,
				   struct smtp_server_transaction *trans,
				   struct lmtp_local_deliver_context *lldctx)
{
	if (MAIL_SEAL_USER_CONTEXT(lldctx->rcpt_user) == NULL)
		return next_local_deliver(client, lrcpt, cmd, trans, lldctx);

	switch (mail_seal_decide_early(lldctx->rcpt_user)) {
	case SEAL_ACTION_REJECT:
		smtp_server_recipient_reply(lrcpt->rcpt, 550, "5.7.1", "%s",
					    MAIL_SEAL_REJECT_TEXT);
		return -1;
	case SEAL_ACTION_DEFER:
		smtp_server_recipient_reply(lrcpt->rcpt, 451, "4.3.0", "%s",
					    MAIL_SEAL_DEFER_TEXT);
		return -1;
	case SEAL_ACTION_DELIVER:
	case SEAL_ACTION_SEAL:
		break;
	}
	return next_local_deliver(client, lrcpt, cmd, trans, lldctx);
}

static void mail_seal_client_created(struct client **client)
{
	if (next_client_created != NULL)
		next_client_created(client);
	next_local_deliver = (*client)->v.local_deliver;
	(*client)->v.local_deliver = mail_seal_local_deliver;
}

bool mail_seal_in_lmtp(void)
{
	return lmtp_client_created_hook_set != NULL;
}

void mail_seal_lmtp_hook(void)
{
	if (mail_seal_in_lmtp())
		next_client_created =
			lmtp_client_created_hook_set(mail_seal_client_created);
}

void mail_seal_lmtp_unhook(void)
{
	if (mail_seal_in_lmtp())
		lmtp_client_created_hook_set(next_client_created);
}
