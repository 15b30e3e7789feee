/* SPDX-License-Identifier: MIT */
#include "message/pgp-probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include "base/error.h"
#include "tap.h"

/* A public-key session key packet, a symmetric-key one, encrypted data. */
#define PUBLIC_KEY "c10e 03 0102030405060708 01 0008 ff ff"
#define SYMMETRIC_KEY "c304 04 09 00 08"
#define DATA "d206 01 aaaaaaaaaa"
#define KEY_BODY "03 0102030405060708 01 0008 ff ff"

#define FIRST(body) "--b\r\nContent-Type: application/pgp-encrypted\r\n\r\n" body
#define SECOND(head) "--b\r\nContent-Type: application/octet-stream\r\n" head "\r\n"
#define BEGIN "-----BEGIN PGP MESSAGE-----\r\n"
#define END "-----END PGP MESSAGE-----\r\n"

/* What a message is made of; NULL is the usual. */
struct row {
	const char *name;
	bool wanted;
	const char *preamble, *first, *second, *begin;
	const char *packets;	/* hexadecimal */
	const char *armour;	/* instead of packets */
	const char *end, *close;
};

static const struct row rows[] = {
	{ .name = "usual", .wanted = true },
	{ "Thunderbird's preamble", true, .preamble =
	  "This is an OpenPGP/MIME encrypted message (RFC 4880 and 3156)\r\n" },
	{ "blank lines first", true, .preamble = "\r\n\n \r\n" },
	{ "a long preamble", false, .preamble = "Plaintext, plaintext, plaintext,\r\n"
	  "plaintext, plaintext, plaintext, plaintext, plaintext, plaintext,\r\n"
	  "plaintext, plaintext, plaintext, plaintext, plaintext, plaintext,\r\n"
	  "plaintext, plaintext, plaintext, plaintext, plaintext, plaintext,\r\n"
	  "plaintext, plaintext, plaintext, plaintext, plaintext, plaintext.\r\n" },
	{ "bare LF", true, .first = "--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n",
	  .second = "--b\nContent-Type: application/octet-stream\n\n" },
	{ "white space after the delimiters", true, .first =
	  "--b \t\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n",
	  .close = "--b-- \r\n" },
	{ "a close delimiter that is cut", false, .close = "--b-" },
	{ "a close delimiter without a line end", true, .close = "--b--" },
	{ "text after the close delimiter", true, .close = "--b--\r\nfooter\r\n" },
	{ "no close delimiter", false, .close = "\r\n" },
	{ "another close delimiter", false, .close = "--c--\r\n" },
	{ "a third part", false, .close =
	  "--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n--b--\r\n" },
	{ "text between armour and close delimiter", false, .end = END "Hello\r\n" },
	{ "text before the armour", false, .begin = "Hello\r\n" BEGIN "\r\n" },

	{ "no Version part", false, .first = "" },
	{ "an empty Version part", false, .first = FIRST("\r\n") },
	{ "Version 2", false, .first = FIRST("Version: 2\r\n") },
	{ "Version 11", false, .first = FIRST("Version: 11\r\n") },
	{ "Version in other letters", true, .first = FIRST("\r\nVERSION:1  \r\n\r\n") },
	{ "Version and more", false, .first = FIRST("Version: 1\r\nHello: you\r\n") },
	{ "Version twice", false, .first = FIRST("Version: 1\r\nVersion: 1\r\n") },
	{ "Version part of another type", false, .first =
	  "--b\r\nContent-Type: text/plain\r\n\r\nVersion: 1\r\n" },
	{ "Version part without a type", false, .first = "--b\r\n\r\nVersion: 1\r\n" },
	{ "Version part in base64", false, .first = "--b\r\n"
	  "Content-Type: application/pgp-encrypted\r\n"
	  "Content-Transfer-Encoding: base64\r\n\r\nVersion: 1\r\n" },
	{ "Version part with other fields", true, .first = "--b\r\n"
	  "Content-Description: PGP/MIME version\r\n identification\r\n"
	  "Content-Type: application/pgp-encrypted; name=x\r\n"
	  "Content-Transfer-Encoding: 7Bit\r\n\r\nVersion: 1\r\n" },
	{ "Version part without a blank line", false, .first =
	  "--b\r\nContent-Type: application/pgp-encrypted\r\nVersion: 1\r\n" },
	{ "Version part with text for a header", false, .first =
	  "--b\r\nHello you\r\n\r\nVersion: 1\r\n" },
	{ "Version part twice", false, .first = FIRST("Version: 1\r\n")
	  FIRST("Version: 1\r\n") },

	{ "no second part", false, .second = "" },
	{ "second part of another type", false, .second =
	  "--b\r\nContent-Type: text/plain\r\n\r\n" },
	{ "second part in quoted-printable", false, .second =
	  SECOND("Content-Transfer-Encoding: quoted-printable\r\n") },
	{ "second part with other fields", true, .second =
	  SECOND("Content-Disposition: inline; filename=\"encrypted.asc\"\r\n"
		 "Content-Description: OpenPGP encrypted message\r\n") },
	{ "second part with two types", false, .second =
	  SECOND("Content-Type: text/plain\r\n") },
	{ "second part without a blank line", false, .second =
	  "--b\r\nContent-Type: application/octet-stream\r\n" },

	{ "armour headers", true, .begin = BEGIN "Version: GnuPG v2\r\n"
	  "Comment: none\r\nHash: SHA256\r\nCharset: utf-8\r\n\r\n" },
	{ "an unknown armour header", false, .begin = BEGIN "Hello: you\r\n\r\n" },
	{ "armour headers without end", false, .begin = BEGIN
	  "Comment: x\r\nComment: x\r\nComment: x\r\nComment: x\r\n"
	  "Comment: x\r\nComment: x\r\nComment: x\r\nComment: x\r\n"
	  "Comment: x\r\nComment: x\r\nComment: x\r\nComment: x\r\n"
	  "Comment: x\r\nComment: x\r\nComment: x\r\nComment: x\r\n"
	  "Comment: x\r\n\r\n" },
	{ "no blank line in the armour", false, .begin = BEGIN },
	{ "armoured signature", false, .begin =
	  "-----BEGIN PGP SIGNATURE-----\r\n\r\n" },
	{ "a signed text", false, .begin =
	  "-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\n" },
	{ "no checksum", true, .end = END "\r\n" },
	{ "no armour tail", false, .end = "\r\n" },
	{ "a long checksum", false, .end = "=abcde\r\n" END },
	{ "plaintext in the armour", false, .armour = "Hello you\r\n" },
	{ "one word in the armour", false, .armour = "Hello\r\n" },
	{ "empty armour", false, .armour = "" },
	{ "plaintext after the packets", false, .end = "Hello you\r\n" END },

	{ "symmetric key", true, .packets = SYMMETRIC_KEY DATA },
	{ "symmetric key, version 6", true, .packets = "c304 06 09 00 08" DATA },
	{ "public key, version 6", true, .packets = "c10e 06 0102030405060708 01 0008 ff ff" DATA },
	{ "several keys", true, .packets = PUBLIC_KEY SYMMETRIC_KEY PUBLIC_KEY DATA },
	{ "old packet headers", true, .packets = "840e" KEY_BODY "85000e" KEY_BODY
	  "860000000e" KEY_BODY "a4 aabb" },
	{ "old data packet without length", true, .packets = PUBLIC_KEY "a7 aabb" },
	{ "lengths of five bytes", true, .packets = "c1ff0000000e" KEY_BODY
	  "d2ff00000005 01aabbccdd" },
	{ "length of two bytes", true, .packets = "c3c000 04 09 00 08"
	  "0000000000000000000000000000000000000000000000000000000000000000"
	  "0000000000000000000000000000000000000000000000000000000000000000"
	  "0000000000000000000000000000000000000000000000000000000000000000"
	  "0000000000000000000000000000000000000000000000000000000000000000"
	  "0000000000000000000000000000000000000000000000000000000000000000"
	  "00000000000000000000000000000000000000000000000000000000" DATA },
	{ "data in parts", true, .packets = PUBLIC_KEY "d2 e9 01 aabb" },
	{ "data of GnuPG's own kind", true, .packets = PUBLIC_KEY "d406 01 aaaaaaaaaa" },
	{ "data, version 2", true, .packets = PUBLIC_KEY "d206 02 aaaaaaaaaa" },
	{ "data, version 3", false, .packets = PUBLIC_KEY "d206 03 aaaaaaaaaa" },
	{ "no key", false, .packets = DATA },
	{ "no data", false, .packets = PUBLIC_KEY },
	{ "data without a byte", false, .packets = PUBLIC_KEY "d206" },
	{ "a key of unknown version", false, .packets =
	  "c10e 04 0102030405060708 01 0008 ff ff" DATA },
	{ "a key that is too short", false, .packets = "c103 03 01 02" DATA },
	{ "a key in parts", false, .packets = "c1e3 03 0102030405060708" DATA },
	{ "a key without length", false, .packets = "87 03 0102030405060708" DATA },
	{ "a key of 4 GB", false, .packets = "c1ffffffffff" KEY_BODY DATA },
	{ "a literal packet", false, .packets = "cb06 62 00 00000000" },
	{ "a literal packet after a key", false, .packets = PUBLIC_KEY "cb06 62 00 00000000" },
	{ "a compressed packet", false, .packets = "c802 00 00" },
	{ "a signature packet", false, .packets = "c206 04 00 00 00 00 00" },
	{ "no packet", false, .packets = "00" DATA }
};
#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

struct message {
	char data[8192];
	size_t len;
};

static void add(struct message *message, const char *text, const char *usual)
{
	if (text == NULL)
		text = usual;
	memcpy(message->data + message->len, text, strlen(text) + 1);
	message->len += strlen(text);
}

static void add_packets(struct message *message, const char *hex)
{
	unsigned char data[1024], base64[1500];
	char digits[3] = "";
	size_t len = 0, at, n;

	for (; *hex != '\0'; hex++) {
		if (*hex == ' ')
			continue;
		memcpy(digits, hex++, 2);
		data[len++] = (unsigned char)strtoul(digits, NULL, 16);
	}
	for (at = 0; at < len; at += n) {
		n = len - at > 48 ? 48 : len - at;
		EVP_EncodeBlock(base64, data + at, (int)n);
		add(message, (char *)base64, NULL);
		add(message, "\r\n", NULL);
	}
}

static void build(const struct row *row, struct message *message)
{
	message->len = 0;
	add(message, row->preamble, "");
	add(message, row->first, FIRST("Version: 1\r\n\r\n"));
	add(message, row->second, SECOND(""));
	add(message, row->begin, BEGIN "\r\n");
	if (row->armour != NULL)
		add(message, row->armour, NULL);
	else
		add_packets(message, row->packets != NULL ? row->packets :
			    PUBLIC_KEY DATA);
	add(message, row->end, "=abcd\r\n" END "\r\n");
	add(message, row->close, "--b--\r\n");
}

/* 1, 0, or -1 where memory ran out */
static int run(const char *boundary, const char *data, size_t len, size_t cut,
	       size_t step)
{
	struct seal_error err = { .code = SEAL_ERR_NONE };
	struct seal_pgp_probe *probe = seal_pgp_probe_new(boundary, &err);
	size_t at = 0, n = cut;
	int ret = probe == NULL ? -1 : 0;

	while (ret == 0 && at < len) {
		if (n == 0 || n > len - at)
			n = len - at;
		ret = seal_pgp_probe_more(probe, (const unsigned char *)data + at,
					  n, &err);
		at += n;
		n = step;
	}
	if (ret == 0)
		ret = seal_pgp_probe_verdict(probe) == SEAL_DETECT_YES;
	else if (err.code != SEAL_ERR_MEMORY)
		abort();
	seal_pgp_probe_free(&probe);
	seal_pgp_probe_free(&probe);
	return ret;
}

static bool survives(const struct message *message, bool wanted)
{
	unsigned long n;
	bool good = true, failed = true;
	int ret;

	for (n = 1; good && failed; n++) {
		tap_alloc_fail_at(n);
		ret = run("b", message->data, message->len, 7, 7);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		good = ret < 0 ? failed : ret == wanted;
	}
	return good;
}

static void test_row(const struct row *row)
{
	struct message message;
	size_t cut;
	bool good;

	build(row, &message);
	good = run("b", message.data, message.len, 0, 0) == row->wanted &&
		run("b", message.data, message.len, 1, 1) == row->wanted;
	for (cut = 1; good && cut < message.len; cut++)
		good = run("b", message.data, message.len, cut, 0) ==
			row->wanted;
	tap_ok(good, "%s: whole, byte by byte, cut", row->name);
	tap_ok(survives(&message, row->wanted), "%s: allocations fail",
	       row->name);
}

/* the longest boundary, and what may stand in one */
static void test_boundaries(void)
{
	static const char *const boundaries[] = {
		"x", "--", "a b", "x:y", "'()+_,-./:=?",
		"0123456789012345678901234567890123456789012345678901234567890123456789"
	};
	char first[256], second[256], close[256];
	struct row row = { .first = first, .second = second, .close = close };
	struct message message;
	size_t i;

	for (i = 0; i < sizeof(boundaries) / sizeof(boundaries[0]); i++) {
		snprintf(first, sizeof(first), "--%s\r\n%s", boundaries[i],
			 &FIRST("Version: 1\r\n")[5]);
		snprintf(second, sizeof(second), "--%s\r\n%s", boundaries[i],
			 &SECOND("")[5]);
		snprintf(close, sizeof(close), "--%s--\r\n", boundaries[i]);
		build(&row, &message);
		tap_ok(run(boundaries[i], message.data, message.len, 0, 0) == 1 &&
		       run(boundaries[i], message.data, message.len, 1, 1) == 1 &&
		       run("other", message.data, message.len, 0, 0) == 0,
		       "boundary %s", boundaries[i]);
	}
}

/* Lines: the longest that is read, one more, and one with a NUL. */
static void test_lines(void)
{
	struct row row = { .begin = NULL };
	struct message message;
	char begin[1200];
	size_t pad;

	for (pad = 998; pad <= 1000; pad++) {
		snprintf(begin, sizeof(begin), BEGIN "Comment: %0*d\r\n\r\n",
			 (int)(pad - 9), 0);
		row.begin = begin;
		build(&row, &message);
		tap_ok(run("b", message.data, message.len, 0, 0) == (pad <= 998) &&
		       run("b", message.data, message.len, 1, 1) == (pad <= 998),
		       "line of %zu bytes", pad);
	}
	/* a close delimiter counts when it is there, however the line goes on */
	snprintf(begin, sizeof(begin), "--b--%01100d", 0);
	row.begin = NULL;
	row.close = begin;
	build(&row, &message);
	tap_ok(run("b", message.data, message.len, 0, 0) == 1 &&
	       run("b", message.data, message.len, 1, 1) == 1,
	       "a close delimiter on a line that is too long");
	row.close = NULL;
	row.begin = BEGIN "Comment: @\r\n\r\n";
	build(&row, &message);
	*strchr(message.data, '@') = '\0';
	tap_ok(run("b", message.data, message.len, 0, 0) == 0 &&
	       run("b", message.data, message.len, 1, 1) == 0, "a NUL in a line");
}

int main(void)
{
	size_t i;

	tap_alloc_init();
	for (i = 0; i < ROW_COUNT; i++)
		test_row(&rows[i]);
	test_boundaries();
	test_lines();
	return tap_done();
}
