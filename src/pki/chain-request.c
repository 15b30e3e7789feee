/* SPDX-License-Identifier: MIT */
#include "pki/chain-private.h"

#include <string.h>
#include <strings.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "base/error.h"
#include "pki/request.h"

#define WHO SEAL_CHAIN_REQUEST

/* Domains are the same in any case (RFC 5321 section 2.4), local parts are
 * not. */
static bool same_address(const char *a, const char *b)
{
	size_t local = strcspn(a, "@");

	return strncmp(a, b, local) == 0 &&
		strcasecmp(a + local, b + local) == 0;
}

static bool is_ours(const struct seal_terms *terms, const char *address)
{
	const char *const *own;

	for (own = terms->addresses; *own != NULL; own++) {
		if (same_address(*own, address))
			return true;
	}
	return false;
}

static int check_subject(const struct seal_terms *terms,
			 const X509_REQ *request, struct seal_error *err)
{
	char found[SEAL_CERT_NAME_SIZE], name[SEAL_CERT_NAME_SIZE];
	const char *const *own;

	if (seal_cert_name_read(WHO, "subject",
				X509_REQ_get_subject_name(request), found,
				err) < 0)
		return -1;
	for (own = terms->addresses; *own != NULL; own++) {
		if (seal_cert_common_name(*own, name, err) < 0)
			return -1;
		if (same_address(name, found))
			return 0;
	}
	return seal_chain_refuse(err, WHO, "subject is not one of the user's "
				 "addresses");
}

/* The address in a name, or NULL with err filled */
static const ASN1_STRING *address_in(const GENERAL_NAME *name, bool *utf8_r,
				     struct seal_error *err)
{
	ASN1_OBJECT *oid;
	ASN1_TYPE *value;
	char text[80];

	*utf8_r = false;
	if (name->type == GEN_EMAIL)
		return name->d.rfc822Name;
	if (name->type != GEN_OTHERNAME) {
		(void)seal_error_set(err, SEAL_ERR_REFUSED, WHO
			": subjectAltName has a name of another kind than a "
			"mail address ([%d])", name->type);
		return NULL;
	}
	*utf8_r = true;
	(void)GENERAL_NAME_get0_otherName(name, &oid, &value);
	if (OBJ_obj2txt(text, sizeof(text), oid, 1) < 0 ||
	    strcmp(text, SEAL_CERT_UTF8_MAILBOX) != 0) {
		(void)seal_chain_refuse(err, WHO, "subjectAltName has an "
			"otherName that is no SmtpUTF8Mailbox");
		return NULL;
	}
	if (value->type != V_ASN1_UTF8STRING) {
		(void)seal_chain_refuse(err, WHO, "subjectAltName has an "
			"SmtpUTF8Mailbox that is no UTF8String");
		return NULL;
	}
	return value->value.utf8string;
}

static int check_address(const struct seal_terms *terms,
			 const GENERAL_NAME *name, struct seal_error *err)
{
	char address[SEAL_CERT_ADDRESS_MAX + 1];
	struct seal_error why;
	const ASN1_STRING *text;
	bool utf8;
	size_t len;

	text = address_in(name, &utf8, err);
	if (text == NULL)
		return -1;
	len = (size_t)ASN1_STRING_length(text);
	if (len > SEAL_CERT_ADDRESS_MAX)
		return seal_error_set(err, SEAL_ERR_REFUSED, WHO
			": subjectAltName has an address of %zu bytes; %d are "
			"allowed", len, SEAL_CERT_ADDRESS_MAX);
	if (memchr(ASN1_STRING_get0_data(text), '\0', len) != NULL)
		return seal_chain_refuse(err, WHO, "subjectAltName has an "
			"address with a NUL byte in it");
	memcpy(address, ASN1_STRING_get0_data(text), len);
	address[len] = '\0';
	if (seal_cert_address_check(address, &why) < 0)
		return seal_error_set(err, SEAL_ERR_REFUSED, WHO
			": subjectAltName: %s", why.text);
	if (seal_cert_is_ascii(address) == utf8)
		return seal_chain_refuse(err, WHO, utf8 ?
			"subjectAltName has an SmtpUTF8Mailbox that has to be "
			"an rfc822Name (RFC 9598 section 3)" :
			"subjectAltName has an rfc822Name that is not ASCII");
	if (!is_ours(terms, address))
		return seal_error_set(err, SEAL_ERR_REFUSED, WHO
			": subjectAltName: '%s' is not an address of this "
			"user", address);
	return 0;
}

/* That it parses, and encodes to the same again. Returns the names, or NULL. */
static GENERAL_NAMES *read_names(X509_EXTENSION *alt_name,
				 struct seal_error *err)
{
	const ASN1_OCTET_STRING *data = X509_EXTENSION_get_data(alt_name);
	GENERAL_NAMES *names = X509V3_EXT_d2i(alt_name);
	unsigned char *again = NULL;
	int len;

	if (names == NULL) {
		(void)seal_cert_form_error(err, WHO,
			"subjectAltName does not parse");
		return NULL;
	}
	len = i2d_GENERAL_NAMES(names, &again);
	if (len != ASN1_STRING_length(data) ||
	    memcmp(again, ASN1_STRING_get0_data(data), (size_t)len) != 0) {
		(void)seal_cert_form_error(err, WHO,
			"subjectAltName is not encoded in DER, or there is "
			"something behind it");
		GENERAL_NAMES_free(names);
		names = NULL;
	}
	OPENSSL_free(again);
	return names;
}

static int check_alt_name(const struct seal_terms *terms,
			  X509_EXTENSION *alt_name, struct seal_error *err)
{
	GENERAL_NAMES *names = read_names(alt_name, err);
	int i, ret = 0;

	if (names == NULL)
		return -1;
	if (sk_GENERAL_NAME_num(names) == 0)
		ret = seal_chain_refuse(err, WHO, "subjectAltName is empty");
	for (i = 0; ret == 0 && i < sk_GENERAL_NAME_num(names); i++)
		ret = check_address(terms, sk_GENERAL_NAME_value(names, i), err);
	GENERAL_NAMES_free(names);
	return ret;
}

int seal_chain_check_request(const struct seal_terms *terms,
			     const X509_REQ *request, struct seal_error *err)
{
	char nonce[SEAL_NONCE_MAX + 1];
	X509_EXTENSION *alt_name;
	size_t len = strlen(terms->nonce);
	int ret = 0;

	if (seal_request_attributes(WHO, request, nonce, &alt_name, err) < 0)
		return -1;
	if (strlen(nonce) != len ||
	    CRYPTO_memcmp(nonce, terms->nonce, len) != 0)
		ret = seal_chain_refuse(err, WHO, "the nonce is not the one of "
					"this profile");
	if (ret == 0)
		ret = check_subject(terms, request, err);
	if (ret == 0 && alt_name != NULL)
		ret = check_alt_name(terms, alt_name, err);
	X509_EXTENSION_free(alt_name);
	return ret;
}
