/* SPDX-License-Identifier: MIT */
#ifndef SEAL_UNSEAL_MULTIPART_H
#define SEAL_UNSEAL_MULTIPART_H

#include <stddef.h>

struct seal_error;
struct seal_multipart;

/* Splits the body of a multipart (RFC 2046 section 5.1) that has two parts exactly,
 * as multipart/signed has (RFC 1847 section 2.1), while it passes. Lines end in CRLF
 * or LF. The line end before a delimiter belongs to the delimiter. A delimiter's line
 * holds nothing else than it, but white space. What stands above the first is
 * ignored; below the last there may be white space only: text there would be
 * signed by nobody. Memory is constant. */

/* The most a boundary may have, in bytes (RFC 2046 section 5.1.1 says 70). */
#define SEAL_MULTIPART_BOUNDARY_MAX 200

/* A piece of part 1 or 2, never empty. 0, or -1 with err filled, which ends the
 * engine. */
typedef int seal_multipart_part_t(void *context, unsigned int number,
				  const unsigned char *data, size_t len,
				  struct seal_error *err);

/* boundary: at most SEAL_MULTIPART_BOUNDARY_MAX bytes. NULL: SEAL_ERR_MEMORY. */
struct seal_multipart *seal_multipart_new(const char *boundary,
					  seal_multipart_part_t *part,
					  void *context,
					  struct seal_error *err);
/* Feeds len more bytes, any len. 0, or -1: SEAL_ERR_REFUSED (a third part, only one,
 * text below), the callback's. */
int seal_multipart_more(struct seal_multipart *multipart,
			const unsigned char *data, size_t len,
			struct seal_error *err);
/* The body is complete. 0, or -1: as more; SEAL_ERR_REFUSED also where it is cut off. */
int seal_multipart_finish(struct seal_multipart *multipart,
			  struct seal_error *err);
/* Wipes and frees; accepts NULL, leaves NULL. */
void seal_multipart_free(struct seal_multipart **multipart);

#endif
