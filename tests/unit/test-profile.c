/* SPDX-License-Identifier: MIT */
#include "store/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include "base/error.h"
#include "unit/tap.h"

#define NOW 1700000000

struct row {
	const char *name;
	const char *user;
	bool kill_switch;
	unsigned int profiles;		/* number 1 of them is active */
	unsigned int certificates;	/* of each */
	size_t certificate_len;
	const char *label;
	int64_t created;
};

static const struct row rows[] = {
	{ "empty", "a", false, 0, 0, 0, "", NOW },
	{ "kill switch only", "user@example.org", true, 0, 0, 0, "", NOW },
	{ "no certificate", "user@example.org", false, 1, 0, 0, "x", NOW },
	{ "one certificate", "user", false, 1, 1, 40, "phone", NOW },
	{ "UTF-8", "j\xc3\xb6rg@\xe4\xbe\x8b.example", true, 2, 2, 9,
	  "t\xc3\xa9l\xc3\xa9phone \xf0\x9f\x93\xb1", NOW },
	{ "before 1970", "u", false, 1, 1, 1, "", INT64_MIN },
	{ "far away", "u", false, 1, 1, 1, "", INT64_MAX },
	{ "large", "u", false, SEAL_PROFILES_MAX, SEAL_CERTIFICATES_MAX, 1500,
	  "label", NOW },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* What only issued profiles have: each in turn, and all of it in one. */
static void fill_issued(struct seal_profile *profile, unsigned int number)
{
	static const char *const addresses[] = {
		"user@example.org", "j\xc3\xb6rg@\xe4\xbe\x8b.example", NULL
	};
	struct seal_buf der = { (unsigned char *)"certificate", 11, 11 };
	unsigned char hash[SEAL_PROFILE_HASH_LEN];
	enum seal_profile_state state = profile->state;
	struct seal_error err;

	memset(hash, (int)number, sizeof(hash));
	profile->sender_key = number % 2 == 0 ? SEAL_PROFILE_SENDER_P256 :
		SEAL_PROFILE_SENDER_RSA;
	if ((number % 4 == 1 &&
	     seal_profile_set_chain(profile, &der, &der, &err) < 0) ||
	    (number % 3 == 1 &&
	     seal_profile_start_ceremony(profile, "nonce!~", 730 + number,
					 addresses + number % 2, &err) < 0) ||
	    (number % 5 == 1 &&
	     seal_profile_set_proof(profile, hash, NOW + number, &err) < 0))
		abort();
	if (profile->proof != NULL)
		profile->proof->tries = number;
	profile->state = state;
}

static void fill_profile(struct seal_profile *profile, const struct row *row,
			 unsigned int number)
{
	static const enum seal_profile_state states[] = {
		SEAL_PROFILE_RETIRED, SEAL_PROFILE_ACTIVE, SEAL_PROFILE_READY,
		SEAL_PROFILE_PENDING
	};
	unsigned char der[2000];
	struct seal_error err;
	unsigned int i;

	profile->state = number == 1 || number % 4 != 1 ? states[number % 4] :
		SEAL_PROFILE_RETIRED;
	profile->cipher = (enum seal_cipher)(number % 5);
	profile->sign = (enum seal_profile_sign)(number % 4);
	profile->oaep = number % 2 == 1;
	profile->changed = row->created == INT64_MAX ? 0 : row->created + 1;
	fill_issued(profile, number);
	for (i = 0; i < row->certificates; i++) {
		memset(der, (int)(number + i), sizeof(der));
		if (seal_profile_add_certificate(profile, der,
						 row->certificate_len,
						 &err) < 0)
			abort();
	}
}

static struct seal_user_record *make(const struct row *row)
{
	struct seal_user_record *record;
	struct seal_profile *profile;
	struct seal_error err;
	unsigned int i;

	record = seal_user_record_new(row->user, &err);
	if (record == NULL)
		abort();
	record->kill_switch = row->kill_switch;
	for (i = 0; i < row->profiles; i++) {
		profile = seal_user_record_add(record, i % 2 == 0 ?
			SEAL_PROFILE_IMPORTED : SEAL_PROFILE_ISSUED,
			row->label, row->created, &err);
		if (profile == NULL)
			abort();
		fill_profile(profile, row, i);
	}
	return record;
}

static bool same_bytes(const struct seal_buf *a, const struct seal_buf *b)
{
	return a->len == b->len &&
		(a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static bool same_ceremony(const struct seal_profile_ceremony *a,
			  const struct seal_profile_ceremony *b)
{
	unsigned int i;

	if (a == NULL || b == NULL)
		return a == b;
	for (i = 0; a->addresses[i] != NULL; i++) {
		if (b->addresses[i] == NULL ||
		    strcmp(a->addresses[i], b->addresses[i]) != 0)
			return false;
	}
	return b->addresses[i] == NULL && a->days == b->days &&
		strcmp(a->nonce, b->nonce) == 0;
}

static bool same_issued(const struct seal_profile *a,
			const struct seal_profile *b)
{
	if (!same_bytes(&a->issuer, &b->issuer) ||
	    !same_bytes(&a->root, &b->root) || a->sender_key != b->sender_key ||
	    !same_ceremony(a->ceremony, b->ceremony))
		return false;
	if (a->proof == NULL || b->proof == NULL)
		return a->proof == b->proof;
	return memcmp(a->proof->hash, b->proof->hash,
		      SEAL_PROFILE_HASH_LEN) == 0 &&
		a->proof->made == b->proof->made &&
		a->proof->tries == b->proof->tries;
}

static bool same_profile(const struct seal_profile *a,
			 const struct seal_profile *b)
{
	unsigned int i;

	if (strcmp(a->id, b->id) != 0 || a->kind != b->kind ||
	    a->state != b->state || strcmp(a->label, b->label) != 0 ||
	    a->created != b->created || a->changed != b->changed ||
	    a->cipher != b->cipher || a->sign != b->sign ||
	    a->oaep != b->oaep || !same_issued(a, b) ||
	    a->certificate_count != b->certificate_count)
		return false;
	for (i = 0; i < a->certificate_count; i++) {
		if (a->certificates[i].len != b->certificates[i].len ||
		    memcmp(a->certificates[i].data, b->certificates[i].data,
			   a->certificates[i].len) != 0)
			return false;
	}
	return true;
}

static bool same(const struct seal_user_record *a,
		 const struct seal_user_record *b)
{
	unsigned int i;

	if (strcmp(a->user, b->user) != 0 ||
	    a->kill_switch != b->kill_switch ||
	    a->profile_count != b->profile_count)
		return false;
	for (i = 0; i < a->profile_count; i++) {
		if (!same_profile(&a->profiles[i], &b->profiles[i]))
			return false;
	}
	return true;
}

static void encode(const struct seal_user_record *record, struct seal_buf *der)
{
	struct seal_error err;

	if (seal_user_record_encode(record, der, &err) < 0)
		abort();
}

/* Damaged, or it is what those bytes say: they come out of it again. */
static bool honest(const unsigned char *der, size_t len, bool must_fail)
{
	struct seal_user_record *record;
	struct seal_buf again = SEAL_BUF_INIT;
	struct seal_error err = { .code = SEAL_ERR_NONE };
	bool good;

	record = seal_user_record_decode(der, len, &err);
	if (record == NULL)
		return err.code == SEAL_ERR_DAMAGED && ERR_peek_error() == 0;
	encode(record, &again);
	good = !must_fail && again.len == len &&
		memcmp(again.data, der, len) == 0;
	seal_buf_free(&again);
	seal_user_record_free(&record);
	return good;
}

static void test_round_trip(const struct row *row)
{
	const char *const argv[] = {
		"openssl", "asn1parse", "-inform", "DER", NULL
	};
	struct seal_user_record *record = make(row), *back;
	struct seal_buf der = SEAL_BUF_INIT, again = SEAL_BUF_INIT;
	struct seal_error err;
	size_t out_len;
	char *out;

	encode(record, &der);
	back = seal_user_record_decode(der.data, der.len, &err);
	if (tap_ok(back != NULL && same(record, back), "%s: round trip",
		   row->name)) {
		encode(back, &again);
		tap_ok(again.len == der.len &&
		       memcmp(again.data, der.data, der.len) == 0,
		       "%s: the same bytes again", row->name);
	}
	tap_ok(tap_run(argv, der.data, der.len, &out, &out_len) == 0 &&
	       strstr(out, "UTF8STRING") != NULL &&
	       strstr(out, row->profiles == 0 ? "SEQUENCE" : "ENUMERATED"),
	       "%s: openssl asn1parse reads it", row->name);
	free(out);
	seal_user_record_free(&back);
	seal_user_record_free(&record);
	seal_buf_free(&der);
	seal_buf_free(&again);
}

static void test_truncations(const struct row *row)
{
	struct seal_user_record *record = make(row);
	struct seal_buf der = SEAL_BUF_INIT;
	struct seal_error err;
	unsigned char *copy;
	size_t len, step;
	bool good = true;

	encode(record, &der);
	step = der.len > 5000 ? 9973 : 1;
	for (len = 0; len < der.len && good; len += step) {
		/* memory of exactly this size, for the checkers */
		if ((copy = malloc(len + 1)) == NULL)
			abort();
		memcpy(copy + 1, der.data, len);
		good = honest(copy + 1, len, true);
		free(copy);
	}
	tap_ok(good, "%s: each truncation is damage (%zu of %zu)", row->name,
	       len, der.len);
	if (seal_buf_append(&der, "", 1, &err) < 0)
		abort();
	tap_ok(honest(der.data, der.len, true), "%s: so is a trailing byte",
	       row->name);
	seal_buf_free(&der);
	seal_user_record_free(&record);
}

static void test_mutations(const struct row *row)
{
	struct seal_user_record *record = make(row);
	struct seal_buf der = SEAL_BUF_INIT;
	unsigned int value, step;
	bool good = true;
	size_t i;

	encode(record, &der);
	step = der.len > 5000 ? 120 : der.len > 100 ? 15 : 1;
	for (i = 0; i < der.len && good; i++) {
		/* a large record: its beginning, and a spread of the rest */
		if (der.len > 5000 && i > 60 && i % 9973 != 0)
			continue;
		for (value = 1; value < 256 && good; value += step) {
			der.data[i] ^= (unsigned char)value;
			good = honest(der.data, der.len, false);
			der.data[i] ^= (unsigned char)value;
		}
	}
	tap_ok(good, "%s: each changed byte is seen or harmless (%zu of %zu)",
	       row->name, i, der.len);
	seal_buf_free(&der);
	seal_user_record_free(&record);
}

static bool refused(const struct seal_user_record *record, const char *why)
{
	struct seal_buf der = SEAL_BUF_INIT;
	struct seal_user_record *back;
	struct seal_error err;
	bool good;

	encode(record, &der);
	back = seal_user_record_decode(der.data, der.len, &err);
	good = back == NULL && err.code == SEAL_ERR_DAMAGED &&
		strstr(err.text, why) != NULL;
	if (!good)
		tap_note("%s", back != NULL ? "was decoded" : err.text);
	seal_user_record_free(&back);
	seal_buf_free(&der);
	return good;
}

static const struct row two_row = {
	"two", "user", false, 2, 1, 10, "", NOW
};

static void test_refused_issued(void)
{
	static const char *const addresses[] = { "a@b", NULL };
	struct seal_user_record *record = make(&two_row);
	struct seal_profile *profile = &record->profiles[0];
	struct seal_error err;

	profile->sender_key = (enum seal_profile_sender_key)3;
	tap_ok(refused(record, "sender key"), "an unknown sender key is refused");
	profile->sender_key = SEAL_PROFILE_SENDER_P256;
	if (seal_buf_append(&profile->issuer, "x", 1, &err) < 0)
		abort();
	tap_ok(refused(record, "chain"), "an empty root certificate is refused");
	seal_buf_free(&profile->issuer);
	if (seal_profile_start_ceremony(profile, "n", 1, addresses, &err) < 0)
		abort();
	strcpy(profile->ceremony->nonce, "n n");
	tap_ok(refused(record, "nonce"), "a nonce with a space is refused");
	*profile->ceremony->nonce = '\0';
	tap_ok(refused(record, "nonce"), "an empty nonce is refused");
	strcpy(profile->ceremony->nonce, "n");
	profile->ceremony->addresses[0][0] = '\n';
	tap_ok(refused(record, "addresses"), "an address with a control "
	       "character is refused");
	free(profile->ceremony->addresses[0]);
	profile->ceremony->addresses[0] = NULL;
	tap_ok(refused(record, "addresses"), "no address is refused");
	seal_user_record_free(&record);
}

static const struct {
	const char *name, *nonce;
	const char *addresses[3];
	enum seal_error_code code;
} ceremonies[] = {
	{ "one address", "n", { "a@b" }, SEAL_ERR_NONE },
	{ "any printable nonce", "!\"#~", { "a", "b" }, SEAL_ERR_NONE },
	{ "empty nonce", "", { "a@b" }, SEAL_ERR_INPUT },
	{ "space in the nonce", "a b", { "a@b" }, SEAL_ERR_INPUT },
	{ "UTF-8 in the nonce", "\xc3\xa4", { "a@b" }, SEAL_ERR_INPUT },
	{ "a nonce of 65", "12345678901234567890123456789012"
	  "123456789012345678901234567890123", { "a@b" }, SEAL_ERR_INPUT },
	{ "no address", "n", { NULL }, SEAL_ERR_INPUT },
	{ "an empty address", "n", { "a@b", "" }, SEAL_ERR_INPUT },
	{ "an address in latin-1", "n", { "\xe4@b" }, SEAL_ERR_INPUT },
};

static void test_ceremonies(void)
{
	struct seal_user_record *record = make(&two_row);
	struct seal_profile *profile = &record->profiles[0];
	const char *many[SEAL_PROFILE_ADDRESSES_MAX + 2] = { NULL };
	char longest[SEAL_PROFILE_ADDRESS_MAX + 2];
	struct seal_error err;
	size_t i;
	int ret;

	for (i = 0; i < sizeof(ceremonies) / sizeof(ceremonies[0]); i++) {
		profile->state = SEAL_PROFILE_READY;
		ret = seal_profile_start_ceremony(profile, ceremonies[i].nonce,
						  10, ceremonies[i].addresses,
						  &err);
		tap_ok(ceremonies[i].code == SEAL_ERR_NONE ?
		       ret == 0 && profile->state == SEAL_PROFILE_PENDING &&
		       strcmp(profile->ceremony->nonce,
			      ceremonies[i].nonce) == 0 :
		       ret == -1 && err.code == ceremonies[i].code &&
		       profile->state == SEAL_PROFILE_READY,
		       "ceremony: %s", ceremonies[i].name);
	}
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	many[0] = longest;
	tap_ok(seal_profile_start_ceremony(profile, "n", 1, many, &err) == -1 &&
	       err.code == SEAL_ERR_LIMIT, "ceremony: an address too long");
	many[0] = longest + 1;
	tap_ok(seal_profile_start_ceremony(profile, "n", 1, many, &err) == 0,
	       "ceremony: the longest address");
	for (i = 0; i <= SEAL_PROFILE_ADDRESSES_MAX; i++)
		many[i] = "a";
	tap_ok(seal_profile_start_ceremony(profile, "n", 1, many, &err) == -1 &&
	       err.code == SEAL_ERR_LIMIT, "ceremony: too many addresses");
	many[SEAL_PROFILE_ADDRESSES_MAX] = NULL;
	tap_ok(seal_profile_start_ceremony(profile, "n", 1, many, &err) == 0 &&
	       !refused(record, ""), "ceremony: the most addresses");
	seal_profile_end_ceremony(profile);
	seal_profile_end_ceremony(profile);
	tap_ok(profile->ceremony == NULL, "ceremony: forgotten");
	seal_user_record_free(&record);
}

static void test_refused(void)
{
	struct seal_user_record *record = make(&two_row), *back;
	struct seal_buf der = SEAL_BUF_INIT;
	struct seal_error err;
	char id[SEAL_PROFILE_ID_LEN + 1], *user;

	record->profiles[0].state = SEAL_PROFILE_ACTIVE;
	tap_ok(refused(record, "active"), "two active profiles are refused");
	record->profiles[0].state = SEAL_PROFILE_READY;

	memcpy(id, record->profiles[0].id, sizeof(id));
	memcpy(record->profiles[0].id, record->profiles[1].id, sizeof(id));
	tap_ok(refused(record, "one id"), "two profiles of one id are refused");
	memcpy(record->profiles[0].id, "0123456789ABCDEF", sizeof(id));
	tap_ok(refused(record, "id"), "an id in capitals is refused");
	memcpy(record->profiles[0].id, "0123456789abcde", sizeof(id) - 1);
	tap_ok(refused(record, "id"), "an id that is too short is refused");
	memcpy(record->profiles[0].id, id, sizeof(id));

	record->profiles[0].cipher = (enum seal_cipher)5;
	tap_ok(refused(record, "cipher"), "an unknown cipher is refused");
	record->profiles[0].cipher = SEAL_CIPHER_NONE;
	record->profiles[0].state = (enum seal_profile_state)5;
	tap_ok(refused(record, "state"), "an unknown state is refused");
	record->profiles[0].state = SEAL_PROFILE_READY;
	record->profiles[0].kind = (enum seal_profile_kind)0;
	tap_ok(refused(record, "kind"), "an unknown kind is refused");
	record->profiles[0].kind = SEAL_PROFILE_IMPORTED;
	record->profiles[0].sign = (enum seal_profile_sign)4;
	tap_ok(refused(record, "sign"), "an unknown way to sign is refused");
	record->profiles[0].sign = SEAL_PROFILE_SIGN_DEFAULT;
	user = record->user;
	record->user = (char[]){ "us\ner" };
	tap_ok(refused(record, "name"), "a control character is refused");
	record->user = (char[]){ "" };
	tap_ok(refused(record, "name"), "an empty name is refused");
	record->user = user;

	encode(record, &der);
	/* SEQUENCE, two bytes of length, INTEGER, 1: the version */
	der.data[5] = 2;
	back = seal_user_record_decode(der.data, der.len, &err);
	tap_ok(back == NULL && err.code == SEAL_ERR_DAMAGED &&
	       strstr(err.text, "version 2") != NULL,
	       "another version is refused by its number");
	seal_user_record_free(&back);
	seal_buf_free(&der);
	seal_user_record_free(&record);
}

/* Indefinite length around the same content: BER that libcrypto would read. */
static void test_ber(void)
{
	static const unsigned char der[] = {
		0x30, 0x0b, 0x02, 0x01, 0x01, 0x0c, 0x01, 'u',
		0x01, 0x01, 0xff, 0x30, 0x00
	};
	static const unsigned char ber[] = {
		0x30, 0x80, 0x02, 0x01, 0x01, 0x0c, 0x01, 'u',
		0x01, 0x01, 0xff, 0x30, 0x00, 0x00, 0x00
	};
	static const unsigned char boolean[] = {
		0x30, 0x0b, 0x02, 0x01, 0x01, 0x0c, 0x01, 'u',
		0x01, 0x01, 0x01, 0x30, 0x00
	};

	tap_ok(honest(der, sizeof(der), false), "a record written by hand");
	tap_ok(honest(ber, sizeof(ber), true), "an indefinite length is damage");
	tap_ok(honest(boolean, sizeof(boolean), true),
	       "a BOOLEAN that is neither 00 nor FF is damage");
	tap_ok(honest((const unsigned char *)"", 0, true), "nothing is damage");
}

static const struct {
	const char *name, *text;
	bool good;
} labels[] = {
	{ "empty", "", true },
	{ "ASCII", "my phone", true },
	{ "largest code point", "\xf4\x8f\xbf\xbf", true },
	{ "no-break space", "\xc2\xa0", true },
	{ "newline", "a\nb", false },
	{ "DEL", "\x7f", false },
	{ "C1 control", "\xc2\x85", false },
	{ "latin-1", "t\xe9l", false },
	{ "overlong", "\xc0\xaf", false },
	{ "overlong of three", "\xe0\x80\xaf", false },
	{ "overlong of four", "\xf0\x80\x80\xaf", false },
	{ "surrogate", "\xed\xa0\x80", false },
	{ "above U+10FFFF", "\xf4\x90\x80\x80", false },
	{ "cut off", "\xe4\xbe", false },
	{ "lonely continuation", "\xbf", false },
};

static void test_labels(void)
{
	char longest[SEAL_PROFILE_LABEL_MAX + 2];
	struct seal_user_record *record = make(&two_row);
	struct seal_profile *profile = &record->profiles[0];
	struct seal_error err;
	size_t i;
	int ret;

	for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		ret = seal_profile_set_label(profile, labels[i].text, &err);
		tap_ok(labels[i].good ?
		       ret == 0 && strcmp(profile->label, labels[i].text) == 0 :
		       ret == -1 && err.code == SEAL_ERR_INPUT,
		       "label: %s", labels[i].name);
	}
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	tap_ok(seal_profile_set_label(profile, longest, &err) == -1 &&
	       err.code == SEAL_ERR_INPUT, "label: too long");
	tap_ok(seal_profile_set_label(profile, longest + 1, &err) == 0,
	       "label: the longest");
	tap_ok(seal_user_record_add(record, SEAL_PROFILE_IMPORTED, "\n", NOW,
				    &err) == NULL &&
	       err.code == SEAL_ERR_INPUT && record->profile_count == 2,
	       "label: a new profile's too");
	seal_user_record_free(&record);
	tap_ok(seal_user_record_new("", &err) == NULL &&
	       err.code == SEAL_ERR_INPUT &&
	       seal_user_record_new("\xff", &err) == NULL &&
	       err.code == SEAL_ERR_INPUT, "user: empty, or not UTF-8");
}

static void test_limits(void)
{
	struct seal_user_record *record = make(&rows[ROWS - 1]);
	struct seal_profile *profile = &record->profiles[0];
	static unsigned char huge[65537];
	struct seal_error err;

	tap_ok(seal_user_record_add(record, SEAL_PROFILE_IMPORTED, "", NOW,
				    &err) == NULL &&
	       err.code == SEAL_ERR_LIMIT, "limit: profiles");
	tap_ok(seal_profile_add_certificate(profile, huge, 1, &err) == -1 &&
	       err.code == SEAL_ERR_LIMIT, "limit: certificates");
	seal_user_record_remove(record, profile);
	profile = seal_user_record_add(record, SEAL_PROFILE_IMPORTED, "", NOW,
				       &err);
	tap_ok(profile != NULL &&
	       seal_profile_add_certificate(profile, huge, 65537, &err) == -1 &&
	       err.code == SEAL_ERR_LIMIT &&
	       seal_profile_add_certificate(profile, huge, 65536, &err) == 0,
	       "limit: a certificate's length");
	seal_user_record_free(&record);
}

static void test_find(void)
{
	struct seal_user_record *record = make(&two_row);
	char id[SEAL_PROFILE_ID_LEN + 1];

	memcpy(id, record->profiles[0].id, sizeof(id));
	tap_ok(strspn(id, "0123456789abcdef") == SEAL_PROFILE_ID_LEN &&
	       strcmp(id, record->profiles[1].id) != 0, "find: ids");
	tap_ok(seal_user_record_find(record, id) == &record->profiles[0] &&
	       seal_user_record_active(record) == &record->profiles[1] &&
	       seal_user_record_find(record, "") == NULL, "find: both ways");
	seal_user_record_remove(record, &record->profiles[0]);
	tap_ok(record->profile_count == 1 &&
	       seal_user_record_find(record, id) == NULL &&
	       seal_user_record_active(record) == &record->profiles[0],
	       "find: after the first was removed");
	seal_user_record_remove(record, &record->profiles[0]);
	tap_ok(record->profile_count == 0 &&
	       seal_user_record_active(record) == NULL,
	       "find: after the last was removed");
	seal_user_record_free(&record);
	seal_user_record_free(&record);
}

static void test_names(void)
{
	int i;
	bool good = true;

	for (i = 0; i < 4; i++) {
		const char *name = seal_profile_sign_name(
			(enum seal_profile_sign)i);

		good = good && seal_profile_sign_find(name) == i;
	}
	tap_ok(good && seal_profile_sign_find("") == -1 &&
	       seal_profile_sign_name((enum seal_profile_sign)4) == NULL,
	       "names: sign");
	tap_ok(strcmp(seal_profile_kind_name(SEAL_PROFILE_ISSUED),
		      "issued") == 0 &&
	       seal_profile_kind_name((enum seal_profile_kind)0) == NULL &&
	       seal_profile_kind_name((enum seal_profile_kind)3) == NULL,
	       "names: kind");
	tap_ok(strcmp(seal_profile_state_name(SEAL_PROFILE_PENDING),
		      "pending") == 0 &&
	       seal_profile_state_name((enum seal_profile_state)0) == NULL &&
	       seal_profile_state_name((enum seal_profile_state)5) == NULL,
	       "names: state");
	tap_ok(seal_profile_sender_key_find("p256") ==
	       SEAL_PROFILE_SENDER_P256 &&
	       seal_profile_sender_key_find("rsa") == SEAL_PROFILE_SENDER_RSA &&
	       seal_profile_sender_key_find("") == -1 &&
	       strcmp(seal_profile_sender_key_name(SEAL_PROFILE_SENDER_RSA),
		      "rsa") == 0 &&
	       seal_profile_sender_key_name(
			(enum seal_profile_sender_key)0) == NULL,
	       "names: sender key");
}

static bool build(struct seal_buf *der, struct seal_error *err)
{
	struct seal_user_record *record;
	struct seal_profile *profile;
	bool good;

	if ((record = seal_user_record_new("user", err)) == NULL)
		return false;
	profile = seal_user_record_add(record, SEAL_PROFILE_IMPORTED, "label",
				       NOW, err);
	good = profile != NULL &&
		seal_profile_add_certificate(profile, (const unsigned char *)
					     "certificate", 11, err) == 0 &&
		seal_profile_start_ceremony(profile, "nonce", 1,
					    (const char *const[]) { "a", "b",
					    NULL }, err) == 0 &&
		seal_profile_set_chain(profile, &profile->certificates[0],
				       &profile->certificates[0], err) == 0 &&
		seal_profile_set_proof(profile, (const unsigned char *)
				       "0123456789abcdef0123456789abcdef",
				       NOW, err) == 0 &&
		seal_user_record_encode(record, der, err) == 0;
	seal_user_record_free(&record);
	return good;
}

static void test_allocations(void)
{
	struct seal_user_record *record = make(&rows[4]), *back;
	struct seal_buf der = SEAL_BUF_INIT, built = SEAL_BUF_INIT;
	struct seal_error err;
	bool good = true, failed = true;
	unsigned long n;

	for (n = 1; failed && good; n++) {
		err.code = SEAL_ERR_NONE;
		tap_alloc_fail_at(n);
		good = build(&built, &err) || err.code == SEAL_ERR_MEMORY;
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		good = good && ERR_peek_error() == 0 &&
			(built.len == 0 ||
			 honest(built.data, built.len, false));
		seal_buf_free(&built);
	}
	tap_ok(good, "making: with each of %lu allocations failing", n);
	if (!good)
		tap_note("%lu: %d %s", n - 1, err.code, err.text);

	encode(record, &der);
	for (n = 1, failed = true; failed && good; n++) {
		err.code = SEAL_ERR_NONE;
		tap_alloc_fail_at(n);
		back = seal_user_record_decode(der.data, der.len, &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		good = back != NULL ? same(record, back) :
			err.code == SEAL_ERR_MEMORY;
		good = good && ERR_peek_error() == 0;
		seal_user_record_free(&back);
	}
	tap_ok(good, "reading: with each of %lu allocations failing", n);
	if (!good)
		tap_note("%lu: %d %s", n - 1, err.code, err.text);
	seal_buf_free(&der);
	seal_user_record_free(&record);
}

int main(void)
{
	size_t i;

	tap_alloc_init();
	for (i = 0; i < ROWS; i++) {
		test_round_trip(&rows[i]);
		test_truncations(&rows[i]);
		test_mutations(&rows[i]);
	}
	test_refused();
	test_refused_issued();
	test_ceremonies();
	test_ber();
	test_labels();
	test_limits();
	test_find();
	test_names();
	test_allocations();
	return tap_done();
}
