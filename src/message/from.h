/* SPDX-License-Identifier: MIT */
#ifndef SEAL_MESSAGE_FROM_H
#define SEAL_MESSAGE_FROM_H

#include <stddef.h>

#define SEAL_FROM_LOCAL_MAX 64		/* RFC 5321 section 4.5.3.1.1 */
#define SEAL_FROM_ADDRESS_MAX 254	/* what fits between < and > of a path */

/* Reads the unfolded value of a From field (RFC 5322 section 3.6.2) that has to
 * be one mailbox beyond doubt; what that is, message/origin.h says. Stricter
 * than the RFC where readers are known to disagree:
 *
 *  - of what it calls obsolete, only the dot in a display name is allowed;
 *  - there is no white space or comment within local@domain;
 *  - comments count as part of the display name, because they are shown.
 *
 * Returns 1 and fills address (NUL-terminated, canonical), or 0 with *reason_r a
 * fixed phrase. value is overwritten. */
int seal_from_read(unsigned char *value, size_t len,
		   char address[SEAL_FROM_ADDRESS_MAX + 1],
		   const char **reason_r);

#endif
