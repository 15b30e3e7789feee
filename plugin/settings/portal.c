/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "hostpid.h"
#include "plugin/settings/compat.h"
#include "plugin/settings/portal.h"
#include "plugin/settings/value.h"

int mail_seal_portal_settings_read(struct mail_seal_portal_settings *set_r,
				   const char **error_r)
{
	const char *socket, *hosts;

	i_zero(set_r);
	if (mail_seal_values_portal(&socket, &hosts, error_r) < 0)
		return -1;
	set_r->base_dir = i_strdup(master_service_get_service_settings(
		master_service)->base_dir);
	set_r->socket_path = i_strconcat(
		mail_seal_socket_path(set_r->base_dir, socket), "-portal", NULL);
	/* localhost for the administrator who tries it */
	set_r->hosts = i_strdup(hosts != NULL && *hosts != '\0' ? hosts :
				t_strconcat(my_hostdomain(), " localhost",
					    NULL));
	return 0;
}

void mail_seal_portal_settings_free(struct mail_seal_portal_settings *set)
{
	i_free(set->base_dir);
	i_free(set->socket_path);
	i_free(set->hosts);
}
