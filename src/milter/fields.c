/* SPDX-License-Identifier: MIT */
#include "milter/fields.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/error.h"

/* Appends text with its line ends as LF, or as CRLF. */
static int append_lines(struct seal_buf *out, const char *text, bool crlf,
			struct seal_error *err)
{
	size_t len;

	for (;;) {
		len = strcspn(text, "\n");
		if (text[len] == '\0')
			return seal_buf_append(out, text, len, err);
		if (seal_buf_append(out, text, len > 0 && text[len - 1] == '\r' ?
				    len - 1 : len, err) < 0 ||
		    seal_buf_append(out, crlf ? "\r\n" : "\n", crlf ? 2 : 1,
				    err) < 0)
			return -1;
		text += len + 1;
	}
}

int milter_fields_add(struct milter_fields *fields, const char *name,
		      const char *value, struct seal_error *err)
{
	if (seal_buf_append(&fields->text, name, strlen(name) + 1, err) < 0 ||
	    append_lines(&fields->text, value, false, err) < 0 ||
	    seal_buf_append(&fields->text, "", 1, err) < 0)
		return -1;
	fields->count++;
	return 0;
}

int milter_fields_write(const struct milter_fields *fields, struct seal_buf *out,
			struct seal_error *err)
{
	const char *text = (const char *)fields->text.data;
	size_t i;

	for (i = 0; i < fields->count; i++) {
		if (seal_buf_append(out, text, strlen(text), err) < 0 ||
		    seal_buf_append(out, ":", 1, err) < 0)
			return -1;
		text += strlen(text) + 1;
		if (append_lines(out, text, true, err) < 0 ||
		    seal_buf_append(out, "\r\n", 2, err) < 0)
			return -1;
		text += strlen(text) + 1;
	}
	return 0;
}

void milter_fields_free(struct milter_fields *fields)
{
	seal_buf_free(&fields->text);
	fields->count = 0;
}

/* A field while two headers are compared. */
struct entry {
	const char *name, *value;
	size_t rank;			/* in its header */
	bool missing;			/* has to be added */
};

static int compare_names(const void *one, const void *two)
{
	const struct entry *a = one, *b = two;
	int ret = strcasecmp(a->name, b->name);

	return ret != 0 ? ret : a->rank < b->rank ? -1 : a->rank > b->rank;
}

static int compare_ranks(const void *one, const void *two)
{
	const struct entry *a = one, *b = two;

	return a->rank < b->rank ? -1 : a->rank > b->rank;
}

/* By name; one more than there are, whose name is NULL. NULL: SEAL_ERR_MEMORY. */
static struct entry *sorted(const struct milter_fields *fields,
			    struct seal_error *err)
{
	const char *text = (const char *)fields->text.data;
	struct entry *entries = calloc(fields->count + 1, sizeof(*entries));
	size_t i;

	if (entries == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	for (i = 0; i < fields->count; i++) {
		entries[i].name = text;
		text += strlen(text) + 1;
		entries[i].value = text;
		text += strlen(text) + 1;
		entries[i].rank = i;
	}
	qsort(entries, fields->count, sizeof(*entries), compare_names);
	return entries;
}

/* How many there are of this name. */
static size_t count_name(const struct entry *entries, const char *name)
{
	size_t count = 0;

	while (entries[count].name != NULL &&
	       strcasecmp(entries[count].name, name) == 0)
		count++;
	return count;
}

/* All fields of one name, of which one header has from_count, the other to_count. */
static int edit_name(const struct entry *from, size_t from_count,
		     struct entry *to, size_t to_count,
		     const struct milter_edit *edit, struct seal_error *err)
{
	size_t i;
	int ret = 0;

	for (i = from_count; ret == 0 && i > to_count; i--)
		ret = edit->change(edit->context, from[i - 1].name, i, NULL,
				   err);
	for (; ret == 0 && i > 0; i--) {
		if (strcmp(from[i - 1].name, to[i - 1].name) != 0 ||
		    strcmp(from[i - 1].value, to[i - 1].value) != 0)
			ret = edit->change(edit->context, to[i - 1].name, i,
					   to[i - 1].value, err);
	}
	for (i = from_count; i < to_count; i++)
		to[i].missing = true;
	return ret;
}

/* The name that comes first in two sorted lists, NULL where both are at their end. */
static const char *next_name(const struct entry *one, const struct entry *two)
{
	if (one->name == NULL || two->name == NULL)
		return one->name == NULL ? two->name : one->name;
	return strcasecmp(one->name, two->name) <= 0 ? one->name : two->name;
}

static int edit_names(const struct entry *from, struct entry *to,
		      const struct milter_edit *edit, struct seal_error *err)
{
	size_t from_count, to_count;
	const char *name;

	while ((name = next_name(from, to)) != NULL) {
		from_count = count_name(from, name);
		to_count = count_name(to, name);
		if (edit_name(from, from_count, to, to_count, edit, err) < 0)
			return -1;
		from += from_count;
		to += to_count;
	}
	return 0;
}

static int add_missing(struct entry *to, size_t count,
		       const struct milter_edit *edit, struct seal_error *err)
{
	size_t i;

	qsort(to, count, sizeof(*to), compare_ranks);
	for (i = 0; i < count; i++) {
		if (to[i].missing && edit->add(edit->context, to[i].name,
					       to[i].value, err) < 0)
			return -1;
	}
	return 0;
}

int milter_fields_edit(const struct milter_fields *from,
		       const struct milter_fields *to,
		       const struct milter_edit *edit, struct seal_error *err)
{
	struct entry *before = sorted(from, err), *after = NULL;
	int ret = -1;

	if (before == NULL)
		goto out;
	after = sorted(to, err);
	if (after == NULL)
		goto out;
	if (edit_names(before, after, edit, err) == 0)
		ret = add_missing(after, to->count, edit, err);
out:
	free(before);
	free(after);
	return ret;
}
