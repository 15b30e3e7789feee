/* SPDX-License-Identifier: MIT */
#ifndef SEAL_CMS_SIGNED_H
#define SEAL_CMS_SIGNED_H

#include <stddef.h>

struct seal_buf;
struct seal_error;
struct seal_signed;
struct seal_sink;

/* Writes a multipart/signed entity (RFC 1847 section 2.1, RFC 8551 section
 * 3.5.3) around the entity it is fed, while that passes by: the SHA-256 digest
 * is taken on the way, and the signature is asked for at the end. Memory is
 * constant. */

/* Asks for the detached signature over content of that digest: a CMS
 * ContentInfo in DER, appended to out. 0, or -1 with err filled, which ends the
 * engine. */
typedef int seal_signed_ask_t(void *context, const unsigned char *digest,
			      size_t digest_len, struct seal_buf *out,
			      struct seal_error *err);

/* Starts, and writes the head: Content-Type with micalg sha-256 and a boundary
 * of 128 random bits, a blank line, the first delimiter. sink is copied; its
 * context, and ask's, must outlive the engine. Returns NULL: SEAL_ERR_MEMORY,
 * SEAL_ERR_CRYPTO, or the sink's error. */
struct seal_signed *seal_signed_new(seal_signed_ask_t *ask, void *context,
				    const struct seal_sink *sink,
				    struct seal_error *err);

/* Feeds the entity to be signed: its Content-* fields, a blank line, its body;
 * any len. That its lines end in CRLF is the caller's matter. 0, or -1; after
 * -1 only free may be called. */
int seal_signed_more(struct seal_signed *sig, const unsigned char *data,
		     size_t len, struct seal_error *err);

/* Asks for the signature, writes its part and the last delimiter. To be called
 * once. 0, or -1: ask's error, the sink's, SEAL_ERR_CRYPTO. */
int seal_signed_finish(struct seal_signed *sig, struct seal_error *err);

/* Frees; accepts NULL, leaves NULL. */
void seal_signed_free(struct seal_signed **sig);

#endif
