/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "plugin/doveadm/inbox.h"
#include "plugin/doveadm/seal-cmd.h"

/* Whom the mail is addressed to: the parameter, or the user's name. NULL:
 * failed. */
static const char *
find_recipient(struct doveadm_cmd_context *cctx, const char *user)
{
	const char *to;

	if (doveadm_cmd_param_str(cctx, "to", &to))
		return to;
	if (strchr(user, '@') != NULL)
		return user;
	i_error("%s is not an e-mail address: give the user's with --to", user);
	doveadm_exit_code = EX_DATAERR;
	return NULL;
}

/* Is there such a profile? This is also the question that connects the client,
 * for which the user's privileges would not do. 0 or -1. */
static int find_profile(struct seal_client *client, const char *user,
			const char *id)
{
	struct seal_answer answer = SEAL_ANSWER_INIT;
	const char *args[] = {
		"EXPORT", seal_cmd_arg("user", user),
		seal_cmd_arg("id", id), NULL
	};
	int ret = seal_cmd_ask_client(client, args, &answer);

	seal_answer_free(&answer);
	return ret;
}

/* A new code voids the one before, so it is made when the mailbox is open. */
static void prove(struct seal_client *client, struct seal_inbox *inbox,
		  const char *user, const char *id, const char *to)
{
	struct seal_answer answer = SEAL_ANSWER_INIT;
	struct seal_buf message = SEAL_BUF_INIT;
	const char *args[] = {
		"PROVE", seal_cmd_arg("user", user), seal_cmd_arg("id", id),
		seal_cmd_arg("from", seal_inbox_postmaster(inbox)),
		seal_cmd_arg("to", to),
		seal_cmd_arg("cipher", seal_inbox_cipher(inbox)), NULL
	};

	if (seal_cmd_ask_client(client, args, &answer) == 0 &&
	    seal_cmd_value_base64(&answer, "message", &message) == 0)
		(void)seal_inbox_save(inbox, &message);
	seal_buf_free(&message);
	seal_answer_free(&answer);
}

static void cmd_profile_prove(struct doveadm_cmd_context *cctx)
{
	struct seal_client *client;
	struct seal_inbox *inbox;
	struct seal_cmd_user user;
	const char *id, *to;

	if (seal_cmd_required(cctx, "user") == NULL ||
	    (id = seal_cmd_required(cctx, "id")) == NULL ||
	    seal_cmd_user(cctx, SEAL_CMD_USER_KNOWN, &user) < 0 ||
	    (to = find_recipient(cctx, user.name)) == NULL ||
	    (client = seal_cmd_client()) == NULL)
		return;
	if (find_profile(client, user.name, id) == 0 &&
	    (inbox = seal_inbox_open(user.name)) != NULL) {
		prove(client, inbox, user.name, id, to);
		seal_inbox_close(&inbox);
	}
	seal_client_free(&client);
}

struct doveadm_cmd_ver2 seal_cmd_profile_prove = {
	.name = "seal profile prove",
	.cmd = cmd_profile_prove,
	.usage = "[--to <address>] <user> <id>",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_PARAM('t', "to", CMD_PARAM_STR, 0)
DOVEADM_CMD_PARAM('\0', "user", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAM('\0', "id", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAMS_END
};
