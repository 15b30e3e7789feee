/* SPDX-License-Identifier: MIT */
#include "milter/release.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include "base/buf.h"
#include "base/error.h"
#include "base/sink.h"
#include "message/header.h"
#include "milter/fields.h"
#include "milter/mail.h"

/* A packet of the milter protocol has 65535 bytes at most. */
#define BODY_PIECE (60 * 1024)

struct release {
	SMFICTX *ctx;
	const struct milter_fields *before;
	struct milter_fields after;
	struct seal_buf field;		/* the one that is coming */
	struct seal_buf body;
	bool replaced;			/* some of the body */
	struct seal_header *header;
};

static int check(int ret, const char *what, struct seal_error *err)
{
	return ret == MI_SUCCESS ? 0 : seal_error_set(err, SEAL_ERR_IO,
		"the mail server did not take the opened message (%s)", what);
}

/* A mail server takes a value of nothing for "delete it". */
static char *value_for_server(const char *value)
{
	return (char *)(*value == '\0' ? " " : value);
}

static int change_field(void *context, const char *name, size_t index,
			const char *value, struct seal_error *err)
{
	const struct release *release = context;

	return check(smfi_chgheader(release->ctx, (char *)name, (int)index,
				    value == NULL ? NULL :
				    value_for_server(value)),
		     "smfi_chgheader", err);
}

static int add_field(void *context, const char *name, const char *value,
		     struct seal_error *err)
{
	const struct release *release = context;

	return check(smfi_addheader(release->ctx, (char *)name,
				    value_for_server(value)),
		     "smfi_addheader", err);
}

/* The field that came last is complete: "name:value", line end. */
static int field_done(struct release *release, struct seal_error *err)
{
	struct seal_buf *field = &release->field;
	char *name, *colon;
	int ret;

	if (field->len == 0)
		return 0;
	if (memchr(field->data, '\0', field->len) != NULL)
		return seal_error_set(err, SEAL_ERR_REFUSED, "A header field "
			"of the encrypted message has a NUL byte in it");
	while (field->len > 0 && (field->data[field->len - 1] == '\n' ||
				  field->data[field->len - 1] == '\r'))
		field->len--;
	if (seal_buf_append(field, "", 1, err) < 0)
		return -1;
	name = (char *)field->data;
	colon = strchr(name, ':');
	colon[0] = '\0';
	name[strcspn(name, " \t")] = '\0';
	/* a mail server removes it before it asks a milter, and not again */
	ret = strcasecmp(name, "Bcc") == 0 ||
		strcasecmp(name, "Resent-Bcc") == 0 ? 0 :
		milter_fields_add(&release->after, name, colon + 1, err);
	seal_buf_clear(field);
	return ret;
}

static int header_field(void *context, const char *name, size_t name_len,
			struct seal_error *err)
{
	(void)name;
	if (name_len == 0)
		return seal_error_set(err, SEAL_ERR_INPUT, "the opened message "
				      "begins with a line that is no field");
	return field_done(context, err);
}

static int header_piece(void *context, const unsigned char *data, size_t len,
			struct seal_error *err)
{
	struct release *release = context;

	return seal_buf_append(&release->field, data, len, err);
}

static int header_end(void *context, const char *blank_line,
		      struct seal_error *err)
{
	struct release *release = context;
	const struct milter_edit edit = {
		.change = change_field, .add = add_field, .context = release
	};

	if (*blank_line == '\0')
		return seal_error_set(err, SEAL_ERR_INPUT, "there is no blank "
				      "line in the opened message");
	if (field_done(release, err) < 0)
		return -1;
	return milter_fields_edit(release->before, &release->after, &edit, err);
}

static int replace_body(struct release *release, struct seal_error *err)
{
	int ret = smfi_replacebody(release->ctx, release->body.data,
				   (int)release->body.len);

	seal_buf_clear(&release->body);
	release->replaced = true;
	return check(ret, "smfi_replacebody", err);
}

static int header_rest(void *context, const unsigned char *data, size_t len,
		       struct seal_error *err)
{
	struct release *release = context;
	size_t room;

	while (len > 0) {
		room = BODY_PIECE - release->body.len;
		if (room > len)
			room = len;
		if (seal_buf_append(&release->body, data, room, err) < 0)
			return -1;
		data += room;
		len -= room;
		if (release->body.len == BODY_PIECE &&
		    replace_body(release, err) < 0)
			return -1;
	}
	return 0;
}

static int write_opened(void *context, const unsigned char *data, size_t len,
			struct seal_error *err)
{
	struct release *release = context;

	return seal_header_more(release->header, data, len, err);
}

int milter_release(SMFICTX *ctx, struct milter_mail *mail,
		   struct seal_error *err)
{
	static const struct seal_header_handler handler = {
		.field = header_field, .piece = header_piece,
		.end = header_end, .rest = header_rest
	};
	struct release release = {
		.ctx = ctx, .before = milter_mail_fields(mail)
	};
	const struct seal_sink sink = {
		.write = write_opened, .context = &release
	};
	int ret = -1;

	release.header = seal_header_new(&handler, &release, err);
	if (release.header == NULL)
		return -1;
	if (milter_mail_open(mail, &sink, err) < 0 ||
	    seal_header_finish(release.header, err) < 0)
		goto out;
	/* an empty body replaces one, too */
	if (release.body.len > 0 || !release.replaced)
		ret = replace_body(&release, err);
	else
		ret = 0;
out:
	seal_header_free(&release.header);
	milter_fields_free(&release.after);
	seal_buf_free(&release.field);
	seal_buf_free(&release.body);
	return ret;
}
