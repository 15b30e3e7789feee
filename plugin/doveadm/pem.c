/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "istream.h"
#include "doveadm-print.h"
#include "plugin/doveadm/seal-cmd.h"

#include <openssl/evp.h>
#include "base/error.h"

/* Files in, base64 to seald and back, PEM out. */

static int read_error(const char *reason, struct istream *input, int exit_code)
{
	i_error("Cannot read %s: %s", i_stream_get_name(input), reason);
	doveadm_exit_code = exit_code;
	return -1;
}

int seal_cmd_file(struct doveadm_cmd_context *cctx, const char *name,
		  size_t max, struct seal_buf *out)
{
	const unsigned char *data;
	struct istream *input;
	struct seal_error err;
	size_t size, start = out->len;
	int ret;

	if (!doveadm_cmd_param_istream(cctx, name, &input))
		return seal_cmd_required_file(cctx, name);
	while ((ret = i_stream_read_more(input, &data, &size)) > 0) {
		if (out->len - start + size > max)
			return read_error("too large for a file of certificates",
					  input, EX_DATAERR);
		if (seal_buf_append(out, data, size, &err) < 0)
			return read_error(err.text, input, EX_TEMPFAIL);
		i_stream_skip(input, size);
	}
	if (ret == 0)
		return read_error("it would block", input, EX_TEMPFAIL);
	if (input->stream_errno != 0)
		return read_error(i_stream_get_error(input), input, EX_NOINPUT);
	if (out->len == start)
		return read_error("it is empty", input, EX_DATAERR);
	return 0;
}

const char *seal_cmd_arg_base64(const char *name, const struct seal_buf *value)
{
	size_t len = strlen(name) + 1;
	char *arg = t_malloc0(len + (value->len + 2) / 3 * 4 + 1);

	memcpy(arg, name, len - 1);
	arg[len - 1] = '=';
	EVP_EncodeBlock((unsigned char *)arg + len, value->data,
			(int)value->len);
	return arg;
}

int seal_cmd_value_base64(const struct seal_answer *answer, const char *name,
			  struct seal_buf *out)
{
	struct seal_error err;

	if (seal_answer_get_base64(answer, name, out, &err) > 0 && out->len > 0)
		return 0;
	i_error("seald sent no readable %s", name);
	doveadm_exit_code = EX_TEMPFAIL;
	return -1;
}

void seal_cmd_print_pem(const struct seal_answer *answer, const char *name)
{
	struct seal_buf pem = SEAL_BUF_INIT;

	if (seal_cmd_value_base64(answer, name, &pem) == 0) {
		/* the formatter ends the line */
		if (pem.data[pem.len - 1] == '\n')
			pem.len--;
		doveadm_print_init(DOVEADM_PRINT_TYPE_FLOW);
		doveadm_print_header("pem", "pem",
				     DOVEADM_PRINT_HEADER_FLAG_HIDE_TITLE);
		doveadm_print(t_strndup(pem.data, pem.len));
	}
	seal_buf_free(&pem);
}
