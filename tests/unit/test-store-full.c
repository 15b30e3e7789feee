/* SPDX-License-Identifier: MIT */
/* No room: on the disk, below a limit, in the address space; and each system call
 * failing in turn. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include "store-check.h"

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
		/* malloc may be the first to find out */
		if (err.code != SEAL_ERR_FULL && err.code != SEAL_ERR_MEMORY)
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

/* Whether something that needs much address space itself looks on. */
static bool is_watched(void)
{
	const char *preload = getenv("LD_PRELOAD");

#ifdef __SANITIZE_ADDRESS__
	return true;
#endif
	return preload != NULL && strstr(preload, "vgpreload") != NULL;
}

static void test_address_space(void)
{
	int ret;

	if (is_watched()) {
		/* not a skipped test: it runs in the plain build */
		tap_note("no room to shorten the address space in here");
		return;
	}
	fresh();
	ret = in_child(limited_space);
	tap_ok(ret == 0, "growth: where address space is short (%d)", ret);
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
			good = compacted(store) &&
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
		tap_ok(good && calls > 3 && compacted(store) &&
		       has(store, "more", "more", &err),
		       "fault: compact, %s%s at each of %u calls",
		       faults[i].error == 0 ? "short write" :
		       strerror(faults[i].error),
		       faults[i].for_good ? " for good" : "", calls - 1);
		seal_store_close(&store);
	}
}

int main(void)
{
	test_address_space();
	test_file_limit();
	test_full_disk();
	test_no_room();
	test_faulty_updates();
	test_faulty_compact();
	return store_done();
}
