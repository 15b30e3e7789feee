/* SPDX-License-Identifier: MIT */

/* Signing in a correspondent's name. */

#include "service/ceremony.h"

#include <string.h>
#include "base/error.h"
#include "pki/sender.h"
#include "service/ceremony-private.h"
#include "service/profiles-private.h"
#include "service/signing.h"
#include "service/signing-private.h"
#include "store/store.h"

struct job {
	struct seal_store *store;
	struct seal_keyring *keyring;
	struct seal_signing_cache *cache;
	time_t now;
	const char *user, *profile, *address;
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

static int make_with_keys(const struct seal_profile *profile,
			  const struct seal_secrets *secrets,
			  EVP_PKEY *issuer_key, EVP_PKEY *rsa_key,
			  struct seal_signing_issuer *issuer,
			  struct seal_error *err)
{
	issuer->issuer = seal_sender_issuer_new(issuer_key,
						profile->issuer.data,
						profile->issuer.len,
						secrets->sender_secret.data,
						rsa_key, err);
	return issuer->issuer == NULL ? -1 : 0;
}

static int make_with_secrets(const struct seal_profile *profile,
			     const struct seal_secrets *secrets,
			     struct seal_signing_issuer *issuer,
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
		ret = make_with_keys(profile, secrets, issuer_key, rsa_key,
				     issuer, err);
	EVP_PKEY_free(issuer_key);
	EVP_PKEY_free(rsa_key);
	return ret;
}

/* The rest of issuer, for the profile that is to sign. */
static int make_for(const struct job *job, const struct seal_profile *profile,
		    struct seal_signing_issuer *issuer, struct seal_error *err)
{
	struct seal_secrets secrets = SEAL_SECRETS_INIT;
	int ret;

	if (check_profile(profile, err) < 0)
		return -1;
	memcpy(issuer->profile, profile->id, sizeof(issuer->profile));
	ret = seal_ceremony_secrets(job->keyring, job->user, profile->id,
				    &issuer->sealed, &secrets, err);
	if (ret == 0)
		ret = make_with_secrets(profile, &secrets, issuer, err);
	seal_secrets_free(&secrets);
	return ret;
}

/* Out of store and keyring. */
static struct seal_signing_issuer *
make_issuer(const struct job *job, struct seal_error *err)
{
	struct seal_signing_issuer *issuer = seal_signing_issuer_new(err);
	struct seal_user_record *record;
	struct seal_profile *profile;
	int ret;

	if (issuer == NULL)
		return NULL;
	ret = seal_store_get_changed(job->store, job->user, &issuer->record,
				     &record, err);
	if (ret == 0)
		ret = seal_error_set(err, SEAL_ERR_NOTFOUND,
				     "%.200s has no profile", job->user);
	if (ret > 0)
		ret = seal_profiles_find(record, job->profile, &profile, err);
	if (ret == 0)
		ret = make_for(job, profile, issuer, err);
	seal_user_record_free(&record);
	if (ret < 0)
		seal_signing_issuer_free(&issuer);
	return issuer;
}

/* Whether store and keyring still hold what it was made of. That they fail is said
 * when it is made again. */
static bool is_current(const struct job *job,
		       struct seal_signing_issuer *issuer)
{
	struct seal_secrets secrets = SEAL_SECRETS_INIT;
	struct seal_user_record *record = NULL;
	struct seal_error ignored;
	bool same;

	same = job->keyring != NULL &&
		seal_store_get_changed(job->store, job->user, &issuer->record,
				       &record, &ignored) > 0 &&
		record == NULL &&
		seal_keyring_get_changed(job->keyring, job->user, job->profile,
					 &issuer->sealed, &secrets,
					 &ignored) > 0 &&
		secrets.issuer_key.len == 0;
	seal_user_record_free(&record);
	seal_secrets_free(&secrets);
	return same;
}

static int sign_with(const struct job *job, struct seal_signing_issuer *issuer,
		     struct seal_error *err)
{
	struct seal_sender *sender, *own;
	int ret = -1;

	sender = seal_signing_sender(issuer, job->user, job->address,
				     job->replies, job->now, &own, err);
	if (sender != NULL)
		ret = seal_sender_sign(sender, job->digest, job->out, err);
	seal_sender_free(&own);
	return ret;
}

static int sign(const struct job *job, struct seal_error *err)
{
	struct seal_signing_issuer *known, *own;
	int ret;

	known = seal_signing_recall(job->cache, job->user, job->profile,
				    job->now);
	if (known != NULL) {
		if (is_current(job, known))
			return sign_with(job, known, err);
		seal_signing_cache_drop(job->cache, job->user);
	}
	if ((own = make_issuer(job, err)) == NULL)
		return -1;
	known = seal_signing_remember(job->cache, job->user, &own, job->now);
	ret = sign_with(job, known, err);
	seal_signing_issuer_free(&own);
	return ret;
}

int seal_ceremony_sign(struct seal_store *store, struct seal_keyring *keyring,
		       struct seal_signing_cache *cache, time_t now,
		       const char *user, const char *id, const char *address,
		       bool replies, const unsigned char *digest,
		       size_t digest_len, struct seal_buf *out,
		       struct seal_error *err)
{
	const struct job job = {
		.store = store, .keyring = keyring, .cache = cache, .now = now,
		.user = user, .profile = id, .address = address,
		.replies = replies, .digest = digest, .out = out
	};

	if (digest_len != SEAL_SENDER_DIGEST_LEN)
		return seal_error_set(err, SEAL_ERR_INPUT, "a digest has %d "
			"bytes (SHA-256), this one has %zu",
			SEAL_SENDER_DIGEST_LEN, digest_len);
	return sign(&job, err);
}

int seal_ceremony_can_sign(struct seal_keyring *keyring, const char *user,
			   const struct seal_profile *active,
			   struct seal_error *err)
{
	struct seal_secrets secrets = SEAL_SECRETS_INIT;
	int ret;

	if (active->kind != SEAL_PROFILE_ISSUED)
		return 0;
	ret = seal_ceremony_secrets(keyring, user, active->id, NULL, &secrets,
				    err);
	seal_secrets_free(&secrets);
	return ret < 0 ? -1 : 1;
}
