/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "plugin/seald/keeper.h"

#include <sys/stat.h>
#include <time.h>
#include "base/error.h"
#include "store/store.h"

static struct {
	char *folder, *profiles, *data, *open_lock;
	struct seal_store *store;
	struct stat seen;		/* data.mdb, when it was opened */
	bool doubtful;			/* an operation failed with an I/O error */
	time_t tried;			/* when it was last opened */
	time_t logged;			/* when a failure was last logged */
	struct seal_error why;		/* the last attempt's failure */
} keeper;

static int make_folder(const char *path, struct seal_error *err)
{
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return 0;
	return seal_error_set(err, SEAL_ERR_IO, "mkdir(%s) failed: %s", path,
			      strerror(errno));
}

/* Where a store was, none is made anew: an empty one would let the mail of
 * everybody pass unsealed. */
static int check_not_lost(struct seal_error *err)
{
	struct stat st;

	if (stat(keeper.data, &st) == 0 || errno != ENOENT ||
	    stat(keeper.open_lock, &st) < 0)
		return 0;
	return seal_error_set(err, SEAL_ERR_DAMAGED,
		"%s is gone. Put a copy of the store there; or, to begin with "
		"an empty one, remove %s", keeper.data, keeper.open_lock);
}

static int open_store(struct seal_error *err)
{
	if (make_folder(keeper.folder, err) < 0 ||
	    make_folder(keeper.profiles, err) < 0 ||
	    check_not_lost(err) < 0)
		return -1;
	keeper.store = seal_store_open(keeper.profiles, 0, err);
	if (keeper.store == NULL)
		return -1;
	if (stat(keeper.data, &keeper.seen) < 0)
		i_zero(&keeper.seen);
	keeper.doubtful = FALSE;
	return 0;
}

/* once a second is enough, however many deliveries ask */
static void log_closed(const struct seal_error *err)
{
	time_t now = time(NULL);

	if (keeper.logged != now)
		i_error("No store, so mail is deferred: %s", err->text);
	keeper.logged = now;
}

static void try_open(void)
{
	keeper.tried = time(NULL);
	if (open_store(&keeper.why) < 0) {
		log_closed(&keeper.why);
	} else if (keeper.logged != 0) {
		i_info("The store is open again");
		keeper.logged = 0;
	}
}

void seald_keeper_init(const char *folder)
{
	keeper.folder = i_strdup(folder);
	keeper.profiles = i_strconcat(folder, "/profiles", NULL);
	keeper.data = i_strconcat(folder, "/profiles/data.mdb", NULL);
	keeper.open_lock = i_strconcat(folder, "/profiles/open.lock", NULL);
	try_open();
}

void seald_keeper_deinit(void)
{
	seal_store_close(&keeper.store);
	i_free(keeper.folder);
	i_free(keeper.profiles);
	i_free(keeper.data);
	i_free(keeper.open_lock);
}

/* 1: still the file we opened. 0: another one, put there by hand. -1: it is
 * gone, and not used any more: what is written would be lost with the process. */
static int check_file(struct seal_error *err)
{
	struct stat st;

	if (stat(keeper.data, &st) < 0) {
		if (check_not_lost(err) < 0)
			return -1;
		return seal_error_set(err, SEAL_ERR_IO, "stat(%s) failed: %s",
				      keeper.data, strerror(errno));
	}
	return st.st_ino == keeper.seen.st_ino &&
		st.st_dev == keeper.seen.st_dev ? 1 : 0;
}

/* Whether the open store goes on being used: 1, 0, or -1 with err filled. */
static int check_store(struct seal_error *err)
{
	int ret = check_file(err);

	if (ret < 0)
		log_closed(err);
	else if (ret == 0)
		i_info("%s was replaced: opening it anew", keeper.data);
	else if (keeper.doubtful && keeper.tried != time(NULL))
		ret = 0;
	return ret;
}

struct seal_store *seald_keeper_store(struct seal_error *err)
{
	int ret;

	if (keeper.store != NULL) {
		if ((ret = check_store(err)) != 0)
			return ret < 0 ? NULL : keeper.store;
		seal_store_close(&keeper.store);
		try_open();
	} else if (keeper.tried != time(NULL)) {
		try_open();
	}
	if (keeper.store == NULL)
		*err = keeper.why;
	return keeper.store;
}

struct seal_store *seald_keeper_open_own(struct seal_error *err)
{
	return seal_store_open(keeper.profiles, 0, err);
}

void seald_keeper_failed(const struct seal_error *err)
{
	keeper.doubtful = keeper.doubtful || err->code == SEAL_ERR_IO;
}

void seald_keeper_replaced(void)
{
	if (stat(keeper.data, &keeper.seen) < 0)
		i_zero(&keeper.seen);
}
