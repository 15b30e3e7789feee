/* SPDX-License-Identifier: MIT */

/* What makes sender certificates, out of store and keyring. */

#include "service/signing-private.h"

#include <string.h>
#include "base/error.h"
#include "pki/sender.h"
#include "service/ceremony-private.h"
#include "service/profiles-private.h"
#include "service/signing.h"
#include "store/store.h"

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
			     enum seal_profile_sender_key key,
			     const struct seal_secrets *secrets,
			     struct seal_signing_issuer *issuer,
			     struct seal_error *err)
{
	bool rsa = key == SEAL_PROFILE_SENDER_RSA;
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

/* Fills the rest of issuer. 1; 0: there is no such key; -1 */
static int make_for(const struct seal_signing_who *who,
		    const struct seal_profile *profile,
		    enum seal_profile_sender_key key,
		    struct seal_signing_issuer *issuer, struct seal_error *err)
{
	struct seal_secrets secrets = SEAL_SECRETS_INIT;
	int ret;

	if (profile->issuer.len == 0)
		return seal_error_set(err, SEAL_ERR_DAMAGED, "profile %s has "
			"no issuer certificate", profile->id);
	memcpy(issuer->profile, profile->id, sizeof(issuer->profile));
	ret = seal_ceremony_secrets(who->keyring, who->user, profile->id,
				    &issuer->sealed, &secrets, err);
	if (ret == 0)
		ret = key == profile->sender_key ||
			key != SEAL_PROFILE_SENDER_RSA ||
			secrets.sender_rsa_key.len > 0;
	if (ret > 0 && make_with_secrets(profile, key, &secrets, issuer,
					 err) < 0)
		ret = -1;
	seal_secrets_free(&secrets);
	return ret;
}

/* 0 or -1 */
static int make_active(const struct seal_signing_who *who, const char *id,
		       struct seal_signing_issuer *issuer,
		       struct seal_error *err)
{
	struct seal_user_record *record;
	struct seal_profile *profile;
	int ret;

	ret = seal_store_get_changed(who->store, who->user, &issuer->record,
				     &record, err);
	if (ret == 0)
		ret = seal_error_set(err, SEAL_ERR_NOTFOUND,
				     "%.200s has no profile", who->user);
	if (ret > 0)
		ret = seal_profiles_find(record, id, &profile, err);
	if (ret == 0)
		ret = check_profile(profile, err);
	if (ret == 0 && make_for(who, profile, profile->sender_key, issuer,
				 err) < 0)
		ret = -1;
	seal_user_record_free(&record);
	return ret;
}

/* Whether the keyring still holds the secrets it was made of, under a master key that
 * we have. */
static bool secrets_are_current(const struct seal_signing_who *who,
				struct seal_signing_issuer *issuer)
{
	struct seal_secrets secrets = SEAL_SECRETS_INIT;
	struct seal_error ignored;
	bool same;

	same = who->keyring != NULL &&
		seal_keyring_get_changed(who->keyring, who->user,
					 issuer->profile, &issuer->sealed,
					 &secrets, &ignored) > 0 &&
		secrets.issuer_key.len == 0;
	seal_secrets_free(&secrets);
	return same;
}

/* Whether store and keyring still hold what it was made of. That they fail is said
 * when it is made again. */
static bool is_current(const struct seal_signing_who *who,
		       struct seal_signing_issuer *issuer)
{
	struct seal_user_record *record = NULL;
	struct seal_error ignored;
	bool same;

	same = seal_store_get_changed(who->store, who->user, &issuer->record,
				      &record, &ignored) > 0 &&
		record == NULL && secrets_are_current(who, issuer);
	seal_user_record_free(&record);
	return same;
}

bool seal_signing_has_signed(const struct seal_signing_who *who, const char *id)
{
	struct seal_signing_issuer *known;

	known = seal_signing_recall(who->cache, who->user, id, who->now);
	if (known == NULL)
		return false;
	if (secrets_are_current(who, known))
		return true;
	seal_signing_cache_drop(who->cache, who->user);
	return false;
}

struct seal_signing_issuer *
seal_signing_active(const struct seal_signing_who *who, const char *id,
		    struct seal_signing_issuer **own_r, struct seal_error *err)
{
	struct seal_signing_issuer *known;

	*own_r = NULL;
	known = seal_signing_recall(who->cache, who->user, id, who->now);
	if (known != NULL) {
		if (is_current(who, known))
			return known;
		seal_signing_cache_drop(who->cache, who->user);
	}
	*own_r = seal_signing_issuer_new(err);
	if (*own_r == NULL)
		return NULL;
	if (make_active(who, id, *own_r, err) < 0) {
		seal_signing_issuer_free(own_r);
		return NULL;
	}
	return seal_signing_remember(who->cache, who->user, own_r, who->now);
}

int seal_signing_read(const struct seal_signing_who *who,
		      const struct seal_profile *profile,
		      enum seal_profile_sender_key key,
		      struct seal_signing_issuer **issuer_r,
		      struct seal_error *err)
{
	int ret = -1;

	*issuer_r = seal_signing_issuer_new(err);
	if (*issuer_r != NULL)
		ret = make_for(who, profile, key, *issuer_r, err);
	if (ret <= 0)
		seal_signing_issuer_free(issuer_r);
	return ret;
}
