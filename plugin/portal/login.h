/* SPDX-License-Identifier: MIT */
#ifndef PORTAL_LOGIN_H
#define PORTAL_LOGIN_H

struct portal_peer;

/* Passwords, asked of Dovecot's passdb. */

/* Sign-ins that are waiting for the passdb, at once. A wrong password is answered
 * late, the later the more there were (the auth process's penalty for the peer's
 * address). */
#define PORTAL_LOGINS_MAX 200
/* Of these, from one address (of IPv6, the network that a caller has for itself):
 * else who guesses passwords would keep all others out. */
#define PORTAL_LOGINS_ADDRESS_MAX 20

enum portal_login_result {
	PORTAL_LOGIN_OK,
	PORTAL_LOGIN_REFUSED,		/* wrong name or password, or not allowed */
	PORTAL_LOGIN_BUSY,		/* one of these is reached */
	PORTAL_LOGIN_UNAVAILABLE	/* auth is away, or failed */
};

/* user: as the passdb writes it. addresses: what the passdb's extra field
 * mail_seal_addresses lists, separated by commas; where that is missing or empty
 * (auth does not tell these apart), the user's name where it is an address. Both NULL
 * unless OK. */
typedef void portal_login_callback_t(enum portal_login_result result,
				     const char *user,
				     const char *const *addresses,
				     void *context);

/* base_dir: where auth's socket is. */
void portal_login_init(const char *base_dir);
/* Calls back what is waiting, with UNAVAILABLE. */
void portal_login_deinit(void);

/* Calls back once, maybe at once. name and password are copied, and wiped. */
void portal_login(const char *name, const char *password,
		  const struct portal_peer *peer,
		  portal_login_callback_t *callback, void *context);

#endif
