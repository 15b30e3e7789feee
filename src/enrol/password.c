/* SPDX-License-Identifier: MIT */
#include "enrol/enrol.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include <openssl/ui.h>

#define TYPED_SIZE 512

/* What is not on the command line is asked for, the password without echo. The
 * terminal is put right again, after Ctrl-C, too. 0 or -1 */
static int ask(const char *server, char user[TYPED_SIZE],
	       char password[TYPED_SIZE])
{
	char prompt[400];
	UI *ui = UI_new();
	int ret = -1;

	(void)snprintf(prompt, sizeof(prompt), "Password at %.300s: ", server);
	if (ui != NULL &&
	    (user == NULL ||
	     UI_add_input_string(ui, "User name: ", UI_INPUT_FLAG_ECHO, user,
				 1, TYPED_SIZE - 1) >= 0) &&
	    UI_add_input_string(ui, prompt, 0, password, 1,
				TYPED_SIZE - 1) >= 0)
		ret = UI_process(ui) == 0 ? 0 : -1;
	UI_free(ui);
	return ret;
}

static int type_in(const struct enrol_args *args, struct seal_buf *user,
		   struct seal_buf *password, struct seal_error *err)
{
	char name[TYPED_SIZE] = "", typed[TYPED_SIZE] = "";
	int ret;

	if (!isatty(STDIN_FILENO))
		return seal_error_set(err, SEAL_ERR_INPUT, "there is no "
			"terminal to ask on; give --user, and the password in "
			"a file with --password-file");
	if (ask(args->server, args->user == NULL ? name : NULL, typed) < 0)
		ret = seal_error_set(err, SEAL_ERR_INPUT, "no password was "
				     "typed");
	else
		ret = seal_buf_append(password, typed, strlen(typed), err);
	if (ret == 0 && args->user == NULL)
		ret = seal_buf_append(user, name, strlen(name), err);
	OPENSSL_cleanse(typed, sizeof(typed));
	return ret;
}

int enrol_password_read(const struct enrol_args *args, struct seal_buf *user,
			struct seal_buf *password, struct seal_error *err)
{
	int ret;

	if (args->user != NULL &&
	    seal_buf_append(user, args->user, strlen(args->user), err) < 0)
		return -1;
	if (args->password_file == NULL)
		ret = type_in(args, user, password, err);
	else if (args->user == NULL)
		ret = seal_error_set(err, SEAL_ERR_INPUT, "--user is missing: "
				     "whose password is it?");
	else
		ret = enrol_secret_read("password", args->password_file,
					password, err);
	if (ret < 0)
		return -1;
	if (password->len == 0)
		return seal_error_set(err, SEAL_ERR_INPUT,
				      "the password is empty");
	/* RFC 7617 section 2 */
	if (memchr(user->data, ':', user->len) != NULL)
		return seal_error_set(err, SEAL_ERR_INPUT, "a user name with a "
			"colon in it cannot be sent");
	return seal_buf_append(user, "", 1, err) < 0 ? -1 :
		seal_buf_append(password, "", 1, err);
}
