/* SPDX-License-Identifier: MIT */
#ifndef SEAL_BASE_BUF_H
#define SEAL_BASE_BUF_H

#include <stddef.h>

struct seal_error;

/* Bytes that grow and that wipe themselves: whatever was ever held is
 * overwritten before its memory is given back, also when growing moves it. */
struct seal_buf {
	unsigned char *data;	/* NULL while nothing was ever appended */
	size_t len;		/* bytes in use */
	size_t size;		/* bytes allocated */
};

#define SEAL_BUF_INIT { NULL, 0, 0 }

/* Appends len bytes. Returns 0, or -1 (SEAL_ERR_MEMORY) with buf unchanged. */
int seal_buf_append(struct seal_buf *buf, const void *data, size_t len,
		    struct seal_error *err);

/* Appends the bytes that len characters of base64 stand for (RFC 4648 section 4:
 * whole groups of four, padding at the end only, no white space; none stand for
 * none). Returns 1; 0 where it is not base64; or -1 (SEAL_ERR_MEMORY). buf is
 * unchanged after 0 and -1. */
int seal_buf_append_base64(struct seal_buf *buf, const char *text, size_t len,
			   struct seal_error *err);

/* Appends base64 (RFC 4648 section 4) of len bytes, without line breaks. Not for
 * secrets: the time depends on them. 0, or -1 (SEAL_ERR_MEMORY) with buf unchanged. */
int seal_buf_add_base64(struct seal_buf *buf, const unsigned char *data,
			size_t len, struct seal_error *err);

/* Makes room for len more bytes and returns where they go, or NULL
 * (SEAL_ERR_MEMORY). The caller fills them and adds to buf->len. */
unsigned char *seal_buf_reserve(struct seal_buf *buf, size_t len,
				struct seal_error *err);

/* Wipes the content, keeps the memory, len = 0. */
void seal_buf_clear(struct seal_buf *buf);

/* Removes the first len bytes (len <= buf->len); the rest moves to the front. */
void seal_buf_consume(struct seal_buf *buf, size_t len);

/* Wipes and frees. The buffer is then as SEAL_BUF_INIT. */
void seal_buf_free(struct seal_buf *buf);

#endif
