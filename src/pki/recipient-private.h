/* SPDX-License-Identifier: MIT */
#ifndef SEAL_PKI_RECIPIENT_PRIVATE_H
#define SEAL_PKI_RECIPIENT_PRIVATE_H

/* For recipient*.c only. */

#include <stdbool.h>
#include <stdint.h>
#include <openssl/x509.h>
#include "pki/recipient.h"

enum seal_recipient_kind {
	SEAL_RECIPIENT_OTHER,
	SEAL_RECIPIENT_RSA,	/* rsaEncryption */
	SEAL_RECIPIENT_EC	/* id-ecPublicKey */
};

struct seal_recipient {
	X509 *cert;
	EVP_PKEY *key;			/* belongs to cert */
	enum seal_recipient_kind kind;
	int curve;			/* NID; NID_undef: not by name */
	bool key_sound;			/* the numbers make a key of this kind */
	int64_t not_before, not_after;
	char serial[64];
	unsigned char fingerprint[32];
};

/* For people: "RSA-3072", "EC P-256", "Ed25519". */
void seal_recipient_key_name(const struct seal_recipient *recipient,
			     char *name_r, size_t size);

#endif
