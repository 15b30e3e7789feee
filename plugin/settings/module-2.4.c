/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "settings-parser.h"
#include "plugin/settings/info-2.4.h"

/* modules/settings/libmail_seal_settings.so: without it, Dovecot does not start
 * with a configuration that holds one of our settings. It is found by the names
 * of these symbols, which begin with the module's. */

extern const char *mail_seal_settings_version;
extern const struct setting_parser_info *mail_seal_settings_set_infos[];

const char *mail_seal_settings_version = DOVECOT_ABI_VERSION;

const struct setting_parser_info *mail_seal_settings_set_infos[] = {
	&mail_seal_setting_parser_info, NULL
};
