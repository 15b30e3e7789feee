/* SPDX-License-Identifier: MIT */
/* Two processes at once, and one that is killed. */
#include <signal.h>
#include <time.h>
#include "store-check.h"

#define WRITES 300

static void writer(unsigned int number, size_t size)
{
	struct seal_store *store = open_store(65536);
	struct seal_error err;
	char user[32];
	unsigned int i;

	for (i = 0; i < WRITES; i++) {
		snprintf(user, sizeof(user), "writer%u-%u", number, i);
		if (put(store, user, user, size, &err) != 1) {
			tap_note("writer %u: %s", number, err.text);
			_exit(1);
		}
		/* what the other has made grow, we have to follow */
		if (!has(store, user, user, &err))
			_exit(2);
	}
	seal_store_close(&store);
	_exit(0);
}

static void test_two_writers(void)
{
	struct seal_store *store;
	struct seal_error err;
	pid_t pids[2];
	char user[32];
	unsigned int i, j;
	int status;
	bool good = true;

	fresh();
	for (i = 0; i < 2; i++) {
		fflush(stdout);
		if ((pids[i] = fork()) < 0)
			abort();
		if (pids[i] == 0)
			writer(i, i == 0 ? 300 : 9000);
	}
	for (i = 0; i < 2; i++) {
		if (waitpid(pids[i], &status, 0) < 0 || status != 0)
			good = false;
	}
	tap_ok(good, "two processes write at once");
	store = open_store(0);
	for (i = 0; i < 2; i++) {
		for (j = 0; j < WRITES && good; j++) {
			snprintf(user, sizeof(user), "writer%u-%u", i, j);
			good = has(store, user, user, &err);
		}
	}
	tap_ok(good, "two processes: everything is there");
	seal_store_close(&store);
}

/* Writes version after version and reports each as done; compacts at times. */
static void reporter(int fd, unsigned int version)
{
	struct seal_error err;
	struct seal_store *store = seal_store_open(folder, 65536, &err);
	char user[32], label[32];

	if (store == NULL) {
		tap_note("reporter: %s", err.text);
		_exit(1);
	}
	for (;; version++) {
		snprintf(user, sizeof(user), "user%u", version % 5);
		snprintf(label, sizeof(label), "%u", version);
		if (put(store, user, label, version % 4000, &err) != 1 ||
		    (version % 16 == 15 &&
		     seal_store_compact(store, &err) < 0)) {
			tap_note("reporter: %s", err.text);
			_exit(2);
		}
		if (write(fd, &version, sizeof(version)) != sizeof(version))
			_exit(3);
	}
}

/* Lets a reporter live for some time. Returns the last version it reported, or
 * the one before its first; -2: it ended by itself. */
static int kill_one(unsigned int version, long nanoseconds)
{
	struct timespec wait = { 0, nanoseconds };
	int fds[2], status, last = (int)version - 1;
	unsigned int number;
	pid_t pid;

	fflush(stdout);
	if (pipe(fds) < 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		close(fds[0]);
		reporter(fds[1], version);
	}
	close(fds[1]);
	nanosleep(&wait, NULL);
	kill(pid, SIGKILL);
	while (read(fds[0], &number, sizeof(number)) == sizeof(number))
		last = (int)number;
	close(fds[0]);
	(void)waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? last : -2;
}

static bool all_there(struct seal_store *store, int last)
{
	struct seal_user_record *record;
	struct seal_error err;
	char user[32];
	int i, version;

	for (i = last; i >= 0 && i > last - 5; i--) {
		snprintf(user, sizeof(user), "user%d", i % 5);
		if (seal_store_get(store, user, &record, &err) != 1) {
			tap_note("%s (%d): %s", user, i, err.text);
			return false;
		}
		version = atoi(record->profiles[0].label);
		seal_user_record_free(&record);
		/* the one that was not reported any more may be there too */
		if (version != i && version != last + 1) {
			tap_note("%s: %d instead of %d", user, version, i);
			return false;
		}
	}
	return true;
}

static void test_kill(void)
{
	struct walk walk = { .records = 0 };
	struct seal_store *store;
	struct seal_error err;
	unsigned int i, rounds = 60;
	int last = -1;
	bool good = true;

	fresh();
	srandom(4711);
	for (i = 0; i < rounds && good; i++) {
		last = kill_one((unsigned int)last + 1,
				random() % (i % 4 == 0 ? 4000000 : 30000000));
		store = seal_store_open(folder, 0, &err);
		if (store == NULL)
			tap_note("%s", err.text);
		good = last >= -1 && store != NULL && all_there(store, last) &&
			seal_store_each(store, walk_each, &walk, &err) == 0;
		seal_store_close(&store);
	}
	tap_ok(good && walk.problems == 0, "killed %u times: all %d updates "
	       "that were reported as done are there", i, last + 1);
}

/* The second process: opens the store, says so, and goes on when told. */
static int second_process(int in_fd, int out_fd)
{
	struct seal_store *store;
	struct seal_error err;
	char c;
	int ret;

	store = open_store(0);
	if (write(out_fd, "o", 1) != 1 || read(in_fd, &c, 1) != 1)
		return 1;
	ret = seal_store_compact(store, &err) == -1 &&
		err.code == SEAL_ERR_REFUSED && compacted(store) &&
		has(store, "first", "first", &err) &&
		put(store, "second", "second", 10, &err) == 1 ? 0 : 2;
	seal_store_close(&store);
	return ret;
}

static void test_compact_shared(void)
{
	struct seal_store *store;
	struct seal_error err;
	int to[2], from[2], status;
	pid_t pid;
	char c;

	fresh();
	store = open_store(0);
	fill(store);
	seal_store_close(&store);
	fflush(stdout);
	if (pipe(to) < 0 || pipe(from) < 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0)
		_exit(second_process(to[0], from[1]));
	store = open_store(0);
	if (read(from[0], &c, 1) != 1)
		abort();
	tap_ok(seal_store_compact(store, &err) == -1 &&
	       err.code == SEAL_ERR_REFUSED && compacted(store) &&
	       put(store, "first", "first", 10, &err) == 1,
	       "compact: refused while another process has it open");
	if (write(to[1], "c", 1) != 1 || waitpid(pid, &status, 0) < 0)
		abort();
	tap_ok(status == 0 && has(store, "second", "second", &err),
	       "compact: both ways, and both go on (%d)", status);
	tap_ok(seal_store_compact(store, &err) == 0 && compacted(store) &&
	       has(store, "first", "first", &err) &&
	       has(store, "second", "second", &err),
	       "compact: when the other one has gone");
	seal_store_close(&store);
	close(to[0]);
	close(to[1]);
	close(from[0]);
	close(from[1]);
}

int main(void)
{
	test_two_writers();
	test_kill();
	test_compact_shared();
	return store_done();
}
