/* SPDX-License-Identifier: MIT */

/* Opening replies, from the stores: whose, for whom, and what is said. */

#include "service/opening.h"

#include "service/signing.h"
#include "ceremony-check.h"
#include "opening-check.h"

#define ALICE "alice@example.net"
#define BOB "bob@example.net"
#define OTHER_USER "other@example.org"

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
static const char *const to_bob[] = { BOB, NULL };
static const char *const to_both[] = { ALICE, BOB, NULL };

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
		envelope_free(&e);
		X509_free(certs[0]);
	}
}

int main(void)
{
	struct seal_error err;
	int round;

	tap_alloc_init();
	for (round = 0; round < 2; round++) {
		test_ways();
		seal_signing_cache_free(&cache);
		cache = seal_signing_cache_new(&err);
		if (cache == NULL)
			abort();
	}
	(void)to_bob; (void)to_both; (void)user_cert;
	seal_signing_cache_free(&cache);
	device_free(&device);
	ceremony_end(&c);
	return tap_done();
}
