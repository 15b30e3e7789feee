/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "array.h"
#include "doveadm-print.h"
#include "plugin/doveadm/seal-cmd.h"

/* One row per certificate, each with the profile it belongs to. */

static const char *const profile_columns[] = {
	"user", "id", "state", "label", "kind", "cipher", "sign",
	"key_transport", "sender_key", "created"
};
static const char *const certificate_columns[] = {
	"certificate", "subject", "issuer", "serial", "addresses", "key",
	"fingerprint", "not_before", "not_after", "usable"
};

/* The profile's own fields come after its certificates, so these wait. */
static int keep_row(void *context, const struct seal_answer *row,
		    struct seal_error *err ATTR_UNUSED)
{
	ARRAY_TYPE(const_string) *values = context;
	const char *value;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(certificate_columns); i++) {
		value = seal_cmd_value_text(row, certificate_columns[i]);
		array_push_back(values, &value);
	}
	return 0;
}

static void print_profile(const struct seal_answer *profile)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(profile_columns); i++)
		doveadm_print(seal_cmd_value_text(profile, profile_columns[i]));
}

static void print_rows(const struct seal_answer *profile,
		       const ARRAY_TYPE(const_string) *values)
{
	unsigned int i, count;
	const char *const *value = array_get(values, &count);

	for (i = 0; i < count; i++) {
		if (i % N_ELEMENTS(certificate_columns) == 0)
			print_profile(profile);
		doveadm_print(value[i]);
	}
	if (count > 0)
		return;
	print_profile(profile);
	for (i = 0; i < N_ELEMENTS(certificate_columns); i++)
		doveadm_print("");
}

static void cmd_profile_show(struct doveadm_cmd_context *cctx)
{
	struct seal_answer answer = SEAL_ANSWER_INIT;
	ARRAY_TYPE(const_string) values;
	struct seal_cmd_user user;
	const char *id;
	unsigned int i;

	if (seal_cmd_required(cctx, "user") == NULL ||
	    (id = seal_cmd_required(cctx, "id")) == NULL ||
	    seal_cmd_user(cctx, SEAL_CMD_USER_ANY, &user) < 0)
		return;
	const char *args[] = {
		"SHOW", seal_cmd_arg("user", user.name),
		seal_cmd_arg("id", id), NULL
	};

	t_array_init(&values, 32);
	if (seal_cmd_ask(args, keep_row, &values, &answer) == 0) {
		doveadm_print_init(DOVEADM_PRINT_TYPE_PAGER);
		for (i = 0; i < N_ELEMENTS(profile_columns); i++)
			doveadm_print_header_simple(profile_columns[i]);
		for (i = 0; i < N_ELEMENTS(certificate_columns); i++)
			doveadm_print_header_simple(certificate_columns[i]);
		print_rows(&answer, &values);
	}
	seal_answer_free(&answer);
}

struct doveadm_cmd_ver2 seal_cmd_profile_show = {
	.name = "seal profile show",
	.cmd = cmd_profile_show,
	.usage = "<user> <id>",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_PARAM('\0', "user", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAM('\0', "id", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAMS_END
};
