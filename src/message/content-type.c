/* SPDX-License-Identifier: MIT */
#include "message/content-type.h"

#include <string.h>
#include <strings.h>

/* The words of a value as they are read; p is NULL once it is malformed. */
struct reader {
	const char *p;
};

struct word {
	const char *start;
	size_t len;
	bool quoted;		/* start and len are between the quotes */
};

static const char *end_of_comment(const char *p)
{
	unsigned int depth = 0;

	do {
		if (*p == '\\' && p[1] != '\0')
			p++;
		else if (*p == '(')
			depth++;
		else if (*p == ')')
			depth--;
		else if (*p == '\0')
			return NULL;
		p++;
	} while (depth > 0);
	return p;
}

static void skip_space(struct reader *reader)
{
	while (reader->p != NULL) {
		if (*reader->p == ' ' || *reader->p == '\t')
			reader->p++;
		else if (*reader->p == '(')
			reader->p = end_of_comment(reader->p);
		else
			return;
	}
}

/* Takes c with the white space around it. */
static bool take(struct reader *reader, char c)
{
	skip_space(reader);
	if (reader->p == NULL || *reader->p != c)
		return false;
	reader->p++;
	skip_space(reader);
	return reader->p != NULL;
}

static bool at_end(struct reader *reader)
{
	skip_space(reader);
	return reader->p != NULL && *reader->p == '\0';
}

static bool is_token(char c)
{
	return c > ' ' && c <= '~' && strchr("()<>@,;:\\\"/[]?=", c) == NULL;
}

static bool take_token(struct reader *reader, struct word *word)
{
	skip_space(reader);
	if (reader->p == NULL)
		return false;
	word->quoted = false;
	word->start = reader->p;
	while (is_token(*reader->p))
		reader->p++;
	word->len = (size_t)(reader->p - word->start);
	return word->len > 0;
}

static bool take_value(struct reader *reader, struct word *word)
{
	if (reader->p == NULL || *reader->p != '"')
		return take_token(reader, word);
	word->quoted = true;
	word->start = ++reader->p;
	while (*reader->p != '"') {
		if (*reader->p == '\\')
			reader->p++;
		if (*reader->p == '\0')
			return false;
		reader->p++;
	}
	word->len = (size_t)(reader->p++ - word->start);
	return true;
}

static bool is_word(const struct word *word, const char *wanted, size_t len)
{
	return word->len == len && strncasecmp(word->start, wanted, len) == 0;
}

static bool take_type(struct reader *reader, struct word *type,
		      struct word *subtype)
{
	return take_token(reader, type) && take(reader, '/') &&
		take_token(reader, subtype);
}

bool seal_content_type_is(const char *value, const char *type)
{
	struct reader reader = { value };
	const char *slash = strchr(type, '/');
	struct word have, sub;

	if (!take_type(&reader, &have, &sub) ||
	    !is_word(&have, type, (size_t)(slash - type)) ||
	    !is_word(&sub, slash + 1, strlen(slash + 1)))
		return false;
	return at_end(&reader) || take(&reader, ';');
}

/* name, name* and name*0 are all the same parameter (RFC 2231) */
static bool is_param(const struct word *word, const char *name, bool *plain)
{
	const char *star = memchr(word->start, '*', word->len);
	struct word base = *word;

	*plain = star == NULL;
	if (star != NULL)
		base.len = (size_t)(star - word->start);
	return is_word(&base, name, strlen(name));
}

static bool copy_value(const struct word *word, char *out, size_t out_size)
{
	size_t i, n = 0;

	for (i = 0; i < word->len; i++) {
		if (word->quoted && word->start[i] == '\\')
			i++;
		if (n + 1 >= out_size)
			return false;
		out[n++] = word->start[i];
	}
	out[n] = '\0';
	return true;
}

int seal_content_type_param(const char *value, const char *name, char *out,
			    size_t out_size)
{
	struct reader reader = { value };
	struct word type, sub, attribute, text;
	bool found = false, plain;

	if (!take_type(&reader, &type, &sub))
		return 0;
	while (!at_end(&reader)) {
		if (!take(&reader, ';'))
			return 0;
		/* a semicolon at the end is common */
		if (at_end(&reader))
			break;
		if (!take_token(&reader, &attribute) || !take(&reader, '=') ||
		    !take_value(&reader, &text))
			return 0;
		if (!is_param(&attribute, name, &plain))
			continue;
		if (found || !plain || !copy_value(&text, out, out_size))
			return 0;
		found = true;
	}
	return found ? 1 : 0;
}

enum seal_content_encoding seal_content_encoding_find(const char *value)
{
	struct reader reader = { value };
	struct word word;

	if (value == NULL)
		return SEAL_CONTENT_PLAIN;
	if (!take_token(&reader, &word) || !at_end(&reader))
		return SEAL_CONTENT_OTHER;
	if (is_word(&word, "base64", 6))
		return SEAL_CONTENT_BASE64;
	if (is_word(&word, "7bit", 4) || is_word(&word, "8bit", 4) ||
	    is_word(&word, "binary", 6))
		return SEAL_CONTENT_PLAIN;
	return SEAL_CONTENT_OTHER;
}
