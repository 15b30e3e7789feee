/* SPDX-License-Identifier: MIT */
#ifndef SEAL_MESSAGE_PGP_PROBE_H
#define SEAL_MESSAGE_PGP_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include "message/detect.h"

struct seal_error;
struct seal_pgp_probe;

/* Reads the body of a multipart/encrypted as it passes, line by line, to tell
 * whether it is an OpenPGP/MIME message (RFC 3156 section 4) as
 * message/detect.h describes it. Strict: anything that does not belong there
 * makes it none, as does a line above 998 bytes. Memory is constant. */

/* The longest boundary (RFC 2046 section 5.1.1). */
#define SEAL_PGP_PROBE_BOUNDARY_MAX 70

/* boundary: 1 to SEAL_PGP_PROBE_BOUNDARY_MAX bytes, copied. Returns the engine,
 * or NULL (SEAL_ERR_MEMORY). */
struct seal_pgp_probe *seal_pgp_probe_new(const char *boundary,
					  struct seal_error *err);
/* Feeds len more bytes, any len. 0, or -1 (SEAL_ERR_MEMORY). */
int seal_pgp_probe_more(struct seal_pgp_probe *probe,
			const unsigned char *data, size_t len,
			struct seal_error *err);
/* YES only when the closing delimiter was seen. */
enum seal_detect_verdict
seal_pgp_probe_verdict(const struct seal_pgp_probe *probe);
/* Whether the encrypted data has begun and all was in order so far. */
bool seal_pgp_probe_has_data(const struct seal_pgp_probe *probe);
void seal_pgp_probe_free(struct seal_pgp_probe **probe);

#endif
