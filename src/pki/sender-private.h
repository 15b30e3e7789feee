/* SPDX-License-Identifier: MIT */
#ifndef SEAL_PKI_SENDER_PRIVATE_H
#define SEAL_PKI_SENDER_PRIVATE_H

/* For sender*.c only. */

#include <openssl/x509.h>
#include "pki/sender.h"

struct seal_sender {
	X509 *issuer, *cert;
	EVP_PKEY *key;			/* cert's */
};

#endif
