/* SPDX-License-Identifier: MIT */

/* seal-enrol: its own files. Nothing is overwritten, nothing is left of what
 * failed, and what was changed meanwhile is not used. */

#include "enrol-check.h"

/* Nothing that is there is touched, and nothing is added to it. */
static void test_nothing_overwritten(void)
{
	static const char *const names[] = {
		"key.pem", "request.pem", "chain.pem", "root.pem"
	};
	char path[64], *text, say[100];
	unsigned int i, j, left;
	size_t len;

	for (i = 0; i < 2 * N(names); i++) {
		bool is_link = i % 2 == 1;
		const char *name = names[i / 2];

		if (mkdir("taken", 0700) < 0)
			abort();
		snprintf(path, sizeof(path), "taken/%s", name);
		if (!is_link)
			spit(path, "mine", 4);
		else if (symlink("../elsewhere", path) < 0)
			abort();
		snprintf(say, sizeof(say), "there is a %s in the folder taken",
			 name);
		refused(is_link ? "a link is in the way" :
			"a file is in the way",
			enrol(NULL, "new", "--key", "p256", "--dir", "taken",
			      "--address", ALICE, "issuer.pem", NULL), say);
		text = is_link ? NULL : slurp(path, &len);
		(void)unlink(path);
		left = 0;
		for (j = 0; j < N(names); j++) {
			snprintf(path, sizeof(path), "taken/%s", names[j]);
			left += exists(path);
		}
		tap_ok(!exists("elsewhere") && left == 0 &&
		       (is_link || strcmp(text, "mine") == 0),
		       "%s: it is as it was", name);
		free(text);
		if (rmdir("taken") < 0)
			abort();
	}
	refused("the same again",
		enrol(NULL, "new", "--address", ALICE, "issuer.pem", NULL),
		"nothing is overwritten");
}

static void test_folders(void)
{
	spit("file", "", 0);
	refused("folder: a file",
		enrol(NULL, "new", "--key", "p256", "--dir", "file",
		      "--address", ALICE, "issuer.pem", NULL),
		"cannot open the folder file");
	refused("folder: no parent",
		enrol(NULL, "new", "--key", "p256", "--dir", "none/new",
		      "--address", ALICE, "issuer.pem", NULL),
		"cannot make the folder none/new");
	if (mkdir("open", 0700) < 0 || chmod("open", 0775) < 0)
		abort();
	refused("folder: others may write",
		enrol(NULL, "new", "--key", "p256", "--dir", "open",
		      "--address", ALICE, "issuer.pem", NULL),
		"others may write to the folder open");
	if (geteuid() != 0)
		refused("folder: somebody else's",
			enrol(NULL, "new", "--key", "p256", "--dir", "/",
			      "--address", ALICE, "issuer.pem", NULL),
			"belongs to somebody else");
	if (rmdir("open") < 0)
		tap_ok(false, "folder: something was written");
	/* a disk that is full at each file: 512 bytes are a block */
	refused("folder: full",
		run(NULL, (const char *const[]) { "sh", "-c",
			"ulimit -f 1; exec \"$0\" \"$@\"", program, "new",
			"--key", "rsa4096", "--dir", "full", "--address",
			ALICE, "issuer.pem", NULL }),
		"cannot write ");
	tap_ok(!exists("full"), "folder: full: nothing is left");
}

/* The folder is not what it was. */
static void test_folder_changed(void)
{
	static const struct {
		const char *name, *script, *complaint;
	} rows[] = {
		{ "no folder", "rm -r x", "there is no folder x here" },
		{ "no request", "rm x/request.pem",
		  "there is no request.pem in the folder x" },
		{ "no chain", "rm x/chain.pem", "there is no chain.pem" },
		{ "no root", "rm x/root.pem", "there is no root.pem" },
		{ "no key", "rm x/key.pem", "there is no key.pem" },
		{ "another root", "cp " DIR_B "/root.pem x",
		  "root.pem is not the root of chain.pem" },
		{ "another chain", "cp " DIR_B "/chain.pem x",
		  "root.pem is not the root of chain.pem" },
		{ "another chain and root",
		  "cp " DIR_B "/chain.pem " DIR_B "/root.pem x",
		  "the root certificate that was made here is not in it" },
		{ "another key", "cp " DIR_B "/key.pem x",
		  "key.pem is damaged, or not the key of request.pem" },
		{ "another request", "cp " DIR_B "/request.pem x",
		  "it is for another key than the one made here" },
		{ "a key instead of a request", "cp x/key.pem x/request.pem",
		  "request.pem: it holds a private key" },
		{ "a request instead of a key", "cp x/request.pem x/key.pem",
		  "key.pem: it holds CERTIFICATE REQUEST where PRIVATE KEY" },
		{ "a damaged key", "sed -i '3s/^...../AAAAA/' x/key.pem",
		  "key.pem is damaged, or not the key of request.pem" },
		{ "no certificates", ": > x/chain.pem",
		  "chain.pem: no certificate" },
		{ "one certificate", "cp x/root.pem x/chain.pem",
		  "chain.pem does not hold an issuer and a root" },
		{ "others may write", "chmod o+w x",
		  "others may write to the folder x" },
		{ "a p12 is there", "echo mine > x/mail.p12",
		  "there is a mail.p12 in the folder x" },
		{ "the other p12 is there", "echo mine > x/mail-compatible.p12",
		  "there is a mail-compatible.p12 in the folder x" },
		{ "no room", "ulimit -f 1", "cannot write mail.p12" },
		{ "nobody sees the passphrase", "exec >/dev/full",
		  "the passphrase could not be printed; the files were" },
		{ "nobody reads the passphrase", "exec >&-",
		  "the passphrase could not be printed; the files were" }
	};
	char script[400];
	const char *const argv[] = {
		"sh", "-c", script, "sh", program, "pkcs12", "--dir", "x",
		"issued.pem", NULL
	};
	const char *const left[] = {
		"sh", "-c", "cat x/*.p12 2>/dev/null; rm -rf x", NULL
	};
	struct said said;
	unsigned int i;

	for (i = 0; i < N(rows); i++) {
		snprintf(script, sizeof(script), "cp -r " DIR_A " x; %s; "
			 "exec \"$@\"", rows[i].script);
		refused(rows[i].name, run(NULL, argv), rows[i].complaint);
		said = run(NULL, left);
		tap_ok(said.out[0] == '\0' || strcmp(said.out, "mine\n") == 0,
		       "%s: no file is left", rows[i].name);
		said_free(&said);
	}
}

static void test_passphrases(void)
{
	static const struct {
		const char *name, *text, *complaint;
	} rows[] = {
		{ "empty", "", "the passphrase is empty" },
		{ "an empty line", "\nsecond\n", "the passphrase is empty" },
		{ "not UTF-8", "secret \xff\xfe horse\n",
		  "the passphrase is not UTF-8" }
	};
	unsigned int i;

	for (i = 0; i < N(rows); i++) {
		refused(rows[i].name,
			enrol(rows[i].text, "pkcs12", "--passphrase-file", "-",
			      "issued.pem", NULL), rows[i].complaint);
	}
	spit("nul", "a\0b\n", 4);
	refused("a NUL byte", enrol(NULL, "pkcs12", "--passphrase-file", "nul",
				    "issued.pem", NULL), "NUL byte");
	refused("no file", enrol(NULL, "pkcs12", "--passphrase-file", "none",
				 "issued.pem", NULL), "cannot open none");
	refused("a name that is not UTF-8",
		enrol(NULL, "pkcs12", "--name", "\xff", "issued.pem", NULL),
		"the name is not UTF-8");
	tap_ok(!exists(DIR_A "/mail.p12"), "no mail.p12 is left");
}

int main(void)
{
	struct server server_a, server_b;
	struct chain_der a, b;

	enrol_begin();
	server_enrol(&server_a, ID_A, DIR_A, &a);
	server_enrol(&server_b, ID_B, DIR_B, &b);
	chain_write("issued.pem", &a, "012");
	test_nothing_overwritten();
	test_folders();
	test_folder_changed();
	test_passphrases();
	chain_free(&a);
	chain_free(&b);
	EVP_PKEY_free(server_a.key);
	EVP_PKEY_free(server_b.key);
	return enrol_end();
}
