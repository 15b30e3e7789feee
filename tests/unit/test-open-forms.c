/* SPDX-License-Identifier: MIT */

/* One envelope in many forms: as BER allows it, and as it does not. */

#include "cms/open.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include "base/buf.h"
#include "base/error.h"
#include "base/sink.h"
#include "ber-text.h"
#include "tap.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define FORMS 200

static const char content[] = "Content-Type: text/plain\r\n\r\nhello";
#define CONTENT_LEN (sizeof(content) - 1)
static const unsigned char key[32 + 1] = "thirty-two bytes of secret key..";

#define ENVELOPED "(06 2a864886f70d010703)"
#define AUTH_ENVELOPED "(06 2a864886f70d0109100117)"
#define ID_DATA "(06 2a864886f70d010701)"
#define TO "(a2 (02 04) (04 616263))"
#define NONCE "(04 000102030405060708090a0b)"
#define IV "(04 000102030405060708090a0b0c0d0e0f)"
#define ZEROS_32 \
	"0000000000000000000000000000000000000000000000000000000000000000"
#define AES(n) "(06 6086480165030401" n ")"
#define GCM_WITH(parameters) "(30 " AES("2e") parameters ")"
#define GCM GCM_WITH("(30 " NONCE "(02 10))")
#define CBC "(30 " AES("2a") IV ")"
#define ALL(type, before, algorithm, text, rest) "(30 " type "(a0 (30 (02 00)" \
	before "(30 " ID_DATA algorithm text ")" rest ")))"
#define AUTH(algorithm, text, rest) \
	ALL(AUTH_ENVELOPED, "(31 " TO ")", algorithm, text, rest)
#define ENV(algorithm, text, rest) \
	ALL(ENVELOPED, "(31 " TO ")", algorithm, text, rest)
#define PARAMETERS(parameters) AUTH(GCM_WITH(parameters), "(80 $a$b)", "(04 $t$u)")
#define REST(rest) AUTH(GCM, "(80 $a$b)", rest)
#define TEXT(text) AUTH(GCM, text, "(04 $t$u)")

/* MALFORMED: refused before it is known for whom it is */
enum wanted { OPENED, FAILED, REFUSED, MALFORMED, NOT_OURS };

/* $a$b: the content in GCM, $t$u: its tag (12 and 4 bytes), $z: that of nothing; $c$d:
 * the content in CBC */
static const struct row {
	const char *name, *source;
	enum wanted wanted;
} rows[] = {
	{ "GCM", REST("(04 $t$u)"), OPENED },
	{ "CBC", ENV(CBC, "(80 $c$d)", ""), OPENED },
	{ "GCM in pieces", TEXT("(a0 (04 $a) (04 $b))"), OPENED },
	{ "CBC in pieces", ENV(CBC, "(a0 (04 $c) (04 $d))", ""), OPENED },
	{ "pieces of pieces", TEXT("(a0 (04) (24 (24 (04 $a)) (04)) (24) (04 $b) "
				   "(24 (04)))"), OPENED },
	{ "originator info", ALL(AUTH_ENVELOPED, "(a0 (a0 (30 (04 aa)))) (31 " TO
		")", GCM, "(80 $a$b)", "(04 $t$u)"), OPENED },
	{ "every kind of recipient", ALL(ENVELOPED, "(31 (30 (02 00)) (a1 (02 03))"
		"(a2 (a0)) (a3 (30)) (a4 (30 (24 (04 aa)))))", CBC,
		"(80 $c$d)", ""), OPENED },
	{ "unauthenticated attributes", REST("(04 $t$u) (a2 (30 (06 2a) (31)))"),
	  OPENED },
	{ "unprotected attributes", ENV(CBC, "(80 $c$d)", "(a1 (30 (06 2a)))"),
	  OPENED },
	{ "empty", TEXT("(80)"), FAILED },
	{ "empty, with its tag", AUTH(GCM, "(80)", "(04 $z)"), OPENED },
	{ "empty, in no piece", AUTH(GCM, "(a0)", "(04 $z)"), OPENED },
	{ "CBC of nothing", ENV(CBC, "(80)", ""), FAILED },
	{ "CBC, half a block", ENV(CBC, "(80 $c 00)", ""), FAILED },

	{ "a tag of 12 bytes", AUTH(GCM_WITH("(30 " NONCE "(02 0c))"),
		"(80 $a$b)", "(04 $t)"), OPENED },
	{ "a tag of 12 bytes is the default", AUTH(GCM_WITH("(30 " NONCE ")"),
		"(80 $a$b)", "(04 $t)"), OPENED },
	{ "a tag that is longer than said", PARAMETERS("(30 " NONCE ")"), FAILED },
	{ "a tag that is shorter than said", REST("(04 $t)"), FAILED },
	{ "no tag", REST(""), FAILED },
	{ "an empty tag", REST("(04)"), FAILED },
	{ "a tag of 11 bytes", PARAMETERS("(30 " NONCE "(02 0b))"), REFUSED },
	{ "a tag of 17 bytes", PARAMETERS("(30 " NONCE "(02 11))"), REFUSED },
	{ "a tag of -128 bytes", PARAMETERS("(30 " NONCE "(02 80))"), REFUSED },
	{ "a tag of no number of bytes", PARAMETERS("(30 " NONCE "(02))"),
	  REFUSED },
	{ "a tag of a large number of bytes", PARAMETERS("(30 " NONCE "(02 0010))"),
	  REFUSED },
	{ "a tag of a large number of bytes, 16 first",
	  PARAMETERS("(30 " NONCE "(02 1000))"), REFUSED },
	{ "a tag in two halves", REST("(04 $t) (04 $u)"), REFUSED },
	{ "a tag in pieces", REST("(24 (04 $t) (04 $u))"), REFUSED },
	{ "two tags", REST("(04 $t$u) (04 $t$u)"), REFUSED },
	{ "a tag and an empty one", REST("(04 $t$u) (04)"), REFUSED },
	{ "attributes before the tag", REST("(a2) (04 $t$u)"), REFUSED },
	{ "attributes twice", REST("(04 $t$u) (a2) (a2)"), REFUSED },
	{ "authenticated attributes", REST("(a1 (30 (06 2a))) (04 $t$u)"),
	  REFUSED },
	{ "empty authenticated attributes", REST("(a1) (04 $t$u)"), REFUSED },
	{ "authenticated attributes and no tag", REST("(a1 (30 (06 2a)))"),
	  REFUSED },
	{ "authenticated attributes behind", REST("(04 $t$u) (a1)"), REFUSED },
	{ "CBC with a tag", ENV(CBC, "(80 $c$d)", "(04 $t$u)"), REFUSED },
	{ "CBC with an empty tag", ENV(CBC, "(80 $c$d)", "(04)"), REFUSED },
	{ "CBC with attributes that need a tag", ENV(CBC, "(80 $c$d)", "(a2)"),
	  REFUSED },

	{ "GCM in EnvelopedData", ENV(GCM, "(80 $a$b)", ""), REFUSED },
	{ "CBC in AuthEnvelopedData", AUTH(CBC, "(80 $c$d)", "(04 $t$u)"),
	  REFUSED },
	{ "no nonce", PARAMETERS("(30)"), MALFORMED },
	{ "an empty nonce", PARAMETERS("(30 (04) (02 10))"), REFUSED },
	{ "another nonce", PARAMETERS("(30 (04 00) (02 10))"), FAILED },
	{ "a nonce of 64 bytes", PARAMETERS("(30 (04" ZEROS_32 ZEROS_32 ")"
		"(02 10))"), FAILED },
	{ "a nonce of 65 bytes", PARAMETERS("(30 (04 00" ZEROS_32 ZEROS_32 ")"
		"(02 10))"), MALFORMED },
	{ "a nonce in pieces", PARAMETERS("(30 (24 " NONCE ") (02 10))"), MALFORMED },
	{ "a nonce and a tag in the wrong order",
	  PARAMETERS("(30 (02 10)" NONCE ")"), MALFORMED },
	{ "more in the parameters", PARAMETERS("(30 " NONCE "(02 10) (05))"),
	  MALFORMED },
	{ "more behind the parameters", PARAMETERS("(30 " NONCE "(02 10)) (05)"),
	  MALFORMED },
	{ "a nonce by itself", PARAMETERS(NONCE), REFUSED },
	{ "no parameters", PARAMETERS(""), MALFORMED },
	{ "CBC's IV in a SEQUENCE", ENV("(30 " AES("2a") "(30 " IV "))",
		"(80 $c$d)", ""), REFUSED },
	{ "CBC's IV is long", ENV("(30 " AES("2a") "(04 000102030405060708090a0b"
		"0c0d0e0f10))", "(80 $c$d)", ""), REFUSED },
	{ "no algorithm", AUTH("(30)", "(80 $a$b)", "(04 $t$u)"), MALFORMED },
	{ "an empty OID", AUTH("(30 (06) (30 " NONCE "))", "(80 $a$b)",
		"(04 $t$u)"), REFUSED },
	{ "ChaCha20-Poly1305", AUTH("(30 (06 2a864886f70d0109100312)" NONCE ")",
		"(80 $a$b)", "(04 $t$u)"), REFUSED },
	{ "AES-CCM", AUTH("(30 " AES("2f") "(30 " NONCE "(02 10)))", "(80 $a$b)",
		"(04 $t$u)"), REFUSED },

	{ "no content", TEXT(""), REFUSED },
	{ "content twice", TEXT("(80 $a) (80 $b)"), REFUSED },
	{ "content as a string", TEXT("(04 $a$b)"), REFUSED },
	{ "content with a number in it", TEXT("(a0 (04 $a$b) (02 00))"), REFUSED },
	{ "no recipients", ALL(AUTH_ENVELOPED, "", GCM, "(80 $a$b)",
		"(04 $t$u)"), MALFORMED },
	{ "no recipient", ALL(AUTH_ENVELOPED, "(31)", GCM, "(80 $a$b)",
		"(04 $t$u)"), MALFORMED },
	{ "a recipient of no kind", ALL(AUTH_ENVELOPED, "(31 (a5))", GCM,
		"(80 $a$b)", "(04 $t$u)"), MALFORMED },
	{ "originator info twice", ALL(AUTH_ENVELOPED, "(a0) (a0) (31 " TO ")", GCM,
		"(80 $a$b)", "(04 $t$u)"), MALFORMED },
	{ "a signed message inside", "(30 " AUTH_ENVELOPED "(a0 (30 (02 00) (31 "
		TO ") (30 (06 2a864886f70d010702)" GCM "(80 $a$b)) (04 $t$u))))",
	  REFUSED },
	{ "two structures in one", "(30 " AUTH_ENVELOPED "(a0 (30 (02 00) (31 "
		TO ") (30 " ID_DATA GCM "(80 $a$b)) (04 $t$u)) (30)))", REFUSED }
};

struct asked {
	bool not_ours;
	struct seal_buf recipients;
	unsigned int times;
};

static int ask(void *context, const unsigned char *recipients,
	       size_t recipients_len, size_t key_len, struct seal_buf *out,
	       struct seal_error *err)
{
	struct asked *asked = context;

	asked->times++;
	if (seal_buf_append(&asked->recipients, recipients, recipients_len,
			    err) < 0)
		return -1;
	return asked->not_ours ? 0 :
		seal_buf_append(out, key, key_len, err) < 0 ? -1 : 1;
}

/* Feeds cut bytes, then pieces of step. The bytes stand alone in their memory, for
 * valgrind and the sanitizers. */
static enum wanted run(const unsigned char *data, size_t len, size_t cut,
		       size_t step, struct asked *asked, struct seal_buf *out,
		       struct seal_error *err)
{
	struct seal_sink sink = seal_sink_to_buf(out);
	struct seal_open *open = seal_open_new(ask, asked, &sink, err);
	unsigned char *piece;
	size_t at, n;
	int ret = 1;

	for (at = 0, n = cut; ret == 1 && at < len; at += n, n = step) {
		n = n < len - at ? n : len - at;
		if ((piece = malloc(n + 1)) == NULL)
			abort();
		memcpy(piece + 1, data + at, n);
		ret = seal_open_more(open, piece + 1, n, err);
		free(piece);
	}
	if (ret == 1 && seal_open_finish(open, err) < 0)
		ret = -1;
	seal_open_free(&open);
	return ret == 1 ? OPENED : ret == 0 ? NOT_OURS :
		strcmp(err->text, SEAL_OPEN_FAILED_TEXT) == 0 ? FAILED :
		asked->times > 0 ? REFUSED : MALFORMED;
}

static bool gives(const struct row *row, enum wanted wanted,
		  const unsigned char *data, size_t len, size_t cut, size_t step)
{
	struct asked asked = { .not_ours = wanted == NOT_OURS };
	struct seal_buf out = SEAL_BUF_INIT;
	struct seal_error err = { SEAL_ERR_NONE, "" };
	enum wanted got = run(data, len, cut, step, &asked, &out, &err);
	/* the recipients are those of the message, as they stand there */
	bool good = got == wanted && ERR_peek_error() == 0 &&
		(asked.times == 0 || (asked.times == 1 &&
			memmem(data, len, asked.recipients.data,
			       asked.recipients.len) != NULL));

	if (got == OPENED)
		good = good && (out.len == 0 || (out.len == CONTENT_LEN &&
			memcmp(out.data, content, CONTENT_LEN) == 0));
	else
		good = good && err.code == SEAL_ERR_REFUSED &&
			(got != NOT_OURS || out.len == 0);
	if (!good)
		tap_note("%s: %d, cut %zu, step %zu: %s", row->name, got, cut,
			 step, err.text);
	seal_buf_free(&asked.recipients);
	seal_buf_free(&out);
	return good;
}

static bool is_right(const struct row *row, const unsigned char *data,
		     size_t len, size_t cut, size_t step)
{
	return gives(row, row->wanted, data, len, cut, step) &&
		(row->wanted == MALFORMED ||
		 gives(row, NOT_OURS, data, len, cut, step));
}

static unsigned int random_below(unsigned int limit)
{
	static unsigned int state = 20261128;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % limit;
}

/* The same structure with its lengths written in other ways. */
static void reform(char *text)
{
	char closing[32];
	unsigned int depth = 0, kind;

	for (; *text != '\0'; text++) {
		if (*text == '(') {
			/* bit 6 of the tag: constructed; only such a one may be
			   indefinite */
			kind = random_below(strchr("2367abAB", text[1]) ?
					    3 : 2);
			*text = "({["[kind];
			closing[depth++] = ")}]"[kind];
		} else if (*text == ')') {
			*text = closing[--depth];
		}
	}
}

static void test_row(const struct row *row, const struct ber_name *names)
{
	char source[BER_SOURCE_MAX], form[BER_SOURCE_MAX];
	unsigned char data[BER_TEXT_MAX];
	size_t len, cut;
	bool good;
	unsigned int i;

	ber_expand(row->source, names, source);
	len = ber_text(source, data);
	good = is_right(row, data, len, len, 1) &&
		is_right(row, data, len, 1, 1);
	for (cut = 0; good && cut < len; cut++)
		good = is_right(row, data, len, cut, len);
	tap_ok(good, "%s", row->name);
	for (i = 0; good && i < FORMS; i++) {
		strcpy(form, source);
		reform(form);
		len = ber_text(form, data);
		good = is_right(row, data, len, len, 1) &&
			is_right(row, data, len, i, 7);
		if (!good)
			tap_note("%s", form);
	}
	tap_ok(good, "%s, in %u forms", row->name, FORMS);
}

/* ciphertext of content, or of nothing; the tag behind it in GCM */
static void encrypt(const EVP_CIPHER *cipher, bool gcm, size_t len,
		    unsigned char *out)
{
	static const unsigned char iv[16] = {
		0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	};
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, end;

	if (EVP_EncryptInit_ex(ctx, cipher, NULL, key, iv) != 1 ||
	    (len > 0 && EVP_EncryptUpdate(ctx, out, &n,
			(const unsigned char *)content, (int)len) != 1) ||
	    EVP_EncryptFinal_ex(ctx, out + n, &end) != 1 ||
	    (gcm && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16,
					out + n + end) != 1))
		abort();
	EVP_CIPHER_CTX_free(ctx);
}

int main(void)
{
	unsigned char gcm[CONTENT_LEN + 16], cbc[CONTENT_LEN + 16], nothing[16];
	const struct ber_name names[] = {
		{ 'a', gcm, 5 }, { 'b', gcm + 5, CONTENT_LEN - 5 },
		{ 't', gcm + CONTENT_LEN, 12 },
		{ 'u', gcm + CONTENT_LEN + 12, 4 }, { 'z', nothing, 16 },
		{ 'c', cbc, 16 }, { 'd', cbc + 16, 32 }, { '\0', NULL, 0 }
	};
	size_t i;

	encrypt(EVP_aes_256_gcm(), true, CONTENT_LEN, gcm);
	encrypt(EVP_aes_256_gcm(), true, 0, nothing);
	encrypt(EVP_aes_256_cbc(), false, CONTENT_LEN, cbc);
	for (i = 0; i < N(rows); i++)
		test_row(&rows[i], names);
	return tap_done();
}
