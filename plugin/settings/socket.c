/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "plugin/settings/value.h"

const char *mail_seal_socket_path(const char *base_dir, const char *value)
{
	if (value == NULL || *value == '\0')
		value = MAIL_SEAL_DEFAULT_SOCKET_PATH;
	return *value == '/' ? value : t_strconcat(base_dir, "/", value, NULL);
}
