/* SPDX-License-Identifier: MIT */
#include "service/rate.h"

#include <stdlib.h>
#include <string.h>
#include "base/cache.h"
#include "base/error.h"

struct seal_rate {
	struct seal_cache *buckets;	/* by user */
};

struct bucket {
	unsigned int tokens;		/* at that time */
	time_t when;
};

struct seal_rate *seal_rate_new(struct seal_error *err)
{
	struct seal_rate *rate = calloc(1, sizeof(*rate));

	if (rate == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	rate->buckets = seal_cache_new(SEAL_RATE_USERS, free, err);
	if (rate->buckets == NULL)
		seal_rate_free(&rate);
	return rate;
}

void seal_rate_free(struct seal_rate **rate)
{
	if (*rate == NULL)
		return;
	seal_cache_free(&(*rate)->buckets);
	free(*rate);
	*rate = NULL;
}

/* A clock that was put back gives nothing, and takes nothing. */
static void refill(struct bucket *bucket, time_t now)
{
	time_t seconds = now - bucket->when;

	if (seconds > SEAL_RATE_BURST / SEAL_RATE_PER_SECOND)
		bucket->tokens = SEAL_RATE_BURST;
	else if (seconds > 0)
		bucket->tokens += (unsigned int)seconds * SEAL_RATE_PER_SECOND;
	if (bucket->tokens > SEAL_RATE_BURST)
		bucket->tokens = SEAL_RATE_BURST;
	bucket->when = now;
}

static struct bucket *get(struct seal_rate *rate, const char *user, time_t now,
			  struct seal_error *err)
{
	struct bucket *bucket = seal_cache_get(rate->buckets, user, strlen(user));

	if (bucket != NULL)
		return bucket;
	bucket = malloc(sizeof(*bucket));
	if (bucket == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	bucket->tokens = SEAL_RATE_BURST;
	bucket->when = now;
	if (seal_cache_put(rate->buckets, user, strlen(user), bucket, 1,
			   err) <= 0) {
		free(bucket);
		return NULL;
	}
	return bucket;
}

int seal_rate_take(struct seal_rate *rate, const char *user,
		   unsigned int tokens, time_t now, struct seal_error *err)
{
	struct bucket *bucket = get(rate, user, now, err);

	if (bucket == NULL)
		return -1;
	refill(bucket, now);
	if (bucket->tokens < tokens)
		return 0;
	bucket->tokens -= tokens;
	return 1;
}
