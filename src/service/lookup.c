/* SPDX-License-Identifier: MIT */
#include "service/lookup.h"

#include <string.h>
#include <openssl/rand.h>
#include "base/error.h"
#include "pki/recipient.h"
#include "service/lookup-private.h"

struct seal_recipient *
seal_target_parse(const struct seal_profile *profile, unsigned int i,
		  struct seal_error *err)
{
	const struct seal_buf *der = &profile->certificates[i];
	struct seal_recipient *recipient;
	struct seal_error reason;

	recipient = seal_recipient_new(der->data, der->len, &reason);
	if (recipient != NULL)
		return recipient;
	if (reason.code != SEAL_ERR_INPUT)
		*err = reason;
	else
		(void)seal_error_set(err, SEAL_ERR_DAMAGED,
			"certificate %u of profile %s: %s", i + 1,
			profile->id, reason.text);
	return NULL;
}

int seal_target_read(struct seal_target *target,
		     const struct seal_profile *profile,
		     struct seal_error *err)
{
	unsigned int i;

	target->active = true;
	memcpy(target->profile, profile->id, sizeof(target->profile));
	target->cipher = profile->cipher;
	target->sign = profile->sign;
	target->issued = profile->kind == SEAL_PROFILE_ISSUED;
	target->oaep = profile->oaep;
	for (i = 0; i < profile->certificate_count; i++) {
		target->recipients[i] = seal_target_parse(profile, i, err);
		if (target->recipients[i] == NULL)
			return -1;
		target->recipient_count++;
	}
	return 0;
}

void seal_target_clear(struct seal_target *target)
{
	unsigned int i;

	for (i = 0; i < target->recipient_count; i++)
		seal_recipient_free(&target->recipients[i]);
	seal_buf_free(&target->record);
	seal_buf_free(&target->names);
	memset(target, 0, sizeof(*target));
}

/* Judges all, and says which verdict to seal for: OK where there is one, else
 * EXPIRED where the rest can never receive. -1: neither. */
static int judge(const struct seal_target *target, time_t now,
		 enum seal_recipient_verdict *verdicts_r,
		 struct seal_error *err)
{
	unsigned int i, count[SEAL_RECIPIENT_UNFIT + 1] = { 0 };
	enum seal_recipient_verdict verdict;
	struct seal_error reason;
	bool named = false;

	for (i = 0; i < target->recipient_count; i++) {
		verdict = seal_recipient_judge(target->recipients[i], now,
					       &reason);
		verdicts_r[i] = verdict;
		count[verdict]++;
		/* age is only the reason where it is the only one */
		if (!named && verdict != SEAL_RECIPIENT_OK &&
		    verdict != SEAL_RECIPIENT_EXPIRED) {
			(void)seal_error_set(err, SEAL_ERR_REFUSED,
				"profile %s has no usable certificate: %s",
				target->profile, reason.text);
			named = true;
		}
	}
	if (count[SEAL_RECIPIENT_OK] > 0)
		return SEAL_RECIPIENT_OK;
	if (count[SEAL_RECIPIENT_EXPIRED] > 0 &&
	    count[SEAL_RECIPIENT_NOT_YET_VALID] == 0)
		return SEAL_RECIPIENT_EXPIRED;
	if (!named)
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"profile %s has no certificate", target->profile);
	return -1;
}

static int make_key(struct seal_lookup *lookup, struct seal_error *err)
{
	size_t len = seal_cipher_key_length(lookup->cipher);
	unsigned char *key;

	if (len == 0)
		return seal_error_set(err, SEAL_ERR_INPUT, "no such cipher");
	if ((key = seal_buf_reserve(&lookup->key, len, err)) == NULL)
		return -1;
	if (RAND_priv_bytes(key, (int)len) != 1)
		return seal_error_crypto(err, "cannot make a content key");
	lookup->key.len += len;
	return 0;
}

static int seal_key(const struct seal_target *target, time_t now,
		    struct seal_lookup *lookup, struct seal_error *err)
{
	enum seal_recipient_verdict verdicts[SEAL_CERTIFICATES_MAX];
	int wanted = judge(target, now, verdicts, err);
	unsigned int i;

	if (wanted < 0 || make_key(lookup, err) < 0)
		return -1;
	lookup->expired = wanted == SEAL_RECIPIENT_EXPIRED;
	for (i = 0; i < target->recipient_count; i++) {
		if ((int)verdicts[i] == wanted &&
		    seal_recipient_info(target->recipients[i], target->oaep,
					lookup->key.data, lookup->key.len,
					&lookup->recipients, err) < 0)
			return -1;
	}
	return 0;
}

static int answer(const struct seal_target *target,
		  enum seal_cipher default_cipher, time_t now,
		  struct seal_lookup *lookup, struct seal_error *err)
{
	memcpy(lookup->profile, target->profile, sizeof(lookup->profile));
	lookup->cipher = target->cipher != SEAL_CIPHER_NONE ?
		target->cipher : default_cipher;
	lookup->sign = target->sign;
	lookup->issued = target->issued;
	return seal_key(target, now, lookup, err);
}

int seal_lookup_profile(const struct seal_profile *profile,
			enum seal_cipher default_cipher, time_t now,
			struct seal_lookup *lookup_r, struct seal_error *err)
{
	struct seal_target target = { .active = false };
	int ret = seal_target_read(&target, profile, err);

	if (ret == 0)
		ret = answer(&target, default_cipher, now, lookup_r, err);
	seal_target_clear(&target);
	return ret;
}

int seal_lookup_user(struct seal_store *store, struct seal_lookup_cache *cache,
		     const char *user, enum seal_cipher default_cipher,
		     bool want_names, time_t now, struct seal_lookup *lookup_r,
		     struct seal_error *err)
{
	struct seal_target *target;
	int ret;

	ret = seal_target_get(store, cache, user, want_names, &target, err);
	if (ret <= 0)
		return ret;
	lookup_r->kill_switch = target->kill_switch;
	if (!target->active)
		ret = 0;
	else if (answer(target, default_cipher, now, lookup_r, err) < 0 ||
		 (want_names && seal_buf_append(&lookup_r->names,
						target->names.data,
						target->names.len, err) < 0))
		ret = -1;
	seal_target_done(cache, user, &target);
	return ret;
}

void seal_lookup_free(struct seal_lookup *lookup)
{
	seal_buf_free(&lookup->key);
	seal_buf_free(&lookup->recipients);
	seal_buf_free(&lookup->names);
}
