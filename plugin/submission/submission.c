/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "istream.h"
#include "time-util.h"
#include "submission-common.h"
#include "base/error.h"
#include "plugin/storage/storage-private.h"
#include "plugin/submission/istream-unseal.h"
#include "plugin/submission/outgoing.h"
#include "plugin/submission/submission.h"

/* Why is for the administrator. */
#define MAIL_SEAL_LATER_TEXT \
	"This message cannot be sent at the moment, try again later"

/* the submission executable's: NULL elsewhere */
#pragma weak submission_client_created_hook_set

static submission_client_created_func_t *next_client_created;
/* the same for all clients: they begin with the same function table */
static typeof(((struct submission_client_vfuncs *)0)->cmd_data) next_cmd_data;

static const char *const results[] = {
	[SEAL_REPLY_PASS] = "passed",
	[SEAL_REPLY_OPENED] = "opened",
	[SEAL_REPLY_REFUSED] = "refused"
};

/* Returns 0 with *verdict_r, and *outgoing_r where it is OPENED; or -1. What came
   of it has been reported. */
static int judge(struct mail_user *user, struct smtp_server_transaction *trans,
		 struct istream *input, uoff_t size,
		 enum seal_reply_verdict *verdict_r,
		 struct mail_seal_outgoing **outgoing_r, struct seal_error *err)
{
	struct mail_seal_outgoing *outgoing;
	struct mail_seal_reply_report report = {
		.result = "deferred", .reason = err->text, .bytes_in = size
	};
	struct timeval started, now;
	int ret = -1;

	i_gettimeofday(&started);
	outgoing = mail_seal_outgoing_new(user, trans, err);
	if (outgoing != NULL)
		ret = mail_seal_outgoing_judge(outgoing, input, size, verdict_r,
					       err);
	if (ret == 0) {
		report.result = results[*verdict_r];
		if (*verdict_r == SEAL_REPLY_PASS)
			report.bytes_out = size;
	}
	if (ret == 0 && *verdict_r == SEAL_REPLY_OPENED) {
		report.bytes_out = outgoing->opener->reply_size(outgoing->reply);
		report.sign = outgoing->opener->reply_signed(outgoing->reply) ?
			"yes" : "no";
		*outgoing_r = outgoing;
	} else
		mail_seal_outgoing_free(&outgoing);
	i_gettimeofday(&now);
	report.usecs = timeval_diff_usecs(&now, &started);
	mail_seal_report_reply(user, &report);
	return ret;
}

/* What has been sent so far has no end to it: the relay drops it. */
static void sending_failed(void *context, const struct seal_error *err)
{
	struct client *client = context;
	struct smtp_server_connection *conn = client->conn;

	e_error(client->user->event, "mail_seal: gave up to send mail of %s: %s",
		client->user->username, err->text);
	smtp_server_connection_terminate(&conn, "4.3.0", MAIL_SEAL_LATER_TEXT);
}

static int mail_seal_cmd_data(struct client *client,
			      struct smtp_server_cmd_ctx *cmd,
			      struct smtp_server_transaction *trans,
			      struct istream *input, uoff_t size)
{
	struct seal_error err = { .code = SEAL_ERR_NONE };
	struct mail_seal_outgoing *outgoing = NULL;
	enum seal_reply_verdict verdict;
	struct istream *opened;
	int ret;

	if (MAIL_SEAL_USER_CONTEXT(client->user) == NULL)
		return next_cmd_data(client, cmd, trans, input, size);

	T_BEGIN {
		ret = judge(client->user, trans, input, size, &verdict,
			    &outgoing, &err);
	} T_END;
	if (ret < 0) {
		smtp_server_reply(cmd, 451, "4.3.0", "%s", MAIL_SEAL_LATER_TEXT);
		return -1;
	}
	if (verdict == SEAL_REPLY_REFUSED) {
		smtp_server_reply(cmd, 550, "5.7.1", "%s", err.text);
		return -1;
	}
	if (verdict == SEAL_REPLY_PASS)
		return next_cmd_data(client, cmd, trans, input, size);

	size = outgoing->opener->reply_size(outgoing->reply);
	opened = i_stream_create_mail_unseal(input, &outgoing, sending_failed,
					     client);
	ret = next_cmd_data(client, cmd, trans, opened, size);
	i_stream_unref(&opened);
	return ret;
}

static void mail_seal_client_created(struct client **client)
{
	if (next_client_created != NULL)
		next_client_created(client);
	next_cmd_data = (*client)->v.cmd_data;
	(*client)->v.cmd_data = mail_seal_cmd_data;
}

void mail_seal_submission_hook(void)
{
	if (submission_client_created_hook_set != NULL)
		next_client_created = submission_client_created_hook_set(
			mail_seal_client_created);
}

void mail_seal_submission_unhook(void)
{
	if (submission_client_created_hook_set != NULL)
		submission_client_created_hook_set(next_client_created);
}
