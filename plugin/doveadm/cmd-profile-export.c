/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "plugin/doveadm/seal-cmd.h"

static void cmd_profile_export(struct doveadm_cmd_context *cctx)
{
	struct seal_answer answer = SEAL_ANSWER_INIT;
	struct seal_cmd_user user;
	const char *id;

	if (seal_cmd_required(cctx, "user") == NULL ||
	    (id = seal_cmd_required(cctx, "id")) == NULL ||
	    seal_cmd_user(cctx, SEAL_CMD_USER_ANY, &user) < 0)
		return;
	const char *args[] = {
		"EXPORT", seal_cmd_arg("user", user.name),
		seal_cmd_arg("id", id), NULL
	};

	if (seal_cmd_ask(args, NULL, NULL, &answer) == 0)
		seal_cmd_print_pem(&answer, "pem");
	seal_answer_free(&answer);
}

struct doveadm_cmd_ver2 seal_cmd_profile_export = {
	.name = "seal profile export",
	.cmd = cmd_profile_export,
	.usage = "<user> <id>",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_PARAM('\0', "user", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAM('\0', "id", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAMS_END
};
