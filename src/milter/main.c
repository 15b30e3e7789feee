/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>
#include <libmilter/mfapi.h>
#include "base/error.h"
#include "base/no-core.h"
#include "milter/callbacks.h"
#include "milter/log.h"
#include "milter/options.h"

#define EXIT_USAGE 2

/* Of one event, in bytes. libmilter's own limit, 64 kB, is less than a field of a
 * header may have with Postfix. */
#define EVENT_MAX (4 * 1024 * 1024)

static const char usage_text[] =
"usage: seal-milter --listen SPEC --seald PATH [--unsigned-replies accept|reject]\n"
"                   [--max-size MB] [--user NAME] [--pid-file FILE]\n"
"       seal-milter --help | --version\n"
"\n"
"A milter for Postfix's submission service: opens the encrypted replies of users\n"
"who have signed in. It stays in the foreground.\n"
"\n"
"  --listen SPEC       where Postfix asks: unix:/path, or inet:port@localhost.\n"
"                      Whoever may connect may act as any user: the UNIX\n"
"                      socket is for its user and group, and inet for loopback\n"
"                      on a machine that has no other users\n"
"  --max-size MB       of an encrypted message, else 100\n"
"  --pid-file FILE     where its process id is written\n"
"  --seald PATH        seald's socket: mail-seal-open in Dovecot's base_dir\n"
"  --unsigned-replies  an encrypted reply that the user did not sign: accept (as if\n"
"                      not given), or reject\n"
"  --user NAME         whom to become when it is started as root\n"
"\n"
"See also seal-milter(8).\n";

static int fail(const char *what, struct seal_error *err)
{
	return seal_error_set(err, SEAL_ERR_IO, "%s: %s", what,
			      strerror(errno));
}

static int become(const char *name, struct seal_error *err)
{
	const struct passwd *user = getpwnam(name);

	if (user == NULL)
		return seal_error_set(err, SEAL_ERR_NOTFOUND,
				      "there is no user %s", name);
	if (geteuid() == user->pw_uid)
		return 0;
	if (initgroups(name, user->pw_gid) < 0 || setgid(user->pw_gid) < 0 ||
	    setuid(user->pw_uid) < 0)
		return fail(name, err);
	if (user->pw_uid != 0 && setuid(0) == 0)
		return seal_error_set(err, SEAL_ERR_IO, "still root");
	return 0;
}

static int write_pid(const char *path, struct seal_error *err)
{
	FILE *file = fopen(path, "we");
	bool written;

	if (file == NULL)
		return fail(path, err);
	written = fprintf(file, "%ld\n", (long)getpid()) > 0;
	if (fclose(file) != 0 || !written)
		return fail(path, err);
	return 0;
}

/* No core file, no debugger: content keys pass through. It is undone by a change of
 * the user, so it comes after that. */
static int close_up(struct seal_error *err)
{
	if (seal_no_core() < 0)
		return fail("cannot switch core files off", err);
	return 0;
}

static int serve(const struct milter_options *options, struct seal_error *err)
{
	/* the socket is for the user and the group */
	(void)umask(S_IRWXO);
	if ((options->pid_file != NULL &&
	     write_pid(options->pid_file, err) < 0) ||
	    (options->user != NULL && become(options->user, err) < 0) ||
	    close_up(err) < 0)
		return -1;
	(void)smfi_setmaxdatasize(EVENT_MAX);
	if (milter_register(options) < 0)
		return seal_error_memory(err);
	if (smfi_setconn((char *)options->listen) != MI_SUCCESS ||
	    smfi_opensocket(true) != MI_SUCCESS)
		return seal_error_set(err, SEAL_ERR_IO, "cannot listen on %s; "
			"libmilter says in syslog why", options->listen);
	milter_log(LOG_INFO, "listening on %s", options->listen);
	if (smfi_main() != MI_SUCCESS)
		return seal_error_set(err, SEAL_ERR_IO, "libmilter failed, and "
				      "says in syslog why");
	return 0;
}

static int run(int argc, char **argv)
{
	struct milter_options options;
	struct seal_error err;

	milter_log_open();
	if (milter_options_read(argc, argv, &options, &err) < 0) {
		milter_log(LOG_ERR, "%s; see seal-milter --help", err.text);
		return EXIT_USAGE;
	}
	if (serve(&options, &err) < 0) {
		milter_log(LOG_ERR, "%s", err.text);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return fputs(usage_text, stdout) < 0;
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return puts("seal-milter " SEAL_VERSION) < 0;
	return run(argc, argv);
}
