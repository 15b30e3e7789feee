/* SPDX-License-Identifier: MIT */

/* The record's DER (store/profile.h describes it) for libcrypto; encoding. */

#include "store/profile-asn1.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include "base/error.h"
#include "store/profile.h"
#include "store/profile-private.h"

ASN1_SEQUENCE(SEAL_ASN1_CEREMONY) = {
	ASN1_SIMPLE(SEAL_ASN1_CEREMONY, nonce, ASN1_UTF8STRING),
	ASN1_EMBED(SEAL_ASN1_CEREMONY, days, UINT32),
	ASN1_SEQUENCE_OF(SEAL_ASN1_CEREMONY, addresses, ASN1_UTF8STRING)
} ASN1_SEQUENCE_END(SEAL_ASN1_CEREMONY)

ASN1_SEQUENCE(SEAL_ASN1_PROOF) = {
	ASN1_SIMPLE(SEAL_ASN1_PROOF, hash, ASN1_OCTET_STRING),
	ASN1_EMBED(SEAL_ASN1_PROOF, made, INT64),
	ASN1_EMBED(SEAL_ASN1_PROOF, tries, UINT32)
} ASN1_SEQUENCE_END(SEAL_ASN1_PROOF)

ASN1_SEQUENCE(SEAL_ASN1_PROFILE) = {
	ASN1_SIMPLE(SEAL_ASN1_PROFILE, id, ASN1_PRINTABLESTRING),
	ASN1_SIMPLE(SEAL_ASN1_PROFILE, kind, ASN1_ENUMERATED),
	ASN1_SIMPLE(SEAL_ASN1_PROFILE, state, ASN1_ENUMERATED),
	ASN1_SIMPLE(SEAL_ASN1_PROFILE, label, ASN1_UTF8STRING),
	ASN1_EMBED(SEAL_ASN1_PROFILE, created, INT64),
	ASN1_EMBED(SEAL_ASN1_PROFILE, changed, INT64),
	ASN1_EMBED(SEAL_ASN1_PROFILE, cipher, INT32),
	ASN1_SIMPLE(SEAL_ASN1_PROFILE, sign, ASN1_ENUMERATED),
	ASN1_SIMPLE(SEAL_ASN1_PROFILE, oaep, ASN1_BOOLEAN),
	ASN1_SEQUENCE_OF(SEAL_ASN1_PROFILE, certificates, ASN1_OCTET_STRING),
	ASN1_SIMPLE(SEAL_ASN1_PROFILE, sender_key, ASN1_ENUMERATED),
	ASN1_SEQUENCE_OF(SEAL_ASN1_PROFILE, chain, ASN1_OCTET_STRING),
	ASN1_IMP_OPT(SEAL_ASN1_PROFILE, ceremony, SEAL_ASN1_CEREMONY, 0),
	ASN1_IMP_OPT(SEAL_ASN1_PROFILE, proof, SEAL_ASN1_PROOF, 1)
} ASN1_SEQUENCE_END(SEAL_ASN1_PROFILE)

ASN1_SEQUENCE(SEAL_ASN1_RECORD) = {
	ASN1_EMBED(SEAL_ASN1_RECORD, version, INT32),
	ASN1_SIMPLE(SEAL_ASN1_RECORD, user, ASN1_UTF8STRING),
	ASN1_SIMPLE(SEAL_ASN1_RECORD, kill_switch, ASN1_BOOLEAN),
	ASN1_SEQUENCE_OF(SEAL_ASN1_RECORD, profiles, SEAL_ASN1_PROFILE)
} ASN1_SEQUENCE_END(SEAL_ASN1_RECORD)

static bool set_string(ASN1_STRING *string, const void *data, size_t len)
{
	return ASN1_STRING_set(string, data, (int)len) == 1;
}

static bool push_octets(STACK_OF(ASN1_OCTET_STRING) *stack,
			const struct seal_buf *data)
{
	ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();

	if (octets == NULL || !set_string(octets, data->data, data->len) ||
	    sk_ASN1_OCTET_STRING_push(stack, octets) <= 0) {
		ASN1_OCTET_STRING_free(octets);
		return false;
	}
	return true;
}

static bool push_text(STACK_OF(ASN1_UTF8STRING) *stack, const char *text)
{
	ASN1_UTF8STRING *string = ASN1_UTF8STRING_new();

	if (string == NULL || !set_string(string, text, strlen(text)) ||
	    sk_ASN1_UTF8STRING_push(stack, string) <= 0) {
		ASN1_UTF8STRING_free(string);
		return false;
	}
	return true;
}

static bool fill_ceremony(SEAL_ASN1_PROFILE *der,
			  const struct seal_profile_ceremony *ceremony)
{
	char **address;

	if (ceremony == NULL)
		return true;
	der->ceremony = (SEAL_ASN1_CEREMONY *)
		ASN1_item_new(ASN1_ITEM_rptr(SEAL_ASN1_CEREMONY));
	if (der->ceremony == NULL ||
	    !set_string(der->ceremony->nonce, ceremony->nonce,
			strlen(ceremony->nonce)))
		return false;
	der->ceremony->days = ceremony->days;
	for (address = ceremony->addresses; *address != NULL; address++) {
		if (!push_text(der->ceremony->addresses, *address))
			return false;
	}
	return true;
}

static bool fill_proof(SEAL_ASN1_PROFILE *der,
		       const struct seal_profile_proof *proof)
{
	if (proof == NULL)
		return true;
	der->proof = (SEAL_ASN1_PROOF *)
		ASN1_item_new(ASN1_ITEM_rptr(SEAL_ASN1_PROOF));
	if (der->proof == NULL ||
	    !set_string(der->proof->hash, proof->hash, sizeof(proof->hash)))
		return false;
	der->proof->made = proof->made;
	der->proof->tries = proof->tries;
	return true;
}

static bool fill_certificates(SEAL_ASN1_PROFILE *der,
			      const struct seal_profile *profile)
{
	unsigned int i;

	for (i = 0; i < profile->certificate_count; i++) {
		if (!push_octets(der->certificates, &profile->certificates[i]))
			return false;
	}
	return profile->issuer.len == 0 ||
		(push_octets(der->chain, &profile->issuer) &&
		 push_octets(der->chain, &profile->root));
}

static bool fill_profile(SEAL_ASN1_PROFILE *der,
			 const struct seal_profile *profile)
{

	if (!set_string(der->id, profile->id, strlen(profile->id)) ||
	    ASN1_ENUMERATED_set_int64(der->kind, profile->kind) != 1 ||
	    ASN1_ENUMERATED_set_int64(der->state, profile->state) != 1 ||
	    !set_string(der->label, profile->label, strlen(profile->label)) ||
	    ASN1_ENUMERATED_set_int64(der->sign, profile->sign) != 1 ||
	    ASN1_ENUMERATED_set_int64(der->sender_key,
				      profile->sender_key) != 1)
		return false;
	der->created = profile->created;
	der->changed = profile->changed;
	der->cipher = (int32_t)profile->cipher;
	der->oaep = profile->oaep ? 0xff : 0;
	return fill_certificates(der, profile) &&
		fill_ceremony(der, profile->ceremony) &&
		fill_proof(der, profile->proof);
}

static bool push_profile(SEAL_ASN1_RECORD *der,
			 const struct seal_profile *profile)
{
	SEAL_ASN1_PROFILE *item = (SEAL_ASN1_PROFILE *)
		ASN1_item_new(ASN1_ITEM_rptr(SEAL_ASN1_PROFILE));

	if (item == NULL || !fill_profile(item, profile) ||
	    sk_SEAL_ASN1_PROFILE_push(der->profiles, item) <= 0) {
		ASN1_item_free((ASN1_VALUE *)item, ASN1_ITEM_rptr(SEAL_ASN1_PROFILE));
		return false;
	}
	return true;
}

static bool fill_record(SEAL_ASN1_RECORD *der,
			const struct seal_user_record *record)
{
	unsigned int i;

	der->version = SEAL_RECORD_VERSION;
	der->kill_switch = record->kill_switch ? 0xff : 0;
	if (!set_string(der->user, record->user, strlen(record->user)))
		return false;
	for (i = 0; i < record->profile_count; i++) {
		if (!push_profile(der, &record->profiles[i]))
			return false;
	}
	return true;
}

int seal_user_record_encode(const struct seal_user_record *record,
			    struct seal_buf *out, struct seal_error *err)
{
	SEAL_ASN1_RECORD *der = (SEAL_ASN1_RECORD *)
		ASN1_item_new(ASN1_ITEM_rptr(SEAL_ASN1_RECORD));
	unsigned char *data = NULL;
	int len = -1, ret = -1;

	if (der != NULL && fill_record(der, record))
		len = ASN1_item_i2d((ASN1_VALUE *)der, &data,
				    ASN1_ITEM_rptr(SEAL_ASN1_RECORD));
	if (len <= 0)
		(void)seal_error_crypto(err, "cannot encode the record");
	else
		ret = seal_buf_append(out, data, (size_t)len, err);
	OPENSSL_free(data);
	ASN1_item_free((ASN1_VALUE *)der, ASN1_ITEM_rptr(SEAL_ASN1_RECORD));
	return ret;
}

