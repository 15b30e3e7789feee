/* SPDX-License-Identifier: MIT */

/* Signing in a correspondent's name. */

#include "service/ceremony.h"

#include "base/error.h"
#include "pki/sender.h"
#include "service/ceremony-private.h"
#include "service/profiles-private.h"
#include "store/store.h"

struct job {
	struct seal_keyring *keyring;
	const char *user, *address;
	bool replies;
	const unsigned char *digest;
	struct seal_buf *out;
};

static int check_profile(const struct seal_profile *profile,
			 struct seal_error *err)
{
	if (profile->state != SEAL_PROFILE_ACTIVE)
		return seal_error_set(err, SEAL_ERR_REFUSED, "profile %s is "
			"%s: only an active one signs", profile->id,
			seal_profile_state_name(profile->state));
	if (profile->kind != SEAL_PROFILE_ISSUED)
		return seal_error_set(err, SEAL_ERR_REFUSED, "profile %s is "
			"imported: only an issued one signs", profile->id);
	if (profile->issuer.len == 0)
		return seal_error_set(err, SEAL_ERR_DAMAGED, "profile %s has "
			"no issuer certificate", profile->id);
	return 0;
}

static int sign_with_keys(const struct job *job,
			  const struct seal_profile *profile,
			  const struct seal_secrets *secrets,
			  EVP_PKEY *issuer_key, EVP_PKEY *rsa_key,
			  struct seal_error *err)
{
	struct seal_sender_issuer *issuer;
	struct seal_sender *sender = NULL;
	int ret = -1;

	issuer = seal_sender_issuer_new(issuer_key, profile->issuer.data,
					profile->issuer.len,
					secrets->sender_secret.data, rsa_key,
					err);
	if (issuer != NULL)
		sender = seal_sender_new(issuer, job->address, job->replies,
					 err);
	if (sender != NULL)
		ret = seal_sender_sign(sender, job->digest, job->out, err);
	seal_sender_free(&sender);
	seal_sender_issuer_free(&issuer);
	return ret;
}

static int sign_with_secrets(const struct job *job,
			     const struct seal_profile *profile,
			     const struct seal_secrets *secrets,
			     struct seal_error *err)
{
	bool rsa = profile->sender_key == SEAL_PROFILE_SENDER_RSA;
	EVP_PKEY *issuer_key, *rsa_key = NULL;
	int ret = -1;

	issuer_key = seal_ceremony_key(profile->id, &secrets->issuer_key, err);
	if (issuer_key != NULL && rsa)
		rsa_key = seal_ceremony_key(profile->id,
					    &secrets->sender_rsa_key, err);
	if (issuer_key != NULL && (!rsa || rsa_key != NULL))
		ret = sign_with_keys(job, profile, secrets, issuer_key, rsa_key,
				     err);
	EVP_PKEY_free(issuer_key);
	EVP_PKEY_free(rsa_key);
	return ret;
}

static int sign_as(const struct job *job, const struct seal_profile *profile,
		   struct seal_error *err)
{
	struct seal_secrets secrets = SEAL_SECRETS_INIT;
	int ret;

	if (check_profile(profile, err) < 0)
		return -1;
	ret = seal_ceremony_secrets(job->keyring, job->user, profile->id,
				    &secrets, err);
	if (ret == 0)
		ret = sign_with_secrets(job, profile, &secrets, err);
	seal_secrets_free(&secrets);
	return ret;
}

int seal_ceremony_sign(struct seal_store *store, struct seal_keyring *keyring,
		       const char *user, const char *id, const char *address,
		       bool replies, const unsigned char *digest,
		       size_t digest_len, struct seal_buf *out,
		       struct seal_error *err)
{
	const struct job job = {
		.keyring = keyring, .user = user, .address = address,
		.replies = replies, .digest = digest, .out = out
	};
	struct seal_user_record *record;
	struct seal_profile *profile;
	int ret;

	if (digest_len != SEAL_SENDER_DIGEST_LEN)
		return seal_error_set(err, SEAL_ERR_INPUT, "a digest has %d "
			"bytes (SHA-256), this one has %zu",
			SEAL_SENDER_DIGEST_LEN, digest_len);
	ret = seal_store_get(store, user, &record, err);
	if (ret == 0)
		ret = seal_error_set(err, SEAL_ERR_NOTFOUND,
				     "%.200s has no profile", user);
	if (ret > 0)
		ret = seal_profiles_find(record, id, &profile, err);
	if (ret == 0)
		ret = sign_as(&job, profile, err);
	seal_user_record_free(&record);
	return ret;
}

int seal_ceremony_can_sign(struct seal_keyring *keyring, const char *user,
			   const struct seal_profile *active,
			   struct seal_error *err)
{
	struct seal_secrets secrets = SEAL_SECRETS_INIT;
	int ret;

	if (active->kind != SEAL_PROFILE_ISSUED)
		return 0;
	ret = seal_ceremony_secrets(keyring, user, active->id, &secrets, err);
	seal_secrets_free(&secrets);
	return ret < 0 ? -1 : 1;
}
