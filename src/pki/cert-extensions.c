/* SPDX-License-Identifier: MIT */
#include "pki/cert.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include "base/error.h"

/* Extensions whose content is fixed stand here in DER: what is asked for, made
 * and compared is then the same bytes. */
struct fixed {
	const unsigned char *der;
	int len;
};
#define FIXED(bytes) { bytes, sizeof(bytes) }

/* BasicConstraints (RFC 5280 section 4.2.1.9): cA TRUE, pathLenConstraint */
static const unsigned char basic_root[] = {
	0x30, 0x06, 0x01, 0x01, 0xff, 0x02, 0x01, 0x01
};
static const unsigned char basic_issuer[] = {
	0x30, 0x06, 0x01, 0x01, 0xff, 0x02, 0x01, 0x00
};
static const unsigned char basic_end[] = { 0x30, 0x00 };

/* KeyUsage (section 4.2.1.3), a BIT STRING: unused bits, bits from the left */
static const unsigned char usage_ca[] = {	/* keyCertSign, cRLSign */
	0x03, 0x02, 0x01, 0x06
};
static const unsigned char usage_sign[] = {	/* digitalSignature */
	0x03, 0x02, 0x07, 0x80
};
static const unsigned char usage_rsa[] = {	/* and keyEncipherment */
	0x03, 0x02, 0x05, 0xa0
};
static const unsigned char usage_ec[] = {	/* and keyAgreement */
	0x03, 0x02, 0x03, 0x88
};

/* ExtKeyUsageSyntax (section 4.2.1.12): id-kp-emailProtection */
static const unsigned char extended_usage[] = {
	0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x04
};

/* NameConstraints (section 4.2.1.10), excludedSubtrees: every dNSName, every
 * IPv4 and every IPv6 address (address and mask, all zero) */
static const unsigned char constraints[] = {
	0x30, 0x36, 0xa1, 0x34,
	0x30, 0x02, 0x82, 0x00,
	0x30, 0x0a, 0x87, 0x08, 0, 0, 0, 0, 0, 0, 0, 0,
	0x30, 0x22, 0x87, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
};

static const struct fixed basic[] = {
	[SEAL_CERT_ROOT] = FIXED(basic_root),
	[SEAL_CERT_ISSUER] = FIXED(basic_issuer),
	[SEAL_CERT_USER] = FIXED(basic_end),
	[SEAL_CERT_SENDER] = FIXED(basic_end),
	[SEAL_CERT_SENDER_REPLIES] = FIXED(basic_end)
};

static struct fixed usage_of(const struct seal_cert_plan *plan)
{
	static const struct fixed ca = FIXED(usage_ca), sign = FIXED(usage_sign),
		rsa = FIXED(usage_rsa), ec = FIXED(usage_ec);

	switch (plan->kind) {
	case SEAL_CERT_ROOT:
	case SEAL_CERT_ISSUER:
		return ca;
	case SEAL_CERT_SENDER:
		return sign;
	case SEAL_CERT_USER:
	case SEAL_CERT_SENDER_REPLIES:
		break;
	}
	return EVP_PKEY_get_base_id(plan->key) == EVP_PKEY_RSA ? rsa : ec;
}

static X509_EXTENSION *extension(int nid, bool critical,
				 const unsigned char *der, int len)
{
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *made = NULL;

	if (value != NULL && ASN1_OCTET_STRING_set(value, der, len) == 1)
		made = X509_EXTENSION_create_by_NID(NULL, nid, critical, value);
	ASN1_OCTET_STRING_free(value);
	return made;
}

/* Takes made, which may be NULL. 0 or -1 */
static int add(STACK_OF(X509_EXTENSION) *list, X509_EXTENSION *made,
	       struct seal_error *err)
{
	if (made != NULL && sk_X509_EXTENSION_push(list, made) > 0)
		return 0;
	X509_EXTENSION_free(made);
	return seal_error_crypto(err, "making an extension");
}

static int add_fixed(STACK_OF(X509_EXTENSION) *list, int nid, bool critical,
		     struct fixed value, struct seal_error *err)
{
	return add(list, extension(nid, critical, value.der, value.len), err);
}

/* SubjectKeyIdentifier is an OCTET STRING (RFC 5280 section 4.2.1.2), and
 * AuthorityKeyIdentifier a SEQUENCE with the same as [0] (section 4.2.1.1). */
static int add_key_ids(STACK_OF(X509_EXTENSION) *list,
		       const struct seal_cert_plan *plan,
		       struct seal_error *err)
{
	unsigned char der[4 + SEAL_CERT_KEY_ID_LEN] = {
		0x04, SEAL_CERT_KEY_ID_LEN
	};

	if (seal_cert_key_id(plan->key, der + 2, err) < 0 ||
	    add(list, extension(NID_subject_key_identifier, false, der,
				2 + SEAL_CERT_KEY_ID_LEN), err) < 0)
		return -1;
	if (plan->issuer_key == NULL)
		return 0;
	der[0] = 0x30;
	der[1] = 2 + SEAL_CERT_KEY_ID_LEN;
	der[2] = 0x80;
	der[3] = SEAL_CERT_KEY_ID_LEN;
	if (seal_cert_key_id(plan->issuer_key, der + 4, err) < 0)
		return -1;
	return add(list, extension(NID_authority_key_identifier, false, der,
				   sizeof(der)), err);
}

static int fill(STACK_OF(X509_EXTENSION) *list,
		const struct seal_cert_plan *plan, struct seal_error *err)
{
	static const struct fixed extended = FIXED(extended_usage),
		names = FIXED(constraints);
	bool ca = plan->kind == SEAL_CERT_ROOT ||
		plan->kind == SEAL_CERT_ISSUER;
	X509_EXTENSION *alt_name;

	if (add_fixed(list, NID_basic_constraints, true, basic[plan->kind],
		      err) < 0 ||
	    add_fixed(list, NID_key_usage, true, usage_of(plan), err) < 0 ||
	    add_fixed(list, NID_ext_key_usage, false, extended, err) < 0 ||
	    /* critical ones break GnuPG */
	    (ca && add_fixed(list, NID_name_constraints, false, names,
			     err) < 0))
		return -1;
	if (plan->addresses != NULL) {
		alt_name = seal_cert_alt_name(plan->addresses, err);
		if (alt_name == NULL || add(list, alt_name, err) < 0)
			return -1;
	}
	return add_key_ids(list, plan, err);
}

STACK_OF(X509_EXTENSION) *
seal_cert_extensions(const struct seal_cert_plan *plan, struct seal_error *err)
{
	STACK_OF(X509_EXTENSION) *list;

	ERR_clear_error();
	list = sk_X509_EXTENSION_new_null();
	if (list == NULL) {
		(void)seal_error_memory(err);
	} else if (fill(list, plan, err) < 0) {
		sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
		list = NULL;
	}
	ERR_clear_error();
	return list;
}

/* 1, or 0 */
static int set_utf8_mailbox(GENERAL_NAME *name, const char *address)
{
	ASN1_OBJECT *oid = OBJ_txt2obj(SEAL_CERT_UTF8_MAILBOX, 1);
	ASN1_TYPE *value = ASN1_TYPE_new();
	ASN1_UTF8STRING *text = ASN1_UTF8STRING_new();

	if (oid != NULL && value != NULL && text != NULL &&
	    ASN1_STRING_set(text, address, -1) == 1) {
		ASN1_TYPE_set(value, V_ASN1_UTF8STRING, text);
		text = NULL;
		if (GENERAL_NAME_set0_othername(name, oid, value) == 1)
			return 1;
	}
	ASN1_OBJECT_free(oid);
	ASN1_TYPE_free(value);
	ASN1_UTF8STRING_free(text);
	return 0;
}

static GENERAL_NAME *general_name(const char *address)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *text;

	if (name == NULL)
		return NULL;
	if (!seal_cert_is_ascii(address)) {
		if (set_utf8_mailbox(name, address))
			return name;
	} else if ((text = ASN1_IA5STRING_new()) != NULL) {
		GENERAL_NAME_set0_value(name, GEN_EMAIL, text);
		if (ASN1_STRING_set(text, address, -1) == 1)
			return name;
	}
	GENERAL_NAME_free(name);
	return NULL;
}

X509_EXTENSION *seal_cert_alt_name(const char *const *addresses,
				   struct seal_error *err)
{
	GENERAL_NAMES *names;
	GENERAL_NAME *name;
	X509_EXTENSION *made = NULL;

	ERR_clear_error();
	if (*addresses == NULL) {
		(void)seal_error_set(err, SEAL_ERR_INPUT, "no address");
		return NULL;
	}
	names = GENERAL_NAMES_new();
	if (names == NULL)
		goto failed;
	for (; *addresses != NULL; addresses++) {
		if (seal_cert_address_check(*addresses, err) < 0)
			goto out;
		name = general_name(*addresses);
		if (name == NULL || sk_GENERAL_NAME_push(names, name) <= 0) {
			GENERAL_NAME_free(name);
			goto failed;
		}
	}
	made = X509V3_EXT_i2d(NID_subject_alt_name, 0, names);
failed:
	if (made == NULL)
		(void)seal_error_crypto(err, "making a subjectAltName");
out:
	GENERAL_NAMES_free(names);
	ERR_clear_error();
	return made;
}
