/* SPDX-License-Identifier: MIT */

/* What the user's device asked for, read back from its own request. */

#include "pki/issuer.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "base/error.h"
#include "pki/cert.h"
#include "pki/request.h"

#define WHO "request"

static int not_ours(struct seal_error *err)
{
	return seal_error_set(err, SEAL_ERR_INPUT, WHO ": its addresses are "
			      "not written as they are here");
}

/* The text of a mail address, whichever way it is written; NULL: none */
static const ASN1_STRING *address_in(const GENERAL_NAME *name)
{
	ASN1_OBJECT *oid;
	ASN1_TYPE *value;

	if (name->type == GEN_EMAIL)
		return name->d.rfc822Name;
	if (GENERAL_NAME_get0_otherName(name, &oid, &value) != 1 ||
	    value->type != V_ASN1_UTF8STRING)
		return NULL;
	return value->value.utf8string;
}

static char *copy(const ASN1_STRING *text)
{
	size_t len = (size_t)ASN1_STRING_length(text);
	char *to = malloc(len + 1);

	if (to != NULL) {
		memcpy(to, ASN1_STRING_get0_data(text), len);
		to[len] = '\0';
	}
	return to;
}

static int read_addresses(const GENERAL_NAMES *names,
			  struct seal_user_asked *asked,
			  struct seal_error *err)
{
	int i, count = sk_GENERAL_NAME_num(names);
	const ASN1_STRING *text;

	if (count <= 0)
		return not_ours(err);
	asked->addresses = calloc((size_t)count + 1, sizeof(char *));
	if (asked->addresses == NULL)
		return seal_error_memory(err);
	for (i = 0; i < count; i++) {
		text = address_in(sk_GENERAL_NAME_value(names, i));
		if (text == NULL)
			return not_ours(err);
		asked->addresses[i] = copy(text);
		if (asked->addresses[i] == NULL)
			return seal_error_memory(err);
	}
	return 0;
}

/* What these addresses would have become has to be there, byte for byte: then
 * nothing else can be, and no address was misread. 0, or -1 */
static int check_made_here(const struct seal_user_asked *asked,
			   const X509_REQ *request, X509_EXTENSION *alt_name,
			   struct seal_error *err)
{
	const char *const *addresses = (const char *const *)asked->addresses;
	char wanted[SEAL_CERT_NAME_SIZE], found[SEAL_CERT_NAME_SIZE];
	X509_EXTENSION *again = seal_cert_alt_name(addresses, err);
	int ret = 0;

	if (again == NULL)
		return -1;
	if (ASN1_STRING_cmp(X509_EXTENSION_get_data(again),
			    X509_EXTENSION_get_data(alt_name)) != 0)
		ret = not_ours(err);
	X509_EXTENSION_free(again);
	if (ret < 0 || seal_cert_common_name(addresses[0], wanted, err) < 0 ||
	    seal_cert_name_read(WHO, "subject",
				X509_REQ_get_subject_name(request), found,
				err) < 0)
		return -1;
	if (strcmp(wanted, found) != 0)
		return seal_error_set(err, SEAL_ERR_INPUT, WHO ": the subject "
				      "is not its first address");
	return 0;
}

static int read_request(X509_REQ *request, struct seal_user_asked *asked,
			struct seal_error *err)
{
	X509_EXTENSION *alt_name;
	GENERAL_NAMES *names = NULL;
	int ret = -1;

	if (seal_request_attributes(WHO, request, asked->nonce, &alt_name,
				    err) < 0)
		return -1;
	if (alt_name == NULL)
		return seal_error_set(err, SEAL_ERR_INPUT,
				      WHO ": there are no addresses in it");
	names = X509V3_EXT_d2i(alt_name);
	if (names == NULL)
		(void)seal_cert_form_error(err, WHO,
					   "subjectAltName does not parse");
	else if (read_addresses(names, asked, err) == 0)
		ret = check_made_here(asked, request, alt_name, err);
	GENERAL_NAMES_free(names);
	X509_EXTENSION_free(alt_name);
	return ret;
}

int seal_user_request_read(const unsigned char *der, size_t len,
			   struct seal_user_asked *asked_r,
			   struct seal_error *err)
{
	X509_REQ *request;
	int ret = -1;

	memset(asked_r, 0, sizeof(*asked_r));
	request = seal_request_decode(WHO, der, len, true, err);
	if (request != NULL)
		ret = read_request(request, asked_r, err);
	if (ret == 0) {
		asked_r->key = X509_REQ_get0_pubkey(request);
		if (EVP_PKEY_up_ref(asked_r->key) != 1) {
			asked_r->key = NULL;
			ret = seal_error_crypto(err, "reading a request");
		}
	}
	if (ret < 0) {
		seal_user_asked_free(asked_r);
		/* what is in it was never asked for */
		if (err->code == SEAL_ERR_REFUSED)
			err->code = SEAL_ERR_INPUT;
	}
	X509_REQ_free(request);
	ERR_clear_error();
	return ret;
}

void seal_user_asked_free(struct seal_user_asked *asked)
{
	char **address = asked->addresses;

	for (; address != NULL && *address != NULL; address++)
		free(*address);
	free(asked->addresses);
	EVP_PKEY_free(asked->key);
	memset(asked, 0, sizeof(*asked));
}
