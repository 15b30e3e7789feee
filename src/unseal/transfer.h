/* SPDX-License-Identifier: MIT */
#ifndef SEAL_UNSEAL_TRANSFER_H
#define SEAL_UNSEAL_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include "base/base64-decode.h"

struct seal_error;
struct seal_sink;

/* Undoes the transfer encoding of a CMS body (RFC 2045 section 6): base64, or none
 * (7bit, 8bit, binary). Behind the end of base64 only white space may stand: who
 * reads on, or stops earlier, would see something else. */
struct seal_transfer {
	bool is_base64;
	struct seal_base64_decode decode;
	unsigned int padding;
};

/* value: of Content-Transfer-Encoding, NULL: none. False: another encoding. */
bool seal_transfer_init(struct seal_transfer *transfer, const char *value);
/* Feeds len more bytes, any len. 0, or -1 (SEAL_ERR_REFUSED; the sink's). */
int seal_transfer_more(struct seal_transfer *transfer,
		       const unsigned char *data, size_t len,
		       const struct seal_sink *sink, struct seal_error *err);

#endif
