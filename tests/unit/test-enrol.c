/* SPDX-License-Identifier: MIT */

/* seal-enrol: the whole ceremony. What is refused is in test-enrol-refuse.c. */

#include <dirent.h>
#include "enrol-check.h"

static const char *const alice[] = { ALICE, ALICE2, NULL };
static const struct kind {
	const char *name, *described;
	const char *const *addresses;
} kinds[] = {
	{ "rsa3072", "RSA-3072", alice },
	{ "rsa2048", "RSA-2048", (const char *const[]) { ALICE, NULL } },
	{ "rsa4096", "RSA-4096", (const char *const[]) {
		"j\xc3\xbcrgen@example.org", ALICE, NULL } },
	{ "p256", "EC P-256", (const char *const[]) {
		"a-local-part-of-sixty-bytes-which-makes-a-long-common-name-x"
		"@example.org", NULL } }
};

static bool succeeds(const char *const *argv, const char *text,
		     const char *says)
{
	struct said said = run(text, argv);
	bool good = said.status == 0 &&
		(says == NULL || strstr(said.out, says) != NULL);

	if (!good)
		tap_note("%s %s: %d, %s%s", argv[0], argv[1], said.status,
			 said.out, said.complaint);
	said_free(&said);
	return good;
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) < 0 ? 0 : st.st_mode & (S_IFMT | 07777);
}

/* The folder holds count files, all for the user alone; and so many private
 * keys. */
static bool holds(const char *dir, unsigned int count, unsigned int keys)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	unsigned int files = 0, found = 0;
	bool good = mode_of(dir) == (S_IFDIR | 0700);
	char path[600], *text, *p;
	size_t len;

	while (d != NULL && (entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		good = good && mode_of(path) == (S_IFREG | 0600);
		files++;
		text = slurp(path, &len);
		for (p = text; p != NULL &&
		     (p = strstr(p, "PRIVATE KEY-----\n")) != NULL; p++)
			found++;
		free(text);
	}
	if (d != NULL)
		closedir(d);
	if (!good || files != count || found != 2 * keys)
		tap_note("%s: %u files, %u lines of keys", dir, files, found);
	return good && files == count && found == 2 * keys;
}

/* What openssl has to say of the files */
static bool openssl_likes(const char *dir, const char *kind)
{
	char script[] = "cd \"$0\" && openssl pkey -in key.pem -check -noout && "
		"openssl req -in request.pem -verify -noout && "
		"test \"$(openssl pkey -in key.pem -pubout)\" = "
		"\"$(openssl req -in request.pem -pubkey -noout)\" && "
		"openssl verify -x509_strict -purpose smimesign "
		"-CAfile root.pem -untrusted chain.pem ../issued.pem && "
		/* openssl's purpose smimeencrypt wants keyEncipherment even of
		 * EC keys, against RFC 8551 */
		"{ test \"$1\" = p256 || "
		"openssl verify -x509_strict -purpose smimeencrypt "
		"-CAfile root.pem -untrusted chain.pem ../issued.pem; }";
	const char *const argv[] = { "sh", "-c", script, dir, kind, NULL };

	return succeeds(argv, NULL, "../issued.pem: OK");
}

static void test_new(const struct kind *kind)
{
	const char *addresses[2] = {
		kind->addresses[0],
		kind->addresses[1] != NULL ? kind->addresses[1] : ALICE
	};
	unsigned int count = kind->addresses[1] != NULL ? 2 : 1;
	struct said said = count == 2 ?
		enrol(NULL, "new", "--key", kind->name, "--address",
		      addresses[0], "--address", addresses[1], "issuer.pem",
		      NULL) :
		enrol(NULL, "new", "issuer.pem", "--key", kind->name,
		      "--address", addresses[0], NULL);

	tap_ok(said.status == 0 && said.complaint[0] == '\0' &&
	       strstr(said.out, "\n    doveadm seal profile issue USER " ID_A
		      " chain.pem request.pem > issued.pem\n") != NULL &&
	       strstr(said.out, "\n    seal-enrol check --dir " DIR_A
		      " issued.pem\n") != NULL &&
	       holds(DIR_A, 4, 1), "%s: new", kind->name);
	said_free(&said);
}

static void test_check(const struct kind *kind)
{
	struct said said = enrol(NULL, "check", "issued.pem", NULL);
	const char *const argv[] = {
		"openssl", "x509", "-in", DIR_A "/root.pem", "-noout",
		"-fingerprint", "-sha256", NULL
	};
	struct said judge = run(NULL, argv);
	const char *fingerprint = strchr(judge.out, '=');
	bool good = said.status == 0 && said.complaint[0] == '\0' &&
		fingerprint != NULL && strstr(said.out, fingerprint + 1) &&
		strstr(said.out, kind->described) != NULL &&
		strstr(said.out, ID_A) != NULL &&
		strstr(said.out, "seal-enrol pkcs12 --dir " DIR_A
		       " issued.pem\n") != NULL;
	const char *const *address;

	for (address = kind->addresses; *address != NULL; address++)
		good = good && strstr(said.out, *address) != NULL;
	tap_ok(good, "%s: check", kind->name);
	tap_note("%s", line(said.out));
	said_free(&said);
	said_free(&judge);
	/* the chain in any order, on standard input, with text around */
	said = enrol("", "check", "--dir", DIR_A, "issued-turned.pem", NULL);
	tap_ok(said.status == 0, "%s: check: another order", kind->name);
	said_free(&said);
}

/* The key and three certificates come out of both files. */
static bool p12_opens(const char *file, const char *passphrase)
{
	char script[] = "openssl pkcs12 -in \"$0\" -passin stdin -nodes "
		"> .p12 && test $(grep -c BEGIN.CERTIFICATE .p12) = 3 && "
		"grep friendlyName .p12 && "
		"openssl pkey -in .p12 -outform DER | "
		"cmp - .key.der; r=$?; rm -f .p12; exit $r";
	const char *const key[] = {
		"openssl", "pkey", "-in", DIR_A "/key.pem", "-outform", "DER",
		"-out", ".key.der", NULL
	};
	const char *const argv[] = { "sh", "-c", script, file, NULL };

	return succeeds(key, NULL, NULL) && succeeds(argv, passphrase, NULL);
}

static bool p12_files_open(const char *passphrase)
{
	return p12_opens(DIR_A "/mail.p12", passphrase) &&
		p12_opens(DIR_A "/mail-compatible.p12", passphrase);
}

static void test_pkcs12(const struct kind *kind)
{
	struct said said = enrol(NULL, "pkcs12", "issued.pem", NULL);
	char *p = strstr(said.out, "\n\n    "), passphrase[64] = "";

	if (p != NULL)
		snprintf(passphrase, sizeof(passphrase), "%.*s",
			 (int)strcspn(p + 6, "\n"), p + 6);
	tap_ok(said.status == 0 && said.complaint[0] == '\0' &&
	       strlen(passphrase) == 19 && holds(DIR_A, 6, 1) &&
	       strstr(said.out, "\n    rm " DIR_A "/key.pem\n") != NULL &&
	       p12_files_open(passphrase), "%s: pkcs12", kind->name);
	said_free(&said);
}

/* A message as seald writes it: the header in front, the text sealed. */
static void make_mail(const char *text, const char *cipher, const char *cert)
{
	char script[] = "{ printf 'Return-Path: <>\\r\\nReceived: from a\\r\\n"
		"\\tby b\\r\\nFrom: seal@example.org\\r\\n"
		"To: alice@example.org\\r\\nSubject: Code\\r\\n'; "
		"printf \"$0\" | openssl cms -encrypt $1 \"$2\"; } > mail.eml";
	const char *const argv[] = {
		"sh", "-c", script, text, cipher, cert, NULL
	};

	if (!succeeds(argv, NULL, NULL))
		abort();
}

static void test_mail(const struct kind *kind)
{
	static const char *const ciphers[] = {
		"-aes256", "-aes128", "-aes-256-gcm"
	};
	struct said said;
	unsigned int i;

	for (i = 0; i < N(ciphers); i++) {
		make_mail("Content-Type: text/plain\\r\\n\\r\\nHello,\\r\\n"
			  "the Code: is below.\\r\\n\\r\\n"
			  "Code: ABCD-EFGH-JK\\r\\n\\r\\nBye\\r\\n", ciphers[i],
			  "issued.pem");
		said = enrol(NULL, "check", "--test-mail", "mail.eml",
			     "issued.pem", NULL);
		tap_ok(said.status == 0 && said.complaint[0] == '\0' &&
		       strncmp(said.out, "Code: ABCD-EFGH-JK\n", 19) == 0 &&
		       strstr(said.out, "\n    doveadm seal profile activate "
			      "USER " ID_A " ABCD-EFGH-JK\n") != NULL,
		       "%s: test mail: %s", kind->name, ciphers[i]);
		said_free(&said);
	}
}

static void test_ceremony(const struct kind *kind)
{
	struct server server;
	struct chain_der chain;
	const char *const clean[] = { "rm", "-rf", DIR_A, NULL };

	server_new(&server, ID_A, "issuer.pem");
	test_new(kind);
	tap_ok(server_issue(&server, DIR_A, kind->addresses, 730, &chain),
	       "%s: the server issues", kind->name);
	chain_write("issued.pem", &chain, "012");
	chain_write("issued-turned.pem", &chain, "210");
	tap_ok(openssl_likes(DIR_A, kind->name), "%s: openssl agrees", kind->name);
	test_check(kind);
	test_mail(kind);
	test_pkcs12(kind);
	(void)unlink(DIR_A "/key.pem");
	tap_ok(succeeds((const char *const[]) { program, "check", "issued.pem",
						NULL }, NULL, NULL),
	       "%s: check: without the key", kind->name);
	tap_ok(succeeds(clean, NULL, NULL), "%s: clean", kind->name);
	chain_free(&chain);
	EVP_PKEY_free(server.key);
}

/* Each of the user's own passphrases, and what is asked of the files. */
static void test_own_passphrase(void)
{
	static const struct {
		const char *name, *text, *passphrase, *complaint;
	} rows[] = {
		{ "one line", "correct horse battery\n",
		  "correct horse battery", "" },
		{ "no line end", "correct horse battery",
		  "correct horse battery", "" },
		{ "CRLF", "correct horse battery\r\nnext\n",
		  "correct horse battery", "" },
		{ "spaces count", " correct horse \n", " correct horse ", "" },
		{ "short", "horse\n", "horse", "is short" },
		{ "not ASCII", "b\xc3\xa4tterie-und-pferd\n",
		  "b\xc3\xa4tterie-und-pferd", "not ASCII" }
	};
	unsigned int i;

	for (i = 0; i < 2 * N(rows); i++) {
		bool input = i % 2 == 1;
		struct said said;

		(void)unlink(DIR_A "/mail.p12");
		(void)unlink(DIR_A "/mail-compatible.p12");
		spit("passphrase", rows[i / 2].text, strlen(rows[i / 2].text));
		said = enrol(input ? rows[i / 2].text : NULL, "pkcs12",
			     "--passphrase-file", input ? "-" : "passphrase",
			     "--name", "Alice's mail", "issued.pem", NULL);
		tap_ok(said.status == 0 &&
		       strstr(said.complaint, rows[i / 2].complaint) != NULL &&
		       (rows[i / 2].complaint[0] != '\0' ||
			said.complaint[0] == '\0') &&
		       strstr(said.out, rows[i / 2].passphrase) == NULL &&
		       p12_files_open(rows[i / 2].passphrase),
		       "passphrase: %s%s", rows[i / 2].name,
		       input ? ", standard input" : "");
		said_free(&said);
	}
}

/* Every file that is opened for writing, of all calls that could */
static bool writes_only(const char *trace, const char *const *names)
{
	static const char *const changes[] = {
		"O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "rename", " link(",
		"symlink(", "symlinkat(", " linkat("
	};
	size_t len;
	char *text = slurp(trace, &len), *p, *end;
	bool good = text != NULL, change;
	unsigned int i, found = 0;

	for (p = text; p != NULL && *p != '\0'; p = end + 1) {
		end = strchr(p, '\n');
		if (end == NULL)
			break;
		*end = '\0';
		change = false;
		for (i = 0; i < N(changes); i++)
			change = change || strstr(p, changes[i]) != NULL;
		if (!change || strstr(p, "\"/dev/null\"") != NULL)
			continue;
		for (i = 0; names[i] != NULL && strstr(p, names[i]) == NULL;)
			i++;
		if (names[i] == NULL || strstr(p, "O_EXCL") == NULL ||
		    strstr(p, "O_NOFOLLOW") == NULL ||
		    strstr(p, "0600") == NULL) {
			tap_note("%s", p);
			good = false;
		}
		found++;
	}
	for (i = 0; names[i] != NULL; i++)
		found--;
	free(text);
	return good && found == 0;
}

static void trace(const char *name, const char *const *command,
		  const char *const *files)
{
	const char *argv[ARGS_MAX] = {
		/* which does not work below strace */
		"env", "ASAN_OPTIONS=detect_leaks=0",
		"strace", "-f", "-o", "trace", "-e",
		"trace=file,prlimit64,setrlimit,execve,connect", program
	};
	const char *const probe[] = { "strace", "-o", "/dev/null", "true",
				      NULL };
	struct said said = run(NULL, probe);
	unsigned int n = 9;
	size_t len;
	char *text;

	if (said.status != 0) {
		said_free(&said);
		tap_skip("strace does not run here", "%s writes", name);
		return;
	}
	said_free(&said);
	while (*command != NULL)
		argv[n++] = *command++;
	said = run(NULL, argv);
	text = slurp("trace", &len);
	tap_ok(said.status == 0 && writes_only("trace", files) &&
	       strstr(text, "RLIMIT_CORE, {rlim_cur=0, rlim_max=0}") != NULL &&
	       strstr(text, "connect(") == NULL,
	       "%s writes its files, once, and no core", name);
	free(text);
	said_free(&said);
}

static void test_traces(void)
{
	static const char *const new[] = {
		"new", "--dir", "traced", "--address", ALICE, "issuer.pem", NULL
	};
	static const char *const new_files[] = {
		"\"key.pem\"", "\"request.pem\"", "\"chain.pem\"",
		"\"root.pem\"", NULL
	};
	static const char *const pkcs12[] = { "pkcs12", "issued.pem", NULL };
	static const char *const pkcs12_files[] = {
		"\"mail.p12\"", "\"mail-compatible.p12\"", NULL
	};

	trace("new", new, new_files);
	(void)unlink(DIR_A "/mail.p12");
	(void)unlink(DIR_A "/mail-compatible.p12");
	trace("pkcs12", pkcs12, pkcs12_files);
}

/* A key and a request alone, for a chain that was made elsewhere */
static void test_request(const struct server *server)
{
	struct said said = enrol(NULL, "request", "--nonce", server->nonce,
				 "--key", "p256", "--address", ALICE, NULL);
	static const char *const one[] = { ALICE, NULL };
	struct chain_der chain = { .count = 0 };

	tap_ok(said.status == 0 && said.complaint[0] == '\0' &&
	       strstr(said.out, "\n    seal-enrol check --dir mail-seal "
		      "issued.pem\n") != NULL &&
	       holds("mail-seal", 2, 1), "request");
	said_free(&said);
	tap_ok(succeeds((const char *const[]) { "cp", DIR_A "/chain.pem",
						DIR_A "/root.pem", "mail-seal",
						NULL }, NULL, NULL) &&
	       server_issue(server, "mail-seal", alice, 730, &chain),
	       "request: the server issues");
	chain_write("other.pem", &chain, "012");
	chain_free(&chain);
	refused("request: check, with another address",
		enrol(NULL, "check", "--dir", "mail-seal", "other.pem", NULL),
		"other.pem is for alice@example.org, a.liddell@example.org, "
		"which is not what was asked for; ask");
	tap_ok(server_issue(server, "mail-seal", one, 730, &chain),
	       "request: the server issues again");
	chain_write("other.pem", &chain, "012");
	chain_free(&chain);
	tap_ok(succeeds((const char *const[]) { program, "check", "--dir",
						"mail-seal", "other.pem",
						NULL }, NULL, ALICE),
	       "request: check");
}

static void test_words(void)
{
	struct said said = enrol(NULL, "--help", NULL);

	tap_ok(said.status == 0 && said.complaint[0] == '\0' &&
	       strncmp(said.out, "usage: seal-enrol new", 21) == 0, "--help");
	said_free(&said);
	said = enrol(NULL, "--version", NULL);
	tap_ok(said.status == 0 && said.complaint[0] == '\0' &&
	       strncmp(said.out, "seal-enrol ", 11) == 0, "--version: %s",
	       line(said.out));
	said_free(&said);
	said = enrol(NULL, "new", "--days", "2", "--key", "p256", "--dir",
		     "Alice's new mail", "--address", ALICE, "issuer.pem",
		     NULL);
	tap_ok(said.status == 0 &&
	       strstr(said.out, "\n    seal-enrol check --dir "
		      "'Alice'\\''s new mail' issued.pem\n") != NULL &&
	       holds("Alice's new mail", 4, 1), "a folder with spaces");
	said_free(&said);
}

int main(void)
{
	struct server server;
	struct chain_der chain = { .count = 0 };
	struct said said;
	unsigned int i;

	enrol_begin();
	for (i = 0; i < N(kinds); i++)
		test_ceremony(&kinds[i]);
	server_new(&server, ID_A, "issuer.pem");
	said = enrol(NULL, "new", "--key", "rsa2048", "--days", "100",
		     "--address", ALICE, "--address", ALICE2, "issuer.pem",
		     NULL);
	said_free(&said);
	tap_ok(server_issue(&server, DIR_A, alice, 100, &chain),
	       "--days are those of the certificates");
	chain_write("issued.pem", &chain, "012");
	chain_free(&chain);
	test_own_passphrase();
	test_traces();
	test_request(&server);
	test_words();
	EVP_PKEY_free(server.key);
	return enrol_end();
}
