/* SPDX-License-Identifier: MIT */
#include "enrol/server.h"

#include <stdio.h>

/* The whole ceremony but for the code that comes by mail. Each step leaves its files
 * in the folder, and is not done again where they are there: so a ceremony that broke
 * off is taken up by the same command. */

/* 1: a new profile, and all that is made for it here. */
static int begin(struct enrol_server *server, struct enrol_args *args,
		 char dir_r[ENROL_PATH_SIZE], struct seal_error *err)
{
	int there = args->dir == NULL ? 0 :
		enrol_has(args->dir, ENROL_REQUEST, err);

	if (there != 0)
		return there < 0 ? -1 : enrol_dir(args, NULL, dir_r, err);
	return enrol_ceremony_begin(server, args, dir_r, err);
}

/* 2: the user certificate. */
static int issue(struct enrol_server *server, const struct enrol_args *args,
		 struct enrol_issued *issued_r, struct seal_error *err)
{
	int there = enrol_has(args->dir, ENROL_ISSUED, err);

	if (there < 0)
		return -1;
	return there > 0 ? enrol_issued_in(args->dir, issued_r, err) :
		enrol_ceremony_issue(server, args, issued_r, err);
}

/* 3: the files for mail clients. Once they are made, the key's own may be gone. */
static int make_pkcs12(const struct enrol_args *args,
		       const struct enrol_issued *issued,
		       struct seal_error *err)
{
	int key = enrol_has(args->dir, ENROL_KEY, err);
	int made = key <= 0 ? key : enrol_has(args->dir, ENROL_P12, err);

	if (key < 0 || made < 0)
		return -1;
	if (key == 0 || made > 0)
		return 0;
	(void)printf("The server has issued what was asked for: a certificate "
		     "for your key, under your\nroot.\n\n");
	if (enrol_issued_print(issued, err) < 0)
		return -1;
	(void)putchar('\n');
	return enrol_pkcs12(args, issued, err);
}

/* 4: the mail with the code. */
static int prove(struct enrol_server *server, const struct enrol_args *args,
		 const struct enrol_issued *issued, struct seal_error *err)
{
	json_t *answer = enrol_server_prove(server, issued->profile_id, err);
	const char *to = enrol_text(answer, "to");

	if (answer == NULL)
		return -1;
	(void)printf("\nAn encrypted mail is in the mailbox of ");
	enrol_say_text(to != NULL ? to : enrol_server_user(server), stdout);
	(void)printf(". Import the files\ninto your mail client, read the mail "
		     "there, and say the code in it:\n\n    ");
	enrol_say_command("activate", args, enrol_server_user(server));
	(void)printf(" CODE\n\nFrom then on your mail is encrypted.\n");
	json_decref(answer);
	return 0;
}

static int go_on(struct enrol_server *server, const struct enrol_args *args,
		 struct seal_error *err)
{
	struct enrol_issued issued;
	int ret = issue(server, args, &issued, err);

	if (ret == 0) {
		ret = make_pkcs12(args, &issued, err);
		if (ret == 0)
			ret = prove(server, args, &issued, err);
		enrol_issued_free(&issued);
	}
	if (ret < 0 && err->code != SEAL_ERR_NOTFOUND) {
		(void)printf("\nYour files are in %s. When that is put right, "
			     "this goes on with them:\n\n    ", args->dir);
		enrol_say_command("new", args, enrol_server_user(server));
		(void)putchar('\n');
	}
	return ret;
}

int enrol_cmd_new_server(const struct enrol_args *args, struct seal_error *err)
{
	struct enrol_args own = *args;
	struct enrol_server *server;
	char dir[ENROL_PATH_SIZE];
	int ret;

	if (enrol_server_new(args, &server, err) < 0)
		return -1;
	ret = begin(server, &own, dir, err);
	own.dir = dir;
	if (ret == 0)
		ret = go_on(server, &own, err);
	enrol_server_free(&server);
	return ret;
}
