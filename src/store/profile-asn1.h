/* SPDX-License-Identifier: MIT */
#ifndef SEAL_STORE_PROFILE_ASN1_H
#define SEAL_STORE_PROFILE_ASN1_H

/* For profile-asn1.c and profile-decode.c: the ASN.1 of store/profile.h as
 * libcrypto's templates want it. */

#include <stdint.h>
#include <openssl/asn1.h>
#include <openssl/asn1t.h>

#define SEAL_RECORD_VERSION 1

DEFINE_STACK_OF(ASN1_OCTET_STRING)

typedef struct {
	ASN1_UTF8STRING *nonce;
	uint32_t days;
	STACK_OF(ASN1_UTF8STRING) *addresses;
} SEAL_ASN1_CEREMONY;

typedef struct {
	ASN1_OCTET_STRING *hash;
	int64_t made;
	uint32_t tries;
} SEAL_ASN1_PROOF;

typedef struct {
	ASN1_PRINTABLESTRING *id;
	ASN1_ENUMERATED *kind;
	ASN1_ENUMERATED *state;
	ASN1_UTF8STRING *label;
	int64_t created;
	int64_t changed;
	int32_t cipher;
	ASN1_ENUMERATED *sign;
	ASN1_BOOLEAN oaep;
	STACK_OF(ASN1_OCTET_STRING) *certificates;
	ASN1_ENUMERATED *sender_key;
	STACK_OF(ASN1_OCTET_STRING) *chain;	/* issuer, root */
	SEAL_ASN1_CEREMONY *ceremony;		/* NULL: none */
	SEAL_ASN1_PROOF *proof;			/* NULL: none */
} SEAL_ASN1_PROFILE;

DEFINE_STACK_OF(SEAL_ASN1_PROFILE)

typedef struct {
	int32_t version;
	ASN1_UTF8STRING *user;
	ASN1_BOOLEAN kill_switch;
	STACK_OF(SEAL_ASN1_PROFILE) *profiles;
} SEAL_ASN1_RECORD;

DECLARE_ASN1_ITEM(SEAL_ASN1_CEREMONY)
DECLARE_ASN1_ITEM(SEAL_ASN1_PROOF)
DECLARE_ASN1_ITEM(SEAL_ASN1_PROFILE)
DECLARE_ASN1_ITEM(SEAL_ASN1_RECORD)

#endif
