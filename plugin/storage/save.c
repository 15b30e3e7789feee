/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "istream.h"
#include "istream-crlf.h"
#include "time-util.h"
#include "ioloop.h"
#include "mail-namespace.h"
#include "mail-storage-private.h"
#include "base/error.h"
#include "plugin/storage/istream-seal.h"
#include "plugin/storage/storage-private.h"

struct mail_seal_mailbox {
	union mailbox_module_context module_ctx;
};

/* One save, until its stream has ended. */
struct mail_seal_save {
	struct mail_user *user;
	struct timeval started;
	struct mail_seal_decision *decision;
};

static MODULE_CONTEXT_DEFINE_INIT(mail_seal_storage_module,
				  &mail_storage_module_register);
#define MAIL_SEAL_MAILBOX_CONTEXT(obj) \
	MODULE_CONTEXT(obj, mail_seal_storage_module)

static const char *outcome_name(enum seal_outcome outcome)
{
	switch (outcome) {
	case SEAL_OUTCOME_SEALED:
		return "sealed";
	case SEAL_OUTCOME_KEPT:
		return "kept";
	case SEAL_OUTCOME_PASSED:
		return "delivered";
	case SEAL_OUTCOME_OPEN:
		break;
	}
	return "failed";
}

static void save_done(void *context,
		      const struct mail_seal_istream_result *result)
{
	struct mail_seal_save *save = context;
	const struct seal_error *err = result->err;
	const bool sealed = result->outcome == SEAL_OUTCOME_SEALED &&
		err == NULL;
	struct mail_seal_report report = {
		.result = err != NULL ? "failed" :
			outcome_name(result->outcome),
		.cipher = sealed ? seal_cipher_name(
			save->decision->order.cipher) : NULL,
		.profile = sealed ? save->decision->profile : NULL,
		.sign = sealed ? result->sign : NULL,
		.sign_reason = sealed ? result->sign_reason : NULL,
		.bytes_in = result->bytes_in,
		.bytes_out = result->bytes_out
	};
	struct timeval now;

	i_gettimeofday(&now);
	report.usecs = timeval_diff_usecs(&now, &save->started);
	if (err != NULL)
		e_error(save->user->event, "mail_seal: "
			"sealing mail for %s failed: %s",
			save->decision->owner, err->text);
	mail_seal_report(save->user, &report);
	mail_seal_decision_unref(&save->decision);
	i_free(save);
}

static int save_refused(struct mail_storage *storage,
			enum seal_policy_action action)
{
	/* only MAIL_ERROR_TEMP makes LMTP and LDA try again later */
	if (action == SEAL_ACTION_REJECT)
		mail_storage_set_error(storage, MAIL_ERROR_PERM,
				       MAIL_SEAL_REJECT_TEXT);
	else
		mail_storage_set_error(storage, MAIL_ERROR_TEMP,
				       MAIL_SEAL_DEFER_TEXT);
	return -1;
}

/* Whose mail it becomes; NULL in a public namespace, which has no owner. */
static struct mail_user *box_owner(struct mailbox *box)
{
	return mailbox_get_namespace(box)->owner;
}

/* LMTP, LDA and Sieve; doveadm save. What is left is IMAP APPEND. */
static bool save_is_delivery(struct mailbox *box)
{
	return (box->flags & MAILBOX_FLAG_POST_SESSION) != 0 ||
		strcmp(box->storage->user->service, "doveadm") == 0;
}

/* Is what is being saved mail that arrives, as opposed to mail that is moved
   about? */
static bool save_arrives(struct mail_save_context *ctx)
{
	struct mailbox *box = ctx->transaction->box;
	struct mail_user *user = box->storage->user;
	struct mail_seal_user *suser = MAIL_SEAL_USER_CONTEXT(user);

	/* IMAP COPY and MOVE, doveadm copy, move and import */
	if (suser == NULL || !ctx->saving || box_owner(box) == NULL)
		return FALSE;
	/* dsync copies mail as it is. Asked here, because it is set only after
	   the user has been made. */
	if (user->dsyncing)
		return FALSE;
	if (save_is_delivery(box))
		return TRUE;
	/* IMAP APPEND; a draft has to stay writable for all of the clients */
	return suser->set.always && (ctx->data.flags & MAIL_DRAFT) == 0;
}

/* Delivered into a public namespace it would be unencrypted, which this user
   has ruled out. What is refused there comes to the inbox, and is sealed. */
static bool save_forbidden(struct mail_save_context *ctx)
{
	struct mailbox *box = ctx->transaction->box;
	struct mail_user *user = box->storage->user;
	struct mail_seal_user *suser = MAIL_SEAL_USER_CONTEXT(user);

	if (suser == NULL || !suser->kill_switch || !ctx->saving ||
	    (box->flags & MAILBOX_FLAG_POST_SESSION) == 0 ||
	    box_owner(box) != NULL)
		return FALSE;
	mail_seal_refuse(user, user->username, SEAL_ACTION_REJECT,
		t_strdup_printf("%s has no owner to encrypt to, and the kill "
				"switch is on", box->vname));
	return TRUE;
}

enum source {
	SOURCE_RAW,	/* mail on its way in */
	SOURCE_OWN,	/* it lies in the owner's store already */
	SOURCE_FOREIGN,	/* in another user's, readable for all we know */
	SOURCE_SEALED	/* in another user's, sealed to them */
};

static enum source source_of(struct mailbox *dest, struct mail *mail)
{
	struct mail_user *owner = box_owner(dest);
	struct mail_user *from = box_owner(mail->box);
	const char *mark;

	if (strcmp(mail->box->storage->name, "raw") == 0)
		return SOURCE_RAW;
	if (from != NULL && strcmp(from->username, owner->username) == 0)
		return SOURCE_OWN;
	/* a header that cannot be read might have borne the mark */
	return mail_get_first_header(mail, "X-Mail-Seal", &mark) == 0 ?
		SOURCE_FOREIGN : SOURCE_SEALED;
}

static int mail_seal_copy(struct mail_save_context *ctx, struct mail *mail)
{
	struct mailbox *box = ctx->transaction->box;
	struct mail_seal_mailbox *sbox = MAIL_SEAL_MAILBOX_CONTEXT(box);
	bool old;
	int ret;

	if (save_forbidden(ctx)) {
		mailbox_save_cancel(&ctx);
		return save_refused(box->storage, SEAL_ACTION_REJECT);
	}
	if (!save_arrives(ctx))
		return sbox->module_ctx.super.copy(ctx, mail);

	switch (source_of(box, mail)) {
	case SOURCE_OWN:
		/* imapsieve files what is stored: a copy like IMAP's */
		ctx->saving = FALSE;
		ret = sbox->module_ctx.super.copy(ctx, mail);
		ctx->saving = TRUE;
		return ret;
	case SOURCE_SEALED:
		mail_seal_refuse(box->storage->user, box_owner(box)->username,
			SEAL_ACTION_DEFER, "the mail to be copied is sealed to "
			"another user; no plugin may make LMTP deliver "
			"one recipient's stored mail to the next");
		mailbox_save_cancel(&ctx);
		return save_refused(box->storage, SEAL_ACTION_DEFER);
	case SOURCE_RAW:
	case SOURCE_FOREIGN:
		break;
	}

	/* Copying could be hard-linking the file that holds the plaintext
	   (dovecot-lda -p into a maildir does). Not mail_storage_copy(): it would
	   leave out the plugins between us and the storage. */
	old = box->disable_reflink_copy_to;
	box->disable_reflink_copy_to = TRUE;
	ret = sbox->module_ctx.super.copy(ctx, mail);
	box->disable_reflink_copy_to = old;
	return ret;
}

static int mail_seal_save_begin(struct mail_save_context *ctx,
				struct istream *input)
{
	struct mailbox *box = ctx->transaction->box;
	struct mail_seal_mailbox *sbox = MAIL_SEAL_MAILBOX_CONTEXT(box);
	struct mail_user *user = box->storage->user;
	struct mail_seal_save *save;
	struct istream *crlf_input, *seal_input;
	int ret;

	if (save_forbidden(ctx))
		return save_refused(box->storage, SEAL_ACTION_REJECT);
	if (!save_arrives(ctx))
		return sbox->module_ctx.super.save_begin(ctx, input);

	save = i_new(struct mail_seal_save, 1);
	save->user = user;
	i_gettimeofday(&save->started);
	save->decision = mail_seal_decide(user, box_owner(box)->username);
	if (save->decision->action == SEAL_ACTION_DEFER ||
	    save->decision->action == SEAL_ACTION_REJECT) {
		ret = save_refused(box->storage, save->decision->action);
		mail_seal_decision_unref(&save->decision);
		i_free(save);
		return ret;
	}
	if (save->decision->action == SEAL_ACTION_SEAL)
		mail_seal_warn_spool(user);
	save->decision->order.by_owner = !save_is_delivery(box);
	/* what the owner saves, nobody has sent them */
	if (save->decision->order.by_owner)
		save->decision->order.sign.policy = SEAL_SIGN_NO;

	/* Our stream is the storage's input, rather than a filter over its
	   output as mail_crypt and zlib have it: the index cache, BODYSTRUCTURE,
	   sizes and previews are taken from the input, so that they describe the
	   sealed message and hold nothing of the plaintext.
	   CRLF first: what is encrypted is a message in its canonical form. */
	crlf_input = i_stream_create_crlf(input);
	seal_input = i_stream_create_mail_seal(crlf_input,
		&save->decision->order, save_done, save);
	i_stream_unref(&crlf_input);
	ret = sbox->module_ctx.super.save_begin(ctx, seal_input);
	i_stream_unref(&seal_input);
	return ret;
}

void mail_seal_mailbox_allocated(struct mailbox *box)
{
	static const char *const no_store[] = {
		/* mail on its way; mail of other mailboxes; a placeholder */
		"raw", "virtual", "shared", NULL
	};
	struct mailbox_vfuncs *v = box->vlast;
	struct mail_seal_mailbox *sbox;

	if (MAIL_SEAL_USER_CONTEXT(box->storage->user) == NULL ||
	    str_array_find(no_store, box->storage->name))
		return;
	sbox = p_new(box->pool, struct mail_seal_mailbox, 1);
	sbox->module_ctx.super = *v;
	box->vlast = &sbox->module_ctx.super;
	v->save_begin = mail_seal_save_begin;
	v->copy = mail_seal_copy;
	MODULE_CONTEXT_SET(box, mail_seal_storage_module, sbox);
}
