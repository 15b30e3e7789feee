/* SPDX-License-Identifier: MIT */

/* A profile's secrets and their DER: by hand, because libcrypto's templates do
 * not wipe what they have held. */

#include "store/keyring-private.h"

#include <string.h>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include "base/error.h"

#define VERSION 1
#define SECRET_MAX 65536	/* bytes of one of them */

void seal_secrets_free(struct seal_secrets *secrets)
{
	seal_buf_free(&secrets->issuer_key);
	seal_buf_free(&secrets->sender_secret);
	seal_buf_free(&secrets->sender_rsa_key);
}

static int add_octets(struct seal_buf *out, const struct seal_buf *octets,
		      struct seal_error *err)
{
	int len = (int)octets->len;
	unsigned char *p;

	p = seal_buf_reserve(out, (size_t)ASN1_object_size(0, len,
			     V_ASN1_OCTET_STRING), err);
	if (p == NULL)
		return -1;
	ASN1_put_object(&p, 0, len, V_ASN1_OCTET_STRING, V_ASN1_UNIVERSAL);
	if (len > 0)
		memcpy(p, octets->data, octets->len);
	out->len = (size_t)(p + len - out->data);
	return 0;
}

static int add_secrets(struct seal_buf *out, const struct seal_secrets *secrets,
		       struct seal_error *err)
{
	static const unsigned char version[] = { 0x02, 0x01, VERSION };

	if (seal_buf_append(out, version, sizeof(version), err) < 0 ||
	    add_octets(out, &secrets->issuer_key, err) < 0 ||
	    add_octets(out, &secrets->sender_secret, err) < 0)
		return -1;
	return secrets->sender_rsa_key.len == 0 ? 0 :
		add_octets(out, &secrets->sender_rsa_key, err);
}

int seal_secrets_encode(const struct seal_secrets *secrets,
			struct seal_buf *out, struct seal_error *err)
{
	struct seal_buf body = SEAL_BUF_INIT;
	unsigned char *p;
	int len, ret = -1;

	if (secrets->issuer_key.len > SECRET_MAX ||
	    secrets->sender_secret.len > SECRET_MAX ||
	    secrets->sender_rsa_key.len > SECRET_MAX)
		return seal_error_set(err, SEAL_ERR_LIMIT,
				      "a secret is too long");
	if (add_secrets(&body, secrets, err) == 0) {
		len = ASN1_object_size(1, (int)body.len, V_ASN1_SEQUENCE);
		if ((p = seal_buf_reserve(out, (size_t)len, err)) != NULL) {
			ASN1_put_object(&p, 1, (int)body.len, V_ASN1_SEQUENCE,
					V_ASN1_UNIVERSAL);
			memcpy(p, body.data, body.len);
			out->len += (size_t)len;
			ret = 0;
		}
	}
	seal_buf_free(&body);
	return ret;
}

static int damaged(struct seal_error *err, const char *what)
{
	return seal_error_set(err, SEAL_ERR_DAMAGED,
			      "a record of the keyring is damaged: %s", what);
}

/* Takes the value of an element of that tag off the front. */
static bool take(const unsigned char **p, const unsigned char *end, int wanted,
		 const unsigned char **value_r, size_t *len_r)
{
	const unsigned char *at = *p;
	int tag, class;
	long len;

	if (at == end || (ASN1_get_object(&at, &len, &tag, &class, end - at) &
			  0x81) != 0 ||
	    tag != wanted || class != V_ASN1_UNIVERSAL) {
		ERR_clear_error();
		return false;
	}
	*value_r = at;
	*len_r = (size_t)len;
	*p = at + len;
	return true;
}

static int take_octets(const unsigned char **p, const unsigned char *end,
		       struct seal_buf *out, struct seal_error *err)
{
	const unsigned char *value;
	size_t len;

	if (!take(p, end, V_ASN1_OCTET_STRING, &value, &len))
		return damaged(err, "its secrets");
	return seal_buf_append(out, value, len, err);
}

int seal_secrets_decode(const struct seal_buf *der,
			struct seal_secrets *secrets_r, struct seal_error *err)
{
	const unsigned char *p = der->data, *end = p + der->len, *value;
	size_t len;

	if (!take(&p, end, V_ASN1_SEQUENCE, &value, &len) || p != end)
		return damaged(err, "its secrets");
	p = value;
	if (!take(&p, end, V_ASN1_INTEGER, &value, &len) || len != 1 ||
	    *value != VERSION)
		return damaged(err, "its secrets are of an unknown version");
	if (take_octets(&p, end, &secrets_r->issuer_key, err) < 0 ||
	    take_octets(&p, end, &secrets_r->sender_secret, err) < 0 ||
	    (p != end &&
	     take_octets(&p, end, &secrets_r->sender_rsa_key, err) < 0))
		return -1;
	return p == end ? 0 : damaged(err, "its secrets");
}
