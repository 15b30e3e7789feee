/* SPDX-License-Identifier: MIT */
#ifndef SEAL_PKI_RECIPIENT_PRIVATE_H
#define SEAL_PKI_RECIPIENT_PRIVATE_H

/* For recipient*.c only. */

#include <stdbool.h>
#include <stdint.h>
#include <openssl/x509.h>
#include "base/buf.h"
#include "pki/recipient.h"

enum seal_recipient_kind {
	SEAL_RECIPIENT_OTHER,
	SEAL_RECIPIENT_RSA,	/* rsaEncryption */
	SEAL_RECIPIENT_EC	/* id-ecPublicKey */
};

/* No X509: with its lists and strings that would be most of the memory. */
struct seal_recipient {
	struct seal_buf der;		/* the certificate */
	EVP_PKEY *key;
	enum seal_recipient_kind kind;
	int curve;			/* NID; NID_undef: not by name */
	bool key_sound;			/* the numbers make a key of this kind */
	int64_t not_before, not_after;
	char serial[64];
	unsigned char fingerprint[32];
	struct seal_buf rid;		/* IssuerAndSerialNumber in DER */
	struct seal_buf key_id;		/* subjectKeyIdentifier, or empty */
	char *unfit;			/* NULL, or why it will never do */

	/* What the last RecipientInfo was made with. RSA: the context to
	   encrypt with, and what comes before the encrypted key. EC: the context
	   to make ephemeral keys with. */
	EVP_PKEY_CTX *work;
	struct seal_buf head;
	bool head_oaep;
};

/* For people: "RSA-3072", "EC P-256", "Ed25519". */
void seal_recipient_key_name(const struct seal_recipient *recipient,
			     char *name_r, size_t size);

/* recipient-read.c: fills all that does not depend on use. 0, or -1 as
 * seal_recipient_new(), and what was read until then is the caller's to free. May
 * leave something in libcrypto's queue. */
int seal_recipient_read(struct seal_recipient *recipient,
			const unsigned char *der, size_t len,
			struct seal_error *err);

/* recipient-key.c: key, kind, curve and key_sound, out of a
 * SubjectPublicKeyInfo's parts. 1; 0 where it is none that can be read; -1 as
 * seal_recipient_new(). */
int seal_recipient_read_key(struct seal_recipient *recipient,
			    const X509_ALGOR *algorithm,
			    const ASN1_BIT_STRING *bits,
			    struct seal_error *err);

/* recipient-fit.c: whether it may receive mail, whatever the date. shell: an X509
 * that has the certificate's extensions. reason: as seal_recipient_judge(). */
bool seal_recipient_fits(const struct seal_recipient *recipient, X509 *shell,
			 struct seal_error *reason);

#endif
