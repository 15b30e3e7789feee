/* SPDX-License-Identifier: MIT */
#ifndef SEAL_MESSAGE_PGP_PACKETS_H
#define SEAL_MESSAGE_PGP_PACKETS_H

#include <stdbool.h>
#include <stddef.h>

/* Reads the head of an OpenPGP message (RFC 9580 section 10.3) as it passes:
 * one or more session key packets (tags 1 and 3), then encrypted data (tags 9
 * and 18, and 20 as GnuPG writes it). What follows is not looked at. Begin with
 * all bytes zero. */
struct seal_pgp_packets {
	unsigned char head[7];	/* header, and the first byte of the contents */
	size_t head_len;
	size_t skip;		/* bytes of contents still to pass */
	bool has_key;
	bool has_data;		/* the encrypted data has begun */
};

/* False: these are not the packets of an encrypted message, and the reader is
 * not to be used again. */
bool seal_pgp_packets_more(struct seal_pgp_packets *packets,
			   const unsigned char *data, size_t len);

#endif
