/* SPDX-License-Identifier: MIT */
#include "client/client.h"

#include <string.h>
#include <openssl/evp.h>
#include "base/error.h"

const char *seal_answer_field(const struct seal_answer *answer, unsigned int i)
{
	const char *field = (const char *)answer->text.data;

	while (i-- > 0)
		field += strlen(field) + 1;
	return field;
}

const char *seal_answer_get(const struct seal_answer *answer, const char *name)
{
	const char *field = (const char *)answer->text.data;
	size_t len = strlen(name);
	unsigned int i;

	for (i = 0; i < answer->count; i++) {
		if (strncmp(field, name, len) == 0 && field[len] == '=')
			return field + len + 1;
		field += strlen(field) + 1;
	}
	return NULL;
}

int seal_answer_get_base64(const struct seal_answer *answer, const char *name,
			   struct seal_buf *out, struct seal_error *err)
{
	const char *value = seal_answer_get(answer, name);
	unsigned char *to;
	size_t len;
	int got;

	if (value == NULL)
		return 0;
	len = strlen(value);
	if (len > SEAL_CLIENT_LINE_MAX || len % 4 != 0)
		return seal_error_set(err, SEAL_ERR_INPUT,
				      "%s is not base64", name);
	if (len == 0)
		return 1;
	to = seal_buf_reserve(out, len / 4 * 3, err);
	if (to == NULL)
		return -1;
	got = EVP_DecodeBlock(to, (const unsigned char *)value, (int)len);
	/* EVP_DecodeBlock passes over white space at the ends and counts the
	   padding as if it were data */
	if (got != (int)(len / 4 * 3))
		return seal_error_set(err, SEAL_ERR_INPUT,
				      "%s is not base64", name);
	out->len += (size_t)got;
	if (value[len - 1] == '=')
		out->len--;
	if (value[len - 2] == '=')
		out->len--;
	return 1;
}

void seal_answer_free(struct seal_answer *answer)
{
	seal_buf_free(&answer->text);
	answer->count = 0;
}
