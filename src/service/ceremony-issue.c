/* SPDX-License-Identifier: MIT */

/* The middle of the ceremony: what the user's device made comes back. */

#include "service/ceremony.h"

#include <string.h>
#include "base/error.h"
#include "pki/chain.h"
#include "pki/issue.h"
#include "pki/pem.h"
#include "pki/recipient.h"
#include "service/ceremony-private.h"
#include "service/profiles-private.h"
#include "store/store.h"

struct issue {
	struct seal_keyring *keyring;
	const char *id;
	time_t now;
	struct seal_buf chain[2];	/* root, issuer */
	unsigned int chain_count;
	struct seal_buf request;
	struct seal_buf *issued_r;
	size_t issued_len;		/* of *issued_r, before */
};

static int add_certificate(void *context, const unsigned char *der, size_t len,
			   struct seal_error *err)
{
	struct issue *issue = context;

	if (issue->chain_count == 2)
		return seal_error_set(err, SEAL_ERR_INPUT, "the chain has more "
			"than two certificates: root and issuer are wanted");
	return seal_buf_append(&issue->chain[issue->chain_count++], der, len,
			       err);
}

/* 1, 0, or -1 (it does not parse, which is not judged here). */
static int is_self_issued(const struct seal_buf *der)
{
	struct seal_recipient_text text;
	struct seal_recipient *recipient;
	struct seal_error ignored;

	recipient = seal_recipient_new(der->data, der->len, &ignored);
	if (recipient == NULL)
		return -1;
	seal_recipient_describe(recipient, &text);
	seal_recipient_free(&recipient);
	return strcmp(text.subject, text.issuer) == 0 ? 1 : 0;
}

static int read_pem(struct issue *issue, const char *chain, size_t chain_len,
		    const char *request, size_t request_len,
		    struct seal_error *err)
{
	struct seal_buf first;

	if (seal_recipient_split_pem(chain, chain_len, add_certificate, issue,
				     err) < 0 ||
	    seal_pem_read("request", SEAL_PEM_REQUEST, request, request_len,
			  &issue->request, err) < 0)
		return -1;
	if (issue->chain_count != 2)
		return seal_error_set(err, SEAL_ERR_INPUT, "the chain has one "
			"certificate: root and issuer are wanted");
	if (is_self_issued(&issue->chain[0]) == 0 &&
	    is_self_issued(&issue->chain[1]) == 1) {
		first = issue->chain[0];
		issue->chain[0] = issue->chain[1];
		issue->chain[1] = first;
	}
	return 0;
}

static int check_state(const struct seal_profile *profile, time_t now,
		       struct seal_error *err)
{
	if (profile->state != SEAL_PROFILE_PENDING)
		return seal_error_set(err, SEAL_ERR_REFUSED, "profile %s is "
			"%s: a certificate is issued once, while it is pending",
			profile->id, seal_profile_state_name(profile->state));
	if (seal_ceremony_is_late(profile, now))
		return seal_error_set(err, SEAL_ERR_REFUSED, "profile %s has "
			"been pending for too long: create another one",
			profile->id);
	if (profile->ceremony == NULL)
		return seal_error_set(err, SEAL_ERR_DAMAGED, "profile %s is "
			"pending without a ceremony", profile->id);
	return 0;
}

static int issue_certificate(const struct issue *issue,
			     const struct seal_profile *profile, EVP_PKEY *key,
			     struct seal_buf *certificate,
			     struct seal_error *err)
{
	const struct seal_profile_ceremony *ceremony = profile->ceremony;
	const struct seal_terms terms = {
		.profile_id = profile->id, .nonce = ceremony->nonce,
		.issuer_key = key,
		.addresses = (const char *const *)ceremony->addresses,
		.days = ceremony->days, .created = (time_t)profile->created,
		.now = issue->now
	};
	const struct seal_der_input root = {
		issue->chain[0].data, issue->chain[0].len
	}, issuer = {
		issue->chain[1].data, issue->chain[1].len
	}, request = {
		issue->request.data, issue->request.len
	};

	return seal_issue_user(&terms, &root, &issuer, &request, certificate,
			       err);
}

/* With the issuer key of the keyring. */
static int issue_with_secrets(const struct issue *issue, const char *user,
			      const struct seal_profile *profile,
			      struct seal_buf *certificate,
			      struct seal_error *err)
{
	struct seal_secrets secrets = SEAL_SECRETS_INIT;
	EVP_PKEY *key = NULL;
	int ret;

	ret = seal_ceremony_secrets(issue->keyring, user, profile->id, NULL,
				    &secrets, err);
	if (ret == 0) {
		key = seal_ceremony_key(profile->id, &secrets.issuer_key, err);
		ret = key == NULL ? -1 :
			issue_certificate(issue, profile, key, certificate,
					  err);
	}
	EVP_PKEY_free(key);
	seal_secrets_free(&secrets);
	return ret;
}

static int write_issued(const struct issue *issue,
			const struct seal_buf *certificate,
			struct seal_error *err)
{
	const struct seal_buf *const chain[] = {
		certificate, &issue->chain[1], &issue->chain[0]
	};
	unsigned int i;

	issue->issued_r->len = issue->issued_len;
	for (i = 0; i < 3; i++) {
		if (seal_pem_append(issue->issued_r, SEAL_PEM_CERTIFICATE,
				    chain[i]->data, chain[i]->len, err) < 0)
			return -1;
	}
	return 0;
}

static int issue_change(struct seal_user_record *record, void *context,
			struct seal_error *err)
{
	struct issue *issue = context;
	struct seal_buf certificate = SEAL_BUF_INIT;
	struct seal_profile *profile;
	int ret = -1;

	if (seal_profiles_find(record, issue->id, &profile, err) < 0 ||
	    check_state(profile, issue->now, err) < 0)
		return -1;
	if (issue_with_secrets(issue, record->user, profile, &certificate,
			       err) == 0 &&
	    seal_profile_add_certificate(profile, certificate.data,
					 certificate.len, err) == 0 &&
	    seal_profile_set_chain(profile, &issue->chain[1], &issue->chain[0],
				   err) == 0 &&
	    write_issued(issue, &certificate, err) == 0) {
		seal_profile_end_ceremony(profile);
		profile->state = SEAL_PROFILE_READY;
		profile->changed = issue->now;
		ret = 1;
	}
	seal_buf_free(&certificate);
	return ret;
}

int seal_ceremony_issue(struct seal_store *store, struct seal_keyring *keyring,
			const char *user, const char *id,
			const char *chain, size_t chain_len,
			const char *request, size_t request_len, time_t now,
			struct seal_buf *issued_r, struct seal_error *err)
{
	struct issue issue = {
		.keyring = keyring, .id = id, .now = now,
		.issued_r = issued_r, .issued_len = issued_r->len
	};
	int ret;

	ret = read_pem(&issue, chain, chain_len, request, request_len, err);
	if (ret == 0)
		ret = seal_store_update(store, user, issue_change, &issue, err);
	if (ret < 0)
		issued_r->len = issue.issued_len;
	seal_buf_free(&issue.chain[0]);
	seal_buf_free(&issue.chain[1]);
	seal_buf_free(&issue.request);
	return ret < 0 ? -1 : 0;
}
