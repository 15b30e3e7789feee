/* SPDX-License-Identifier: MIT */
#ifndef PORTAL_SESSION_H
#define PORTAL_SESSION_H

/* Who has signed in. A session is known by its token only, which is told once
 * and kept as its hash; it ends after its time, by signing out, or with this
 * process. All of a user's and of everybody's together are limited: the oldest
 * goes first. */

#define PORTAL_SESSION_SECONDS (15 * 60)
#define PORTAL_SESSION_USER_MAX 8
#define PORTAL_SESSION_MAX 10000
#define PORTAL_TOKEN_BYTES 32		/* random; in base64url: 43 characters */

struct portal_session {
	struct portal_session *prev, *next;	/* newest first */
	pool_t pool;
	unsigned char hash[32];			/* SHA-256 of the token */
	time_t expires;
	const char *user;
	const char *const *addresses;
};

void portal_sessions_init(void);
void portal_sessions_deinit(void);

/* A new session; its token, from the data stack, is the caller's to wipe. */
const char *portal_session_new(const char *user, const char *const *addresses);
/* NULL: there is none, or it has expired. Valid until the next call here. */
struct portal_session *portal_session_find(const char *token);
void portal_session_end(struct portal_session *session);
/* Is nobody signed in? */
bool portal_sessions_are_empty(void);

#endif
