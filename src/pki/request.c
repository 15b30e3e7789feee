/* SPDX-License-Identifier: MIT */
#include "pki/request.h"

#include <string.h>
#include <openssl/err.h>
#include "base/buf.h"
#include "base/error.h"
#include "pki/cert.h"

static int refuse(struct seal_error *err, const char *who, const char *text)
{
	return seal_error_set(err, SEAL_ERR_REFUSED, "%s: %s", who, text);
}

/* 0, or -1 */
static int check_nonce(const char *nonce, size_t len, struct seal_error *err)
{
	size_t i;

	if (len == 0 || len > SEAL_NONCE_MAX)
		return seal_error_set(err, SEAL_ERR_INPUT,
			"a nonce needs 1 to %d characters", SEAL_NONCE_MAX);
	for (i = 0; i < len; i++) {
		if (nonce[i] <= ' ' || nonce[i] >= 0x7f)
			return seal_error_set(err, SEAL_ERR_INPUT,
				"a nonce may only have printable ASCII "
				"characters, and no space");
	}
	return 0;
}

static int add_alt_name(X509_REQ *request, const char *const *addresses,
			struct seal_error *err)
{
	STACK_OF(X509_EXTENSION) *list;
	X509_EXTENSION *alt_name = seal_cert_alt_name(addresses, err);
	int ret = 0;

	if (alt_name == NULL)
		return -1;
	list = sk_X509_EXTENSION_new_null();
	if (list == NULL || sk_X509_EXTENSION_push(list, alt_name) <= 0 ||
	    X509_REQ_add_extensions(request, list) != 1)
		ret = seal_error_crypto(err, "making a request");
	X509_EXTENSION_free(alt_name);
	sk_X509_EXTENSION_free(list);
	return ret;
}

static int fill(X509_REQ *request, EVP_PKEY *key, const char *common_name,
		const char *nonce, struct seal_error *err)
{
	X509_NAME *subject = seal_cert_name(common_name, err);
	int ret = 0;

	if (subject == NULL)
		return -1;
	if (X509_REQ_set_version(request, X509_REQ_VERSION_1) != 1 ||
	    X509_REQ_set_subject_name(request, subject) != 1 ||
	    X509_REQ_set_pubkey(request, key) != 1 ||
	    X509_REQ_add1_attr_by_NID(request, NID_pkcs9_challengePassword,
				      V_ASN1_UTF8STRING,
				      (const unsigned char *)nonce,
				      (int)strlen(nonce)) != 1)
		ret = seal_error_crypto(err, "making a request");
	X509_NAME_free(subject);
	return ret;
}

int seal_request_make(EVP_PKEY *key, const char *common_name,
		      const char *nonce, const char *const *addresses,
		      struct seal_buf *der, struct seal_error *err)
{
	X509_REQ *request;
	unsigned char *bytes = NULL;
	int len, ret = -1;

	if (check_nonce(nonce, strlen(nonce), err) < 0)
		return -1;
	ERR_clear_error();
	request = X509_REQ_new();
	if (request == NULL)
		return seal_error_crypto(err, "making a request");
	if (fill(request, key, common_name, nonce, err) < 0 ||
	    (addresses != NULL && add_alt_name(request, addresses, err) < 0))
		goto out;
	if (X509_REQ_sign(request, key, EVP_sha256()) <= 0 ||
	    (len = i2d_X509_REQ(request, &bytes)) <= 0)
		(void)seal_error_crypto(err, "signing a request");
	else
		ret = seal_buf_append(der, bytes, (size_t)len, err);
out:
	OPENSSL_free(bytes);
	X509_REQ_free(request);
	ERR_clear_error();
	return ret;
}

/* That it encodes to these bytes again. 0, or -1 */
static int check_encoding(const char *who, X509_REQ *request,
			  const unsigned char *der, size_t len,
			  struct seal_error *err)
{
	unsigned char *again = NULL;
	int again_len, ret = 0;

	/* marks it as changed, so that it is encoded anew as a whole */
	if (i2d_re_X509_REQ_tbs(request, NULL) <= 0 ||
	    (again_len = i2d_X509_REQ(request, &again)) <= 0)
		return seal_cert_form_error(err, who,
					    "cannot be encoded again");
	if ((size_t)again_len != len || memcmp(again, der, len) != 0)
		ret = seal_error_set(err, SEAL_ERR_INPUT,
			"%s: not encoded in DER (X.690 section 10)", who);
	OPENSSL_free(again);
	return ret;
}

static int check_signature(const char *who, X509_REQ *request,
			   struct seal_error *err)
{
	EVP_PKEY *key = X509_REQ_get0_pubkey(request);
	const X509_ALGOR *algorithm;
	const ASN1_OBJECT *oid;
	bool rsa = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
	int type;

	X509_REQ_get0_signature(request, NULL, &algorithm);
	X509_ALGOR_get0(&oid, &type, NULL, algorithm);
	if (OBJ_obj2nid(oid) != (rsa ? NID_sha256WithRSAEncryption :
				 NID_ecdsa_with_SHA256))
		return refuse(err, who, rsa ?
			"the signature algorithm is not "
			"sha256WithRSAEncryption" :
			"the signature algorithm is not ecdsa-with-SHA256");
	/* RFC 4055 section 5, RFC 5758 section 3.2 */
	if (type != (rsa ? V_ASN1_NULL : V_ASN1_UNDEF))
		return refuse(err, who, "the signature algorithm's parameters "
			      "are wrong");
	if (X509_REQ_verify(request, key) != 1)
		return refuse(err, who, "the signature is not by the "
			      "request's own key");
	return 0;
}

static int check(const char *who, X509_REQ *request, bool rsa,
		 struct seal_error *err)
{
	if (X509_REQ_get_version(request) != X509_REQ_VERSION_1)
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"%s: the version is %ld; it has to be 0 (RFC 2986 "
			"section 4.1)", who, X509_REQ_get_version(request));
	if (seal_cert_key_check(who, X509_REQ_get_X509_PUBKEY(request), rsa,
				err) < 0 ||
	    check_signature(who, request, err) < 0)
		return -1;
	return 0;
}

X509_REQ *seal_request_decode(const char *who, const unsigned char *der,
			      size_t len, bool rsa, struct seal_error *err)
{
	const unsigned char *p = der;
	X509_REQ *request = NULL;
	int ret = -1;

	ERR_clear_error();
	if (len == 0 || len > SEAL_CERT_DER_MAX) {
		(void)seal_error_set(err, SEAL_ERR_INPUT, len == 0 ?
				     "%s: empty" : "%s: larger than 16 kB", who);
		return NULL;
	}
	request = d2i_X509_REQ(NULL, &p, (long)len);
	if (request == NULL)
		(void)seal_cert_form_error(err, who,
			"not a certificate request (PKCS 10) in DER");
	else if (p != der + len)
		(void)seal_error_set(err, SEAL_ERR_INPUT,
			"%s: there is something behind it", who);
	else if (check_encoding(who, request, der, len, err) == 0)
		ret = check(who, request, rsa, err);
	if (ret < 0) {
		seal_cert_settle(err);
		X509_REQ_free(request);
		request = NULL;
	}
	ERR_clear_error();
	return request;
}

static int read_nonce(const char *who, const ASN1_TYPE *value,
		      char nonce_r[SEAL_NONCE_MAX + 1], struct seal_error *err)
{
	const char *text;
	size_t len;

	/* RFC 2985 section 5.4.1: a DirectoryString; these two hold ASCII */
	if (value->type != V_ASN1_UTF8STRING &&
	    value->type != V_ASN1_PRINTABLESTRING)
		return refuse(err, who, "challengePassword is neither "
			      "UTF8String nor PrintableString");
	text = (const char *)ASN1_STRING_get0_data(value->value.asn1_string);
	len = (size_t)ASN1_STRING_length(value->value.asn1_string);
	if (check_nonce(text, len, err) < 0)
		return refuse(err, who, "challengePassword is empty, too long, "
			      "or has other characters than a nonce");
	memcpy(nonce_r, text, len);
	nonce_r[len] = '\0';
	return 0;
}

/* The one subjectAltName of an extensionRequest */
static int read_extensions(const char *who, const ASN1_TYPE *value,
			   X509_EXTENSION **alt_name_r, struct seal_error *err)
{
	STACK_OF(X509_EXTENSION) *list;
	const ASN1_STRING *text = value->value.asn1_string;
	const unsigned char *p;
	unsigned char *again = NULL;
	int len, ret = -1;

	if (value->type != V_ASN1_SEQUENCE)
		return refuse(err, who, "extensionRequest is not a SEQUENCE");
	p = ASN1_STRING_get0_data(text);
	list = d2i_X509_EXTENSIONS(NULL, &p, ASN1_STRING_length(text));
	if (list == NULL)
		return seal_cert_form_error(err, who,
			"extensionRequest does not parse");
	len = i2d_X509_EXTENSIONS(list, &again);
	if (len != ASN1_STRING_length(text) ||
	    memcmp(again, ASN1_STRING_get0_data(text), (size_t)len) != 0)
		(void)seal_cert_form_error(err, who,
			"extensionRequest is not encoded in DER");
	else if (sk_X509_EXTENSION_num(list) != 1 ||
		 OBJ_obj2nid(X509_EXTENSION_get_object(
			sk_X509_EXTENSION_value(list, 0))) !=
		 NID_subject_alt_name)
		(void)refuse(err, who, "extensionRequest has to ask for one "
			     "subjectAltName, and for nothing else");
	else if (X509_EXTENSION_get_critical(sk_X509_EXTENSION_value(list, 0)))
		(void)refuse(err, who, "subjectAltName may not be critical");
	else {
		*alt_name_r = sk_X509_EXTENSION_shift(list);
		ret = 0;
	}
	OPENSSL_free(again);
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	return ret;
}

static int twice(struct seal_error *err, const char *who, int nid)
{
	return seal_error_set(err, SEAL_ERR_REFUSED,
		"%s: attribute %s is there twice", who, OBJ_nid2sn(nid));
}

static int read_attribute(const char *who, X509_ATTRIBUTE *attribute,
			  char nonce_r[SEAL_NONCE_MAX + 1],
			  X509_EXTENSION **alt_name_r, struct seal_error *err)
{
	ASN1_OBJECT *oid = X509_ATTRIBUTE_get0_object(attribute);
	int nid = OBJ_obj2nid(oid);
	char number[80];

	if (nid != NID_pkcs9_challengePassword &&
	    (nid != NID_ext_req || alt_name_r == NULL)) {
		if (OBJ_obj2txt(number, sizeof(number), oid, 1) < 0)
			number[0] = '\0';
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"%s: attribute %s was not asked for", who, number);
	}
	if (X509_ATTRIBUTE_count(attribute) != 1)
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"%s: attribute %s has %d values; one is needed", who,
			OBJ_nid2sn(nid), X509_ATTRIBUTE_count(attribute));
	if (nid == NID_pkcs9_challengePassword) {
		if (nonce_r[0] != '\0')
			return twice(err, who, nid);
		return read_nonce(who, X509_ATTRIBUTE_get0_type(attribute, 0),
				  nonce_r, err);
	}
	if (*alt_name_r != NULL)
		return twice(err, who, nid);
	return read_extensions(who, X509_ATTRIBUTE_get0_type(attribute, 0),
			       alt_name_r, err);
}

int seal_request_attributes(const char *who, const X509_REQ *request,
			    char nonce_r[SEAL_NONCE_MAX + 1],
			    X509_EXTENSION **alt_name_r,
			    struct seal_error *err)
{
	int i, count = X509_REQ_get_attr_count(request), ret = 0;

	ERR_clear_error();
	memset(nonce_r, 0, SEAL_NONCE_MAX + 1);
	if (alt_name_r != NULL)
		*alt_name_r = NULL;
	for (i = 0; ret == 0 && i < count; i++)
		ret = read_attribute(who, X509_REQ_get_attr(request, i),
				     nonce_r, alt_name_r, err);
	if (ret == 0 && nonce_r[0] == '\0')
		ret = refuse(err, who, "there is no nonce "
			     "(challengePassword)");
	if (ret < 0) {
		seal_cert_settle(err);
		if (alt_name_r != NULL) {
			X509_EXTENSION_free(*alt_name_r);
			*alt_name_r = NULL;
		}
	}
	ERR_clear_error();
	return ret;
}
