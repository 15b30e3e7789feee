/* SPDX-License-Identifier: MIT */
#include "base/base64-decode.h"

/* The six bits a character stands for, or -1. */
static int sextet(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool is_space(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

size_t seal_base64_decode(struct seal_base64_decode *state,
			  const unsigned char *data, size_t len,
			  unsigned char *out)
{
	size_t i, n = 0;
	int value;

	for (i = 0; i < len && !state->ended; i++) {
		value = sextet(data[i]);
		if (value < 0) {
			state->ended = !is_space(data[i]);
			continue;
		}
		state->bits = (state->bits << 6 | (unsigned int)value) & 0xfff;
		state->bit_count += 6;
		if (state->bit_count >= 8) {
			state->bit_count -= 8;
			out[n++] = (unsigned char)
				(state->bits >> state->bit_count);
		}
	}
	return n;
}
