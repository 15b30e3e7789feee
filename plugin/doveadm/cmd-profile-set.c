/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "array.h"
#include "plugin/doveadm/seal-cmd.h"

/* seald knows which names and values there are; here just what would be taken
 * for another argument of the request. */
static bool option_is_sane(const char *option)
{
	if (strchr(option, '=') != NULL && option[0] != '=' &&
	    strncmp(option, "user=", 5) != 0 && strncmp(option, "id=", 3) != 0)
		return TRUE;
	i_error("%s is not an option: give NAME=VALUE, with cipher, sign, "
		"key_transport, sender_key or label for NAME", option);
	doveadm_exit_code = EX_DATAERR;
	return FALSE;
}

static void cmd_profile_set(struct doveadm_cmd_context *cctx)
{
	const char *id, *const *options, *arg;
	ARRAY_TYPE(const_string) args;
	struct seal_cmd_user user;

	if (seal_cmd_required(cctx, "user") == NULL ||
	    (id = seal_cmd_required(cctx, "id")) == NULL)
		return;
	if (!doveadm_cmd_param_array(cctx, "option", &options)) {
		(void)seal_cmd_required(cctx, "option");
		return;
	}
	if (seal_cmd_user(cctx, SEAL_CMD_USER_KNOWN, &user) < 0)
		return;
	t_array_init(&args, 8);
	arg = "SET";
	array_push_back(&args, &arg);
	arg = seal_cmd_arg("user", user.name);
	array_push_back(&args, &arg);
	arg = seal_cmd_arg("id", id);
	array_push_back(&args, &arg);
	for (; *options != NULL; options++) {
		if (!option_is_sane(*options))
			return;
		array_push_back(&args, options);
	}
	array_append_zero(&args);
	(void)seal_cmd_do(array_front(&args));
}

struct doveadm_cmd_ver2 seal_cmd_profile_set = {
	.name = "seal profile set",
	.cmd = cmd_profile_set,
	.usage = "<user> <id> <name>=<value> [...]",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_PARAM('\0', "user", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAM('\0', "id", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAM('\0', "option", CMD_PARAM_ARRAY, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAMS_END
};
