/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "base64.h"
#include "hash.h"
#include "ioloop.h"
#include "llist.h"
#include "randgen.h"
#include "safe-memset.h"
#include "sha2.h"
#include "str.h"
#include "plugin/portal/session.h"

/* A session is looked up by the hash of its token: how long that takes tells
 * nothing of a token, and whoever reads this memory does not find one. */

static HASH_TABLE(unsigned char *, struct portal_session *) sessions;
static struct portal_session *head, *tail;

static unsigned int key_hash(const unsigned char *hash)
{
	unsigned int key;

	memcpy(&key, hash, sizeof(key));
	return key;
}

static int key_compare(const unsigned char *a, const unsigned char *b)
{
	return memcmp(a, b, SHA256_RESULTLEN);
}

void portal_sessions_init(void)
{
	hash_table_create(&sessions, default_pool, 0, key_hash, key_compare);
}

void portal_sessions_deinit(void)
{
	while (head != NULL)
		portal_session_end(head);
	hash_table_destroy(&sessions);
}

void portal_session_end(struct portal_session *session)
{
	pool_t pool = session->pool;

	hash_table_remove(sessions, (const unsigned char *)session->hash);
	DLLIST2_REMOVE(&head, &tail, session);
	pool_unref(&pool);
}

/* All last as long: the oldest expires first. */
static void end_expired(void)
{
	while (tail != NULL && tail->expires <= ioloop_time)
		portal_session_end(tail);
}

static void make_room(const char *user)
{
	struct portal_session *session, *oldest = NULL;
	unsigned int count = 0;

	end_expired();
	for (session = head; session != NULL; session = session->next) {
		if (strcmp(session->user, user) == 0) {
			oldest = session;
			count++;
		}
	}
	if (count >= PORTAL_SESSION_USER_MAX)
		portal_session_end(oldest);
	else if (hash_table_count(sessions) >= PORTAL_SESSION_MAX)
		portal_session_end(tail);
}

const char *portal_session_new(const char *user, const char *const *addresses)
{
	pool_t pool = pool_alloconly_create("portal session", 512);
	struct portal_session *session = p_new(pool, struct portal_session, 1);
	unsigned char bytes[PORTAL_TOKEN_BYTES];
	const char *token;

	make_room(user);
	random_fill(bytes, sizeof(bytes));
	token = str_c(t_base64url_encode(BASE64_ENCODE_FLAG_NO_PADDING, 0,
					 bytes, sizeof(bytes)));
	safe_memset(bytes, 0, sizeof(bytes));
	session->pool = pool;
	session->expires = ioloop_time + PORTAL_SESSION_SECONDS;
	session->user = p_strdup(pool, user);
	session->addresses = (const char *const *)p_strarray_dup(pool, addresses);
	sha256_get_digest(token, strlen(token), session->hash);
	hash_table_insert(sessions, (unsigned char *)session->hash,
			  session);
	DLLIST2_PREPEND(&head, &tail, session);
	return token;
}

struct portal_session *portal_session_find(const char *token)
{
	unsigned char hash[SHA256_RESULTLEN];

	end_expired();
	sha256_get_digest(token, strlen(token), hash);
	return hash_table_lookup(sessions, (const unsigned char *)hash);
}

bool portal_sessions_are_empty(void)
{
	end_expired();
	return head == NULL;
}
