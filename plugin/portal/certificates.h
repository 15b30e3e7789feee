/* SPDX-License-Identifier: MIT */
#ifndef PORTAL_CERTIFICATES_H
#define PORTAL_CERTIFICATES_H

#include "base/buf.h"

struct portal_exchange;

/* The certificates of an issued profile. */

enum portal_certificate {
	PORTAL_CERTIFICATE_USER, PORTAL_CERTIFICATE_ISSUER,
	PORTAL_CERTIFICATE_ROOT, PORTAL_CERTIFICATE_COUNT
};

/* Those of the exchange's profile, in DER, for the caller to free, in any case.
 * 1; 0: it is imported, or not issued yet; -1: that was answered. */
int portal_certificates_get(struct portal_exchange *exchange,
			    struct seal_buf der[PORTAL_CERTIFICATE_COUNT]);
/* Those of a PEM text of seald's: all three, in this order, for the caller to free, in
 * any case. 0, or -1: that was answered. */
int portal_certificates_split(struct portal_exchange *exchange,
			      const struct seal_buf *pem,
			      struct seal_buf der[PORTAL_CERTIFICATE_COUNT]);
/* Leaves them empty. */
void portal_certificates_free(struct seal_buf *der, unsigned int count);
/* Does the exchange's profile wait for its certificate? TRUE (also for an imported
 * one), or FALSE: it has it, or cannot be looked at, and that was answered. */
bool portal_certificates_are_awaited(struct portal_exchange *exchange);

/* Reads the CERTIFICATE blocks of a PEM text: at most count, for the caller to free,
 * in any case. Returns how many there were, or -1: it holds something else, or
 * more. */
int portal_certificates_read(const struct seal_buf *pem, struct seal_buf *der,
			     unsigned int count);

/* Asks seald to issue. Gives back the three certificates in PEM: user, issuer,
 * root. 0, or -1: that was answered. */
int portal_certificates_issue(struct portal_exchange *exchange,
			      const struct seal_buf *chain,
			      const struct seal_buf *request,
			      struct seal_buf *issued);

#endif
