/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "istream.h"
#include "mail-namespace.h"
#include "mail-storage.h"
#include "mail-user.h"
#include "message-address.h"
#include "doveadm.h"
#include "plugin/doveadm/inbox.h"
#include "plugin/settings/compat.h"
#include "plugin/settings/settings.h"

#include <unistd.h>

struct seal_inbox {
	struct mail_storage_service_ctx *service;
	struct mail_storage_service_user *service_user;
	struct mail_user *user;
	struct mailbox *box;
	const char *postmaster, *cipher;
	bool root;			/* doveadm had these privileges */
};

static int fail(const char *what, const char *reason)
{
	i_error("%s: %s", what, reason);
	doveadm_exit_code = EX_TEMPFAIL;
	return -1;
}

static int fail_box(struct seal_inbox *inbox, const char *what)
{
	return fail(t_strdup_printf("%s of %s", what, inbox->user->username),
		    mailbox_get_last_internal_error(inbox->box, NULL));
}

static int open_user(struct seal_inbox *inbox, const char *name)
{
	struct mail_storage_service_input input;
	const char *error = "unknown user";

	i_zero(&input);
	input.service = "doveadm";
	input.username = name;
	inbox->service = mail_storage_service_init(master_service,
		MAIL_STORAGE_SERVICE_FLAG_USERDB_LOOKUP |
		MAIL_STORAGE_SERVICE_FLAG_TEMP_PRIV_DROP |
		MAIL_STORAGE_SERVICE_FLAG_NO_CHDIR |
		MAIL_STORAGE_SERVICE_FLAG_NO_LOG_INIT);
	/* What seald made is to arrive as it is, whatever the settings would do
	   to mail that came from elsewhere. */
	if (compat_service_lookup(inbox->service, &input, "mail_seal", "no",
				  &inbox->service_user, &error) <= 0 ||
	    mail_storage_service_next(inbox->service, inbox->service_user,
				      &inbox->user, &error) < 0)
		return fail(t_strdup_printf("The mailboxes of %s cannot be "
					    "opened", name), error);
	return 0;
}

static int read_settings(struct seal_inbox *inbox)
{
	const struct message_address *address;
	struct mail_seal_settings set;
	const char *error;

	if (mail_seal_settings_get(inbox->user, &set, &error) < 0 ||
	    !mail_user_get_postmaster_address(inbox->user, &address, &error))
		return fail("Invalid settings", error);
	inbox->cipher = seal_cipher_name(set.cipher);
	inbox->postmaster = p_strconcat(inbox->user->pool, address->mailbox,
					"@", address->domain, NULL);
	return 0;
}

static int open_box(struct seal_inbox *inbox)
{
	struct mail_namespace *ns =
		mail_namespace_find_inbox(inbox->user->namespaces);

	inbox->box = mailbox_alloc(ns->list, "INBOX",
				   MAILBOX_FLAG_SAVEONLY |
				   MAILBOX_FLAG_POST_SESSION);
	return mailbox_open(inbox->box) < 0 ?
		fail_box(inbox, "Cannot open the INBOX") : 0;
}

struct seal_inbox *seal_inbox_open(const char *user)
{
	struct seal_inbox *inbox = i_new(struct seal_inbox, 1);

	inbox->root = geteuid() == 0;
	if (open_user(inbox, user) < 0 || read_settings(inbox) < 0 ||
	    open_box(inbox) < 0)
		seal_inbox_close(&inbox);
	return inbox;
}

void seal_inbox_close(struct seal_inbox **_inbox)
{
	struct seal_inbox *inbox = *_inbox;

	*_inbox = NULL;
	if (inbox == NULL)
		return;
	if (inbox->box != NULL)
		mailbox_free(&inbox->box);
	if (inbox->user != NULL)
		mail_user_deinit(&inbox->user);
	if (inbox->service_user != NULL)
		mail_storage_service_user_unref(&inbox->service_user);
	mail_storage_service_deinit(&inbox->service);
	/* doveadm may be a server, and have other commands to run */
	if (inbox->root && geteuid() != 0 && seteuid(0) < 0)
		i_fatal("seteuid(0) failed: %m");
	i_free(inbox);
}

const char *seal_inbox_postmaster(const struct seal_inbox *inbox)
{
	return inbox->postmaster;
}

const char *seal_inbox_cipher(const struct seal_inbox *inbox)
{
	return inbox->cipher;
}

static int save_stream(struct mailbox_transaction_context *trans,
		       struct istream *input)
{
	struct mail_save_context *ctx = mailbox_save_alloc(trans);
	ssize_t ret;

	if (mailbox_save_begin(&ctx, input) < 0)
		return -1;
	do {
		if (mailbox_save_continue(ctx) < 0) {
			mailbox_save_cancel(&ctx);
			return -1;
		}
	} while ((ret = i_stream_read(input)) > 0);
	i_assert(ret == -1 && input->stream_errno == 0);
	return mailbox_save_finish(&ctx);
}

int seal_inbox_save(struct seal_inbox *inbox, const struct seal_buf *message)
{
	struct mailbox_transaction_context *trans;
	struct istream *input;
	int ret;

	trans = mailbox_transaction_begin(inbox->box,
		MAILBOX_TRANSACTION_FLAG_EXTERNAL, __func__);
	input = i_stream_create_from_data(message->data, message->len);
	ret = save_stream(trans, input);
	i_stream_unref(&input);
	if (ret < 0) {
		ret = fail_box(inbox, "Cannot save into the INBOX");
		mailbox_transaction_rollback(&trans);
	} else if (mailbox_transaction_commit(&trans) < 0) {
		ret = fail_box(inbox, "Cannot save into the INBOX");
	}
	return ret;
}
