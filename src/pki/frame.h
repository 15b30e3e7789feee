/* SPDX-License-Identifier: MIT */
#ifndef SEAL_PKI_FRAME_H
#define SEAL_PKI_FRAME_H

/* For src/pki only: writing DER from the inside out. */

#include <stddef.h>

struct seal_buf;
struct seal_error;

/* Tags of X.690, whole bytes. */
#define SEAL_TAG_INTEGER 0x02
#define SEAL_TAG_BIT_STRING 0x03
#define SEAL_TAG_OCTET_STRING 0x04
#define SEAL_TAG_SEQUENCE 0x30
#define SEAL_TAG_SET 0x31
#define SEAL_TAG_CONTEXT(n) (0xa0 | (n))

#define SEAL_FRAME_HEAD_MAX 10

/* Writes tag and length of an element whose value has len bytes. Returns how many
 * bytes that took. */
size_t seal_frame_head(unsigned char out[SEAL_FRAME_HEAD_MAX],
		       unsigned char tag, size_t len);

/* Makes what was appended to out since it had from bytes the value of an element
 * of that tag. 0, or -1 (SEAL_ERR_MEMORY). */
int seal_frame(struct seal_buf *out, size_t from, unsigned char tag,
	       struct seal_error *err);

#endif
