/* SPDX-License-Identifier: MIT */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <openssl/err.h>
#include "base/error.h"
#include "store/profile.h"
#include "unit/tap.h"

#define NOW 1700000000

/* A folder of its own for each test, emptied at the end of it. */
static char folder[128], other[128 + 8];
static const char *const files[] = {
	"data.mdb", "lock.mdb", "open.lock", "data.mdb.new", "data.mdb.copy"
};

static const char *in(const char *dir, const char *name)
{
	static char path[4][256];
	static unsigned int i;

	i = (i + 1) % 4;
	snprintf(path[i], sizeof(path[i]), "%s/%s", dir, name);
	return path[i];
}

static void remove_folder(const char *dir)
{
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		(void)unlink(in(dir, files[i]));
	(void)rmdir(dir);
}

static void fresh(void)
{
	/* on disk, not in memory, where /tmp is that: fsync is part of it */
	const char *top = getenv("SEAL_TEST_DIR");

	if (folder[0] == '\0') {
		snprintf(folder, sizeof(folder), "%s/seal-store-XXXXXX",
			 top != NULL ? top : "/tmp");
		if (mkdtemp(folder) == NULL)
			abort();
		snprintf(other, sizeof(other), "%s-copy", folder);
	}
	remove_folder(folder);
	remove_folder(other);
	if (mkdir(folder, 0700) < 0 || mkdir(other, 0700) < 0)
		abort();
}

/* The system calls by which LMDB and we write: these definitions come before the
 * C library's, so that one call, or all from one on, can fail. */
static struct {
	unsigned int calls;	/* so many succeed, then */
	int error;		/* this, or 0: a write of half the bytes */
	bool for_good;		/* and so do all after it */
	bool armed, happened;
} fault;

static bool fails_now(void)
{
	if (!fault.armed || fault.calls-- > 0)
		return false;
	fault.happened = true;
	fault.calls = 0;
	fault.armed = fault.for_good;
	errno = fault.error;
	return true;
}

static void arm(unsigned int calls, int error, bool for_good)
{
	fault.calls = calls;
	fault.error = error;
	fault.for_good = for_good;
	fault.happened = false;
	fault.armed = true;
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t offset)
{
	if (fails_now()) {
		if (fault.error != 0)
			return -1;
		len /= 2;
	}
	return syscall(SYS_pwrite64, fd, data, len, offset);
}

ssize_t writev(int fd, const struct iovec *iov, int count)
{
	if (fails_now()) {
		if (fault.error != 0)
			return -1;
		count /= 2;
	}
	return syscall(SYS_writev, fd, iov, count);
}

ssize_t write(int fd, const void *data, size_t len)
{
	if (fails_now()) {
		if (fault.error != 0)
			return -1;
		len /= 2;
	}
	return syscall(SYS_write, fd, data, len);
}

int fsync(int fd)
{
	return fails_now() && fault.error != 0 ? -1 :
		(int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	return fails_now() && fault.error != 0 ? -1 :
		(int)syscall(SYS_fdatasync, fd);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return fails_now() && fault.error != 0 ? -1 :
		(int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
}

/* What a test wants of a record: a label that says which version it is, and a
 * certificate of some size. */
struct want {
	const char *label;
	size_t size;
	unsigned int calls;
};

static int put_change(struct seal_user_record *record, void *context,
		      struct seal_error *err)
{
	struct want *want = context;
	struct seal_profile *profile;
	unsigned char *der;
	int ret;

	want->calls++;
	while (record->profile_count > 0)
		seal_user_record_remove(record, &record->profiles[0]);
	profile = seal_user_record_add(record, SEAL_PROFILE_IMPORTED,
				       want->label, NOW, err);
	if (profile == NULL)
		return -1;
	if ((der = malloc(want->size + 1)) == NULL)
		return seal_error_memory(err);
	memset(der, 'c', want->size);
	ret = seal_profile_add_certificate(profile, der, want->size, err);
	free(der);
	return ret < 0 ? -1 : 1;
}

static int put(struct seal_store *store, const char *user, const char *label,
	       size_t size, struct seal_error *err)
{
	struct want want = { .label = label, .size = size };

	return seal_store_update(store, user, put_change, &want, err);
}

static bool has(struct seal_store *store, const char *user, const char *label,
		struct seal_error *err)
{
	struct seal_user_record *record;
	bool good;

	if (seal_store_get(store, user, &record, err) <= 0)
		return false;
	good = record->profile_count == 1 &&
		strcmp(record->profiles[0].label, label) == 0;
	seal_user_record_free(&record);
	return good;
}

static int remove_change(struct seal_user_record *record, void *context,
			 struct seal_error *err)
{
	(void)context, (void)err;
	while (record->profile_count > 0)
		seal_user_record_remove(record, &record->profiles[0]);
	return 1;
}

static int answer_change(struct seal_user_record *record, void *context,
			 struct seal_error *err)
{
	int answer = *(int *)context;

	record->kill_switch = true;
	return answer < 0 ? seal_error_set(err, SEAL_ERR_REFUSED, "no") :
		answer;
}

static struct seal_store *open_store(size_t map_size)
{
	struct seal_error err;
	struct seal_store *store = seal_store_open(folder, map_size, &err);

	if (store == NULL) {
		tap_note("%s", err.text);
		abort();
	}
	return store;
}

static void test_basics(void)
{
	struct seal_user_record *record;
	struct seal_store *store;
	struct seal_error err = { .code = SEAL_ERR_NONE };
	char name[SEAL_STORE_USER_MAX + 2];
	int answer = 0;

	fresh();
	store = open_store(0);
	tap_ok(seal_store_get(store, "nobody", &record, &err) == 0 &&
	       record == NULL, "get: nobody");
	tap_ok(put(store, "user", "one", 100, &err) == 1 &&
	       has(store, "user", "one", &err), "update: a new record");
	tap_ok(seal_store_update(store, "user", answer_change, &answer,
				 &err) == 0 && has(store, "user", "one", &err),
	       "update: 0 leaves all as it was");
	answer = -1;
	tap_ok(seal_store_update(store, "user", answer_change, &answer,
				 &err) == -1 && err.code == SEAL_ERR_REFUSED &&
	       has(store, "user", "one", &err),
	       "update: -1 leaves all as it was");
	answer = 1;
	tap_ok(seal_store_update(store, "kill", answer_change, &answer,
				 &err) == 1 &&
	       seal_store_get(store, "kill", &record, &err) == 1 &&
	       record->kill_switch, "update: a kill switch is kept");
	seal_user_record_free(&record);

	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	tap_ok(seal_store_get(store, name, &record, &err) == -1 &&
	       err.code == SEAL_ERR_LIMIT && record == NULL &&
	       put(store, name, "x", 1, &err) == -1 &&
	       err.code == SEAL_ERR_LIMIT, "limit: a name of 512 bytes");
	tap_ok(put(store, name + 1, "x", 1, &err) == 1 &&
	       has(store, name + 1, "x", &err), "limit: a name of 511 bytes");
	tap_ok(seal_store_get(store, "", &record, &err) == -1 &&
	       err.code == SEAL_ERR_LIMIT, "limit: an empty name");
	tap_ok(put(store, "a\nb", "x", 1, &err) == -1 &&
	       err.code == SEAL_ERR_INPUT, "update: a name with a newline");

	seal_store_close(&store);
	seal_store_close(&store);
	store = open_store(0);
	tap_ok(has(store, "user", "one", &err), "open: again");
	tap_ok(seal_store_update(store, "user", remove_change, NULL,
				 &err) == 1 &&
	       seal_store_get(store, "user", &record, &err) == 0 &&
	       seal_store_update(store, "user", remove_change, NULL,
				 &err) == 1,
	       "update: an empty record is removed");
	seal_store_close(&store);
}

static void test_modes(void)
{
	struct seal_store *store;
	struct seal_error err;
	struct stat st;
	mode_t old;
	size_t i;
	bool good = true;

	fresh();
	old = umask(0777);
	store = open_store(0);
	if (put(store, "user", "one", 100, &err) != 1 ||
	    seal_store_compact(store, &err) < 0 ||
	    seal_store_copy(store, other, &err) < 0)
		good = false;
	umask(old);
	for (i = 0; i < 3; i++)
		good = good && stat(in(folder, files[i]), &st) == 0 &&
			(st.st_mode & 07777) == 0600;
	good = good && stat(in(other, "data.mdb"), &st) == 0 &&
		(st.st_mode & 07777) == 0600;
	tap_ok(good, "modes: 0600, whatever the umask");
	seal_store_close(&store);
}

struct walk {
	char seen[1024];
	unsigned int records, problems;
	int stop_at;
	struct seal_store *store;
	int nested;
};

static int walk_each(const char *user, const struct seal_user_record *record,
		     const struct seal_error *problem, void *context,
		     struct seal_error *err)
{
	struct walk *walk = context;
	struct seal_error ignored;

	if (record != NULL)
		walk->records++;
	else if (problem->code == SEAL_ERR_DAMAGED)
		walk->problems++;
	if (strlen(walk->seen) + strlen(user) + 2 < sizeof(walk->seen))
		strcat(strcat(walk->seen, user), " ");
	if (walk->store != NULL)
		walk->nested = put(walk->store, "x", "x", 1, &ignored) == -1 &&
			ignored.code == SEAL_ERR_REFUSED &&
			seal_store_compact(walk->store, &ignored) == -1 &&
			ignored.code == SEAL_ERR_REFUSED &&
			has(walk->store, "b", "b", &ignored);
	if ((int)(walk->records + walk->problems) == walk->stop_at)
		return seal_error_set(err, SEAL_ERR_LIMIT, "enough");
	return 0;
}

static void test_each(void)
{
	struct walk walk = { .records = 0 };
	struct seal_store *store;
	struct seal_store_stat stat;
	struct seal_error err;

	fresh();
	store = open_store(0);
	tap_ok(seal_store_each(store, walk_each, &walk, &err) == 0 &&
	       walk.records == 0, "each: an empty store");
	(void)put(store, "c", "c", 10, &err);
	(void)put(store, "a", "a", 10000, &err);
	(void)put(store, "b", "b", 10, &err);
	tap_ok(seal_store_each(store, walk_each, &walk, &err) == 0 &&
	       strcmp(walk.seen, "a b c ") == 0 && walk.records == 3,
	       "each: in order");
	memset(&walk, 0, sizeof(walk));
	walk.stop_at = 2;
	tap_ok(seal_store_each(store, walk_each, &walk, &err) == -1 &&
	       err.code == SEAL_ERR_LIMIT && walk.records == 2,
	       "each: stopped");
	memset(&walk, 0, sizeof(walk));
	walk.store = store;
	tap_ok(seal_store_each(store, walk_each, &walk, &err) == 0 &&
	       walk.nested == 1 && walk.records == 3,
	       "each: no change while walking, looking up goes on");
	tap_ok(put(store, "d", "d", 1, &err) == 1, "each: changes after it");
	tap_ok(seal_store_stat(store, &stat, &err) == 0 && stat.users == 4 &&
	       stat.file_size >= 8192 && stat.map_size == 64 << 20,
	       "stat: counts and sizes");
	seal_store_close(&store);
}

static void test_growth(void)
{
	struct seal_store *store;
	struct seal_store_stat stat;
	struct seal_error err;
	struct want want = { .label = "large", .size = 60000 };
	char user[32], label[32];
	unsigned int i;
	bool good = true;

	fresh();
	store = open_store(65536);
	for (i = 0; i < 3000 && good; i++) {
		snprintf(user, sizeof(user), "user%u", i * 7919 % 3000);
		snprintf(label, sizeof(label), "label%u", i * 7919 % 3000);
		good = put(store, user, label, i % 1500, &err) == 1;
	}
	if (!good)
		tap_note("%s", err.text);
	for (i = 0; i < 3000 && good; i++) {
		snprintf(user, sizeof(user), "user%u", i);
		snprintf(label, sizeof(label), "label%u", i);
		good = has(store, user, label, &err);
	}
	tap_ok(good, "growth: 3000 records into a map of 64 kB");
	tap_ok(seal_store_stat(store, &stat, &err) == 0 && stat.users == 3000 &&
	       stat.map_size > stat.file_size && stat.file_size > 3000000,
	       "growth: the map is larger now");
	seal_store_close(&store);

	fresh();
	store = open_store(16384);
	good = seal_store_update(store, "u", put_change, &want, &err) == 1;
	tap_ok(good && want.calls == 2 && has(store, "u", "large", &err),
	       "growth: one step for one record, change() called %u times",
	       want.calls);
	seal_store_close(&store);
	store = open_store(4096);
	tap_ok(has(store, "u", "large", &err),
	       "growth: a map asked for that is smaller than the file");
	seal_store_close(&store);
}

/* Runs body in a process of its own. Returns its exit status. */
static int in_child(int (*body)(void))
{
	pid_t pid;
	int status;

	fflush(stdout);
	if ((pid = fork()) < 0)
		abort();
	if (pid == 0)
		_exit(body());
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
		128 + WTERMSIG(status);
}

/* Address space runs out: reading goes on. */
static int limited_space(void)
{
	struct seal_store *store;
	struct rlimit limit;
	struct seal_error err;
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");
	unsigned int i;
	char user[32];
	int ret = 0;

	if (f == NULL || fscanf(f, "%lu", &pages) != 1)
		return 1;
	fclose(f);
	store = open_store(0);
	if (store == NULL || put(store, "u", "one", 100, &err) != 1)
		return 2;
	seal_store_close(&store);
	limit.rlim_cur = limit.rlim_max = pages * 4096 + (24 << 20);
	if (setrlimit(RLIMIT_AS, &limit) < 0)
		return 3;
	/* 64 MB cannot be had */
	store = seal_store_open(folder, 0, &err);
	if (store == NULL || !has(store, "u", "one", &err))
		ret = 4;
	for (i = 0; ret == 0 && i < 1000; i++) {
		snprintf(user, sizeof(user), "user%u", i);
		if (put(store, user, user, 60000, &err) == 1)
			continue;
		if (err.code != SEAL_ERR_FULL)
			ret = 5;
		break;
	}
	if (ret == 0 && (i == 0 || i == 1000))
		ret = 6;
	while (ret == 0 && i-- > 0) {
		snprintf(user, sizeof(user), "user%u", i);
		if (!has(store, user, user, &err))
			ret = 7;
	}
	seal_store_close(&store);
	return ret;
}

static void test_address_space(void)
{
	int ret;

#ifdef __SANITIZE_ADDRESS__
	tap_skip("the address sanitizer takes all of it",
		 "growth: where address space is short");
	return;
#endif
	fresh();
	ret = in_child(limited_space);
	tap_ok(ret == 0, "growth: where address space is short (%d)", ret);
}

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

static bool test_compacted(struct seal_store *store)
{
	struct seal_error err;
	char user[32];
	unsigned int i;

	for (i = 0; i < 200; i += 20) {
		snprintf(user, sizeof(user), "user%u", i);
		if (!has(store, user, "x", &err))
			return false;
	}
	return true;
}

static void fill(struct seal_store *store)
{
	struct seal_error err;
	char user[32];
	unsigned int i;

	for (i = 0; i < 200; i++) {
		snprintf(user, sizeof(user), "user%u", i);
		if (put(store, user, "x", 5000, &err) != 1)
			abort();
	}
	for (i = 0; i < 200; i++) {
		snprintf(user, sizeof(user), "user%u", i);
		if (i % 20 != 0 && seal_store_update(store, user, remove_change,
						     NULL, &err) != 1)
			abort();
	}
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
		err.code == SEAL_ERR_REFUSED && test_compacted(store) &&
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
	       err.code == SEAL_ERR_REFUSED && test_compacted(store) &&
	       put(store, "first", "first", 10, &err) == 1,
	       "compact: refused while another process has it open");
	if (write(to[1], "c", 1) != 1 || waitpid(pid, &status, 0) < 0)
		abort();
	tap_ok(status == 0 && has(store, "second", "second", &err),
	       "compact: both ways, and both go on (%d)", status);
	tap_ok(seal_store_compact(store, &err) == 0 && test_compacted(store) &&
	       has(store, "first", "first", &err) &&
	       has(store, "second", "second", &err),
	       "compact: when the other one has gone");
	seal_store_close(&store);
	close(to[0]);
	close(to[1]);
	close(from[0]);
	close(from[1]);
}

static void test_compact(void)
{
	struct seal_store_stat before, after;
	struct seal_store *store;
	struct seal_error err;

	fresh();
	store = open_store(0);
	tap_ok(seal_store_compact(store, &err) == 0 &&
	       seal_store_stat(store, &after, &err) == 0 && after.users == 0,
	       "compact: an empty store");
	fill(store);
	(void)seal_store_stat(store, &before, &err);
	tap_ok(seal_store_compact(store, &err) == 0 &&
	       seal_store_stat(store, &after, &err) == 0 &&
	       after.file_size < before.file_size / 4 &&
	       after.users == before.users && test_compacted(store),
	       "compact: from %llu to %llu bytes",
	       (unsigned long long)before.file_size,
	       (unsigned long long)after.file_size);
	tap_ok(put(store, "new", "new", 10, &err) == 1 &&
	       has(store, "new", "new", &err), "compact: goes on after it");
	seal_store_close(&store);
	store = open_store(0);
	tap_ok(has(store, "new", "new", &err) && test_compacted(store) &&
	       access(in(folder, "data.mdb.new"), F_OK) < 0,
	       "compact: opened again");
	seal_store_close(&store);
}

static void test_copy(void)
{
	const char *const argv[] = { "mdb_stat", other, NULL };
	char saved[sizeof(folder)], *out;
	struct seal_store *store;
	struct seal_error err;
	size_t len;
	int ret;

	fresh();
	store = open_store(0);
	fill(store);
	tap_ok(seal_store_copy(store, other, &err) == 0, "copy: written");
	tap_ok(seal_store_copy(store, other, &err) == -1 &&
	       err.code == SEAL_ERR_REFUSED, "copy: not twice");
	tap_ok(seal_store_copy(store, folder, &err) == -1 &&
	       err.code == SEAL_ERR_REFUSED, "copy: not onto itself");
	tap_ok(seal_store_copy(store, "/nonexistent", &err) == -1 &&
	       err.code == SEAL_ERR_IO, "copy: no such folder");
	tap_ok(access(in(other, "data.mdb.copy"), F_OK) < 0,
	       "copy: nothing is left behind");
	ret = tap_run(argv, NULL, 0, &out, &len);
	if (ret == 127)
		tap_skip("mdb_stat is not installed", "copy: mdb_stat");
	else
		tap_ok(ret == 0 && strstr(out, "Entries: 10") != NULL,
		       "copy: mdb_stat reads it");
	free(out);
	(void)unlink(in(other, "lock.mdb"));
	seal_store_close(&store);

	memcpy(saved, folder, sizeof(saved));
	snprintf(folder, sizeof(folder), "%.120s", other);
	store = open_store(0);
	memcpy(folder, saved, sizeof(saved));
	tap_ok(test_compacted(store), "copy: opened as a store");
	seal_store_close(&store);
}

static void write_file(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	if (f == NULL || fwrite(data, 1, len, f) != len || fclose(f) != 0)
		abort();
}

/* Overwrites bytes everywhere in the file where they are found. */
static void spoil(const char *path, const char *what, const char *with)
{
	size_t i, len = strlen(what), size;
	FILE *f = fopen(path, "r+b");
	static char data[1 << 20];

	if (f == NULL)
		abort();
	size = fread(data, 1, sizeof(data), f);
	for (i = 0; i + len <= size; i++) {
		if (memcmp(data + i, what, len) == 0)
			memcpy(data + i, with, len);
	}
	rewind(f);
	if (fwrite(data, 1, size, f) != size || fclose(f) != 0)
		abort();
}

static void test_damage(void)
{
	static const char nonsense[20000] = "this is no database";
	struct seal_user_record *record;
	struct walk walk = { .records = 0 };
	struct seal_store *store;
	struct seal_error err;
	struct stat st;

	fresh();
	write_file(in(folder, "data.mdb"), nonsense, sizeof(nonsense));
	tap_ok(seal_store_open(folder, 0, &err) == NULL &&
	       err.code == SEAL_ERR_DAMAGED &&
	       strstr(err.text, folder) != NULL, "damage: not a database");
	write_file(in(folder, "data.mdb"), nonsense, 100);
	tap_ok(seal_store_open(folder, 0, &err) == NULL &&
	       err.code == SEAL_ERR_DAMAGED, "damage: short and no database");
	write_file(in(folder, "data.mdb"), "", 0);
	tap_ok(seal_store_open(folder, 0, &err) == NULL &&
	       err.code == SEAL_ERR_DAMAGED, "damage: empty");

	fresh();
	store = open_store(0);
	(void)put(store, "alice", "label-of-alice", 10, &err);
	(void)put(store, "bob", "label-of-bob", 10, &err);
	seal_store_close(&store);
	/* the label gets a control character */
	spoil(in(folder, "data.mdb"), "label-of-alice", "label-of\nalice");
	store = open_store(0);
	tap_ok(seal_store_get(store, "alice", &record, &err) == -1 &&
	       err.code == SEAL_ERR_DAMAGED && record == NULL,
	       "damage: a record that does not decode");
	tap_ok(put(store, "alice", "new", 10, &err) == -1 &&
	       err.code == SEAL_ERR_DAMAGED, "damage: is not written over");
	tap_ok(has(store, "bob", "label-of-bob", &err),
	       "damage: others are not touched by it");
	tap_ok(seal_store_each(store, walk_each, &walk, &err) == 0 &&
	       walk.problems == 1 && walk.records == 1 &&
	       strcmp(walk.seen, "alice bob ") == 0,
	       "damage: each names the record");
	seal_store_close(&store);

	fresh();
	store = open_store(0);
	(void)put(store, "alice", "x", 10, &err);
	seal_store_close(&store);
	/* key and record both hold the name; only the key follows the length
	 * of the name in a node, so change the record's, behind its tag */
	spoil(in(folder, "data.mdb"), "\x0c\x05""alice", "\x0c\x05""mally");
	store = open_store(0);
	tap_ok(seal_store_get(store, "alice", &record, &err) == -1 &&
	       err.code == SEAL_ERR_DAMAGED &&
	       strstr(err.text, "another name") != NULL,
	       "damage: a record that bears another name");
	seal_store_close(&store);

	fresh();
	store = open_store(0);
	fill(store);
	seal_store_close(&store);
	if (stat(in(folder, "data.mdb"), &st) < 0 ||
	    truncate(in(folder, "data.mdb"), st.st_size / 2) < 0)
		abort();
	tap_ok(seal_store_open(folder, 0, &err) == NULL &&
	       err.code == SEAL_ERR_DAMAGED, "damage: cut off");
	tap_ok(seal_store_open("/nonexistent", 0, &err) == NULL &&
	       err.code == SEAL_ERR_IO &&
	       strstr(err.text, "/nonexistent") != NULL,
	       "open: no such folder");
}

/* As a user whom permissions concern. */
static int read_only(void)
{
	struct seal_store *store;
	struct seal_error err;

	if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
		return 1;
	if (seal_store_open(folder, 0, &err) != NULL ||
	    err.code != SEAL_ERR_IO || strstr(err.text, folder) == NULL)
		return 2;
	if (chmod(folder, 0700) < 0)
		return 3;
	store = open_store(0);
	if (put(store, "user", "one", 10, &err) != 1 || chmod(folder, 0500) < 0)
		return 4;
	/* the files are there: only what needs new ones fails */
	if (put(store, "user", "two", 10, &err) != 1 ||
	    seal_store_compact(store, &err) != -1 || err.code != SEAL_ERR_IO ||
	    !has(store, "user", "two", &err) ||
	    put(store, "user", "three", 10, &err) != 1 ||
	    seal_store_copy(store, folder, &err) != -1)
		return 5;
	seal_store_close(&store);
	store = open_store(0);
	if (!has(store, "user", "three", &err))
		return 6;
	seal_store_close(&store);
	if (chmod(in(folder, "data.mdb"), 0400) < 0 ||
	    seal_store_open(folder, 0, &err) != NULL ||
	    err.code != SEAL_ERR_IO)
		return 7;
	return 0;
}

static void test_read_only(void)
{
	int ret;

	fresh();
	if (geteuid() == 0 && chown(folder, 65534, 65534) < 0)
		abort();
	if (chmod(folder, 0500) < 0)
		abort();
	ret = in_child(read_only);
	(void)chmod(folder, 0700);
	tap_ok(ret == 0, "a folder that is read only (%d)", ret);
}

/* Fills the store until it says so; returns how many records went in, or a
 * negative number: what it did wrong. */
static int fill_up(struct seal_store *store, struct seal_error *err)
{
	char user[32];
	int i, ret;

	for (i = 0; i < 5000; i++) {
		snprintf(user, sizeof(user), "user%d", i);
		ret = put(store, user, user, (size_t)(i * 37 % 6000), err);
		if (ret < 0)
			break;
	}
	if (i == 5000)
		return -1;
	if (err->code != SEAL_ERR_FULL) {
		tap_note("record %d: code %d: %s", i, err->code, err->text);
		return -2;
	}
	return i;
}

static bool all_of(struct seal_store *store, int count)
{
	struct seal_user_record *record;
	struct seal_error err;
	char user[32];
	int i;

	for (i = 0; i < count; i++) {
		snprintf(user, sizeof(user), "user%d", i);
		if (!has(store, user, user, &err))
			return false;
	}
	snprintf(user, sizeof(user), "user%d", count);
	return seal_store_get(store, user, &record, &err) == 0;
}

static void set_limit(rlim_t size)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit) < 0)
		abort();
	limit.rlim_cur = size;
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		abort();
}

static void lift_limit(void)
{
	set_limit(RLIM_INFINITY);
}

/* What has to hold when there is no room: make_room() ends that. */
static int full_disk(void (*make_room)(void))
{
	struct seal_store *store = open_store(65536);
	struct seal_error err;
	int count;

	if ((count = fill_up(store, &err)) < 5)
		return 10 - count;
	if (!all_of(store, count))
		return 2;
	if (put(store, "more", "more", 60000, &err) != -1 ||
	    err.code != SEAL_ERR_FULL || !all_of(store, count))
		return 3;
	/* below a limit on a file's size, the compacted one may fit */
	if ((seal_store_compact(store, &err) < 0 ?
	     err.code != SEAL_ERR_FULL : make_room != lift_limit) ||
	    !all_of(store, count)) {
		tap_note("compact: code %d: %s", err.code, err.text);
		return 4;
	}
	seal_store_close(&store);
	store = seal_store_open(folder, 0, &err);
	if (store == NULL || !all_of(store, count)) {
		tap_note("open: %s", err.text);
		return 5;
	}
	make_room();
	if (put(store, "more", "more", 60000, &err) != 1 ||
	    !has(store, "more", "more", &err) || !all_of(store, count)) {
		tap_note("more: code %d: %s", err.code, err.text);
		return 6;
	}
	if (seal_store_compact(store, &err) < 0 || !all_of(store, count))
		return 7;
	seal_store_close(&store);
	return 0;
}

static rlim_t file_limit;

static int full_by_limit(void)
{
	signal(SIGXFSZ, SIG_IGN);
	set_limit(file_limit);
	return full_disk(lift_limit);
}

static void test_file_limit(void)
{
	/* whole pages, and in the middle of one */
	static const rlim_t limits[] = { 262144, 264000, 300001, 524288 };
	size_t i;
	int ret;

	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		fresh();
		file_limit = limits[i];
		ret = in_child(full_by_limit);
		tap_ok(ret == 0,
		       "full: a file size limit of %lu (%d)",
		       (unsigned long)limits[i], ret);
	}
}

static int ballast_fd;

static void drop_ballast(void)
{
	if (ftruncate(ballast_fd, 0) < 0)
		abort();
}

/* 77: the kernel does not let us. */
static int full_by_disk(void)
{
	static char zeros[65536];

	if (unshare(CLONE_NEWNS) < 0 ||
	    mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", folder, "tmpfs", 0, "size=2m,mode=700") < 0)
		return 77;
	/* compacting needs room for a second file, so half is taken */
	ballast_fd = open(in(folder, "ballast"), O_RDWR | O_CREAT, 0600);
	while (write(ballast_fd, zeros, sizeof(zeros)) == sizeof(zeros)) {
		if (lseek(ballast_fd, 0, SEEK_CUR) >= 3 << 19)
			break;
	}
	return full_disk(drop_ballast);
}

static void test_full_disk(void)
{
	int ret;

	fresh();
	if (geteuid() != 0) {
		tap_skip("mounting needs root", "full: a small disk");
		return;
	}
	ret = in_child(full_by_disk);
	if (ret == 77)
		tap_skip("unshare(CLONE_NEWNS) or mount is not permitted",
			 "full: a small disk");
	else
		tap_ok(ret == 0, "full: a small disk (%d)", ret);
}

static const struct {
	int error;
	bool for_good;
	enum seal_error_code code;
} faults[] = {
	{ ENOSPC, false, SEAL_ERR_FULL }, { ENOSPC, true, SEAL_ERR_FULL },
	{ EDQUOT, true, SEAL_ERR_FULL }, { EFBIG, true, SEAL_ERR_FULL },
	{ EIO, false, SEAL_ERR_IO }, { EIO, true, SEAL_ERR_IO },
	{ 0, false, SEAL_ERR_IO },
};

/* One update with the fault after so many calls. False: something is wrong. */
static bool faulty_update(struct seal_store *store, unsigned int calls,
			  size_t row, unsigned int *version)
{
	struct seal_error err;
	char label[32], next[32];
	int ret;

	snprintf(label, sizeof(label), "%u", *version);
	snprintf(next, sizeof(next), "%u", *version + 1);
	arm(calls, faults[row].error, faults[row].for_good);
	ret = put(store, "user", next, 30000, &err);
	fault.armed = false;
	if (ret == 1) {
		++*version;
		/* half of one iovec is all of none, and so on: no harm */
		return has(store, "user", next, &err) &&
			(!fault.happened || faults[row].error == 0);
	}
	if (err.code != faults[row].code || !has(store, "user", label, &err)) {
		tap_note("code %d: %s", err.code, err.text);
		return false;
	}
	/* and on from there */
	if (put(store, "user", next, 29000, &err) != 1) {
		tap_note("code %d: %s", err.code, err.text);
		return false;
	}
	++*version;
	return has(store, "user", next, &err);
}

static void test_faulty_updates(void)
{
	struct seal_store *store;
	struct seal_error err;
	unsigned int calls, version = 0;
	char label[32];
	bool good;
	size_t i;

	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		fresh();
		store = open_store(65536);
		snprintf(label, sizeof(label), "%u", version);
		good = put(store, "user", label, 10, &err) == 1;
		calls = 0;
		do {
			good = good && faulty_update(store, calls, i, &version);
			calls++;
		} while (good && fault.happened);
		seal_store_close(&store);
		store = open_store(0);
		snprintf(label, sizeof(label), "%u", version);
		tap_ok(good && calls > 3 && has(store, "user", label, &err),
		       "fault: update, %s%s at each of %u calls",
		       faults[i].error == 0 ? "short write" :
		       strerror(faults[i].error),
		       faults[i].for_good ? " for good" : "", calls - 1);
		seal_store_close(&store);
	}
}

static void test_faulty_compact(void)
{
	struct seal_store *store;
	struct seal_error err;
	unsigned int calls;
	bool good;
	size_t i;
	int ret;

	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		fresh();
		store = open_store(0);
		fill(store);
		calls = 0;
		do {
			arm(calls, faults[i].error, faults[i].for_good);
			ret = seal_store_compact(store, &err);
			fault.armed = false;
			good = test_compacted(store) &&
				access(in(folder, "data.mdb.new"), F_OK) < 0 &&
				(ret == 0 ? !fault.happened ||
					faults[i].error == 0 :
					err.code == faults[i].code);
			if (!good)
				tap_note("%u: %d: code %d: %s", calls, ret,
					 err.code, err.text);
			calls++;
			good = good && put(store, "more", "more", 10,
					   &err) == 1;
		} while (good && fault.happened);
		seal_store_close(&store);
		store = open_store(0);
		tap_ok(good && calls > 3 && test_compacted(store) &&
		       has(store, "more", "more", &err),
		       "fault: compact, %s%s at each of %u calls",
		       faults[i].error == 0 ? "short write" :
		       strerror(faults[i].error),
		       faults[i].for_good ? " for good" : "", calls - 1);
		seal_store_close(&store);
	}
}

static int no_room_at_all(void)
{
	struct seal_error err;
	struct seal_store *store;
	int ret;

	signal(SIGXFSZ, SIG_IGN);
	set_limit(file_limit);
	if (seal_store_open(folder, 0, &err) != NULL ||
	    err.code != SEAL_ERR_FULL) {
		tap_note("code %d", err.code);
		return 1;
	}
	lift_limit();
	store = open_store(0);
	ret = put(store, "user", "one", 10, &err) == 1 ? 0 : 2;
	seal_store_close(&store);
	return ret;
}

static void test_no_room(void)
{
	static const rlim_t limits[] = { 0, 4096, 16384 - 1 };
	size_t i;
	int ret;

	for (i = 0; i < 3; i++) {
		fresh();
		file_limit = limits[i];
		ret = in_child(no_room_at_all);
		tap_ok(ret == 0, "full: files of at most %lu bytes when it is "
		       "made (%d)", (unsigned long)limits[i], ret);
	}
}

static bool build(struct seal_error *err)
{
	struct seal_store *store = seal_store_open(folder, 0, err);
	bool good;

	if (store == NULL)
		return false;
	good = put(store, "user", "two", 100, err) == 1 &&
		has(store, "user", "two", err) &&
		seal_store_compact(store, err) == 0;
	seal_store_close(&store);
	return good;
}

static void test_allocations(void)
{
	struct seal_store *store;
	struct seal_error err;
	bool good = true, failed = true;
	unsigned long n;

	fresh();
	for (n = 1; failed && good; n++) {
		store = open_store(0);
		good = put(store, "user", "one", 100, &err) == 1;
		seal_store_close(&store);
		err.code = SEAL_ERR_NONE;
		tap_alloc_fail_at(n);
		good = good && (build(&err) || err.code == SEAL_ERR_MEMORY);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		good = good && ERR_peek_error() == 0;
		store = open_store(0);
		good = good && (has(store, "user", "one", &err) ||
				has(store, "user", "two", &err));
		seal_store_close(&store);
	}
	tap_ok(good, "with each of %lu allocations failing", n);
	if (!good)
		tap_note("%lu: %d %s", n - 1, err.code, err.text);
}

int main(void)
{
	tap_alloc_init();
	test_basics();
	test_modes();
	test_each();
	test_growth();
	test_address_space();
	test_two_writers();
	test_kill();
	test_compact();
	test_compact_shared();
	test_copy();
	test_damage();
	test_read_only();
	test_file_limit();
	test_full_disk();
	test_no_room();
	test_faulty_updates();
	test_faulty_compact();
	test_allocations();
	remove_folder(folder);
	remove_folder(other);
	return tap_done();
}
