/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "time-util.h"
#include "plugin/doveadm/seal-cmd.h"
#include "plugin/settings/compat.h"
#include "plugin/settings/settings.h"

#include "base/error.h"

/* Nothing is retried, and store copy and compact take their time. */
#define ASK_TIMEOUT_MSECS (10 * 60 * 1000)

static void missing(struct doveadm_cmd_context *cctx, const char *name)
{
	/* help_ver2() ends the process, which may be doveadm-server's */
	if (cctx->conn_type == DOVEADM_CONNECTION_TYPE_CLI)
		help_ver2(cctx->cmd);
	i_error("%s: parameter %s is missing", cctx->cmd->name, name);
	doveadm_exit_code = EX_USAGE;
}

const char *seal_cmd_required(struct doveadm_cmd_context *cctx,
			      const char *name)
{
	const char *value;

	if (doveadm_cmd_param_str(cctx, name, &value))
		return value;
	missing(cctx, name);
	return NULL;
}

int seal_cmd_required_file(struct doveadm_cmd_context *cctx, const char *name)
{
	struct istream *input;

	if (doveadm_cmd_param_istream(cctx, name, &input))
		return 0;
	missing(cctx, name);
	return -1;
}

/*
 * The user
 */

void seal_cmd_user_unknown(const struct seal_cmd_user *user)
{
	i_error("The userdb knows no user %s, so no delivery uses this name. "
		"Check it with: doveadm user %s", user->name, user->name);
	doveadm_exit_code = EX_NOUSER;
}

int seal_cmd_user_find(const char *name, enum seal_cmd_user_rule rule,
		       struct seal_cmd_user *user_r)
{
	struct auth_master_connection *conn;
	struct auth_user_info info;
	const char *canonical, *const *fields;
	pool_t pool;
	int ret;

	compat_auth_user_info_init(&info, "doveadm");
	pool = pool_alloconly_create("seal user", 1024);
	conn = auth_master_init(doveadm_settings->auth_socket_path,
				doveadm_debug ? AUTH_MASTER_FLAG_DEBUG : 0);
	ret = auth_master_user_lookup(conn, name, &info, pool,
				      &canonical, &fields);
	user_r->known = ret > 0;
	user_r->name = t_strdup(ret > 0 ? canonical : name);
	if (ret < 0) {
		i_error("The userdb cannot be asked for %s: %s", name,
			fields[0] != NULL ? fields[0] : "see the log");
		doveadm_exit_code = EX_TEMPFAIL;
	} else if (ret == 0 && rule == SEAL_CMD_USER_KNOWN) {
		seal_cmd_user_unknown(user_r);
		ret = -1;
	}
	auth_master_deinit(&conn);
	pool_unref(&pool);
	return ret < 0 ? -1 : 0;
}

int seal_cmd_user(struct doveadm_cmd_context *cctx,
		  enum seal_cmd_user_rule rule, struct seal_cmd_user *user_r)
{
	const char *name = seal_cmd_required(cctx, "user");

	return name == NULL ? -1 : seal_cmd_user_find(name, rule, user_r);
}

/*
 * seald
 */

static int exit_code_of(const char *code)
{
	if (strcmp(code, seal_error_code_name(SEAL_ERR_NOTFOUND)) == 0)
		return DOVEADM_EX_NOTFOUND;
	if (strcmp(code, seal_error_code_name(SEAL_ERR_INPUT)) == 0 ||
	    strcmp(code, seal_error_code_name(SEAL_ERR_REFUSED)) == 0 ||
	    strcmp(code, seal_error_code_name(SEAL_ERR_LIMIT)) == 0)
		return EX_DATAERR;
	return EX_TEMPFAIL;
}

struct seal_client *seal_cmd_client(void)
{
	struct seal_client *client;
	struct seal_error err;
	const char *path, *error;

	if (mail_seal_settings_admin_socket(doveadm_settings->base_dir, &path,
					    &error) < 0) {
		i_error("Invalid settings: %s", error);
		doveadm_exit_code = EX_CONFIG;
		return NULL;
	}
	client = seal_client_new(path, ASK_TIMEOUT_MSECS, &err);
	if (client == NULL) {
		i_error("seald cannot be asked: %s", err.text);
		doveadm_exit_code = err.code == SEAL_ERR_LIMIT ?
			EX_DATAERR : EX_TEMPFAIL;
	}
	return client;
}

static int ask(struct seal_client *client, const char *const *args,
	       seal_cmd_row_t *row, void *context,
	       struct seal_answer *answer_r)
{
	struct seal_error err;

	if (seal_client_ask(client, args, row, context, answer_r, &err) < 0) {
		i_error("seald does not answer: %s", err.text);
		doveadm_exit_code = err.code == SEAL_ERR_LIMIT ?
			EX_DATAERR : EX_TEMPFAIL;
		return -1;
	}
	if (answer_r->kind != SEAL_ANSWER_OK) {
		i_error("%s", seal_cmd_value(answer_r, "text"));
		doveadm_exit_code =
			exit_code_of(seal_cmd_value(answer_r, "code"));
		return -1;
	}
	return 0;
}

int seal_cmd_ask(const char *const *args, seal_cmd_row_t *row, void *context,
		 struct seal_answer *answer_r)
{
	struct seal_client *client = seal_cmd_client();
	int ret;

	if (client == NULL)
		return -1;
	ret = ask(client, args, row, context, answer_r);
	seal_client_free(&client);
	return ret;
}

int seal_cmd_ask_client(struct seal_client *client, const char *const *args,
			struct seal_answer *answer_r)
{
	return ask(client, args, NULL, NULL, answer_r);
}

int seal_cmd_do(const char *const *args)
{
	struct seal_answer answer = SEAL_ANSWER_INIT;
	int ret = seal_cmd_ask(args, NULL, NULL, &answer);

	seal_answer_free(&answer);
	return ret;
}

const char *seal_cmd_arg(const char *name, const char *value)
{
	return t_strconcat(name, "=", value, NULL);
}

const char *seal_cmd_value(const struct seal_answer *answer, const char *name)
{
	const char *value = seal_answer_get(answer, name);

	return value == NULL ? "" : t_strdup(value);
}

const char *seal_cmd_value_text(const struct seal_answer *answer,
				const char *name)
{
	static const char *const times[] = {
		"created", "not_before", "not_after", NULL
	};
	const char *value = seal_cmd_value(answer, name);
	intmax_t seconds;

	if (!str_array_find(times, name))
		return value;
	if (str_to_intmax(value, &seconds) < 0)
		return "";
	return t_strfgmtime("%Y-%m-%dT%H:%M:%SZ", (time_t)seconds);
}
