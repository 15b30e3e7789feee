/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "array.h"
#include "base64.h"
#include "str.h"
#include "plugin/portal/ask.h"
#include "plugin/portal/exchange.h"

#include "base/error.h"

/* The portal waits for the answer, and everybody with it: seald is on this machine,
 * and answers in milliseconds or is in trouble. */
#define TIMEOUT_MSECS (5 * 1000)

static const char *ask_path;

void portal_ask_init(const char *path)
{
	ask_path = path;
}

static void answer_unavailable(struct portal_exchange *exchange,
			       const char *command, const char *reason)
{
	i_error("%s user=%s: %s", command, exchange->user, reason);
	portal_answer_failure(exchange, 503, "unavailable", "The service is not "
		"available. Nothing was changed; try again later.");
}

/* What the user did is said to them; what the server did is not theirs to mend. */
static void answer_fail(struct portal_exchange *exchange, const char *command,
			const struct seal_answer *answer)
{
	static const struct {
		enum seal_error_code code;
		unsigned int status;
		const char *name;
	} told[] = {
		{ SEAL_ERR_INPUT, 400, "input" },
		{ SEAL_ERR_NOTFOUND, 404, "notfound" },
		{ SEAL_ERR_REFUSED, 409, "refused" },
		{ SEAL_ERR_LIMIT, 409, "limit" }
	};
	const char *code = seal_answer_get(answer, "code");
	const char *text = seal_answer_get(answer, "text");
	unsigned int i;

	if (text == NULL)
		text = "no reason given";
	for (i = 0; code != NULL && i < N_ELEMENTS(told); i++) {
		if (strcmp(code, seal_error_code_name(told[i].code)) == 0) {
			portal_answer_failure(exchange, told[i].status,
					      told[i].name, text);
			return;
		}
	}
	answer_unavailable(exchange, command, text);
}

/* COMMAND user= [id=] args */
static const char *const *
make_question(const struct portal_exchange *exchange, const char *command,
	      const char *const *args)
{
	ARRAY_TYPE(const_string) question;
	const char *arg;

	t_array_init(&question, 8);
	array_push_back(&question, &command);
	arg = portal_arg("user", exchange->user);
	array_push_back(&question, &arg);
	if (exchange->id != NULL) {
		arg = portal_arg("id", exchange->id);
		array_push_back(&question, &arg);
	}
	for (; args != NULL && *args != NULL; args++)
		array_push_back(&question, args);
	array_append_zero(&question);
	return array_front(&question);
}

int portal_ask(struct portal_exchange *exchange, const char *command,
	       const char *const *args,
	       int (*row)(void *context, const struct seal_answer *row,
			  struct seal_error *err),
	       void *context, struct seal_answer *answer_r)
{
	struct seal_client *client;
	struct seal_error err;
	int ret = -1;

	i_assert(exchange->user != NULL);
	/* a connection of its own: a kept one may make a question be asked
	   twice */
	client = seal_client_new(ask_path, TIMEOUT_MSECS, &err);
	if (client != NULL)
		ret = seal_client_ask(client,
				      make_question(exchange, command, args),
				      row, context, answer_r, &err);
	if (ret < 0) {
		answer_unavailable(exchange, command, err.text);
	} else if (answer_r->kind != SEAL_ANSWER_OK) {
		answer_fail(exchange, command, answer_r);
		ret = -1;
	}
	seal_client_free(&client);
	return ret;
}

int portal_ask_done(struct portal_exchange *exchange, const char *command,
		    const char *const *args)
{
	struct seal_answer answer = SEAL_ANSWER_INIT;
	int ret = portal_ask(exchange, command, args, NULL, NULL, &answer);

	seal_answer_free(&answer);
	return ret;
}

const char *portal_arg(const char *name, const char *value)
{
	return t_strconcat(name, "=", value, NULL);
}

const char *portal_arg_base64(const char *name, const void *data, size_t size)
{
	string_t *arg = t_str_new(MAX_BASE64_ENCODED_SIZE(size) + 64);

	str_append(arg, name);
	str_append_c(arg, '=');
	base64_encode(data, size, arg);
	return str_c(arg);
}

int portal_value_base64(struct portal_exchange *exchange,
			const struct seal_answer *answer, const char *name,
			struct seal_buf *out)
{
	struct seal_error err;

	if (seal_answer_get_base64(answer, name, out, &err) > 0 && out->len > 0)
		return 0;
	answer_unavailable(exchange, "seald's answer", name);
	return -1;
}
