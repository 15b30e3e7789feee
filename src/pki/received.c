/* SPDX-License-Identifier: MIT */
#include "pki/received.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include "base/error.h"
#include "pki/cert.h"
#include "pki/frame.h"
#include "pki/received-private.h"

#define ID_LEN 16		/* of a profile: lower-case hexadecimal digits */

int seal_received_settle(struct seal_error *err)
{
	return seal_error_crypto_memory() ? seal_error_memory(err) : 0;
}

/*
 * Names
 */

/* Whether it is an issuer's of ours; in whatever type of string a client wrote it
 * again. 1, 0, or -1 */
static int read_issuer(const X509_NAME *name, char profile_r[ID_LEN + 1],
		       struct seal_error *err)
{
	static const char prefix[] = SEAL_CERT_ISSUER_PREFIX;
	const size_t prefix_len = sizeof(prefix) - 1;
	X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, 0);
	unsigned char *text;
	int len, ret;

	if (X509_NAME_entry_count(name) != 1 ||
	    OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) != NID_commonName)
		return 0;
	len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));
	if (len < 0)
		return seal_received_settle(err);
	ret = (size_t)len == prefix_len + ID_LEN &&
		memcmp(text, prefix, prefix_len) == 0;
	if (ret > 0) {
		memcpy(profile_r, text + prefix_len, ID_LEN);
		profile_r[ID_LEN] = '\0';
		ret = strspn(profile_r, "0123456789abcdef") == ID_LEN;
	}
	OPENSSL_free(text);
	return ret;
}

static int put_issuer_and_serial(struct seal_buf *out, X509_NAME *issuer,
				 ASN1_INTEGER *serial, struct seal_error *err)
{
	PKCS7_ISSUER_AND_SERIAL both = { issuer, serial };
	unsigned char *der = NULL;
	int len = i2d_PKCS7_ISSUER_AND_SERIAL(&both, &der), ret;

	if (len <= 0)
		return seal_error_crypto(err, "naming a recipient");
	ret = seal_buf_append(out, der, (size_t)len, err);
	OPENSSL_free(der);
	return ret;
}

/* As we write it. */
static int put_ours(struct seal_recipient_name *name, ASN1_INTEGER *serial,
		    struct seal_error *err)
{
	char common_name[SEAL_CERT_NAME_SIZE] = SEAL_CERT_ISSUER_PREFIX;
	X509_NAME *issuer;
	int ret;

	strcat(common_name, name->profile);
	issuer = seal_cert_name(common_name, err);
	if (issuer == NULL)
		return -1;
	ret = put_issuer_and_serial(&name->name, issuer, serial, err);
	X509_NAME_free(issuer);
	return ret;
}

static int name_by_issuer(struct seal_recipient_name *name,
			  const PKCS7_ISSUER_AND_SERIAL *rid,
			  struct seal_error *err)
{
	const ASN1_INTEGER *serial = rid->serial;
	int ret = read_issuer(rid->issuer, name->profile, err);

	name->kind = SEAL_RECEIVED_OTHER;
	if (ret < 0)
		return -1;
	if (ret == 0)
		return put_issuer_and_serial(&name->name, rid->issuer,
					     rid->serial, err);
	if (ASN1_STRING_type(serial) == V_ASN1_INTEGER &&
	    seal_cert_serial_is_sender(ASN1_STRING_get0_data(serial),
				       (size_t)ASN1_STRING_length(serial)))
		name->kind = SEAL_RECEIVED_SENDER;
	return put_ours(name, rid->serial, err);
}

static int name_by_key_id(struct seal_recipient_name *name,
			  const ASN1_OCTET_STRING *id, struct seal_error *err)
{
	name->kind = SEAL_RECEIVED_KEY_ID;
	return seal_buf_append(&name->name, ASN1_STRING_get0_data(id),
			       (size_t)ASN1_STRING_length(id), err) < 0 ? -1 :
		seal_frame(&name->name, 0, SEAL_TAG_OCTET_STRING, err);
}

/*
 * Recipients
 */

/* Makes room for one more. *array is of things of that size, and has count of
 * them. 0 or -1 */
static int grow(void *_array, size_t count, size_t each, struct seal_error *err)
{
	void **array = _array, *larger;

	/* always a power of two */
	if ((count & (count - 1)) != 0)
		return 0;
	larger = realloc(*array, (count == 0 ? 1 : 2 * count) * each);
	if (larger == NULL)
		return seal_error_memory(err);
	*array = larger;
	return 0;
}

static struct seal_recipient_name *
add_name(struct seal_received *received, const ASN1_OCTET_STRING *key,
	 struct seal_error *err)
{
	struct seal_recipient_name *name;

	if (grow(&received->names, received->count, sizeof(*name), err) < 0)
		return NULL;
	name = &received->names[received->count++];
	memset(name, 0, sizeof(*name));
	name->key = key;
	return name;
}

static int add_transport(struct seal_received *received,
			 const struct seal_asn1_transport *transport,
			 struct seal_error *err)
{
	const struct seal_asn1_rid *rid = transport->rid;
	struct seal_recipient_name *name =
		add_name(received, transport->key, err);

	if (name == NULL)
		return -1;
	name->transport = transport;
	return rid->type == SEAL_ASN1_RID_ISSUER ?
		name_by_issuer(name, rid->d.issuer, err) :
		name_by_key_id(name, rid->d.key_id, err);
}

static int add_encrypted(struct seal_received *received,
			 const struct seal_asn1_agreement *agreement,
			 const struct seal_asn1_encrypted *encrypted,
			 struct seal_error *err)
{
	const struct seal_asn1_agree_rid *rid = encrypted->rid;
	struct seal_recipient_name *name =
		add_name(received, encrypted->key, err);

	if (name == NULL)
		return -1;
	name->agreement = agreement;
	return rid->type == SEAL_ASN1_RID_ISSUER ?
		name_by_issuer(name, rid->d.issuer, err) :
		name_by_key_id(name, rid->d.key_id->id, err);
}

/* 1; 0: there are too many; -1 */
static int add_agreement(struct seal_received *received,
			 const struct seal_asn1_agreement *agreement,
			 struct seal_error *err)
{
	int i, count = sk_SEAL_ASN1_ENCRYPTED_num(agreement->keys);

	for (i = 0; i < count; i++) {
		if (received->count == SEAL_RECEIVED_MAX)
			return 0;
		if (add_encrypted(received, agreement,
				  sk_SEAL_ASN1_ENCRYPTED_value(agreement->keys,
							       i), err) < 0)
			return -1;
	}
	return 1;
}

/* 1; 0: it does not parse; -1 */
static int read_transport(struct seal_received *received,
			  const unsigned char *data, size_t len,
			  struct seal_error *err)
{
	struct seal_asn1_transport *transport;

	if (grow(&received->transports, received->transport_count,
		 sizeof(transport), err) < 0)
		return -1;
	transport = seal_asn1_transport_read(data, len);
	if (transport == NULL)
		return seal_received_settle(err);
	received->transports[received->transport_count++] = transport;
	return add_transport(received, transport, err) < 0 ? -1 : 1;
}

static int read_agreement(struct seal_received *received,
			  const unsigned char *data, size_t len,
			  struct seal_error *err)
{
	struct seal_asn1_agreement *agreement;

	if (grow(&received->agreements, received->agreement_count,
		 sizeof(agreement), err) < 0)
		return -1;
	agreement = seal_asn1_agreement_read(data, len);
	if (agreement == NULL)
		return seal_received_settle(err);
	received->agreements[received->agreement_count++] = agreement;
	return add_agreement(received, agreement, err);
}

/* Reads the RecipientInfo at *data, which moves behind it. 1; 0: it does not parse; -1 */
static int read_one(struct seal_received *received, const unsigned char **data,
		    size_t len, struct seal_error *err)
{
	const unsigned char *start = *data;
	/* which finds the end of an indefinite length, too */
	ASN1_TYPE *any = d2i_ASN1_TYPE(NULL, data, (long)len);

	if (any == NULL)
		return seal_received_settle(err);
	ASN1_TYPE_free(any);
	len = (size_t)(*data - start);
	switch (*start) {
	case SEAL_TAG_SEQUENCE:
		return read_transport(received, start, len, err);
	case SEAL_TAG_CONTEXT(1):
		return read_agreement(received, start, len, err);
	default:
		return 1;
	}
}

static int read_all(struct seal_received *received, const unsigned char *data,
		    size_t len, struct seal_error *err)
{
	const unsigned char *end = data + len, *start;
	int ret;

	received->whole = true;
	while (data < end) {
		start = data;
		ret = received->count == SEAL_RECEIVED_MAX ? 0 :
			read_one(received, &data, (size_t)(end - data), err);
		if (ret < 0)
			return -1;
		if (ret == 0)
			received->whole = false;
		if (data == start)
			return 0;
	}
	return 0;
}

struct seal_received *seal_received_read(const unsigned char *data, size_t len,
					 struct seal_error *err)
{
	struct seal_received *received = calloc(1, sizeof(*received));

	if (received == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	ERR_clear_error();
	if (read_all(received, data, len, err) < 0)
		seal_received_free(&received);
	ERR_clear_error();
	return received;
}

void seal_received_free(struct seal_received **_received)
{
	struct seal_received *received = *_received;
	size_t i;

	if (received == NULL)
		return;
	*_received = NULL;
	for (i = 0; i < received->count; i++)
		seal_buf_free(&received->names[i].name);
	for (i = 0; i < received->transport_count; i++)
		seal_asn1_transport_free(received->transports[i]);
	for (i = 0; i < received->agreement_count; i++)
		seal_asn1_agreement_free(received->agreements[i]);
	free(received->names);
	free(received->transports);
	free(received->agreements);
	free(received);
}

/*
 * Questions
 */

bool seal_received_is_whole(const struct seal_received *received)
{
	return received->whole;
}

size_t seal_received_count(const struct seal_received *received)
{
	return received->count;
}

enum seal_received_kind
seal_received_kind(const struct seal_received *received, size_t i)
{
	return received->names[i].kind;
}

const char *seal_received_profile(const struct seal_received *received,
				  size_t i)
{
	return received->names[i].profile;
}

bool seal_received_is(const struct seal_received *received, size_t i,
		      const struct seal_buf *names)
{
	const struct seal_buf *name = &received->names[i].name;
	const unsigned char *p = names->data, *end = p + names->len, *value;
	long value_len;
	int tag, class;

	/* our own DER: it is well-formed */
	for (; p < end; p = value + value_len) {
		value = p;
		if ((ASN1_get_object(&value, &value_len, &tag, &class,
				     end - p) & 0x80) != 0)
			return false;
		if ((size_t)(value + value_len - p) == name->len &&
		    memcmp(p, name->data, name->len) == 0)
			return true;
	}
	return false;
}

size_t seal_received_find(const struct seal_received *received, size_t i,
			  const struct seal_buf *names)
{
	while (i < received->count && !seal_received_is(received, i, names))
		i++;
	return i;
}
