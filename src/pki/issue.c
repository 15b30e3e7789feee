/* SPDX-License-Identifier: MIT */
#include "pki/issue.h"

#include <openssl/err.h>
#include "base/buf.h"
#include "base/error.h"
#include "pki/chain-private.h"

static int issue(const struct seal_terms *terms, const X509 *issuer,
		 EVP_PKEY *user_key, struct seal_buf *certificate,
		 struct seal_error *err)
{
	char name[SEAL_CERT_NAME_SIZE];
	unsigned char serial[SEAL_CERT_SERIAL_LEN];
	struct seal_cert_plan plan = {
		.kind = SEAL_CERT_USER, .subject = name,
		.issuer = X509_get_subject_name(issuer), .serial = serial,
		.key = user_key, .issuer_key = terms->issuer_key,
		.addresses = terms->addresses
	};
	X509 *cert;
	int ret = -1;

	if (seal_chain_validity(SEAL_CHAIN_ISSUER, issuer, &plan.not_before,
				&plan.not_after, err) < 0 ||
	    seal_cert_common_name(terms->addresses[0], name, err) < 0 ||
	    seal_cert_serial_random(serial, err) < 0)
		return -1;
	plan.not_after -= SEAL_CERT_DAY;
	cert = seal_cert_new(&plan, err);
	if (cert != NULL && seal_cert_sign(cert, terms->issuer_key, err) == 0)
		ret = seal_cert_encode(cert, certificate, err);
	X509_free(cert);
	return ret;
}

int seal_issue_user(const struct seal_terms *terms,
		    const struct seal_der_input *root,
		    const struct seal_der_input *issuer,
		    const struct seal_der_input *request,
		    struct seal_buf *certificate, struct seal_error *err)
{
	X509 *issuer_cert;
	X509_REQ *parsed;
	int ret;

	if (terms->addresses[0] == NULL)
		return seal_error_set(err, SEAL_ERR_INPUT, "no address");
	if (seal_chain_read(terms, root, issuer, request, &issuer_cert,
			    &parsed, err) < 0)
		return -1;
	ret = issue(terms, issuer_cert, X509_REQ_get0_pubkey(parsed),
		    certificate, err);
	X509_free(issuer_cert);
	X509_REQ_free(parsed);
	ERR_clear_error();
	return ret;
}
