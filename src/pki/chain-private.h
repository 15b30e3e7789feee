/* SPDX-License-Identifier: MIT */
#ifndef SEAL_PKI_CHAIN_PRIVATE_H
#define SEAL_PKI_CHAIN_PRIVATE_H

/* For chain*.c and issue.c only. */

#include <openssl/x509.h>
#include "pki/cert.h"
#include "pki/chain.h"

#define SEAL_CHAIN_ROOT "root certificate"
#define SEAL_CHAIN_ISSUER "issuer certificate"
#define SEAL_CHAIN_REQUEST "request"
#define SEAL_CHAIN_USER "user certificate"

/* "who: text" as SEAL_ERR_REFUSED. Returns -1. */
int seal_chain_refuse(struct seal_error *err, const char *who,
		      const char *text);

/* Checks that the certificate says what the plan does, and is encoded as it
 * would be here. The caller has checked the key and checks dates and signature;
 * serial number and dates of the plan are not looked at. 0 or -1. */
int seal_chain_check_cert(const char *who, X509 *cert,
			  const struct seal_cert_plan *plan,
			  struct seal_error *err);
/* The certificate's dates; -1 where they are not written as they should be. */
int seal_chain_validity(const char *who, const X509 *cert,
			time_t *not_before_r, time_t *not_after_r,
			struct seal_error *err);

/* seal_chain_check(), which gives what it has read and found good: to be freed
 * by the caller, and not set where it fails. */
int seal_chain_read(const struct seal_terms *terms,
		    const struct seal_der_input *root,
		    const struct seal_der_input *issuer,
		    const struct seal_der_input *request,
		    X509 **issuer_r, X509_REQ **request_r,
		    struct seal_error *err);

/* Checks the request's nonce, subject and addresses. 0 or -1. */
int seal_chain_check_request(const struct seal_terms *terms,
			     const X509_REQ *request, struct seal_error *err);

#endif
