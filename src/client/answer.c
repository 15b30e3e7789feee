/* SPDX-License-Identifier: MIT */
#include "client/client.h"

#include <string.h>
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
	int ret;

	if (value == NULL)
		return 0;
	ret = seal_buf_append_base64(out, value, strlen(value), err);
	if (ret == 0)
		return seal_error_set(err, SEAL_ERR_INPUT,
				      "%s is not base64", name);
	return ret;
}

void seal_answer_free(struct seal_answer *answer)
{
	seal_buf_free(&answer->text);
	answer->count = 0;
}
