/* SPDX-License-Identifier: MIT */
#include "message/entity.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/buf.h"
#include "base/error.h"
#include "message/header.h"

#define VALUE_MAX 4096

/* A value that is read along while its field passes. */
struct value {
	const char *name;
	struct seal_buf buf;
	unsigned int fields;	/* how often it occurred */
	bool too_long;
};

struct seal_entity {
	struct seal_entity_handler handler;
	void *context;
	struct seal_header *header;
	enum seal_entity_part part;
	struct value type, transfer_encoding;
	struct value *value;	/* of the present field, or NULL */
	bool in_name;		/* the colon is still to come */
	bool after_cr;		/* a CR is held: part of a line end? */
};

static bool is_name(const char *name, size_t len, const char *wanted)
{
	return len == strlen(wanted) && strncasecmp(name, wanted, len) == 0;
}

static enum seal_entity_part find_part(const char *name, size_t len)
{
	static const char content[] = "Content-";

	if (len >= sizeof(content) - 1 &&
	    strncasecmp(name, content, sizeof(content) - 1) == 0)
		return SEAL_ENTITY_INNER;
	if (is_name(name, len, "MIME-Version"))
		return SEAL_ENTITY_VERSION;
	if (is_name(name, len, "X-Mail-Seal"))
		return SEAL_ENTITY_MARK;
	return SEAL_ENTITY_OUTER;
}

static int header_field(void *context, const char *name, size_t name_len,
			struct seal_error *err)
{
	struct seal_entity *entity = context;

	(void)err;
	entity->part = find_part(name, name_len);
	entity->value = NULL;
	if (is_name(name, name_len, entity->type.name))
		entity->value = &entity->type;
	else if (is_name(name, name_len, entity->transfer_encoding.name))
		entity->value = &entity->transfer_encoding;
	if (entity->value != NULL)
		entity->value->fields++;
	entity->in_name = true;
	entity->after_cr = false;
	return 0;
}

static int keep(struct value *value, char c, struct seal_error *err)
{
	if (value->fields > 1 || value->too_long)
		return 0;
	if (value->buf.len == VALUE_MAX) {
		value->too_long = true;
		return 0;
	}
	if (c == '\0')
		c = '?';
	return seal_buf_append(&value->buf, &c, 1, err);
}

static int keep_unfolded(struct seal_entity *entity, const unsigned char *data,
			 size_t len, struct seal_error *err)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (entity->in_name) {
			entity->in_name = data[i] != ':';
			continue;
		}
		/* a CR is a line end's only where an LF follows */
		if (entity->after_cr && data[i] != '\n' &&
		    keep(entity->value, '\r', err) < 0)
			return -1;
		entity->after_cr = data[i] == '\r';
		if (data[i] != '\r' && data[i] != '\n' &&
		    keep(entity->value, (char)data[i], err) < 0)
			return -1;
	}
	return 0;
}

static int header_piece(void *context, const unsigned char *data, size_t len,
			struct seal_error *err)
{
	struct seal_entity *entity = context;

	if (entity->value != NULL &&
	    keep_unfolded(entity, data, len, err) < 0)
		return -1;
	return entity->handler.field(entity->context, entity->part, data, len,
				     err);
}

/* The value as a string, or *value_r = NULL where it says nothing. */
static int take_value(struct value *value, const char **value_r,
		      struct seal_error *err)
{
	*value_r = NULL;
	if (value->fields != 1 || value->too_long)
		return 0;
	if (seal_buf_append(&value->buf, "", 1, err) < 0)
		return -1;
	*value_r = (const char *)value->buf.data;
	return 0;
}

static int header_end(void *context, const char *blank_line,
		      struct seal_error *err)
{
	struct seal_entity *entity = context;
	struct seal_content content;

	if (take_value(&entity->type, &content.type, err) < 0 ||
	    take_value(&entity->transfer_encoding, &content.transfer_encoding,
		       err) < 0)
		return -1;
	return entity->handler.head(entity->context, &content, blank_line,
				    err);
}

static int header_rest(void *context, const unsigned char *data, size_t len,
		       struct seal_error *err)
{
	struct seal_entity *entity = context;

	return entity->handler.body(entity->context, data, len, err);
}

struct seal_entity *seal_entity_new(const struct seal_entity_handler *handler,
				    void *context, struct seal_error *err)
{
	static const struct seal_header_handler header_handler = {
		header_field, header_piece, header_end, header_rest
	};
	struct seal_entity *entity = calloc(1, sizeof(*entity));

	if (entity == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	entity->handler = *handler;
	entity->context = context;
	entity->type.name = "Content-Type";
	entity->transfer_encoding.name = "Content-Transfer-Encoding";
	entity->header = seal_header_new(&header_handler, entity, err);
	if (entity->header == NULL)
		seal_entity_free(&entity);
	return entity;
}

int seal_entity_more(struct seal_entity *entity, const unsigned char *data,
		     size_t len, struct seal_error *err)
{
	return seal_header_more(entity->header, data, len, err);
}

int seal_entity_finish(struct seal_entity *entity, struct seal_error *err)
{
	return seal_header_finish(entity->header, err);
}

void seal_entity_free(struct seal_entity **entity)
{
	if (*entity == NULL)
		return;
	seal_header_free(&(*entity)->header);
	seal_buf_free(&(*entity)->type.buf);
	seal_buf_free(&(*entity)->transfer_encoding.buf);
	free(*entity);
	*entity = NULL;
}
