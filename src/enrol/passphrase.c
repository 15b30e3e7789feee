/* SPDX-License-Identifier: MIT */
#include "enrol/enrol.h"

#include <string.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#define TYPED_SIZE 512

/* Without echo, and twice. The terminal is put right again, after Ctrl-C,
 * too. */
static int read_typed(struct seal_buf *out, struct seal_error *err)
{
	char typed[TYPED_SIZE];
	int ret;

	ret = EVP_read_pw_string(typed, sizeof(typed),
				 "Passphrase for the files: ", 1);
	ret = ret != 0 ? seal_error_set(err, SEAL_ERR_INPUT, "no passphrase "
		"was typed twice the same; try again") :
		seal_buf_append(out, typed, strlen(typed), err);
	OPENSSL_cleanse(typed, sizeof(typed));
	return ret;
}

static void keep_first_line(struct seal_buf *buf)
{
	unsigned char *end;

	end = buf->len == 0 ? NULL : memchr(buf->data, '\n', buf->len);
	if (end != NULL)
		buf->len = (size_t)(end - buf->data);
	if (buf->len > 0 && buf->data[buf->len - 1] == '\r')
		buf->len--;
}

int enrol_secret_read(const char *what, const char *path, struct seal_buf *out,
		      struct seal_error *err)
{
	if (enrol_read(path, out, err) < 0)
		return -1;
	keep_first_line(out);
	if (out->len > 0 && memchr(out->data, '\0', out->len) != NULL)
		return seal_error_set(err, SEAL_ERR_INPUT, "the %s has a NUL "
			"byte in it; write it as text in UTF-8", what);
	return 0;
}

int enrol_passphrase_read(const char *path, struct seal_buf *out,
			  struct seal_error *err)
{
	int ret;

	if (strcmp(path, "-") == 0 && isatty(STDIN_FILENO))
		ret = read_typed(out, err);
	else
		ret = enrol_secret_read("passphrase", path, out, err);
	if (ret < 0)
		return -1;
	if (out->len == 0)
		return seal_error_set(err, SEAL_ERR_INPUT, "the passphrase is "
			"empty; leave --passphrase-file out to have one made");
	return seal_buf_append(out, "", 1, err);
}
