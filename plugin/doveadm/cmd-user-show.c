/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "doveadm-print.h"
#include "plugin/doveadm/seal-cmd.h"

/* the last one is a number */
static const char *const columns[] = {
	"user", "kill_switch", "active", "profiles"
};

/* Nothing is stored under this name. */
static bool is_empty(const struct seal_answer *answer)
{
	return strcmp(seal_cmd_value(answer, "kill_switch"), "no") == 0 &&
		strcmp(seal_cmd_value(answer, "profiles"), "0") == 0;
}

static void print_user(const struct seal_answer *answer)
{
	unsigned int i;

	doveadm_print_init(DOVEADM_PRINT_TYPE_TABLE);
	for (i = 0; i + 1 < N_ELEMENTS(columns); i++)
		doveadm_print_header_simple(columns[i]);
	doveadm_print_header(columns[i], columns[i],
			     DOVEADM_PRINT_HEADER_FLAG_NUMBER);
	for (i = 0; i < N_ELEMENTS(columns); i++)
		doveadm_print(seal_cmd_value(answer, columns[i]));
}

static void cmd_user_show(struct doveadm_cmd_context *cctx)
{
	struct seal_answer answer = SEAL_ANSWER_INIT;
	struct seal_cmd_user user;

	if (seal_cmd_user(cctx, SEAL_CMD_USER_ANY, &user) < 0)
		return;
	const char *args[] = {
		"USER-SHOW", seal_cmd_arg("user", user.name), NULL
	};

	if (seal_cmd_ask(args, NULL, NULL, &answer) == 0) {
		if (!user.known && is_empty(&answer))
			seal_cmd_user_unknown(&user);
		else
			print_user(&answer);
	}
	seal_answer_free(&answer);
}

struct doveadm_cmd_ver2 seal_cmd_user_show = {
	.name = "seal user show",
	.cmd = cmd_user_show,
	.usage = "<user>",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_PARAM('\0', "user", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAMS_END
};
