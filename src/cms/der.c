/* SPDX-License-Identifier: MIT */
#include "cms/der.h"

#include "base/error.h"

size_t seal_der_head(unsigned char *out, unsigned char tag, size_t len)
{
	size_t rest, bytes = 0, i;

	out[0] = tag;
	if (len < 0x80) {
		out[1] = (unsigned char)len;
		return 2;
	}
	for (rest = len; rest > 0; rest >>= 8)
		bytes++;
	out[1] = (unsigned char)(0x80 | bytes);
	for (i = 0; i < bytes; i++)
		out[2 + i] = (unsigned char)(len >> (8 * (bytes - 1 - i)));
	return 2 + bytes;
}

/* Returns 0, or -1 where the length is not DER or longer than what is left. */
static int read_length(const unsigned char **p, const unsigned char *end,
		       size_t *len_r)
{
	size_t len, bytes;

	if (*p == end)
		return -1;
	len = *(*p)++;
	if (len >= 0x80) {
		bytes = len & 0x7f;
		/* 0 is the indefinite form; a leading zero is not the shortest */
		if (bytes == 0 || bytes > 4 || (size_t)(end - *p) < bytes ||
		    **p == 0)
			return -1;
		for (len = 0; bytes > 0; bytes--)
			len = len << 8 | *(*p)++;
		if (len < 0x80)
			return -1;
	}
	if (len > (size_t)(end - *p))
		return -1;
	*len_r = len;
	return 0;
}

int seal_der_next(const unsigned char **data, size_t *len,
		  struct seal_der *element_r, struct seal_error *err)
{
	const unsigned char *p = *data, *end;

	if (*len == 0)
		return 0;
	end = p + *len;
	element_r->tag = *p++;
	if ((element_r->tag & 0x1f) == 0x1f ||
	    read_length(&p, end, &element_r->len) < 0) {
		return seal_error_set(err, SEAL_ERR_INPUT,
				      "not a complete element in DER");
	}
	element_r->value = p;
	*data = p + element_r->len;
	*len = (size_t)(end - *data);
	return 1;
}
