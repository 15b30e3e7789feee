/* SPDX-License-Identifier: MIT */
#ifndef SEALD_COMMAND_H
#define SEALD_COMMAND_H

#include <time.h>

struct event;
struct seal_buf;
struct seal_error;
struct seal_lookup_cache;
struct seal_store;
struct seald_answer;

/* The commands, their arguments, and what they answer (the lines around it:
 * client/client.h). A listener per trust: what may be asked follows from the
 * socket. In base64: key, recipients, names, digest, cms, signers, pem, chain,
 * request, issued, message. Times are seconds since 1970.
 *
 *   mail-seal:
 *     SEAL user= cipher= [names=yes] [sign=no|verified|always]
 *                                      OK profile= cipher= kill_switch= expired=
 *                                         sign= key= recipients= [names=]
 *                                      NO code=no-profile kill_switch= text=
 *   mail-seal-sign:
 *     SIGN user= profile= address= digest= [replies=yes]
 *                                      OK cms=
 *   mail-seal-open:
 *     OPEN user= recipients= to= length=
 *                                      OK key= signers= profile=
 *                                      NO code=not-ours text=
 *   mail-seal-admin:
 *     IMPORT user= pem= [label=]       OK id=
 *     CREATE user= addresses=A,B... [days=] [label=] [nonce=]
 *                                      OK id= request=
 *     ISSUE user= id= chain= request=  OK issued=
 *     PROVE user= id= from= to= [cipher=]
 *                                      OK message=
 *     LIST [user=]                     ROW of a profile ..., OK
 *     SHOW user= id=                   ROW of a certificate ..., OK, the profile
 *     EXPORT user= id=                 OK pem=
 *     ACTIVATE user= id= [code=]       OK
 *     DEACTIVATE user= [id=]           OK
 *     DELETE user= id=                 OK
 *     SET user= id= NAME=VALUE ...     OK
 *     USER-SHOW user=                  OK user= kill_switch= active= profiles=
 *     USER-SET user= kill_switch=      OK
 *     KEY-ROTATE key=                  OK records=
 *     STORE-CHECK                      ROW user= problem= ..., OK users=
 *                                         profiles= problems= file_size=
 *                                         map_size=
 *     STORE-COPY dir=                  OK
 *     STORE-COMPACT                    OK before= after=
 *   mail-seal-portal: of these, what a user may do who has signed in: CREATE,
 *     ISSUE, PROVE, LIST user=, SHOW, EXPORT, ACTIVATE with code=, DEACTIVATE with
 *     id=, DELETE, USER-SHOW, USER-SET. It is a process that strangers talk to: no
 *     key, no store, no certificate that nobody has proved to read.
 *
 * The fields of a profile and of a certificate: profile-fields.h.
 *
 * OPEN (service/opening.h): recipients are the RecipientInfos of an envelope as it has
 * them; to is every recipient of the message, separated by LF; length is that of the
 * content key, in bytes. FAIL code=refused: for good, and text is a sentence for the
 * user. FAIL with any other code: for now; code=limit: the user has asked too often. */
enum seald_listener {
	SEALD_LISTENER_SEAL,	/* mail processes */
	SEALD_LISTENER_SIGN,	/* those that may sign, too */
	SEALD_LISTENER_OPEN,	/* those that send what users write */
	SEALD_LISTENER_ADMIN,	/* doveadm */
	SEALD_LISTENER_PORTAL	/* the portal, for who has signed in there */
};

struct seald_request {
	const struct seald_command *command;
	const char *const *args;	/* name=value, NULL-terminated */
	struct seal_store *store;
	struct seal_lookup_cache *cache;	/* NULL in a worker */
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
	/* The portal may ask this too, with these arguments besides the required
	 * ones: names, separated by spaces. NULL: it may not. */
	const char *portal;
	bool changes;		/* success is worth a line in the log */
	bool walks;		/* takes as long as the store is large, without
				   user=: runs in a process of its own */
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

/* Appends the bytes of a base64 argument to out. 0 or -1 (SEAL_ERR_INPUT: it is
 * none, SEAL_ERR_MEMORY). */
int seald_request_get_base64(const struct seald_request *request,
			     const char *name, struct seal_buf *out,
			     struct seal_error *err);

/* cmd-seal.c */
seald_command_func_t cmd_seal;
/* cmd-sign.c */
seald_command_func_t cmd_sign;
/* cmd-open.c */
seald_command_func_t cmd_open;
/* cmd-profile.c */
seald_command_func_t cmd_import, cmd_list, cmd_show, cmd_export,
	cmd_deactivate;
/* cmd-ceremony.c */
seald_command_func_t cmd_create, cmd_issue, cmd_prove, cmd_activate,
	cmd_delete, cmd_set;
/* cmd-key.c */
seald_command_func_t cmd_key_rotate;
/* cmd-user.c */
seald_command_func_t cmd_user_show, cmd_user_set;
/* cmd-store.c */
seald_command_func_t cmd_store_check, cmd_store_copy, cmd_store_compact;

#endif
