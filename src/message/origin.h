/* SPDX-License-Identifier: MIT */
#ifndef SEAL_MESSAGE_ORIGIN_H
#define SEAL_MESSAGE_ORIGIN_H

#include <stddef.h>

struct seal_error;
struct seal_origin;

/* Who is a message from, beyond doubt? Asked of its header, so that it can be
 * signed in that correspondent's name.
 *
 * The address: there is exactly one From field (RFC 5322 section 3.6.2), with
 * exactly one mailbox in it: an addr-spec, or a display name and an angle-addr.
 * Comments and folding around them are passed over. No: a group, a second
 * address, an obsolete route or white space within the addr-spec, a domain
 * literal, a domain of anything but labels of letters, digits and hyphens, a
 * local part above 64 or an address above 254 bytes, a quoted local part that
 * would not do without its quotes (they are taken away), an encoded word inside
 * the address, control characters, invalid UTF-8, or a display name or comment
 * that hides something (message/display-name.h), above all an address other
 * than this one. A local part beyond ASCII (RFC 6532) may have the letters of
 * some scripts, those whose form is stable under NFC and NFKC; a domain beyond
 * ASCII is taken in its A-label form only, rather than by an IDNA of our own.
 *
 * Verified: the topmost Authentication-Results field (RFC 8601) whose
 * authserv-id is the trusted one says dmarc=pass with header.from equal to the
 * From address's domain, in any case of ASCII letters. What stands below it is
 * the sender's word and ignored, also under the same id; that forged ones do not
 * come to stand on top is the trusted server's duty (section 5). No: it stands
 * below From; one above it (or it) does not parse so far that its authserv-id is
 * known; it does not parse; a version other than 1; anything but exactly one
 * result of the method dmarc and exactly one header.from in it; another property
 * or a comment in place of that. See message/auth-results.h.
 *
 * The header as a whole: NUL or a CR without LF in any field, or a line that is
 * no field, can make clients see another From than this does: no. So can white
 * space before the colon, or a line of white space only, in the two fields above;
 * and they may have 16 kB at most.
 *
 * Canonical form of the address: the local part as it is (without quotes), the
 * domain in lower case. */

#define SEAL_ORIGIN_VALUE_MAX (16 * 1024)

/* authserv_id: whose Authentication-Results is trusted; NULL: the address alone
 * is asked for ("always"). "" trusts nobody. NULL: SEAL_ERR_MEMORY. */
struct seal_origin *seal_origin_new(const char *authserv_id,
				    struct seal_error *err);

/* Feeds the header as it came: all its fields in their order, in pieces of any
 * length. The blank line may follow, and then anything. 0, or -1
 * (SEAL_ERR_MEMORY; at present memory is all taken by new()). */
int seal_origin_more(struct seal_origin *origin, const unsigned char *data,
		     size_t len, struct seal_error *err);

/* The header is complete. 1: *address_r is the canonical address (valid until
 * free), *reason_r is NULL. 0: not beyond doubt, *reason_r is a fixed phrase for
 * the log (nothing of the message), *address_r is NULL. -1: SEAL_ERR_MEMORY. */
int seal_origin_finish(struct seal_origin *origin, const char **address_r,
		       const char **reason_r, struct seal_error *err);
void seal_origin_free(struct seal_origin **origin);

#endif
