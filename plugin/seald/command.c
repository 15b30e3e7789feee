/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "str-sanitize.h"
#include "plugin/seald/command.h"

#include "base/buf.h"
#include "base/error.h"
#include "plugin/seald/answer.h"
#include "plugin/seald/keeper.h"

static const struct seald_command commands[] = {
	{ .name = "SEAL", .listener = SEALD_LISTENER_SEAL, .func = cmd_seal,
	  .required = "user cipher", .optional = "names sign" },
	{ .name = "SIGN", .listener = SEALD_LISTENER_SIGN, .func = cmd_sign,
	  .required = "user profile address digest", .optional = "replies" },
	{ .name = "OPEN", .listener = SEALD_LISTENER_OPEN, .func = cmd_open,
	  .required = "user recipients to length" },
	{ .name = "IMPORT", .listener = SEALD_LISTENER_ADMIN,
	  .func = cmd_import, .required = "user pem", .optional = "label",
	  .changes = TRUE },
	{ .name = "CREATE", .listener = SEALD_LISTENER_ADMIN,
	  .func = cmd_create, .required = "user addresses",
	  .optional = "days label nonce", .changes = TRUE,
	  .portal = "" },
	{ .name = "ISSUE", .listener = SEALD_LISTENER_ADMIN,
	  .func = cmd_issue, .required = "user id chain request",
	  .changes = TRUE,
	  .portal = "" },
	{ .name = "PROVE", .listener = SEALD_LISTENER_ADMIN,
	  .func = cmd_prove, .required = "user id from to",
	  .optional = "cipher", .changes = TRUE,
	  .portal = "" },
	{ .name = "LIST", .listener = SEALD_LISTENER_ADMIN, .func = cmd_list,
	  .optional = "user", .walks = TRUE,
	  .portal = "user" },
	{ .name = "SHOW", .listener = SEALD_LISTENER_ADMIN, .func = cmd_show,
	  .required = "user id",
	  .portal = "" },
	{ .name = "EXPORT", .listener = SEALD_LISTENER_ADMIN,
	  .func = cmd_export, .required = "user id",
	  .portal = "" },
	{ .name = "ACTIVATE", .listener = SEALD_LISTENER_ADMIN,
	  .func = cmd_activate, .required = "user id", .optional = "code",
	  .changes = TRUE,
	  .portal = "code" },
	{ .name = "DEACTIVATE", .listener = SEALD_LISTENER_ADMIN,
	  .func = cmd_deactivate, .required = "user", .optional = "id",
	  .changes = TRUE,
	  .portal = "id" },
	{ .name = "DELETE", .listener = SEALD_LISTENER_ADMIN,
	  .func = cmd_delete, .required = "user id", .changes = TRUE,
	  .portal = "" },
	{ .name = "SET", .listener = SEALD_LISTENER_ADMIN, .func = cmd_set,
	  .required = "user id", .optional = "*", .changes = TRUE },
	{ .name = "USER-SHOW", .listener = SEALD_LISTENER_ADMIN,
	  .func = cmd_user_show, .required = "user",
	  .portal = "" },
	{ .name = "USER-SET", .listener = SEALD_LISTENER_ADMIN,
	  .func = cmd_user_set, .required = "user kill_switch",
	  .changes = TRUE,
	  .portal = "" },
	{ .name = "KEY-ROTATE", .listener = SEALD_LISTENER_ADMIN,
	  .func = cmd_key_rotate, .required = "key", .changes = TRUE },
	{ .name = "STORE-CHECK", .listener = SEALD_LISTENER_ADMIN,
	  .func = cmd_store_check, .walks = TRUE },
	{ .name = "STORE-COPY", .listener = SEALD_LISTENER_ADMIN,
	  .func = cmd_store_copy, .required = "dir", .walks = TRUE },
	{ .name = "STORE-COMPACT", .listener = SEALD_LISTENER_ADMIN,
	  .func = cmd_store_compact, .changes = TRUE },
};

static bool words_have(const char *words, const char *word)
{
	return words != NULL &&
		str_array_find(t_strsplit_spaces(words, " "), word);
}

static const char *args_get(const char *const *args, const char *name)
{
	size_t len = strlen(name);

	for (; *args != NULL; args++) {
		if (strncmp(*args, name, len) == 0 && (*args)[len] == '=')
			return *args + len + 1;
	}
	return NULL;
}

static int check_required(const struct seald_command *command,
			  const char *required, const char *const *args,
			  struct seal_error *err)
{
	const char *const *name, *value;

	if (required == NULL)
		return 0;
	name = t_strsplit_spaces(required, " ");
	for (; *name != NULL; name++) {
		value = args_get(args, *name);
		if (value == NULL || *value == '\0')
			return seal_error_set(err, SEAL_ERR_INPUT,
				"%s: %s= is missing", command->name, *name);
	}
	return 0;
}

static int check_known(const struct seald_command *command,
		       const char *const *args, struct seal_error *err)
{
	const char *const *arg, *name;

	for (arg = args; *arg != NULL; arg++) {
		name = t_strcut(*arg, '=');
		if (strlen(name) == strlen(*arg))
			return seal_error_set(err, SEAL_ERR_INPUT,
				"%s: an argument has no value: %s",
				command->name, str_sanitize(*arg, 64));
		if (args_get(args, name) != *arg + strlen(name) + 1)
			return seal_error_set(err, SEAL_ERR_INPUT,
				"%s: %s= is there twice", command->name,
				str_sanitize(name, 64));
		if (!words_have(command->required, name) &&
		    !words_have(command->optional, name) &&
		    !words_have(command->optional, "*"))
			return seal_error_set(err, SEAL_ERR_INPUT,
				"%s: unknown argument %s=", command->name,
				str_sanitize(name, 64));
	}
	return 0;
}

static bool listener_has(enum seald_listener listener,
			 const struct seald_command *command)
{
	return listener == SEALD_LISTENER_PORTAL ? command->portal != NULL :
		command->listener == listener;
}

const struct seald_command *
seald_command_find(enum seald_listener listener, const char *name,
		   const char *const *args, struct seal_error *err)
{
	const struct seald_command *command = NULL;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(commands) && command == NULL; i++) {
		if (listener_has(listener, &commands[i]) &&
		    strcmp(commands[i].name, name) == 0)
			command = &commands[i];
	}
	if (command == NULL) {
		(void)seal_error_set(err, SEAL_ERR_INPUT,
				     "unknown command: %s",
				     str_sanitize(name, 64));
		return NULL;
	}
	if (check_required(command, command->required, args, err) < 0 ||
	    (listener == SEALD_LISTENER_PORTAL &&
	     check_required(command, command->portal, args, err) < 0) ||
	    check_known(command, args, err) < 0)
		return NULL;
	return command;
}

/* "COMMAND user=U id=I", as far as it has them: nothing secret is in these */
static const char *describe(const struct seald_request *request)
{
	static const char *const names[] = { "user", "id", "kill_switch", "dir" };
	const char *text = request->command->name, *value;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(names); i++) {
		value = seald_request_get(request, names[i]);
		if (value != NULL)
			text = t_strdup_printf("%s %s=%s", text, names[i],
					       str_sanitize(value, 256));
	}
	return text;
}

/* An administrator reads on the spot why a command was refused; nobody is
 * there when a delivery's question fails, or when the store is at fault. */
static void log_failure(const struct seald_request *request,
			const struct seal_error *err, struct event *event)
{
	switch (err->code) {
	case SEAL_ERR_INPUT:
	case SEAL_ERR_REFUSED:
	case SEAL_ERR_NOTFOUND:
	case SEAL_ERR_LIMIT:
		if (request->command->listener != SEALD_LISTENER_ADMIN)
			e_warning(event, "%s failed: %s", describe(request),
				  err->text);
		break;
	default:
		e_error(event, "%s failed: %s", describe(request), err->text);
	}
}

void seald_command_run(struct seald_request *request, struct event *event)
{
	struct seald_answer *answer = request->answer;
	struct seal_error err = { .code = SEAL_ERR_NONE };
	const char *user;
	int ret;

	ret = request->command->func(request, &err);
	if (request->command->changes &&
	    (user = seald_request_get(request, "user")) != NULL)
		seald_keeper_forget(user);
	if (ret < 0) {
		seald_keeper_failed(&err);
		log_failure(request, &err, event);
		seald_answer_fail(answer, &err);
	} else if (request->command->changes && !answer->failed) {
		e_info(event, "%s: done%s%s", describe(request),
		       request->made == NULL ? "" : ", id=",
		       request->made == NULL ? "" : request->made);
	}
	i_assert(answer->done);
}

const char *seald_request_get(const struct seald_request *request,
			      const char *name)
{
	return args_get(request->args, name);
}

int seald_request_get_bool(const struct seald_request *request,
			   const char *name, bool *value_r,
			   struct seal_error *err)
{
	const char *value = seald_request_get(request, name);

	*value_r = null_strcmp(value, "yes") == 0;
	if (!*value_r && null_strcmp(value, "no") != 0)
		return seal_error_set(err, SEAL_ERR_INPUT,
				      "%s is yes or no", name);
	return 0;
}

int seald_request_get_base64(const struct seald_request *request,
			     const char *name, struct seal_buf *out,
			     struct seal_error *err)
{
	const char *text = seald_request_get(request, name);
	int ret = seal_buf_append_base64(out, text, strlen(text), err);

	if (ret == 0)
		ret = seal_error_set(err, SEAL_ERR_INPUT, "%s= is not base64",
				     name);
	return ret < 0 ? -1 : 0;
}
