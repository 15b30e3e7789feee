/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "plugin/doveadm/seal-cmd.h"

/* activate, deactivate and delete: one question, and nothing to print */
static void change_state(struct doveadm_cmd_context *cctx, const char *command,
			 enum seal_cmd_user_rule rule, bool id_required)
{
	struct seal_cmd_user user;
	const char *id = NULL, *code = NULL;

	if (seal_cmd_required(cctx, "user") == NULL)
		return;
	if (!doveadm_cmd_param_str(cctx, "id", &id) && id_required) {
		(void)seal_cmd_required(cctx, "id");
		return;
	}
	/* activate's */
	(void)doveadm_cmd_param_str(cctx, "code", &code);
	if (seal_cmd_user(cctx, rule, &user) < 0)
		return;
	const char *args[] = {
		command, seal_cmd_arg("user", user.name),
		id == NULL ? NULL : seal_cmd_arg("id", id),
		code == NULL ? NULL : seal_cmd_arg("code", code), NULL
	};

	(void)seal_cmd_do(args);
}

static void cmd_profile_activate(struct doveadm_cmd_context *cctx)
{
	change_state(cctx, "ACTIVATE", SEAL_CMD_USER_KNOWN, TRUE);
}

static void cmd_profile_deactivate(struct doveadm_cmd_context *cctx)
{
	change_state(cctx, "DEACTIVATE", SEAL_CMD_USER_ANY, FALSE);
}

static void cmd_profile_delete(struct doveadm_cmd_context *cctx)
{
	change_state(cctx, "DELETE", SEAL_CMD_USER_ANY, TRUE);
}

struct doveadm_cmd_ver2 seal_cmd_profile_activate = {
	.name = "seal profile activate",
	.cmd = cmd_profile_activate,
	.usage = "<user> <id> [<code>]",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_PARAM('\0', "user", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAM('\0', "id", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAM('\0', "code", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAMS_END
};

struct doveadm_cmd_ver2 seal_cmd_profile_deactivate = {
	.name = "seal profile deactivate",
	.cmd = cmd_profile_deactivate,
	.usage = "<user> [<id>]",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_PARAM('\0', "user", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAM('\0', "id", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAMS_END
};

struct doveadm_cmd_ver2 seal_cmd_profile_delete = {
	.name = "seal profile delete",
	.cmd = cmd_profile_delete,
	.usage = "<user> <id>",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_PARAM('\0', "user", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAM('\0', "id", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAMS_END
};
