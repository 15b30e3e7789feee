/* SPDX-License-Identifier: MIT */

/* Records are read with suspicion: what decodes is what we have written. */

#include "store/profile-asn1.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include "base/error.h"
#include "store/profile.h"
#include "store/profile-private.h"

static int damaged(struct seal_error *err, const char *what)
{
	return seal_error_set(err, SEAL_ERR_DAMAGED,
			      "the record is damaged: %s", what);
}

/* After libcrypto failed to read: the record's fault, unless an allocation
 * had failed. */
static int unreadable(struct seal_error *err, const char *what)
{
	return seal_error_crypto_memory() ? seal_error_memory(err) :
		damaged(err, what);
}

/* A copy as a C string, after the check that it is one. */
static int take_text(char **text_r, const ASN1_STRING *string, size_t max,
		     const char *what, struct seal_error *err)
{
	const char *data = (const char *)ASN1_STRING_get0_data(string);
	size_t len = (size_t)ASN1_STRING_length(string);

	if (len > max || !seal_profile_is_text(data, len))
		return damaged(err, what);
	if ((*text_r = malloc(len + 1)) == NULL)
		return seal_error_memory(err);
	if (len > 0)
		memcpy(*text_r, data, len);
	(*text_r)[len] = '\0';
	return 0;
}

/* libcrypto takes any byte for TRUE, and gives it back as it was. */
static int take_boolean(bool *value_r, ASN1_BOOLEAN value,
			struct seal_error *err)
{
	if (value != 0 && value != 0xff)
		return damaged(err, "not in DER");
	*value_r = value != 0;
	return 0;
}

/* The value where it lies between min and max, else -1. */
static int take_enumerated(const ASN1_ENUMERATED *value, int min, int max)
{
	int64_t number;

	if (ASN1_ENUMERATED_get_int64(&number, value) != 1) {
		ERR_clear_error();
		return -1;
	}
	return number < min || number > max ? -1 : (int)number;
}

static int take_certificates(struct seal_profile *profile,
			     const SEAL_ASN1_PROFILE *der,
			     struct seal_error *err)
{
	const ASN1_OCTET_STRING *octets;
	int i, count = sk_ASN1_OCTET_STRING_num(der->certificates);

	for (i = 0; i < count; i++) {
		octets = sk_ASN1_OCTET_STRING_value(der->certificates, i);
		if (seal_profile_add_certificate(profile,
				ASN1_STRING_get0_data(octets),
				(size_t)ASN1_STRING_length(octets), err) == 0)
			continue;
		return err->code == SEAL_ERR_LIMIT ?
			damaged(err, "too many or too large certificates") : -1;
	}
	return 0;
}

static int take_chain(struct seal_profile *profile,
		      const SEAL_ASN1_PROFILE *der, struct seal_error *err)
{
	struct seal_buf *const to[] = { &profile->issuer, &profile->root };
	const ASN1_OCTET_STRING *octets;
	int i, len, count = sk_ASN1_OCTET_STRING_num(der->chain);

	if (count != 0 && count != 2)
		return damaged(err, "a profile's chain");
	for (i = 0; i < count; i++) {
		octets = sk_ASN1_OCTET_STRING_value(der->chain, i);
		len = ASN1_STRING_length(octets);
		if (len == 0 || len > SEAL_CERTIFICATE_MAX)
			return damaged(err, "a profile's chain");
		if (seal_buf_append(to[i], ASN1_STRING_get0_data(octets),
				    (size_t)len, err) < 0)
			return -1;
	}
	return 0;
}

static int take_addresses(struct seal_profile_ceremony *ceremony,
			  const SEAL_ASN1_CEREMONY *der, struct seal_error *err)
{
	const ASN1_UTF8STRING *string;
	int i, count = sk_ASN1_UTF8STRING_num(der->addresses);

	for (i = 0; i < count; i++) {
		string = sk_ASN1_UTF8STRING_value(der->addresses, i);
		if (seal_profile_add_address(ceremony, (unsigned int)i,
				(const char *)ASN1_STRING_get0_data(string),
				(size_t)ASN1_STRING_length(string), err) < 0)
			return err->code == SEAL_ERR_MEMORY ? -1 :
				damaged(err, "a ceremony's addresses");
	}
	return count > 0 ? 0 : damaged(err, "a ceremony without addresses");
}

static int take_ceremony(struct seal_profile *profile,
			 const SEAL_ASN1_CEREMONY *der, struct seal_error *err)
{
	const char *nonce;
	size_t len;

	if (der == NULL)
		return 0;
	nonce = (const char *)ASN1_STRING_get0_data(der->nonce);
	len = (size_t)ASN1_STRING_length(der->nonce);
	if (!seal_profile_is_nonce(nonce, len))
		return damaged(err, "a ceremony's nonce");
	profile->ceremony = calloc(1, sizeof(*profile->ceremony));
	if (profile->ceremony == NULL)
		return seal_error_memory(err);
	memcpy(profile->ceremony->nonce, nonce, len);
	profile->ceremony->days = der->days;
	return take_addresses(profile->ceremony, der, err);
}

static int take_proof(struct seal_profile *profile, const SEAL_ASN1_PROOF *der,
		      struct seal_error *err)
{
	if (der == NULL)
		return 0;
	if (ASN1_STRING_length(der->hash) != SEAL_PROFILE_HASH_LEN)
		return damaged(err, "the hash of a code");
	if (seal_profile_set_proof(profile, ASN1_STRING_get0_data(der->hash),
				   der->made, err) < 0)
		return -1;
	profile->proof->tries = der->tries;
	return 0;
}

/* What has to do with how it came to be. */
static int take_issue(struct seal_profile *profile,
		      const SEAL_ASN1_PROFILE *der, struct seal_error *err)
{
	int key = take_enumerated(der->sender_key, SEAL_PROFILE_SENDER_P256,
				  SEAL_PROFILE_SENDER_RSA);

	if (key < 0)
		return damaged(err, "a profile's sender key");
	profile->sender_key = (enum seal_profile_sender_key)key;
	if (take_chain(profile, der, err) < 0 ||
	    take_ceremony(profile, der->ceremony, err) < 0)
		return -1;
	return take_proof(profile, der->proof, err);
}

static int take_profile(struct seal_profile *profile,
			const SEAL_ASN1_PROFILE *der, struct seal_error *err)
{
	const char *id = (const char *)ASN1_STRING_get0_data(der->id);
	int kind, state, sign;

	if (!seal_profile_is_id(id, (size_t)ASN1_STRING_length(der->id)))
		return damaged(err, "a profile's id");
	memcpy(profile->id, id, SEAL_PROFILE_ID_LEN);
	kind = take_enumerated(der->kind, SEAL_PROFILE_IMPORTED,
			       SEAL_PROFILE_ISSUED);
	state = take_enumerated(der->state, SEAL_PROFILE_READY,
				SEAL_PROFILE_PENDING);
	sign = take_enumerated(der->sign, SEAL_PROFILE_SIGN_DEFAULT,
			       SEAL_PROFILE_SIGN_ALWAYS);
	if (kind < 0 || state < 0 || sign < 0)
		return damaged(err, "a profile's kind, state or sign");
	profile->kind = (enum seal_profile_kind)kind;
	profile->state = (enum seal_profile_state)state;
	profile->sign = (enum seal_profile_sign)sign;
	profile->cipher = (enum seal_cipher)der->cipher;
	if (profile->cipher != SEAL_CIPHER_NONE &&
	    seal_cipher_name(profile->cipher) == NULL)
		return damaged(err, "a profile's cipher");
	profile->created = der->created;
	profile->changed = der->changed;
	if (take_boolean(&profile->oaep, der->oaep, err) < 0 ||
	    take_text(&profile->label, der->label, SEAL_PROFILE_LABEL_MAX,
		      "a profile's label", err) < 0)
		return -1;
	return take_certificates(profile, der, err) < 0 ? -1 :
		take_issue(profile, der, err);
}

static int take_profiles(struct seal_user_record *record,
			 const SEAL_ASN1_RECORD *der, struct seal_error *err)
{
	struct seal_profile *profile;
	int i, count = sk_SEAL_ASN1_PROFILE_num(der->profiles);

	if (count > SEAL_PROFILES_MAX)
		return damaged(err, "too many profiles");
	for (i = 0; i < count; i++) {
		if ((profile = seal_user_record_grow(record)) == NULL)
			return seal_error_memory(err);
		if (take_profile(profile, sk_SEAL_ASN1_PROFILE_value(der->profiles, i),
				 err) < 0) {
			seal_profile_clear(profile);
			return -1;
		}
		if (seal_user_record_find(record, profile->id) != NULL ||
		    (profile->state == SEAL_PROFILE_ACTIVE &&
		     seal_user_record_active(record) != NULL)) {
			seal_profile_clear(profile);
			return damaged(err, "two profiles of one id, or two "
				       "active ones");
		}
		record->profile_count++;
	}
	return 0;
}

/* The version comes first so that a record of a later one, whatever it holds,
 * is named as such. */
static int check_version(const unsigned char *der, size_t len,
			 struct seal_error *err)
{
	const unsigned char *p = der;
	ASN1_INTEGER *number;
	int64_t version = 0;
	int tag, class;
	long body;

	if (ASN1_get_object(&p, &body, &tag, &class, (long)len) !=
	    V_ASN1_CONSTRUCTED || tag != V_ASN1_SEQUENCE ||
	    class != V_ASN1_UNIVERSAL ||
	    (number = d2i_ASN1_INTEGER(NULL, &p, body)) == NULL)
		return unreadable(err, "not a record");
	if (ASN1_INTEGER_get_int64(&version, number) != 1)
		version = -1;
	ASN1_INTEGER_free(number);
	ERR_clear_error();
	if (version != SEAL_RECORD_VERSION)
		return seal_error_set(err, SEAL_ERR_DAMAGED, "the record is of "
			"version %lld, and only version %d is known here",
			(long long)version, SEAL_RECORD_VERSION);
	return 0;
}

/* libcrypto reads BER; what is stored is DER, and anything else was not
 * written by us. */
static int check_der(const SEAL_ASN1_RECORD *parsed, const unsigned char *der,
		     size_t len, struct seal_error *err)
{
	unsigned char *again = NULL;
	int again_len, ret = 0;

	again_len = ASN1_item_i2d((const ASN1_VALUE *)parsed, &again,
				  ASN1_ITEM_rptr(SEAL_ASN1_RECORD));
	if (again_len <= 0)
		ret = seal_error_crypto(err, "cannot check the record");
	else if ((size_t)again_len != len || memcmp(again, der, len) != 0)
		ret = damaged(err, "not in DER");
	OPENSSL_free(again);
	return ret;
}

static int take_record(struct seal_user_record *record,
		       const SEAL_ASN1_RECORD *der, struct seal_error *err)
{
	if (take_text(&record->user, der->user, INT32_MAX,
		      "the user's name", err) < 0)
		return -1;
	if (*record->user == '\0')
		return damaged(err, "no user's name");
	if (take_boolean(&record->kill_switch, der->kill_switch, err) < 0)
		return -1;
	return take_profiles(record, der, err);
}

struct seal_user_record *
seal_user_record_decode(const unsigned char *der, size_t len,
			struct seal_error *err)
{
	struct seal_user_record *record = NULL;
	const unsigned char *p = der;
	SEAL_ASN1_RECORD *parsed;

	if (len > INT32_MAX) {
		(void)damaged(err, "too long");
		return NULL;
	}
	if (check_version(der, len, err) < 0)
		return NULL;
	parsed = (SEAL_ASN1_RECORD *)ASN1_item_d2i(NULL, &p, (long)len,
					 ASN1_ITEM_rptr(SEAL_ASN1_RECORD));
	if (parsed == NULL) {
		(void)unreadable(err, "its parts");
		return NULL;
	}
	if (check_der(parsed, der, len, err) == 0) {
		if ((record = calloc(1, sizeof(*record))) == NULL)
			(void)seal_error_memory(err);
		else if (take_record(record, parsed, err) < 0)
			seal_user_record_free(&record);
	}
	ASN1_item_free((ASN1_VALUE *)parsed, ASN1_ITEM_rptr(SEAL_ASN1_RECORD));
	return record;
}
