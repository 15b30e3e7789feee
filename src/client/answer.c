/* SPDX-License-Identifier: MIT */
#include "client/client.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/error.h"
#include "client/answer-private.h"

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

/* Undoes the tab-escaping of one field in place. Returns the new end, NULL for
 * an escape that does not exist. A NUL cannot be meant: values are text. */
static char *unescape(char *field, char *end)
{
	static const char codes[] = "1\001t\tr\rn\n";
	const char *code;
	char *from, *to;

	/* most have none, long ones almost never */
	to = memchr(field, '\001', (size_t)(end - field));
	if (to == NULL)
		return end;
	for (from = to; from < end; from++) {
		if (*from != '\001') {
			*to++ = *from;
			continue;
		}
		if (++from == end || *from == '\0' ||
		    (code = strchr(codes, *from)) == NULL ||
		    (code - codes) % 2 != 0)
			return NULL;
		*to++ = code[1];
	}
	return to;
}

static const struct {
	const char *word;
	enum seal_answer_kind kind;
} answer_kinds[] = {
	{ "ROW", SEAL_ANSWER_ROW },
	{ "OK", SEAL_ANSWER_OK },
	{ "NO", SEAL_ANSWER_NO },
	{ "FAIL", SEAL_ANSWER_FAIL }
};

static int find_kind(const char *word, size_t len,
		     enum seal_answer_kind *kind_r)
{
	unsigned int i;

	for (i = 0; i < sizeof(answer_kinds) / sizeof(answer_kinds[0]); i++) {
		if (strlen(answer_kinds[i].word) == len &&
		    memcmp(answer_kinds[i].word, word, len) == 0) {
			*kind_r = answer_kinds[i].kind;
			return 1;
		}
	}
	return 0;
}

/* As seal_answer_parse() */
static int parse_field(char *field, char *end, struct seal_answer *answer,
		       struct seal_error *err)
{
	char *stop = unescape(field, end);

	if (stop == NULL || memchr(field, '=', (size_t)(stop - field)) == NULL ||
	    memchr(field, '\0', (size_t)(stop - field)) != NULL)
		return 0;
	if (seal_buf_append(&answer->text, field, (size_t)(stop - field),
			    err) < 0 ||
	    seal_buf_append(&answer->text, "", 1, err) < 0)
		return -1;
	answer->count++;
	return 1;
}

int seal_answer_parse(char *line, size_t len, uint64_t id,
		      struct seal_answer *answer, const char **what_r,
		      struct seal_error *err)
{
	char *end = line + len, *tab;
	char wanted[32];
	int ret;

	seal_answer_free(answer);
	snprintf(wanted, sizeof(wanted), "%" PRIu64 "\t", id);
	*what_r = "an answer to another question";
	if (strncmp(line, wanted, strlen(wanted)) != 0)
		return 0;
	line += strlen(wanted);
	tab = memchr(line, '\t', (size_t)(end - line));
	if (tab == NULL)
		tab = end;
	*what_r = "an answer of an unknown kind";
	if (!find_kind(line, (size_t)(tab - line), &answer->kind))
		return 0;
	*what_r = "a malformed field";
	while (tab != end) {
		line = tab + 1;
		tab = memchr(line, '\t', (size_t)(end - line));
		if (tab == NULL)
			tab = end;
		ret = parse_field(line, tab, answer, err);
		if (ret <= 0)
			return ret;
	}
	return 1;
}
