/* SPDX-License-Identifier: MIT */

/* RecipientInfos for libcrypto's templates, which read BER as well as DER. */

#include "pki/received-private.h"

#include <openssl/asn1t.h>

ASN1_SEQUENCE(key_id) = {
	ASN1_SIMPLE(struct seal_asn1_key_id, id, ASN1_OCTET_STRING),
	ASN1_OPT(struct seal_asn1_key_id, date, ASN1_GENERALIZEDTIME),
	ASN1_OPT(struct seal_asn1_key_id, other, ASN1_ANY)
} static_ASN1_SEQUENCE_END_name(struct seal_asn1_key_id, key_id)

ASN1_CHOICE(rid) = {
	ASN1_SIMPLE(struct seal_asn1_rid, d.issuer, PKCS7_ISSUER_AND_SERIAL),
	ASN1_IMP(struct seal_asn1_rid, d.key_id, ASN1_OCTET_STRING, 0)
} static_ASN1_CHOICE_END_name(struct seal_asn1_rid, rid)

ASN1_CHOICE(agree_rid) = {
	ASN1_SIMPLE(struct seal_asn1_agree_rid, d.issuer,
		    PKCS7_ISSUER_AND_SERIAL),
	ASN1_IMP(struct seal_asn1_agree_rid, d.key_id, key_id, 0)
} static_ASN1_CHOICE_END_name(struct seal_asn1_agree_rid, agree_rid)

ASN1_SEQUENCE(transport) = {
	ASN1_SIMPLE(struct seal_asn1_transport, version, ASN1_INTEGER),
	ASN1_SIMPLE(struct seal_asn1_transport, rid, rid),
	ASN1_SIMPLE(struct seal_asn1_transport, algorithm, X509_ALGOR),
	ASN1_SIMPLE(struct seal_asn1_transport, key, ASN1_OCTET_STRING)
} static_ASN1_SEQUENCE_END_name(struct seal_asn1_transport, transport)

ASN1_SEQUENCE(point) = {
	ASN1_SIMPLE(struct seal_asn1_point, algorithm, X509_ALGOR),
	ASN1_SIMPLE(struct seal_asn1_point, bits, ASN1_BIT_STRING)
} static_ASN1_SEQUENCE_END_name(struct seal_asn1_point, point)

ASN1_CHOICE(originator) = {
	ASN1_SIMPLE(struct seal_asn1_originator, d.issuer,
		    PKCS7_ISSUER_AND_SERIAL),
	ASN1_IMP(struct seal_asn1_originator, d.key_id, ASN1_OCTET_STRING, 0),
	ASN1_IMP(struct seal_asn1_originator, d.point, point, 1)
} static_ASN1_CHOICE_END_name(struct seal_asn1_originator, originator)

ASN1_SEQUENCE(encrypted) = {
	ASN1_SIMPLE(SEAL_ASN1_ENCRYPTED, rid, agree_rid),
	ASN1_SIMPLE(SEAL_ASN1_ENCRYPTED, key, ASN1_OCTET_STRING)
} static_ASN1_SEQUENCE_END_name(SEAL_ASN1_ENCRYPTED, encrypted)

/* the tag [1] in RecipientInfo is its own */
ASN1_SEQUENCE(agreement_fields) = {
	ASN1_SIMPLE(struct seal_asn1_agreement, version, ASN1_INTEGER),
	ASN1_EXP(struct seal_asn1_agreement, originator, originator, 0),
	ASN1_EXP_OPT(struct seal_asn1_agreement, ukm, ASN1_OCTET_STRING, 1),
	ASN1_SIMPLE(struct seal_asn1_agreement, algorithm, X509_ALGOR),
	ASN1_SEQUENCE_OF(struct seal_asn1_agreement, keys, encrypted)
} static_ASN1_SEQUENCE_END_name(struct seal_asn1_agreement, agreement_fields)

ASN1_ITEM_TEMPLATE(agreement) =
	ASN1_EX_TEMPLATE_TYPE(ASN1_TFLG_IMPTAG | ASN1_TFLG_CONTEXT, 1,
			      agreement, agreement_fields)
static_ASN1_ITEM_TEMPLATE_END(agreement)

/* All len bytes, or NULL. */
static ASN1_VALUE *read_item(const unsigned char *data, size_t len,
			     const ASN1_ITEM *item)
{
	const unsigned char *p = data;
	ASN1_VALUE *value = ASN1_item_d2i(NULL, &p, (long)len, item);

	if (p == data + len)
		return value;
	ASN1_item_free(value, item);
	return NULL;
}

struct seal_asn1_transport *
seal_asn1_transport_read(const unsigned char *data, size_t len)
{
	return (struct seal_asn1_transport *)
		read_item(data, len, ASN1_ITEM_rptr(transport));
}

struct seal_asn1_agreement *
seal_asn1_agreement_read(const unsigned char *data, size_t len)
{
	return (struct seal_asn1_agreement *)
		read_item(data, len, ASN1_ITEM_rptr(agreement));
}

void seal_asn1_transport_free(struct seal_asn1_transport *transport)
{
	ASN1_item_free((ASN1_VALUE *)transport, ASN1_ITEM_rptr(transport));
}

void seal_asn1_agreement_free(struct seal_asn1_agreement *agreement)
{
	ASN1_item_free((ASN1_VALUE *)agreement, ASN1_ITEM_rptr(agreement));
}
