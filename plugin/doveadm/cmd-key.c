/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "doveadm-print.h"
#include "safe-memset.h"
#include "plugin/doveadm/seal-cmd.h"
#include "plugin/settings/compat.h"

#include <openssl/evp.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>
#include "base/error.h"
#include "store/master-key.h"

/* The master key is changed in steps, each of which is on the disk before the
 * next one: the new key's file, the records, the file's name. Wherever that is
 * interrupted, seald finds the keys for all records, and the same command ends
 * it: it finds the new key and goes on. */
struct rotation {
	const char *state_dir, *path, *new_path;
	int dir_fd;
	unsigned char key[SEAL_MASTER_KEY_LEN];
};

static int fail(const char *text, int exit_code)
{
	i_error("%s", text);
	doveadm_exit_code = exit_code;
	return -1;
}

/* Two at once could each name another key the master's. */
static int lock(struct rotation *rot)
{
	rot->dir_fd = open(rot->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (rot->dir_fd < 0)
		return fail(t_strdup_printf("open(%s) failed: %m",
					    rot->state_dir), EX_TEMPFAIL);
	if (flock(rot->dir_fd, LOCK_EX | LOCK_NB) < 0)
		return fail(errno == EWOULDBLOCK ?
			"The master key is being changed by another process" :
			t_strdup_printf("flock(%s) failed: %m",
					rot->state_dir), EX_TEMPFAIL);
	return 0;
}

static int make_new_key(struct rotation *rot)
{
	struct seal_error err;
	int ret;

	/* the old one has to be there for seald, too */
	ret = seal_master_key_read(rot->path, rot->key, &err);
	if (ret == 0)
		return fail(t_strdup_printf("%s is missing: there is no master "
			"key to change. seald makes it at its first start; if "
			"it was lost, put a copy of it there and reload "
			"Dovecot", rot->path), EX_DATAERR);
	if (ret > 0)
		ret = seal_master_key_make(rot->new_path, rot->key, &err);
	return ret < 0 ? fail(err.text, EX_TEMPFAIL) : 0;
}

/* Finds the key that an interrupted rotation left, else makes one. */
static int get_new_key(struct rotation *rot)
{
	struct seal_error err;
	int ret = seal_master_key_read(rot->new_path, rot->key, &err);

	if (ret == 0)
		return make_new_key(rot);
	return ret < 0 ? fail(err.text, EX_TEMPFAIL) : 0;
}

static int reseal(const struct rotation *rot, struct seal_answer *answer)
{
	char arg[4 + (SEAL_MASTER_KEY_LEN + 2) / 3 * 4 + 1] = "key=";
	const char *args[] = { "KEY-ROTATE", arg, NULL };
	int ret;

	EVP_EncodeBlock((unsigned char *)arg + 4, rot->key, sizeof(rot->key));
	ret = seal_cmd_ask(args, NULL, NULL, answer);
	safe_memset(arg, 0, sizeof(arg));
	if (ret < 0)
		i_error("%s is kept: records may be sealed under it. "
			"Run this command again when the cause is gone",
			rot->new_path);
	return ret;
}

static int put_in_place(const struct rotation *rot)
{
	if (rename(rot->new_path, rot->path) < 0)
		return fail(t_strdup_printf("rename(%s, %s) failed: %m",
					    rot->new_path, rot->path),
			    EX_TEMPFAIL);
	if (fsync(rot->dir_fd) < 0)
		return fail(t_strdup_printf("fsync(%s) failed: %m",
					    rot->state_dir), EX_TEMPFAIL);
	return 0;
}

static void print_records(const struct seal_answer *answer)
{
	const char *value = seal_cmd_value(answer, "records");

	doveadm_print_init(DOVEADM_PRINT_TYPE_TABLE);
	doveadm_print_header("records", "records",
			     DOVEADM_PRINT_HEADER_FLAG_NUMBER);
	/* the formatters insist on a number */
	doveadm_print(str_is_numeric(value, '\0') ? value : "0");
}

static void cmd_key_rotate(struct doveadm_cmd_context *cctx ATTR_UNUSED)
{
	struct seal_answer answer = SEAL_ANSWER_INIT;
	struct rotation rot = { .dir_fd = -1 };

	rot.state_dir = 
		master_service_get_service_settings(master_service)->state_dir;
	rot.path = t_strconcat(rot.state_dir, "/mail-seal.key", NULL);
	rot.new_path = t_strconcat(rot.path, ".new", NULL);
	if (lock(&rot) == 0 && get_new_key(&rot) == 0 &&
	    reseal(&rot, &answer) == 0 && put_in_place(&rot) == 0)
		print_records(&answer);
	safe_memset(rot.key, 0, sizeof(rot.key));
	i_close_fd(&rot.dir_fd);
	seal_answer_free(&answer);
}

struct doveadm_cmd_ver2 seal_cmd_key_rotate = {
	.name = "seal key rotate",
	.cmd = cmd_key_rotate,
	.usage = "",
DOVEADM_CMD_PARAMS_START
DOVEADM_CMD_PARAMS_END
};
