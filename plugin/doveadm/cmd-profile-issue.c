/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "plugin/doveadm/seal-cmd.h"

/* both files, in base64, have to fit into one request line */
#define FILE_MAX_SIZE (SEAL_CLIENT_LINE_MAX / 8 * 3 - 4096)

static void issue(const struct seal_cmd_user *user, const char *id,
		  const struct seal_buf *chain, const struct seal_buf *request)
{
	struct seal_answer answer = SEAL_ANSWER_INIT;
	const char *args[] = {
		"ISSUE", seal_cmd_arg("user", user->name),
		seal_cmd_arg("id", id),
		seal_cmd_arg_base64("chain", chain),
		seal_cmd_arg_base64("request", request), NULL
	};

	if (seal_cmd_ask(args, NULL, NULL, &answer) == 0)
		seal_cmd_print_pem(&answer, "issued");
	seal_answer_free(&answer);
}

static void cmd_profile_issue(struct doveadm_cmd_context *cctx)
{
	struct seal_buf chain = SEAL_BUF_INIT, request = SEAL_BUF_INIT;
	struct seal_cmd_user user;
	const char *id;

	if (seal_cmd_required(cctx, "user") == NULL ||
	    (id = seal_cmd_required(cctx, "id")) == NULL ||
	    seal_cmd_required_file(cctx, "chain") < 0 ||
	    seal_cmd_required_file(cctx, "request") < 0)
		return;
	if (seal_cmd_user(cctx, SEAL_CMD_USER_KNOWN, &user) == 0 &&
	    seal_cmd_file(cctx, "chain", FILE_MAX_SIZE, &chain) == 0 &&
	    seal_cmd_file(cctx, "request", FILE_MAX_SIZE, &request) == 0)
		issue(&user, id, &chain, &request);
	seal_buf_free(&chain);
	seal_buf_free(&request);
}

struct doveadm_cmd_ver2 seal_cmd_profile_issue = {
	.name = "seal profile issue",
	.cmd = cmd_profile_issue,
	.usage = "<user> <id> <chain> <request>",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_PARAM('\0', "user", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAM('\0', "id", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAM('\0', "chain", CMD_PARAM_ISTREAM, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAM('\0', "request", CMD_PARAM_ISTREAM, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAMS_END
};
