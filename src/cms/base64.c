/* SPDX-License-Identifier: MIT */
#include "cms/base64.h"

#include <string.h>
#include "cms/base64-private.h"

seal_base64_lines_t *seal_base64_way(unsigned int i, const char **name_r)
{
	seal_base64_lines_t *lines;
	const char *name;
	unsigned int count;

	lines = seal_base64_way_x86(i, name_r);
	if (lines != NULL)
		return lines;
	for (count = 0; seal_base64_way_x86(count, &name) != NULL;)
		count++;
	*name_r = "scalar";
	return i == count ? seal_base64_lines_scalar : NULL;
}

void seal_base64_init(struct seal_base64 *base64, const struct seal_sink *sink)
{
	const char *name;

	base64->lines = seal_base64_way(0, &name);
	base64->sink = *sink;
	base64->held_len = 0;
	base64->out_len = 0;
}

static int flush(struct seal_base64 *base64, struct seal_error *err)
{
	size_t len = base64->out_len;

	base64->out_len = 0;
	return seal_sink_write(&base64->sink, base64->out, len, err);
}

/* Into the sink's own memory */
static int put_lines_there(struct seal_base64 *base64,
			   const unsigned char *data, size_t count,
			   struct seal_error *err)
{
	const struct seal_sink *sink = &base64->sink;
	size_t len = count * SEAL_BASE64_LINE;
	unsigned char *to;

	if (count == 0)
		return 0;
	to = sink->room(sink->context, len, err);
	if (to == NULL)
		return -1;
	base64->lines(to, data, count);
	return seal_sink_write(sink, to, len, err);
}

static int put_lines(struct seal_base64 *base64, const unsigned char *data,
		     size_t count, struct seal_error *err)
{
	size_t n;

	if (base64->sink.room != NULL)
		return put_lines_there(base64, data, count, err);
	for (; count > 0; count -= n) {
		n = (SEAL_BASE64_OUT - base64->out_len) / SEAL_BASE64_LINE;
		if (n > count)
			n = count;
		base64->lines(base64->out + base64->out_len, data, n);
		base64->out_len += n * SEAL_BASE64_LINE;
		data += n * SEAL_BASE64_RUN;
		if (base64->out_len == SEAL_BASE64_OUT &&
		    flush(base64, err) < 0)
			return -1;
	}
	return 0;
}

int seal_base64_more(struct seal_base64 *base64, const unsigned char *data,
		     size_t len, struct seal_error *err)
{
	size_t n;

	if (len == 0)
		return 0;
	if (base64->held_len > 0) {
		n = SEAL_BASE64_RUN - base64->held_len;
		if (n > len)
			n = len;
		memcpy(base64->held + base64->held_len, data, n);
		base64->held_len += n;
		data += n;
		len -= n;
		if (base64->held_len < SEAL_BASE64_RUN)
			return 0;
		if (put_lines(base64, base64->held, 1, err) < 0)
			return -1;
	}
	n = len / SEAL_BASE64_RUN;
	if (put_lines(base64, data, n, err) < 0)
		return -1;
	base64->held_len = len - n * SEAL_BASE64_RUN;
	memcpy(base64->held, data + n * SEAL_BASE64_RUN, base64->held_len);
	return 0;
}

/* The last line, which may be shorter: as if zeros followed, and then what is
 * too long is cut off. */
static void put_last(struct seal_base64 *base64)
{
	unsigned char line[SEAL_BASE64_LINE];
	size_t len = base64->held_len, padding = (3 - len % 3) % 3, letters;

	memset(base64->held + len, 0, SEAL_BASE64_RUN - len);
	seal_base64_lines_scalar(line, base64->held, 1);
	letters = (len + padding) / 3 * 4;
	memset(line + letters - padding, '=', padding);
	memcpy(line + letters, "\r\n", 2);
	/* there is room: full lines are flushed when the last one fits */
	memcpy(base64->out + base64->out_len, line, letters + 2);
	base64->out_len += letters + 2;
	base64->held_len = 0;
}

int seal_base64_finish(struct seal_base64 *base64, struct seal_error *err)
{
	if (base64->held_len > 0)
		put_last(base64);
	return flush(base64, err);
}
