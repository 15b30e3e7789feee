/* SPDX-License-Identifier: MIT */
#include "pki/chain.h"

#include <stdio.h>
#include <openssl/err.h>
#include "base/error.h"
#include "pki/chain-private.h"
#include "pki/issuer.h"
#include "pki/request.h"

#define ROOT SEAL_CHAIN_ROOT
#define ISSUER SEAL_CHAIN_ISSUER
#define REQUEST SEAL_CHAIN_REQUEST
#define USER SEAL_CHAIN_USER

#define AGE_MAX (2 * SEAL_CERT_DAY)

struct chain {
	X509 *root, *issuer;
	X509_REQ *request;
	EVP_PKEY *root_key, *issuer_key, *user_key;	/* belong to them */
	time_t not_before, not_after;			/* the root's */
};

static void chain_free(struct chain *chain)
{
	X509_free(chain->root);
	X509_free(chain->issuer);
	X509_REQ_free(chain->request);
}

/* Reads a certificate with a P-256 key. */
static X509 *read_cert(const char *who, const struct seal_der_input *input,
		       EVP_PKEY **key_r, struct seal_error *err)
{
	X509 *cert = seal_cert_decode(who, input->data, input->len, err);

	if (cert != NULL &&
	    seal_cert_key_check(who, X509_get_X509_PUBKEY(cert), false,
				err) < 0) {
		X509_free(cert);
		return NULL;
	}
	if (cert != NULL)
		*key_r = X509_get0_pubkey(cert);
	return cert;
}

static int check_root_dates(const struct seal_terms *terms,
			    const struct chain *chain, struct seal_error *err)
{
	unsigned int days = terms->days < SEAL_DAYS_MAX ? terms->days :
		SEAL_DAYS_MAX;

	if (chain->not_before > terms->now)
		return seal_chain_refuse(err, ROOT, "notBefore is in the "
			"future; is the clock right there?");
	if (chain->not_before < terms->created - AGE_MAX)
		return seal_chain_refuse(err, ROOT, "notBefore is more than two "
			"days before the profile was made");
	if (chain->not_after <= chain->not_before)
		return seal_chain_refuse(err, ROOT, "notAfter is not after "
			"notBefore");
	if (chain->not_after <= terms->now)
		return seal_chain_refuse(err, ROOT, "notAfter has passed");
	if (chain->not_after - SEAL_CERT_DAY <= terms->now)
		return seal_chain_refuse(err, ROOT, "notAfter is so near that "
			"the user certificate, which lasts a day less, would "
			"have ended");
	if (chain->not_after - chain->not_before >
	    (time_t)(days + 1) * SEAL_CERT_DAY)
		return seal_error_set(err, SEAL_ERR_REFUSED, ROOT
			": notAfter is more than %u days after notBefore",
			days + 1);
	return 0;
}

static int check_root(const struct seal_terms *terms, struct chain *chain,
		      struct seal_error *err)
{
	char name[SEAL_CERT_NAME_SIZE];
	struct seal_cert_plan plan = {
		.kind = SEAL_CERT_ROOT, .subject = name, .key = chain->root_key
	};

	(void)snprintf(name, sizeof(name), SEAL_CERT_ROOT_PREFIX "%s",
		       terms->profile_id);
	if (seal_chain_check_cert(ROOT, chain->root, &plan, err) < 0 ||
	    seal_chain_validity(ROOT, chain->root, &chain->not_before,
				&chain->not_after, err) < 0)
		return -1;
	return check_root_dates(terms, chain, err);
}

static int check_issuer(const struct seal_terms *terms,
			const struct chain *chain, struct seal_error *err)
{
	char name[SEAL_CERT_NAME_SIZE];
	struct seal_cert_plan plan = {
		.kind = SEAL_CERT_ISSUER, .subject = name,
		.issuer = X509_get_subject_name(chain->root),
		.key = chain->issuer_key, .issuer_key = chain->root_key
	};
	time_t not_before, not_after;

	if (EVP_PKEY_eq(chain->issuer_key, terms->issuer_key) != 1)
		return seal_chain_refuse(err, ISSUER, "the key is not the one "
			"of the issuer's request");
	(void)snprintf(name, sizeof(name), SEAL_CERT_ISSUER_PREFIX "%s",
		       terms->profile_id);
	if (seal_chain_check_cert(ISSUER, chain->issuer, &plan, err) < 0 ||
	    seal_chain_validity(ISSUER, chain->issuer, &not_before, &not_after,
				err) < 0)
		return -1;
	if (not_before != chain->not_before)
		return seal_error_set(err, SEAL_ERR_REFUSED, ISSUER
			": notBefore is %s the root's; it has to be the same",
			not_before < chain->not_before ? "before" : "after");
	if (not_after != chain->not_after)
		return seal_error_set(err, SEAL_ERR_REFUSED, ISSUER
			": notAfter is %s the root's; it has to be the same",
			not_after < chain->not_after ? "before" : "after");
	return 0;
}

/* Who signs for two has one of them too many. */
static int check_different(const struct chain *chain, struct seal_error *err)
{
	if (EVP_PKEY_eq(chain->root_key, chain->issuer_key) == 1)
		return seal_chain_refuse(err, ROOT, "the key is the issuer's");
	if (EVP_PKEY_eq(chain->user_key, chain->issuer_key) == 1)
		return seal_chain_refuse(err, REQUEST, "the key is the "
			"issuer's");
	if (EVP_PKEY_eq(chain->user_key, chain->root_key) == 1)
		return seal_chain_refuse(err, REQUEST, "the key is the root's");
	return 0;
}

static int check_signatures(const struct chain *chain, struct seal_error *err)
{
	if (X509_verify(chain->root, chain->root_key) != 1)
		return seal_chain_refuse(err, ROOT, "the signature is not by "
			"its own key");
	if (X509_verify(chain->issuer, chain->root_key) != 1)
		return seal_chain_refuse(err, ISSUER, "the signature is not by "
			"the root's key");
	return 0;
}

static int check_once(const struct seal_terms *terms,
		      const struct seal_der_input *root,
		      const struct seal_der_input *issuer,
		      const struct seal_der_input *request,
		      X509 **issuer_r, X509_REQ **request_r,
		      struct seal_error *err)
{
	struct chain chain = { .root = NULL };
	int ret = -1;

	ERR_clear_error();
	if ((chain.root = read_cert(ROOT, root, &chain.root_key,
				    err)) == NULL ||
	    (chain.issuer = read_cert(ISSUER, issuer, &chain.issuer_key,
				      err)) == NULL ||
	    (chain.request = seal_request_decode(REQUEST, request->data,
						 request->len, true,
						 err)) == NULL)
		goto out;
	chain.user_key = X509_REQ_get0_pubkey(chain.request);
	if (check_root(terms, &chain, err) < 0 ||
	    check_issuer(terms, &chain, err) < 0 ||
	    check_different(&chain, err) < 0 ||
	    check_signatures(&chain, err) < 0)
		goto out;
	ret = seal_chain_check_request(terms, chain.request, err);
out:
	if (ret < 0) {
		seal_cert_settle(err);
	} else {
		*issuer_r = chain.issuer;
		*request_r = chain.request;
		chain.issuer = NULL;
		chain.request = NULL;
	}
	chain_free(&chain);
	ERR_clear_error();
	return ret;
}

/* libcrypto does not always say that it was memory it lacked: a key that could
 * not be read for that looks like a bad one. So a refusal is asked for
 * twice. */
static bool is_refusal(const struct seal_error *err)
{
	return err->code == SEAL_ERR_REFUSED || err->code == SEAL_ERR_INPUT;
}

int seal_chain_read(const struct seal_terms *terms,
		    const struct seal_der_input *root,
		    const struct seal_der_input *issuer,
		    const struct seal_der_input *request,
		    X509 **issuer_r, X509_REQ **request_r,
		    struct seal_error *err)
{
	int ret = check_once(terms, root, issuer, request, issuer_r, request_r,
			     err);

	if (ret < 0 && is_refusal(err))
		ret = check_once(terms, root, issuer, request, issuer_r,
				 request_r, err);
	return ret;
}

int seal_chain_check(const struct seal_terms *terms,
		     const struct seal_der_input *root,
		     const struct seal_der_input *issuer,
		     const struct seal_der_input *request,
		     struct seal_error *err)
{
	X509 *issuer_cert;
	X509_REQ *parsed;

	if (seal_chain_read(terms, root, issuer, request, &issuer_cert,
			    &parsed, err) < 0)
		return -1;
	X509_free(issuer_cert);
	X509_REQ_free(parsed);
	return 0;
}

static int check_user_dates(const X509 *user, const X509 *issuer,
			    struct seal_error *err)
{
	time_t begin, end, not_before, not_after;

	if (seal_chain_validity(ISSUER, issuer, &begin, &end, err) < 0 ||
	    seal_chain_validity(USER, user, &not_before, &not_after, err) < 0)
		return -1;
	if (not_before != begin)
		return seal_chain_refuse(err, USER, "notBefore is not the "
			"issuer's");
	if (not_after != end - SEAL_CERT_DAY)
		return seal_chain_refuse(err, USER, "notAfter is not a day "
			"before the issuer's");
	return 0;
}

static int check_user(X509 *user, const struct chain *chain, EVP_PKEY *key,
		      const char *const *addresses, struct seal_error *err)
{
	char name[SEAL_CERT_NAME_SIZE];
	struct seal_cert_plan plan = {
		.kind = SEAL_CERT_USER, .subject = name,
		.issuer = X509_get_subject_name(chain->issuer),
		.issuer_key = chain->issuer_key, .addresses = addresses
	};

	if (seal_cert_key_check(USER, X509_get_X509_PUBKEY(user), true,
				err) < 0)
		return -1;
	plan.key = X509_get0_pubkey(user);
	if (EVP_PKEY_eq(plan.key, key) != 1)
		return seal_chain_refuse(err, USER, "it is for another key "
			"than the one made here");
	if (seal_cert_common_name(addresses[0], name, err) < 0 ||
	    seal_chain_check_cert(USER, user, &plan, err) < 0 ||
	    check_user_dates(user, chain->issuer, err) < 0)
		return -1;
	if (X509_verify(user, chain->issuer_key) != 1)
		return seal_chain_refuse(err, USER, "the signature is not by "
			"the issuer's key");
	return 0;
}

static int check_user_once(const struct seal_der_input *user,
			   const struct seal_der_input *root,
			   const struct seal_der_input *issuer, EVP_PKEY *key,
			   const char *const *addresses, struct seal_error *err)
{
	struct chain chain = { .root = NULL };
	X509 *cert = NULL;
	int ret = -1;

	ERR_clear_error();
	if ((chain.root = read_cert(ROOT, root, &chain.root_key,
				    err)) == NULL ||
	    (chain.issuer = read_cert(ISSUER, issuer, &chain.issuer_key,
				      err)) == NULL ||
	    (cert = seal_cert_decode(USER, user->data, user->len,
				     err)) == NULL ||
	    check_signatures(&chain, err) < 0)
		goto out;
	ret = check_user(cert, &chain, key, addresses, err);
out:
	if (ret < 0)
		seal_cert_settle(err);
	X509_free(cert);
	chain_free(&chain);
	ERR_clear_error();
	return ret;
}

int seal_chain_check_user(const struct seal_der_input *user,
			  const struct seal_der_input *root,
			  const struct seal_der_input *issuer, EVP_PKEY *key,
			  const char *const *addresses, struct seal_error *err)
{
	int ret;

	if (addresses[0] == NULL)
		return seal_error_set(err, SEAL_ERR_INPUT, "no address");
	ret = check_user_once(user, root, issuer, key, addresses, err);
	if (ret < 0 && is_refusal(err))
		ret = check_user_once(user, root, issuer, key, addresses, err);
	return ret;
}
