/* SPDX-License-Identifier: MIT */
#include "lib.h"
/* Dovecot's; with quotes it would be ours, which is nearer */
#include <settings.h>
#include "plugin/settings/compat.h"
#include "plugin/settings/info-2.4.h"
#include "plugin/settings/value.h"

int mail_seal_values_portal(const char **socket_r, const char **hosts_r,
			    const char **error_r)
{
	const struct mail_seal_typed_settings *set;

	if (master_service_settings_read_simple(master_service, error_r) < 0 ||
	    settings_get(master_service_get_event(master_service),
			 &mail_seal_setting_parser_info, 0, &set, error_r) < 0)
		return -1;
	*socket_r = t_strdup(set->mail_seal_socket_path);
	*hosts_r = t_strdup(set->mail_seal_portal_host);
	settings_free(set);
	return 0;
}
