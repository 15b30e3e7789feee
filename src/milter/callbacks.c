/* SPDX-License-Identifier: MIT */
#include "milter/callbacks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <syslog.h>
#include <libmilter/mfapi.h>
#include "base/error.h"
#include "client/client.h"
#include "milter/answer.h"
#include "milter/log.h"
#include "milter/mail.h"
#include "milter/options.h"
#include "milter/release.h"

/* Of one question to seald; a message has five at most (SEAL_REPLY_LAYERS), and
 * Postfix waits five minutes. */
#define ASK_TIMEOUT_MSECS 10000

/* What a connection of the mail server has of its own; its callbacks come one after
 * the other. */
struct session {
	struct seal_client *client;	/* once there was a message to open */
	struct milter_mail *mail;	/* while one is coming in that may be */
};

/* libmilter hands nothing of ours to a connection's first callback */
static const struct milter_options *options;

static struct session *session_of(SMFICTX *ctx)
{
	return smfi_getpriv(ctx);
}

/* NULL: there is no mail, as after a failure; where it was a recipient's, the mail
 * server goes on. */
static struct session *mail_session(SMFICTX *ctx)
{
	struct session *session = session_of(ctx);

	return session == NULL || session->mail == NULL ? NULL : session;
}

static const char *symbol(SMFICTX *ctx, const char *name)
{
	const char *value = smfi_getsymval(ctx, (char *)name);

	return value == NULL ? "" : value;
}

static sfsistat answer(SMFICTX *ctx, const char *code, const char *status,
		       const char *sentence, sfsistat verdict)
{
	char text[2 * MILTER_ANSWER_MAX + 1];

	milter_answer_text(sentence, text);
	/* without it, the mail server has words of its own */
	(void)smfi_setreply(ctx, (char *)code, (char *)status, text);
	return verdict;
}

/* The edge where an error becomes a log line, and a sentence for the user. */
static sfsistat failed(SMFICTX *ctx, const char *user,
		       const struct seal_error *err)
{
	if (err->code == SEAL_ERR_REFUSED) {
		milter_log(LOG_NOTICE, "refused: user=%s queue=%s: %s", user,
			   symbol(ctx, "i"), err->text);
		return answer(ctx, "550", "5.7.1", err->text, SMFIS_REJECT);
	}
	milter_log(LOG_ERR, "deferred: user=%s queue=%s: %s", user,
		   symbol(ctx, "i"), err->text);
	return answer(ctx, "451", "4.3.0", "The encrypted message cannot be "
		"opened at the moment, please try again later",
		SMFIS_TEMPFAIL);
}

/* As failed(); nothing of the message is kept. */
static sfsistat mail_failed(SMFICTX *ctx, struct session *session,
			    const struct seal_error *err)
{
	sfsistat verdict = failed(ctx, milter_mail_user(session->mail), err);

	milter_mail_free(&session->mail);
	return verdict;
}

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions,
			     unsigned long steps, unsigned long f2,
			     unsigned long f3, unsigned long *actions_r,
			     unsigned long *steps_r, unsigned long *f2_r,
			     unsigned long *f3_r)
{
	const unsigned long needed = SMFIF_ADDHDRS | SMFIF_CHGHDRS |
		SMFIF_CHGBODY;

	(void)ctx, (void)f2, (void)f3;
	if ((actions & needed) != needed || (steps & SMFIP_HDR_LEADSPC) == 0) {
		milter_log(LOG_ERR, "this mail server's milter protocol is too "
			   "old: it cannot change messages, or hides white "
			   "space in their headers");
		return SMFIS_REJECT;
	}
	*actions_r = needed;
	*steps_r = SMFIP_HDR_LEADSPC | (steps & (SMFIP_NOCONNECT |
		SMFIP_NOHELO | SMFIP_NODATA | SMFIP_NOUNKNOWN));
	*f2_r = *f3_r = 0;
	return SMFIS_CONTINUE;
}

static sfsistat on_mail(SMFICTX *ctx, char **args)
{
	const char *user = symbol(ctx, "{auth_authen}");
	struct session *session = session_of(ctx);
	struct seal_error err;

	(void)args;
	if (session != NULL)
		milter_mail_free(&session->mail);
	if (*user == '\0')
		return SMFIS_ACCEPT;
	if (session == NULL) {
		session = calloc(1, sizeof(*session));
		if (session == NULL ||
		    smfi_setpriv(ctx, session) != MI_SUCCESS) {
			free(session);
			(void)seal_error_memory(&err);
			return failed(ctx, user, &err);
		}
	}
	session->mail = milter_mail_new(user, options, &err);
	return session->mail == NULL ? failed(ctx, user, &err) : SMFIS_CONTINUE;
}

static sfsistat on_rcpt(SMFICTX *ctx, char **args)
{
	struct session *session = mail_session(ctx);
	struct seal_error err;

	if (session == NULL)
		return SMFIS_TEMPFAIL;
	return milter_mail_to(session->mail, args[0], &err) < 0 ?
		mail_failed(ctx, session, &err) : SMFIS_CONTINUE;
}

static sfsistat on_field(SMFICTX *ctx, char *name, char *value)
{
	struct session *session = mail_session(ctx);
	struct seal_error err;

	if (session == NULL)
		return SMFIS_TEMPFAIL;
	return milter_mail_field(session->mail, name, value, &err) < 0 ?
		mail_failed(ctx, session, &err) : SMFIS_CONTINUE;
}

static sfsistat on_header_end(SMFICTX *ctx)
{
	struct session *session = mail_session(ctx);
	struct seal_error err;

	if (session == NULL)
		return SMFIS_TEMPFAIL;
	switch (milter_mail_header_end(session->mail, &err)) {
	case 1:
		return SMFIS_CONTINUE;
	case 0:
		milter_mail_free(&session->mail);
		return SMFIS_ACCEPT;
	default:
		return mail_failed(ctx, session, &err);
	}
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *data, size_t len)
{
	struct session *session = mail_session(ctx);
	struct seal_error err;

	if (session == NULL)
		return SMFIS_TEMPFAIL;
	return milter_mail_body(session->mail, data, len, &err) < 0 ?
		mail_failed(ctx, session, &err) : SMFIS_CONTINUE;
}

/* 1: the mail server has the opened message now; 0, -1: as milter_mail_judge() */
static int open_mail(SMFICTX *ctx, struct session *session,
		     struct seal_error *err)
{
	int ret;

	if (session->client == NULL)
		session->client = seal_client_new(options->seald,
						  ASK_TIMEOUT_MSECS, err);
	if (session->client == NULL)
		return -1;
	ret = milter_mail_judge(session->mail, session->client, err);
	if (ret > 0 && milter_release(ctx, session->mail, err) < 0)
		return -1;
	return ret;
}

static sfsistat on_message_end(SMFICTX *ctx)
{
	struct session *session = mail_session(ctx);
	const struct milter_mail *mail;
	struct seal_error err;
	int ret;

	if (session == NULL)
		return SMFIS_TEMPFAIL;
	mail = session->mail;
	ret = open_mail(ctx, session, &err);
	if (ret < 0)
		return mail_failed(ctx, session, &err);
	if (ret > 0)
		milter_log(LOG_INFO, "opened: user=%s queue=%s recipients=%zu "
			   "bytes=%" PRIu64 " signed=%s", milter_mail_user(mail),
			   symbol(ctx, "i"), milter_mail_to_count(mail),
			   milter_mail_size(mail),
			   milter_mail_signed(mail) ? "yes" : "no");
	milter_mail_free(&session->mail);
	return SMFIS_ACCEPT;
}

static sfsistat on_abort(SMFICTX *ctx)
{
	struct session *session = session_of(ctx);

	if (session != NULL)
		milter_mail_free(&session->mail);
	return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *ctx)
{
	struct session *session = session_of(ctx);

	if (session == NULL)
		return SMFIS_CONTINUE;
	(void)smfi_setpriv(ctx, NULL);
	milter_mail_free(&session->mail);
	seal_client_free(&session->client);
	free(session);
	return SMFIS_CONTINUE;
}

int milter_register(const struct milter_options *_options)
{
	const struct smfiDesc desc = {
		.xxfi_name = (char *)"seal-milter",
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGBODY,
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_rcpt,
		.xxfi_header = on_field,
		.xxfi_eoh = on_header_end,
		.xxfi_body = on_body,
		.xxfi_eom = on_message_end,
		.xxfi_abort = on_abort,
		.xxfi_close = on_close,
		.xxfi_negotiate = on_negotiate
	};

	options = _options;
	return smfi_register(desc) == MI_SUCCESS ? 0 : -1;
}
