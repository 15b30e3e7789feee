/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "istream.h"
#include "doveadm-print.h"
#include "plugin/doveadm/seal-cmd.h"

#include <openssl/evp.h>
#include "base/error.h"

/* in base64 it has to fit into one request line */
#define FILE_MAX_SIZE (SEAL_CLIENT_LINE_MAX / 4 * 3 - 4096)

static int read_error(const char *reason, struct istream *input, int exit_code)
{
	i_error("Cannot read %s: %s", i_stream_get_name(input), reason);
	doveadm_exit_code = exit_code;
	return -1;
}

/* Appends the whole file. 0 or -1. */
static int read_file(struct istream *input, struct seal_buf *pem)
{
	const unsigned char *data;
	struct seal_error err;
	size_t size;
	int ret;

	while ((ret = i_stream_read_more(input, &data, &size)) > 0) {
		if (pem->len + size > FILE_MAX_SIZE)
			return read_error("too large for a file of certificates",
					  input, EX_DATAERR);
		if (seal_buf_append(pem, data, size, &err) < 0)
			return read_error(err.text, input, EX_TEMPFAIL);
		i_stream_skip(input, size);
	}
	if (ret == 0)
		return read_error("it would block", input, EX_TEMPFAIL);
	if (input->stream_errno != 0)
		return read_error(i_stream_get_error(input), input, EX_NOINPUT);
	if (pem->len == 0)
		return read_error("it is empty", input, EX_DATAERR);
	return 0;
}

/* "pem=" and the file in base64 */
static const char *pem_argument(const struct seal_buf *pem)
{
	char *arg = t_malloc0(4 + (pem->len + 2) / 3 * 4 + 1);

	memcpy(arg, "pem=", 4);
	EVP_EncodeBlock((unsigned char *)arg + 4, pem->data, (int)pem->len);
	return arg;
}

static void import(const struct seal_cmd_user *user, const struct seal_buf *pem,
		   const char *label)
{
	struct seal_answer answer = SEAL_ANSWER_INIT;
	const char *args[] = {
		"IMPORT", seal_cmd_arg("user", user->name), pem_argument(pem),
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
	struct istream *input;
	const char *label = NULL;

	if (seal_cmd_required(cctx, "user") == NULL)
		return;
	if (!doveadm_cmd_param_istream(cctx, "file", &input)) {
		(void)seal_cmd_required(cctx, "file");
		return;
	}
	(void)doveadm_cmd_param_str(cctx, "label", &label);
	if (seal_cmd_user(cctx, SEAL_CMD_USER_KNOWN, &user) == 0 &&
	    read_file(input, &pem) == 0)
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
