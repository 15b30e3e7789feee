/* SPDX-License-Identifier: MIT */
#include "message/cms-probe.h"

#include <stdlib.h>
#include <string.h>
#include "ber-text.h"
#include "tap.h"

/* Structures are written as text: ber-text.h. */

#define ENVELOPED "(06 2a864886f70d010703)"
#define AUTH_ENVELOPED "(06 2a864886f70d0109100117)"
#define ID_DATA "(06 2a864886f70d010701)"
#define RSA "(30 (06 2a864886f70d010101) (05))"
#define ISSUER(serial) "(30 (30 (31 (30 (06 550403) (0c 61)))) (02 " serial "))"
#define TRANS_OF(name) "(30 (02 00) " name RSA "(04 aabbccdd))"
#define TRANS TRANS_OF(ISSUER("01"))
#define TRANS_ID "(30 (02 02) (80 11223344)" RSA "(04 aabbccdd))"
#define ORIGIN "(a0 (a1 (30 (06 2a)) (03 00)))"
#define ECDH "(30 (06 2b81050110) (30 (06 2a)))"
#define AGREE_KEY(name) "(30 " name "(04 aabb))"
#define AGREE_OF(keys) "(a1 (02 03)" ORIGIN ECDH "(30 " keys "))"
#define AGREE AGREE_OF(AGREE_KEY(ISSUER("02")))
#define AGREE_ID AGREE_OF(AGREE_KEY("(a0 (04 11223344))"))
#define IV8 "(04 0001020304050607)"
#define IV12 "(04 000102030405060708090a0b)"
#define IV16 "(04 000102030405060708090a0b0c0d0e0f)"
#define GCM "(30 (04 000102030405060708090a0b) (02 10))"
#define AES "60864801650304 01"
#define ALG(oid, parameters) "(30 (06 " oid ")" parameters ")"
#define AES256 ALG(AES "2a", IV16)
#define TEXT "(80 00)"
#define CONTENT(alg, text) "(30 " ID_DATA alg text ")"
#define BODY(version, recipients, content) \
	"(30 (02 " version ")" recipients content ")"
#define CMS(body) "(30 " ENVELOPED "(a0 " body "))"
#define AUTH(body) "(30 " AUTH_ENVELOPED "(a0 " body "))"
#define TO(recipients) CMS(BODY("00", "(31 " recipients ")", \
				CONTENT(AES256, TEXT)))
#define WITH(alg) CMS(BODY("00", "(31 " TRANS ")", CONTENT(alg, TEXT)))
#define HOLDS(text) CMS(BODY("00", "(31 " TRANS ")", CONTENT(AES256, text)))
#define VERSION(v) CMS(BODY(v, "(31 " TRANS ")", CONTENT(AES256, TEXT)))
/* up to the encrypted content, all in indefinite lengths */
#define STREAMED "[30 " ENVELOPED "[a0 [30 (02 00) [31 [30 (02 00)" \
	ISSUER("01") RSA "(04 aa)]] [30 " ID_DATA AES256

static const struct {
	const char *name, *source;
	bool wanted;
	const char *names;
} rows[] = {
	{ "key transport", TO(TRANS), true, NULL },
	{ "key transport, key identifier", TO(TRANS_ID), true, NULL },
	{ "key agreement", TO(AGREE), true, NULL },
	{ "key agreement, key identifier", TO(AGREE_ID), true, NULL },
	{ "key agreement with user keying material",
	  TO("(a1 (02 03)" ORIGIN "(a1 (04 aa))" ECDH "(30 "
	     AGREE_KEY(ISSUER("02")) "))"), true, NULL },
	{ "key identifier with a date and more",
	  TO(AGREE_OF(AGREE_KEY("(a0 (04 11) (18 30) (30 (06 2a)))"))),
	  true, NULL },
	{ "a password besides", TO("(a3 (02 00))" TRANS), true, NULL },
	{ "every other kind besides", TO(TRANS "(a2 (02 04)) (a3) (a4 [30 (02 00)])"),
	  true, NULL },
	{ "originator info", CMS(BODY("02", "(a0 (a0 (30))) (31 " TRANS ")",
				      CONTENT(AES256, TEXT))), true, NULL },
	{ "indefinite", STREAMED "[a0 (04 00)] ]]]]", true, NULL },
	{ "indefinite, not closed", STREAMED "[a0 0405 00", true, NULL },
	{ "indefinite, an empty piece first", STREAMED "[a0 (04) (04) (04 00)]",
	  true, NULL },
	{ "indefinite elements that are passed over",
	  TO("(30 (02 00) [30 [30 [31 (30 (06 55))]] (02 01)] [30 [30]] (04 aa))"),
	  true, NULL },
	{ "authenticated", AUTH(BODY("00", "(31 " TRANS ")",
		CONTENT(ALG(AES "2e", GCM), TEXT) "(04 00)")), true, NULL },
	{ "lengths longer than necessary",
	  "{30 {06 2a864886f70d010703} {a0 {30 {02 00} {31 " TRANS "}"
	  "{30 {06 2a} {30 {06 " AES "2a} " IV16 "} {80 00}}}}}", true, NULL },

	{ "AES-128-CBC", WITH(ALG(AES "02", IV16)), true, NULL },
	{ "AES-192-CBC", WITH(ALG(AES "16", IV16)), true, NULL },
	{ "AES-128-GCM", WITH(ALG(AES "06", GCM)), true, NULL },
	{ "AES-192-GCM", WITH(ALG(AES "1a", GCM)), true, NULL },
	{ "AES-128-CCM", WITH(ALG(AES "07", GCM)), true, NULL },
	{ "AES-192-CCM", WITH(ALG(AES "1b", GCM)), true, NULL },
	{ "AES-256-CCM", WITH(ALG(AES "2f", GCM)), true, NULL },
	{ "3DES", WITH(ALG("2a864886f70d0307", IV8)), true, NULL },
	{ "Camellia-128", WITH(ALG("2a83088c9a4b3d01010102", IV16)), true, NULL },
	{ "Camellia-192", WITH(ALG("2a83088c9a4b3d01010103", IV16)), true, NULL },
	{ "Camellia-256", WITH(ALG("2a83088c9a4b3d01010104", IV16)), true, NULL },
	{ "ChaCha20-Poly1305", WITH(ALG("2a864886f70d010910 0312", IV12)),
	  true, NULL },
	{ "AES-256-ECB", WITH(ALG(AES "29", IV16)), false, NULL },
	{ "AES-256-OFB", WITH(ALG(AES "2b", IV16)), false, NULL },
	{ "AES key wrap", WITH(ALG(AES "2d", "")), false, NULL },
	{ "RC2", WITH(ALG("2a864886f70d0302", "(30 (02 3a)" IV8 ")")), false,
	  NULL },
	{ "RC4", WITH(ALG("2a864886f70d0304", "(05)")), false, NULL },
	{ "DES", WITH(ALG("2b0e030207", IV8)), false, NULL },
	{ "DES-EDE", WITH(ALG("2b0e030211", IV8)), false, NULL },
	{ "id-data as cipher", WITH(ALG("2a864886f70d010701", "")), false, NULL },
	{ "NULL as cipher", WITH(ALG("2b0601050508 02", "(05)")), false, NULL },
	{ "an empty cipher", WITH(ALG("", IV16)), false, NULL },
	{ "no algorithm", WITH("(30)"), false, NULL },
	{ "no parameters", WITH(ALG(AES "2a", "")), false, NULL },
	{ "NULL parameters", WITH(ALG(AES "2a", "(05)")), false, NULL },
	{ "a short IV", WITH(ALG(AES "2a", IV8)), false, NULL },
	{ "an IV where a SEQUENCE belongs", WITH(ALG(AES "2e", IV16)), false,
	  NULL },
	{ "a SEQUENCE where an IV belongs", WITH(ALG(AES "2a", GCM)), false,
	  NULL },
	{ "more parameters", WITH(ALG(AES "2a", IV16 "(05)")), false, NULL },

	{ "version 2", VERSION("02"), true, NULL },
	{ "version 3", VERSION("03"), true, NULL },
	{ "version 4", VERSION("04"), true, NULL },
	{ "version 1", VERSION("01"), false, NULL },
	{ "version 5", VERSION("05"), false, NULL },
	{ "version -1", VERSION("ff"), false, NULL },
	{ "version of two bytes", VERSION("0000"), false, NULL },
	{ "version of no byte", VERSION(""), false, NULL },
	{ "AuthEnvelopedData version 2", AUTH(BODY("02", "(31 " TRANS ")",
		CONTENT(ALG(AES "2e", GCM), TEXT))), false, NULL },
	{ "key transport version 1", TO("(30 (02 01)" ISSUER("01") RSA "(04 aa))"),
	  false, NULL },
	{ "key agreement version 2", TO("(a1 (02 02)" ORIGIN ECDH "(30 "
		AGREE_KEY(ISSUER("02")) "))"), false, NULL },

	{ "data", "(30 " ID_DATA "(a0 (04 00)))", false, NULL },
	{ "signed", "(30 (06 2a864886f70d010702) (a0 (30 (02 01))))", false, NULL },
	{ "digested", "(30 (06 2a864886f70d010705) (a0 (30 (02 01))))", false, NULL },
	{ "encrypted to nobody",
	  "(30 (06 2a864886f70d010706) (a0 (30 (02 00)" CONTENT(AES256, TEXT) ")))",
	  false, NULL },
	{ "compressed", "(30 (06 2a864886f70d0109100109) (a0 (30 (02 00))))",
	  false, NULL },
	{ "an OID that begins like ours", "(30 (06 2a864886f70d01070300) (a0 "
	  BODY("00", "(31 " TRANS ")", CONTENT(AES256, TEXT)) "))", false, NULL },
	{ "no recipients", TO(""), false, NULL },
	{ "recipients in a SEQUENCE", CMS(BODY("00", "(30 " TRANS ")",
		CONTENT(AES256, TEXT))), false, NULL },
	{ "only a password", TO("(a3 (02 00))"), false, NULL },
	{ "only a key encryption key", TO("(a2 (02 04))"), false, NULL },
	{ "key agreement without a key", TO(AGREE_OF("")), false, NULL },
	{ "an unknown kind besides", TO(TRANS "(a5 00)"), false, NULL },
	{ "an empty recipient", TO("(30)"), false, NULL },
	{ "an empty recipient besides", TO(TRANS "(30)"), false, NULL },
	{ "no encrypted key", TO("(30 (02 00)" ISSUER("01") RSA ")"), false, NULL },
	{ "an empty encrypted key", TO("(30 (02 00)" ISSUER("01") RSA "(04))"),
	  false, NULL },
	{ "more in a recipient", TO("(30 (02 00)" ISSUER("01") RSA "(04 aa) (05))"),
	  false, NULL },
	{ "an empty name", TO(TRANS_OF("(30)")), false, NULL },
	{ "no content", HOLDS(""), false, NULL },
	{ "empty content", HOLDS("(80)"), false, NULL },
	{ "empty content in pieces", HOLDS("(a0 (04))"), false, NULL },
	{ "no pieces", HOLDS("(a0)"), false, NULL },
	{ "content that is no OCTET STRING", HOLDS("(a0 (0c 61))"), false, NULL },
	{ "plaintext for content", HOLDS("(04 61)"), false, NULL },

	{ "nothing", "", false, NULL },
	{ "text", "48656c6c6f", false, NULL },
	{ "a long tag", "1f8101 00", false, NULL },
	{ "a primitive of indefinite length", "[30 [06", false, NULL },
	{ "an end of contents too many", "0000", false, NULL },
	{ "an end of contents in a definite element", "30 20 0000", false, NULL },
	{ "an early end of contents", "[30 " ENVELOPED "]", false, NULL },
	{ "an end of contents with a length", "[30 " ENVELOPED "0001", false, NULL },
	{ "longer than its parent", "30 05 06 09 2a864886f70d010703", false, NULL },
	{ "deeply longer than its parent",
	  "30 5e " ENVELOPED "a0 50 30 4f (02 00)", false, NULL },
	{ "a length of 2^63", "30 88 8000000000000000 06", false, NULL },
	{ "a length of 2^64-1", "30 88 ffffffffffffffff 06", false, NULL },
	{ "a length of nine bytes", "30 89 000000000000000001 06", false, NULL },
	{ "a length of 127 bytes", "30 ff 00", false, NULL },
	{ "a recipient of 2^40 bytes", "[30 " ENVELOPED
	  "[a0 [30 (02 00) [31 30 86 010000000000 (02 00)" ISSUER("01") RSA
	  "04 84 ffffffff 00", false, NULL },
	{ "content of 2^40 bytes", STREAMED "80 86 010000000000 00", true, NULL },
	{ "a name of 2^60 bytes", "[30 " ENVELOPED
	  "[a0 [30 (02 00) [31 [30 (02 00) 30 88 1000000000000000 00",
	  false, ISSUER("01") },

	{ "sought and found", TO(TRANS), true, ISSUER("01") },
	{ "sought second and found second",
	  TO(TRANS_OF(ISSUER("07")) TRANS), true, ISSUER("05") ISSUER("01") },
	{ "sought by key identifier", TO(TRANS_ID), true, "(04 11223344)" },
	{ "sought, key agreement", TO(AGREE), true, ISSUER("02") },
	{ "sought, key agreement by key identifier", TO(AGREE_ID), true,
	  ISSUER("02") "(04 11223344)" },
	{ "sought, key agreement of two", TO(AGREE_OF(AGREE_KEY(ISSUER("01"))
		AGREE_KEY(ISSUER("02")))), true, ISSUER("02") },
	{ "sought, another serial", TO(TRANS), false, ISSUER("02") },
	{ "sought, a longer serial", TO(TRANS), false, ISSUER("0100") },
	{ "sought, another key identifier", TO(TRANS_ID), false, "(04 11223345)" },
	{ "sought, a longer key identifier", TO(TRANS_ID), false,
	  "(04 1122334400)" },
	{ "sought, the wrong kind", TO(TRANS_OF("(80 3003060155)")), false,
	  "(30 06 01 55)" },
	{ "sought, nobody", TO(TRANS), false, "" },
	{ "sought, broken names", TO(TRANS), false, "30 20 01" },
	{ "sought in indefinite", TO("(30 (02 00) [30 (30 (31 (30 (06 550403)"
		"(0c 61)))) (02 01)]" RSA "(04 aa))"), false, ISSUER("01") },
	{ "found, but no envelope", WITH(ALG("2b0e030207", IV8)), false,
	  ISSUER("01") }
};
#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

/* Feeds cut bytes, then pieces of step, and what was left over again. The
 * bytes stand at the end of their memory, for valgrind and the sanitizers. */
static enum seal_detect_verdict
run(const unsigned char *data, size_t len, size_t cut, size_t step,
    const unsigned char *names, size_t names_len)
{
	enum seal_detect_verdict verdict = SEAL_DETECT_MORE;
	struct seal_cms_probe probe;
	size_t from = 0, to = 0, used, n = cut;
	unsigned char *piece;

	seal_cms_probe_init(&probe, names, names_len);
	while (verdict == SEAL_DETECT_MORE && to < len) {
		to += n == 0 || n > len - to ? len - to : n;
		n = step;
		piece = malloc(to - from + 1);
		memcpy(piece + 1, data + from, to - from);
		verdict = seal_cms_probe_more(&probe, piece + 1, to - from,
					      &used);
		free(piece);
		if (used > to - from)
			abort();
		from += used;
	}
	return verdict;
}

static void test_row(size_t row)
{
	unsigned char data[BER_TEXT_MAX], names[BER_TEXT_MAX];
	size_t len = ber_text(rows[row].source, data), names_len = 0;
	const unsigned char *sought = NULL;
	size_t cut, first_yes = 0;
	bool good;

	if (rows[row].names != NULL) {
		names_len = ber_text(rows[row].names, names);
		sought = names;
	}
#define RUN(length, cut, step) \
	(run(data, length, cut, step, sought, names_len) == SEAL_DETECT_YES)
	good = RUN(len, 0, 0) == rows[row].wanted &&
		RUN(len, 1, 1) == rows[row].wanted;
	for (cut = 1; good && cut < len; cut++)
		good = RUN(len, cut, 0) == rows[row].wanted;
	tap_ok(good, "%s: whole, byte by byte, cut", rows[row].name);
	/* cut short it is a yes from some length on, and never before */
	good = true;
	for (cut = 1; good && cut <= len; cut++) {
		good = RUN(cut, 0, 0) == RUN(cut, 1, 1) &&
			(first_yes == 0 || RUN(cut, 0, 0));
		if (first_yes == 0 && RUN(cut, 0, 0))
			first_yes = cut;
	}
	tap_ok(good && (first_yes > 0) == rows[row].wanted,
	       "%s: cut short", rows[row].name);
}

/* Every byte of a good one becomes every other value: no verdict may depend on
 * how it is fed, and nothing may be read that is not there. */
static void test_mutations(void)
{
	unsigned char data[BER_TEXT_MAX];
	size_t i, len = ber_text(TO(AGREE_ID TRANS), data);
	unsigned int value;
	unsigned char old;
	bool good = true;

	for (i = 0; i < len && good; i++) {
		old = data[i];
		for (value = 0; value < 256 && good; value++) {
			data[i] = (unsigned char)value;
			good = run(data, len, 0, 0, NULL, 0) ==
				run(data, len, 1, 1, NULL, 0);
		}
		data[i] = old;
	}
	tap_ok(good, "every byte changed to every value");
}

/* Nested indefinite lengths end somewhere, and open ones are no envelope. */
static void test_nesting(void)
{
	static unsigned char data[100000];
	size_t len = ber_text("[30 " ENVELOPED "[a0 [30 (02 00) [a0", data);
	size_t i;

	for (i = len; i + 1 < sizeof(data); i += 2) {
		data[i] = 0x30;
		data[i + 1] = 0x80;
	}
	tap_ok(run(data, i, 0, 0, NULL, 0) == SEAL_DETECT_NO,
	       "50,000 elements within each other");
}

int main(void)
{
	size_t i;

	for (i = 0; i < ROW_COUNT; i++)
		test_row(i);
	test_mutations();
	test_nesting();
	return tap_done();
}
