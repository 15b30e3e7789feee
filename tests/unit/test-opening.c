/* SPDX-License-Identifier: MIT */

/* Opening replies, from the stores: whose, for whom, and what is said. */

#include "service/opening.h"

#include "service/signing.h"
#include "ceremony-check.h"
#include "opening-check.h"

#define ALICE "alice@example.net"
#define BOB "bob@example.net"
#define SECOND_NAME "second@example.org"

static struct ceremony c;
static struct seal_signing_cache *cache;	/* NULL in the first round */
static char active_id[SEAL_PROFILE_ID_LEN + 1];
static struct device device;

/*
 * Certificates
 */

static X509 *parse(const struct seal_buf *der)
{
	const unsigned char *p = der->data;
	X509 *cert = d2i_X509(NULL, &p, (long)der->len);

	if (cert == NULL)
		abort();
	return cert;
}

/* The one in a signature: what a client learns of a correspondent. */
static X509 *signer_of(const struct seal_buf *der)
{
	const unsigned char *p = der->data;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)der->len);
	STACK_OF(X509) *certs = CMS_get1_certs(cms);
	X509 *cert, *found = NULL;
	int i;

	for (i = 0; i < sk_X509_num(certs); i++) {
		cert = sk_X509_value(certs, i);
		if (X509_check_ca(cert) == 0 && X509_up_ref(cert) == 1)
			found = cert;
	}
	if (found == NULL)
		abort();
	sk_X509_pop_free(certs, X509_free);
	CMS_ContentInfo_free(cms);
	return found;
}

static X509 *sender_of(const char *user, const char *id, const char *address,
		       bool replies)
{
	static const unsigned char digest[32] = { 0 };
	struct seal_buf cms = SEAL_BUF_INIT;
	struct seal_error err;
	X509 *cert;

	if (seal_ceremony_sign(c.store, c.keyring, cache, c.now, user, id,
			       address, replies, digest, sizeof(digest), &cms,
			       &err) < 0) {
		tap_note("%s", err.text);
		abort();
	}
	cert = signer_of(&cms);
	seal_buf_free(&cms);
	return cert;
}

static X509 *sender(const char *address)
{
	return sender_of(CEREMONY_USER, active_id, address, true);
}

static X509 *user_cert(const char *user, const char *id)
{
	return parse(&ceremony_profile(&c, user, id)->certificates[0]);
}

static void activate(const char *user, const char *id)
{
	struct seal_error err;

	if (seal_profiles_activate(c.store, user, id, c.now, &err) < 0)
		abort();
}

static void start(void)
{
	ceremony_fresh(&c);
	if (cache != NULL)
		seal_signing_cache_clear(cache);
	device_free(&device);
	ceremony_ready(&c, CEREMONY_USER, SEAL_KEY_P256, active_id, &device);
	activate(CEREMONY_USER, active_id);
}

static void set_sender_key(const char *value)
{
	const char *const names[] = { "sender_key" };
	struct seal_error err;

	if (seal_ceremony_set(c.store, c.keyring, CEREMONY_USER, active_id,
			      names, &value, 1, &err) < 0)
		abort();
}

/*
 * Opening
 */

static int open_as(const char *user, const struct envelope *e,
		   const char *const *to, struct seal_opened *opened,
		   struct seal_error *err)
{
	size_t key_len = (size_t)EVP_CIPHER_get_key_length(e->cipher);

	err->code = SEAL_ERR_NONE;
	err->text[0] = '\0';
	return seal_opening_open(c.store, c.keyring, cache, c.now, user,
				 e->infos, e->infos_len, to, key_len, opened,
				 err);
}

static bool is_sentence(const char *text)
{
	size_t len = strlen(text);

	return len > 20 && len < 400 && text[len - 1] == '.' &&
		strspn(text, " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOP"
		       "QRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~") == len;
}

/* wanted: 1, 0, -1; text: part of the sentence. */
static bool opens(const char *user, const struct envelope *e,
		  const char *const *to, int wanted, const char *text)
{
	struct seal_opened opened = SEAL_OPENED_INIT;
	struct seal_error err;
	int ret = open_as(user, e, to, &opened, &err);
	bool good = ret == wanted && ERR_peek_error() == 0;

	if (ret > 0)
		good = good && envelope_opens(e, &opened.key) &&
			strlen(opened.profile) == SEAL_PROFILE_ID_LEN &&
			opened.signers.len > 0;
	else
		good = good && opened.key.len == 0 && opened.signers.len == 0;
	if (ret < 0)
		good = good && err.code == SEAL_ERR_REFUSED &&
			is_sentence(err.text) &&
			(text == NULL || strstr(err.text, text) != NULL);
	if (!good)
		tap_note("%d: %s: %s", ret, seal_error_code_name(err.code),
			 err.text);
	seal_opened_free(&opened);
	return good;
}

static const char *const to_alice[] = { ALICE, NULL };
static const char *const to_both[] = { ALICE, BOB, NULL };
static const struct envelope_way plain_ways[8];

static void make(struct envelope *e, X509 *const *certs)
{
	envelope_make(e, EVP_aes_128_cbc(), certs, plain_ways);
}

/* To one certificate, which is freed. */
static void make_one(struct envelope *e, X509 *cert)
{
	X509 *const certs[] = { cert, NULL };

	make(e, certs);
	X509_free(cert);
}

static void test_ways(void)
{
	static const struct {
		const char *name;
		bool rsa;
		const EVP_CIPHER *(*cipher)(void);
		struct envelope_way way;
	} rows[] = {
		{ "EC", false, EVP_aes_128_cbc, { .key_id = false } },
		{ "EC by key identifier", false, EVP_aes_256_cbc,
		  { .key_id = true } },
		{ "RSA", true, EVP_aes_128_cbc, { .key_id = false } },
		{ "RSA by key identifier", true, EVP_aes_192_cbc,
		  { .key_id = true } },
		{ "RSA OAEP", true, EVP_aes_256_cbc,
		  { .oaep = true, .digest = EVP_sha256 } }
	};
	struct envelope e;
	X509 *certs[2] = { NULL, NULL };
	size_t i;

	start();
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		set_sender_key(rows[i].rsa ? "rsa" : "p256");
		certs[0] = sender(ALICE);
		envelope_make(&e, rows[i].cipher(), certs, &rows[i].way);
		tap_ok(opens(CEREMONY_USER, &e, to_alice, 1, NULL),
		       "way: %s", rows[i].name);
		/* what a correspondent has outlives the option */
		set_sender_key(rows[i].rsa ? "p256" : "rsa");
		tap_ok(opens(CEREMONY_USER, &e, to_alice, 1, NULL),
		       "way: %s, and then the other kind of key",
		       rows[i].name);
		envelope_free(&e);
		X509_free(certs[0]);
	}
	make_one(&e, sender_of(CEREMONY_USER, active_id, ALICE, false));
	tap_ok(opens(CEREMONY_USER, &e, to_alice, 1, NULL),
	       "way: a certificate that may only sign");
	envelope_free(&e);
}

/*
 * Whom it is encrypted to, and whom it goes to
 */

enum { A, B, OWN, SECOND, SECOND_USER, THIRD, CERTS };
static X509 *who[CERTS];

/* Nobody's here. */
static X509 *third_person(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509_NAME *name = X509_NAME_new();
	X509 *cert = X509_new();

	if (key == NULL || cert == NULL ||
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
			(const unsigned char *)"carol", -1, -1, 0) != 1 ||
	    ASN1_INTEGER_set(X509_get_serialNumber(cert), 4711) != 1 ||
	    X509_set_issuer_name(cert, name) != 1 ||
	    X509_set_subject_name(cert, name) != 1 ||
	    X509_gmtime_adj(X509_getm_notBefore(cert), 0) == NULL ||
	    X509_gmtime_adj(X509_getm_notAfter(cert), 86400) == NULL ||
	    X509_set_pubkey(cert, key) != 1 ||
	    X509_sign(cert, key, EVP_sha256()) <= 0)
		abort();
	X509_NAME_free(name);
	EVP_PKEY_free(key);
	return cert;
}

static void start_who(void)
{
	char id[SEAL_PROFILE_ID_LEN + 1];
	struct device other;

	start();
	ceremony_ready(&c, SECOND_NAME, SEAL_KEY_P256, id, &other);
	activate(SECOND_NAME, id);
	who[A] = sender(ALICE);
	who[B] = sender(BOB);
	who[OWN] = user_cert(CEREMONY_USER, active_id);
	who[SECOND] = sender_of(SECOND_NAME, id, ALICE, true);
	who[SECOND_USER] = user_cert(SECOND_NAME, id);
	who[THIRD] = third_person();
	device_free(&other);
}

static void end_who(void)
{
	int i;

	for (i = 0; i < CERTS; i++)
		X509_free(who[i]);
}

#define END -1
#define NOT_YOURS "belongs to another account"

static void test_whom(void)
{
	static const struct {
		const char *name;
		int certs[4];		/* END */
		const char *to[4];	/* NULL */
		int wanted;
		const char *text;
	} rows[] = {
		{ "one", { A, END }, { ALICE }, 1, NULL },
		{ "one, and the user", { A, OWN, END }, { ALICE }, 1, NULL },
		{ "two", { A, B, END }, { ALICE, BOB }, 1, NULL },
		{ "two, the other way round", { B, A, END }, { ALICE, BOB }, 1,
		  NULL },
		{ "one of two", { A, B, END }, { BOB }, 1, NULL },
		{ "one twice", { A, END }, { ALICE, ALICE }, 1, NULL },
		{ "one too many", { A, END }, { ALICE, BOB }, -1, BOB },
		{ "one too many, first", { A, OWN, END }, { BOB, ALICE }, -1,
		  BOB },
		{ "another", { A, END }, { BOB }, -1, BOB },
		{ "the user's own address", { A, OWN, END },
		  { ALICE, CEREMONY_USER }, 1, NULL },
		{ "the user's own address, first", { A, OWN, END },
		  { "User@EXAMPLE.org", ALICE }, 1, NULL },
		{ "the user's other address", { OWN, A, END },
		  { ALICE, "other@example.org" }, 1, NULL },
		{ "the user's address without a certificate", { A, END },
		  { ALICE, CEREMONY_USER }, -1, CEREMONY_USER },
		{ "no address of the user's", { A, OWN, END },
		  { ALICE, "third@example.org" }, -1, "third@example.org" },
		{ "the user alone", { A, OWN, END }, { CEREMONY_USER }, 0,
		  NULL },
		{ "the user's own alone", { OWN, END }, { CEREMONY_USER }, 0,
		  NULL },
		{ "a third person's", { THIRD, END }, { ALICE }, 0, NULL },
		{ "a third person's, and the user's", { THIRD, OWN, END },
		  { ALICE, CEREMONY_USER }, 0, NULL },
		{ "a third person", { A, THIRD, END },
		  { ALICE, "carol@example.net" }, -1, "carol@example.net" },
		{ "a third person's besides", { THIRD, A, END }, { ALICE }, 1,
		  NULL },
		{ "another user's", { SECOND_USER, END }, { ALICE }, 0, NULL },
		{ "another user's and the user's", { SECOND_USER, OWN, END },
		  { ALICE }, 0, NULL },
		{ "another user", { A, SECOND_USER, END },
		  { ALICE, SECOND_NAME }, -1, SECOND_NAME },
		{ "another user's correspondent", { SECOND, END }, { ALICE }, -1,
		  NOT_YOURS },
		{ "another user's correspondent besides", { SECOND, A, END },
		  { ALICE }, 1, NULL },
		{ "another user's correspondent for one of two",
		  { B, SECOND, END }, { ALICE, BOB }, -1, NOT_YOURS },
		{ "nobody", { A, END }, { NULL }, 0, NULL },
		{ "domain in capitals", { A, END }, { "alice@EXAMPLE.Net" }, 1,
		  NULL },
		{ "all in capitals", { A, END }, { "ALICE@EXAMPLE.NET" }, 1,
		  NULL },
		{ "in brackets", { A, END }, { "<alice@example.net>" }, 1,
		  NULL },
		{ "in quotes", { A, END }, { "\"alice\"@example.net" }, 1,
		  NULL },
		{ "no address", { A, END }, { "alice" }, -1, " alice." },
		{ "an empty address", { A, END }, { "" }, -1, NULL },
		{ "a line break in it", { A, END }, { "a\r\nb@example.net" },
		  -1, "a??b@example.net" },
		{ "8 bits in it", { A, END }, { "\xc3\xa4@example.net" }, -1,
		  "??@example.net" }
	};
	X509 *certs[5];
	struct envelope e;
	size_t i, n;

	start_who();
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (n = 0; rows[i].certs[n] != END; n++)
			certs[n] = who[rows[i].certs[n]];
		certs[n] = NULL;
		make(&e, certs);
		tap_ok(opens(CEREMONY_USER, &e, rows[i].to, rows[i].wanted,
			     rows[i].text), "whom: %s", rows[i].name);
		envelope_free(&e);
	}
	make(&e, (X509 *const []){ who[A], NULL });
	tap_ok(opens("nobody", &e, to_alice, -1, active_id),
	       "whom: of a user without a record");
	tap_ok(opens(SECOND_NAME, &e, to_alice, -1, active_id),
	       "whom: of another user");
	envelope_free(&e);
	make(&e, (X509 *const []){ who[SECOND_USER], NULL });
	tap_ok(opens("nobody", &e, to_alice, 0, NULL),
	       "whom: a user's own, and a user without a record");
	envelope_free(&e);
	end_who();
}

static void test_long(void)
{
	char address[400];
	const char *const to[] = { address, NULL };
	struct envelope e;

	start();
	make_one(&e, sender(ALICE));
	memset(address, 'a', sizeof(address) - 1);
	address[sizeof(address) - 1] = '\0';
	memcpy(address + 250, "@example.net", 13);
	tap_ok(opens(CEREMONY_USER, &e, to, -1, "aaaa"),
	       "an address that is too long");
	memset(address, 'a', sizeof(address) - 1);
	tap_ok(opens(CEREMONY_USER, &e, to, -1, "aaaa"),
	       "what is no address at all");
	envelope_free(&e);
}

/* One RSA key for all senders: each recipient needs one of its identifiers. */
static void test_shared_key(void)
{
	static const struct envelope_way by_id[] = {
		{ .key_id = true }, { .key_id = true }
	};
	X509 *certs[3] = { NULL, NULL, NULL };
	struct envelope e;

	start();
	set_sender_key("rsa");
	certs[0] = sender(ALICE);
	envelope_make(&e, EVP_aes_128_cbc(), certs, by_id);
	tap_ok(opens(CEREMONY_USER, &e, to_both, -1, BOB) &&
	       opens(CEREMONY_USER, &e, to_alice, 1, NULL),
	       "a shared key's identifier is for one");
	envelope_free(&e);
	certs[1] = sender(BOB);
	envelope_make(&e, EVP_aes_128_cbc(), certs, by_id);
	tap_ok(opens(CEREMONY_USER, &e, to_both, 1, NULL), "and two for two");
	envelope_free(&e);
	set_sender_key("p256");
	X509_free(certs[0]);
	X509_free(certs[1]);
	certs[0] = sender(ALICE);
	certs[1] = NULL;
	envelope_make(&e, EVP_aes_128_cbc(), certs, by_id);
	tap_ok(opens(CEREMONY_USER, &e, (const char *const []){ BOB, NULL }, 0,
		     NULL), "an identifier of nobody's is not ours");
	tap_ok(opens(SECOND_NAME, &e, to_alice, 0, NULL),
	       "nor is another user's");
	envelope_free(&e);
	X509_free(certs[0]);
}

/*
 * Profiles come and go
 */

static bool opened_with(const struct envelope *e, const char *id,
			unsigned int signers)
{
	struct seal_opened opened = SEAL_OPENED_INIT;
	struct seal_error err;
	const unsigned char *p;
	X509 *cert;
	bool good;

	good = open_as(CEREMONY_USER, e, to_alice, &opened, &err) == 1 &&
		strcmp(opened.profile, id) == 0;
	p = opened.signers.data;
	while (good && p < opened.signers.data + opened.signers.len) {
		cert = d2i_X509(NULL, &p, opened.signers.data +
				opened.signers.len - p);
		good = cert != NULL && X509_check_ca(cert) == 0 && signers-- > 0;
		X509_free(cert);
	}
	seal_opened_free(&opened);
	return good && signers == 0;
}

static void test_profiles(void)
{
	char former[SEAL_PROFILE_ID_LEN + 1], id[SEAL_PROFILE_ID_LEN + 1];
	char ready[SEAL_PROFILE_ID_LEN + 1];
	struct envelope e, later;
	struct device another;
	struct seal_error err;

	start();
	memcpy(former, active_id, sizeof(former));
	make_one(&e, sender(ALICE));
	tap_ok(opened_with(&e, former, 1), "profiles: the active one");
	if (seal_profiles_deactivate(c.store, CEREMONY_USER, former, c.now,
				     &err) < 0)
		abort();
	tap_ok(opened_with(&e, former, 1), "profiles: retired, without another");
	ceremony_ready(&c, CEREMONY_USER, SEAL_KEY_P256, ready, &another);
	device_free(&another);
	tap_ok(opened_with(&e, former, 1), "profiles: one that is only ready");
	ceremony_ready(&c, CEREMONY_USER, SEAL_KEY_P256, id, &another);
	activate(CEREMONY_USER, id);
	make_one(&later, sender_of(CEREMONY_USER, id, ALICE, true));
	tap_ok(opened_with(&later, id, 2) && opened_with(&e, former, 2) &&
	       opened_with(&later, id, 2), "profiles: retired, and another");
	if (seal_ceremony_delete(c.store, c.keyring, CEREMONY_USER, former,
				 &err) < 0)
		abort();
	tap_ok(opens(CEREMONY_USER, &e, to_alice, -1, "(deleted)") &&
	       opens(CEREMONY_USER, &e, to_alice, -1, former) &&
	       opened_with(&later, id, 1), "profiles: deleted");
	device_free(&another);
	envelope_free(&e);
	envelope_free(&later);
}

/* For now, and for the log: no word for the user. */
static bool fails(const struct envelope *e, enum seal_error_code code)
{
	struct seal_opened opened = SEAL_OPENED_INIT;
	struct seal_error err;
	int ret = open_as(CEREMONY_USER, e, to_alice, &opened, &err);
	bool good = ret == -1 && err.code == code && opened.key.len == 0 &&
		ERR_peek_error() == 0;

	if (!good)
		tap_note("%d: %s: %s", ret, seal_error_code_name(err.code),
			 err.text);
	seal_opened_free(&opened);
	return good;
}

static void test_master_key(void)
{
	static const unsigned char other_key[SEAL_MASTER_KEY_LEN] = "other";
	struct envelope ours, not_ours;
	struct seal_error err;

	start();
	make_one(&ours, sender(ALICE));
	make_one(&not_ours, third_person());
	tap_ok(opened_with(&ours, active_id, 1), "keys: all is well");
	ceremony_rekey(&c, other_key);
	tap_ok(fails(&ours, SEAL_ERR_DAMAGED), "keys: another master key");
	ceremony_rekey(&c, NULL);
	tap_ok(fails(&ours, SEAL_ERR_DAMAGED), "keys: no master key");
	seal_keyring_close(&c.keyring);
	tap_ok(fails(&ours, SEAL_ERR_DAMAGED), "keys: no keyring");
	tap_ok(opens(CEREMONY_USER, &not_ours, to_alice, 0, NULL),
	       "keys: which what is not ours does not need");
	c.keyring = keyring_open(c.keys, ceremony_master, NULL);
	tap_ok(opened_with(&ours, active_id, 1), "keys: found again");
	if (seal_profiles_deactivate(c.store, CEREMONY_USER, active_id, c.now,
				     &err) < 0)
		abort();
	ceremony_rekey(&c, NULL);
	tap_ok(fails(&ours, SEAL_ERR_DAMAGED), "keys: none, and retired");
	ceremony_rekey(&c, ceremony_master);
	if (seal_keyring_delete(c.keyring, CEREMONY_USER, active_id, &err) < 0)
		abort();
	tap_ok(fails(&ours, SEAL_ERR_DAMAGED), "keys: the secrets are gone");
	envelope_free(&ours);
	envelope_free(&not_ours);
}

/*
 * Limits, and what is broken
 */

static void test_count(void)
{
	static char addresses[SEAL_OPENING_TO_MAX + 1][32];
	const char *to[SEAL_OPENING_TO_MAX + 2] = { NULL };
	unsigned int i, count = SEAL_OPENING_TO_MAX;
	X509 *certs[SEAL_OPENING_TO_MAX + 1] = { NULL };
	struct envelope_way *ways = calloc(count, sizeof(*ways));
	struct envelope e, third;

	start();
	for (i = 0; i <= count; i++) {
		snprintf(addresses[i], sizeof(addresses[i]), "a%u@example.net",
			 i);
		to[i] = addresses[i];
	}
	make_one(&e, sender(addresses[0]));
	make_one(&third, third_person());
	tap_ok(opens(CEREMONY_USER, &e, to, -1, "256"), "too many recipients");
	tap_ok(opens(CEREMONY_USER, &third, to, 0, NULL),
	       "too many, but not ours");
	envelope_free(&third);
	envelope_free(&e);
	to[count] = NULL;
	if (ceremony_is_slow()) {
		free(ways);
		return;
	}
	for (i = 0; i < count; i++)
		certs[i] = sender(addresses[i]);
	envelope_make(&e, EVP_aes_128_cbc(), certs, ways);
	tap_ok(opens(CEREMONY_USER, &e, to, 1, NULL), "as many as there may be");
	envelope_free(&e);
	for (i = 0; i < count; i++) {
		ways[i].key_id = true;
		if (i % 2 == 0)
			to[i] = "x@example.net";
	}
	envelope_make(&e, EVP_aes_128_cbc(), certs, ways);
	tap_ok(opens(CEREMONY_USER, &e, to, -1, "x@example.net"),
	       "as many, by key identifier, and half of them missing");
	envelope_free(&e);
	for (i = 0; i < count; i++)
		X509_free(certs[i]);
	free(ways);
}

static int open_bytes(const struct seal_buf *infos, size_t key_len,
		      struct seal_opened *opened, struct seal_error *err)
{
	return seal_opening_open(c.store, c.keyring, cache, c.now, CEREMONY_USER,
				 infos->data, infos->len, to_alice, key_len,
				 opened, err);
}

static bool bytes_are(const struct seal_buf *infos, int wanted)
{
	struct seal_opened opened = SEAL_OPENED_INIT;
	struct seal_error err = { .text = "" };
	int ret = open_bytes(infos, 16, &opened, &err);
	bool good = ret == wanted &&
		(ret >= 0 || err.code == SEAL_ERR_REFUSED) &&
		ERR_peek_error() == 0;

	if (!good)
		tap_note("%d: %s", ret, err.text);
	seal_opened_free(&opened);
	return good;
}

static void test_broken(void)
{
	struct seal_buf infos = SEAL_BUF_INIT;
	struct seal_error err;
	struct envelope e, third;
	bool good = true;
	size_t i;

	start();
	make_one(&e, sender(ALICE));
	make_one(&third, third_person());
	tap_ok(bytes_are(&infos, 0), "broken: nothing");
	(void)seal_buf_append(&infos, e.infos, e.infos_len, &err);
	tap_ok(bytes_are(&infos, 1), "broken: not yet");
	(void)seal_buf_append(&infos, third.infos, third.infos_len - 1, &err);
	tap_ok(bytes_are(&infos, -1), "broken: the second is cut off");
	seal_buf_clear(&infos);
	(void)seal_buf_append(&infos, third.infos, third.infos_len, &err);
	(void)seal_buf_append(&infos, "\0", 1, &err);
	tap_ok(bytes_are(&infos, 0), "broken: none of ours");
	for (i = 0; good && i < e.infos_len; i++) {
		seal_buf_clear(&infos);
		(void)seal_buf_append(&infos, e.infos, i, &err);
		good = bytes_are(&infos, 0);
	}
	tap_ok(good, "broken: cut at every offset");
	envelope_free(&e);
	envelope_free(&third);
	seal_buf_free(&infos);
}

static void test_length(void)
{
	static const size_t bad[] = { 0, 1, 8, 15, 17, 31, 33, 64 };
	struct seal_opened opened = SEAL_OPENED_INIT;
	struct seal_buf infos = SEAL_BUF_INIT;
	struct seal_error err;
	struct envelope e;
	bool good = true;
	size_t i;

	start();
	make_one(&e, sender(ALICE));
	(void)seal_buf_append(&infos, e.infos, e.infos_len, &err);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		good = good && open_bytes(&infos, bad[i], &opened, &err) == -1 &&
			err.code == SEAL_ERR_INPUT;
	tap_ok(good, "length: none of a key");
	tap_ok(open_bytes(&infos, 32, &opened, &err) == 1 &&
	       opened.key.len == 32 && !envelope_opens(&e, &opened.key),
	       "length: of another key gives random bytes");
	seal_opened_free(&opened);
	envelope_free(&e);
	seal_buf_free(&infos);
}

static void test_allocations(void)
{
	static const struct envelope_way ways[] = {
		{ .key_id = false }, { .key_id = true }
	};
	X509 *certs[3] = { NULL, NULL, NULL };
	struct seal_opened opened = SEAL_OPENED_INIT;
	bool good = true, failed = true;
	struct seal_error err;
	struct envelope e;
	unsigned long n;
	int ret = 0;

	start();
	certs[0] = sender(BOB);
	certs[1] = sender(ALICE);
	envelope_make(&e, EVP_aes_128_cbc(), certs, ways);
	for (n = 1; good && failed; n += ceremony_step(n)) {
		if (cache != NULL && n % 2 == 0)
			seal_signing_cache_clear(cache);
		tap_alloc_fail_at(n);
		ret = open_as(CEREMONY_USER, &e, to_both, &opened, &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		good = (ret > 0 ? envelope_opens(&e, &opened.key) :
			ret < 0 && (err.code == SEAL_ERR_MEMORY ||
				    err.code == SEAL_ERR_CRYPTO)) &&
			ERR_peek_error() == 0;
		seal_opened_free(&opened);
	}
	tap_ok(good, "allocations failing, up to %lu", n);
	if (!good)
		tap_note("%d: %s: %s", ret, seal_error_code_name(err.code),
			 err.text);
	envelope_free(&e);
	X509_free(certs[0]);
	X509_free(certs[1]);
}

int main(void)
{
	struct seal_error err;
	int round;

	tap_alloc_init();
	for (round = 0; round < 2; round++) {
		test_ways();
		test_whom();
		test_long();
		test_shared_key();
		test_profiles();
		test_master_key();
		test_count();
		test_broken();
		test_length();
		test_allocations();
		seal_signing_cache_free(&cache);
		cache = round > 0 ? NULL : seal_signing_cache_new(&err);
		if (round == 0 && cache == NULL)
			abort();
	}
	device_free(&device);
	ceremony_end(&c);
	return tap_done();
}
