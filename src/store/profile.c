/* SPDX-License-Identifier: MIT */
#include "store/profile.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/rand.h>
#include "base/error.h"
#include "store/profile-private.h"

#define N_ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))

static const char *const kind_names[] = { NULL, "imported", "issued" };
static const char *const state_names[] = {
	NULL, "ready", "active", "retired", "pending"
};
static const char *const sign_names[] = {
	"default", "no", "verified", "always"
};
static const char *const sender_key_names[] = { NULL, "p256", "rsa" };

const char *seal_profile_kind_name(enum seal_profile_kind kind)
{
	return (unsigned int)kind < N_ELEMENTS(kind_names) ?
		kind_names[kind] : NULL;
}

const char *seal_profile_state_name(enum seal_profile_state state)
{
	return (unsigned int)state < N_ELEMENTS(state_names) ?
		state_names[state] : NULL;
}

const char *seal_profile_sign_name(enum seal_profile_sign sign)
{
	return (unsigned int)sign < N_ELEMENTS(sign_names) ?
		sign_names[sign] : NULL;
}

/* The number of the word, or -1. */
static int find_name(const char *const *names, size_t count, const char *name)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (names[i] != NULL && strcmp(names[i], name) == 0)
			return (int)i;
	}
	return -1;
}

int seal_profile_sign_find(const char *name)
{
	return find_name(sign_names, N_ELEMENTS(sign_names), name);
}

const char *seal_profile_sender_key_name(enum seal_profile_sender_key key)
{
	return (unsigned int)key < N_ELEMENTS(sender_key_names) ?
		sender_key_names[key] : NULL;
}

int seal_profile_sender_key_find(const char *name)
{
	return find_name(sender_key_names, N_ELEMENTS(sender_key_names), name);
}

/* The length of the UTF-8 sequence that begins at p, 0 where there is none.
 * The second byte's range is what keeps out overlong forms, surrogates and
 * what lies above U+10FFFF (RFC 3629 section 4). */
static size_t utf8_sequence(const unsigned char *p, size_t len)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t i, need;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	need = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (need > len)
		return 0;
	switch (p[0]) {
	case 0xe0: low = 0xa0; break;
	case 0xed: high = 0x9f; break;
	case 0xf0: low = 0x90; break;
	case 0xf4: high = 0x8f; break;
	}
	if (p[1] < low || p[1] > high)
		return 0;
	for (i = 2; i < need; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	return need;
}

bool seal_profile_is_text(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n;

	for (; len > 0; p += n, len -= n) {
		if ((n = utf8_sequence(p, len)) == 0)
			return false;
		if (p[0] < 0x20 || p[0] == 0x7f ||
		    (p[0] == 0xc2 && p[1] < 0xa0))
			return false;
	}
	return true;
}

bool seal_profile_is_id(const char *id, size_t len)
{
	return len == SEAL_PROFILE_ID_LEN && memchr(id, '\0', len) == NULL &&
		strspn(id, "0123456789abcdef") >= len;
}

struct seal_user_record *seal_user_record_new(const char *user,
					      struct seal_error *err)
{
	struct seal_user_record *record;

	if (*user == '\0' || !seal_profile_is_text(user, strlen(user))) {
		(void)seal_error_set(err, SEAL_ERR_INPUT, "a user name has to "
			"be UTF-8 without control characters, and not empty");
		return NULL;
	}
	record = calloc(1, sizeof(*record));
	if (record == NULL || (record->user = strdup(user)) == NULL) {
		free(record);
		(void)seal_error_memory(err);
		return NULL;
	}
	return record;
}

void seal_profile_clear(struct seal_profile *profile)
{
	unsigned int i;

	for (i = 0; i < profile->certificate_count; i++)
		seal_buf_free(&profile->certificates[i]);
	free(profile->certificates);
	free(profile->label);
	seal_buf_free(&profile->issuer);
	seal_buf_free(&profile->root);
	seal_profile_end_ceremony(profile);
	seal_profile_end_proof(profile);
	memset(profile, 0, sizeof(*profile));
}

void seal_user_record_free(struct seal_user_record **_record)
{
	struct seal_user_record *record = *_record;
	unsigned int i;

	if (record == NULL)
		return;
	*_record = NULL;
	for (i = 0; i < record->profile_count; i++)
		seal_profile_clear(&record->profiles[i]);
	free(record->profiles);
	free(record->user);
	free(record);
}

struct seal_profile *seal_user_record_grow(struct seal_user_record *record)
{
	struct seal_profile *profiles;

	profiles = realloc(record->profiles,
			   (record->profile_count + 1) * sizeof(*profiles));
	if (profiles == NULL)
		return NULL;
	record->profiles = profiles;
	memset(&profiles[record->profile_count], 0, sizeof(*profiles));
	return &profiles[record->profile_count];
}

static int new_id(const struct seal_user_record *record,
		  char id_r[SEAL_PROFILE_ID_LEN + 1], struct seal_error *err)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[SEAL_PROFILE_ID_LEN / 2];
	size_t i;

	do {
		if (RAND_bytes(bytes, sizeof(bytes)) != 1)
			return seal_error_crypto(err, "random profile id");
		for (i = 0; i < sizeof(bytes); i++) {
			id_r[2 * i] = digits[bytes[i] >> 4];
			id_r[2 * i + 1] = digits[bytes[i] & 15];
		}
		id_r[2 * i] = '\0';
	} while (seal_user_record_find(record, id_r) != NULL);
	return 0;
}

struct seal_profile *
seal_user_record_add(struct seal_user_record *record,
		     enum seal_profile_kind kind, const char *label,
		     int64_t now, struct seal_error *err)
{
	struct seal_profile *profile;

	if (record->profile_count >= SEAL_PROFILES_MAX) {
		(void)seal_error_set(err, SEAL_ERR_LIMIT,
			"a user may have %d profiles: delete an old one first",
			SEAL_PROFILES_MAX);
		return NULL;
	}
	if ((profile = seal_user_record_grow(record)) == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	if (new_id(record, profile->id, err) < 0 ||
	    seal_profile_set_label(profile, label, err) < 0) {
		seal_profile_clear(profile);
		return NULL;
	}
	profile->kind = kind;
	profile->state = SEAL_PROFILE_READY;
	profile->sender_key = SEAL_PROFILE_SENDER_P256;
	profile->created = profile->changed = now;
	record->profile_count++;
	return profile;
}

int seal_profile_add_certificate(struct seal_profile *profile,
				 const unsigned char *der, size_t len,
				 struct seal_error *err)
{
	struct seal_buf *certificates, copy = SEAL_BUF_INIT;
	unsigned int count = profile->certificate_count;

	if (count >= SEAL_CERTIFICATES_MAX)
		return seal_error_set(err, SEAL_ERR_LIMIT,
			"a profile may have %d certificates",
			SEAL_CERTIFICATES_MAX);
	if (len > SEAL_CERTIFICATE_MAX)
		return seal_error_set(err, SEAL_ERR_LIMIT,
			"a certificate may have %d bytes, this one has %zu",
			SEAL_CERTIFICATE_MAX, len);
	certificates = realloc(profile->certificates,
			       (count + 1) * sizeof(*certificates));
	if (certificates == NULL)
		return seal_error_memory(err);
	profile->certificates = certificates;
	if (seal_buf_append(&copy, der, len, err) < 0)
		return -1;
	certificates[count] = copy;
	profile->certificate_count++;
	return 0;
}

int seal_profile_set_label(struct seal_profile *profile, const char *label,
			   struct seal_error *err)
{
	size_t len = strlen(label);
	char *copy;

	if (len > SEAL_PROFILE_LABEL_MAX)
		return seal_error_set(err, SEAL_ERR_INPUT,
			"a label may have %d bytes, this one has %zu",
			SEAL_PROFILE_LABEL_MAX, len);
	if (!seal_profile_is_text(label, len))
		return seal_error_set(err, SEAL_ERR_INPUT, "a label has to be "
			"UTF-8 without control characters");
	if ((copy = strdup(label)) == NULL)
		return seal_error_memory(err);
	free(profile->label);
	profile->label = copy;
	return 0;
}

struct seal_profile *
seal_user_record_find(const struct seal_user_record *record, const char *id)
{
	unsigned int i;

	for (i = 0; i < record->profile_count; i++) {
		if (strcmp(record->profiles[i].id, id) == 0)
			return &record->profiles[i];
	}
	return NULL;
}

struct seal_profile *
seal_user_record_active(const struct seal_user_record *record)
{
	unsigned int i;

	for (i = 0; i < record->profile_count; i++) {
		if (record->profiles[i].state == SEAL_PROFILE_ACTIVE)
			return &record->profiles[i];
	}
	return NULL;
}

void seal_user_record_remove(struct seal_user_record *record,
			     struct seal_profile *profile)
{
	size_t i = (size_t)(profile - record->profiles);

	seal_profile_clear(profile);
	record->profile_count--;
	memmove(profile, profile + 1,
		(record->profile_count - i) * sizeof(*profile));
}
