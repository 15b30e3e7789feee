/* SPDX-License-Identifier: MIT */
#include "message/detect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tap.h"
#include "unit/detect-check.h"

/* OpenPGP/MIME. Samples are made by the gpg program, where there is one; the table
 * of hand-made ones is that of the probe. */

static char text[20000];

#define PGP "multipart/encrypted; protocol=\"application/pgp-encrypted\"; "

static struct sample pgp_message(const char *armour, size_t len,
				 const char *close)
{
	static const char head[] =
		"This is an OpenPGP/MIME encrypted message (RFC 4880 and 3156)\r\n"
		"--=_b\r\nContent-Type: application/pgp-encrypted\r\n\r\n"
		"Version: 1\r\n\r\n--=_b\r\n"
		"Content-Type: application/octet-stream; name=x.asc\r\n\r\n";
	struct sample out = { malloc(sizeof(head) + len * 2 + 64), 0 };
	size_t i;

	memcpy(out.data, head, sizeof(head) - 1);
	out.len = sizeof(head) - 1;
	for (i = 0; i < len; i++) {
		if (armour[i] == '\n')
			out.data[out.len++] = '\r';
		out.data[out.len++] = armour[i];
	}
	memcpy(out.data + out.len, close, strlen(close));
	out.len += strlen(close);
	return out;
}

static void test_pgp_fields(const struct sample *body)
{
	static const struct {
		const char *type, *encoding;
		int wanted;
	} rows[] = {
		{ PGP "boundary=\"=_b\"", "8bit", 1 },
		{ PGP "boundary=\"=_b\"", "base64", 0 },
		{ PGP "boundary=\"=_b\"", "quoted-printable", 0 },
		{ PGP "boundary=\"=_c\"", NULL, 0 },
		{ PGP "boundary=\"\"", NULL, 0 },
		{ PGP "boundary=\"=_b \"", NULL, 0 },
		{ PGP "boundary=\"=_b\"; boundary=x", NULL, 0 },
		{ PGP "boundary=\"=_b\"; boundary*=us-ascii''x", NULL, 0 },
		{ PGP "boundary*=\"us-ascii''=_b\"", NULL, 0 },
		{ PGP, NULL, 0 },
		{ "multipart/encrypted; boundary=\"=_b\"", NULL, 0 },
		{ "multipart/encrypted; protocol=x; boundary=\"=_b\"", NULL, 0 },
		{ "multipart/mixed; protocol=\"application/pgp-encrypted\"; "
		  "boundary=\"=_b\"", NULL, 0 },
		{ "multipart/encrypted; PROTOCOL=\"Application/PGP-encrypted\"; "
		  "Boundary=\"=_b\"", NULL, 1 }
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seal_content content = { rows[i].type, rows[i].encoding };

		check(rows[i].type, &content, NULL, body, rows[i].wanted);
	}
}

static void test_pgp(const char *name, const struct sample *armour)
{
	struct seal_content content = { PGP "boundary=\"=_b\"", NULL };
	struct sample body = pgp_message(armour->data, armour->len,
					 "\r\n--=_b--\r\n");
	struct seal_buf nobody = SEAL_BUF_INIT;
	char title[128];

	check(name, &content, NULL, &body, SEAL_DETECT_YES);
	survives(name, &content, NULL, &body);
	snprintf(title, sizeof(title), "%s: not when somebody is sought", name);
	check(title, &content, &nobody, &body, SEAL_DETECT_NO);
	test_pgp_fields(&body);
	free(body.data);
	body = pgp_message(armour->data, armour->len,
			   "\r\n--=_b\r\n\r\nmore\r\n--=_b--\r\n");
	snprintf(title, sizeof(title), "%s: a third part", name);
	check(title, &content, NULL, &body, SEAL_DETECT_NO);
	free(body.data);
}

static void test_gpg(void)
{
	static const struct {
		const char *name, *options, *in;
		bool encrypted;
	} rows[] = {
		{ "gpg, to a key", "--encrypt -r a@example.org", text, true },
		{ "gpg, to a hidden key", "--encrypt -R a@example.org", text,
		  true },
		{ "gpg, to a passphrase", "--pinentry-mode loopback "
		  "--passphrase x --symmetric", text, true },
		{ "gpg, signed and encrypted", "--pinentry-mode loopback "
		  "--passphrase '' --sign --encrypt -r a@example.org", text,
		  true },
		{ "gpg, only signed", "--pinentry-mode loopback "
		  "--passphrase '' --sign", text, false },
		{ "gpg, only packed", "--store", text, false }
	};
	struct seal_content content = { PGP "boundary=\"=_b\"", NULL };
	char home[] = "/tmp/seal-gpg-XXXXXX", command[512];
	struct sample armour, body;
	size_t i;

	if (!shell("gpg --version", NULL, 0, NULL)) {
		tap_skip("gpg is missing", "OpenPGP by gpg");
		return;
	}
	if (mkdtemp(home) == NULL)
		abort();
	snprintf(command, sizeof(command), "gpg --homedir %s --batch -q "
		 "--passphrase '' --pinentry-mode loopback "
		 "--quick-gen-key a@example.org default default 2>&1", home);
	tap_ok(shell(command, NULL, 0, NULL), "gpg makes a key");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(command, sizeof(command), "gpg --homedir %s --batch -q "
			 "--no-tty --trust-model always --armor %s", home,
			 rows[i].options);
		if (!shell(command, text, sizeof(text), &armour)) {
			tap_ok(false, "%s: made by gpg", rows[i].name);
		} else if (rows[i].encrypted) {
			test_pgp(rows[i].name, &armour);
		} else {
			body = pgp_message(armour.data, armour.len,
					   "\r\n--=_b--\r\n");
			check(rows[i].name, &content, NULL, &body,
			      SEAL_DETECT_NO);
			free(body.data);
		}
		free(armour.data);
	}
	snprintf(command, sizeof(command),
		 "gpgconf --homedir %s --kill all; rm -rf %s", home, home);
	(void)shell(command, NULL, 0, NULL);
}

static void test_limits(void)
{
	static const char armour[] = "-----BEGIN PGP MESSAGE-----\r\n\r\n"
		"wQ4DAQIDBAUGBwgBAAj//9JgAaqqqqqq\r\n";
	struct seal_content content = { PGP "boundary=\"=_b\"", NULL };
	struct sample body = pgp_message(armour, sizeof(armour) - 1, "");

	test_limit("limit: encrypted data", &content, body.data, body.len,
		   "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"
		   "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq\r\n", SEAL_DETECT_YES);
	test_limit("limit: blank lines", &content, "", 0, "\r\n",
		   SEAL_DETECT_NO);
	free(body.data);
}

int main(void)
{
	size_t i;

	tap_alloc_init();
	for (i = 0; i < sizeof(text); i++)
		text[i] = "Plaintext, secret.\r\n"[i % 20];
	test_gpg();
	test_limits();
	return tap_done();
}
