/* SPDX-License-Identifier: MIT */
#ifndef SEALD_COMMAND_H
#define SEALD_COMMAND_H

#include <time.h>

struct event;
struct seal_error;
struct seal_store;
struct seald_answer;

/* The commands, their arguments, and what they answer (the lines around it:
 * client/client.h). A listener per trust: what may be asked follows from the
 * socket. In base64: key, recipients, names, pem. Times are seconds since 1970.
 *
 *   mail-seal:
 *     SEAL user= cipher= [names=yes]   OK profile= cipher= kill_switch= expired=
 *                                         key= recipients= [names=]
 *                                      NO code=no-profile kill_switch= text=
 *   mail-seal-admin:
 *     IMPORT user= pem= [label=]       OK id=
 *     LIST [user=]                     ROW of a profile ..., OK
 *     SHOW user= id=                   ROW of a certificate ..., OK, the profile
 *     EXPORT user= id=                 OK pem=
 *     ACTIVATE user= id=               OK
 *     DEACTIVATE user= [id=]           OK
 *     DELETE user= id=                 OK
 *     SET user= id= NAME=VALUE ...     OK
 *     USER-SHOW user=                  OK user= kill_switch= active= profiles=
 *     USER-SET user= kill_switch=      OK
 *     STORE-CHECK                      ROW user= problem= ..., OK users=
 *                                         profiles= problems= file_size=
 *                                         map_size=
 *     STORE-COPY dir=                  OK
 *     STORE-COMPACT                    OK before= after=
 *
 * The fields of a profile and of a certificate: profile-fields.h. */
enum seald_listener {
	SEALD_LISTENER_SEAL,	/* mail processes */
	SEALD_LISTENER_ADMIN	/* doveadm */
};

struct seald_request {
	const struct seald_command *command;
	const char *const *args;	/* name=value, NULL-terminated */
	struct seal_store *store;
	struct seald_answer *answer;
	time_t now;
	const char *made;	/* set by the command: the new id, for the log */
};

/* Answers, and returns 0; or -1 with err filled, which becomes the answer
 * FAIL. */
typedef int seald_command_func_t(struct seald_request *request,
				 struct seal_error *err);

struct seald_command {
	const char *name;
	enum seald_listener listener;
	seald_command_func_t *func;
	const char *required;	/* names of arguments, separated by spaces */
	const char *optional;	/* "*": any */
	bool changes;		/* success is worth a line in the log */
	bool walks;		/* takes as long as the store is large: runs in
				   a process of its own */
};

/* The command that the listener knows under this name, with its arguments
 * checked: each required one there and not empty, none twice, none unknown.
 * NULL: SEAL_ERR_INPUT. */
const struct seald_command *
seald_command_find(enum seald_listener listener, const char *name,
		   const char *const *args, struct seal_error *err);

/* Runs it to its last answer line, and logs where that is due. */
void seald_command_run(struct seald_request *request, struct event *event);

/* The value of an argument, NULL where it is not there. */
const char *seald_request_get(const struct seald_request *request,
			      const char *name);
/* yes or no; anything else is SEAL_ERR_INPUT. 0 or -1. */
int seald_request_get_bool(const struct seald_request *request,
			   const char *name, bool *value_r,
			   struct seal_error *err);

/* cmd-seal.c */
seald_command_func_t cmd_seal;
/* cmd-profile.c */
seald_command_func_t cmd_import, cmd_list, cmd_show, cmd_export, cmd_activate,
	cmd_deactivate, cmd_delete, cmd_set;
/* cmd-user.c */
seald_command_func_t cmd_user_show, cmd_user_set;
/* cmd-store.c */
seald_command_func_t cmd_store_check, cmd_store_copy, cmd_store_compact;

#endif
