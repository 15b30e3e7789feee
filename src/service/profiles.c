/* SPDX-License-Identifier: MIT */

/* Importing, exporting and judging; profiles-edit.c changes what is there. */

#include "service/profiles.h"

#include <string.h>
#include "base/error.h"
#include "pki/pem.h"
#include "pki/recipient.h"
#include "store/store.h"

struct import {
	const char *label;
	time_t now;
	struct seal_buf certificates[SEAL_CERTIFICATES_MAX];
	unsigned int count;
	char *id_r;
};

/* Puts "certificate N: " before what is wrong with it. */
static int name_certificate(unsigned int number,
			    const struct seal_error *reason,
			    struct seal_error *err)
{
	return seal_error_set(err, reason->code, "certificate %u: %s", number,
			      reason->text);
}

static int judge_certificate(const unsigned char *der, size_t len, time_t now,
			     struct seal_error *err)
{
	struct seal_recipient *recipient = seal_recipient_new(der, len, err);
	int ret = 0;

	if (recipient == NULL)
		return -1;
	if (seal_recipient_judge(recipient, now, err) != SEAL_RECIPIENT_OK)
		ret = -1;
	seal_recipient_free(&recipient);
	return ret;
}

static bool same_bytes(const struct seal_buf *buf, const unsigned char *data,
		       size_t len)
{
	return buf->len == len && memcmp(buf->data, data, len) == 0;
}

/* One certificate of the file. */
static int import_add(void *context, const unsigned char *der, size_t len,
		      struct seal_error *err)
{
	struct import *import = context;
	struct seal_error reason;
	unsigned int i;

	if (import->count >= SEAL_CERTIFICATES_MAX)
		return seal_error_set(err, SEAL_ERR_LIMIT, "the file holds "
			"more than %d certificates", SEAL_CERTIFICATES_MAX);
	if (judge_certificate(der, len, import->now, &reason) < 0)
		return name_certificate(import->count + 1, &reason, err);
	for (i = 0; i < import->count; i++) {
		if (same_bytes(&import->certificates[i], der, len))
			return seal_error_set(err, SEAL_ERR_REFUSED,
				"certificate %u is the same as certificate "
				"%u: remove one of them", import->count + 1,
				i + 1);
	}
	if (seal_buf_append(&import->certificates[import->count], der, len,
			    err) < 0)
		return -1;
	import->count++;
	return 0;
}

/* In any order; neither list holds one twice. */
static bool same_certificates(const struct seal_profile *profile,
			      const struct import *import)
{
	unsigned int i, j;

	if (profile->certificate_count != import->count)
		return false;
	for (i = 0; i < import->count; i++) {
		for (j = 0; j < import->count; j++) {
			if (same_bytes(&profile->certificates[j],
				       import->certificates[i].data,
				       import->certificates[i].len))
				break;
		}
		if (j == import->count)
			return false;
	}
	return true;
}

static int import_change(struct seal_user_record *record, void *context,
			 struct seal_error *err)
{
	struct import *import = context;
	struct seal_profile *profile;
	unsigned int i;

	for (i = 0; i < record->profile_count; i++) {
		profile = &record->profiles[i];
		if (same_certificates(profile, import))
			return seal_error_set(err, SEAL_ERR_REFUSED,
				"these certificates are profile %s (%s) of %s "
				"already", profile->id,
				seal_profile_state_name(profile->state),
				record->user);
	}
	profile = seal_user_record_add(record, SEAL_PROFILE_IMPORTED,
				       import->label, import->now, err);
	if (profile == NULL)
		return -1;
	for (i = 0; i < import->count; i++) {
		if (seal_profile_add_certificate(profile,
				import->certificates[i].data,
				import->certificates[i].len, err) < 0)
			return -1;
	}
	memcpy(import->id_r, profile->id, sizeof(profile->id));
	return 1;
}

int seal_profiles_import(struct seal_store *store, const char *user,
			 const char *pem, size_t pem_len, const char *label,
			 time_t now, char id_r[SEAL_PROFILE_ID_LEN + 1],
			 struct seal_error *err)
{
	struct import import = {
		.label = label == NULL ? "" : label, .now = now, .id_r = id_r
	};
	unsigned int i;
	int ret;

	ret = seal_recipient_split_pem(pem, pem_len, import_add, &import, err);
	if (ret == 0 && import.count == 0)
		ret = seal_error_set(err, SEAL_ERR_INPUT,
				     "the file holds no certificate");
	if (ret == 0)
		ret = seal_store_update(store, user, import_change, &import,
					err);
	for (i = 0; i < SEAL_CERTIFICATES_MAX; i++)
		seal_buf_free(&import.certificates[i]);
	return ret < 0 ? -1 : 0;
}

static int export_one(const struct seal_buf *der, struct seal_buf *pem,
		      struct seal_error *err)
{
	return der->len == 0 ? 0 :
		seal_pem_append(pem, SEAL_PEM_CERTIFICATE, der->data, der->len,
				err);
}

int seal_profiles_export(const struct seal_profile *profile,
			 struct seal_buf *pem, struct seal_error *err)
{
	unsigned int i;

	for (i = 0; i < profile->certificate_count; i++) {
		if (export_one(&profile->certificates[i], pem, err) < 0)
			return -1;
	}
	return export_one(&profile->issuer, pem, err) < 0 ||
		export_one(&profile->root, pem, err) < 0 ? -1 : 0;
}

int seal_profiles_usable(const struct seal_profile *profile, time_t now,
			 struct seal_error *err)
{
	struct seal_error reason;
	unsigned int i, usable = 0;

	(void)seal_error_set(err, SEAL_ERR_REFUSED,
			     "the profile has no certificate");
	for (i = 0; i < profile->certificate_count; i++) {
		if (judge_certificate(profile->certificates[i].data,
				      profile->certificates[i].len, now,
				      &reason) == 0) {
			usable++;
			continue;
		}
		/* the first one's is what the answer "none" says */
		if (reason.code == SEAL_ERR_REFUSED) {
			if (i == 0)
				(void)name_certificate(i + 1, &reason, err);
			continue;
		}
		if (reason.code == SEAL_ERR_INPUT)
			reason.code = SEAL_ERR_DAMAGED;
		return name_certificate(i + 1, &reason, err);
	}
	return usable > 0 ? 1 : 0;
}

int seal_profiles_check(const struct seal_user_record *record, time_t now,
			struct seal_error *err)
{
	const struct seal_profile *profile;
	struct seal_error reason;
	unsigned int i;
	int ret;

	for (i = 0; i < record->profile_count; i++) {
		profile = &record->profiles[i];
		ret = seal_profiles_usable(profile, now, &reason);
		/* only in the active one is age a problem; and a profile in
		 * its ceremony has no certificate yet */
		if (ret > 0 || (ret == 0 && profile->certificate_count > 0 &&
				profile->state != SEAL_PROFILE_ACTIVE) ||
		    (ret == 0 && profile->state == SEAL_PROFILE_PENDING))
			continue;
		(void)seal_error_set(err, reason.code, "profile %s (%s): %s",
				     profile->id,
				     seal_profile_state_name(profile->state),
				     reason.text);
		return 0;
	}
	return 1;
}
