/* SPDX-License-Identifier: MIT */
#include "unseal/reply.h"

#include "unit/reply-check.h"

#define OPENED SEAL_REPLY_OPENED
#define PASS SEAL_REPLY_PASS
#define REFUSED SEAL_REPLY_REFUSED

#define DAMAGED "cannot be opened. It is damaged"
#define PROTECTED "Content-Type: text/plain; hp=\"cipher\"\r\n" \
	"Subject: secret\r\nHP-Outer: Subject: [...]\r\nBcc: c@example.org\r\n" \
	"X-Mail-Seal: v=2\r\nX-New: 1\r\n 2\r\nsubject: twice\r\n\r\nHello\r\n"
#define PROTECTED_GONE "Subject: secret\r\nsubject: twice\r\n"
#define MESSAGE "From: a@example.org\r\nBcc: c@example.org\r\nSubject: secret\r\n" \
	"Content-Type: text/html\r\nMIME-Version: 1.0\r\n\r\nHello"

static struct reply_signers signers;

static const struct row {
	const char *name, *recipe, *inner;
	enum seal_reply_verdict verdict;
	bool is_signed;
	/* OPENED: what follows the outer header, NULL: inner; REFUSED: of the
	   sentence */
	const char *wanted;
	bool reject_unsigned;
} rows[] = {
	{ "plain", "", REPLY_TEXT, PASS, false, NULL, false },
	{ "signed", "s", REPLY_TEXT, PASS, false, NULL, false },
	{ "signed, opaque", "o", REPLY_TEXT, PASS, false, NULL, false },
	{ "signed by somebody else", "x", REPLY_TEXT, PASS, false, NULL, false },
	{ "to somebody else", "f", REPLY_TEXT, PASS, false, NULL, false },
	{ "signed, to somebody else", "sf", REPLY_TEXT, PASS, false, NULL, true },
	{ "to somebody else, signed", "fx", REPLY_TEXT, PASS, false, NULL, true },
	{ "ours, to somebody else", "ef", REPLY_TEXT, PASS, false, NULL, true },

	{ "CBC", "e", REPLY_TEXT, OPENED, false, NULL, false },
	{ "CBC, streamed", "E", REPLY_TEXT, OPENED, false, NULL, false },
	{ "binary", "b", REPLY_TEXT, OPENED, false, NULL, false },
	{ "GCM", "g", REPLY_TEXT, OPENED, false, NULL, false },
	{ "a blank line first", "g", "\r\nHello", OPENED, false, NULL, false },
	{ "a header alone", "e", "Content-Type: text/plain\r\n", OPENED, false,
	  "Content-Type: text/plain\r\n\r\n", false },
	{ "twice", "ee", REPLY_TEXT, OPENED, false, NULL, false },
	{ "LF inside", "le", REPLY_TEXT, OPENED, false, NULL, false },
	{ "LF all over", "seloel", REPLY_TEXT, OPENED, true, NULL, true },
	{ "5 layers", "seseo", REPLY_TEXT, OPENED, true, NULL, true },
	{ "5 envelopes", "egebE", REPLY_TEXT, OPENED, false, NULL, false },

	{ "signed, CBC", "se", REPLY_TEXT, OPENED, true, NULL, true },
	{ "signed, GCM", "sg", REPLY_TEXT, OPENED, true, NULL, true },
	{ "signed, LF, CBC", "sle", REPLY_TEXT, OPENED, true, NULL, true },
	{ "opaque, CBC", "oe", REPLY_TEXT, OPENED, true, NULL, true },
	{ "opaque, streamed", "Oe", REPLY_TEXT, OPENED, true, NULL, true },
	{ "signed twice", "sse", REPLY_TEXT, OPENED, true, NULL, true },
	{ "signed outside", "es", REPLY_TEXT, OPENED, true, NULL, true },
	{ "opaque outside", "eO", REPLY_TEXT, OPENED, true, NULL, true },
	{ "triple wrapped", "ses", REPLY_TEXT, OPENED, true, NULL, true },

	{ "unsigned", "e", REPLY_TEXT, REFUSED, false, "not signed", true },
	{ "signed by somebody else, CBC", "xe", REPLY_TEXT, REFUSED, false,
	  "not with one of your certificates", false },
	{ "opaque by somebody else", "Xg", REPLY_TEXT, REFUSED, false,
	  "not with one of your certificates", false },
	{ "signed, and by somebody else", "sxe", REPLY_TEXT, REFUSED, false,
	  "not with one of your certificates", false },
	{ "outside by somebody else", "sex", REPLY_TEXT, REFUSED, false,
	  "not with one of your certificates", false },
	{ "SHA-1", "1e", REPLY_TEXT, REFUSED, false, "SHA-256 or better", false },
	{ "an unknown cipher", "c", REPLY_TEXT, REFUSED, false,
	  "an algorithm that is not known", false },
	{ "an unknown cipher, not ours", "cf", REPLY_TEXT, PASS, false, NULL, false },
	{ "no header", "e", "Hello, this is text\r\n\r\nof a wrong key\r\n",
	  REFUSED, false, DAMAGED, false },
	{ "no blank line", "g", "Subject: x\r\nHello\r\n\r\n", REFUSED, false,
	  DAMAGED, false },
	{ "an mbox separator", "e", "From a@b.c Mon Nov 23 22:47:00 2023\r\n"
	  REPLY_TEXT, REFUSED, false, DAMAGED, false },
	{ "nothing inside", "me", "", REFUSED, false, DAMAGED, false },
	{ "6 layers", "sesesO", REPLY_TEXT, REFUSED, false, "too many times",
	  false },
	{ "8 envelopes", "eeeeeeee", REPLY_TEXT, REFUSED, false,
	  "too many times", false },
	{ "8 signatures", "ssssssss", REPLY_TEXT, PASS, false, NULL, false },

	{ "protected header", "e", PROTECTED, OPENED, false, NULL, false },
	{ "protected header, signed", "se", PROTECTED, OPENED, true, NULL, true },
	{ "protected-headers=v1", "oe", "Content-Type: text/plain;\r\n"
	  " protected-headers=\"v1\"\r\nSubject: secret\r\n\r\nHello\r\n",
	  OPENED, true, NULL, false },
	{ "fields without protection", "se", "Content-Type: text/plain\r\n"
	  "Subject: secret\r\n\r\nHello\r\n", OPENED, true,
	  "Content-Type: text/plain\r\n\r\nHello\r\n", false },
	{ "message/rfc822", "mse", MESSAGE, OPENED, true, NULL, true },
	{ "message/rfc822 without a header", "me", "Hello\r\n", REFUSED, false,
	  DAMAGED, false },
	{ "message/rfc822, forwarded", "e", "Content-Type: message/rfc822; "
	  "forwarded=yes\r\n\r\n" MESSAGE, OPENED, false, NULL, false },
	{ "message/rfc822, not encrypted", "ms", MESSAGE, PASS, false, NULL,
	  false },

	{ "OpenPGP's multipart/signed", "e", "Content-Type: multipart/signed; "
	  "protocol=\"application/pgp-signature\"; boundary=x\r\n\r\n--x\r\n",
	  OPENED, false, NULL, false },
	{ "compressed", "e", "Content-Type: application/pkcs7-mime; "
	  "smime-type=compressed-data\r\nContent-Transfer-Encoding: base64\r\n"
	  "\r\nMIAGCyqGSIb3DQEJEAEJoIA=\r\n", OPENED, false, NULL, false },
	{ "certificates", "e", "Content-Type: application/pkcs7-mime; "
	  "smime-type=certs-only\r\n\r\n0", OPENED, false, NULL, false },
	{ "what is neither encrypted nor signed", "e",
	  "Content-Type: application/pkcs7-mime\r\n\r\nHello", REFUSED, false,
	  DAMAGED, false },
	{ "the same outside", "", "Content-Type: application/pkcs7-mime\r\n\r\n"
	  "Hello", PASS, false, NULL, false },
	{ "quoted-printable", "e", "Content-Type: application/pkcs7-mime\r\n"
	  "Content-Transfer-Encoding: quoted-printable\r\n\r\n0=80", REFUSED,
	  false, DAMAGED, false },
	{ "the same outside, too", "",
	  "Content-Type: application/pkcs7-mime\r\n"
	  "Content-Transfer-Encoding: quoted-printable\r\n\r\n0=80", PASS,
	  false, NULL, false },
	{ "cut off at once", "e", "Content-Type: application/pkcs7-mime\r\n\r\n"
	  "0", REFUSED, false, DAMAGED, false },
	{ "no boundary", "e", "Content-Type: multipart/signed; "
	  "protocol=\"application/pkcs7-signature\"\r\n\r\n", REFUSED, false,
	  DAMAGED, false }
};

/* what replaces the outer header's last line, where it is not as always */
static const struct {
	const char *row, *wanted;
} whole[] = {
	{ "protected header", "From: a@example.org\r\nTo: b@example.net\r\n"
	  PROTECTED_GONE "Message-ID: <1@example.org>\r\nX-New: 1\r\n 2\r\n"
	  REPLY_VERSION "Content-Type: text/plain; hp=\"cipher\"\r\n\r\nHello\r\n" },
	{ "protected header, signed", "From: a@example.org\r\n"
	  "To: b@example.net\r\n" PROTECTED_GONE
	  "Message-ID: <1@example.org>\r\nX-New: 1\r\n 2\r\n" REPLY_VERSION
	  "Content-Type: text/plain; hp=\"cipher\"\r\n\r\nHello\r\n" },
	{ "protected-headers=v1", "From: a@example.org\r\n"
	  "To: b@example.net\r\nSubject: secret\r\n"
	  "Message-ID: <1@example.org>\r\n" REPLY_VERSION
	  "Content-Type: text/plain;\r\n protected-headers=\"v1\"\r\n\r\n"
	  "Hello\r\n" },
	{ "message/rfc822", "From: a@example.org\r\nTo: b@example.net\r\n"
	  "Subject: secret\r\nMessage-ID: <1@example.org>\r\n" REPLY_VERSION
	  "Content-Type: text/html\r\n\r\nHello" }
};

static void wanted_output(const struct row *row, char out[8192])
{
	unsigned int i;

	for (i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
		if (strcmp(whole[i].row, row->name) == 0) {
			strcpy(out, whole[i].wanted);
			return;
		}
	}
	snprintf(out, 8192, "%s%s%s", REPLY_OUTER_ABOVE, REPLY_VERSION,
		 row->wanted != NULL ? row->wanted : row->inner);
}

static bool as_wanted(const struct row *row, const struct seal_buf *message,
		      size_t step, size_t cut)
{
	struct reply_seald seald = { .signers = &signers };
	struct seal_reply_order order = {
		reply_ask, &seald, row->reject_unsigned
	};
	enum seal_reply_verdict verdict = PASS;
	struct seal_buf out = SEAL_BUF_INIT;
	struct seal_error err = { SEAL_ERR_NONE, "" };
	char wanted[8192];
	bool good;

	good = reply_open(&order, message, step, cut, &out, &verdict,
			  &err) == 0 && verdict == row->verdict;
	wanted_output(row, wanted);
	if (!good)
		tap_note("verdict %d: %s", verdict, err.text);
	else if (verdict == OPENED)
		good = reply_same(&out, wanted);
	else if (verdict == REFUSED)
		good = err.code == SEAL_ERR_REFUSED && strlen(err.text) < 400 &&
			strstr(err.text, row->wanted) != NULL;
	if (!good)
		tap_note("step %zu, cut %zu: %s", step, cut, err.text);
	seal_buf_free(&out);
	return good;
}

static void test_row(const struct row *row)
{
	struct seal_buf message = SEAL_BUF_INIT;
	bool good = true;
	size_t cut, step;

	reply_make(&message, REPLY_OUTER, row->inner, row->recipe, &signers);
	tap_ok(as_wanted(row, &message, 0, 0), "%s", row->name);
	tap_ok(as_wanted(row, &message, 1, 0), "%s: byte by byte", row->name);
	/* (valgrind sees in few of them what it is there for) */
	step = message.len / (tap_is_slow() ? 4 : 300) + 1;
	for (cut = 1; good && cut < message.len; cut += step)
		good = as_wanted(row, &message, 0, cut);
	tap_ok(good, "%s: cut at many offsets", row->name);
	seal_buf_free(&message);
}

/* An envelope in an envelope that is for somebody further on goes there as it is. */
static void test_end_to_end(void)
{
	struct seal_buf message = SEAL_BUF_INIT;
	char inner[16384];
	struct row row = {
		"ours around somebody else's", "e", inner, OPENED, false, NULL,
		false
	};

	reply_make(&message, "", REPLY_TEXT, "f", &signers);
	if (message.len >= 8000)
		abort();
	memcpy(inner, message.data, message.len);
	inner[message.len] = '\0';
	test_row(&row);
	row.name = "signed, around somebody else's";
	row.recipe = "se";
	row.is_signed = true;
	test_row(&row);
	seal_buf_free(&message);
}

static void test_signed(void)
{
	struct seal_buf message = SEAL_BUF_INIT;
	struct reply_seald seald = { .signers = &signers };
	struct seal_reply_order order = { reply_ask, &seald, false };
	enum seal_reply_verdict verdict;
	struct seal_reply *reply;
	struct seal_error err;
	unsigned int i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].verdict != OPENED)
			continue;
		reply_make(&message, REPLY_OUTER, rows[i].inner, rows[i].recipe,
			   &signers);
		reply = seal_reply_new(&order, &err);
		tap_ok(reply != NULL &&
		       reply_run(reply, &message, 0, 0, NULL, &verdict,
				 &err) == 0 &&
		       seal_reply_signed(reply) == rows[i].is_signed,
		       "%s: %s", rows[i].name,
		       rows[i].is_signed ? "signed" : "not signed");
		seal_reply_free(&reply);
	}
	seal_buf_free(&message);
}

static void test_candidates(void)
{
	static const struct {
		const char *type;
		bool wanted;
	} types[] = {
		{ NULL, false },
		{ "", false },
		{ "text/plain", false },
		{ "message/rfc822", false },
		{ "multipart/mixed; boundary=b", false },
		{ "multipart/signed; boundary=b", false },
		{ "multipart/signed; protocol=\"application/pgp-signature\"",
		  false },
		{ "multipart/signed; protocol=\"application/pkcs7-signature\"",
		  true },
		{ "Multipart/Signed; Protocol=application/x-PKCS7-signature",
		  false },
		{ "Multipart/Signed; Protocol=\"application/x-PKCS7-signature\"",
		  true },
		{ "application/pkcs7-mime", true },
		{ "Application/X-PKCS7-Mime; smime-type=whatever", true },
		{ "application/pkcs7-mime; smime-type=certs-only", false },
		{ "application/pkcs7-mimes", false },
		{ "application/octet-stream; name=smime.p7m", false }
	};
	unsigned int i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		tap_ok(seal_reply_is_candidate(types[i].type) ==
		       types[i].wanted, "candidate: %s",
		       types[i].type == NULL ? "none" : types[i].type);
}

int main(void)
{
	unsigned int i;

	reply_signers_make(&signers);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		test_row(&rows[i]);
	test_end_to_end();
	test_signed();
	test_candidates();
	reply_signers_free(&signers);
	return tap_done();
}
