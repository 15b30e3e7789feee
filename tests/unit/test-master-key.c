/* SPDX-License-Identifier: MIT */
#include "store/master-key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/err.h>
#include "base/error.h"
#include "tap.h"

#define DIGITS "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F"

static const struct {
	const char *name, *text;
	mode_t mode;
	enum seal_error_code code;	/* SEAL_ERR_NONE: it is read */
} files[] = {
	{ "as it has to be", DIGITS "\n", 0400, SEAL_ERR_NONE },
	{ "writable by its owner", DIGITS "\n", 0600, SEAL_ERR_NONE },
	{ "readable by group", DIGITS "\n", 0440, SEAL_ERR_REFUSED },
	{ "readable by others", DIGITS "\n", 0404, SEAL_ERR_REFUSED },
	{ "writable by others", DIGITS "\n", 0602, SEAL_ERR_REFUSED },
	{ "empty", "", 0400, SEAL_ERR_DAMAGED },
	{ "no line end", DIGITS, 0400, SEAL_ERR_DAMAGED },
	{ "a digit short", "0" DIGITS "\n", 0400, SEAL_ERR_DAMAGED },
	{ "CR LF", DIGITS "\r\n", 0400, SEAL_ERR_DAMAGED },
	{ "two lines", DIGITS "\n\n", 0400, SEAL_ERR_DAMAGED },
	{ "not a digit", "g" "0" "0102030405060708090a0b0c0d0e0f10"
	  "1112131415161718191a1b1c1d1e1f\n", 0400, SEAL_ERR_DAMAGED },
	{ "half a key", "000102030405060708090a0b0c0d0e0f\n", 0400,
	  SEAL_ERR_DAMAGED },
};

static void test_read(void)
{
	unsigned char key[SEAL_MASTER_KEY_LEN];
	struct seal_error err;
	const char *path;
	bool good;
	size_t i, j;
	int ret;

	path = tap_file("key", NULL, 0);
	tap_ok(seal_master_key_read(path, key, &err) == 0, "read: no file");
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		FILE *f = fopen(path, "wb");

		if (f == NULL || fputs(files[i].text, f) < 0 ||
		    fclose(f) != 0 || chmod(path, files[i].mode) < 0)
			abort();
		ret = seal_master_key_read(path, key, &err);
		good = files[i].code == SEAL_ERR_NONE ? ret == 1 :
			ret == -1 && err.code == files[i].code &&
			strstr(err.text, path) != NULL;
		for (j = 0; ret == 1 && j < sizeof(key); j++)
			good = good && key[j] == j;
		tap_ok(good, "read: %s", files[i].name);
		(void)unlink(path);
	}
	if (mkdir(path, 0700) < 0)
		abort();
	tap_ok(seal_master_key_read(path, key, &err) == -1 &&
	       err.code == SEAL_ERR_DAMAGED, "read: a folder");
	(void)rmdir(path);
	if (mkfifo(path, 0600) < 0)
		abort();
	tap_ok(seal_master_key_read(path, key, &err) == -1 &&
	       err.code == SEAL_ERR_DAMAGED, "read: a FIFO");
	(void)unlink(path);
	tap_ok(seal_master_key_read("/dev/null/key", key, &err) == -1 &&
	       err.code == SEAL_ERR_IO, "read: not a folder");
}

static void test_make(void)
{
	unsigned char key[SEAL_MASTER_KEY_LEN], again[SEAL_MASTER_KEY_LEN];
	const char *path = tap_file("made", NULL, 0);
	struct seal_error err;
	mode_t mask = umask(0);
	struct stat st;

	tap_ok(seal_master_key_make(path, key, &err) == 0 &&
	       stat(path, &st) == 0 && (st.st_mode & 07777) == 0400 &&
	       st.st_size == 65 && st.st_nlink == 1, "make: a file, 0400");
	(void)umask(mask);
	tap_ok(seal_master_key_read(path, again, &err) == 1 &&
	       memcmp(key, again, sizeof(key)) == 0, "make: is read again");
	tap_ok(seal_master_key_make(path, again, &err) == -1 &&
	       err.code == SEAL_ERR_REFUSED &&
	       seal_master_key_read(path, again, &err) == 1 &&
	       memcmp(key, again, sizeof(key)) == 0,
	       "make: never over an existing one");
	(void)unlink(path);
	tap_ok(seal_master_key_make(path, again, &err) == 0 &&
	       memcmp(key, again, sizeof(key)) != 0, "make: another key");
	(void)unlink(path);
	tap_ok(seal_master_key_make("/nonexistent/key", again, &err) == -1 &&
	       err.code == SEAL_ERR_IO &&
	       strstr(err.text, "/nonexistent/key") != NULL,
	       "make: no such folder");
}

int main(void)
{
	tap_alloc_init();
	test_read();
	test_make();
	tap_ok(ERR_peek_error() == 0, "libcrypto's error queue is empty");
	return tap_done();
}
