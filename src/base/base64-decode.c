/* SPDX-License-Identifier: MIT */
#include "base/base64-decode.h"

/* The six bits that a character stands for, and 0x40; or SPACE, or nothing. */
#define DIGIT 0x40
#define SPACE 0x80
#define RUN(v) \
	(v) | DIGIT, (v) + 1 | DIGIT, (v) + 2 | DIGIT, (v) + 3 | DIGIT, \
	(v) + 4 | DIGIT, (v) + 5 | DIGIT, (v) + 6 | DIGIT, (v) + 7 | DIGIT
static const unsigned char kinds[256] = {
	[' '] = SPACE, ['\t'] = SPACE, ['\r'] = SPACE, ['\n'] = SPACE,
	['A'] = RUN(0), RUN(8), RUN(16), 24 | DIGIT, 25 | DIGIT,
	['a'] = RUN(26), RUN(34), RUN(42), 50 | DIGIT, 51 | DIGIT,
	['0'] = RUN(52), 60 | DIGIT, 61 | DIGIT,
	['+'] = 62 | DIGIT, ['/'] = 63 | DIGIT
};

/* As many whole groups of four as begin the data. Returns how many. */
static size_t decode_groups(const unsigned char *data, size_t count,
			    unsigned char *out)
{
	unsigned char a, b, c, d;
	size_t i;

	for (i = 0; i < count; i++, data += 4, out += 3) {
		a = kinds[data[0]];
		b = kinds[data[1]];
		c = kinds[data[2]];
		d = kinds[data[3]];
		if ((a & b & c & d & DIGIT) == 0)
			break;
		/* DIGIT, where it is not masked, is shifted out */
		out[0] = (unsigned char)(a << 2 | (b & 0x3f) >> 4);
		out[1] = (unsigned char)(b << 4 | (c & 0x3f) >> 2);
		out[2] = (unsigned char)(c << 6 | (d & 0x3f));
	}
	return i;
}

size_t seal_base64_decode(struct seal_base64_decode *state,
			  const unsigned char *data, size_t len,
			  unsigned char *out)
{
	size_t groups, i = 0, n = 0;
	unsigned char kind;

	while (i < len && !state->ended) {
		if (state->bit_count == 0 && len - i >= 4) {
			groups = decode_groups(data + i, (len - i) / 4,
					       out + n);
			i += groups * 4;
			n += groups * 3;
			if (i == len)
				break;
		}
		kind = kinds[data[i++]];
		if ((kind & DIGIT) == 0) {
			state->ended = kind != SPACE;
			continue;
		}
		state->bits = (state->bits << 6 | (kind & 0x3fU)) & 0xfff;
		state->bit_count += 6;
		if (state->bit_count >= 8) {
			state->bit_count -= 8;
			out[n++] = (unsigned char)
				(state->bits >> state->bit_count);
		}
	}
	return n;
}
