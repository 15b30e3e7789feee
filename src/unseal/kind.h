/* SPDX-License-Identifier: MIT */
#ifndef SEAL_UNSEAL_KIND_H
#define SEAL_UNSEAL_KIND_H

#include <stdbool.h>
#include <stddef.h>

/* What an entity is to somebody who opens messages. */
enum seal_kind {
	SEAL_KIND_CONTENT,	/* anything else */
	SEAL_KIND_CMS,		/* application/pkcs7-mime: which, its CMS says */
	SEAL_KIND_SIGNED,	/* multipart/signed of S/MIME */
	SEAL_KIND_MESSAGE,	/* message/rfc822 that is not forwarded */
	SEAL_KIND_ENVELOPE,	/* EnvelopedData, AuthEnvelopedData */
	SEAL_KIND_OPAQUE	/* SignedData */
};

/* By its Content-Type (unfolded value, or NULL): one of the first four. certs-only
 * (RFC 8551 section 3.2.2) is CONTENT: nothing is signed. */
enum seal_kind seal_kind_of(const char *content_type);

/* Whether its header fields are the message's: hp= (RFC 9788 section 2.1), or
 * protected-headers=v1, which came before it. */
bool seal_kind_is_protected(const char *content_type);

/* By the head of its CMS (RFC 5652 section 3). 1: *kind_r is ENVELOPE, OPAQUE or
 * CONTENT (of another type). 0: it takes more, 44 bytes in all at most. -1: not CMS. */
int seal_kind_peek(const unsigned char *data, size_t len,
		   enum seal_kind *kind_r);

#endif
