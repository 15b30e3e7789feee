/* SPDX-License-Identifier: MIT */
#ifndef DOVEADM_SEAL_CMD_H
#define DOVEADM_SEAL_CMD_H

#include "doveadm.h"
#include "client/client.h"

/* What all "doveadm seal" commands share: the user's name, the question to
 * seald, and how a refusal is told. Where a function returns -1 it has logged
 * why and set doveadm_exit_code; the command just returns. */

/* A parameter the command cannot do without. NULL where it is missing (on the
 * command line, the usage is printed and doveadm ends). */
const char *seal_cmd_required(struct doveadm_cmd_context *cctx,
			      const char *name);

/* The same for a parameter that is a file, which is not read yet. 0 or -1. */
int seal_cmd_required_file(struct doveadm_cmd_context *cctx, const char *name);
/* Appends the whole file, which must have max bytes at most. 0 or -1. */
int seal_cmd_file(struct doveadm_cmd_context *cctx, const char *name,
		  size_t max, struct seal_buf *out);

enum seal_cmd_user_rule {
	/* The userdb has to know the user: a profile under a name that no
	   delivery uses would silently leave mail unsealed. */
	SEAL_CMD_USER_KNOWN,
	/* A name the userdb does not know is taken as it is, so that what a
	   deleted user left behind can be looked at and removed. */
	SEAL_CMD_USER_ANY
};

struct seal_cmd_user {
	const char *name;	/* as the userdb writes it, and each delivery */
	bool known;		/* the userdb has it */
};

/* Looks name up in the userdb. 0 or -1. */
int seal_cmd_user_find(const char *name, enum seal_cmd_user_rule rule,
		       struct seal_cmd_user *user_r);
/* The same for the parameter "user". */
int seal_cmd_user(struct doveadm_cmd_context *cctx,
		  enum seal_cmd_user_rule rule, struct seal_cmd_user *user_r);
/* Says that neither the userdb nor seald knows the user. */
void seal_cmd_user_unknown(const struct seal_cmd_user *user);

typedef int seal_cmd_row_t(void *context, const struct seal_answer *row,
			   struct seal_error *err);

/* Asks seald: COMMAND and its arguments, NULL-terminated. 0 for OK, and only
 * for that; or -1. The answer is as in seal_client_ask(), and to be freed in
 * both cases. */
int seal_cmd_ask(const char *const *args, seal_cmd_row_t *row, void *context,
		 struct seal_answer *answer_r);
/* The same where the OK says nothing more. */
int seal_cmd_do(const char *const *args);

/* For a command that asks more than once, or that gives up its privileges
 * before it asks: a client that is connected from its first question on. NULL:
 * failed. */
struct seal_client *seal_cmd_client(void);
/* As seal_cmd_ask(), without rows. */
int seal_cmd_ask_client(struct seal_client *client, const char *const *args,
			struct seal_answer *answer_r);

/* "name=value", from the data stack; and with the value in base64, not for
 * secrets */
const char *seal_cmd_arg(const char *name, const char *value);
const char *seal_cmd_arg_base64(const char *name, const struct seal_buf *value);

/* Appends the value of a base64 field. 0, or -1: it is not there, not base64, or
 * empty. */
int seal_cmd_value_base64(const struct seal_answer *answer, const char *name,
			  struct seal_buf *out);
/* Prints a field that holds PEM in base64, so that the output is a PEM file. */
void seal_cmd_print_pem(const struct seal_answer *answer, const char *name);

/* The value of a field, "" where it is not there; from the data stack. */
const char *seal_cmd_value(const struct seal_answer *answer, const char *name);
/* The same for people: fields that hold a time as ISO 8601 in UTC. */
const char *seal_cmd_value_text(const struct seal_answer *answer,
				const char *name);

extern struct doveadm_cmd_ver2
	seal_cmd_profile_create, seal_cmd_profile_issue,
	seal_cmd_profile_prove, seal_cmd_profile_import, seal_cmd_profile_list,
	seal_cmd_profile_show, seal_cmd_profile_export,
	seal_cmd_profile_activate, seal_cmd_profile_deactivate,
	seal_cmd_profile_delete, seal_cmd_profile_set, seal_cmd_user_show,
	seal_cmd_user_set, seal_cmd_key_rotate, seal_cmd_store_check,
	seal_cmd_store_copy, seal_cmd_store_compact;

#endif
