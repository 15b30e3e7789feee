/* SPDX-License-Identifier: MIT */
#ifndef SEAL_PKI_RECEIVED_H
#define SEAL_PKI_RECEIVED_H

#include <stdbool.h>
#include <stddef.h>

struct seal_buf;
struct seal_error;

/* The RecipientInfos of an envelope that came (RFC 5652 section 6.2), in BER or DER: who it
 * is for. They are numbered from 0: a KeyTransRecipientInfo is one recipient, a
 * KeyAgreeRecipientInfo (RFC 5753) as many as it has encrypted keys. Those of
 * other kinds (a shared key, a password) are passed over. */
struct seal_received;

#define SEAL_RECEIVED_MAX 4096		/* recipients; what follows is not read */

enum seal_received_kind {
	SEAL_RECEIVED_SENDER,	/* by the issuer "CN=Mail Seal issuer ID" and a
				   sender certificate's serial number */
	SEAL_RECEIVED_KEY_ID,	/* by a key identifier */
	SEAL_RECEIVED_OTHER	/* by any other issuer and serial number */
};

/* Reads them, one after the other. What does not parse is no error: see
 * seal_received_is_whole(). NULL: SEAL_ERR_MEMORY, SEAL_ERR_CRYPTO. */
struct seal_received *seal_received_read(const unsigned char *data, size_t len,
					 struct seal_error *err);
void seal_received_free(struct seal_received **received);

/* Whether all of it could be read. */
bool seal_received_is_whole(const struct seal_received *received);
size_t seal_received_count(const struct seal_received *received);
enum seal_received_kind
seal_received_kind(const struct seal_received *received, size_t i);
/* Of a SEAL_RECEIVED_SENDER: the profile's id. */
const char *seal_received_profile(const struct seal_received *received,
				  size_t i);

/* The first recipient, from number i on, who is named in one of these ways, as
 * seal_recipient_names() and seal_sender_names() tell them; count() where there is none. */
size_t seal_received_find(const struct seal_received *received, size_t i,
			  const struct seal_buf *names);
/* Whether number i is named so. */
bool seal_received_is(const struct seal_received *received, size_t i,
		      const struct seal_buf *names);

#endif
