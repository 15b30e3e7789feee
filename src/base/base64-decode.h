/* SPDX-License-Identifier: MIT */
#ifndef SEAL_BASE_BASE64_DECODE_H
#define SEAL_BASE_BASE64_DECODE_H

#include <stdbool.h>
#include <stddef.h>

/* Base64 (RFC 2045 section 6.8) as it arrives, in pieces of any length. Begin
 * with all bytes zero. Not libcrypto's decoder, because the bytes this one gives
 * do not depend on how the input was cut, and an error does not take those
 * before it away. */
struct seal_base64_decode {
	unsigned int bits;	/* not given out yet */
	unsigned int bit_count;
	bool ended;		/* at padding or at a foreign character */
};

/* Decodes up to len characters into out (room for at least len / 4 * 3 + 3)
 * and returns the number of bytes. White space is skipped. Padding, or any
 * other character, ends the data: ended is set and nothing more comes. */
size_t seal_base64_decode(struct seal_base64_decode *state,
			  const unsigned char *data, size_t len,
			  unsigned char *out);

#endif
