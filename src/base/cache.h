/* SPDX-License-Identifier: MIT */
#ifndef SEAL_BASE_CACHE_H
#define SEAL_BASE_CACHE_H

#include <stdbool.h>
#include <stddef.h>

struct seal_cache;
struct seal_error;

/* Values by their names (any bytes, wiped when they go), within a bound: what was not asked for for
 * longest goes first. It knows nothing of what a value is; whether one is still
 * right is for who gets it to find out. */

/* size: of all values together, in whatever unit they are counted in. value_free
 * frees one. NULL: SEAL_ERR_MEMORY. */
struct seal_cache *seal_cache_new(size_t size, void (*value_free)(void *value),
				  struct seal_error *err);
/* Frees all. Accepts NULL, leaves NULL. */
void seal_cache_free(struct seal_cache **cache);

/* The value, which stays the cache's and is valid until the next call that is not
 * a get; NULL where there is none. */
void *seal_cache_get(struct seal_cache *cache, const void *name, size_t len);

/* Gives a value to the cache, in place of the former one of this name (which may
 * be the same: then only its size changes). Others go until all fit. 1: it is the
 * cache's now, and valid as above. 0: it is larger than all may be; there is none
 * of this name now, and the value is still the caller's, also where it was the
 * cache's before. -1: SEAL_ERR_MEMORY; as 0. */
int seal_cache_put(struct seal_cache *cache, const void *name, size_t len,
		   void *value, size_t size, struct seal_error *err);

/* Frees the value of that name, if there is one; of all. */
void seal_cache_drop(struct seal_cache *cache, const void *name, size_t len);
void seal_cache_clear(struct seal_cache *cache);
/* Frees all that goes() says yes to. */
void seal_cache_drop_if(struct seal_cache *cache,
			bool (*goes)(const void *value, const void *context),
			const void *context);

/* How many values there are, and their sizes together. */
size_t seal_cache_count(const struct seal_cache *cache);
size_t seal_cache_size(const struct seal_cache *cache);

#endif
