/* SPDX-License-Identifier: MIT */
#ifndef MAIL_SEAL_COMPAT_H
#define MAIL_SEAL_COMPAT_H

/* Everything outside this folder is written to Dovecot 2.4's interface. Where
 * 2.3 has another one, it is made to look like 2.4's here; where neither can
 * pass for the other, both get a function of one name (compat_...). Only what
 * is used is here. Include it after Dovecot's own headers. */

#include "auth-master.h"
#include "istream-private.h"
#include "mail-storage-service.h"
#include "master-service.h"
#include "master-service-settings.h"
#include "module-dir.h"

#if !DOVECOT_PREREQ(2, 4, 5)
/* before, no stream said whether it reads from others than its parent */
#  define i_stream_create(stream, parent, fd, hidden_inputs, flags) \
	i_stream_create(stream, parent, fd, flags)
#endif

#if !DOVECOT_PREREQ(2, 4, 0)

/* reads the ssl_ settings, and with them the server's key, unless told not to */
#define MASTER_SERVICE_FLAG_NO_SSL_INIT \
	(MASTER_SERVICE_FLAG_NO_SSL_INIT | MASTER_SERVICE_FLAG_DISABLE_SSL_SET)
#define master_service_settings_read_simple(service, error_r) \
	master_service_settings_read_simple(service, NULL, error_r)
#define master_service_get_service_settings(service) \
	master_service_settings_get(service)
/* 2.3 wants the names in one string, and ours is one name */
#define module_dir_try_load_missing(modules, dir, names, set, error_r) \
	module_dir_try_load_missing(modules, dir, *(names), set, error_r)
#define mail_storage_service_init(service, flags) \
	mail_storage_service_init(service, NULL, flags)

#endif

static inline void
compat_auth_user_info_init(struct auth_user_info *info, const char *protocol)
{
	i_zero(info);
#if DOVECOT_PREREQ(2, 4, 0)
	info->protocol = protocol;
#else
	info->service = protocol;
#endif
}

/* mail_storage_service_lookup() for a user whose plugin setting name has the
 * value, whatever the configuration and the userdb say. */
static inline int
compat_service_lookup(struct mail_storage_service_ctx *ctx,
		      struct mail_storage_service_input *input,
		      const char *name, const char *value,
		      struct mail_storage_service_user **user_r,
		      const char **error_r)
{
	int ret;
#if DOVECOT_PREREQ(2, 4, 0)
	const char *const overrides[] = {
		t_strconcat(name, "=", value, NULL), NULL
	};

	input->code_override_fields = overrides;
	ret = mail_storage_service_lookup(ctx, input, user_r, error_r);
	input->code_override_fields = NULL;
#else
	input->module = "mail";
	ret = mail_storage_service_lookup(ctx, input, user_r, error_r);
	if (ret > 0 && mail_storage_service_user_set_setting(*user_r,
			t_strconcat("plugin/", name, NULL), value,
			error_r) < 0)
		ret = -1;
#endif
	return ret;
}

#endif
