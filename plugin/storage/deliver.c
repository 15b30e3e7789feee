/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "mail-deliver.h"
#include "mail-send.h"
#include "plugin/storage/storage-private.h"

/* libdovecot-lda is there in lmtp and lda only, and modules are loaded with
   RTLD_NOW: in imap and doveadm these stay NULL. */
#pragma weak deliver_mail
#pragma weak mail_deliver_hook_set
#pragma weak mail_send_rejection

static deliver_mail_func_t *next_deliver_mail;
static bool delivering;

/* LMTP refuses with a 550 before it comes here (lmtp.c); LDA has nobody to
   refuse to, and bounces. */
static int deliver_reject(struct mail_deliver_context *ctx)
{
	if (mail_send_rejection(ctx, ctx->rcpt_to, MAIL_SEAL_REJECT_TEXT) < 0) {
		ctx->tempfail_error = MAIL_SEAL_DEFER_TEXT;
		return -1;
	}
	return 1;
}

static int mail_seal_deliver_mail(struct mail_deliver_context *ctx,
				  struct mail_storage **storage_r)
{
	enum seal_policy_action action = SEAL_ACTION_DELIVER;
	int ret;

	/* Otherwise LMTP gives the next recipients what this one has stored,
	   in place of the raw mail: their copy would be encrypted to this
	   recipient. It holds for every recipient: the next may be sealed. */
	ctx->save_dest_mail = FALSE;

	if (delivering)
		return 0;
	/* Ask before Sieve acts: a message that is deferred afterwards would be
	   redirected and answered at each attempt. */
	if (MAIL_SEAL_USER_CONTEXT(ctx->rcpt_user) != NULL)
		action = mail_seal_decide_early(ctx->rcpt_user);
	if (action == SEAL_ACTION_DEFER) {
		ctx->tempfail_error = MAIL_SEAL_DEFER_TEXT;
		return -1;
	}
	if (action == SEAL_ACTION_REJECT)
		return deliver_reject(ctx);
	if (next_deliver_mail == NULL)
		return 0;
	delivering = TRUE;
	ret = next_deliver_mail(ctx, storage_r);
	delivering = FALSE;
	return ret;
}

/* Called for each user, not once: a plugin that is loaded later (for a user
   with a mail_plugins of their own) and sets the hook would be before us, and
   Pigeonhole never calls the hook that it finds. */
void mail_seal_deliver_hook(void)
{
	if (mail_deliver_hook_set == NULL ||
	    deliver_mail == mail_seal_deliver_mail)
		return;
	next_deliver_mail = mail_deliver_hook_set(mail_seal_deliver_mail);
}

void mail_seal_deliver_unhook(void)
{
	if (mail_deliver_hook_set != NULL &&
	    deliver_mail == mail_seal_deliver_mail)
		mail_deliver_hook_set(next_deliver_mail);
}
