/* SPDX-License-Identifier: MIT */
#ifndef SEAL_TESTS_KEYRING_CHECK_H
#define SEAL_TESTS_KEYRING_CHECK_H

/* What tests that have a keyring share: folders, and looking into raw files. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "base/buf.h"
#include "base/error.h"
#include "store/keyring.h"
#include "tap.h"

#define KEYRING_PIECE 24	/* bytes that are found by accident once in 2^192 */

static inline const char *keyring_path(const char *folder, const char *name)
{
	static char path[4][256];
	static unsigned int i;

	i = (i + 1) % 4;
	snprintf(path[i], sizeof(path[i]), "%s/%s", folder, name);
	return path[i];
}

static inline void keyring_empty(const char *folder)
{
	static const char *const files[] = {
		"data.mdb", "lock.mdb", "open.lock", "data.mdb.new",
		"data.mdb.copy"
	};
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		(void)unlink(keyring_path(folder, files[i]));
}

/* Makes a folder, below SEAL_TEST_DIR or /tmp. */
static inline void keyring_folder(char folder[128])
{
	const char *top = getenv("SEAL_TEST_DIR");

	snprintf(folder, 128, "%s/seal-keyring-XXXXXX",
		 top != NULL ? top : "/tmp");
	if (mkdtemp(folder) == NULL)
		abort();
}

static inline void keyring_remove(const char *folder)
{
	keyring_empty(folder);
	(void)rmdir(folder);
}

static inline struct seal_keyring *
keyring_open(const char *folder, const unsigned char *master,
	     const unsigned char *other)
{
	struct seal_error err;
	struct seal_keyring *keyring;

	keyring = seal_keyring_open(folder, master, other, &err);
	if (keyring == NULL) {
		tap_note("%s", err.text);
		abort();
	}
	return keyring;
}

static inline void keyring_read(const char *path, struct seal_buf *out)
{
	FILE *f = fopen(path, "rb");
	struct seal_error err;
	char data[4096];
	size_t n;

	seal_buf_clear(out);
	if (f == NULL)
		abort();
	while ((n = fread(data, 1, sizeof(data), f)) > 0) {
		if (seal_buf_append(out, data, n, &err) < 0)
			abort();
	}
	(void)fclose(f);
}

/* How many of the value's pieces the raw file of the environment holds. */
static inline unsigned int keyring_traces(const char *folder,
					  const struct seal_buf *value)
{
	struct seal_buf raw = SEAL_BUF_INIT;
	unsigned int count = 0;
	size_t i;

	keyring_read(keyring_path(folder, "data.mdb"), &raw);
	for (i = 0; i + KEYRING_PIECE <= value->len; i += KEYRING_PIECE) {
		if (memmem(raw.data, raw.len, value->data + i,
			   KEYRING_PIECE) != NULL)
			count++;
	}
	seal_buf_free(&raw);
	return count;
}

#endif
