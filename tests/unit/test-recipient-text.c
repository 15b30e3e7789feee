/* SPDX-License-Identifier: MIT */
#include "pki/recipient.h"

#include <openssl/err.h>
#include "judge.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

#define RSA "rsa:2048", NULL
#define EC "ec", "ec_paramgen_curve:P-256"

static struct judge_key rsa, ec;

static void test_describe(void)
{
	const char *cert = tap_file("text.crt", NULL, 0);
	const char *const req[] = {
		"openssl", "req", "-x509", "-config", judge_config(), "-utf8",
		"-subj", "/O=A, B \\+ C\a\xc2\x9b/CN=Zo\xc3\xab \xe2\x82\xac",
		"-addext", "subjectAltName=email:one@example.org,"
		"DNS:example.org,email:two@example.org", "-set_serial",
		"0x0AB0", "-key", rsa.key, "-out", cert, NULL
	};
	const char *const print[] = {
		"openssl", "x509", "-in", cert, "-noout", "-fingerprint",
		"-sha256", NULL
	};
	static const char name[] =
		"CN=Zo\xc3\xab \xe2\x82\xac,O=A\\, B \\+ C\\07?";
	struct seal_buf out = SEAL_BUF_INIT;
	struct seal_recipient_text text;
	struct judge_key key = { .cert = cert };
	char hex[65];
	unsigned int i;

	if (!judge_run(req, NULL) || !judge_load(&key) ||
	    !judge_run(print, &out)) {
		tap_ok(false, "cannot make a certificate to describe");
		return;
	}
	seal_recipient_describe(key.recipient, &text);
	tap_ok(strcmp(text.subject, name) == 0, "subject: %s", text.subject);
	tap_ok(strcmp(text.subject, text.issuer) == 0, "issuer");
	tap_ok(strcmp(text.serial, "0AB0") == 0, "serial: %s", text.serial);
	tap_ok(strcmp(text.addresses, "one@example.org, two@example.org") == 0,
	       "addresses: %s", text.addresses);
	tap_ok(strcmp(text.key, "RSA-2048") == 0, "key: %s", text.key);
	for (i = 0; i < 32 && out.len > 95; i++)
		snprintf(hex + 2 * i, 3, "%.2s",
			 (char *)out.data + out.len - 96 + 3 * i);
	tap_ok(strcasecmp(hex, text.fingerprint) == 0 &&
	       strpbrk(text.fingerprint, "ABCDEF") == NULL, "fingerprint");
	seal_buf_free(&out);
	judge_free(&key);
}

/* Many addresses, long ones, with a control character in one */
static void test_describe_long(void)
{
	char extension[4096] = "subjectAltName=email:a\tb@example.org";
	const char *extensions[] = { extension, NULL };
	struct seal_recipient_text text;
	struct judge_key key;
	unsigned int i;

	for (i = 0; i < 40; i++) {
		snprintf(extension + strlen(extension), 60,
			 ",email:a-rather-long-name-%u@example.org", i);
	}
	if (!judge_make(&key, "long", EC, extensions)) {
		tap_ok(false, "cannot make a long certificate");
		return;
	}
	seal_recipient_describe(key.recipient, &text);
	tap_ok(strncmp(text.addresses, "a?b@example.org, a-rather", 25) == 0 &&
	       strlen(text.addresses) == sizeof(text.addresses) - 1,
	       "addresses are cut: %s", text.addresses);
	judge_free(&key);
}

struct split {
	unsigned int count, stop_at;
	bool good;
	const struct judge_key *wanted[4];
};

static int take(void *context, const unsigned char *der, size_t len,
		struct seal_error *err)
{
	struct split *split = context;
	const struct judge_key *key = split->wanted[split->count++];

	if (split->count == split->stop_at)
		return seal_error_set(err, SEAL_ERR_LIMIT, "enough");
	if (key == NULL || key->der.len != len ||
	    memcmp(key->der.data, der, len) != 0)
		split->good = false;
	return 0;
}

static char *slurp(const char *path)
{
	char *text = calloc(1, 65536);
	FILE *f = fopen(path, "rb");

	if (f == NULL || text == NULL || fread(text, 1, 65535, f) == 0)
		abort();
	fclose(f);
	return text;
}

static void test_split_pem(void)
{
	static const struct {
		const char *name;
		/* a, b: certificates; A: a with CRLF; n: a without line
		 * end; s: a with spaces at line ends; o: a as X509
		 * CERTIFICATE; t: a as TRUSTED CERTIFICATE; k: private
		 * key; !...|: as it is */
		const char *text;
		const char *wanted;
		enum seal_error_code code;
	} rows[] = {
		{ "one", "a", "a", SEAL_ERR_NONE },
		{ "two", "ab", "ab", SEAL_ERR_NONE },
		{ "in the file's order", "ba", "ba", SEAL_ERR_NONE },
		{ "three, one twice", "aba", "aba", SEAL_ERR_NONE },
		{ "CRLF", "A", "a", SEAL_ERR_NONE },
		{ "CRLF and LF", "AbA", "aba", SEAL_ERR_NONE },
		{ "no line end", "n", "a", SEAL_ERR_NONE },
		{ "spaces at line ends", "s", "a", SEAL_ERR_NONE },
		{ "old label", "o", "a", SEAL_ERR_NONE },
		{ "text around", "!Hello,\n\n-----\n|a!--- -----BEGIN\n|b!bye|",
		  "ab", SEAL_ERR_NONE },
		{ "byte order mark", "!\xef\xbb\xbf|a", "a", SEAL_ERR_NONE },
		{ "empty", "", "", SEAL_ERR_INPUT },
		{ "only text", "!Hello\n|", "", SEAL_ERR_INPUT },
		{ "NUL and 8 bit", "!\x01\xff\xfe\x80|", "", SEAL_ERR_INPUT },
		{ "private key", "k", "", SEAL_ERR_REFUSED },
		{ "private key behind", "ak", "", SEAL_ERR_REFUSED },
		{ "private key before", "kab", "", SEAL_ERR_REFUSED },
		{ "indented private key", "a! > |k", "", SEAL_ERR_REFUSED },
		{ "RSA private key", "a!-----BEGIN RSA PRIVATE KEY-----\n|", "",
		  SEAL_ERR_REFUSED },
		{ "encrypted private key",
		  "a!-----BEGIN ENCRYPTED PRIVATE KEY-----\r\n|", "",
		  SEAL_ERR_REFUSED },
		{ "PGP private key",
		  "a!-----BEGIN PGP PRIVATE KEY BLOCK-----\n|", "",
		  SEAL_ERR_REFUSED },
		{ "private key in one line with CR only",
		  "!-----BEGIN PRIVATE KEY-----\rAAAA\r|", "",
		  SEAL_ERR_REFUSED },
		{ "trusted", "t", "", SEAL_ERR_INPUT },
		{ "trusted behind", "at", "a", SEAL_ERR_INPUT },
		{ "request", "!-----BEGIN CERTIFICATE REQUEST-----\n|", "",
		  SEAL_ERR_INPUT },
		{ "public key", "!-----BEGIN PUBLIC KEY-----\n|", "",
		  SEAL_ERR_INPUT },
		{ "PKCS7", "!-----BEGIN PKCS7-----\n|", "", SEAL_ERR_INPUT },
		{ "no END", "!-----BEGIN CERTIFICATE-----\nAAAA\n|", "",
		  SEAL_ERR_INPUT },
		{ "no END, then another",
		  "!-----BEGIN CERTIFICATE-----\nAAAA\n|a", "",
		  SEAL_ERR_INPUT },
		{ "empty block", "!-----BEGIN CERTIFICATE-----\n"
		  "-----END CERTIFICATE-----\n|", "", SEAL_ERR_INPUT },
		{ "not a multiple of four", "!-----BEGIN CERTIFICATE-----\n"
		  "AAAAA\n-----END CERTIFICATE-----\n|", "", SEAL_ERR_INPUT },
		{ "not base64", "!-----BEGIN CERTIFICATE-----\n"
		  "AA*A\n-----END CERTIFICATE-----\n|", "", SEAL_ERR_INPUT },
		{ "headers", "!-----BEGIN CERTIFICATE-----\n"
		  "A: b\n\nAAAA\n-----END CERTIFICATE-----\n|", "",
		  SEAL_ERR_INPUT },
		{ "early padding", "!-----BEGIN CERTIFICATE-----\n"
		  "AA==\nAAAA\n-----END CERTIFICATE-----\n|", "",
		  SEAL_ERR_INPUT },
		{ "three pads", "!-----BEGIN CERTIFICATE-----\n"
		  "A===\n-----END CERTIFICATE-----\n|", "", SEAL_ERR_INPUT },
		{ "only pads", "!-----BEGIN CERTIFICATE-----\n"
		  "====\n-----END CERTIFICATE-----\n|", "", SEAL_ERR_INPUT },
		{ "damaged second", "a!-----BEGIN CERTIFICATE-----\n"
		  "AA!!|!A\n-----END CERTIFICATE-----\n|", "a",
		  SEAL_ERR_INPUT }
	};
	const char *trusted_file = tap_file("trusted.crt", NULL, 0);
	const char *const trust[] = {
		"openssl", "x509", "-in", rsa.cert, "-trustout",
		"-addtrust", "emailProtection", "-out", trusted_file, NULL
	};
	char *a, *b, *key, *trusted, *text, *to;
	const char *p, *q;
	unsigned int i, j;

	if (!judge_run(trust, NULL))
		abort();
	a = slurp(rsa.cert);
	b = slurp(ec.cert);
	key = slurp(ec.key);
	trusted = slurp(trusted_file);
	for (i = 0; i < N(rows); i++) {
		struct split split = { .good = true };
		struct seal_error err = { .code = SEAL_ERR_NONE };
		int ret;

		text = to = calloc(1, 65536);
		for (p = rows[i].text; *p != '\0'; p++) {
			switch (*p) {
			case 'a': to = stpcpy(to, a); break;
			case 'b': to = stpcpy(to, b); break;
			case 'k': to = stpcpy(to, key); break;
			case 't': to = stpcpy(to, trusted); break;
			case 'n':
				to = stpcpy(to, a) - 1;
				*to = '\0';
				break;
			case 'o':
				to = stpcpy(to, "-----BEGIN X509 ");
				to = stpcpy(to, a + 11);
				break;
			case 'A': case 's':
				for (q = a; *q != '\0'; q++) {
					if (*q == '\n')
						*to++ = *p == 'A' ? '\r' : ' ';
					*to++ = *q;
				}
				break;
			default:	/* '!' text '|' */
				for (p++; *p != '|'; p++)
					*to++ = *p;
			}
		}
		for (j = 0; rows[i].wanted[j] != '\0'; j++)
			split.wanted[j] = rows[i].wanted[j] == 'a' ? &rsa :
				&ec;
		ret = seal_recipient_split_pem(text, (size_t)(to - text), take,
					       &split, &err);
		tap_ok(ret == (rows[i].code == SEAL_ERR_NONE ? 0 : -1) &&
		       err.code == rows[i].code && split.good &&
		       split.count == j && ERR_peek_error() == 0, "PEM: %s: %s",
		       rows[i].name, ret == 0 ? "fine" : err.text);
		free(text);
	}
	free(a);
	free(b);
	free(key);
	free(trusted);
}

static void test_split_stops(void)
{
	struct split split = { .good = true, .stop_at = 1 };
	struct seal_error err;
	char *text = slurp(ec.cert);

	tap_ok(seal_recipient_split_pem(text, strlen(text), take, &split,
					&err) == -1 &&
	       err.code == SEAL_ERR_LIMIT, "PEM: the callback's error");
	free(text);
}

static void test_memory_split(void)
{
	char *text = slurp(rsa.cert);
	bool failed = true, good = true;
	struct seal_error err;
	unsigned long n;
	int ret;

	for (n = 1; good && failed && n < 100; n++) {
		struct split split = { .good = true, .wanted = { &rsa } };

		err.code = SEAL_ERR_NONE;
		tap_alloc_fail_at(n);
		ret = seal_recipient_split_pem(text, strlen(text), take, &split,
					       &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		good = ret < 0 ? err.code == SEAL_ERR_MEMORY :
			split.good && split.count == 1;
	}
	tap_ok(good && !failed, "PEM: %lu allocations failed", n - 2);
	free(text);
}

int main(void)
{
	static const char *const extensions[] = {
		"subjectAltName=email:owner@example.org",
		"extendedKeyUsage=emailProtection", NULL
	};

	tap_alloc_init();
	if (!judge_make(&rsa, "rsa", RSA, extensions) ||
	    !judge_make(&ec, "ec", EC, extensions))
		return 99;
	test_memory_split();
	test_describe();
	test_describe_long();
	test_split_pem();
	test_split_stops();
	judge_free(&rsa);
	judge_free(&ec);
	return tap_done();
}
