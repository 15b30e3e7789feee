/* SPDX-License-Identifier: MIT */
#ifndef SEAL_PKI_PAIR_H
#define SEAL_PKI_PAIR_H

#include <openssl/x509.h>

struct seal_error;

/* Is the certificate for this key's public half? who begins the reason. 0, or -1:
 * SEAL_ERR_INPUT (no), SEAL_ERR_CRYPTO, SEAL_ERR_MEMORY. */
int seal_pair_check(const char *who, const X509 *cert, EVP_PKEY *key,
		    struct seal_error *err);

#endif
