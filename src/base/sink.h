/* SPDX-License-Identifier: MIT */
#ifndef SEAL_BASE_SINK_H
#define SEAL_BASE_SINK_H

#include <stddef.h>

struct seal_error;

/* Where an engine's bytes go next. write() takes all len bytes (len > 0) or
 * fails: 0, or -1 with err filled; an engine passes a failure on unchanged and
 * is not used again after it. The data is valid during the call only.
 *
 * room() is for engines that make their bytes themselves, to spare a copy: it
 * returns a place for len bytes (len > 0), or NULL with err filled. A write()
 * from there, of at most as many, has to follow before anything else is done;
 * the sink knows the place again and takes them where they lie. room itself is
 * NULL where a sink has no such place. */
struct seal_sink {
	int (*write)(void *context, const unsigned char *data, size_t len,
		     struct seal_error *err);
	void *context;
	unsigned char *(*room)(void *context, size_t len,
			       struct seal_error *err);
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
