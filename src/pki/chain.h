/* SPDX-License-Identifier: MIT */
#ifndef SEAL_PKI_CHAIN_H
#define SEAL_PKI_CHAIN_H

#include <stddef.h>
#include <time.h>
#include <openssl/evp.h>

struct seal_error;

/* What seald asked for, and so what may come back. */
struct seal_terms {
	const char *profile_id;
	const char *nonce;
	EVP_PKEY *issuer_key;		/* seald's */
	const char *const *addresses;	/* of the user, UTF-8, NULL-terminated */
	unsigned int days;		/* the user certificate lasts no longer */
	time_t created;			/* of the pending profile */
	time_t now;
};

struct seal_der_input {
	const unsigned char *data;
	size_t len;
};

/* Checks root, issuer certificate and user request field by field against
 * issuer.h's table and the terms; whatever is not as it says there is refused:
 *
 *  - the encoding: DER as we would write it, no trailing bytes, 16 kB at most
 *    each
 *  - version, serial number, names, key kind and curve, signature algorithm; no
 *    unique identifiers
 *  - each extension with its exact content, criticality and place; none
 *    missing, none twice, none else
 *  - root's validity: notBefore at most 2 days before created and not after
 *    now; notAfter at most days + 1 days (and SEAL_DAYS_MAX + 1) after
 *    notBefore, and more than a day after now, so that the user certificate is
 *    of use; the issuer's is the same
 *  - all keys are different; the issuer's is the one of the terms; signatures
 *  - the request: version, signature (with SHA-256) by its own key, which is
 *    P-256, or RSA of 2048, 3072 or 4096 bits with an odd exponent of at least
 *    65537 and at most 64 bits; the nonce (compared in constant time); subject
 *    CN one of the addresses (cut as issue.h says); subjectAltName absent or
 *    naming only addresses of the terms (the case of the domain aside); no
 *    other attribute or extension
 *
 * 0, or -1: SEAL_ERR_REFUSED or SEAL_ERR_INPUT (SEAL_ERR_CRYPTO,
 * SEAL_ERR_MEMORY where it could not be told); every reason has its own text,
 * which names the object ("root certificate: ...", "issuer certificate: ...",
 * "request: ..."), the field and what is wrong with it. */
int seal_chain_check(const struct seal_terms *terms,
		     const struct seal_der_input *root,
		     const struct seal_der_input *issuer,
		     const struct seal_der_input *request,
		     struct seal_error *err);

/* The user's device: checks what the server returned against what was asked:
 * the user certificate is for this key, signed by the issuer, its contents are
 * those of issue.h with these addresses in this order. root and issuer are the
 * ones made here; that those which the server returned are the same, byte for
 * byte, the caller compares. 0, or -1 as above ("user certificate: ..."). */
int seal_chain_check_user(const struct seal_der_input *user,
			  const struct seal_der_input *root,
			  const struct seal_der_input *issuer, EVP_PKEY *key,
			  const char *const *addresses, struct seal_error *err);

#endif
