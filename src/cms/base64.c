/* SPDX-License-Identifier: MIT */
#include "cms/base64.h"

#include <string.h>
#include <openssl/evp.h>

void seal_base64_init(struct seal_base64 *base64, const struct seal_sink *sink)
{
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

/* len is 1 to SEAL_BASE64_RUN */
static int put_line(struct seal_base64 *base64, const unsigned char *data,
		    size_t len, struct seal_error *err)
{
	unsigned char *to;

	if (sizeof(base64->out) - base64->out_len < SEAL_BASE64_LINE &&
	    flush(base64, err) < 0)
		return -1;
	to = base64->out + base64->out_len;
	/* writes a NUL behind the line, where the CR comes */
	to += EVP_EncodeBlock(to, data, (int)len);
	*to++ = '\r';
	*to++ = '\n';
	base64->out_len = (size_t)(to - base64->out);
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
		base64->held_len = 0;
		if (put_line(base64, base64->held, SEAL_BASE64_RUN, err) < 0)
			return -1;
	}
	while (len >= SEAL_BASE64_RUN) {
		if (put_line(base64, data, SEAL_BASE64_RUN, err) < 0)
			return -1;
		data += SEAL_BASE64_RUN;
		len -= SEAL_BASE64_RUN;
	}
	memcpy(base64->held, data, len);
	base64->held_len = len;
	return 0;
}

int seal_base64_finish(struct seal_base64 *base64, struct seal_error *err)
{
	size_t len = base64->held_len;

	base64->held_len = 0;
	if (len > 0 && put_line(base64, base64->held, len, err) < 0)
		return -1;
	return flush(base64, err);
}
