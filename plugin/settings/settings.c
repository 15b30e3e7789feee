/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "str.h"
#include "mail-user.h"
#include "mail-storage-settings.h"
#include "plugin/settings/settings.h"
#include "plugin/settings/value.h"

static const struct {
	const char *name;
	const char *words;	/* NULL: any text */
	int meanings[4];
} settings[MAIL_SEAL_SETTING_COUNT] = {
	[MAIL_SEAL_ENABLED] = { "mail_seal", "yes:no", { TRUE, FALSE } },
	[MAIL_SEAL_SOCKET_PATH] = { .name = "mail_seal_socket_path" },
	[MAIL_SEAL_WHEN] = {
		"mail_seal_when", MAIL_SEAL_WORDS_WHEN, { FALSE, TRUE } },
	[MAIL_SEAL_WITHOUT_PROFILE] = {
		"mail_seal_without_profile", MAIL_SEAL_WORDS_WITHOUT_PROFILE,
		{ SEAL_POLICY_DELIVER, SEAL_POLICY_DEFER,
		  SEAL_POLICY_REJECT } },
	[MAIL_SEAL_EXPIRED] = {
		"mail_seal_expired", MAIL_SEAL_WORDS_EXPIRED,
		{ SEAL_POLICY_DEFER, SEAL_POLICY_REJECT, SEAL_POLICY_SEAL,
		  SEAL_POLICY_DELIVER } },
	[MAIL_SEAL_CIPHER] = {
		"mail_seal_cipher", MAIL_SEAL_WORDS_CIPHER,
		{ SEAL_CIPHER_AES256_CBC, SEAL_CIPHER_AES128_CBC,
		  SEAL_CIPHER_AES256_GCM, SEAL_CIPHER_AES128_GCM } },
	[MAIL_SEAL_ENCRYPTED] = {
		"mail_seal_encrypted", MAIL_SEAL_WORDS_ENCRYPTED,
		{ SEAL_ENCRYPTED_KEEP, SEAL_ENCRYPTED_MINE,
		  SEAL_ENCRYPTED_SEAL } },
	[MAIL_SEAL_SIGN] = {
		"mail_seal_sign", MAIL_SEAL_WORDS_SIGN,
		{ SEAL_SIGN_VERIFIED, SEAL_SIGN_ALWAYS, SEAL_SIGN_NO } },
	[MAIL_SEAL_AUTHSERV_ID] = { .name = "mail_seal_authserv_id" },
	[MAIL_SEAL_REPLIES] = { "mail_seal_replies", "no:yes", { FALSE, TRUE } },
	[MAIL_SEAL_UNSIGNED_REPLIES] = {
		"mail_seal_unsigned_replies", MAIL_SEAL_WORDS_UNSIGNED_REPLIES,
		{ FALSE, TRUE } },
	/* the portal's alone */
	[MAIL_SEAL_PORTAL_HOST] = { .name = "mail_seal_portal_host" }
};

const char *mail_seal_setting_name(enum mail_seal_setting setting)
{
	return settings[setting].name;
}

bool mail_seal_setting_name_is_wrong(const char *name)
{
	unsigned int i;

	if (strncmp(name, "mail_seal", strlen("mail_seal")) != 0)
		return FALSE;
	for (i = 0; i < N_ELEMENTS(settings); i++) {
		if (strcmp(settings[i].name, name) == 0)
			return FALSE;
	}
	return TRUE;
}

static int find_meaning(enum mail_seal_setting setting, const char *value,
			int *meaning_r, const char **error_r)
{
	const char *const *words = t_strsplit(settings[setting].words, ":");
	unsigned int i;

	for (i = 0; words[i] != NULL; i++) {
		if (value == NULL || strcmp(words[i], value) == 0) {
			*meaning_r = settings[setting].meanings[i];
			return 0;
		}
	}
	*error_r = t_strdup_printf("%s = %s: must be one of: %s",
				   settings[setting].name, value,
				   t_strarray_join(words, ", "));
	return -1;
}

int mail_seal_settings_get(struct mail_user *user,
			   struct mail_seal_settings *set_r,
			   const char **error_r)
{
	const char *values[MAIL_SEAL_SETTING_COUNT] = { NULL };
	int meanings[MAIL_SEAL_SETTING_COUNT] = { 0 };
	unsigned int i;

	i_zero(set_r);
	if (mail_seal_values_read(user, values, error_r) < 0)
		return -1;
	for (i = 0; i < N_ELEMENTS(settings); i++) {
		if (settings[i].words != NULL &&
		    find_meaning(i, values[i], &meanings[i], error_r) < 0)
			return -1;
	}
	set_r->enabled = meanings[MAIL_SEAL_ENABLED];
	set_r->always = meanings[MAIL_SEAL_WHEN];
	set_r->policy.without_profile = meanings[MAIL_SEAL_WITHOUT_PROFILE];
	set_r->policy.expired = meanings[MAIL_SEAL_EXPIRED];
	set_r->cipher = meanings[MAIL_SEAL_CIPHER];
	set_r->encrypted = meanings[MAIL_SEAL_ENCRYPTED];
	set_r->sign = meanings[MAIL_SEAL_SIGN];
	set_r->replies = meanings[MAIL_SEAL_REPLIES];
	set_r->reject_unsigned = meanings[MAIL_SEAL_UNSIGNED_REPLIES];
	set_r->authserv_id = values[MAIL_SEAL_AUTHSERV_ID];
	if (set_r->authserv_id == NULL || *set_r->authserv_id == '\0')
		set_r->authserv_id = user->set->hostname;
	set_r->socket_path = p_strdup(user->pool,
		mail_seal_socket_path(user->set->base_dir,
				      values[MAIL_SEAL_SOCKET_PATH]));
	return 0;
}

int mail_seal_settings_admin_socket(const char *base_dir, const char **path_r,
				    const char **error_r)
{
	const char *value;

	if (mail_seal_values_socket_path(&value, error_r) < 0)
		return -1;
	*path_r = t_strconcat(mail_seal_socket_path(base_dir, value), "-admin",
			      NULL);
	return 0;
}
