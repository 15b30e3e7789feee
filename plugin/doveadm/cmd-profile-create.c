/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "array.h"
#include "doveadm-print.h"
#include "plugin/doveadm/seal-cmd.h"

/* The addresses of the parameter, or the user's name; separated by commas. NULL:
 * failed. */
static const char *
find_addresses(struct doveadm_cmd_context *cctx, const char *user)
{
	const char *const *addresses, *const *address;

	if (!doveadm_cmd_param_array(cctx, "address", &addresses)) {
		if (strchr(user, '@') != NULL && strchr(user, ',') == NULL)
			return user;
		i_error("%s is not an e-mail address: give the user's with "
			"--address", user);
		doveadm_exit_code = EX_DATAERR;
		return NULL;
	}
	for (address = addresses; *address != NULL; address++) {
		if (**address != '\0' && strchr(*address, ',') == NULL)
			continue;
		i_error("\"%s\" is not one e-mail address: give one in each "
			"--address", *address);
		doveadm_exit_code = EX_DATAERR;
		return NULL;
	}
	return t_strarray_join(addresses, ",");
}

/* Titles and their order make the default output a PEM file: what comes before
 * "-----BEGIN" is comment there (RFC 7468 section 2). */
static void print_request(const struct seal_answer *answer)
{
	struct seal_buf pem = SEAL_BUF_INIT;

	if (seal_cmd_value_base64(answer, "request", &pem) == 0) {
		if (pem.data[pem.len - 1] == '\n')
			pem.len--;
		doveadm_print_init(DOVEADM_PRINT_TYPE_PAGER);
		doveadm_print_header("id", "Profile", 0);
		doveadm_print_header("request", "request",
				     DOVEADM_PRINT_HEADER_FLAG_HIDE_TITLE);
		doveadm_print(seal_cmd_value(answer, "id"));
		doveadm_print(t_strndup(pem.data, pem.len));
	}
	seal_buf_free(&pem);
}

static void cmd_profile_create(struct doveadm_cmd_context *cctx)
{
	struct seal_answer answer = SEAL_ANSWER_INIT;
	const char *addresses, *value, *arg;
	ARRAY_TYPE(const_string) args;
	struct seal_cmd_user user;
	int64_t days;

	if (seal_cmd_user(cctx, SEAL_CMD_USER_KNOWN, &user) < 0 ||
	    (addresses = find_addresses(cctx, user.name)) == NULL)
		return;
	t_array_init(&args, 8);
	arg = "CREATE";
	array_push_back(&args, &arg);
	arg = seal_cmd_arg("user", user.name);
	array_push_back(&args, &arg);
	arg = seal_cmd_arg("addresses", addresses);
	array_push_back(&args, &arg);
	if (doveadm_cmd_param_int64(cctx, "days", &days)) {
		arg = t_strdup_printf("days=%" PRId64, days);
		array_push_back(&args, &arg);
	}
	if (doveadm_cmd_param_str(cctx, "label", &value)) {
		arg = seal_cmd_arg("label", value);
		array_push_back(&args, &arg);
	}
	if (doveadm_cmd_param_str(cctx, "nonce", &value)) {
		arg = seal_cmd_arg("nonce", value);
		array_push_back(&args, &arg);
	}
	array_append_zero(&args);
	if (seal_cmd_ask(array_front(&args), NULL, NULL, &answer) == 0)
		print_request(&answer);
	seal_answer_free(&answer);
}

struct doveadm_cmd_ver2 seal_cmd_profile_create = {
	.name = "seal profile create",
	.cmd = cmd_profile_create,
	.usage = "[--days <n>] [--label <text>] [--nonce <nonce>] "
		"[--address <address> ...] <user>",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_PARAM('d', "days", CMD_PARAM_INT64, 0)
DOVEADM_CMD_PARAM('l', "label", CMD_PARAM_STR, 0)
DOVEADM_CMD_PARAM('n', "nonce", CMD_PARAM_STR, 0)
DOVEADM_CMD_PARAM('a', "address", CMD_PARAM_ARRAY, 0)
DOVEADM_CMD_PARAM('\0', "user", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAMS_END
};
