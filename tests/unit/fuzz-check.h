/* SPDX-License-Identifier: MIT */
#ifndef SEAL_TESTS_FUZZ_CHECK_H
#define SEAL_TESTS_FUZZ_CHECK_H

/* What fuzzers share; with -DSTANDALONE also what makes a test of one. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void need(bool good, const char *what)
{
	if (!good) {
		fprintf(stderr, "not so: %s\n", what);
		abort();
	}
}

/* The next piece's length: small ones often, all of it at once for seed 0. */
static inline size_t next_step(uint32_t *seed, size_t left)
{
	size_t n;

	if (*seed == 0)
		return left;
	*seed = *seed * 1664525 + 1013904223;
	if (*seed == 0)
		*seed = 1;
	n = (*seed >> 24) < 200 ? *seed >> 28 : *seed >> 20;
	return n < left ? n : left;
}

#ifdef STANDALONE
#include "tap.h"

static uint32_t random_state = 20250101;

static inline uint32_t random_below(uint32_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % limit;
}

/* One change: a byte, a run of bytes gone, doubled, or one of the likely ones. */
static inline size_t change(uint8_t *data, size_t len, size_t size,
			    const uint8_t *likely, size_t likely_len)
{
	size_t at = random_below((uint32_t)len), n = random_below(24) + 1;

	switch (random_below(5)) {
	case 0:
		data[at] = (uint8_t)random_below(256);
		return len;
	case 1:
		data[at] = likely[random_below((uint32_t)likely_len)];
		return len;
	case 2:
		data[at] ^= (uint8_t)(1U << random_below(8));
		return len;
	case 3:
		if (n >= len - at)
			return at + 1;
		memmove(data + at, data + at + n, len - at - n);
		return len - n;
	default:
		if (n > len - at)
			n = len - at;
		if (len + n > size)
			return len;
		memmove(data + at + n, data + at, len - at);
		return len + n;
	}
}

static inline void fuzz_file(const char *path)
{
	static uint8_t data[4 * 1024 * 1024];
	FILE *f = fopen(path, "rb");
	size_t len;

	if (f == NULL) {
		tap_ok(false, "%s: cannot be read", path);
		return;
	}
	len = fread(data, 1, sizeof(data), f);
	fclose(f);
	LLVMFuzzerTestOneInput(data, len);
	tap_ok(true, "%s", path);
}

/* The files in argv, or as many inputs as rounds. Returns main()'s exit status. */
static inline int fuzz_run(int argc, char *argv[], int rounds, const char *inputs,
			   size_t (*make_input)(uint8_t *data, size_t size))
{
	static uint8_t data[4096];
	int i;

	for (i = 1; i < argc; i++)
		fuzz_file(argv[i]);
	if (argc == 1) {
		for (i = 0; i < rounds; i++)
			LLVMFuzzerTestOneInput(data, make_input(data,
							       sizeof(data)));
		tap_ok(true, "%d %s", rounds, inputs);
	}
	return tap_done();
}
#endif

#endif
