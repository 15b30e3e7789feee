/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "child-wait.h"
#include "net.h"
#include "restrict-access.h"
#include "plugin/seald/connection.h"
#include "plugin/seald/keeper.h"
#include "plugin/seald/master-key.h"
#include "plugin/settings/compat.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/no-core.h"

/* The folder is root's to make, since <state_dir> is root's; what is below it is
 * made without privileges. An existing folder is left as it is. */
static void make_folder(const char *path)
{
	struct restrict_access_settings set;
	int fd;

	restrict_access_get_env(&set);
	if (mkdir(path, 0700) < 0) {
		if (errno != EEXIST)
			i_error("mkdir(%s) failed: %m", path);
		return;
	}
	if (geteuid() != 0)
		return;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchown(fd, set.uid, set.gid) < 0)
		i_error("chown(%s) failed: %m", path);
	i_close_fd(&fd);
}

/* What a socket is for follows from what comes after the last '-' or '/' of its
 * name: mail-seal, mail-seal-sign, mail-seal-open, mail-seal-admin,
 * mail-seal-portal. -1: nothing we know. */
static int find_listener(const struct master_service_connection *conn,
			 enum seald_listener *listener_r)
{
	const char *name = conn->name, *p;

	if (*name == '\0' && net_getunixname(conn->listen_fd, &name) < 0)
		return -1;
	p = strrchr(name, '/');
	if (p != NULL)
		name = p + 1;
	p = strrchr(name, '-');
	if (p != NULL)
		name = p + 1;
	if (strcmp(name, "seal") == 0)
		*listener_r = SEALD_LISTENER_SEAL;
	else if (strcmp(name, "sign") == 0)
		*listener_r = SEALD_LISTENER_SIGN;
	else if (strcmp(name, "open") == 0)
		*listener_r = SEALD_LISTENER_OPEN;
	else if (strcmp(name, "admin") == 0)
		*listener_r = SEALD_LISTENER_ADMIN;
	else if (strcmp(name, "portal") == 0)
		*listener_r = SEALD_LISTENER_PORTAL;
	else
		return -1;
	return 0;
}

static void client_connected(struct master_service_connection *conn)
{
	enum seald_listener listener;

	if (find_listener(conn, &listener) < 0) {
		i_error("Listener \"%s\": its name has to end in -seal, -sign, "
			"-open, -admin or -portal", conn->name);
		return;
	}
	master_service_client_connection_accept(conn);
	seald_connection_new(conn->fd, listener);
}

int main(int argc, char *argv[])
{
	const enum master_service_flags flags =
		MASTER_SERVICE_FLAG_NO_SSL_INIT |
		MASTER_SERVICE_FLAG_UPDATE_PROCTITLE;
	const char *error, *state_dir, *folder;

	master_service = master_service_init("mail-seal", flags,
					     &argc, &argv, "");
	if (master_getopt(master_service) > 0)
		return FATAL_DEFAULT;
	if (master_service_settings_read_simple(master_service, &error) < 0)
		i_fatal("Error reading configuration: %s", error);
	master_service_init_log_with_pid(master_service);

	state_dir = master_service_get_service_settings(
		master_service)->state_dir;
	folder = t_strconcat(state_dir, "/mail-seal", NULL);
	make_folder(folder);
	seald_master_key_init(state_dir);
	restrict_access_by_env(RESTRICT_ACCESS_FLAG_ALLOW_ROOT, NULL);
	if (seal_no_core() < 0)
		i_error("Core files cannot be switched off: %m");

	child_wait_init();
	seald_connections_init();
	seald_keeper_init(folder);
	master_service_set_die_callback(master_service, seald_connections_drain);
	master_service_init_finish(master_service);
	master_service_run(master_service, client_connected);

	seald_connections_deinit();
	seald_keeper_deinit();
	seald_master_key_deinit();
	child_wait_deinit();
	master_service_deinit(&master_service);
	return 0;
}
