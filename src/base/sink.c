/* SPDX-License-Identifier: MIT */
#include "base/sink.h"

#include "base/buf.h"

static int buf_write(void *context, const unsigned char *data, size_t len,
		     struct seal_error *err)
{
	struct seal_buf *buf = context;

	if (buf->data == NULL || data != buf->data + buf->len)
		return seal_buf_append(buf, data, len, err);
	buf->len += len;
	return 0;
}

static unsigned char *buf_room(void *context, size_t len,
			       struct seal_error *err)
{
	return seal_buf_reserve(context, len, err);
}

struct seal_sink seal_sink_to_buf(struct seal_buf *buf)
{
	struct seal_sink sink = { buf_write, buf, buf_room };

	return sink;
}
