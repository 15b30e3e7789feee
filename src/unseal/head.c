/* SPDX-License-Identifier: MIT */
#include "unseal/head.h"

#include <string.h>
#include <strings.h>
#include "base/error.h"
#include "base/sink.h"
#include "unseal/reply.h"

struct field {
	const char *start;
	size_t len, name_len;	/* name_len 0: an mbox separator */
	bool written;
};

struct fields {
	struct field list[SEAL_HEAD_PROTECTED_MAX];
	size_t count;
};

int seal_head_add(struct seal_head *head, enum seal_entity_part part,
		  const unsigned char *data, size_t len,
		  struct seal_error *err)
{
	struct seal_buf *to;

	if (head->too_long || (part != SEAL_ENTITY_OUTER &&
			       part != SEAL_ENTITY_INNER))
		return 0;
	if (len > SEAL_REPLY_HEADER_MAX - head->outer.len - head->content.len) {
		seal_head_free(head);
		head->too_long = true;
		return 0;
	}
	to = part == SEAL_ENTITY_OUTER ? &head->outer : &head->content;
	return seal_buf_append(to, data, len, err);
}

/* The field at *at, which moves behind it. False: there is none any more. */
static bool next_field(const struct seal_buf *buf, size_t *at,
		       struct field *field)
{
	const char *p, *lf, *end;
	size_t gap;

	if (*at == buf->len)
		return false;
	p = lf = (const char *)buf->data + *at;
	end = (const char *)buf->data + buf->len;
	memset(field, 0, sizeof(*field));
	field->start = p;
	do {
		lf = memchr(lf, '\n', (size_t)(end - lf));
		lf = lf == NULL ? end : lf + 1;
	} while (lf < end && (*lf == ' ' || *lf == '\t'));
	field->len = (size_t)(lf - p);
	*at += field->len;
	while (field->name_len < field->len &&
	       strchr(": \t\r\n", p[field->name_len]) == NULL)
		field->name_len++;
	for (gap = field->name_len; gap < field->len &&
	     (p[gap] == ' ' || p[gap] == '\t'); gap++)
		;
	if (gap == field->len || p[gap] != ':')
		field->name_len = 0;
	return true;
}

bool seal_head_has_fields(const struct seal_head *head)
{
	struct field field;
	size_t at = 0;

	if (next_field(&head->outer, &at, &field))
		return field.name_len > 0;
	return head->content.len > 0;
}

static bool is_named(const struct field *field, const char *name)
{
	return field->name_len == strlen(name) &&
		strncasecmp(field->start, name, field->name_len) == 0;
}

static bool same_name(const struct field *a, const struct field *b)
{
	return a->name_len == b->name_len &&
		strncasecmp(a->start, b->start, a->name_len) == 0;
}

/* Who it is from has been checked of the outer header, by whoever may send as whom. */
static bool stays_inside(const struct field *field)
{
	static const char *const names[] = {
		"Bcc", "Resent-Bcc", "HP-Outer", "From", "Sender"
	};
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (is_named(field, names[i]))
			return true;
	}
	return false;
}

static int collect(const struct seal_head *inner, struct fields *fields,
		   struct seal_error *err)
{
	struct field field;
	size_t at = 0;

	while (next_field(&inner->outer, &at, &field)) {
		if (stays_inside(&field))
			continue;
		if (fields->count == SEAL_HEAD_PROTECTED_MAX)
			return seal_error_set(err, SEAL_ERR_LIMIT,
				"more than %d protected header fields",
				SEAL_HEAD_PROTECTED_MAX);
		fields->list[fields->count++] = field;
	}
	return 0;
}

static int write_field(const struct field *field, const struct seal_sink *sink,
		       struct seal_error *err)
{
	return seal_sink_write(sink, field->start, field->len, err);
}

/* Writes all of that name. 1: there are such, be they written now or before. */
static int replace(struct fields *fields, const struct field *like,
		   const struct seal_sink *sink, struct seal_error *err)
{
	struct field *field = fields->list;
	struct field *end = field + fields->count;
	int ret = 0;

	for (; field < end; field++) {
		if (!same_name(field, like))
			continue;
		ret = 1;
		if (field->written)
			continue;
		field->written = true;
		if (write_field(field, sink, err) < 0)
			return -1;
	}
	return ret;
}

static int write_fields(const struct seal_head *message, struct fields *fields,
			const struct seal_sink *sink, struct seal_error *err)
{
	struct field field;
	size_t at = 0, i;
	int ret;

	while (next_field(&message->outer, &at, &field)) {
		if (is_named(&field, "HP-Outer"))
			continue;
		ret = replace(fields, &field, sink, err);
		if (ret == 0)
			ret = write_field(&field, sink, err);
		if (ret < 0)
			return -1;
	}
	for (i = 0; i < fields->count; i++) {
		if (!fields->list[i].written &&
		    write_field(&fields->list[i], sink, err) < 0)
			return -1;
	}
	return 0;
}

int seal_head_write(const struct seal_head *message,
		    const struct seal_head *inner, bool replacing,
		    const struct seal_sink *sink, struct seal_error *err)
{
	static const char version[] = "MIME-Version: 1.0\r\n";
	struct fields fields;

	fields.count = 0;
	if ((replacing && collect(inner, &fields, err) < 0) ||
	    write_fields(message, &fields, sink, err) < 0 ||
	    seal_sink_write(sink, version, strlen(version), err) < 0 ||
	    seal_sink_write(sink, inner->content.data, inner->content.len,
			    err) < 0)
		return -1;
	return seal_sink_write(sink, "\r\n", 2, err);
}

void seal_head_free(struct seal_head *head)
{
	seal_buf_free(&head->outer);
	seal_buf_free(&head->content);
}
