/* SPDX-License-Identifier: MIT */
#include "base/base64-decode.h"

/* The six bits that a character stands for, and 0x40; or SPACE, or nothing. */
#define DIGIT 0x40
#define SPACE 0x80
#define D(v) ((v) | DIGIT)
#define RUN(v) D(v), D((v) + 1), D((v) + 2), D((v) + 3), \
	D((v) + 4), D((v) + 5), D((v) + 6), D((v) + 7)
static const unsigned char kinds[256] = {
	[' '] = SPACE, ['\t'] = SPACE, ['\r'] = SPACE, ['\n'] = SPACE,
	['A'] = RUN(0), RUN(8), RUN(16), D(24), D(25),
	['a'] = RUN(26), RUN(34), RUN(42), D(50), D(51),
	['0'] = RUN(52), D(60), D(61),
	['+'] = D(62), ['/'] = D(63)
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
