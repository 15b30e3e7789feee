/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "plugin/doveadm/seal-cmd.h"

static void cmd_user_set(struct doveadm_cmd_context *cctx)
{
	enum seal_cmd_user_rule rule;
	struct seal_cmd_user user;
	const char *option;

	if (seal_cmd_required(cctx, "user") == NULL ||
	    (option = seal_cmd_required(cctx, "option")) == NULL)
		return;
	if (strcmp(option, "kill_switch=yes") == 0) {
		rule = SEAL_CMD_USER_KNOWN;
	} else if (strcmp(option, "kill_switch=no") == 0) {
		/* the last trace of a deleted user can be removed */
		rule = SEAL_CMD_USER_ANY;
	} else {
		i_error("%s: there is kill_switch=yes and kill_switch=no",
			option);
		doveadm_exit_code = EX_DATAERR;
		return;
	}
	if (seal_cmd_user(cctx, rule, &user) < 0)
		return;
	const char *args[] = {
		"USER-SET", seal_cmd_arg("user", user.name), option, NULL
	};

	(void)seal_cmd_do(args);
}

struct doveadm_cmd_ver2 seal_cmd_user_set = {
	.name = "seal user set",
	.cmd = cmd_user_set,
	.usage = "<user> kill_switch=yes|no",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_PARAM('\0', "user", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAM('\0', "option", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAMS_END
};
