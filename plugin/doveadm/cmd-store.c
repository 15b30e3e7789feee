/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "doveadm-print.h"
#include "path-util.h"
#include "plugin/doveadm/seal-cmd.h"

/* Prints fields of an answer as one row. */
static void print_numbers(const struct seal_answer *answer,
			  const char *const *columns)
{
	const char *const *column, *value;

	doveadm_print_init(DOVEADM_PRINT_TYPE_TABLE);
	for (column = columns; *column != NULL; column++) {
		doveadm_print_header(*column, *column,
				     DOVEADM_PRINT_HEADER_FLAG_NUMBER);
	}
	for (column = columns; *column != NULL; column++) {
		value = seal_cmd_value(answer, *column);
		/* the formatters insist on a number */
		doveadm_print(str_is_numeric(value, '\0') ? value : "0");
	}
}

static int report_problem(void *context ATTR_UNUSED,
			  const struct seal_answer *row,
			  struct seal_error *err ATTR_UNUSED)
{
	T_BEGIN {
		i_error("%s: %s", seal_cmd_value(row, "user"),
			seal_cmd_value(row, "problem"));
	} T_END;
	doveadm_exit_code = EX_DATAERR;
	return 0;
}

static void cmd_store_check(struct doveadm_cmd_context *cctx ATTR_UNUSED)
{
	static const char *const columns[] = {
		"users", "profiles", "problems", "file_size", "map_size", NULL
	};
	static const char *const args[] = { "STORE-CHECK", NULL };
	struct seal_answer answer = SEAL_ANSWER_INIT;

	if (seal_cmd_ask(args, report_problem, NULL, &answer) == 0)
		print_numbers(&answer, columns);
	seal_answer_free(&answer);
}

static void cmd_store_copy(struct doveadm_cmd_context *cctx)
{
	const char *dir = seal_cmd_required(cctx, "dir"), *path, *error;

	if (dir == NULL)
		return;
	/* seald has another current directory */
	if (t_abspath(dir, &path, &error) < 0) {
		i_error("%s: %s", dir, error);
		doveadm_exit_code = EX_TEMPFAIL;
		return;
	}
	const char *args[] = { "STORE-COPY", seal_cmd_arg("dir", path), NULL };

	(void)seal_cmd_do(args);
}

static void cmd_store_compact(struct doveadm_cmd_context *cctx ATTR_UNUSED)
{
	static const char *const columns[] = { "before", "after", NULL };
	static const char *const args[] = { "STORE-COMPACT", NULL };
	struct seal_answer answer = SEAL_ANSWER_INIT;

	if (seal_cmd_ask(args, NULL, NULL, &answer) == 0)
		print_numbers(&answer, columns);
	seal_answer_free(&answer);
}

struct doveadm_cmd_ver2 seal_cmd_store_check = {
	.name = "seal store check",
	.cmd = cmd_store_check,
	.usage = "",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_PARAMS_END
};

struct doveadm_cmd_ver2 seal_cmd_store_copy = {
	.name = "seal store copy",
	.cmd = cmd_store_copy,
	.usage = "<directory>",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_PARAM('\0', "dir", CMD_PARAM_STR, CMD_PARAM_FLAG_POSITIONAL)
DOVEADM_CMD_PARAMS_END
};

struct doveadm_cmd_ver2 seal_cmd_store_compact = {
	.name = "seal store compact",
	.cmd = cmd_store_compact,
	.usage = "",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_PARAMS_END
};
