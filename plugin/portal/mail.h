/* SPDX-License-Identifier: MIT */
#ifndef PORTAL_MAIL_H
#define PORTAL_MAIL_H

/* Mail to the user who has signed in, by LMTP: it passes through the plugin as all
 * mail does, and so is sealed where the user's is. */

enum portal_mail_result {
	PORTAL_MAIL_DELIVERED,		/* it is in the mailbox */
	PORTAL_MAIL_REFUSED,		/* for good, by the user's settings */
	PORTAL_MAIL_FAILED		/* for now */
};

typedef void portal_mail_callback_t(enum portal_mail_result result,
				    void *context);

/* base_dir: where lmtp's socket is. */
void portal_mail_init(const char *base_dir);
/* Calls back what is on its way: failed. */
void portal_mail_deinit(void);

/* Delivers a whole message (RFC 5322, CRLF), which is copied, to the mailbox of
 * user: in its turn, and not where too many of the user's, or of all, wait already.
 * Failures are logged. Calls back once, maybe at once. */
void portal_mail(const char *user, const void *data, size_t size,
		 portal_mail_callback_t *callback, void *context);

#endif
