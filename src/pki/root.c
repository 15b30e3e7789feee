/* SPDX-License-Identifier: MIT */

/* What the user's device makes of the issuer's request. */

#include "pki/issuer.h"

#include <stdio.h>
#include <openssl/err.h>
#include "base/buf.h"
#include "base/error.h"
#include "pki/cert.h"
#include "pki/key.h"
#include "pki/request.h"

struct names {
	char root[SEAL_CERT_NAME_SIZE];
	char issuer[SEAL_CERT_NAME_SIZE];
};

static X509 *make(struct seal_cert_plan *plan, EVP_PKEY *root_key,
		  struct seal_buf *der, struct seal_error *err)
{
	unsigned char serial[SEAL_CERT_SERIAL_LEN];
	X509 *cert;

	if (seal_cert_serial_random(serial, err) < 0)
		return NULL;
	plan->serial = serial;
	cert = seal_cert_new(plan, err);
	if (cert != NULL &&
	    (seal_cert_sign(cert, root_key, err) < 0 ||
	     seal_cert_encode(cert, der, err) < 0)) {
		X509_free(cert);
		cert = NULL;
	}
	return cert;
}

static int make_both(const struct names *names, EVP_PKEY *root_key,
		     EVP_PKEY *issuer_key, time_t not_before, time_t not_after,
		     struct seal_buf *root, struct seal_buf *issuer,
		     struct seal_error *err)
{
	struct seal_cert_plan plan = {
		.kind = SEAL_CERT_ROOT, .subject = names->root,
		.not_before = not_before, .not_after = not_after,
		.key = root_key
	};
	X509 *root_cert, *issuer_cert = NULL;

	root_cert = make(&plan, root_key, root, err);
	if (root_cert != NULL) {
		plan.kind = SEAL_CERT_ISSUER;
		plan.subject = names->issuer;
		plan.issuer = X509_get_subject_name(root_cert);
		plan.key = issuer_key;
		plan.issuer_key = root_key;
		issuer_cert = make(&plan, root_key, issuer, err);
	}
	X509_free(root_cert);
	X509_free(issuer_cert);
	return issuer_cert == NULL ? -1 : 0;
}

int seal_root_make(const unsigned char *request, size_t request_len,
		   time_t now, unsigned int days, struct seal_buf *root,
		   struct seal_buf *issuer, struct seal_error *err)
{
	struct seal_issuer_asked asked;
	struct names names;
	X509_REQ *parsed;
	EVP_PKEY *root_key;
	time_t not_before = now - SEAL_CERT_DAY;
	size_t root_len = root->len;
	int ret = -1;

	if (days < SEAL_DAYS_MIN || days > SEAL_DAYS_MAX)
		return seal_error_set(err, SEAL_ERR_LIMIT,
			"a certificate lasts %d to %d days", SEAL_DAYS_MIN,
			SEAL_DAYS_MAX);
	if (seal_issuer_request_read(request, request_len, &asked, err) < 0)
		return -1;
	(void)snprintf(names.root, sizeof(names.root),
		       SEAL_CERT_ROOT_PREFIX "%s", asked.profile_id);
	(void)snprintf(names.issuer, sizeof(names.issuer),
		       SEAL_CERT_ISSUER_PREFIX "%s", asked.profile_id);
	parsed = seal_request_decode("issuer request", request, request_len,
				     false, err);
	if (parsed == NULL)
		return -1;
	root_key = seal_key_generate(SEAL_KEY_P256, err);
	if (root_key != NULL)
		ret = make_both(&names, root_key, X509_REQ_get0_pubkey(parsed),
				not_before, not_before + (time_t)(days + 1) *
				SEAL_CERT_DAY, root, issuer, err);
	if (ret < 0)
		root->len = root_len;
	EVP_PKEY_free(root_key);	/* wipes it */
	X509_REQ_free(parsed);
	ERR_clear_error();
	return ret;
}
