/* SPDX-License-Identifier: MIT */
#include "service/signing.h"

#include <stdlib.h>
#include <string.h>
#include "base/cache.h"
#include "base/error.h"
#include "pki/sender.h"
#include "service/signing-private.h"

struct seal_signing_cache {
	struct seal_cache *issuers;	/* by user */
	struct seal_cache *senders;	/* by user, address, replies */
	uint64_t last_number;
};

struct known_sender {
	uint64_t issuer;		/* its number */
	time_t made;
	struct seal_sender *sender;
};

/* A clock that was put back makes it too old, rather than too young. */
static bool is_old(time_t made, time_t now)
{
	return now < made || now - made >= SEAL_SIGNING_SECONDS;
}

static void sender_free(void *value)
{
	struct known_sender *known = value;

	seal_sender_free(&known->sender);
	free(known);
}

static bool sender_is_of(const void *value, const void *context)
{
	const struct known_sender *known = value;
	const uint64_t *number = context;

	return known->issuer == *number;
}

static bool sender_is_old(const void *value, const void *context)
{
	const struct known_sender *known = value;
	const time_t *now = context;

	return is_old(known->made, *now);
}

/* Its senders go with it. */
static void issuer_free(void *value)
{
	struct seal_signing_issuer *issuer = value;

	seal_cache_drop_if(issuer->cache->senders, sender_is_of,
			   &issuer->number);
	seal_signing_issuer_free(&issuer);
}

static bool issuer_is_old(const void *value, const void *context)
{
	const struct seal_signing_issuer *issuer = value;
	const time_t *now = context;

	return is_old(issuer->made, *now);
}

struct seal_signing_issuer *
seal_signing_issuer_new(struct seal_error *err)
{
	struct seal_signing_issuer *issuer = calloc(1, sizeof(*issuer));

	if (issuer == NULL)
		(void)seal_error_memory(err);
	return issuer;
}

void seal_signing_issuer_free(struct seal_signing_issuer **issuer)
{
	if (*issuer == NULL)
		return;
	seal_buf_free(&(*issuer)->record);
	seal_buf_free(&(*issuer)->sealed);
	seal_sender_issuer_free(&(*issuer)->issuer);
	free(*issuer);
	*issuer = NULL;
}

struct seal_signing_cache *seal_signing_cache_new(struct seal_error *err)
{
	struct seal_signing_cache *cache = calloc(1, sizeof(*cache));

	if (cache == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	cache->senders = seal_cache_new(SEAL_SIGNING_SENDERS_MAX, sender_free,
					err);
	if (cache->senders != NULL)
		cache->issuers = seal_cache_new(SEAL_SIGNING_ISSUERS_MAX,
						issuer_free, err);
	if (cache->issuers == NULL)
		seal_signing_cache_free(&cache);
	return cache;
}

void seal_signing_cache_free(struct seal_signing_cache **cache)
{
	if (*cache == NULL)
		return;
	seal_cache_free(&(*cache)->issuers);
	seal_cache_free(&(*cache)->senders);
	free(*cache);
	*cache = NULL;
}

void seal_signing_cache_drop(struct seal_signing_cache *cache, const char *user)
{
	seal_cache_drop(cache->issuers, user, strlen(user));
}

void seal_signing_cache_clear(struct seal_signing_cache *cache)
{
	seal_cache_clear(cache->issuers);
	seal_cache_clear(cache->senders);
}

void seal_signing_cache_expire(struct seal_signing_cache *cache, time_t now)
{
	seal_cache_drop_if(cache->issuers, issuer_is_old, &now);
	seal_cache_drop_if(cache->senders, sender_is_old, &now);
}

size_t seal_signing_cache_issuers(const struct seal_signing_cache *cache)
{
	return seal_cache_count(cache->issuers);
}

size_t seal_signing_cache_senders(const struct seal_signing_cache *cache)
{
	return seal_cache_count(cache->senders);
}

struct seal_signing_issuer *
seal_signing_recall(struct seal_signing_cache *cache, const char *user,
		    const char *profile, time_t now)
{
	struct seal_signing_issuer *issuer = cache == NULL ? NULL :
		seal_cache_get(cache->issuers, user, strlen(user));

	if (issuer == NULL || strcmp(issuer->profile, profile) != 0)
		return NULL;
	if (!is_old(issuer->made, now))
		return issuer;
	seal_signing_cache_drop(cache, user);
	return NULL;
}

struct seal_signing_issuer *
seal_signing_remember(struct seal_signing_cache *cache, const char *user,
		      struct seal_signing_issuer **_issuer, time_t now)
{
	struct seal_signing_issuer *issuer = *_issuer;
	struct seal_error ignored;

	if (cache == NULL)
		return issuer;
	issuer->cache = cache;
	issuer->number = ++cache->last_number;
	issuer->made = now;
	if (seal_cache_put(cache->issuers, user, strlen(user), issuer, 1,
			   &ignored) > 0)
		*_issuer = NULL;
	else
		issuer->cache = NULL;
	return issuer;
}

/* What the sender is remembered by. 0 or -1 */
static int sender_name(struct seal_buf *name, const char *user,
		       const char *address, bool replies,
		       struct seal_error *err)
{
	return seal_buf_append(name, user, strlen(user) + 1, err) < 0 ||
		seal_buf_append(name, address, strlen(address) + 1, err) < 0 ?
		-1 : seal_buf_append(name, replies ? "r" : "-", 1, err);
}

/* Whether it is the cache's now. */
static bool remember_sender(struct seal_signing_issuer *issuer,
			    const struct seal_buf *name, time_t now,
			    struct seal_sender *sender)
{
	struct known_sender *known = calloc(1, sizeof(*known));
	struct seal_error ignored;

	if (known == NULL)
		return false;
	known->issuer = issuer->number;
	known->made = now;
	known->sender = sender;
	if (seal_cache_put(issuer->cache->senders, name->data, name->len,
			   known, 1, &ignored) > 0)
		return true;
	free(known);
	return false;
}

static struct seal_sender *
recall_sender(const struct seal_signing_issuer *issuer,
	      const struct seal_buf *name, time_t now)
{
	const struct known_sender *known =
		seal_cache_get(issuer->cache->senders, name->data, name->len);

	return known == NULL || known->issuer != issuer->number ||
		is_old(known->made, now) ? NULL : known->sender;
}

struct seal_sender *
seal_signing_sender(struct seal_signing_issuer *issuer, const char *user,
		    const char *address, bool replies, time_t now,
		    struct seal_sender **own_r, struct seal_error *err)
{
	struct seal_buf name = SEAL_BUF_INIT;
	struct seal_sender *sender = NULL;

	*own_r = NULL;
	if (issuer->cache != NULL) {
		if (sender_name(&name, user, address, replies, err) < 0) {
			seal_buf_free(&name);
			return NULL;
		}
		sender = recall_sender(issuer, &name, now);
	}
	if (sender == NULL) {
		sender = seal_sender_new(issuer->issuer, address, replies, err);
		if (sender != NULL &&
		    (issuer->cache == NULL ||
		     !remember_sender(issuer, &name, now, sender)))
			*own_r = sender;
	}
	seal_buf_free(&name);
	return sender;
}
