/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "safe-memset.h"
#include "plugin/seald/master-key.h"

#include <sys/stat.h>
#include "base/error.h"
#include "store/master-key.h"

struct key_file {
	bool there;			/* in whatever condition */
	bool known;			/* key is filled */
	unsigned char key[SEAL_MASTER_KEY_LEN];
};

static struct key_file master, other;

static void key_file_read(struct key_file *file, const char *path)
{
	struct seal_error err;
	int ret = seal_master_key_read(path, file->key, &err);

	if (ret < 0)
		i_error("The master key cannot be used, so no mail is signed "
			"and no reply opened: %s", err.text);
	file->there = ret != 0;
	file->known = ret > 0;
}

static bool exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 || errno != ENOENT;
}

static void make_first(const char *path)
{
	struct seal_error err;

	if (seal_master_key_make(path, master.key, &err) < 0) {
		i_error("The master key cannot be made, so no mail is signed "
			"and no reply opened: %s", err.text);
		return;
	}
	master.known = TRUE;
	i_info("Made the master key %s. Keep a copy of it, apart from copies "
	       "of the store", path);
}

/* A new key in place of a lost one would open none of the secrets, and hide
 * that the old one is to be put back. */
static void complain_lost(const char *path, const char *folder)
{
	i_error("%s is missing, so no mail is signed, no reply opened, and no "
		"profile created. "
		"Put a copy of it there and reload Dovecot%s. Or, to give up "
		"the secrets of all issued profiles and begin with a new key, "
		"stop Dovecot and remove %s", path,
		other.there ? t_strdup_printf(" (%s.new is there: it may be the "
			"one)", path) : "", folder);
}

void seald_master_key_init(const char *state_dir)
{
	const char *path = t_strconcat(state_dir, "/mail-seal.key", NULL);
	const char *new_path = t_strconcat(path, ".new", NULL);
	const char *folder = t_strconcat(state_dir, "/mail-seal/keys", NULL);

	key_file_read(&master, path);
	key_file_read(&other, new_path);
	if (master.there && other.there)
		i_warning("%s is there: a change of the master key was "
			  "interrupted. Finish it with: doveadm seal key rotate",
			  new_path);
	else if (!master.there && (other.there || exists(folder)))
		complain_lost(path, folder);
	else if (!master.there)
		make_first(path);
}

void seald_master_key_deinit(void)
{
	safe_memset(&master, 0, sizeof(master));
	safe_memset(&other, 0, sizeof(other));
}

const unsigned char *seald_master_key(void)
{
	return master.known ? master.key : NULL;
}

const unsigned char *seald_master_key_other(void)
{
	return other.known ? other.key : NULL;
}

void seald_master_key_add(const unsigned char *key)
{
	/* another one of an interrupted rotation is still needed */
	if (other.known)
		return;
	memcpy(other.key, key, sizeof(other.key));
	other.known = TRUE;
}

void seald_master_key_replace(const unsigned char *key)
{
	memcpy(master.key, key, sizeof(master.key));
	master.known = TRUE;
	/* the old key is forgotten: that is what a change of it is for */
	safe_memset(&other, 0, sizeof(other));
}
