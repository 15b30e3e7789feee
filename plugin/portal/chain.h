/* SPDX-License-Identifier: MIT */
#ifndef PORTAL_CHAIN_H
#define PORTAL_CHAIN_H

#include "base/buf.h"

/* Root and issuer certificates that were sent without the user's request, which is
 * to come by EST. They wait here, in memory, for an hour: they are public, and the
 * user's device can send them again. seald checks them when the request is there. */

#define PORTAL_CHAIN_SECONDS (60 * 60)
#define PORTAL_CHAIN_MAX 1000		/* the oldest goes */

/* Keeps a copy of the PEM for this user's profile, in place of a former one. */
void portal_chain_keep(const char *user, const char *id,
		       const struct seal_buf *pem);
/* NULL: none waits. Valid until the next call here. */
const struct seal_buf *portal_chain_find(const char *user, const char *id);
void portal_chain_forget(const char *user, const char *id);
/* Does none wait? */
bool portal_chains_are_empty(void);
void portal_chains_deinit(void);

#endif
