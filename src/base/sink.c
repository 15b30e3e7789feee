/* SPDX-License-Identifier: MIT */
#include "base/sink.h"

#include "base/buf.h"

static int buf_write(void *context, const unsigned char *data, size_t len,
		     struct seal_error *err)
{
	return seal_buf_append(context, data, len, err);
}

struct seal_sink seal_sink_to_buf(struct seal_buf *buf)
{
	struct seal_sink sink = { buf_write, buf };

	return sink;
}
