/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "plugin/storage/storage-private.h"

struct mail_seal_user_module mail_seal_user_module =
	MODULE_CONTEXT_INIT(&mail_user_module_register);

static void mail_seal_user_deinit(struct mail_user *user)
{
	struct mail_seal_user *suser = MAIL_SEAL_USER_CONTEXT(user);

	mail_seal_decision_unref(&suser->ready);
	suser->module_ctx.super.deinit(user);
}

void mail_seal_user_created(struct mail_user *user)
{
	struct mail_user_vfuncs *v = user->vlast;
	struct mail_seal_user *suser;
	const char *error;

	/* each recipient's delivery matters, sealed or not */
	mail_seal_deliver_hook();

	/* LMTP's and LDA's raw user, and owners of shared namespaces: nothing is
	   delivered as them. Never report through user->error: it would refuse
	   IMAP logins, and be fatal for LMTP's raw user. */
	if (user->autocreated)
		return;

	suser = p_new(user->pool, struct mail_seal_user, 1);
	if (mail_seal_settings_get(user, &suser->set, &error) < 0)
		suser->set_error = p_strdup(user->pool, error);
	else if (!suser->set.enabled)
		return;
	/* LMTP makes a recipient's user when it has the whole message, delivers it
	   next, and spends more time in between on the user's namespaces than
	   seald needs to answer. */
	else if (mail_seal_in_lmtp())
		mail_seal_lookup_ahead(&suser->set, user->username);

	suser->module_ctx.super = *v;
	user->vlast = &suser->module_ctx.super;
	v->deinit = mail_seal_user_deinit;
	MODULE_CONTEXT_SET(user, mail_seal_user_module, suser);
}
