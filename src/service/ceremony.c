/* SPDX-License-Identifier: MIT */

/* Beginning and end of a profile that the server keeps secrets of, and the
 * option that needs one. */

#include "service/ceremony.h"

#include <stdio.h>
#include <string.h>
#include <openssl/asn1.h>
#include <openssl/rand.h>
#include "base/error.h"
#include "pki/issuer.h"
#include "pki/key.h"
#include "pki/pem.h"
#include "pki/sender.h"
#include "service/ceremony-private.h"
#include "service/profiles.h"
#include "service/profiles-private.h"
#include "store/store.h"

bool seal_ceremony_is_late(const struct seal_profile *profile, time_t now)
{
	return profile->state == SEAL_PROFILE_PENDING &&
		now >= profile->created + SEAL_PENDING_SECONDS;
}

/* Whether the characters are such that it stands in a header field as it is. */
static bool is_plain(const char *address, size_t len)
{
	const unsigned char *p = (const unsigned char *)address;
	unsigned long c;
	int n;

	if (address[strcspn(address, "\"\\()<>[],;:")] != '\0')
		return false;
	for (; len > 0; p += n, len -= (size_t)n) {
		n = UTF8_getc(p, (int)len, &c);
		if (n <= 0 || c <= ' ' || (c >= 0x7f && c <= 0xa0) ||
		    c > 0x10ffff)
			return false;
	}
	return true;
}

int seal_ceremony_check_address(const char *address, struct seal_error *err)
{
	const char *at = strchr(address, '@'), *p;
	size_t len = strlen(address);

	if (len > SEAL_PROFILE_ADDRESS_MAX)
		return seal_error_set(err, SEAL_ERR_INPUT,
			"an address may have %d bytes, this one has %zu",
			SEAL_PROFILE_ADDRESS_MAX, len);
	if (at == NULL || at == address || at[1] == '\0' ||
	    strchr(at + 1, '@') != NULL || !is_plain(address, len))
		return seal_error_set(err, SEAL_ERR_INPUT, "%s is not a plain "
			"address: local@domain, in UTF-8, without spaces, "
			"quotes, brackets and comments", address);
	for (p = at + 1; *p != '\0'; p++) {
		if ((unsigned char)*p >= 0x80)
			return seal_error_set(err, SEAL_ERR_INPUT,
				"the domain of %s has to be given in its ASCII "
				"form (xn--...)", address);
	}
	return 0;
}

static int check_keyring(const struct seal_keyring *keyring,
			 struct seal_error *err)
{
	return keyring != NULL ? 0 :
		seal_error_set(err, SEAL_ERR_REFUSED, "the keyring, which "
			"holds the secrets of issued profiles, cannot be "
			"opened: the service's log says why");
}

int seal_ceremony_secrets(struct seal_keyring *keyring, const char *user,
			  const char *id, struct seal_buf *sealed_r,
			  struct seal_secrets *secrets_r,
			  struct seal_error *err)
{
	int ret;

	if (check_keyring(keyring, err) < 0)
		return -1;
	ret = seal_keyring_get_changed(keyring, user, id, sealed_r, secrets_r,
				       err);
	if (ret == 0 || (ret > 0 && secrets_r->sender_secret.len !=
			 SEAL_SENDER_SECRET_LEN))
		return seal_error_set(err, SEAL_ERR_DAMAGED, "the keyring "
			"does not hold the secrets of profile %s of %.200s",
			id, user);
	return ret < 0 ? -1 : 0;
}

EVP_PKEY *seal_ceremony_key(const char *id, const struct seal_buf *der,
			    struct seal_error *err)
{
	struct seal_error reason;
	EVP_PKEY *key = seal_key_decode(der->data, der->len, &reason);

	if (key == NULL)
		(void)seal_error_set(err, reason.code == SEAL_ERR_INPUT ?
			SEAL_ERR_DAMAGED : reason.code,
			"a key of profile %s: %s", id, reason.text);
	return key;
}

/*
 * create
 */

struct create {
	struct seal_keyring *keyring;
	const char *user;
	const char *const *addresses;
	unsigned int days;
	const char *label, *nonce;
	time_t now;
	char *id_r;		/* "" before the secrets are stored */
	struct seal_buf *request_r;
};

static int check_create(const struct create *create, struct seal_error *err)
{
	unsigned int i;

	if (check_keyring(create->keyring, err) < 0)
		return -1;
	if (create->days < SEAL_DAYS_MIN || create->days > SEAL_DAYS_MAX)
		return seal_error_set(err, SEAL_ERR_LIMIT,
			"a certificate may last %d to %d days", SEAL_DAYS_MIN,
			SEAL_DAYS_MAX);
	for (i = 0; create->addresses[i] != NULL; i++) {
		if (seal_ceremony_check_address(create->addresses[i], err) < 0)
			return -1;
	}
	return 0;
}

static int random_nonce(char nonce_r[2 * 16 + 1], struct seal_error *err)
{
	unsigned char bytes[16];
	size_t i;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return seal_error_crypto(err, "cannot make a nonce");
	for (i = 0; i < sizeof(bytes); i++)
		(void)snprintf(nonce_r + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

/* Makes room: secrets go first here, what is past its time needs none. */
static int remove_late(struct seal_user_record *record,
		       const struct create *create, struct seal_error *err)
{
	struct seal_profile *profile;
	unsigned int i = 0, pending = 0;

	while (i < record->profile_count) {
		profile = &record->profiles[i];
		if (!seal_ceremony_is_late(profile, create->now)) {
			pending += profile->state == SEAL_PROFILE_PENDING;
			i++;
			continue;
		}
		if (seal_keyring_delete(create->keyring, create->user,
					profile->id, err) < 0)
			return -1;
		seal_user_record_remove(record, profile);
	}
	if (pending >= SEAL_PENDING_MAX)
		return seal_error_set(err, SEAL_ERR_LIMIT, "%.200s has %u "
			"pending profiles: finish or delete one, or wait a day",
			create->user, pending);
	return 0;
}

/* The issuer key and the sender secret, the request on the way. */
static int make_secrets(const struct create *create, const char *id,
			struct seal_secrets *secrets, struct seal_buf *request,
			struct seal_error *err)
{
	EVP_PKEY *key = seal_key_generate(SEAL_KEY_P256, err);
	unsigned char *secret;
	int ret = -1;

	if (key == NULL ||
	    seal_issuer_request(key, id, create->nonce, request, err) < 0 ||
	    seal_key_encode(key, &secrets->issuer_key, err) < 0)
		goto out;
	secret = seal_buf_reserve(&secrets->sender_secret,
				  SEAL_SENDER_SECRET_LEN, err);
	if (secret == NULL)
		goto out;
	if (RAND_priv_bytes(secret, SEAL_SENDER_SECRET_LEN) != 1) {
		(void)seal_error_crypto(err, "cannot make a sender secret");
		goto out;
	}
	secrets->sender_secret.len = SEAL_SENDER_SECRET_LEN;
	ret = 0;
out:
	EVP_PKEY_free(key);
	return ret;
}

static int store_secrets(const struct create *create, const char *id,
			 struct seal_error *err)
{
	struct seal_secrets secrets = SEAL_SECRETS_INIT;
	struct seal_buf request = SEAL_BUF_INIT;
	int ret;

	ret = make_secrets(create, id, &secrets, &request, err);
	if (ret == 0)
		ret = seal_pem_append(create->request_r, SEAL_PEM_REQUEST,
				      request.data, request.len, err);
	if (ret == 0)
		ret = seal_keyring_put(create->keyring, create->user, id,
				       &secrets, err);
	if (ret == 0)
		memcpy(create->id_r, id, SEAL_PROFILE_ID_LEN + 1);
	seal_secrets_free(&secrets);
	seal_buf_free(&request);
	return ret;
}

static int create_change(struct seal_user_record *record, void *context,
			 struct seal_error *err)
{
	const struct create *create = context;
	struct seal_profile *profile;

	if (remove_late(record, create, err) < 0)
		return -1;
	profile = seal_user_record_add(record, SEAL_PROFILE_ISSUED,
				       create->label, create->now, err);
	if (profile == NULL ||
	    seal_profile_start_ceremony(profile, create->nonce, create->days,
					create->addresses, err) < 0)
		return -1;
	/* the second time the secrets are there, for the first time's id */
	if (*create->id_r != '\0')
		memcpy(profile->id, create->id_r, sizeof(profile->id));
	else if (store_secrets(create, profile->id, err) < 0)
		return -1;
	return 1;
}

int seal_ceremony_create(struct seal_store *store, struct seal_keyring *keyring,
			 const char *user, const char *const *addresses,
			 unsigned int days, const char *label,
			 const char *nonce, time_t now,
			 char id_r[SEAL_PROFILE_ID_LEN + 1],
			 struct seal_buf *request_r, struct seal_error *err)
{
	size_t request_len = request_r->len;
	char own_nonce[2 * 16 + 1];
	struct seal_error ignored;
	struct create create = {
		.keyring = keyring, .user = user, .addresses = addresses,
		.days = days, .label = label == NULL ? "" : label,
		.nonce = nonce == NULL ? own_nonce : nonce, .now = now,
		.id_r = id_r, .request_r = request_r
	};

	*id_r = '\0';
	if (check_create(&create, err) < 0 ||
	    (nonce == NULL && random_nonce(own_nonce, err) < 0))
		return -1;
	if (seal_store_update(store, user, create_change, &create, err) > 0)
		return 0;
	if (*id_r != '\0')
		(void)seal_keyring_delete(keyring, user, id_r, &ignored);
	request_r->len = request_len;
	*id_r = '\0';
	return -1;
}

/*
 * delete, set
 */

struct edit {
	struct seal_keyring *keyring;
	const char *id;
	bool issued;		/* what was deleted had secrets */
	const char *const *names;
	const char *const *values;
	unsigned int count;
};

static int delete_change(struct seal_user_record *record, void *context,
			 struct seal_error *err)
{
	struct edit *edit = context;
	struct seal_profile *profile;

	if (seal_profiles_find(record, edit->id, &profile, err) < 0)
		return -1;
	edit->issued = profile->kind == SEAL_PROFILE_ISSUED;
	if (edit->issued && check_keyring(edit->keyring, err) < 0)
		return -1;
	return seal_profiles_remove(record, profile, err);
}

int seal_ceremony_delete(struct seal_store *store, struct seal_keyring *keyring,
			 const char *user, const char *id,
			 struct seal_error *err)
{
	struct edit edit = { .keyring = keyring, .id = id };
	struct seal_error ignored;
	int ret;

	ret = seal_store_update(store, user, delete_change, &edit, err);
	if (ret > 0)
		return edit.issued ?
			seal_keyring_delete(keyring, user, id, err) : 0;
	/* the last attempt may have ended between the two */
	if (err->code == SEAL_ERR_NOTFOUND && keyring != NULL)
		(void)seal_keyring_delete(keyring, user, id, &ignored);
	return -1;
}

/* Makes the RSA key, unless there is one. */
static int make_rsa_key(struct seal_keyring *keyring, const char *user,
			const char *id, struct seal_error *err)
{
	struct seal_secrets secrets = SEAL_SECRETS_INIT;
	EVP_PKEY *key = NULL;
	int ret;

	ret = seal_ceremony_secrets(keyring, user, id, NULL, &secrets, err);
	if (ret == 0 && secrets.sender_rsa_key.len == 0) {
		if ((key = seal_key_generate(SEAL_KEY_RSA2048, err)) == NULL ||
		    seal_key_encode(key, &secrets.sender_rsa_key, err) < 0 ||
		    seal_keyring_put(keyring, user, id, &secrets, err) < 0)
			ret = -1;
	}
	EVP_PKEY_free(key);
	seal_secrets_free(&secrets);
	return ret;
}

static int set_sender_key(struct seal_profile *profile, const char *value,
			  struct seal_error *err)
{
	int key = seal_profile_sender_key_find(value);

	if (profile->kind != SEAL_PROFILE_ISSUED)
		return seal_error_set(err, SEAL_ERR_REFUSED, "profile %s is "
			"imported: its mail is not signed, so it has no "
			"sender_key", profile->id);
	if (key < 0)
		return seal_error_set(err, SEAL_ERR_INPUT, "sender_key cannot "
			"be %.60s: it may be p256 or rsa", value);
	profile->sender_key = (enum seal_profile_sender_key)key;
	return 0;
}

static int set_change(struct seal_user_record *record, void *context,
		      struct seal_error *err)
{
	const struct edit *edit = context;
	struct seal_profile *profile;
	bool sender_key = false;
	unsigned int i;
	int ret;

	if (seal_profiles_find(record, edit->id, &profile, err) < 0)
		return -1;
	for (i = 0; i < edit->count; i++) {
		if (strcmp(edit->names[i], "sender_key") == 0) {
			ret = set_sender_key(profile, edit->values[i], err);
			sender_key = true;
		} else {
			ret = seal_profiles_set_option(profile, edit->names[i],
						       edit->values[i], err);
		}
		if (ret < 0)
			return -1;
	}
	/* last: the key is made where nothing is refused any more */
	if (sender_key && profile->sender_key == SEAL_PROFILE_SENDER_RSA &&
	    make_rsa_key(edit->keyring, record->user, edit->id, err) < 0)
		return -1;
	return edit->count > 0 ? 1 : 0;
}

int seal_ceremony_set(struct seal_store *store, struct seal_keyring *keyring,
		      const char *user, const char *id,
		      const char *const *names, const char *const *values,
		      unsigned int count, struct seal_error *err)
{
	struct edit edit = {
		.keyring = keyring, .id = id, .names = names,
		.values = values, .count = count
	};

	return seal_store_update(store, user, set_change, &edit, err) < 0 ?
		-1 : 0;
}
