/* SPDX-License-Identifier: MIT */
#ifndef PORTAL_NOTICE_H
#define PORTAL_NOTICE_H

struct portal_exchange;

enum portal_notice {
	PORTAL_NOTICE_CREATED, PORTAL_NOTICE_ACTIVATED,
	PORTAL_NOTICE_DEACTIVATED, PORTAL_NOTICE_DELETED,
	PORTAL_NOTICE_KILL_SWITCH_ON, PORTAL_NOTICE_KILL_SWITCH_OFF
};

/* Tells the user by mail what was done in their name, when, and from where: they
 * will know whether it was they. What was done is not undone where the mail cannot
 * be delivered; that is logged. id: the profile's, or NULL. */
void portal_notice_send(const struct portal_exchange *exchange,
			enum portal_notice notice, const char *id);

/* Who mail from the portal is from: postmaster at the domain of the user's first
 * address, or of this machine. From the data stack. */
const char *portal_notice_from(const struct portal_exchange *exchange);
/* Whom it names as its recipient: the user's first address; or NULL. */
const char *portal_notice_to(const struct portal_exchange *exchange);

#endif
