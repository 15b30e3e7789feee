/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "doveadm-print.h"
#include "plugin/doveadm/seal-cmd.h"

/* in base64 it has to fit into one request line */
#define FILE_MAX_SIZE (SEAL_CLIENT_LINE_MAX / 4 * 3 - 4096)

static void import(const struct seal_cmd_user *user, const struct seal_buf *pem,
		   const char *label)
{
	struct seal_answer answer = SEAL_ANSWER_INIT;
	const char *args[] = {
		"IMPORT", seal_cmd_arg("user", user->name),
		seal_cmd_arg_base64("pem", pem),
		label == NULL ? NULL : seal_cmd_arg("label", label), NULL
	};

	if (seal_cmd_ask(args, NULL, NULL, &answer) == 0) {
		doveadm_print_init(DOVEADM_PRINT_TYPE_FLOW);
		doveadm_print_header("id", "id",
				     DOVEADM_PRINT_HEADER_FLAG_HIDE_TITLE);
		doveadm_print(seal_cmd_value(&answer, "id"));
	}
	seal_answer_free(&answer);
}

static void cmd_profile_import(struct doveadm_cmd_context *cctx)
{
	struct seal_buf pem = SEAL_BUF_INIT;
	struct seal_cmd_user user;
	const char *label = NULL;

	if (seal_cmd_required(cctx, "user") == NULL)
		return;
	(void)doveadm_cmd_param_str(cctx, "label", &label);
	if (seal_cmd_required_file(cctx, "file") == 0 &&
	    seal_cmd_user(cctx, SEAL_CMD_USER_KNOWN, &user) == 0 &&
	    seal_cmd_file(cctx, "file", FILE_MAX_SIZE, &pem) == 0)
		import(&user, &pem, label);
	seal_buf_free(&pem);
}

struct doveadm_cmd_ver2 seal_cmd_profile_import = {
	.name = "seal profile import",
	.cmd = cmd_profile_import,
	.usage = "[--label <text>] <user> <file>|-",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_PARAM('l', "label", CMD_PARAM_STR, 0)
DOVEADM_CMD_PARAM('\0', "user", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAM('\0', "file", CMD_PARAM_ISTREAM, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAMS_END
};
