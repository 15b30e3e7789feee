/* SPDX-License-Identifier: MIT */
#ifndef SEAL_MESSAGE_AUTH_RESULTS_H
#define SEAL_MESSAGE_AUTH_RESULTS_H

#include <stddef.h>

/* A domain name's length, RFC 1035 section 2.3.4, in text. */
#define SEAL_AUTH_RESULTS_DOMAIN_MAX 253

enum seal_auth_results {
	/* another server's; nothing after its authserv-id was looked at */
	SEAL_AUTH_RESULTS_FOREIGN,
	/* whose it is cannot be told, or it is the trusted one's and malformed */
	SEAL_AUTH_RESULTS_UNREADABLE,
	/* the trusted server's, and it does not say dmarc=pass of one domain */
	SEAL_AUTH_RESULTS_NO_PASS,
	/* the trusted server's, and it does */
	SEAL_AUTH_RESULTS_PASS
};

/* Reads the unfolded value of one Authentication-Results field (RFC 8601
 * section 2.2). The authserv-id has to be the trusted one in any case of ASCII
 * letters (an empty one is nobody's), the version 1 or absent.
 *
 * PASS: there is one result of the method dmarc (version 1 or absent), it is
 * "pass", and it has one property header.from, which is in domain then, as it
 * was written. Other results and properties, a reason and comments mean nothing,
 * but the whole has to parse. Laxer than the RFC in two points that servers
 * need, and that leave no doubt of where a value ends: a property of a method
 * other than dmarc may lack the type, and an unquoted value may hold whatever
 * separates nothing in this field, such as '/' and ':'. */
enum seal_auth_results
seal_auth_results_read(const unsigned char *value, size_t len,
		       const char *authserv_id,
		       char domain[SEAL_AUTH_RESULTS_DOMAIN_MAX + 1]);

#endif
