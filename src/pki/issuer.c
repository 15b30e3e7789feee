/* SPDX-License-Identifier: MIT */
#include "pki/issuer.h"

#include <stdio.h>
#include <string.h>
#include <openssl/err.h>
#include "base/error.h"
#include "pki/cert.h"
#include "pki/request.h"

#define WHO "issuer request"
#define ID_LEN 16
#define PREFIX_LEN (sizeof(SEAL_CERT_ISSUER_PREFIX) - 1)

int seal_issuer_request(EVP_PKEY *key, const char *profile_id,
			const char *nonce, struct seal_buf *der,
			struct seal_error *err)
{
	char name[SEAL_CERT_NAME_SIZE];

	(void)snprintf(name, sizeof(name), SEAL_CERT_ISSUER_PREFIX "%s",
		       profile_id);
	return seal_request_make(key, name, nonce, NULL, der, err);
}

/* The profile's id in the subject. 0, or -1 */
static int read_subject(const X509_REQ *request,
			struct seal_issuer_asked *asked_r,
			struct seal_error *err)
{
	char name[SEAL_CERT_NAME_SIZE];
	const char *id = name + PREFIX_LEN;

	if (seal_cert_name_read(WHO, "subject",
				X509_REQ_get_subject_name(request), name,
				err) < 0)
		return -1;
	if (strncmp(name, SEAL_CERT_ISSUER_PREFIX, PREFIX_LEN) != 0 ||
	    strlen(id) != ID_LEN || strspn(id, "0123456789abcdef") != ID_LEN)
		return seal_error_set(err, SEAL_ERR_INPUT, WHO ": subject is "
			"not CN=" SEAL_CERT_ISSUER_PREFIX "and a profile's id");
	memcpy(asked_r->profile_id, id, ID_LEN + 1);
	return 0;
}

int seal_issuer_request_read(const unsigned char *der, size_t len,
			     struct seal_issuer_asked *asked_r,
			     struct seal_error *err)
{
	X509_REQ *request = seal_request_decode(WHO, der, len, false, err);
	int ret = -1;

	if (request != NULL) {
		ret = read_subject(request, asked_r, err);
		if (ret == 0)
			ret = seal_request_attributes(WHO, request,
						      asked_r->nonce, NULL,
						      err);
	}
	/* who asks the user's device for something else asks nothing at all */
	if (ret < 0 && err->code == SEAL_ERR_REFUSED)
		err->code = SEAL_ERR_INPUT;
	X509_REQ_free(request);
	ERR_clear_error();
	return ret;
}

int seal_user_request(EVP_PKEY *key, const char *nonce,
		      const char *const *addresses, struct seal_buf *der,
		      struct seal_error *err)
{
	char name[SEAL_CERT_NAME_SIZE];

	if (addresses[0] == NULL)
		return seal_error_set(err, SEAL_ERR_INPUT, "no address");
	if (seal_cert_common_name(addresses[0], name, err) < 0)
		return -1;
	return seal_request_make(key, name, nonce, addresses, der, err);
}
