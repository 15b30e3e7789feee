/* SPDX-License-Identifier: MIT */
#ifndef SEAL_PKI_SENDER_PRIVATE_H
#define SEAL_PKI_SENDER_PRIVATE_H

/* For sender*.c only. */

#include <time.h>
#include "base/buf.h"
#include "pki/cert-parts.h"
#include "pki/sender.h"

struct seal_sender_issuer {
	struct seal_buf der;
	struct seal_cert_parts *parts;
	time_t not_before, not_after;
	EVP_PKEY *key;
	EVP_PKEY *rsa_key;		/* the senders'; NULL: each has its own */
	unsigned char secret[SEAL_SENDER_SECRET_LEN];
};

struct seal_sender {
	EVP_PKEY *key;
	struct seal_buf der;		/* the certificate */
	/* what a signature names and carries: */
	struct seal_buf sid;		/* IssuerAndSerialNumber */
	struct seal_buf certificates;	/* both, in DER's order for a SET OF */
	EVP_PKEY_CTX *work;		/* to sign with; NULL before the first */
};

#endif
