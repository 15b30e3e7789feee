/* SPDX-License-Identifier: MIT */
#ifndef SEAL_MILTER_SPOOL_H
#define SEAL_MILTER_SPOOL_H

#include <stddef.h>
#include <stdint.h>

struct milter_spool;
struct seal_error;

/* Keeps a message, as it came, in a file without a name in $TMPDIR, else /tmp: it is
 * read twice, and may be larger than memory should be. What came is ciphertext.
 * max: as many bytes it may have. NULL: SEAL_ERR_IO, SEAL_ERR_MEMORY. */
struct milter_spool *milter_spool_new(uint64_t max, struct seal_error *err);
/* 0, or -1: SEAL_ERR_REFUSED (longer than max; a sentence for the user), SEAL_ERR_IO. */
int milter_spool_add(struct milter_spool *spool, const void *data, size_t len,
		     struct seal_error *err);
/* Hands all of it to more(), from the beginning, in pieces, for as long as that
 * returns 1. Returns 0 at the end or once more() has returned 0; -1: more()'s,
 * SEAL_ERR_IO, SEAL_ERR_MEMORY. */
int milter_spool_read(struct milter_spool *spool,
		      int (*more)(void *context, const unsigned char *data,
				  size_t len, struct seal_error *err),
		      void *context, struct seal_error *err);
/* Accepts NULL, leaves NULL. */
void milter_spool_free(struct milter_spool **spool);

#endif
