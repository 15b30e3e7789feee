/* SPDX-License-Identifier: MIT */
#include "base/cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "unit/tap.h"

#define MANY 20000

static unsigned int freed;
static char last_freed;

static void value_free(void *value)
{
	last_freed = *(char *)value;
	freed++;
	free(value);
}

static char *value_new(char c)
{
	char *value = malloc(1);

	*value = c;
	return value;
}

static struct seal_cache *cache_new(size_t size)
{
	struct seal_error err;
	struct seal_cache *cache = seal_cache_new(size, value_free, &err);

	if (cache == NULL)
		abort();
	freed = 0;
	last_freed = '-';
	return cache;
}

/* What happens, one letter and one digit or name each: "a3" puts a of that size,
 * "?a" asks for it, "!a" drops it. left: what is there then, in the order of the
 * alphabet. */
static const struct {
	const char *name, *steps, *left;
	unsigned int freed;
} rows[] = {
	{ "nothing", "", "", 0 },
	{ "one", "a1", "a", 0 },
	{ "all that fit", "a3b3c4", "abc", 0 },
	{ "the oldest goes", "a3b3c4d1", "bcd", 1 },
	{ "one that was asked for stays", "a3b3c4?ad1", "acd", 1 },
	{ "asked for what is not there", "a3?bb3c4d1", "bcd", 1 },
	{ "several go", "a1b1c1d1e9", "de", 3 },
	{ "all go", "a1b1c1d1e9f9", "f", 5 },
	{ "replaced", "a3a4", "a", 1 },
	{ "replaced by a larger one", "a3b3a7", "ab", 1 },
	{ "that counts as asking", "a3b3a4c5", "ac", 2 },
	{ "dropped", "a3b3!a", "b", 1 },
	{ "dropped twice", "a3b3!a!a", "b", 1 },
	{ "dropped in the middle", "a3b3c3!bd4", "acd", 1 },
	{ "dropped, and its room given away", "a3b3c4!bd3", "acd", 1 },
	{ "no room for none", "a9b1c0", "abc", 0 },
};

static void play(struct seal_cache *cache, const char *steps)
{
	struct seal_error err;

	for (; *steps != '\0'; steps += 2) {
		if (*steps == '?')
			(void)seal_cache_get(cache, steps + 1, 1);
		else if (*steps == '!')
			seal_cache_drop(cache, steps + 1, 1);
		else if (seal_cache_put(cache, steps, 1, value_new(*steps),
					(size_t)(steps[1] - '0'), &err) != 1)
			abort();
	}
}

static void test_rows(void)
{
	struct seal_cache *cache;
	unsigned int i;
	char left[27], c;
	size_t n;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cache = cache_new(10);
		play(cache, rows[i].steps);
		for (n = 0, c = 'a'; c <= 'z'; c++) {
			if (seal_cache_get(cache, &c, 1) != NULL)
				left[n++] = c;
		}
		left[n] = '\0';
		tap_ok(strcmp(left, rows[i].left) == 0 &&
		       freed == rows[i].freed &&
		       seal_cache_count(cache) == n &&
		       seal_cache_size(cache) <= 10, "%s: %s", rows[i].name,
		       left);
		seal_cache_free(&cache);
		tap_ok(freed == rows[i].freed + n, "... and all are freed");
	}
}

static void test_owners(void)
{
	struct seal_cache *cache = cache_new(10);
	struct seal_error err;
	char *value = value_new('v');

	tap_ok(seal_cache_put(cache, "n", 1, value, 11, &err) == 0 &&
	       freed == 0 && seal_cache_count(cache) == 0, "too large");
	tap_ok(seal_cache_put(cache, "n", 1, value, 3, &err) == 1 &&
	       seal_cache_put(cache, "n", 1, value, 10, &err) == 1 &&
	       freed == 0 && seal_cache_size(cache) == 10 &&
	       seal_cache_get(cache, "n", 1) == value, "another size");
	tap_ok(seal_cache_put(cache, "n", 1, value, 11, &err) == 0 &&
	       freed == 0 && seal_cache_get(cache, "n", 1) == NULL,
	       "grown too large: given back");
	if (seal_cache_put(cache, "n", 1, value, 1, &err) != 1)
		abort();
	value = value_new('w');
	tap_ok(seal_cache_put(cache, "n", 1, value, 11, &err) == 0 &&
	       freed == 1 && last_freed == 'v' &&
	       seal_cache_count(cache) == 0, "too large for another's place");
	free(value);
	seal_cache_free(&cache);
	seal_cache_free(&cache);
}

static void test_names(void)
{
	static const char *const names[] = { "", "a", "ab", "abc", "b" };
	struct seal_cache *cache = cache_new(10);
	struct seal_error err;
	unsigned int i;
	bool good = true;

	for (i = 0; i < 5; i++) {
		if (seal_cache_put(cache, names[i], strlen(names[i]),
				   value_new((char)('0' + i)), 1, &err) != 1)
			abort();
	}
	if (seal_cache_put(cache, "a\0b", 3, value_new('5'), 1, &err) != 1)
		abort();
	for (i = 0; i < 5; i++)
		good = good && *(char *)seal_cache_get(cache, names[i],
						strlen(names[i])) == '0' + (int)i;
	tap_ok(good && *(char *)seal_cache_get(cache, "a\0b", 3) == '5',
	       "names");
	seal_cache_clear(cache);
	tap_ok(seal_cache_count(cache) == 0 && seal_cache_size(cache) == 0 &&
	       freed == 6 && seal_cache_get(cache, "a", 1) == NULL, "cleared");
	seal_cache_free(&cache);
}

static bool is_letter(const void *value, const void *context)
{
	return *(const char *)value >= *(const char *)context;
}

static void test_drop_if(void)
{
	struct seal_cache *cache = cache_new(10);

	play(cache, "a1b1c1d1e1?a");
	seal_cache_drop_if(cache, is_letter, "x");
	tap_ok(seal_cache_count(cache) == 5 && freed == 0, "none goes");
	seal_cache_drop_if(cache, is_letter, "c");
	tap_ok(seal_cache_count(cache) == 2 && freed == 3 &&
	       seal_cache_get(cache, "a", 1) != NULL &&
	       seal_cache_get(cache, "b", 1) != NULL, "some go");
	seal_cache_drop_if(cache, is_letter, "a");
	seal_cache_drop_if(cache, is_letter, "a");
	tap_ok(seal_cache_count(cache) == 0 && seal_cache_size(cache) == 0,
	       "all go");
	seal_cache_free(&cache);
}

/* More than there are buckets: every one is found, or is among the oldest. */
static void test_many(void)
{
	struct seal_cache *cache = cache_new(MANY / 2);
	struct seal_error err;
	unsigned int i;
	bool good = true;
	char name[16];

	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "user%u", i);
		if (seal_cache_put(cache, name, strlen(name), value_new('x'), 1,
				   &err) != 1)
			abort();
	}
	for (i = 0; good && i < MANY; i++) {
		snprintf(name, sizeof(name), "user%u", i);
		good = (seal_cache_get(cache, name, strlen(name)) != NULL) ==
			(i >= MANY / 2);
	}
	tap_ok(good && seal_cache_count(cache) == MANY / 2 &&
	       freed == MANY / 2, "many");
	seal_cache_free(&cache);
	tap_ok(freed == MANY, "many freed");
}

static void test_allocations(void)
{
	struct seal_error err;
	struct seal_cache *cache;
	char *value = value_new('v');

	tap_alloc_fail_at(1);
	cache = seal_cache_new(10, value_free, &err);
	tap_alloc_fail_at(0);
	tap_ok(cache == NULL && err.code == SEAL_ERR_MEMORY, "no memory");
	cache = cache_new(10);
	play(cache, "a1");
	tap_alloc_fail_at(1);
	tap_ok(seal_cache_put(cache, "a", 1, value, 1, &err) == -1 &&
	       err.code == SEAL_ERR_MEMORY && freed == 1 &&
	       seal_cache_count(cache) == 0, "no memory for a value");
	tap_alloc_fail_at(0);
	free(value);
	seal_cache_free(&cache);
}

int main(void)
{
	tap_alloc_init();
	test_rows();
	test_owners();
	test_names();
	test_drop_if();
	test_many();
	test_allocations();
	return tap_done();
}
