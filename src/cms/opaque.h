/* SPDX-License-Identifier: MIT */
#ifndef SEAL_CMS_OPAQUE_H
#define SEAL_CMS_OPAQUE_H

#include <stddef.h>

struct seal_buf;
struct seal_error;
struct seal_opaque;
struct seal_sink;

/* Takes the content out of a SignedData that holds it (RFC 5652 section 5; RFC
 * 8551 section 3.5.2, "opaque") while it passes, in BER or DER, lengths definite
 * or indefinite. Memory is constant: everything but the content (limit
 * SEAL_OPAQUE_REST_MAX) and small buffers. What comes out is not to be trusted
 * before its signature has been verified (cms/verify.h). */

#define SEAL_OPAQUE_REST_MAX (256 * 1024)

/* sink is copied; its context must outlive the engine. NULL: SEAL_ERR_MEMORY. */
struct seal_opaque *seal_opaque_new(const struct seal_sink *sink,
				    struct seal_error *err);
/* Feeds len more bytes, any len. 0, or -1: SEAL_ERR_REFUSED (not a SignedData of
 * id-data with content; too deep; a length that lies; the rest too long), the sink's,
 * SEAL_ERR_MEMORY; after -1 only free may be called. */
int seal_opaque_more(struct seal_opaque *opaque, const unsigned char *data,
		     size_t len, struct seal_error *err);
/* The input is complete. Appends to detached the same ContentInfo without its content
 * (BER), as seal_verify_finish() takes it. 0, or -1: as more; SEAL_ERR_REFUSED also
 * where it is cut off. */
int seal_opaque_finish(struct seal_opaque *opaque, struct seal_buf *detached,
		       struct seal_error *err);
/* Frees; accepts NULL, leaves NULL. */
void seal_opaque_free(struct seal_opaque **opaque);

#endif
