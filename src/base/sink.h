/* SPDX-License-Identifier: MIT */
#ifndef SEAL_BASE_SINK_H
#define SEAL_BASE_SINK_H

#include <stddef.h>

struct seal_error;

/* Where an engine's bytes go next. write() takes all len bytes (len > 0) or
 * fails: 0, or -1 with err filled; an engine passes a failure on unchanged and
 * is not used again after it. The data is valid during the call only. */
struct seal_sink {
	int (*write)(void *context, const unsigned char *data, size_t len,
		     struct seal_error *err);
	void *context;
};

static inline int seal_sink_write(const struct seal_sink *sink,
				  const void *data, size_t len,
				  struct seal_error *err)
{
	return len == 0 ? 0 : sink->write(sink->context, data, len, err);
}

struct seal_buf;

/* A sink that appends to buf, which must outlive it. */
struct seal_sink seal_sink_to_buf(struct seal_buf *buf);

#endif
