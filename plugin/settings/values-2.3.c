/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "array.h"
#include "mail-user.h"
#include "mail-storage-settings.h"
#include "plugin/settings/value.h"

/* Dovecot 2.3 keeps plugin settings as free text in plugin { }; userdb extra
 * fields land there too. */

/* doveadm's own, and so NULL in the storage plugin */
const char *doveadm_plugin_getenv(const char *name);
#pragma weak doveadm_plugin_getenv

static int check_names(struct mail_user *user, const char **error_r)
{
	const char *const *envs;
	unsigned int i, count;

	if (!array_is_created(&user->set->plugin_envs))
		return 0;
	envs = array_get(&user->set->plugin_envs, &count);
	for (i = 0; i + 1 < count; i += 2) {
		if (mail_seal_setting_name_is_wrong(envs[i])) {
			*error_r = t_strdup_printf("%s: there is no such setting",
						   envs[i]);
			return -1;
		}
	}
	return 0;
}

int mail_seal_values_read(struct mail_user *user,
			  const char *values_r[MAIL_SEAL_SETTING_COUNT],
			  const char **error_r)
{
	unsigned int i;

	for (i = 0; i < MAIL_SEAL_SETTING_COUNT; i++)
		values_r[i] = mail_user_plugin_getenv(user,
						      mail_seal_setting_name(i));
	return check_names(user, error_r);
}

int mail_seal_values_socket_path(const char **value_r,
				 const char **error_r ATTR_UNUSED)
{
	*value_r = doveadm_plugin_getenv(
		mail_seal_setting_name(MAIL_SEAL_SOCKET_PATH));
	return 0;
}
