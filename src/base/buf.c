/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/base64-decode.h"
#include "base/error.h"
#include "base/wipe.h"

#define BUF_FIRST_SIZE 256

unsigned char *seal_buf_reserve(struct seal_buf *buf, size_t len,
				struct seal_error *err)
{
	size_t size = buf->size == 0 ? BUF_FIRST_SIZE : buf->size;
	unsigned char *data;

	if (len <= buf->size - buf->len && buf->data != NULL)
		return buf->data + buf->len;
	if (len > SIZE_MAX / 2 - buf->len) {
		(void)seal_error_memory(err);
		return NULL;
	}
	while (size - buf->len < len)
		size *= 2;
	/* Not realloc: it could leave a copy behind that nobody wipes. And the
	 * whole size is wiped, because callers write beyond len. */
	data = malloc(size);
	if (data == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	if (buf->data != NULL) {
		memcpy(data, buf->data, buf->len);
		seal_wipe(buf->data, buf->size);
		free(buf->data);
	}
	buf->data = data;
	buf->size = size;
	return data + buf->len;
}

int seal_buf_append(struct seal_buf *buf, const void *data, size_t len,
		    struct seal_error *err)
{
	unsigned char *to;

	if (len == 0)
		return 0;
	to = seal_buf_reserve(buf, len, err);
	if (to == NULL)
		return -1;
	memcpy(to, data, len);
	buf->len += len;
	return 0;
}

int seal_buf_append_base64(struct seal_buf *buf, const char *text, size_t len,
			   struct seal_error *err)
{
	struct seal_base64_decode state = { .bits = 0 };
	size_t padding = 0, size = len / 4 * 3;
	unsigned char *to;

	if (len == 0)
		return 1;
	if (len % 4 != 0)
		return 0;
	while (padding < 2 && text[len - 1 - padding] == '=')
		padding++;
	to = seal_buf_reserve(buf, size + 3, err);
	if (to == NULL)
		return -1;
	/* it skips white space, and ends at what is not base64: both show in
	 * the length */
	if (seal_base64_decode(&state, (const unsigned char *)text,
			       len - padding, to) != size - padding)
		return 0;
	buf->len += size - padding;
	return 1;
}

void seal_buf_clear(struct seal_buf *buf)
{
	if (buf->len > 0)
		seal_wipe(buf->data, buf->len);
	buf->len = 0;
}

void seal_buf_consume(struct seal_buf *buf, size_t len)
{
	size_t rest = buf->len - len;

	if (len == 0)
		return;
	memmove(buf->data, buf->data + len, rest);
	seal_wipe(buf->data + rest, len);
	buf->len = rest;
}

void seal_buf_free(struct seal_buf *buf)
{
	if (buf->data != NULL)
		seal_wipe(buf->data, buf->size);
	free(buf->data);
	buf->data = NULL;
	buf->len = buf->size = 0;
}
