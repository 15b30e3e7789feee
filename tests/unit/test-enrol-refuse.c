/* SPDX-License-Identifier: MIT */

/* seal-enrol: what it refuses of what it is told and given. Its own files are in
 * test-enrol-files.c. */

#include "enrol-check.h"

#define LONG "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const char *const addresses[] = { ALICE, NULL };
static struct server server_a, server_b;
static struct chain_der a, b;

static void test_usage(void)
{
	static const struct {
		const char *words[6], *complaint;
	} rows[] = {
		{ { NULL }, "no command was given" },
		{ { "enrol" }, "there is no command enrol" },
		{ { "--help", "me" }, "there is no command --help" },
		{ { "new" }, "ISSUER.pem is missing" },
		{ { "new", "issuer.pem" }, "--address is missing" },
		{ { "new", "--address", ALICE }, "ISSUER.pem is missing" },
		{ { "new", "--address", ALICE, "x", "y" },
		  "y is one word too many" },
		{ { "new", "--address" }, "something has to follow --address" },
		{ { "new", "--address", "" }, "--address is empty" },
		{ { "new", "--passphrase", "secret", "x" },
		  "new does not take --passphrase-file" },
		{ { "new", "--days", "1", "x" }, "--days takes 2 to 1095" },
		{ { "new", "--days", "1096", "x" }, "--days takes 2 to 1095" },
		{ { "new", "--days", "-3", "x" }, "--days takes 2 to 1095" },
		{ { "new", "--days", "99999999999999999999999", "x" },
		  "--days takes 2 to 1095" },
		{ { "new", "--days", "30d", "x" }, "--days takes 2 to 1095" },
		{ { "new", "--key", "rsa1024", "x" }, "--key takes rsa3072" },
		{ { "new", "--nonce", "1", "x" }, "new does not take --nonce" },
		{ { "new", "-x" }, "there is no option -x" },
		{ { "request", "--nonce", "1" }, "--address is missing" },
		{ { "request", "--address", ALICE }, "--nonce is missing" },
		{ { "request", "--address", ALICE, "--nonce", "1", "x" },
		  "x is one word too many" },
		{ { "check" }, "ISSUED.pem is missing" },
		{ { "check", "--days", "9", "x" }, "check does not take" },
		{ { "check", "--test-mail", "-", "-" }, "only one file can" },
		{ { "pkcs12" }, "ISSUED.pem is missing" },
		{ { "pkcs12", "--test-mail", "x", "y" },
		  "pkcs12 does not take --test-mail" },
		{ { "pkcs12", "--passphrase-file", "-", "-" },
		  "only one file can" }
	};
	const char *argv[8] = { program };
	struct said said;
	unsigned int i, j;

	for (i = 0; i < N(rows); i++) {
		for (j = 0; j < N(rows[i].words); j++)
			argv[1 + j] = rows[i].words[j];
		argv[1 + j] = NULL;
		said = run(NULL, argv);
		tap_ok(complained(&said, 2, rows[i].complaint) &&
		       strstr(said.complaint, "; see seal-enrol --help\n"),
		       "usage: %s", line(said.complaint));
		said_free(&said);
	}
}

static void test_issuer_file(void)
{
	static const char begin[] = "-----BEGIN CERTIFICATE REQUEST-----\n";
	static const char unchanged[] =
		"has to be what 'doveadm seal profile create' printed";
	char *text, *twice, *p;
	size_t len;

	(void)unlink("new.pem");
	refused("issuer: no file",
		enrol(NULL, "new", "--address", ALICE, "new.pem", NULL),
		"cannot open new.pem: No such file");
	refused("issuer: a folder",
		enrol(NULL, "new", "--address", ALICE, ".", NULL),
		"cannot read .: ");
	refused("issuer: empty standard input",
		enrol("", "new", "--address", ALICE, "-", NULL), unchanged);
	refused("issuer: text",
		enrol("Hello\n", "new", "--address", ALICE, "-", NULL),
		unchanged);
	refused("issuer: a certificate",
		enrol(NULL, "new", "--address", ALICE, DIR_A "/root.pem", NULL),
		"it holds CERTIFICATE where CERTIFICATE REQUEST belongs");
	refused("issuer: a private key",
		enrol(NULL, "new", "--address", ALICE, DIR_A "/key.pem", NULL),
		"it holds a private key");
	refused("issuer: the user's own request",
		enrol(NULL, "new", "--address", ALICE, DIR_A "/request.pem",
		      NULL), unchanged);
	text = slurp("issuer.pem", &len);
	twice = calloc(1, 2 * len + 1);
	sprintf(twice, "%s%s", text, text);
	refused("issuer: two",
		enrol(twice, "new", "--address", ALICE, "-", NULL),
		"more than one CERTIFICATE REQUEST");
	p = strstr(text, begin) + strlen(begin) + 120;
	*p = *p == 'A' ? 'B' : 'A';
	refused("issuer: altered",
		enrol(text, "new", "--address", ALICE, "-", NULL), unchanged);
	free(text);
	free(twice);
	refused("issuer: endless",
		enrol(NULL, "new", "--address", ALICE, "/dev/zero", NULL),
		"larger than 4 MB");
}

static void test_addresses(void)
{
	static const char *const rows[] = {
		"alice", "alice@", "@example.org", "a@b@c", "a b@c.d",
		"a@b.c\nBcc: d@e.f", "alice@b\xc3\xbc" "cher.example",
		"\xff@example.org",
		LONG LONG LONG LONG LONG "@example.org"
	};
	unsigned int i;

	for (i = 0; i < N(rows); i++) {
		refused("address", enrol(NULL, "new", "--key", "p256", "--dir",
					 "new", "--address", ALICE, "--address",
					 rows[i], "issuer.pem", NULL), "a");
	}
	tap_ok(!exists("new"), "address: no folder is left");
	refused("nonce", enrol(NULL, "request", "--key", "p256", "--dir", "new",
			       "--address", ALICE, "--nonce", "a b", NULL),
		"nonce");
	tap_ok(!exists("new"), "nonce: no folder is left");
}

/* ISSUED.pem, by the order of certificates out of these six: user, issuer and
 * root of A (012) and of B (345) */
static void test_issued(void)
{
	static const struct {
		const char *name, *order, *complaint;
	} rows[] = {
		{ "foreign", "345", "the root certificate that was made here "
		  "is not in it; do not install it" },
		{ "foreign user", "312", "user certificate: it is for another "
		  "key than the one made here; do not install it" },
		{ "foreign issuer", "042", "the issuer certificate that was "
		  "made here is not in it" },
		{ "foreign root", "015", "the root certificate that was made "
		  "here is not in it" },
		{ "no root", "01", "the root certificate" },
		{ "no issuer", "02", "there is no issuer certificate of "
		  "mail_seal in it" },
		{ "the user alone", "0", "there is no issuer certificate" },
		{ "no user", "12", "your own certificate is not in it" },
		{ "one more", "0123", "there are 4 certificates in it where "
		  "three belong" },
		{ "one twice", "0012", "there are 4 certificates" },
		{ "the root twice", "0122", "there are 4 certificates" },
		{ "nine", "012012012", "more than 8 certificates" },
		{ "none", "", "no certificate in the PEM file" }
	};
	unsigned int i, j;

	for (i = 0; i < N(rows); i++) {
		struct seal_buf pem = SEAL_BUF_INIT;
		struct seal_error err;
		const struct seal_buf *der;

		for (j = 0; rows[i].order[j] != '\0'; j++) {
			der = rows[i].order[j] < '3' ?
				&a.cert[rows[i].order[j] - '0'] :
				&b.cert[rows[i].order[j] - '3'];
			if (seal_pem_append(&pem, SEAL_PEM_CERTIFICATE,
					    der->data, der->len, &err) < 0)
				abort();
		}
		spit("issued.pem", pem.data, pem.len);
		seal_buf_free(&pem);
		refused(rows[i].name, enrol(NULL, "check", "--dir", DIR_A,
					    "issued.pem", NULL),
			rows[i].complaint);
		refused(rows[i].name, enrol(NULL, "pkcs12", "--dir", DIR_A,
					    "issued.pem", NULL),
			rows[i].complaint);
	}
	tap_ok(!exists(DIR_A "/mail.p12") &&
	       !exists(DIR_A "/mail-compatible.p12"),
	       "no mail.p12 of what is refused");
}

/* Each byte of the certificate counts. */
static void test_altered(void)
{
	struct seal_buf *user = &a.cert[0];
	bool good = true;
	size_t i;

	for (i = 0; i < user->len; i += user->len / 40) {
		struct said said;

		user->data[i] ^= 1;
		chain_write("issued.pem", &a, "012");
		user->data[i] ^= 1;
		said = enrol(NULL, "check", "issued.pem", NULL);
		if (!complained(&said, 1, "; do not install it")) {
			tap_note("byte %zu: %d %s", i, said.status,
				 said.complaint);
			good = false;
		}
		said_free(&said);
	}
	tap_ok(good, "altered");
	chain_write("issued.pem", &a, "012");
}

/* Certificates that are in order, of another time */
static void test_dates(const char *name, int days_ago, const char *complaint)
{
	struct seal_buf request = SEAL_BUF_INIT;
	struct chain_der chain = { .count = 3 };
	struct seal_error err;
	const char *const copy[] = {
		"sh", "-c", "cp " DIR_A "/*.pem dated", NULL
	};
	struct said said;
	char *text;
	size_t len;
	time_t then = time(NULL) - (time_t)days_ago * 24 * 60 * 60;
	struct seal_terms terms = {
		.profile_id = ID_A, .nonce = server_a.nonce,
		.issuer_key = server_a.key, .addresses = addresses, .days = 30,
		.created = then, .now = then
	};
	struct seal_der_input root, issuer, asked;
	struct seal_buf ask = SEAL_BUF_INIT;

	if (mkdir("dated", 0700) < 0)
		abort();
	said = run(NULL, copy);
	said_free(&said);
	text = slurp("dated/request.pem", &len);
	if (seal_issuer_request(server_a.key, ID_A, server_a.nonce, &ask,
				&err) < 0 ||
	    seal_root_make(ask.data, ask.len, then, 30, &chain.cert[2],
			   &chain.cert[1], &err) < 0 ||
	    seal_pem_read("x", SEAL_PEM_REQUEST, text, len, &request, &err) < 0)
		abort();
	root.data = chain.cert[2].data;
	root.len = chain.cert[2].len;
	issuer.data = chain.cert[1].data;
	issuer.len = chain.cert[1].len;
	asked.data = request.data;
	asked.len = request.len;
	if (seal_issue_user(&terms, &root, &issuer, &asked, &chain.cert[0],
			    &err) < 0)
		abort();
	chain_write("dated/chain.pem", &chain, "12");
	chain_write("dated/root.pem", &chain, "2");
	chain_write("dated.pem", &chain, "012");
	refused(name, enrol(NULL, "check", "--dir", "dated", "dated.pem",
			    NULL), complaint);
	said = run(NULL, (const char *const[]) { "rm", "-r", "dated", NULL });
	said_free(&said);
	chain_free(&chain);
	seal_buf_free(&request);
	seal_buf_free(&ask);
	free(text);
}

static void test_mails(void)
{
	static const struct {
		const char *name, *script, *complaint;
	} rows[] = {
		{ "empty", ":", "mail.eml is empty" },
		{ "text", "printf 'Subject: a\\n\\nCode: ABCD\\n'",
		  "mail.eml is not an encrypted mail" },
		{ "to somebody else", "printf '\\nCode: ABCD\\n' | "
		  "openssl cms -encrypt -aes256 b.pem",
		  "the mail is not encrypted to this certificate; where "
		  "another profile is active" },
		{ "no code", "printf '\\nHello, the Code: ABCD\\n' | "
		  "openssl cms -encrypt -aes256 issued.pem",
		  "there is no line \"Code: ...\" in it" },
		{ "an empty code", "printf '\\nCode: \\033[2JABCD\\n' | "
		  "openssl cms -encrypt -aes256 issued.pem",
		  "there is no line" },
		{ "signed only", "printf '\\nCode: ABCD\\n' | openssl cms -sign "
		  "-nodetach -signer issued.pem -inkey " DIR_A "/key.pem",
		  "mail.eml is not an encrypted mail" },
		{ "altered", "printf '\\nCode: ABCD\\n' | openssl cms -encrypt "
		  "-aes-256-gcm -outform DER issued.pem > der; "
		  "printf 'MIME-Version: 1.0\\nContent-Type: "
		  "application/pkcs7-mime\\nContent-Transfer-Encoding: "
		  "base64\\n\\n'; { head -c -2 der; printf ab; } | base64",
		  "the mail cannot be opened, it was changed on its way" },
		{ "not a mail", "openssl cms -encrypt -aes256 -outform PEM "
		  "-in issued.pem issued.pem", "is not an encrypted mail" }
	};
	char script[600];
	const char *const argv[] = { "sh", "-c", script, NULL };
	struct said said;
	unsigned int i;

	chain_write("b.pem", &b, "0");
	for (i = 0; i < N(rows); i++) {
		snprintf(script, sizeof(script), "{ %s; } > mail.eml",
			 rows[i].script);
		said = run(NULL, argv);
		said_free(&said);
		refused(rows[i].name, enrol(NULL, "check", "--test-mail",
					    "mail.eml", "issued.pem", NULL),
			rows[i].complaint);
	}
	refused("no mail", enrol(NULL, "check", "--test-mail", "none",
				 "issued.pem", NULL), "cannot open none");
	/* what comes with a file name does not steer the terminal */
	refused("a strange name",
		enrol(NULL, "check", "\033[2Ja\nb", NULL), "open ?[2Ja?b: ");
}

int main(void)
{
	enrol_begin();
	server_enrol(&server_a, ID_A, DIR_A, &a);
	server_enrol(&server_b, ID_B, DIR_B, &b);
	test_usage();
	test_issuer_file();
	test_addresses();
	test_issued();
	test_altered();
	test_dates("expired", 60, "the certificate has expired; ask");
	test_dates("not yet valid", -60, "is not valid yet; is the clock");
	test_mails();
	chain_free(&a);
	chain_free(&b);
	EVP_PKEY_free(server_a.key);
	EVP_PKEY_free(server_b.key);
	return enrol_end();
}
