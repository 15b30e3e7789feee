/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "module-dir.h"
#include "plugin/doveadm/seal-cmd.h"

/* called by Dovecot's module loader; no header of ours declares them */
extern const char *doveadm_mail_seal_plugin_version;
void doveadm_mail_seal_plugin_init(struct module *module);
void doveadm_mail_seal_plugin_deinit(void);

const char *doveadm_mail_seal_plugin_version = DOVECOT_ABI_VERSION;

static struct doveadm_cmd_ver2 *const commands[] = {
	&seal_cmd_profile_create,
	&seal_cmd_profile_issue,
	&seal_cmd_profile_prove,
	&seal_cmd_profile_import,
	&seal_cmd_profile_list,
	&seal_cmd_profile_show,
	&seal_cmd_profile_export,
	&seal_cmd_profile_activate,
	&seal_cmd_profile_deactivate,
	&seal_cmd_profile_delete,
	&seal_cmd_profile_set,
	&seal_cmd_user_show,
	&seal_cmd_user_set,
	&seal_cmd_key_rotate,
	&seal_cmd_store_check,
	&seal_cmd_store_copy,
	&seal_cmd_store_compact
};

void doveadm_mail_seal_plugin_init(struct module *module ATTR_UNUSED)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(commands); i++)
		doveadm_cmd_register_ver2(commands[i]);
}

void doveadm_mail_seal_plugin_deinit(void)
{
}
