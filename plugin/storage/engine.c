/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "module-dir.h"
#include "base/error.h"
#include "plugin/settings/compat.h"
#include "plugin/storage/engine.h"

static char *folder;
static struct module *modules;
static const struct mail_seal_engine *engine;

void mail_seal_engine_init(const struct module *plugin)
{
	const char *p = strrchr(plugin->path, '/');

	folder = p == NULL ? i_strdup(".") : i_strdup_until(plugin->path, p);
}

void mail_seal_engine_deinit(void)
{
	engine = NULL;
	module_dir_unload(&modules);
	i_free(folder);
}

const struct mail_seal_engine *mail_seal_engine_get(struct seal_error *err)
{
	const struct module_dir_load_settings set = {
		.abi_version = DOVECOT_ABI_VERSION,
		.setting_name = "mail_plugins"
	};
	static const char *const names[] = { "mail_seal_engine", NULL };
	const char *error;

	if (engine != NULL)
		return engine;
	if (module_dir_try_load_missing(&modules, folder, names,
					&set, &error) < 0) {
		(void)seal_error_set(err, SEAL_ERR_IO,
				     "Cannot load libmail_seal_engine.so: %s",
				     error);
		return NULL;
	}
	engine = module_get_symbol_quiet(modules, "mail_seal_engine");
	if (engine == NULL)
		(void)seal_error_set(err, SEAL_ERR_IO,
				     "%s is not the plugin's engine",
				     modules->path);
	return engine;
}
