/* SPDX-License-Identifier: MIT */
#ifndef MAIL_SEAL_STORAGE_PRIVATE_H
#define MAIL_SEAL_STORAGE_PRIVATE_H

#include "module-context.h"
#include "mail-user.h"
#include "client/client.h"
#include "plugin/settings/settings.h"

struct mail_storage;
struct mailbox;

/* What a sender may read of us: nothing. */
#define MAIL_SEAL_DEFER_TEXT "Temporary internal error"
#define MAIL_SEAL_REJECT_TEXT "This mailbox does not accept mail at present"

/* What is to be done with one message, and with what. A delivery has one for
   its owner, however many copies Sieve files: were seald asked again for the
   second copy, and had gone, the first would lie there already, and again when
   the message comes again. */
struct mail_seal_decision {
	int refcount;
	char *owner;			/* whose certificates these are */
	const struct mail_seal_settings *set;
	enum seal_policy_action action;
	char profile[64];
	struct seal_order order;
	/* of the copies that were signed so far, which are alike: what was
	   signed, and the signature */
	unsigned char digest[32];
	struct seal_buf signature;
};

struct mail_seal_user {
	union mail_user_module_context module_ctx;
	struct mail_seal_settings set;
	const char *set_error;	/* the settings are not to be trusted: defer */
	/* this user's own, as the lookup at the start of a delivery told it */
	bool kill_switch;
	/* the delivery's */
	struct mail_seal_decision *ready;
};

extern MODULE_CONTEXT_DEFINE(mail_seal_user_module, &mail_user_module_register);
/* NULL for users the plugin does not care for */
#define MAIL_SEAL_USER_CONTEXT(obj) \
	MODULE_CONTEXT(obj, mail_seal_user_module)

/* user.c */
void mail_seal_user_created(struct mail_user *user);

/* lookup.c: asks seald and the policy, unless the delivery has. Never fails:
   what went wrong has been logged and is a decision to defer. The caller gives
   the reference back. */
struct mail_seal_decision *
mail_seal_decide(struct mail_user *user, const char *owner);
/* The same at the start of a delivery; the decision is kept in the user. */
enum seal_policy_action mail_seal_decide_early(struct mail_user *user);
void mail_seal_decision_unref(struct mail_seal_decision **decision);
/* Sends the question of mail_seal_decide() so that its answer is there by then, and
   no process has to sleep. */
void mail_seal_lookup_ahead(const struct mail_seal_settings *set,
			    const char *owner);

/* ask.c: seald, by one of its sockets; blocking, with a deadline. NULL: err is filled.
   The client is there until another socket_path is asked for, or the end. */
enum mail_seal_ask {
	MAIL_SEAL_ASK_SEAL, MAIL_SEAL_ASK_SIGN, MAIL_SEAL_ASK_OPEN
};
struct seal_client *mail_seal_ask_client(enum mail_seal_ask what,
					 const char *socket_path,
					 struct seal_error *err);
/* A question; as seal_client_ask(). */
int mail_seal_ask(enum mail_seal_ask what, const char *socket_path,
		  const char *const *args, struct seal_answer *answer,
		  struct seal_error *err);
/* as seal_client_ask_ahead() */
void mail_seal_ask_ahead(enum mail_seal_ask what, const char *socket_path,
			 const char *const *args);
void mail_seal_ask_deinit(void);

/* sign.c: a seal_signer_ask_t, whose context is a mail_seal_decision */
int mail_seal_sign(void *context, const char *address,
		   const unsigned char *digest, size_t digest_len,
		   struct seal_buf *out, struct seal_error *err);
const char *mail_seal_sign_word(enum seal_sign sign);
int mail_seal_sign_find(const char *word, enum seal_sign *sign_r);

/* save.c */
void mail_seal_mailbox_allocated(struct mailbox *box);

/* deliver.c */
void mail_seal_deliver_hook(void);
void mail_seal_deliver_unhook(void);

/* lmtp.c */
bool mail_seal_in_lmtp(void);
void mail_seal_lmtp_hook(void);
void mail_seal_lmtp_unhook(void);

/* log.c: what becomes of a message: an event, and a log line for a refusal */
extern struct event_category mail_seal_event_category;
struct mail_seal_report {
	/* sealed, kept, delivered, deferred, rejected, failed */
	const char *result;
	const char *cipher;	/* NULL: none */
	const char *sign;	/* verified, always, no; NULL: not asked for */
	const char *sign_reason; /* for no */
	const char *profile;	/* NULL: none */
	uoff_t bytes_in, bytes_out;
	long long usecs;
};
void mail_seal_report(struct mail_user *user,
		      const struct mail_seal_report *report);
/* The same of a message that the user sends. */
struct mail_seal_reply_report {
	const char *result;	/* opened, passed, refused, deferred */
	const char *sign;	/* yes, no; NULL: was not opened */
	const char *reason;	/* for refused and deferred */
	uoff_t bytes_in, bytes_out;
	long long usecs;
};
void mail_seal_report_reply(struct mail_user *user,
			    const struct mail_seal_reply_report *report);
void mail_seal_refuse(struct mail_user *user, const char *owner,
		      enum seal_policy_action action, const char *reason);
/* Warns, once per process, where plaintext is spooled to a disk. */
void mail_seal_warn_spool(struct mail_user *user);

#endif
