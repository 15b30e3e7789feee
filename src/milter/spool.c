/* SPDX-License-Identifier: MIT */
#include "milter/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/error.h"

#define SPOOL_PIECE (64 * 1024)

struct milter_spool {
	int fd;
	uint64_t len, max;
};

static int fail(const char *what, struct seal_error *err)
{
	return seal_error_set(err, SEAL_ERR_IO, "temporary file: %s: %s", what,
			      strerror(errno));
}

/* A file that has no name, or soon has none: not every file system knows
 * O_TMPFILE. */
static int open_unnamed(struct seal_error *err)
{
	const char *folder = getenv("TMPDIR");
	char path[4096];
	int fd;

	if (folder == NULL || *folder == '\0')
		folder = "/tmp";
	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL,
		  S_IRUSR | S_IWUSR);
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
		return fd >= 0 ? fd : fail(folder, err);
	(void)snprintf(path, sizeof(path), "%s/seal-milter.XXXXXX", folder);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return fail(path, err);
	if (unlink(path) < 0) {
		(void)fail(path, err);
		(void)close(fd);
		return -1;
	}
	return fd;
}

struct milter_spool *milter_spool_new(uint64_t max, struct seal_error *err)
{
	struct milter_spool *spool = calloc(1, sizeof(*spool));

	if (spool == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	spool->max = max;
	spool->fd = open_unnamed(err);
	if (spool->fd < 0)
		milter_spool_free(&spool);
	return spool;
}

int milter_spool_add(struct milter_spool *spool, const void *data, size_t len,
		     struct seal_error *err)
{
	const char *from = data;
	ssize_t ret;

	if (len > spool->max - spool->len)
		return seal_error_set(err, SEAL_ERR_REFUSED, "The encrypted "
			"message is longer than %" PRIu64 " megabytes",
			spool->max / (1024 * 1024));
	while (len > 0) {
		ret = write(spool->fd, from, len);
		if (ret < 0 && errno == EINTR)
			continue;
		if (ret < 0)
			return fail("write", err);
		from += ret;
		len -= (size_t)ret;
		spool->len += (uint64_t)ret;
	}
	return 0;
}

int milter_spool_read(struct milter_spool *spool,
		      int (*more)(void *context, const unsigned char *data,
				  size_t len, struct seal_error *err),
		      void *context, struct seal_error *err)
{
	unsigned char *piece = malloc(SPOOL_PIECE);
	uint64_t at = 0;
	ssize_t got;
	int ret = 1;

	if (piece == NULL)
		return seal_error_memory(err);
	while (ret > 0 && at < spool->len) {
		got = pread(spool->fd, piece, SPOOL_PIECE, (off_t)at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			if (got == 0)
				errno = EIO;
			ret = fail("read", err);
			break;
		}
		at += (uint64_t)got;
		ret = more(context, piece, (size_t)got, err);
	}
	free(piece);
	return ret < 0 ? -1 : 0;
}

void milter_spool_free(struct milter_spool **_spool)
{
	struct milter_spool *spool = *_spool;

	*_spool = NULL;
	if (spool == NULL)
		return;
	if (spool->fd >= 0)
		(void)close(spool->fd);
	free(spool);
}
