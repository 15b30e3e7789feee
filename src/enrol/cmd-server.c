/* SPDX-License-Identifier: MIT */
#include "enrol/server.h"

#include <stdio.h>
#include <string.h>

/* What a user does with profiles that there are. */

static int check_id(const char *id, struct seal_error *err)
{
	if (enrol_is_id(id))
		return 0;
	return seal_error_set(err, SEAL_ERR_INPUT, "%s is not the id of a "
		"profile; 'seal-enrol list' shows them", id);
}

int enrol_cmd_activate(const struct enrol_args *args, struct seal_error *err)
{
	struct enrol_issued issued;
	struct enrol_server *server;
	int ret = enrol_issued_in(args->dir, &issued, err);

	if (ret < 0)
		return -1;
	ret = enrol_server_new(args, &server, err);
	if (ret == 0) {
		ret = enrol_server_activate(server, issued.profile_id,
					    args->file, err);
		if (ret == 0)
			(void)printf("Profile %s is active: from now on, mail "
				     "that arrives for you is encrypted.\n",
				     issued.profile_id);
		enrol_server_free(&server);
	}
	enrol_issued_free(&issued);
	return ret;
}

static int change(const struct enrol_args *args,
		  int (*how)(struct enrol_server *server, const char *id,
			     struct seal_error *err),
		  const char *done, struct seal_error *err)
{
	struct enrol_server *server;
	int ret;

	if (check_id(args->file, err) < 0 ||
	    enrol_server_new(args, &server, err) < 0)
		return -1;
	ret = how(server, args->file, err);
	if (ret == 0)
		(void)printf("Profile %s %s\n", args->file, done);
	enrol_server_free(&server);
	return ret;
}

int enrol_cmd_deactivate(const struct enrol_args *args, struct seal_error *err)
{
	return change(args, enrol_server_deactivate, "is retired: mail that "
		"arrives for you is not encrypted to it any more.", err);
}

int enrol_cmd_delete(const struct enrol_args *args, struct seal_error *err)
{
	return change(args, enrol_server_delete, "is gone. Keep your own files: "
		"they open the mail that was encrypted to it.", err);
}

/*
 * list
 */

static void print_column(const json_t *profile, const char *name)
{
	const char *text = enrol_text(profile, name);

	enrol_say_text(text != NULL ? text : "?", stdout);
	(void)fputs("  ", stdout);
}

/* The id, the state, until when, what the user calls it, and what is wrong */
static void print_profile(const json_t *profile)
{
	const json_t *until = json_object_get(profile, "not_after");
	const char *usable = enrol_text(profile, "usable");

	print_column(profile, "id");
	print_column(profile, "state");
	if (json_is_integer(until))
		enrol_say_day("until ", json_integer_value(until));
	else
		(void)printf("no certificate yet");
	(void)fputs("  ", stdout);
	print_column(profile, "label");
	if (usable != NULL && strcmp(usable, "yes") != 0)
		enrol_say_text(usable, stdout);
	(void)putchar('\n');
}

int enrol_cmd_list(const struct enrol_args *args, struct seal_error *err)
{
	struct enrol_server *server;
	json_t *list, *profile;
	size_t i;
	int ret;

	if (enrol_server_new(args, &server, err) < 0)
		return -1;
	list = enrol_server_list(server, err);
	ret = list == NULL ? -1 : 0;
	json_array_foreach(json_object_get(list, "profiles"), i, profile)
		print_profile(profile);
	if (json_is_true(json_object_get(list, "kill_switch")))
		(void)printf("The kill switch is on: mail that cannot be "
			     "encrypted is refused.\n");
	json_decref(list);
	enrol_server_free(&server);
	return ret;
}
