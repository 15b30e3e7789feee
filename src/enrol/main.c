/* SPDX-License-Identifier: MIT */
#include "enrol/enrol.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/crypto.h>

#define EXIT_REFUSED 1
#define EXIT_USAGE 2
#define SECURE_HEAP (256 * 1024)
#define SECURE_MIN 32
#define NONE { NULL, NULL, NULL, NULL }

static const char usage_text[] =
"usage: seal-enrol new [--days N] [--key KIND] [--dir DIR]\n"
"                      --address ADDRESS [--address ADDRESS ...] ISSUER.pem\n"
"       seal-enrol check [--test-mail MAIL.eml] [--dir DIR] ISSUED.pem\n"
"       seal-enrol pkcs12 [--dir DIR] [--passphrase-file FILE] [--name TEXT]\n"
"                      ISSUED.pem\n"
"       seal-enrol request [--key KIND] [--dir DIR] --nonce NONCE\n"
"                      --address ADDRESS [--address ADDRESS ...]\n"
"       seal-enrol new --server URL [LOGIN] [--days N] [--key KIND] [--label TEXT]\n"
"                      [--dir DIR] [--passphrase-file FILE] [--name TEXT]\n"
"       seal-enrol activate --server URL [LOGIN] --dir DIR CODE\n"
"       seal-enrol list --server URL [LOGIN]\n"
"       seal-enrol deactivate|delete --server URL [LOGIN] ID\n"
"       seal-enrol --help | --version\n"
"LOGIN: [--user NAME] [--password-file FILE] [--ca-file FILE]\n"
"\n"
"Makes the keys and certificates that your mail is encrypted and signed with. The\n"
"private key is made here and stays here.\n"
"\n"
"  new      makes your key, its request and your own certificates, for the\n"
"           ISSUER.pem that 'doveadm seal profile create' printed\n"
"  check    says whether ISSUED.pem, which the server sent back, is what you\n"
"           asked for; with --test-mail: opens the mail with the code, too\n"
"  pkcs12   makes of it the files that mail clients import\n"
"  request  makes a key and its request alone\n"
"\n"
"Where your mail server has a portal, --server does all of it with that:\n"
"\n"
"  new         makes the files for mail clients, and has a code mailed to you;\n"
"              with --dir: goes on with what is in the folder\n"
"  activate    says the code of that mail: your mail is encrypted from then on\n"
"  list        shows your profiles\n"
"  deactivate  ends the encryption of your mail\n"
"  delete      removes a profile from the server\n"
"\n"
"  --address ADDRESS       one of your mail addresses; the first one names you\n"
"  --ca-file FILE          the CAs that the server's certificate may be from\n"
"  --days N                how long it lasts: 2 to 1095 days, usually 730\n"
"  --dir DIR               the folder of your files, else ./mail-seal-ID\n"
"  --key KIND              rsa3072 (as if not given), rsa2048, rsa4096, p256\n"
"  --label TEXT            what you call the profile\n"
"  --name TEXT             what clients call the certificate, else your address\n"
"  --nonce NONCE           the number that the administrator told you\n"
"  --passphrase-file FILE  a passphrase of your own, else one is made\n"
"  --password-file FILE    that of your mailbox, else you are asked for it\n"
"  --server URL            https://NAME or https://NAME:PORT\n"
"  --test-mail MAIL.eml    a mail, saved as it came\n"
"  --user NAME             your user name, else you are asked for it\n"
"\n"
"A file called - is the standard input. See also seal-enrol(1).\n";

static const struct enrol_command commands[] = {
	{ "new", { "adDk", "a", "ISSUER.pem", enrol_cmd_new },
	  { "cdDklnpsuw", "", NULL, enrol_cmd_new_server } },
	{ "request", { "aDkN", "aN", NULL, enrol_cmd_request }, NONE },
	{ "check", { "Dt", "", "ISSUED.pem", enrol_cmd_check }, NONE },
	{ "pkcs12", { "Dnp", "", "ISSUED.pem", enrol_cmd_pkcs12 }, NONE },
	{ "activate", NONE, { "cDsuw", "sD", "CODE", enrol_cmd_activate } },
	{ "list", NONE, { "csuw", "s", NULL, enrol_cmd_list } },
	{ "deactivate", NONE, { "csuw", "s", "ID", enrol_cmd_deactivate } },
	{ "delete", NONE, { "csuw", "s", "ID", enrol_cmd_delete } }
};
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static const struct enrol_command *find_command(const char *name,
						struct seal_error *err)
{
	unsigned int i;

	for (i = 0; name != NULL && i < COMMAND_COUNT; i++) {
		if (strcmp(name, commands[i].name) == 0)
			return &commands[i];
	}
	if (name == NULL)
		(void)seal_error_set(err, SEAL_ERR_INPUT, "no command was "
				     "given");
	else
		(void)seal_error_set(err, SEAL_ERR_INPUT, "there is no "
				     "command %s", name);
	return NULL;
}

static int run(int argc, char **argv)
{
	const struct enrol_command *command;
	const struct enrol_form *form;
	struct enrol_args args;
	struct seal_error err;

	command = find_command(argc > 1 ? argv[1] : NULL, &err);
	if (command == NULL ||
	    enrol_args_read(command, argc - 1, argv + 1, &args, &form,
			    &err) < 0) {
		enrol_complain(err.text, "; see seal-enrol --help");
		return EXIT_USAGE;
	}
	if (form->run(&args, &err) < 0) {
		enrol_complain(err.text, "");
		return EXIT_REFUSED;
	}
	return EXIT_SUCCESS;
}

/* --help or --version as the only word. Whether it was. */
static bool tell(int argc, char **argv)
{
	if (argc != 2)
		return false;
	if (strcmp(argv[1], "--help") == 0)
		(void)fputs(usage_text, stdout);
	else if (strcmp(argv[1], "--version") == 0)
		(void)puts("seal-enrol " SEAL_VERSION);
	else
		return false;
	return true;
}

/* What is made here is for the user alone: no core files, nothing swapped out
 * where the system lets libcrypto lock its memory. And no file of ours gets the
 * number of a standard stream that is closed: writing to that fails. */
static int prepare(void)
{
	const struct rlimit none = { 0, 0 };
	int fd;

	do {
		fd = open("/dev/null", O_RDONLY);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0 || close(fd) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		return -1;
	(void)umask(S_IRWXG | S_IRWXO);
	/* failures that write() tells of, too */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)CRYPTO_secure_malloc_init(SECURE_HEAP, SECURE_MIN);
	return 0;
}

int main(int argc, char **argv)
{
	char out[BUFSIZ];
	int status;

	if (prepare() < 0) {
		enrol_complain("cannot switch core files off; nothing was "
			       "done", "");
		return EXIT_REFUSED;
	}
	/* a passphrase may pass through */
	(void)setvbuf(stdout, out, _IOFBF, sizeof(out));
	status = tell(argc, argv) ? EXIT_SUCCESS : run(argc, argv);
	if (fclose(stdout) != 0 && status == EXIT_SUCCESS) {
		enrol_complain("not everything could be printed", "");
		status = EXIT_REFUSED;
	}
	OPENSSL_cleanse(out, sizeof(out));
	return status;
}
