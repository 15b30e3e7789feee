/* SPDX-License-Identifier: MIT */
#include "service/lookup.h"

#include <string.h>
#include <openssl/rand.h>
#include "base/error.h"
#include "pki/recipient.h"
#include "store/store.h"

/* The active profile's certificates, parsed and judged. */
struct candidates {
	struct seal_recipient *recipients[SEAL_CERTIFICATES_MAX];
	enum seal_recipient_verdict verdicts[SEAL_CERTIFICATES_MAX];
	unsigned int count;
};

static struct seal_recipient *
parse(const struct seal_profile *profile, unsigned int i,
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

static void candidates_free(struct candidates *candidates)
{
	unsigned int i;

	for (i = 0; i < candidates->count; i++)
		seal_recipient_free(&candidates->recipients[i]);
	candidates->count = 0;
}

/* Judges all, and says which verdict to seal for: OK where there is one, else
 * EXPIRED where the rest can never receive. -1: neither, or one does not parse. */
static int judge(const struct seal_profile *profile, time_t now,
		 struct candidates *candidates, struct seal_error *err)
{
	unsigned int i, count[SEAL_RECIPIENT_UNFIT + 1] = { 0 };
	enum seal_recipient_verdict verdict;
	struct seal_error reason;
	bool named = false;

	for (i = 0; i < profile->certificate_count; i++) {
		candidates->recipients[i] = parse(profile, i, err);
		if (candidates->recipients[i] == NULL)
			return -1;
		candidates->count++;
		verdict = seal_recipient_judge(candidates->recipients[i], now,
					       &reason);
		candidates->verdicts[i] = verdict;
		count[verdict]++;
		/* age is only the reason where it is the only one */
		if (!named && verdict != SEAL_RECIPIENT_OK &&
		    verdict != SEAL_RECIPIENT_EXPIRED) {
			(void)seal_error_set(err, SEAL_ERR_REFUSED,
				"profile %s has no usable certificate: %s",
				profile->id, reason.text);
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
			"profile %s has no certificate", profile->id);
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

static int seal_key(const struct seal_profile *profile, time_t now,
		    struct seal_lookup *lookup, struct seal_error *err)
{
	struct candidates candidates = { .count = 0 };
	int wanted, ret = -1;
	unsigned int i;

	wanted = judge(profile, now, &candidates, err);
	if (wanted >= 0 && make_key(lookup, err) == 0) {
		ret = 0;
		lookup->expired = wanted == SEAL_RECIPIENT_EXPIRED;
	}
	for (i = 0; ret == 0 && i < candidates.count; i++) {
		if ((int)candidates.verdicts[i] == wanted)
			ret = seal_recipient_info(candidates.recipients[i],
						  profile->oaep,
						  lookup->key.data,
						  lookup->key.len,
						  &lookup->recipients, err);
	}
	candidates_free(&candidates);
	return ret;
}

static int name_profile(const struct seal_profile *profile,
			struct seal_buf *names, struct seal_error *err)
{
	struct seal_recipient *recipient;
	unsigned int i;
	int ret = 0;

	for (i = 0; ret == 0 && i < profile->certificate_count; i++) {
		if ((recipient = parse(profile, i, err)) == NULL)
			return -1;
		ret = seal_recipient_names(recipient, names, err);
		seal_recipient_free(&recipient);
	}
	return ret;
}

static int name_all(const struct seal_user_record *record,
		    struct seal_buf *names, struct seal_error *err)
{
	const struct seal_profile *profile;
	unsigned int i;
	int ret = 0;

	for (i = 0; ret == 0 && i < record->profile_count; i++) {
		profile = &record->profiles[i];
		if (profile->state == SEAL_PROFILE_ACTIVE ||
		    profile->state == SEAL_PROFILE_RETIRED)
			ret = name_profile(profile, names, err);
	}
	return ret;
}

int seal_lookup_profile(const struct seal_profile *profile,
			enum seal_cipher default_cipher, time_t now,
			struct seal_lookup *lookup_r, struct seal_error *err)
{
	memcpy(lookup_r->profile, profile->id, sizeof(lookup_r->profile));
	lookup_r->cipher = profile->cipher != SEAL_CIPHER_NONE ?
		profile->cipher : default_cipher;
	lookup_r->sign = profile->sign;
	lookup_r->issued = profile->kind == SEAL_PROFILE_ISSUED;
	return seal_key(profile, now, lookup_r, err);
}

static int lookup_record(const struct seal_user_record *record,
			 enum seal_cipher default_cipher, bool want_names,
			 time_t now, struct seal_lookup *lookup,
			 struct seal_error *err)
{
	const struct seal_profile *profile = seal_user_record_active(record);

	lookup->kill_switch = record->kill_switch;
	if (profile == NULL)
		return 0;
	if (seal_lookup_profile(profile, default_cipher, now, lookup,
				err) < 0 ||
	    (want_names && name_all(record, &lookup->names, err) < 0))
		return -1;
	return 1;
}

int seal_lookup_user(struct seal_store *store, const char *user,
		     enum seal_cipher default_cipher, bool want_names,
		     time_t now, struct seal_lookup *lookup_r,
		     struct seal_error *err)
{
	struct seal_user_record *record;
	int ret;

	ret = seal_store_get(store, user, &record, err);
	if (ret > 0)
		ret = lookup_record(record, default_cipher, want_names, now,
				    lookup_r, err);
	seal_user_record_free(&record);
	return ret;
}

void seal_lookup_free(struct seal_lookup *lookup)
{
	seal_buf_free(&lookup->key);
	seal_buf_free(&lookup->recipients);
	seal_buf_free(&lookup->names);
}
