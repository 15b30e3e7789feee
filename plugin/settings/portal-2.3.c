/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "array.h"
#include "settings-parser.h"
#include "plugin/settings/compat.h"
#include "plugin/settings/value.h"

/* The portal is no mail process and knows no user: of Dovecot 2.3's mail settings
 * it reads plugin { }, under the module name by which the config process has it. */

struct plugin_settings {
	ARRAY(const char *) plugin_envs;
};

static const struct setting_define defines[] = {
	{ .type = SET_STRLIST, .key = "plugin",
	  .offset = offsetof(struct plugin_settings, plugin_envs) },
	SETTING_DEFINE_LIST_END
};

static const struct plugin_settings defaults = {
	.plugin_envs = ARRAY_INIT
};

static const struct setting_parser_info info = {
	.module_name = "mail",
	.defines = defines,
	.defaults = &defaults,
	.type_offset = SIZE_MAX,
	.struct_size = sizeof(struct plugin_settings),
	.parent_offset = SIZE_MAX,
};

static const char *find_env(const struct plugin_settings *set,
			    const char *name)
{
	const char *const *envs;
	unsigned int i, count;

	if (!array_is_created(&set->plugin_envs))
		return NULL;
	envs = array_get(&set->plugin_envs, &count);
	for (i = 0; i + 1 < count; i += 2) {
		if (strcmp(envs[i], name) == 0)
			return envs[i + 1];
	}
	return NULL;
}

int mail_seal_values_portal(const char **socket_r, const char **hosts_r,
			    const char **error_r)
{
	static const struct setting_parser_info *const roots[] = {
		&info, NULL
	};
	struct master_service_settings_input input;
	struct master_service_settings_output output;
	const struct plugin_settings *set;

	i_zero(&input);
	input.roots = roots;
	input.module = "mail";
	input.service = "mail-seal-portal";
	if (master_service_settings_read(master_service, &input, &output,
					 error_r) < 0)
		return -1;
	set = master_service_settings_get_others(master_service)[0];
	*socket_r = find_env(set, "mail_seal_socket_path");
	*hosts_r = find_env(set, "mail_seal_portal_host");
	return 0;
}
