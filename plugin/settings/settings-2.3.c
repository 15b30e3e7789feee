/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "array.h"
#include "str.h"
#include "mail-user.h"
#include "mail-storage-settings.h"
#include "plugin/settings/settings.h"

/* Dovecot 2.3 keeps plugin settings as strings in plugin { }; userdb extra
   fields land there too. */

struct choice {
	const char *word;
	int value;
};

static const struct choice yes_no[] = {
	{ "yes", TRUE }, { "no", FALSE }, { NULL, 0 }
};
static const struct choice when_choices[] = {
	{ "delivery", FALSE }, { "always", TRUE }, { NULL, 0 }
};
static const struct choice without_profile_choices[] = {
	{ "deliver", SEAL_POLICY_DELIVER }, { "defer", SEAL_POLICY_DEFER },
	{ "reject", SEAL_POLICY_REJECT }, { NULL, 0 }
};
static const struct choice expired_choices[] = {
	{ "defer", SEAL_POLICY_DEFER }, { "reject", SEAL_POLICY_REJECT },
	{ "seal", SEAL_POLICY_SEAL }, { "deliver", SEAL_POLICY_DELIVER },
	{ NULL, 0 }
};
static const struct choice cipher_choices[] = {
	{ "aes256-cbc", SEAL_CIPHER_AES256_CBC },
	{ "aes128-cbc", SEAL_CIPHER_AES128_CBC },
	{ "aes256-gcm", SEAL_CIPHER_AES256_GCM },
	{ "aes128-gcm", SEAL_CIPHER_AES128_GCM },
	{ NULL, 0 }
};
static const struct choice encrypted_choices[] = {
	{ "keep", SEAL_ENCRYPTED_KEEP }, { "mine", SEAL_ENCRYPTED_MINE },
	{ "seal", SEAL_ENCRYPTED_SEAL }, { NULL, 0 }
};

static const struct choice sign_choices[] = {
	{ "verified", SEAL_SIGN_VERIFIED }, { "always", SEAL_SIGN_ALWAYS },
	{ "no", SEAL_SIGN_NO }, { NULL, 0 }
};
static const struct choice no_yes[] = {
	{ "no", FALSE }, { "yes", TRUE }, { NULL, 0 }
};

enum setting {
	SETTING_ENABLED, SETTING_WHEN, SETTING_WITHOUT_PROFILE,
	SETTING_EXPIRED, SETTING_CIPHER, SETTING_ENCRYPTED,
	SETTING_SIGN, SETTING_REPLIES, SETTING_SOCKET_PATH,
	SETTING_AUTHSERV_ID, SETTING_COUNT
};

/* the first choice is the default; NULL: any text */
static const struct {
	const char *name;
	const struct choice *choices;
} settings[SETTING_COUNT] = {
	[SETTING_ENABLED] = { "mail_seal", yes_no },
	[SETTING_WHEN] = { "mail_seal_when", when_choices },
	[SETTING_WITHOUT_PROFILE] = {
		"mail_seal_without_profile", without_profile_choices },
	[SETTING_EXPIRED] = { "mail_seal_expired", expired_choices },
	[SETTING_CIPHER] = { "mail_seal_cipher", cipher_choices },
	[SETTING_ENCRYPTED] = { "mail_seal_encrypted", encrypted_choices },
	[SETTING_SIGN] = { "mail_seal_sign", sign_choices },
	[SETTING_REPLIES] = { "mail_seal_replies", no_yes },
	[SETTING_AUTHSERV_ID] = { "mail_seal_authserv_id", NULL },
	[SETTING_SOCKET_PATH] = { "mail_seal_socket_path", NULL }
};

static int find_choice(enum setting setting, const char *value, int *value_r,
		       const char **error_r)
{
	const struct choice *choice = settings[setting].choices;
	string_t *words;

	if (value == NULL)
		value = choice->word;
	for (; choice->word != NULL; choice++) {
		if (strcmp(choice->word, value) == 0) {
			*value_r = choice->value;
			return 0;
		}
	}
	words = t_str_new(64);
	for (choice = settings[setting].choices; choice->word != NULL; choice++)
		str_printfa(words, "%s%s", str_len(words) == 0 ? "" : ", ",
			    choice->word);
	*error_r = t_strdup_printf("%s = %s: must be one of: %s",
				   settings[setting].name, value, str_c(words));
	return -1;
}

/* A mistyped name would silently leave its setting at the default. */
static int check_names(struct mail_user *user, const char **error_r)
{
	const char *const *envs;
	unsigned int i, count, s;

	if (!array_is_created(&user->set->plugin_envs))
		return 0;
	envs = array_get(&user->set->plugin_envs, &count);
	for (i = 0; i + 1 < count; i += 2) {
		if (strncmp(envs[i], "mail_seal", strlen("mail_seal")) != 0)
			continue;
		for (s = 0; s < SETTING_COUNT; s++) {
			if (strcmp(settings[s].name, envs[i]) == 0)
				break;
		}
		if (s == SETTING_COUNT) {
			*error_r = t_strdup_printf("%s: there is no such setting",
						   envs[i]);
			return -1;
		}
	}
	return 0;
}

int mail_seal_settings_get(struct mail_user *user,
			   struct mail_seal_settings *set_r,
			   const char **error_r)
{
	int values[SETTING_COUNT] = { 0 };
	const char *path;
	unsigned int s;

	i_zero(set_r);
	if (check_names(user, error_r) < 0)
		return -1;
	for (s = 0; s < SETTING_COUNT; s++) {
		if (settings[s].choices != NULL &&
		    find_choice(s, mail_user_plugin_getenv(user,
				settings[s].name), &values[s], error_r) < 0)
			return -1;
	}
	set_r->enabled = values[SETTING_ENABLED];
	set_r->always = values[SETTING_WHEN];
	set_r->policy.without_profile = values[SETTING_WITHOUT_PROFILE];
	set_r->policy.expired = values[SETTING_EXPIRED];
	set_r->cipher = values[SETTING_CIPHER];
	set_r->encrypted = values[SETTING_ENCRYPTED];
	set_r->sign = values[SETTING_SIGN];
	set_r->replies = values[SETTING_REPLIES];
	set_r->authserv_id = mail_user_plugin_getenv(user,
		settings[SETTING_AUTHSERV_ID].name);
	if (set_r->authserv_id == NULL || *set_r->authserv_id == '\0')
		set_r->authserv_id = user->set->hostname;
	path = mail_user_plugin_getenv(user, settings[SETTING_SOCKET_PATH].name);
	if (path == NULL || *path == '\0')
		path = "mail-seal";
	set_r->socket_path = *path == '/' ? path :
		p_strconcat(user->pool, user->set->base_dir, "/", path, NULL);
	return 0;
}
