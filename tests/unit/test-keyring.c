/* SPDX-License-Identifier: MIT */
#include "store/keyring.h"

#include <signal.h>
#include <openssl/err.h>
#include "keyring-check.h"
#include "store/env.h"

#define ID "0123456789abcdef"
#define ID2 "fedcba9876543210"
#define MANY 60

static char folder[128];
static const unsigned char key_a[SEAL_MASTER_KEY_LEN] = "a master key";
static const unsigned char key_b[SEAL_MASTER_KEY_LEN] = "another one";
static const unsigned char key_c[SEAL_MASTER_KEY_LEN] = "a third one";

static struct seal_keyring *fresh(const unsigned char *master)
{
	keyring_empty(folder);
	return keyring_open(folder, master, NULL);
}

static void fill(struct seal_buf *buf, const char *seed, size_t len)
{
	struct seal_error err;
	unsigned char *p = seal_buf_reserve(buf, len + 1, &err);
	size_t i;

	if (p == NULL)
		abort();
	for (i = 0; i < len; i++)
		p[i] = (unsigned char)(seed[i % (strlen(seed) + 1)] + i / 7);
	buf->len = len;
}

/* The secrets that belong to that name. */
static void make(struct seal_secrets *secrets, const char *user, bool rsa)
{
	fill(&secrets->issuer_key, user, 138);
	fill(&secrets->sender_secret, user, 32);
	if (rsa)
		fill(&secrets->sender_rsa_key, user, 1218);
}

static int put(struct seal_keyring *keyring, const char *user, const char *id,
	       bool rsa, struct seal_error *err)
{
	struct seal_secrets secrets = SEAL_SECRETS_INIT;
	int ret;

	make(&secrets, user, rsa);
	ret = seal_keyring_put(keyring, user, id, &secrets, err);
	seal_secrets_free(&secrets);
	return ret;
}

static bool same(const struct seal_buf *a, const struct seal_buf *b)
{
	return a->len == b->len &&
		(a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

/* What get returns; 2: found, but not what was put. */
static int get(struct seal_keyring *keyring, const char *user, const char *id,
	       bool rsa, struct seal_error *err)
{
	struct seal_secrets want = SEAL_SECRETS_INIT, have = SEAL_SECRETS_INIT;
	int ret;

	err->code = SEAL_ERR_NONE;
	make(&want, user, rsa);
	ret = seal_keyring_get(keyring, user, id, &have, err);
	if (ret > 0 && !(same(&want.issuer_key, &have.issuer_key) &&
			 same(&want.sender_secret, &have.sender_secret) &&
			 same(&want.sender_rsa_key, &have.sender_rsa_key)))
		ret = 2;
	if (ret <= 0 && (have.issuer_key.data != NULL ||
			 have.sender_secret.data != NULL ||
			 have.sender_rsa_key.data != NULL))
		ret = 3;
	seal_secrets_free(&want);
	seal_secrets_free(&have);
	return ret;
}

static bool fails(int ret, const struct seal_error *err,
		  enum seal_error_code code)
{
	if (ret == -1 && err->code == code)
		return true;
	tap_note("%d: %s: %s", ret, seal_error_code_name(err->code),
		 ret < 0 ? err->text : "");
	return false;
}

static void test_round_trip(void)
{
	struct seal_keyring *keyring = fresh(key_a);
	char longest[SEAL_KEYRING_USER_MAX + 2];
	struct seal_error err;

	tap_ok(get(keyring, "a", ID, false, &err) == 0, "nothing there");
	tap_ok(put(keyring, "a", ID, false, &err) == 0 &&
	       get(keyring, "a", ID, false, &err) == 1, "put, get");
	tap_ok(put(keyring, "a", ID, true, &err) == 0 &&
	       get(keyring, "a", ID, true, &err) == 1, "replaced");
	tap_ok(put(keyring, "a", ID2, false, &err) == 0 &&
	       put(keyring, "ab", ID, false, &err) == 0 &&
	       get(keyring, "a", ID, true, &err) == 1 &&
	       get(keyring, "a", ID2, false, &err) == 1 &&
	       get(keyring, "ab", ID, false, &err) == 1 &&
	       get(keyring, "ab", ID2, false, &err) == 0,
	       "users and profiles are told apart");
	seal_keyring_close(&keyring);
	seal_keyring_close(&keyring);
	keyring = keyring_open(folder, key_a, NULL);
	tap_ok(get(keyring, "a", ID, true, &err) == 1 &&
	       get(keyring, "ab", ID, false, &err) == 1, "opened again");

	memset(longest, 'u', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	tap_ok(fails(put(keyring, longest, ID, false, &err), &err,
		     SEAL_ERR_LIMIT) &&
	       fails(get(keyring, longest, ID, false, &err), &err,
		     SEAL_ERR_LIMIT) &&
	       fails(put(keyring, "", ID, false, &err), &err, SEAL_ERR_LIMIT),
	       "a name too long, or empty");
	tap_ok(put(keyring, longest + 1, ID, true, &err) == 0 &&
	       get(keyring, longest + 1, ID, true, &err) == 1,
	       "the longest name");
	tap_ok(fails(put(keyring, "a", "0123456789ABCDEF", false, &err), &err,
		     SEAL_ERR_INPUT) &&
	       fails(seal_keyring_delete(keyring, "a", "", &err), &err,
		     SEAL_ERR_INPUT), "not an id");
	tap_ok(seal_keyring_delete(keyring, "a", ID, &err) == 0 &&
	       seal_keyring_delete(keyring, "a", ID, &err) == 0 &&
	       get(keyring, "a", ID, true, &err) == 0 &&
	       get(keyring, "a", ID2, false, &err) == 1, "deleted");
	seal_keyring_close(&keyring);
}

static void test_master(void)
{
	struct seal_keyring *keyring = fresh(key_a);
	struct seal_error err;
	uint64_t count;

	(void)put(keyring, "u", ID, false, &err);
	seal_keyring_close(&keyring);
	keyring = keyring_open(folder, NULL, NULL);
	tap_ok(fails(get(keyring, "u", ID, false, &err), &err,
		     SEAL_ERR_REFUSED) && strstr(err.text, "there is none"),
	       "no master key: get is refused");
	tap_ok(fails(put(keyring, "v", ID, false, &err), &err,
		     SEAL_ERR_REFUSED) && strstr(err.text, "master key"),
	       "no master key: put is refused");
	tap_ok(get(keyring, "v", ID, false, &err) == 0,
	       "no master key: nothing is nothing");
	tap_ok(fails(seal_keyring_rotate(keyring, key_b, &count, &err), &err,
		     SEAL_ERR_REFUSED), "no master key: rotate is refused");
	seal_keyring_close(&keyring);

	keyring = keyring_open(folder, key_b, NULL);
	tap_ok(fails(get(keyring, "u", ID, false, &err), &err,
		     SEAL_ERR_REFUSED) && strstr(err.text, "another one") &&
	       strstr(err.text, ID) != NULL, "wrong master key: refused");
	tap_ok(fails(put(keyring, "v", ID, false, &err), &err,
		     SEAL_ERR_REFUSED) &&
	       get(keyring, "v", ID, false, &err) == 0,
	       "wrong master key: put is refused");
	tap_ok(fails(seal_keyring_rotate(keyring, key_c, &count, &err), &err,
		     SEAL_ERR_REFUSED) && strstr(err.text, " u,") == NULL,
	       "wrong master key: rotate is refused");
	seal_keyring_close(&keyring);

	/* a rotation that was interrupted */
	keyring = keyring_open(folder, key_b, key_a);
	tap_ok(put(keyring, "v", ID, false, &err) == 0,
	       "the old master key beside the new one: put");
	seal_keyring_close(&keyring);

	keyring = keyring_open(folder, key_a, key_b);
	tap_ok(get(keyring, "u", ID, false, &err) == 1 &&
	       get(keyring, "v", ID, false, &err) == 1, "both keys: all opens");
	(void)put(keyring, "w", ID, false, &err);
	seal_keyring_close(&keyring);
	keyring = keyring_open(folder, key_a, NULL);
	tap_ok(get(keyring, "u", ID, false, &err) == 1 &&
	       get(keyring, "w", ID, false, &err) == 1 &&
	       fails(get(keyring, "v", ID, false, &err), &err,
		     SEAL_ERR_REFUSED), "the first key has written");
	seal_keyring_close(&keyring);
	keyring = keyring_open(folder, NULL, NULL);
	tap_ok(seal_keyring_delete(keyring, "u", ID, &err) == 0 &&
	       get(keyring, "u", ID, false, &err) == 0,
	       "no master key: delete needs none");
	seal_keyring_close(&keyring);
}

/*
 * Behind the keyring's back
 */

struct raw {
	char name[SEAL_ENV_KEY_MAX];
	size_t name_len;
	struct seal_buf value;
};

static int raw_get(struct seal_env_txn *txn, void *context,
		   struct seal_error *err)
{
	struct raw *raw = context;
	struct seal_env_value key = { raw->name, raw->name_len }, value;

	if (seal_env_get(txn, &key, &value, err) <= 0)
		return -1;
	seal_buf_clear(&raw->value);
	return seal_buf_append(&raw->value, value.data, value.len, err);
}

static int raw_put(struct seal_env_txn *txn, void *context,
		   struct seal_error *err)
{
	struct raw *raw = context;
	struct seal_env_value key = { raw->name, raw->name_len };
	struct seal_env_value value = { raw->value.data, raw->value.len };

	return seal_env_put(txn, &key, &value, err) < 0 ? -1 : 1;
}

static int raw_delete(struct seal_env_txn *txn, void *context,
		      struct seal_error *err)
{
	struct raw *raw = context;
	struct seal_env_value key = { raw->name, raw->name_len };

	return seal_env_delete(txn, &key, err) < 0 ? -1 : 1;
}

static void raw_name(struct raw *raw, const char *user, const char *id)
{
	raw->name_len = strlen(user) + 1 + strlen(id);
	memcpy(raw->name, user, strlen(user) + 1);
	memcpy(raw->name + strlen(user) + 1, id, strlen(id));
}

static void raw_run(struct raw *raw,
		    int (*run)(struct seal_env_txn *txn, void *context,
			       struct seal_error *err))
{
	struct seal_error err;
	struct seal_env *env = seal_env_open(folder, "keyring", 0, &err);

	if (env == NULL ||
	    (run == raw_get ? seal_env_read : seal_env_write)(env, run, raw,
							      &err) < 0) {
		tap_note("%s", err.text);
		abort();
	}
	seal_env_close(&env);
}

static struct raw the_raw;

static struct raw *raw_of(const char *user)
{
	raw_name(&the_raw, user, ID);
	raw_run(&the_raw, raw_get);
	return &the_raw;
}

/* A changed record is refused, or it says what it said (its length in another
 * form, say). */
static void test_tampered(void)
{
	struct seal_keyring *keyring = fresh(key_a);
	struct seal_error err;
	unsigned int bit, step;
	struct raw *raw;
	bool good = true;
	size_t i;
	int ret;

	(void)put(keyring, "u", ID, true, &err);
	seal_keyring_close(&keyring);
	raw = raw_of("u");
	step = raw->value.len / 150 + 1;
	for (i = 0; good && i < raw->value.len; i += i < 50 ? 1 : step) {
		for (bit = 1; good && bit < 256; bit *= 2) {
			raw->value.data[i] ^= (unsigned char)bit;
			raw_run(raw, raw_put);
			keyring = keyring_open(folder, key_a, NULL);
			ret = get(keyring, "u", ID, true, &err);
			good = ret == 1 ||
				(ret == -1 && (err.code == SEAL_ERR_DAMAGED ||
					       err.code == SEAL_ERR_REFUSED));
			seal_keyring_close(&keyring);
			raw->value.data[i] ^= (unsigned char)bit;
			good = good && ERR_peek_error() == 0;
			if (i > 50 && bit > 1)
				break;
		}
	}
	tap_ok(good, "tampered with: byte %zu of %zu", i, raw->value.len);
	for (i = 0; good && i < raw->value.len; i += i < 50 ? 1 : step) {
		struct seal_buf whole = raw->value;

		raw->value.len = i;
		raw_run(raw, raw_put);
		raw->value = whole;
		keyring = keyring_open(folder, key_a, NULL);
		ret = get(keyring, "u", ID, true, &err);
		good = ret == -1 && err.code == SEAL_ERR_DAMAGED;
		seal_keyring_close(&keyring);
	}
	tap_ok(good, "cut off: after byte %zu", i);
	(void)seal_buf_append(&raw->value, "", 1, &err);
	raw_run(raw, raw_put);
	keyring = keyring_open(folder, key_a, NULL);
	tap_ok(fails(get(keyring, "u", ID, true, &err), &err,
		     SEAL_ERR_DAMAGED), "a trailing byte");
	tap_ok(seal_keyring_delete(keyring, "u", ID, &err) == 0 &&
	       get(keyring, "u", ID, true, &err) == 0,
	       "a damaged record can be deleted");
	seal_keyring_close(&keyring);
}

static void test_moved(void)
{
	struct seal_keyring *keyring = fresh(key_a);
	struct seal_error err;
	uint64_t count;
	struct raw *raw;

	(void)put(keyring, "u", ID, false, &err);
	seal_keyring_close(&keyring);
	raw = raw_of("u");
	raw_name(raw, "v", ID);
	raw_run(raw, raw_put);
	raw_name(raw, "u", ID2);
	raw_run(raw, raw_put);
	keyring = keyring_open(folder, key_a, NULL);
	tap_ok(fails(get(keyring, "v", ID, false, &err), &err,
		     SEAL_ERR_DAMAGED), "moved to another user");
	tap_ok(fails(get(keyring, "u", ID2, false, &err), &err,
		     SEAL_ERR_DAMAGED), "moved to another profile");
	tap_ok(fails(seal_keyring_rotate(keyring, key_b, &count, &err), &err,
		     SEAL_ERR_DAMAGED) &&
	       get(keyring, "u", ID, false, &err) == 1,
	       "rotate refuses, and changes nothing");
	seal_keyring_close(&keyring);
	raw_name(raw, "no id", "x");
	raw_run(raw, raw_put);
	keyring = keyring_open(folder, key_a, NULL);
	tap_ok(fails(seal_keyring_rotate(keyring, key_b, &count, &err), &err,
		     SEAL_ERR_DAMAGED), "rotate: a name that is none");
	seal_keyring_close(&keyring);
}

/*
 * Rotation
 */

static void put_many(struct seal_keyring *keyring, unsigned int count)
{
	struct seal_error err;
	char user[32];
	unsigned int i;

	for (i = 0; i < count; i++) {
		snprintf(user, sizeof(user), "user%u", i);
		if (put(keyring, user, ID, i % 3 == 0, &err) < 0)
			abort();
	}
}

static bool has_many(struct seal_keyring *keyring, unsigned int count)
{
	struct seal_error err;
	char user[32];
	unsigned int i;

	for (i = 0; i < count; i++) {
		snprintf(user, sizeof(user), "user%u", i);
		if (get(keyring, user, ID, i % 3 == 0, &err) != 1) {
			tap_note("%s: %s", user, err.text);
			return false;
		}
	}
	return true;
}

static void test_rotate(void)
{
	struct seal_keyring *keyring = fresh(key_a);
	struct seal_error err;
	uint64_t count = 7;
	struct raw *raw;

	tap_ok(seal_keyring_rotate(keyring, key_b, &count, &err) == 0 &&
	       count == 0, "rotate: nothing there");
	seal_keyring_close(&keyring);
	keyring = fresh(key_a);
	put_many(keyring, MANY);
	seal_keyring_close(&keyring);
	raw = raw_of("user0");
	tap_ok(keyring_traces(folder, &raw->value) == raw->value.len /
	       KEYRING_PIECE, "rotate: the old value is in the file");
	keyring = keyring_open(folder, key_a, NULL);
	tap_ok(seal_keyring_rotate(keyring, key_b, &count, &err) == 0 &&
	       count == MANY && has_many(keyring, MANY),
	       "rotate: all is there");
	tap_ok(keyring_traces(folder, &raw->value) == 0,
	       "rotate: the old value is not in the file");
	tap_ok(seal_keyring_rotate(keyring, key_b, &count, &err) == 0 &&
	       count == MANY && has_many(keyring, MANY), "rotate: again");
	(void)put(keyring, "user0", ID, true, &err);
	seal_keyring_close(&keyring);
	keyring = keyring_open(folder, key_b, NULL);
	tap_ok(has_many(keyring, MANY), "rotate: the new key opens all");
	seal_keyring_close(&keyring);
	keyring = keyring_open(folder, key_a, NULL);
	tap_ok(fails(get(keyring, "user3", ID, true, &err), &err,
		     SEAL_ERR_REFUSED), "rotate: the old key opens nothing");
	seal_keyring_close(&keyring);
}

/* As doveadm and seald would after a kill: the same new key once more, with
 * whatever the file says to be the current one. */
static void test_rotate_killed(void)
{
	struct seal_keyring *keyring = fresh(key_a);
	const unsigned char *now = key_a, *next = key_b, *swap;
	unsigned int round, killed = 0;
	struct seal_error err;
	uint64_t count;
	bool good = true;
	int status;
	pid_t pid;

	put_many(keyring, MANY);
	seal_keyring_close(&keyring);
	for (round = 0; good && round < 40; round++) {
		fflush(stdout);
		if ((pid = fork()) < 0)
			abort();
		if (pid == 0) {
			keyring = keyring_open(folder, now, NULL);
			_exit(seal_keyring_rotate(keyring, next, &count,
						  &err) < 0 ? 1 : 0);
		}
		usleep(round * 700);
		(void)kill(pid, SIGKILL);
		if (waitpid(pid, &status, 0) != pid)
			abort();
		if (WIFSIGNALED(status))
			killed++;
		keyring = keyring_open(folder, now, next);
		good = has_many(keyring, MANY) &&
			seal_keyring_rotate(keyring, next, &count, &err) == 0 &&
			count == MANY;
		seal_keyring_close(&keyring);
		keyring = keyring_open(folder, next, NULL);
		good = good && has_many(keyring, MANY);
		seal_keyring_close(&keyring);
		swap = now;
		now = next;
		next = swap;
	}
	tap_ok(good, "rotate: killed %u times of %u, and repeated", killed,
	       round);
}

/*
 * Deletion
 */

static void test_delete(void)
{
	struct seal_keyring *keyring = fresh(key_a);
	unsigned int i, pieces;
	struct seal_error err;
	char user[32];
	struct raw *raw;
	bool good = true;
	struct stat st;

	put_many(keyring, MANY);
	seal_keyring_close(&keyring);
	for (i = 0; good && i < MANY; i += 7) {
		snprintf(user, sizeof(user), "user%u", i);
		raw = raw_of(user);
		pieces = (unsigned int)(raw->value.len / KEYRING_PIECE);
		good = keyring_traces(folder, &raw->value) == pieces;
		keyring = keyring_open(folder, key_a, NULL);
		good = good && seal_keyring_delete(keyring, user, ID,
						   &err) == 0;
		seal_keyring_close(&keyring);
		pieces = keyring_traces(folder, &raw->value);
		good = good && pieces == 0;
	}
	tap_ok(good, "delete: no trace in the file");
	if (!good)
		tap_note("%u: %u pieces", i, pieces);

	keyring = fresh(key_a);
	put_many(keyring, MANY);
	for (i = 0; i < MANY; i++) {
		snprintf(user, sizeof(user), "user%u", i);
		good = good &&
			seal_keyring_delete(keyring, user, ID, &err) == 0;
	}
	if (stat(keyring_path(folder, "data.mdb"), &st) < 0)
		abort();
	tap_ok(good && st.st_size <= 4 * sysconf(_SC_PAGESIZE),
	       "delete: an empty keyring is small (%ld)", (long)st.st_size);
	seal_keyring_close(&keyring);
}

/* A kill between the transaction and the wiping leaves that to the next one to
 * open the keyring. */
static void test_delete_killed(void)
{
	struct seal_keyring *keyring = fresh(key_a);
	struct seal_error err;
	struct raw *raw;

	put_many(keyring, 5);
	seal_keyring_close(&keyring);
	raw = raw_of("user3");
	raw_run(raw, raw_delete);
	tap_ok(keyring_traces(folder, &raw->value) > 0,
	       "LMDB leaves deleted values in the file");
	keyring = keyring_open(folder, key_a, NULL);
	tap_ok(keyring_traces(folder, &raw->value) == 0 &&
	       get(keyring, "user2", ID, false, &err) == 1,
	       "what a killed process left is removed");
	seal_keyring_close(&keyring);
}

/* Another process that has the keyring open; reading: in the middle of a read
 * transaction. It ends when *fd_r is closed. */
static int hold(struct seal_env_txn *txn, void *context,
		struct seal_error *err)
{
	const int *fds = context;
	char c = 0;

	(void)txn, (void)err;
	if (write(fds[1], &c, 1) != 1)
		return -1;
	return (int)read(fds[0], &c, 1);
}

static pid_t other_process(bool reading, int *fd_r)
{
	int to[2], from[2], fds[2];
	struct seal_error err;
	struct seal_env *env;
	pid_t pid;
	char c;

	fflush(stdout);
	if (pipe(to) < 0 || pipe(from) < 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		(void)close(to[1]);
		(void)close(from[0]);
		fds[0] = to[0];
		fds[1] = from[1];
		env = seal_env_open(folder, "keyring", 0, &err);
		if (env == NULL)
			_exit(1);
		if (reading)
			(void)seal_env_read(env, hold, fds, &err);
		else
			(void)hold(NULL, fds, &err);
		seal_env_close(&env);
		_exit(0);
	}
	(void)close(to[0]);
	(void)close(from[1]);
	if (read(from[0], &c, 1) != 1)
		abort();
	(void)close(from[0]);
	*fd_r = to[1];
	return pid;
}

static bool end_other(pid_t pid, int fd)
{
	int status;

	(void)close(fd);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
		WEXITSTATUS(status) == 0;
}

static void test_delete_shared(void)
{
	struct seal_keyring *keyring = fresh(key_a);
	struct seal_error err;
	unsigned int i;
	char user[32];
	uint64_t count;
	struct raw *raw;
	bool good = true;
	pid_t pid;
	int fd;

	put_many(keyring, MANY);
	seal_keyring_close(&keyring);
	pid = other_process(false, &fd);
	for (i = 0; good && i < MANY; i += 5) {
		snprintf(user, sizeof(user), "user%u", i);
		raw = raw_of(user);
		keyring = keyring_open(folder, key_a, NULL);
		/* pages in all states: some are being used again */
		if (i % 2 == 0)
			good = put(keyring, "user1", ID, false, &err) == 0;
		good = good && seal_keyring_delete(keyring, user, ID,
						   &err) == 0 &&
			keyring_traces(folder, &raw->value) == 0;
		seal_keyring_close(&keyring);
	}
	tap_ok(good, "delete: no trace where another process has it open");
	raw = raw_of("user1");
	keyring = keyring_open(folder, key_a, NULL);
	tap_ok(seal_keyring_rotate(keyring, key_b, &count, &err) == 0 &&
	       keyring_traces(folder, &raw->value) == 0,
	       "rotate: no trace either");
	tap_ok(end_other(pid, fd), "the other process ends");
	tap_ok(get(keyring, "user1", ID, false, &err) == 1 &&
	       get(keyring, "user59", ID, false, &err) == 1,
	       "the others' records are whole");
	seal_keyring_close(&keyring);

	raw = raw_of("user2");
	pid = other_process(true, &fd);
	keyring = keyring_open(folder, key_b, NULL);
	tap_ok(fails(seal_keyring_delete(keyring, "user2", ID, &err), &err,
		     SEAL_ERR_REFUSED) &&
	       get(keyring, "user2", ID, false, &err) == 0,
	       "delete: says so where another process keeps reading");
	tap_ok(end_other(pid, fd), "the reading process ends");
	tap_ok(seal_keyring_delete(keyring, "user2", ID, &err) == 0 &&
	       keyring_traces(folder, &raw->value) == 0,
	       "delete: once more, and there is no trace");
	seal_keyring_close(&keyring);
}

/*
 * Allocations
 */

static int step_put(struct seal_keyring *keyring, struct seal_error *err)
{
	struct seal_secrets secrets = SEAL_SECRETS_INIT;
	int ret;

	make(&secrets, "u", true);
	ret = seal_keyring_put(keyring, "u", ID, &secrets, err);
	seal_secrets_free(&secrets);
	return ret;
}

static int step_get(struct seal_keyring *keyring, struct seal_error *err)
{
	struct seal_secrets secrets = SEAL_SECRETS_INIT;
	int ret = seal_keyring_get(keyring, "u", ID, &secrets, err);

	if (ret > 0 && (secrets.issuer_key.len != 138 ||
			secrets.sender_secret.len != 32 ||
			secrets.sender_rsa_key.len != 1218))
		ret = 9;
	seal_secrets_free(&secrets);
	return ret;
}

static int step_delete(struct seal_keyring *keyring, struct seal_error *err)
{
	return seal_keyring_delete(keyring, "v", ID, err);
}

static int step_rotate(struct seal_keyring *keyring, struct seal_error *err)
{
	uint64_t count;

	return seal_keyring_rotate(keyring, key_b, &count, err);
}

static int step_open(struct seal_keyring *keyring, struct seal_error *err)
{
	(void)keyring;
	return -2 - (err->code != SEAL_ERR_NONE);
}

static const struct {
	const char *name;
	int (*run)(struct seal_keyring *keyring, struct seal_error *err);
	int want;
} steps[] = {
	{ "get", step_get, 1 },
	{ "delete", step_delete, 0 },
	{ "rotate", step_rotate, 0 },
	{ "open", step_open, -2 },
};

static void put_failing(struct seal_keyring *keyring)
{
	struct seal_secrets secrets = SEAL_SECRETS_INIT;
	struct seal_error err;
	bool good = true, failed = true;
	unsigned long n;
	int ret;

	make(&secrets, "u", true);
	for (n = 1; good && failed; n++) {
		tap_alloc_fail_at(n);
		ret = seal_keyring_put(keyring, "u", ID, &secrets, &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		good = (ret == 0 || err.code == SEAL_ERR_MEMORY ||
			err.code == SEAL_ERR_CRYPTO) &&
			ERR_peek_error() == 0 &&
			get(keyring, "u", ID, true, &err) == 1;
	}
	tap_ok(good, "put: with each of %lu allocations failing", n);
	seal_secrets_free(&secrets);
}

static void test_allocations(void)
{
	struct seal_keyring *keyring = fresh(key_a);
	struct seal_error err;
	bool good, failed;
	unsigned long n;
	size_t i;
	int ret;

	(void)step_put(keyring, &err);
	put_failing(keyring);
	seal_keyring_close(&keyring);
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		good = failed = true;
		for (n = 1; good && failed; n++) {
			keyring = fresh(key_a);
			(void)step_put(keyring, &err);
			(void)put(keyring, "v", ID, false, &err);
			err.code = SEAL_ERR_NONE;
			if (steps[i].run == step_open)
				seal_keyring_close(&keyring);
			tap_alloc_fail_at(n);
			if (steps[i].run == step_open)
				keyring = seal_keyring_open(folder, key_a,
							    key_b, &err);
			ret = steps[i].run(keyring, &err);
			failed = tap_alloc_failed();
			tap_alloc_fail_at(0);
			good = ret == steps[i].want ||
				err.code == SEAL_ERR_MEMORY ||
				err.code == SEAL_ERR_CRYPTO;
			good = good && ERR_peek_error() == 0;
			seal_keyring_close(&keyring);
			keyring = keyring_open(folder, key_a, key_b);
			good = good && get(keyring, "u", ID, true, &err) == 1;
			seal_keyring_close(&keyring);
		}
		tap_ok(good, "%s: with each of %lu allocations failing",
		       steps[i].name, n);
		if (!good)
			tap_note("%lu: %d: %s", n - 1, ret, err.text);
	}
}

/*
 * The map
 */

static void test_growth(void)
{
	struct seal_keyring *keyring = fresh(key_a);
	struct seal_error err;
	uint64_t count = 0;

	/* more than the first map holds, and twice as much while rotating */
	put_many(keyring, 1000);
	tap_ok(has_many(keyring, 1000), "growth: 1,000 profiles");
	tap_ok(seal_keyring_rotate(keyring, key_b, &count, &err) == 0 &&
	       count == 1000 && has_many(keyring, 1000),
	       "growth: 1,000 profiles are rotated");
	seal_keyring_close(&keyring);
}

int main(void)
{
	tap_alloc_init();
	keyring_folder(folder);
	test_round_trip();
	test_master();
	test_tampered();
	test_moved();
	test_rotate();
	test_rotate_killed();
	test_delete();
	test_delete_killed();
	test_delete_shared();
	test_allocations();
	test_growth();
	keyring_remove(folder);
	seal_buf_free(&the_raw.value);
	return tap_done();
}
