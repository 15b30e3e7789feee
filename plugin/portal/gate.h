/* SPDX-License-Identifier: MIT */
#ifndef PORTAL_GATE_H
#define PORTAL_GATE_H

struct portal_exchange;

/* More than any request here needs: an issue with three RSA-4096 certificates
 * is less than half of it. */
#define PORTAL_BODY_MAX (64 * 1024)	/* bytes */

/* hosts: the names by which the portal may be called, separated by spaces; kept by
 * the caller. */
void portal_gate_init(const char *hosts);

/* Finds how long the body is: known, and within limits. TRUE, or FALSE: that was
 * answered. */
bool portal_gate_measure(struct portal_exchange *exchange);

/* What is true of a request before it is read: it is for this host, for a route
 * that there is, not from somebody else's page, and its body, if any, is wanted
 * and of the route's type. Finds route and id. TRUE, or FALSE: that was
 * answered. */
bool portal_gate_pass(struct portal_exchange *exchange);

#endif
