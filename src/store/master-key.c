/* SPDX-License-Identifier: MIT */

/* The file of the master key. */

#include "store/master-key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include "base/error.h"

#define TEXT_LEN (2 * SEAL_MASTER_KEY_LEN + 1)

static int failed(const char *path, const char *what, struct seal_error *err)
{
	bool full = errno == ENOSPC || errno == EDQUOT;

	return seal_error_set(err, full ? SEAL_ERR_FULL : SEAL_ERR_IO,
			      "the master key file %s cannot be %s: %s", path,
			      what, strerror(errno));
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool parse(const char *text, size_t len,
		  unsigned char key_r[SEAL_MASTER_KEY_LEN])
{
	int high, low;
	size_t i;

	if (len != TEXT_LEN || text[TEXT_LEN - 1] != '\n')
		return false;
	for (i = 0; i < SEAL_MASTER_KEY_LEN; i++) {
		high = digit(text[2 * i]);
		low = digit(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		key_r[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

/* Reads up to len bytes; how many there were, or -1. */
static ssize_t read_all(int fd, char *data, size_t len)
{
	size_t done = 0;
	ssize_t ret;

	while (done < len) {
		ret = read(fd, data + done, len - done);
		if (ret == 0)
			break;
		if (ret > 0)
			done += (size_t)ret;
		else if (errno != EINTR)
			return -1;
	}
	return (ssize_t)done;
}

static int read_key(int fd, const char *path,
		    unsigned char key_r[SEAL_MASTER_KEY_LEN],
		    struct seal_error *err)
{
	char text[TEXT_LEN + 1];
	struct stat st;
	ssize_t len;
	int ret = 1;

	if (fstat(fd, &st) < 0)
		return failed(path, "examined", err);
	if (!S_ISREG(st.st_mode))
		return seal_error_set(err, SEAL_ERR_DAMAGED,
			"the master key %s is not a regular file", path);
	if ((st.st_mode & 077) != 0)
		return seal_error_set(err, SEAL_ERR_REFUSED, "the master key "
			"file %s has mode %03o: nobody but its owner may have "
			"access (chmod 0400)", path,
			(unsigned int)(st.st_mode & 0777));
	if ((len = read_all(fd, text, sizeof(text))) < 0)
		ret = failed(path, "read", err);
	else if (!parse(text, (size_t)len, key_r))
		ret = seal_error_set(err, SEAL_ERR_DAMAGED, "the master key "
			"file %s does not hold 64 hexadecimal digits and a "
			"line end", path);
	OPENSSL_cleanse(text, sizeof(text));
	return ret;
}

int seal_master_key_read(const char *path,
			 unsigned char key_r[SEAL_MASTER_KEY_LEN],
			 struct seal_error *err)
{
	/* O_NONBLOCK: a FIFO in its place must not stop us */
	int ret, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return errno == ENOENT ? 0 : failed(path, "opened", err);
	ret = read_key(fd, path, key_r, err);
	(void)close(fd);
	return ret;
}

static bool write_all(int fd, const char *data, size_t len)
{
	ssize_t ret;

	while (len > 0) {
		ret = write(fd, data, len);
		if (ret < 0 && errno != EINTR)
			return false;
		if (ret > 0) {
			data += ret;
			len -= (size_t)ret;
		}
	}
	return true;
}

static bool write_key(int fd, const unsigned char key[SEAL_MASTER_KEY_LEN])
{
	static const char digits[] = "0123456789abcdef";
	char text[TEXT_LEN];
	bool good;
	size_t i;

	for (i = 0; i < SEAL_MASTER_KEY_LEN; i++) {
		text[2 * i] = digits[key[i] >> 4];
		text[2 * i + 1] = digits[key[i] & 15];
	}
	text[TEXT_LEN - 1] = '\n';
	good = write_all(fd, text, sizeof(text)) && fchmod(fd, 0400) == 0 &&
		fsync(fd) == 0;
	OPENSSL_cleanse(text, sizeof(text));
	return good;
}

/* Makes the name in the folder durable. */
static bool sync_folder(char *path)
{
	char *slash = strrchr(path, '/');
	bool good;
	int fd;

	if (slash != NULL)
		slash[slash == path ? 1 : 0] = '\0';
	fd = open(slash == NULL ? "." : path, O_RDONLY | O_DIRECTORY |
		  O_CLOEXEC);
	good = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		(void)close(fd);
	return good;
}

/* The file gets its name when it is whole; link(), unlike rename(), never
 * replaces one. temporary is of the form that mkostemp() wants. */
static int make_file(const char *path, char *temporary,
		     const unsigned char key[SEAL_MASTER_KEY_LEN],
		     struct seal_error *err)
{
	int ret = 0, fd = mkostemp(temporary, O_CLOEXEC);

	if (fd < 0)
		return failed(path, "made", err);
	if (!write_key(fd, key))
		ret = failed(path, "written", err);
	else if (link(temporary, path) < 0)
		ret = errno == EEXIST ?
			seal_error_set(err, SEAL_ERR_REFUSED, "there is a "
				       "master key file %s already", path) :
			failed(path, "made", err);
	(void)close(fd);
	(void)unlink(temporary);
	if (ret == 0 && !sync_folder(temporary))
		ret = failed(path, "synced", err);
	return ret;
}

int seal_master_key_make(const char *path,
			 unsigned char key_r[SEAL_MASTER_KEY_LEN],
			 struct seal_error *err)
{
	char *temporary;
	int ret;

	if (RAND_priv_bytes(key_r, SEAL_MASTER_KEY_LEN) != 1)
		return seal_error_crypto(err, "cannot make a master key");
	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return seal_error_memory(err);
	ret = make_file(path, temporary, key_r, err);
	free(temporary);
	if (ret < 0)
		OPENSSL_cleanse(key_r, SEAL_MASTER_KEY_LEN);
	return ret;
}
