/* SPDX-License-Identifier: MIT */
#include "pki/frame.h"

#include <string.h>
#include <openssl/asn1.h>
#include "base/buf.h"

size_t seal_frame_head(unsigned char out[SEAL_FRAME_HEAD_MAX],
		       unsigned char tag, size_t len)
{
	unsigned char *p = out;

	ASN1_put_object(&p, (tag & V_ASN1_CONSTRUCTED) != 0, (int)len,
			tag & V_ASN1_PRIMITIVE_TAG, tag & V_ASN1_PRIVATE);
	return (size_t)(p - out);
}

int seal_frame(struct seal_buf *out, size_t from, unsigned char tag,
	       struct seal_error *err)
{
	unsigned char head[SEAL_FRAME_HEAD_MAX];
	size_t len = out->len - from, n = seal_frame_head(head, tag, len);

	if (seal_buf_reserve(out, n, err) == NULL)
		return -1;
	memmove(out->data + from + n, out->data + from, len);
	memcpy(out->data + from, head, n);
	out->len += n;
	return 0;
}
