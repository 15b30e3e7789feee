/* SPDX-License-Identifier: MIT */

/* The end of the ceremony: who can read the code has the key. */

#include "service/ceremony.h"

#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include "base/error.h"
#include "base/sink.h"
#include "seal/sealer.h"
#include "service/ceremony-private.h"
#include "service/lookup.h"
#include "service/profiles.h"
#include "service/profiles-private.h"
#include "store/store.h"

/* Letters and digits that are not taken for each other: 32, so five bits each
 * and fifty in all. */
static const char alphabet[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
#define CODE_LEN 10

/* A code longer than this, with what is passed over, is wrong. */
#define TYPED_MAX 256

static int make_code(char code_r[SEAL_CODE_SIZE], struct seal_error *err)
{
	unsigned char bytes[CODE_LEN];
	char *p = code_r;
	unsigned int i;

	if (RAND_priv_bytes(bytes, sizeof(bytes)) != 1)
		return seal_error_crypto(err, "cannot make a code");
	for (i = 0; i < CODE_LEN; i++) {
		if (i == 4 || i == 8)
			*p++ = '-';
		*p++ = alphabet[bytes[i] % (sizeof(alphabet) - 1)];
	}
	*p = '\0';
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return 0;
}

/* SHA-256 of the profile's id and the code in capitals, without spaces and
 * hyphens. */
static int hash_code(const char *id, const char *code,
		     unsigned char hash_r[SEAL_PROFILE_HASH_LEN],
		     struct seal_error *err)
{
	char text[SEAL_PROFILE_ID_LEN + TYPED_MAX];
	size_t len = SEAL_PROFILE_ID_LEN;
	int ret = 0;

	memcpy(text, id, SEAL_PROFILE_ID_LEN);
	for (; *code != '\0' && len < sizeof(text); code++) {
		if (strchr(" -\t\r\n", *code) == NULL)
			text[len++] = *code >= 'a' && *code <= 'z' ?
				(char)(*code - 'a' + 'A') : *code;
	}
	if (EVP_Digest(text, len, hash_r, NULL, EVP_sha256(), NULL) != 1)
		ret = seal_error_crypto(err, "cannot hash a code");
	OPENSSL_cleanse(text, sizeof(text));
	return ret;
}

/*
 * prove
 */

struct prove {
	const char *id;
	enum seal_cipher cipher;
	const char *from, *to;
	time_t now;
	struct seal_buf *message_r;
	size_t message_len;	/* of *message_r, before */
};

static int seal_message(const struct prove *prove,
			const struct seal_lookup *lookup,
			const struct seal_buf *plain, struct seal_error *err)
{
	const struct seal_order order = {
		.profile = lookup->profile, .cipher = lookup->cipher,
		.key = lookup->key, .recipients = lookup->recipients,
		.encrypted = SEAL_ENCRYPTED_SEAL
	};
	struct seal_sink sink = seal_sink_to_buf(prove->message_r);
	struct seal_sealer *sealer = seal_sealer_new(&order, &sink, err);
	int ret = -1;

	if (sealer != NULL &&
	    seal_sealer_more(sealer, plain->data, plain->len, err) == 0)
		ret = seal_sealer_finish(sealer, err);
	seal_sealer_free(&sealer);
	return ret;
}

/* to: the profile whose key opens it. */
static int write_message(const struct prove *prove,
			 const struct seal_profile *to, const char *code,
			 struct seal_error *err)
{
	struct seal_lookup lookup = SEAL_LOOKUP_INIT;
	struct seal_buf plain = SEAL_BUF_INIT;
	int ret;

	prove->message_r->len = prove->message_len;
	ret = seal_lookup_profile(to, prove->cipher, prove->now, &lookup, err);
	if (ret == 0)
		ret = seal_ceremony_write_mail(prove->from, prove->to,
					       prove->id, code, prove->now,
					       &plain, err);
	if (ret == 0)
		ret = seal_message(prove, &lookup, &plain, err);
	seal_lookup_free(&lookup);
	seal_buf_free(&plain);
	return ret;
}

/* Only what could be activated is proved. */
static int check_provable(const struct seal_profile *profile, time_t now,
			  struct seal_error *err)
{
	struct seal_error reason;

	if (profile->state == SEAL_PROFILE_ACTIVE)
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"profile %s is active already", profile->id);
	if (profile->state == SEAL_PROFILE_PENDING)
		return seal_error_set(err, SEAL_ERR_REFUSED, "profile %s is "
			"pending: it has no certificate before its ceremony "
			"ends", profile->id);
	if (seal_profiles_usable(profile, now, &reason) <= 0)
		return seal_error_set(err, reason.code, "profile %s cannot "
			"receive mail: %s", profile->id, reason.text);
	return 0;
}

static int prove_change(struct seal_user_record *record, void *context,
			struct seal_error *err)
{
	const struct prove *prove = context;
	const struct seal_profile *active = seal_user_record_active(record);
	unsigned char hash[SEAL_PROFILE_HASH_LEN];
	struct seal_profile *profile;
	char code[SEAL_CODE_SIZE];
	int ret = -1;

	if (seal_profiles_find(record, prove->id, &profile, err) < 0 ||
	    check_provable(profile, prove->now, err) < 0)
		return -1;
	if (make_code(code, err) == 0 &&
	    hash_code(profile->id, code, hash, err) == 0 &&
	    seal_profile_set_proof(profile, hash, prove->now, err) == 0 &&
	    write_message(prove, active == NULL ? profile : active, code,
			  err) == 0)
		ret = 1;
	OPENSSL_cleanse(code, sizeof(code));
	return ret;
}

int seal_ceremony_prove(struct seal_store *store, const char *user,
			const char *id, enum seal_cipher cipher,
			const char *from_address, const char *to_address,
			time_t now, struct seal_buf *message_r,
			struct seal_error *err)
{
	struct prove prove = {
		.id = id, .cipher = cipher, .from = from_address,
		.to = to_address, .now = now, .message_r = message_r,
		.message_len = message_r->len
	};

	if (seal_ceremony_check_address(from_address, err) < 0 ||
	    seal_ceremony_check_address(to_address, err) < 0)
		return -1;
	if (seal_store_update(store, user, prove_change, &prove, err) > 0)
		return 0;
	message_r->len = prove.message_len;
	return -1;
}

/*
 * activate
 */

struct activate {
	const char *id, *code;
	time_t now;
	unsigned int tries_left;
	bool wrong;
};

static int refuse(const struct seal_profile *profile, const char *why,
		  struct seal_error *err)
{
	return seal_error_set(err, SEAL_ERR_REFUSED, "%s for profile %s: have "
		"another one mailed (prove)", why, profile->id);
}

/* 1: right. 0: wrong. -1: there is none to compare with. */
static int check_code(const struct seal_profile *profile,
		      const struct activate *activate, struct seal_error *err)
{
	const struct seal_profile_proof *proof = profile->proof;
	unsigned char hash[SEAL_PROFILE_HASH_LEN];

	if (proof == NULL)
		return refuse(profile, "there is no code", err);
	if (proof->tries >= SEAL_CODE_TRIES)
		return refuse(profile, "the code is void after too many wrong "
			      "ones", err);
	if (activate->now >= proof->made + SEAL_CODE_SECONDS)
		return refuse(profile, "the code has expired", err);
	if (hash_code(profile->id, activate->code, hash, err) < 0)
		return -1;
	return CRYPTO_memcmp(hash, proof->hash, sizeof(hash)) == 0 ? 1 : 0;
}

static int activate_change(struct seal_user_record *record, void *context,
			   struct seal_error *err)
{
	struct activate *activate = context;
	struct seal_profile *profile;
	int ret;

	activate->wrong = false;
	if (seal_profiles_find(record, activate->id, &profile, err) < 0)
		return -1;
	if (profile->state == SEAL_PROFILE_ACTIVE)
		return 0;
	if ((ret = check_code(profile, activate, err)) < 0)
		return -1;
	if (ret > 0)
		return seal_profiles_make_active(record, profile, activate->now,
						 err);
	/* this is stored */
	profile->proof->tries++;
	activate->tries_left = SEAL_CODE_TRIES - profile->proof->tries;
	activate->wrong = true;
	return 1;
}

int seal_ceremony_activate(struct seal_store *store, const char *user,
			   const char *id, const char *code, time_t now,
			   struct seal_error *err)
{
	struct activate activate = { .id = id, .code = code, .now = now };

	if (seal_store_update(store, user, activate_change, &activate, err) < 0)
		return -1;
	if (activate.wrong)
		return seal_error_set(err, SEAL_ERR_REFUSED, "that is not the "
			"code for profile %s: %u more wrong ones and it is "
			"void", id, activate.tries_left);
	return 0;
}
