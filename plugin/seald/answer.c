/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "plugin/seald/answer.h"

#include <openssl/evp.h>
#include "base/error.h"
#include "client/client.h"

static void append(struct seald_answer *answer, const char *data, size_t size)
{
	struct seal_error err;

	if (seal_buf_append(&answer->line, data, size, &err) < 0)
		i_fatal_status(FATAL_OUTOFMEM, "answer: %s", err.text);
}

static void append_escaped(struct seald_answer *answer, const char *value)
{
	struct seal_error err;

	if (seal_client_escape(&answer->line, value, &err) < 0)
		i_fatal_status(FATAL_OUTOFMEM, "answer: %s", err.text);
}

void seald_answer_init(struct seald_answer *answer, const char *id,
		       seald_answer_send_t *send, void *context)
{
	i_zero(answer);
	answer->id = id;
	answer->send = send;
	answer->context = context;
}

void seald_answer_deinit(struct seald_answer *answer)
{
	seal_buf_free(&answer->line);
}

void seald_answer_start(struct seald_answer *answer, const char *kind)
{
	seal_buf_clear(&answer->line);
	append_escaped(answer, answer->id);
	append(answer, "\t", 1);
	append(answer, kind, strlen(kind));
	answer->row = strcmp(kind, "ROW") == 0;
	if (!answer->done)
		answer->failed = strcmp(kind, "FAIL") == 0;
}

static void add_name(struct seald_answer *answer, const char *name)
{
	append(answer, "\t", 1);
	append(answer, name, strlen(name));
	append(answer, "=", 1);
}

void seald_answer_add(struct seald_answer *answer, const char *name,
		      const char *value)
{
	add_name(answer, name);
	if (value != NULL)
		append_escaped(answer, value);
}

void seald_answer_add_number(struct seald_answer *answer, const char *name,
			     int64_t value)
{
	char text[MAX_INT_STRLEN + 1];

	if (i_snprintf(text, sizeof(text), "%" PRId64, value) < 0)
		i_unreached();
	seald_answer_add(answer, name, text);
}

void seald_answer_add_bool(struct seald_answer *answer, const char *name,
			   bool value)
{
	seald_answer_add(answer, name, value ? "yes" : "no");
}

void seald_answer_add_base64(struct seald_answer *answer, const char *name,
			     const void *data, size_t size)
{
	struct seal_error err;
	unsigned char *to;

	/* straight into the line, which wipes itself: Dovecot's base64_encode()
	   would leave copies in a buffer_t that grows */
	i_assert(size < INT_MAX);
	add_name(answer, name);
	to = seal_buf_reserve(&answer->line, (size + 2) / 3 * 4 + 1, &err);
	if (to == NULL)
		i_fatal_status(FATAL_OUTOFMEM, "answer: %s", err.text);
	answer->line.len += EVP_EncodeBlock(to, data, (int)size);
}

void seald_answer_end(struct seald_answer *answer)
{
	struct seal_error err;

	if (answer->done)
		return;
	append(answer, "\n", 1);
	if (answer->line.len > SEAL_CLIENT_LINE_MAX) {
		(void)seal_error_set(&err, SEAL_ERR_LIMIT,
				     "the answer is longer than a line may be");
		seald_answer_fail(answer, &err);
		return;
	}
	answer->send(answer->line.data, answer->line.len, answer->context);
	seal_buf_clear(&answer->line);
	answer->done = !answer->row;
}

void seald_answer_ok(struct seald_answer *answer)
{
	seald_answer_start(answer, "OK");
	seald_answer_end(answer);
}

void seald_answer_fail(struct seald_answer *answer,
		       const struct seal_error *err)
{
	seald_answer_start(answer, "FAIL");
	seald_answer_add(answer, "code", seal_error_code_name(err->code));
	seald_answer_add(answer, "text", err->text);
	seald_answer_end(answer);
}
