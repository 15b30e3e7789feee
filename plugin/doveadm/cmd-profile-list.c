/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "doveadm-print.h"
#include "plugin/doveadm/seal-cmd.h"

/* what a person looks for comes first */
static const char *const columns[] = {
	"user", "id", "state", "usable", "label", "kind", "not_before",
	"not_after", "cipher", "sign", "key_transport", "sender_key",
	"created"
};

/* Not before there is something to print: a failure prints no table. */
static void print_headers(void)
{
	unsigned int i;

	doveadm_print_init(DOVEADM_PRINT_TYPE_TABLE);
	for (i = 0; i < N_ELEMENTS(columns); i++)
		doveadm_print_header_simple(columns[i]);
}

static int print_row(void *context, const struct seal_answer *row,
		     struct seal_error *err ATTR_UNUSED)
{
	unsigned int i, *rows = context;

	if ((*rows)++ == 0)
		print_headers();
	T_BEGIN {
		for (i = 0; i < N_ELEMENTS(columns); i++)
			doveadm_print(seal_cmd_value_text(row, columns[i]));
	} T_END;
	return 0;
}

static void cmd_profile_list(struct doveadm_cmd_context *cctx)
{
	struct seal_answer answer = SEAL_ANSWER_INIT;
	struct seal_cmd_user user = { .name = NULL, .known = TRUE };
	const char *name, *args[] = { "LIST", NULL, NULL };
	unsigned int rows = 0;

	if (doveadm_cmd_param_str(cctx, "user", &name)) {
		if (seal_cmd_user_find(name, SEAL_CMD_USER_ANY, &user) < 0)
			return;
		args[1] = seal_cmd_arg("user", user.name);
	}
	if (seal_cmd_ask(args, print_row, &rows, &answer) == 0 && rows == 0) {
		if (user.known)
			print_headers();
		else
			seal_cmd_user_unknown(&user);
	}
	seal_answer_free(&answer);
}

struct doveadm_cmd_ver2 seal_cmd_profile_list = {
	.name = "seal profile list",
	.cmd = cmd_profile_list,
	.usage = "[<user>]",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_PARAM('\0', "user", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAMS_END
};
