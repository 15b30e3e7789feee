/* SPDX-License-Identifier: MIT */
#include "enrol/enrol.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "pki/pem.h"

#define FILE_MAX_SIZE (4 * 1024 * 1024)

static int failed(const char *what, const char *path, struct seal_error *err)
{
	return seal_error_set(err, SEAL_ERR_IO, "cannot %s %s: %s", what, path,
			      strerror(errno));
}

/* Opens the folder. 1 with its descriptor, 0 where there is none, or -1. What
 * others can write to is not used: they could swap what is asked for, and the
 * root that will be trusted. */
static int open_dir(const char *dir, int *fd_r, struct seal_error *err)
{
	struct stat st;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : failed("open the folder", dir,
						    err);
	if (fstat(fd, &st) < 0) {
		(void)failed("look at the folder", dir, err);
	} else if (st.st_uid != geteuid()) {
		(void)seal_error_set(err, SEAL_ERR_REFUSED, "the folder %s "
			"belongs to somebody else; choose another one with "
			"--dir", dir);
	} else if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		(void)seal_error_set(err, SEAL_ERR_REFUSED, "others may write "
			"to the folder %s; take that from them (chmod go-w), "
			"or choose another one with --dir", dir);
	} else {
		*fd_r = fd;
		return 1;
	}
	(void)close(fd);
	return -1;
}

static int absent_in(int fd, const char *dir, const struct enrol_file *files,
		     unsigned int count, struct seal_error *err)
{
	struct stat st;
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (fstatat(fd, files[i].name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			return seal_error_set(err, SEAL_ERR_REFUSED, "there is "
				"a %s in the folder %s, and nothing is "
				"overwritten here; move it away, or choose "
				"another folder with --dir", files[i].name,
				dir);
		if (errno != ENOENT)
			return failed("look at the folder", dir, err);
	}
	return 0;
}

int enrol_files_absent(const char *dir, const struct enrol_file *files,
		       unsigned int count, struct seal_error *err)
{
	int fd, ret = open_dir(dir, &fd, err);

	if (ret <= 0)
		return ret;
	ret = absent_in(fd, dir, files, count, err);
	(void)close(fd);
	return ret;
}

static int write_all(int fd, const struct seal_buf *content)
{
	size_t done = 0;
	ssize_t n;

	while (done < content->len) {
		n = write(fd, content->data + done, content->len - done);
		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0)
			done += (size_t)n;
	}
	return fsync(fd);
}

/* Writes one file, or leaves none. */
static int write_file(int dir_fd, const char *dir,
		      const struct enrol_file *file, struct seal_error *err)
{
	int fd = openat(dir_fd, file->name, O_WRONLY | O_CREAT | O_EXCL |
			O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
	int ret = 0;

	if (fd >= 0) {
		ret = write_all(fd, &file->content);
		if (ret < 0)
			(void)failed("write", file->name, err);
		if (close(fd) < 0 && ret == 0)
			ret = failed("write", file->name, err);
		if (ret < 0)
			(void)unlinkat(dir_fd, file->name, 0);
		return ret;
	}
	return seal_error_set(err, SEAL_ERR_IO, "cannot make %s in the folder "
			      "%s: %s", file->name, dir, strerror(errno));
}

static void remove_files(int fd, const struct enrol_file *files,
			 unsigned int count)
{
	while (count-- > 0)
		(void)unlinkat(fd, files[count].name, 0);
}

static int write_files(int fd, const char *dir, const struct enrol_file *files,
		       unsigned int count, struct seal_error *err)
{
	unsigned int i;

	if (absent_in(fd, dir, files, count, err) < 0)
		return -1;
	for (i = 0; i < count; i++) {
		if (write_file(fd, dir, &files[i], err) < 0)
			break;
	}
	if (i == count && fsync(fd) == 0)
		return 0;
	if (i == count)
		(void)failed("write the folder", dir, err);
	remove_files(fd, files, i);
	return -1;
}

static int make_and_write(const char *dir, const struct enrol_file *files,
			  unsigned int count, struct seal_error *err)
{
	bool made = mkdir(dir, S_IRWXU) == 0;
	int fd, ret;

	if (!made && errno != EEXIST)
		return failed("make the folder", dir, err);
	ret = open_dir(dir, &fd, err);
	if (ret == 0)
		ret = failed("open the folder", dir, err);
	if (ret > 0) {
		ret = write_files(fd, dir, files, count, err);
		(void)close(fd);
	}
	if (ret < 0 && made)
		(void)rmdir(dir);
	return ret;
}

int enrol_files_write(const char *dir, const struct enrol_file *files,
		      unsigned int count, struct seal_error *err)
{
	sigset_t stops, before;
	int ret;

	/* Ctrl-C does not leave half of them */
	(void)sigemptyset(&stops);
	(void)sigaddset(&stops, SIGINT);
	(void)sigaddset(&stops, SIGTERM);
	(void)sigaddset(&stops, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &stops, &before);
	ret = make_and_write(dir, files, count, err);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return ret;
}

void enrol_files_remove(const char *dir, const struct enrol_file *files,
			unsigned int count)
{
	struct seal_error err;
	int fd;

	if (open_dir(dir, &fd, &err) > 0) {
		remove_files(fd, files, count);
		(void)close(fd);
	}
}

void enrol_files_free(struct enrol_file *files, unsigned int count)
{
	while (count-- > 0)
		seal_buf_free(&files[count].content);
}

/* Reads to the end. */
static int read_all(int fd, const char *path, struct seal_buf *out,
		    struct seal_error *err)
{
	unsigned char *to;
	size_t total = 0;
	ssize_t n;

	do {
		to = seal_buf_reserve(out, 4096, err);
		if (to == NULL)
			return -1;
		n = read(fd, to, 4096);
		if (n < 0 && errno != EINTR)
			return failed("read", path, err);
		if (n > 0) {
			out->len += (size_t)n;
			total += (size_t)n;
		}
		if (total > FILE_MAX_SIZE)
			return seal_error_set(err, SEAL_ERR_LIMIT, "%s is "
				"larger than 4 MB; is it the right file?",
				path);
	} while (n != 0);
	return 0;
}

int enrol_read(const char *path, struct seal_buf *out, struct seal_error *err)
{
	int fd, ret;

	if (strcmp(path, "-") == 0)
		return read_all(STDIN_FILENO, "standard input", out, err);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return failed("open", path, err);
	ret = read_all(fd, path, out, err);
	(void)close(fd);
	return ret;
}

int enrol_read_in(const char *dir, const char *name, struct seal_buf *out,
		  struct seal_error *err)
{
	int dir_fd, fd, ret = open_dir(dir, &dir_fd, err);

	if (ret < 0)
		return -1;
	if (ret == 0)
		return seal_error_set(err, SEAL_ERR_NOTFOUND, "there is no "
			"folder %s here; name the one that 'seal-enrol new' "
			"made with --dir", dir);
	fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		ret = read_all(fd, name, out, err) < 0 ? -1 : 1;
		(void)close(fd);
	} else {
		ret = errno == ENOENT ? 0 : failed("open", name, err);
	}
	(void)close(dir_fd);
	return ret;
}

int enrol_has(const char *dir, const char *name, struct seal_error *err)
{
	struct stat st;
	int fd, ret = open_dir(dir, &fd, err);

	if (ret <= 0)
		return ret;
	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		ret = errno == ENOENT ? 0 : failed("look at", name, err);
	(void)close(fd);
	return ret;
}

int enrol_read_pem_in(const char *dir, const char *name, const char *label,
		      struct seal_buf *der, struct seal_error *err)
{
	struct seal_buf text = SEAL_BUF_INIT;
	int ret = enrol_read_in(dir, name, &text, err);

	if (ret > 0 && seal_pem_read(name, label, (const char *)text.data,
				     text.len, der, err) < 0)
		ret = -1;
	seal_buf_free(&text);
	return ret;
}
