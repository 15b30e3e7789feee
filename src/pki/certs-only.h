/* SPDX-License-Identifier: MIT */
#ifndef SEAL_PKI_CERTS_ONLY_H
#define SEAL_PKI_CERTS_ONLY_H

#include "base/buf.h"

struct seal_error;

/* Appends a SignedData in DER that signs nothing and holds these certificates (RFC
 * 8551 section 3.8, "certs-only"). 0, or -1 (SEAL_ERR_INPUT: one does not parse,
 * SEAL_ERR_CRYPTO, SEAL_ERR_MEMORY) with out unchanged. */
int seal_certs_only(const struct seal_buf *certs, unsigned int count,
		    struct seal_buf *out, struct seal_error *err);

#endif
