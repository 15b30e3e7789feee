/* SPDX-License-Identifier: MIT */
#include "base/cache.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "base/wipe.h"

#define BUCKETS 4096		/* for some thousand values */

struct entry {
	struct entry *next;		/* of the bucket */
	struct entry *newer, *older;
	void *value;
	size_t size;
	size_t len;
	unsigned char name[];
};

struct seal_cache {
	size_t max, size, count;
	void (*value_free)(void *value);
	struct entry *newest, *oldest;
	struct entry *buckets[BUCKETS];
};

struct seal_cache *seal_cache_new(size_t size, void (*value_free)(void *value),
				  struct seal_error *err)
{
	struct seal_cache *cache = calloc(1, sizeof(*cache));

	if (cache == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	cache->max = size;
	cache->value_free = value_free;
	return cache;
}

void seal_cache_free(struct seal_cache **cache)
{
	if (*cache == NULL)
		return;
	seal_cache_clear(*cache);
	free(*cache);
	*cache = NULL;
}

/* FNV-1a. Returns where the entry of that name is pointed to from, or would be. */
static struct entry **find(struct seal_cache *cache, const void *name,
			   size_t len)
{
	const unsigned char *p = name;
	struct entry **at;
	uint64_t hash = 0xcbf29ce484222325ULL;
	size_t i;

	for (i = 0; i < len; i++)
		hash = (hash ^ p[i]) * 0x100000001b3ULL;
	at = &cache->buckets[(hash ^ hash >> 32) % BUCKETS];
	while (*at != NULL &&
	       ((*at)->len != len || memcmp((*at)->name, name, len) != 0))
		at = &(*at)->next;
	return at;
}

static void list_remove(struct seal_cache *cache, struct entry *entry)
{
	*(entry->newer != NULL ? &entry->newer->older : &cache->newest) =
		entry->older;
	*(entry->older != NULL ? &entry->older->newer : &cache->oldest) =
		entry->newer;
}

static void list_add(struct seal_cache *cache, struct entry *entry)
{
	entry->newer = NULL;
	entry->older = cache->newest;
	*(entry->older != NULL ? &entry->older->newer : &cache->oldest) = entry;
	cache->newest = entry;
}

/* Removes the entry that at points to; its value is the caller's. */
static void *take(struct seal_cache *cache, struct entry **at)
{
	struct entry *entry = *at;
	void *value = entry->value;

	*at = entry->next;
	list_remove(cache, entry);
	cache->size -= entry->size;
	cache->count--;
	seal_wipe(entry->name, entry->len);
	free(entry);
	return value;
}

static void drop_oldest(struct seal_cache *cache)
{
	seal_cache_drop(cache, cache->oldest->name, cache->oldest->len);
}

void *seal_cache_get(struct seal_cache *cache, const void *name, size_t len)
{
	struct entry *entry = *find(cache, name, len);

	if (entry == NULL)
		return NULL;
	list_remove(cache, entry);
	list_add(cache, entry);
	return entry->value;
}

int seal_cache_put(struct seal_cache *cache, const void *name, size_t len,
		   void *value, size_t size, struct seal_error *err)
{
	struct entry **at = find(cache, name, len), *entry;
	void *former = *at != NULL ? take(cache, at) : NULL;

	if (former != NULL && former != value)
		cache->value_free(former);
	if (size > cache->max)
		return 0;
	if ((entry = malloc(sizeof(*entry) + len)) == NULL)
		return seal_error_memory(err);
	entry->value = value;
	entry->size = size;
	entry->len = len;
	memcpy(entry->name, name, len);
	while (cache->size + size > cache->max)
		drop_oldest(cache);
	at = find(cache, name, len);
	entry->next = NULL;
	*at = entry;
	list_add(cache, entry);
	cache->size += size;
	cache->count++;
	return 1;
}

void seal_cache_drop(struct seal_cache *cache, const void *name, size_t len)
{
	struct entry **at = find(cache, name, len);

	if (*at != NULL)
		cache->value_free(take(cache, at));
}

void seal_cache_clear(struct seal_cache *cache)
{
	while (cache->oldest != NULL)
		drop_oldest(cache);
}

void seal_cache_drop_if(struct seal_cache *cache,
			bool (*goes)(const void *value, const void *context),
			const void *context)
{
	struct entry *entry, *newer;

	for (entry = cache->oldest; entry != NULL; entry = newer) {
		newer = entry->newer;
		if (goes(entry->value, context))
			seal_cache_drop(cache, entry->name, entry->len);
	}
}

size_t seal_cache_count(const struct seal_cache *cache)
{
	return cache->count;
}

size_t seal_cache_size(const struct seal_cache *cache)
{
	return cache->size;
}
