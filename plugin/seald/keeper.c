/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "ioloop.h"
#include "time-util.h"
#include "plugin/seald/keeper.h"

#include <sys/stat.h>
#include <time.h>
#include "base/error.h"
#include "plugin/seald/master-key.h"
#include "service/lookup.h"
#include "service/rate.h"
#include "service/signing.h"
#include "store/keyring.h"
#include "store/store.h"

/* One of the two environments: its files, and the open handle. */
struct kept {
	const char *noun;		/* for the log */
	const char *without;		/* what it means to have none */
	time_t log_secs;		/* between two lines about that */
	void *(*open)(const char *folder, struct seal_error *err);
	void (*close)(void *handle);

	char *folder, *data, *open_lock;
	void *handle;			/* NULL: not open */
	struct stat seen;		/* data.mdb, when it was opened */
	struct timeval checked;		/* the turn of the ioloop that looked at it */
	bool doubtful;			/* an operation failed with an I/O error */
	time_t tried;			/* when it was last opened */
	time_t logged;			/* when a failure was last logged */
	struct seal_error why;		/* the last attempt's failure */
};

/* how often what is too old is looked for */
#define EXPIRE_MSECS (5 * 60 * 1000)

static struct seal_lookup_cache *keeper_cache;
static struct seal_signing_cache *keeper_signing;
static struct seal_rate *keeper_rate;
static bool keeper_forked;
static struct timeout *keeper_to_expire;

static void *open_store(const char *folder, struct seal_error *err)
{
	return seal_store_open(folder, 0, err);
}

static void close_store(void *handle)
{
	struct seal_store *store = handle;

	seal_store_close(&store);
	/* of another store most of it would be of no use */
	if (keeper_cache != NULL)
		seal_lookup_cache_clear(keeper_cache);
}

static void *open_keyring(const char *folder, struct seal_error *err)
{
	return seal_keyring_open(folder, seald_master_key(),
				 seald_master_key_other(), err);
}

static void close_keyring(void *handle)
{
	struct seal_keyring *keyring = handle;

	seal_keyring_close(&keyring);
	seald_keeper_forget_secrets();
}

static char *keeper_folder;
/* once a second is enough, however many deliveries ask */
static struct kept kept_store = {
	.noun = "store", .without = "mail is deferred", .log_secs = 1,
	.open = open_store, .close = close_store
};
static struct kept kept_keyring = {
	.noun = "keyring", .log_secs = 60,
	.without = "mail is not signed, and replies are not opened",
	.open = open_keyring, .close = close_keyring
};

static int make_folder(const char *path, struct seal_error *err)
{
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return 0;
	return seal_error_set(err, SEAL_ERR_IO, "mkdir(%s) failed: %s", path,
			      strerror(errno));
}

/* Where a store was, none is made anew: an empty one would let the mail of
 * everybody pass unsealed. And an empty keyring would hide that the secrets are
 * to be put back. */
static int check_not_lost(const struct kept *kept, struct seal_error *err)
{
	struct stat st;

	if (stat(kept->data, &st) == 0 || errno != ENOENT ||
	    stat(kept->open_lock, &st) < 0)
		return 0;
	return seal_error_set(err, SEAL_ERR_DAMAGED,
		"%s is gone. Put a copy of the %s there; or, to begin with "
		"an empty one, remove %s", kept->data, kept->noun,
		kept->open_lock);
}

static void look_at_file(struct kept *kept)
{
	if (stat(kept->data, &kept->seen) < 0)
		i_zero(&kept->seen);
}

static int kept_open(struct kept *kept, struct seal_error *err)
{
	if (make_folder(keeper_folder, err) < 0 ||
	    make_folder(kept->folder, err) < 0 ||
	    check_not_lost(kept, err) < 0)
		return -1;
	kept->handle = kept->open(kept->folder, err);
	if (kept->handle == NULL)
		return -1;
	look_at_file(kept);
	kept->doubtful = FALSE;
	return 0;
}

static void kept_close(struct kept *kept)
{
	if (kept->handle != NULL)
		kept->close(kept->handle);
	kept->handle = NULL;
}

static void log_closed(struct kept *kept, const struct seal_error *err)
{
	time_t now = time(NULL);

	/* time may also go back */
	if (now >= kept->logged && now - kept->logged < kept->log_secs)
		return;
	i_error("No %s, so %s: %s", kept->noun, kept->without, err->text);
	kept->logged = now;
}

static void try_open(struct kept *kept)
{
	kept->tried = time(NULL);
	if (kept_open(kept, &kept->why) < 0) {
		log_closed(kept, &kept->why);
	} else if (kept->logged != 0) {
		i_info("The %s is open again", kept->noun);
		kept->logged = 0;
	}
}

static void kept_init(struct kept *kept, const char *name)
{
	kept->folder = i_strconcat(keeper_folder, "/", name, NULL);
	kept->data = i_strconcat(kept->folder, "/data.mdb", NULL);
	kept->open_lock = i_strconcat(kept->folder, "/open.lock", NULL);
	try_open(kept);
}

static void kept_deinit(struct kept *kept)
{
	kept_close(kept);
	i_free(kept->folder);
	i_free(kept->data);
	i_free(kept->open_lock);
}

/* 1: still the file we opened. 0: another one, put there by hand. -1: it is
 * gone, and not used any more: what is written would be lost with the process. */
static int check_file(const struct kept *kept, struct seal_error *err)
{
	struct stat st;

	if (stat(kept->data, &st) < 0) {
		if (check_not_lost(kept, err) < 0)
			return -1;
		return seal_error_set(err, SEAL_ERR_IO, "stat(%s) failed: %s",
				      kept->data, strerror(errno));
	}
	return st.st_ino == kept->seen.st_ino &&
		st.st_dev == kept->seen.st_dev ? 1 : 0;
}

/* Those whose questions are answered in one turn of the ioloop have asked before it
 * began: who looked first has looked for all of them. */
static bool checked_in_this_turn(const struct kept *kept)
{
	return !kept->doubtful &&
		timeval_cmp(&kept->checked, &ioloop_timeval) == 0;
}

/* Whether the open handle goes on being used: 1, 0, or -1 with err filled. */
static int check_open(struct kept *kept, struct seal_error *err)
{
	int ret = check_file(kept, err);

	if (ret < 0)
		log_closed(kept, err);
	else if (ret == 0)
		i_info("%s was replaced: opening it anew", kept->data);
	else if (kept->doubtful && kept->tried != time(NULL))
		ret = 0;
	return ret;
}

static void *kept_get(struct kept *kept, struct seal_error *err)
{
	int ret;

	if (kept->handle != NULL) {
		if (checked_in_this_turn(kept))
			return kept->handle;
		if ((ret = check_open(kept, err)) != 0) {
			if (ret > 0)
				kept->checked = ioloop_timeval;
			return ret < 0 ? NULL : kept->handle;
		}
		kept_close(kept);
		try_open(kept);
	} else if (kept->tried != time(NULL)) {
		try_open(kept);
	}
	if (kept->handle == NULL) {
		*err = kept->why;
		log_closed(kept, err);
	}
	return kept->handle;
}

static void keeper_expire(struct seal_signing_cache *signing)
{
	seal_signing_cache_expire(signing, ioloop_time);
}

void seald_keeper_init(const char *folder)
{
	struct seal_error err;

	keeper_folder = i_strdup(folder);
	keeper_cache = seal_lookup_cache_new(SEAL_LOOKUP_CACHE_SIZE, &err);
	keeper_signing = seal_signing_cache_new(&err);
	keeper_rate = seal_rate_new(&err);
	if (keeper_rate == NULL)
		i_fatal_status(FATAL_OUTOFMEM, "%s", err.text);
	if (keeper_signing != NULL)
		keeper_to_expire = timeout_add(EXPIRE_MSECS, keeper_expire,
					       keeper_signing);
	kept_init(&kept_store, "profiles");
	kept_init(&kept_keyring, "keys");
}

void seald_keeper_deinit(void)
{
	kept_deinit(&kept_store);
	kept_deinit(&kept_keyring);
	timeout_remove(&keeper_to_expire);
	seal_lookup_cache_free(&keeper_cache);
	seal_signing_cache_free(&keeper_signing);
	seal_rate_free(&keeper_rate);
	i_free(keeper_folder);
}

struct seal_store *seald_keeper_store(struct seal_error *err)
{
	return kept_get(&kept_store, err);
}

struct seal_lookup_cache *seald_keeper_cache(void)
{
	return keeper_cache;
}

struct seal_signing_cache *seald_keeper_signing(void)
{
	return keeper_signing;
}

void seald_keeper_forget(const char *user)
{
	if (keeper_cache != NULL)
		seal_lookup_cache_drop(keeper_cache, user);
	if (keeper_signing != NULL)
		seal_signing_cache_drop(keeper_signing, user);
}

void seald_keeper_forget_secrets(void)
{
	if (keeper_signing != NULL)
		seal_signing_cache_clear(keeper_signing);
}

struct seal_rate *seald_keeper_rate(void)
{
	return keeper_rate;
}

void seald_keeper_forked(void)
{
	keeper_forked = TRUE;
	seald_keeper_forget_secrets();
}

struct seal_keyring *seald_keeper_keyring(struct seal_error *err)
{
	if (keeper_forked) {
		(void)seal_error_set(err, SEAL_ERR_REFUSED,
				     "a worker process has no keyring");
		return NULL;
	}
	return kept_get(&kept_keyring, err);
}

struct seal_store *seald_keeper_open_own(struct seal_error *err)
{
	return seal_store_open(kept_store.folder, 0, err);
}

void seald_keeper_failed(const struct seal_error *err)
{
	if (err->code == SEAL_ERR_IO)
		kept_store.doubtful = kept_keyring.doubtful = TRUE;
}

void seald_keeper_replaced(void)
{
	if (kept_store.handle != NULL)
		look_at_file(&kept_store);
	if (kept_keyring.handle != NULL)
		look_at_file(&kept_keyring);
}
