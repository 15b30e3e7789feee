/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "restrict-access.h"
#include "plugin/portal/ask.h"
#include "plugin/portal/chain.h"
#include "plugin/portal/gate.h"
#include "plugin/portal/login.h"
#include "plugin/portal/mail.h"
#include "plugin/portal/page.h"
#include "plugin/portal/server.h"
#include "plugin/portal/session.h"
#include "plugin/settings/compat.h"
#include "plugin/settings/portal.h"

#include "base/no-core.h"

/* mail-seal-portal: the page with which users make their profiles, and the API
 * behind it. Holds no key, and none passes through it; passwords do. */

/* The master ends a process that has nothing to do; but sessions live here. */
static bool may_die(void)
{
	return portal_sessions_are_empty() && portal_chains_are_empty();
}

int main(int argc, char *argv[])
{
	struct mail_seal_portal_settings set;
	const char *error;

	master_service = master_service_init("mail-seal-portal",
		MASTER_SERVICE_FLAG_UPDATE_PROCTITLE, &argc, &argv, "");
	if (master_getopt(master_service) > 0)
		return FATAL_DEFAULT;
	if (mail_seal_portal_settings_read(&set, &error) < 0)
		i_fatal("Invalid settings: %s", error);
	master_service_init_log_with_pid(master_service);
	restrict_access_by_env(RESTRICT_ACCESS_FLAG_ALLOW_ROOT, NULL);
	/* after the uid has changed, which allows it anew */
	if (seal_no_core() < 0)
		i_error("Core files cannot be switched off: %m");

	portal_gate_init(set.hosts);
	portal_ask_init(set.socket_path);
	portal_sessions_init();
	portal_login_init(set.base_dir);
	portal_mail_init(set.base_dir);
	portal_server_init();
	i_info("Page SHA-256: %s", seal_portal_page_sha256);
	master_service_set_idle_die_callback(master_service, may_die);
	master_service_set_die_callback(master_service, portal_server_drain);
	master_service_init_finish(master_service);
	master_service_run(master_service, portal_server_accept);

	portal_login_deinit();
	portal_mail_deinit();
	portal_server_deinit();
	portal_sessions_deinit();
	portal_chains_deinit();
	mail_seal_portal_settings_free(&set);
	master_service_deinit(&master_service);
	return 0;
}
