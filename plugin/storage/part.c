/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "module-dir.h"
#include "base/error.h"
#include "plugin/settings/compat.h"
#include "plugin/storage/part.h"

static char *folder;
static struct module *modules;

void mail_seal_parts_init(const struct module *plugin)
{
	const char *p = strrchr(plugin->path, '/');

	folder = p == NULL ? i_strdup(".") : i_strdup_until(plugin->path, p);
}

void mail_seal_parts_deinit(void)
{
	module_dir_unload(&modules);
	i_free(folder);
}

static int part_load(const char *name, struct seal_error *err)
{
	const struct module_dir_load_settings set = {
		.abi_version = DOVECOT_ABI_VERSION,
		.setting_name = "mail_plugins"
	};
	const char *const names[] = { name, NULL };
	const char *error;

	if (module_dir_try_load_missing(&modules, folder, names,
					&set, &error) < 0)
		return seal_error_set(err, SEAL_ERR_IO,
				      "Cannot load lib%s.so: %s", name, error);
	return 0;
}

const void *mail_seal_part_get(const char *name, struct seal_error *err)
{
	struct module *module = module_dir_find(modules, name);
	const void *part;

	if (module == NULL) {
		if (part_load(name, err) < 0)
			return NULL;
		module = module_dir_find(modules, name);
	}
	part = module == NULL ? NULL : module_get_symbol_quiet(module, name);
	if (part == NULL)
		(void)seal_error_set(err, SEAL_ERR_IO,
				     "lib%s.so is not the plugin's", name);
	return part;
}
