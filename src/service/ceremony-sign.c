/* SPDX-License-Identifier: MIT */

/* Signing in a correspondent's name. */

#include "service/ceremony.h"

#include "base/error.h"
#include "pki/sender.h"
#include "service/ceremony-private.h"
#include "service/signing-private.h"

int seal_ceremony_sign(struct seal_store *store, struct seal_keyring *keyring,
		       struct seal_signing_cache *cache, time_t now,
		       const char *user, const char *id, const char *address,
		       bool replies, const unsigned char *digest,
		       size_t digest_len, struct seal_buf *out,
		       struct seal_error *err)
{
	const struct seal_signing_who who = {
		.store = store, .keyring = keyring, .cache = cache, .now = now,
		.user = user
	};
	struct seal_signing_issuer *issuer, *own_issuer;
	struct seal_sender *sender, *own;
	int ret = -1;

	if (digest_len != SEAL_SENDER_DIGEST_LEN)
		return seal_error_set(err, SEAL_ERR_INPUT, "a digest has %d "
			"bytes (SHA-256), this one has %zu",
			SEAL_SENDER_DIGEST_LEN, digest_len);
	issuer = seal_signing_active(&who, id, &own_issuer, err);
	if (issuer == NULL)
		return -1;
	sender = seal_signing_sender(issuer, user, address, replies, now, &own,
				     err);
	if (sender != NULL)
		ret = seal_sender_sign(sender, digest, out, err);
	seal_sender_free(&own);
	seal_signing_issuer_free(&own_issuer);
	return ret;
}

int seal_ceremony_can_sign(struct seal_keyring *keyring,
			   struct seal_signing_cache *cache, time_t now,
			   const char *user, const struct seal_profile *active,
			   struct seal_error *err)
{
	const struct seal_signing_who who = {
		.keyring = keyring, .cache = cache, .now = now, .user = user
	};
	struct seal_secrets secrets = SEAL_SECRETS_INIT;
	int ret;

	if (active->kind != SEAL_PROFILE_ISSUED)
		return 0;
	if (seal_signing_has_signed(&who, active->id))
		return 1;
	ret = seal_ceremony_secrets(keyring, user, active->id, NULL, &secrets,
				    err);
	seal_secrets_free(&secrets);
	return ret < 0 ? -1 : 1;
}
