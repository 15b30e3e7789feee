/* SPDX-License-Identifier: MIT */
#include "pki/cert-parts.h"

#include <openssl/asn1t.h>

ASN1_SEQUENCE(key_info) = {
	ASN1_SIMPLE(struct seal_cert_key_info, algorithm, X509_ALGOR),
	ASN1_SIMPLE(struct seal_cert_key_info, bits, ASN1_BIT_STRING)
} static_ASN1_SEQUENCE_END_name(struct seal_cert_key_info, key_info)

ASN1_SEQUENCE(validity) = {
	ASN1_SIMPLE(struct seal_cert_validity, not_before, ASN1_TIME),
	ASN1_SIMPLE(struct seal_cert_validity, not_after, ASN1_TIME)
} static_ASN1_SEQUENCE_END_name(struct seal_cert_validity, validity)

ASN1_SEQUENCE(tbs) = {
	ASN1_EXP_OPT(struct seal_cert_tbs, version, ASN1_INTEGER, 0),
	ASN1_SIMPLE(struct seal_cert_tbs, serial, ASN1_INTEGER),
	ASN1_SIMPLE(struct seal_cert_tbs, algorithm, X509_ALGOR),
	ASN1_SIMPLE(struct seal_cert_tbs, issuer, X509_NAME),
	ASN1_EMBED(struct seal_cert_tbs, validity, validity),
	ASN1_SIMPLE(struct seal_cert_tbs, subject, X509_NAME),
	ASN1_EMBED(struct seal_cert_tbs, key, key_info),
	ASN1_IMP_OPT(struct seal_cert_tbs, issuer_uid, ASN1_BIT_STRING, 1),
	ASN1_IMP_OPT(struct seal_cert_tbs, subject_uid, ASN1_BIT_STRING, 2),
	ASN1_EXP_SEQUENCE_OF_OPT(struct seal_cert_tbs, extensions,
				 X509_EXTENSION, 3)
} static_ASN1_SEQUENCE_END_name(struct seal_cert_tbs, tbs)

ASN1_SEQUENCE(certificate) = {
	ASN1_EMBED(struct seal_cert_parts, tbs, tbs),
	ASN1_SIMPLE(struct seal_cert_parts, algorithm, X509_ALGOR),
	ASN1_SIMPLE(struct seal_cert_parts, signature, ASN1_BIT_STRING)
} static_ASN1_SEQUENCE_END_name(struct seal_cert_parts, certificate)

struct seal_cert_parts *
seal_cert_parts_read(const unsigned char **der, size_t len)
{
	return (struct seal_cert_parts *)
		ASN1_item_d2i(NULL, der, (long)len,
			      ASN1_ITEM_rptr(certificate));
}

int seal_cert_parts_encode(const struct seal_cert_parts *parts,
			   unsigned char **der_r)
{
	*der_r = NULL;
	return ASN1_item_i2d((const ASN1_VALUE *)parts, der_r,
			     ASN1_ITEM_rptr(certificate));
}

int seal_cert_key_info_encode(const struct seal_cert_key_info *info,
			      unsigned char **der_r)
{
	*der_r = NULL;
	return ASN1_item_i2d((const ASN1_VALUE *)info, der_r,
			     ASN1_ITEM_rptr(key_info));
}

void seal_cert_parts_free(struct seal_cert_parts *parts)
{
	ASN1_item_free((ASN1_VALUE *)parts, ASN1_ITEM_rptr(certificate));
}
