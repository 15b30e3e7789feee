/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <stdint.h>

static const char digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int seal_buf_add_base64(struct seal_buf *buf, const unsigned char *data,
			size_t len, struct seal_error *err)
{
	unsigned char *to = seal_buf_reserve(buf, (len + 2) / 3 * 4, err);
	size_t i, n;
	uint32_t bits;

	if (to == NULL)
		return -1;
	for (; len > 0; data += n, len -= n) {
		n = len < 3 ? len : 3;
		bits = (uint32_t)data[0] << 16;
		if (n > 1)
			bits |= (uint32_t)data[1] << 8;
		if (n > 2)
			bits |= data[2];
		for (i = 0; i < 4; i++)
			to[i] = i > n ? '=' :
				(unsigned char)digits[bits >> (18 - 6 * i) & 63];
		to += 4;
		buf->len += 4;
	}
	return 0;
}
