/* SPDX-License-Identifier: MIT */
#ifndef SEAL_PKI_RECEIVED_PRIVATE_H
#define SEAL_PKI_RECEIVED_PRIVATE_H

/* For received*.c and sender-open.c only. */

#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/pkcs7.h>
#include <openssl/safestack.h>
#include <openssl/x509.h>
#include "base/buf.h"
#include "pki/received.h"

struct seal_error;

#define SEAL_RECEIVED_KEY_MAX 32

/*
 * received-asn1.c: RFC 5652 section 6.2, for libcrypto
 */

struct seal_asn1_key_id {	/* RecipientKeyIdentifier */
	ASN1_OCTET_STRING *id;
	ASN1_GENERALIZEDTIME *date;	/* may be NULL */
	ASN1_TYPE *other;		/* may be NULL */
};

#define SEAL_ASN1_RID_ISSUER 0
#define SEAL_ASN1_RID_KEY_ID 1
struct seal_asn1_rid {		/* RecipientIdentifier */
	int type;
	union {
		PKCS7_ISSUER_AND_SERIAL *issuer;
		ASN1_OCTET_STRING *key_id;
	} d;
};
struct seal_asn1_agree_rid {	/* KeyAgreeRecipientIdentifier */
	int type;
	union {
		PKCS7_ISSUER_AND_SERIAL *issuer;
		struct seal_asn1_key_id *key_id;
	} d;
};

struct seal_asn1_transport {	/* KeyTransRecipientInfo */
	ASN1_INTEGER *version;
	struct seal_asn1_rid *rid;
	X509_ALGOR *algorithm;
	ASN1_OCTET_STRING *key;
};

struct seal_asn1_point {	/* OriginatorPublicKey */
	X509_ALGOR *algorithm;
	ASN1_BIT_STRING *bits;
};
#define SEAL_ASN1_ORIGINATOR_POINT 2
struct seal_asn1_originator {	/* OriginatorIdentifierOrKey */
	int type;
	union {
		PKCS7_ISSUER_AND_SERIAL *issuer;
		ASN1_OCTET_STRING *key_id;
		struct seal_asn1_point *point;
	} d;
};
typedef struct seal_asn1_encrypted {	/* RecipientEncryptedKey */
	struct seal_asn1_agree_rid *rid;
	ASN1_OCTET_STRING *key;
} SEAL_ASN1_ENCRYPTED;
DEFINE_STACK_OF(SEAL_ASN1_ENCRYPTED)
struct seal_asn1_agreement {	/* KeyAgreeRecipientInfo */
	ASN1_INTEGER *version;
	struct seal_asn1_originator *originator;
	ASN1_OCTET_STRING *ukm;		/* may be NULL */
	X509_ALGOR *algorithm;
	STACK_OF(SEAL_ASN1_ENCRYPTED) *keys;
};

/* Of all len bytes. NULL: it is none, or libcrypto failed. */
struct seal_asn1_transport *
seal_asn1_transport_read(const unsigned char *data, size_t len);
struct seal_asn1_agreement *
seal_asn1_agreement_read(const unsigned char *data, size_t len);
void seal_asn1_transport_free(struct seal_asn1_transport *transport);
void seal_asn1_agreement_free(struct seal_asn1_agreement *agreement);

/*
 * received.c
 */

struct seal_recipient_name {
	enum seal_received_kind kind;
	char profile[17];		/* of a SEAL_RECEIVED_SENDER */
	struct seal_buf name;		/* DER, as seal_recipient_names() */
	/* whose it is, exactly one of them: */
	const struct seal_asn1_transport *transport;
	const struct seal_asn1_agreement *agreement;
	const ASN1_OCTET_STRING *key;	/* encrypted */
};

struct seal_received {
	struct seal_recipient_name *names;
	size_t count, size;
	struct seal_asn1_transport **transports;
	size_t transport_count;
	struct seal_asn1_agreement **agreements;
	size_t agreement_count;
	bool whole;
};

/*
 * Content keys: 0 with *good_r all ones, and key_r filled, where the recipient's key
 * gave one of key_len bytes, else with *good_r 0; -1 (SEAL_ERR_CRYPTO,
 * SEAL_ERR_MEMORY) where that would be so with any message.
 */

/* For what may fail because of the message, which is no error: -1 where it was memory
 * rather, else 0. */
int seal_received_settle(struct seal_error *err);

/* received-rsa.c */
int seal_received_rsa(const struct seal_recipient_name *name, EVP_PKEY *key,
		      size_t key_len,
		      unsigned char key_r[SEAL_RECEIVED_KEY_MAX],
		      unsigned char *good_r, struct seal_error *err);
/* received-ec.c */
int seal_received_ec(const struct seal_recipient_name *name, EVP_PKEY *key,
		     size_t key_len,
		     unsigned char key_r[SEAL_RECEIVED_KEY_MAX],
		     unsigned char *good_r, struct seal_error *err);

#endif
