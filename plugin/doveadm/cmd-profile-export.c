/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "doveadm-print.h"
#include "plugin/doveadm/seal-cmd.h"

#include "base/error.h"

static void print_pem(const struct seal_answer *answer)
{
	struct seal_buf pem = SEAL_BUF_INIT;
	struct seal_error err;

	if (seal_answer_get_base64(answer, "pem", &pem, &err) <= 0) {
		i_error("seald sent no readable PEM");
		doveadm_exit_code = EX_TEMPFAIL;
	} else {
		/* the formatter ends the line */
		if (pem.len > 0 && pem.data[pem.len - 1] == '\n')
			pem.len--;
		doveadm_print_init(DOVEADM_PRINT_TYPE_FLOW);
		doveadm_print_header("pem", "pem",
				     DOVEADM_PRINT_HEADER_FLAG_HIDE_TITLE);
		doveadm_print(t_strndup(pem.data, pem.len));
	}
	seal_buf_free(&pem);
}

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
		print_pem(&answer);
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
