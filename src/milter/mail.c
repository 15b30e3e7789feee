/* SPDX-License-Identifier: MIT */
#include "milter/mail.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/buf.h"
#include "base/error.h"
#include "milter/fields.h"
#include "milter/options.h"
#include "milter/spool.h"
#include "unseal/ask.h"
#include "unseal/reply.h"

struct milter_mail {
	const struct milter_options *options;
	char *user;
	struct seal_buf to;		/* addresses, each with its NUL */
	size_t to_count;
	struct milter_fields fields;
	bool candidate;			/* by a Content-Type */
	bool overlong;			/* the header; fields are not all of it */
	struct milter_spool *spool;	/* once the header is complete */
	const char **to_list;		/* into to, for the asker */
	struct seal_reply_asker asker;
	struct seal_reply *reply;
};

struct milter_mail *milter_mail_new(const char *user,
				    const struct milter_options *options,
				    struct seal_error *err)
{
	struct milter_mail *mail = calloc(1, sizeof(*mail));
	size_t size = strlen(user) + 1;

	if (mail != NULL)
		mail->user = malloc(size);
	if (mail == NULL || mail->user == NULL) {
		(void)seal_error_memory(err);
		milter_mail_free(&mail);
		return NULL;
	}
	memcpy(mail->user, user, size);
	mail->options = options;
	return mail;
}

int milter_mail_to(struct milter_mail *mail, const char *path,
		   struct seal_error *err)
{
	const char *begin = strchr(path, '<'), *end = strrchr(path, '>');

	begin = begin == NULL ? path : begin + 1;
	if (end == NULL || end < begin)
		end = begin + strlen(begin);
	if (seal_buf_append(&mail->to, begin, (size_t)(end - begin), err) < 0 ||
	    seal_buf_append(&mail->to, "", 1, err) < 0)
		return -1;
	mail->to_count++;
	return 0;
}

/* 1 if a message with this Content-Type, folded as it is, may be opened. */
static int is_candidate(const char *value, struct seal_error *err)
{
	struct seal_buf unfolded = SEAL_BUF_INIT;
	size_t len;
	int ret = 0;

	for (; ret == 0 && *value != '\0'; value += len) {
		len = strcspn(value, "\r\n");
		ret = seal_buf_append(&unfolded, value, len, err);
		len += strspn(value + len, "\r\n");
	}
	if (ret == 0 && seal_buf_append(&unfolded, "", 1, err) == 0)
		ret = seal_reply_is_candidate((char *)unfolded.data) ? 1 : 0;
	else
		ret = -1;
	seal_buf_free(&unfolded);
	return ret;
}

int milter_mail_field(struct milter_mail *mail, const char *name,
		      const char *value, struct seal_error *err)
{
	int ret;

	if (strcasecmp(name, "Content-Type") == 0) {
		ret = is_candidate(value, err);
		if (ret < 0)
			return -1;
		if (ret > 0)
			mail->candidate = true;
	}
	/* a message that is none of ours may have as much header as it likes */
	if (mail->fields.text.len + strlen(name) + strlen(value) >
	    SEAL_REPLY_HEADER_MAX)
		mail->overlong = true;
	return mail->overlong ? 0 :
		milter_fields_add(&mail->fields, name, value, err);
}

int milter_mail_header_end(struct milter_mail *mail, struct seal_error *err)
{
	struct seal_buf header = SEAL_BUF_INIT;
	int ret = -1;

	if (!mail->candidate)
		return 0;
	if (mail->overlong)
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"The header of the encrypted message is longer than "
			"%d kB", SEAL_REPLY_HEADER_MAX / 1024);
	mail->spool = milter_spool_new(mail->options->max_size, err);
	if (mail->spool != NULL &&
	    milter_fields_write(&mail->fields, &header, err) == 0 &&
	    seal_buf_append(&header, "\r\n", 2, err) == 0 &&
	    milter_spool_add(mail->spool, header.data, header.len, err) == 0)
		ret = 1;
	seal_buf_free(&header);
	return ret;
}

int milter_mail_body(struct milter_mail *mail, const unsigned char *data,
		     size_t len, struct seal_error *err)
{
	return milter_spool_add(mail->spool, data, len, err);
}

/* Everything that the reply needs until it is freed. */
static int prepare(struct milter_mail *mail, struct seal_client *client,
		   struct seal_error *err)
{
	const struct seal_reply_order order = {
		.ask = seal_reply_ask_seald,
		.context = &mail->asker,
		.reject_unsigned = mail->options->reject_unsigned
	};
	const char *to = (const char *)mail->to.data;
	size_t i;

	mail->to_list = calloc(mail->to_count + 1, sizeof(*mail->to_list));
	if (mail->to_list == NULL)
		return seal_error_memory(err);
	for (i = 0; i < mail->to_count; i++) {
		mail->to_list[i] = to;
		to += strlen(to) + 1;
	}
	mail->asker.client = client;
	mail->asker.user = mail->user;
	mail->asker.to = mail->to_list;
	mail->reply = seal_reply_new(&order, err);
	return mail->reply == NULL ? -1 : 0;
}

static int more(void *context, const unsigned char *data, size_t len,
		struct seal_error *err)
{
	return seal_reply_more(context, data, len, err);
}

/* One run. */
static int run(struct milter_mail *mail, const struct seal_sink *sink,
	       enum seal_reply_verdict *verdict_r, struct seal_error *err)
{
	if (seal_reply_begin(mail->reply, sink, err) < 0 ||
	    milter_spool_read(mail->spool, more, mail->reply, err) < 0)
		return -1;
	return seal_reply_finish(mail->reply, verdict_r, err);
}

int milter_mail_judge(struct milter_mail *mail, struct seal_client *client,
		      struct seal_error *err)
{
	enum seal_reply_verdict verdict;

	if (prepare(mail, client, err) < 0 ||
	    run(mail, NULL, &verdict, err) < 0)
		return -1;
	switch (verdict) {
	case SEAL_REPLY_PASS:
		return 0;
	case SEAL_REPLY_OPENED:
		return 1;
	case SEAL_REPLY_REFUSED:
		break;
	}
	return -1;
}

int milter_mail_open(struct milter_mail *mail, const struct seal_sink *sink,
		     struct seal_error *err)
{
	enum seal_reply_verdict verdict;

	if (run(mail, sink, &verdict, err) < 0)
		return -1;
	if (verdict != SEAL_REPLY_OPENED)
		return seal_error_set(err, SEAL_ERR_IO,
				      "the temporary file has changed");
	return 0;
}

const char *milter_mail_user(const struct milter_mail *mail)
{
	return mail->user;
}

size_t milter_mail_to_count(const struct milter_mail *mail)
{
	return mail->to_count;
}

const struct milter_fields *milter_mail_fields(const struct milter_mail *mail)
{
	return &mail->fields;
}

uint64_t milter_mail_size(const struct milter_mail *mail)
{
	return seal_reply_size(mail->reply);
}

bool milter_mail_signed(const struct milter_mail *mail)
{
	return seal_reply_signed(mail->reply);
}

void milter_mail_free(struct milter_mail **_mail)
{
	struct milter_mail *mail = *_mail;

	*_mail = NULL;
	if (mail == NULL)
		return;
	seal_reply_free(&mail->reply);
	free(mail->to_list);
	milter_spool_free(&mail->spool);
	milter_fields_free(&mail->fields);
	seal_buf_free(&mail->to);
	free(mail->user);
	free(mail);
}
