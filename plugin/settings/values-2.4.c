/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "mail-user.h"
#include "master-service.h"
/* Dovecot's; with quotes it would be ours, which is nearer */
#include <settings.h>
#include "plugin/settings/info-2.4.h"
#include "plugin/settings/value.h"

/* Dovecot 2.4 knows the settings and their types (info-2.4.c), and has refused
 * to start with what is none. A userdb's fields come later: they override the
 * settings of these names, and what has no such name overrides nothing. */

static int check_names(struct mail_user *user, const char **error_r)
{
	const char *const *fields = user->userdb_fields, *name;

	for (; fields != NULL && *fields != NULL; fields++) {
		name = t_strcut(*fields, '=');
		if (mail_seal_setting_name_is_wrong(name)) {
			*error_r = t_strdup_printf("%s: there is no such setting",
						   name);
			return -1;
		}
	}
	return 0;
}

static const char *word(bool value)
{
	return value ? "yes" : "no";
}

int mail_seal_values_read(struct mail_user *user,
			  const char *values_r[MAIL_SEAL_SETTING_COUNT],
			  const char **error_r)
{
	const struct mail_seal_typed_settings *set;

	if (check_names(user, error_r) < 0 ||
	    settings_get(user->event, &mail_seal_setting_parser_info, 0, &set,
			 error_r) < 0)
		return -1;
	/* the user keeps the strings */
	pool_add_external_ref(user->pool, set->pool);
	values_r[MAIL_SEAL_ENABLED] = word(set->mail_seal);
	values_r[MAIL_SEAL_SOCKET_PATH] = set->mail_seal_socket_path;
	values_r[MAIL_SEAL_WHEN] = set->mail_seal_when;
	values_r[MAIL_SEAL_WITHOUT_PROFILE] = set->mail_seal_without_profile;
	values_r[MAIL_SEAL_EXPIRED] = set->mail_seal_expired;
	values_r[MAIL_SEAL_CIPHER] = set->mail_seal_cipher;
	values_r[MAIL_SEAL_ENCRYPTED] = set->mail_seal_encrypted;
	values_r[MAIL_SEAL_SIGN] = set->mail_seal_sign;
	values_r[MAIL_SEAL_AUTHSERV_ID] = set->mail_seal_authserv_id;
	values_r[MAIL_SEAL_REPLIES] = word(set->mail_seal_replies);
	values_r[MAIL_SEAL_UNSIGNED_REPLIES] = set->mail_seal_unsigned_replies;
	settings_free(set);
	return 0;
}

int mail_seal_values_socket_path(const char **value_r, const char **error_r)
{
	const struct mail_seal_typed_settings *set;

	if (settings_get(master_service_get_event(master_service),
			 &mail_seal_setting_parser_info, 0, &set, error_r) < 0)
		return -1;
	*value_r = t_strdup(set->mail_seal_socket_path);
	settings_free(set);
	return 0;
}
