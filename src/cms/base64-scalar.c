/* SPDX-License-Identifier: MIT */
#include "cms/base64-private.h"

#include <string.h>

/* Twelve bits at a time: half as many lookups as by the letter, and the table
 * still leaves most of the first cache to what is encoded. */
#define PAIR(a, b) { a, b }
#define PAIRS8(a, b, c, d, e, f, g, h, i) \
	PAIR(a, b), PAIR(a, c), PAIR(a, d), PAIR(a, e), \
	PAIR(a, f), PAIR(a, g), PAIR(a, h), PAIR(a, i)
#define PAIRS(a) \
	PAIRS8(a, 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'), \
	PAIRS8(a, 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P'), \
	PAIRS8(a, 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X'), \
	PAIRS8(a, 'Y', 'Z', 'a', 'b', 'c', 'd', 'e', 'f'), \
	PAIRS8(a, 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n'), \
	PAIRS8(a, 'o', 'p', 'q', 'r', 's', 't', 'u', 'v'), \
	PAIRS8(a, 'w', 'x', 'y', 'z', '0', '1', '2', '3'), \
	PAIRS8(a, '4', '5', '6', '7', '8', '9', '+', '/')
#define PAIRS_OF4(a, b, c, d) PAIRS(a), PAIRS(b), PAIRS(c), PAIRS(d)

static const char pairs[4096][2] = {
	PAIRS_OF4('A', 'B', 'C', 'D'), PAIRS_OF4('E', 'F', 'G', 'H'),
	PAIRS_OF4('I', 'J', 'K', 'L'), PAIRS_OF4('M', 'N', 'O', 'P'),
	PAIRS_OF4('Q', 'R', 'S', 'T'), PAIRS_OF4('U', 'V', 'W', 'X'),
	PAIRS_OF4('Y', 'Z', 'a', 'b'), PAIRS_OF4('c', 'd', 'e', 'f'),
	PAIRS_OF4('g', 'h', 'i', 'j'), PAIRS_OF4('k', 'l', 'm', 'n'),
	PAIRS_OF4('o', 'p', 'q', 'r'), PAIRS_OF4('s', 't', 'u', 'v'),
	PAIRS_OF4('w', 'x', 'y', 'z'), PAIRS_OF4('0', '1', '2', '3'),
	PAIRS_OF4('4', '5', '6', '7'), PAIRS_OF4('8', '9', '+', '/')
};

void seal_base64_lines_scalar(unsigned char *out, const unsigned char *data,
			      size_t count)
{
	unsigned int i, bits;

	for (; count > 0; count--) {
		for (i = 0; i < SEAL_BASE64_RUN / 3; i++, data += 3, out += 4) {
			bits = (unsigned int)data[0] << 16 |
				(unsigned int)data[1] << 8 | data[2];
			memcpy(out, pairs[bits >> 12], 2);
			memcpy(out + 2, pairs[bits & 0xfff], 2);
		}
		*out++ = '\r';
		*out++ = '\n';
	}
}
