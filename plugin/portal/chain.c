/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "ioloop.h"
#include "llist.h"
#include "plugin/portal/chain.h"

#include "base/error.h"

struct chain {
	struct chain *prev, *next;	/* newest first */
	char *user, *id;
	struct seal_buf pem;
	time_t expires;
};

static struct chain *head, *tail;
static unsigned int count;

static void forget(struct chain *chain)
{
	DLLIST2_REMOVE(&head, &tail, chain);
	count--;
	seal_buf_free(&chain->pem);
	i_free(chain->user);
	i_free(chain->id);
	i_free(chain);
}

/* All wait as long: the oldest expires first. */
static void forget_expired(void)
{
	while (tail != NULL && tail->expires <= ioloop_time)
		forget(tail);
}

static struct chain *find(const char *user, const char *id)
{
	struct chain *chain;

	forget_expired();
	for (chain = head; chain != NULL; chain = chain->next) {
		if (strcmp(chain->id, id) == 0 &&
		    strcmp(chain->user, user) == 0)
			return chain;
	}
	return NULL;
}

void portal_chain_keep(const char *user, const char *id,
		       const struct seal_buf *pem)
{
	struct chain *chain;
	struct seal_error err;

	portal_chain_forget(user, id);
	if (count >= PORTAL_CHAIN_MAX)
		forget(tail);
	chain = i_new(struct chain, 1);
	chain->user = i_strdup(user);
	chain->id = i_strdup(id);
	chain->expires = ioloop_time + PORTAL_CHAIN_SECONDS;
	if (seal_buf_append(&chain->pem, pem->data, pem->len, &err) < 0)
		i_fatal_status(FATAL_OUTOFMEM, "%s", err.text);
	DLLIST2_PREPEND(&head, &tail, chain);
	count++;
}

const struct seal_buf *portal_chain_find(const char *user, const char *id)
{
	struct chain *chain = find(user, id);

	return chain == NULL ? NULL : &chain->pem;
}

void portal_chain_forget(const char *user, const char *id)
{
	struct chain *chain = find(user, id);

	if (chain != NULL)
		forget(chain);
}

bool portal_chains_are_empty(void)
{
	forget_expired();
	return head == NULL;
}

void portal_chains_deinit(void)
{
	while (head != NULL)
		forget(head);
}
