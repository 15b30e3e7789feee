/* SPDX-License-Identifier: MIT */

/* Signing in a correspondent's name, from the stores. */

#include "service/ceremony.h"

#include <openssl/evp.h>
#include "service/signing.h"
#include "ceremony-check.h"

#define SENDER "alice@example.net"
#define CONTENT "Content-Type: text/plain\r\n\r\nHello.\r\n"

static struct ceremony c;
static char active_id[SEAL_PROFILE_ID_LEN + 1];
static struct device device;
static struct seal_signing_cache *cache;	/* NULL in the first round */
static unsigned char content_digest[32];
static const char *root_file, *cms_file, *content_file, *signer_file;

static void start(void)
{
	struct seal_buf pem = SEAL_BUF_INIT;
	struct seal_error err;

	ceremony_fresh(&c);
	device_free(&device);
	ceremony_ready(&c, CEREMONY_USER, SEAL_KEY_P256, active_id, &device);
	if (seal_profiles_activate(c.store, CEREMONY_USER, active_id, c.now,
				   &err) < 0)
		abort();
	device_pem(&pem, SEAL_PEM_CERTIFICATE, &device.root);
	judge_write(root_file, pem.data, pem.len);
	seal_buf_free(&pem);
}

static int sign_for(const char *user, const char *id, const char *address,
		    bool replies, struct seal_buf *cms, struct seal_error *err)
{
	seal_buf_clear(cms);
	return seal_ceremony_sign(c.store, c.keyring, cache, c.now, user, id, address,
				  replies, content_digest, 32, cms, err);
}

static int sign(const char *address, struct seal_buf *cms,
		struct seal_error *err)
{
	return sign_for(CEREMONY_USER, active_id, address, false, cms, err);
}

/* Whether openssl finds the signature good, and that address in the signer's
 * certificate; text_r, where asked for, receives that certificate as text. */
static bool openssl_verifies(const struct seal_buf *cms, const char *content,
			     const char *address, char **text_r)
{
	const char *const verify[] = {
		"openssl", "cms", "-verify", "-inform", "DER", "-in", cms_file,
		"-content", content_file, "-binary", "-CAfile", root_file,
		"-signer", signer_file, "-x509_strict", NULL
	};
	const char *const show[] = {
		"openssl", "x509", "-in", signer_file, "-noout", "-email",
		"-text", NULL
	};
	size_t len;
	char *out;
	bool good;

	judge_write(cms_file, cms->data, cms->len);
	judge_write(content_file, content, strlen(content));
	if (!judge_run(verify, NULL))
		return false;
	good = tap_run(show, NULL, 0, &out, &len) == 0 &&
		strncmp(out, address, strlen(address)) == 0 &&
		out[strlen(address)] == '\n';
	if (text_r != NULL)
		*text_r = out;
	else
		free(out);
	return good;
}

static void test_sign(void)
{
	struct seal_buf cms = SEAL_BUF_INIT;
	const char *const names[] = { "sender_key" };
	const char *const values[] = { "rsa" };
	struct seal_error err;
	char *text = NULL;

	start();
	tap_ok(sign(SENDER, &cms, &err) == 0 &&
	       openssl_verifies(&cms, CONTENT, SENDER, &text) &&
	       strstr(text, "prime256v1") != NULL &&
	       strstr(text, "Key Agreement") == NULL,
	       "sign: openssl verifies, a P-256 key");
	free(text);
	tap_ok(!openssl_verifies(&cms, CONTENT " ", SENDER, NULL),
	       "sign: not another content");
	tap_ok(sign_for(CEREMONY_USER, active_id, SENDER, true, &cms,
			&err) == 0 &&
	       openssl_verifies(&cms, CONTENT, SENDER, &text) &&
	       strstr(text, "Key Agreement") != NULL,
	       "sign: a certificate for replies");
	free(text);
	if (seal_ceremony_set(c.store, c.keyring, CEREMONY_USER, active_id,
			      names, values, 1, &err) < 0)
		abort();
	tap_ok(sign(SENDER, &cms, &err) == 0 &&
	       openssl_verifies(&cms, CONTENT, SENDER, &text) &&
	       strstr(text, "2048 bit") != NULL, "sign: an RSA key");
	free(text);
	seal_buf_free(&cms);
}

static size_t file_size(const char *folder)
{
	struct stat st;

	if (stat(keyring_path(folder, "data.mdb"), &st) < 0)
		abort();
	return (size_t)st.st_size;
}

/* Whom a user hears from is not stored anywhere. */
static void test_many(void)
{
	struct seal_buf cms = SEAL_BUF_INIT, again = SEAL_BUF_INIT;
	struct seal_buf profiles = SEAL_BUF_INIT, keys = SEAL_BUF_INIT;
	struct seal_buf profiles_later = SEAL_BUF_INIT;
	struct seal_buf keys_later = SEAL_BUF_INIT;
	struct seal_error err;
	unsigned int i, count = ceremony_is_slow() ? 50 : 1000;
	char address[64], *text, *text_again;
	bool good = true;

	start();
	keyring_read(keyring_path(c.profiles, "data.mdb"), &profiles);
	keyring_read(keyring_path(c.keys, "data.mdb"), &keys);
	for (i = 0; good && i < count; i++) {
		snprintf(address, sizeof(address), "sender%u@example.net", i);
		good = sign(address, &cms, &err) == 0;
	}
	keyring_read(keyring_path(c.profiles, "data.mdb"), &profiles_later);
	keyring_read(keyring_path(c.keys, "data.mdb"), &keys_later);
	tap_ok(good && profiles.len == profiles_later.len &&
	       memcmp(profiles.data, profiles_later.data, profiles.len) == 0 &&
	       keys.len == keys_later.len &&
	       memcmp(keys.data, keys_later.data, keys.len) == 0 &&
	       file_size(c.keys) == keys.len,
	       "many: %u senders leave no trace in the stores", count);
	text = text_again = NULL;
	tap_ok(openssl_verifies(&cms, CONTENT, address, &text),
	       "many: the last is good");
	/* the same on another machine with the same stores */
	seal_store_close(&c.store);
	c.store = seal_store_open(c.profiles, 0, &err);
	ceremony_rekey(&c, ceremony_master);
	tap_ok(sign(address, &again, &err) == 0 &&
	       openssl_verifies(&again, CONTENT, address, &text_again) &&
	       text != NULL && strcmp(text, text_again) == 0,
	       "many: the same certificate after a restart");
	free(text);
	free(text_again);
	seal_buf_free(&cms);
	seal_buf_free(&again);
	seal_buf_free(&profiles);
	seal_buf_free(&keys);
	seal_buf_free(&profiles_later);
	seal_buf_free(&keys_later);
}

static bool refused(const char *user, const char *id, const char *address,
		    enum seal_error_code code)
{
	struct seal_buf cms = SEAL_BUF_INIT;
	struct seal_error err;
	bool good = ceremony_refused(sign_for(user, id, address, false, &cms,
					      &err), &err, code) &&
		cms.len == 0 && ERR_peek_error() == 0;

	seal_buf_free(&cms);
	return good;
}

static void test_refused(void)
{
	char id[SEAL_PROFILE_ID_LEN + 1], own[SEAL_PROFILE_ID_LEN + 1];
	static const unsigned char other_key[SEAL_MASTER_KEY_LEN] = "other";
	struct seal_buf cms = SEAL_BUF_INIT, request = SEAL_BUF_INIT;
	struct seal_buf pem = SEAL_BUF_INIT;
	unsigned char digest[33] = { 0 };
	struct device another;
	struct seal_error err;

	start();
	tap_ok(refused("nobody", active_id, SENDER, SEAL_ERR_NOTFOUND),
	       "refused: another user");
	tap_ok(refused(CEREMONY_USER, "0123456789abcdef", SENDER,
		       SEAL_ERR_NOTFOUND), "refused: an unknown profile");
	ceremony_ready(&c, "other", SEAL_KEY_P256, id, &another);
	(void)seal_profiles_activate(c.store, "other", id, c.now, &err);
	tap_ok(refused(CEREMONY_USER, id, SENDER, SEAL_ERR_NOTFOUND) &&
	       refused("other", active_id, SENDER, SEAL_ERR_NOTFOUND),
	       "refused: another user's profile");
	device_free(&another);
	ceremony_ready(&c, CEREMONY_USER, SEAL_KEY_P256, id, &another);
	tap_ok(refused(CEREMONY_USER, id, SENDER, SEAL_ERR_REFUSED),
	       "refused: a profile that is not active");
	if (ceremony_create(&c, CEREMONY_USER, own, &request, &err) < 0)
		abort();
	tap_ok(refused(CEREMONY_USER, own, SENDER, SEAL_ERR_REFUSED),
	       "refused: a pending profile");
	tap_ok(refused(CEREMONY_USER, active_id, "no address",
		       SEAL_ERR_INPUT) &&
	       refused(CEREMONY_USER, active_id, "", SEAL_ERR_INPUT),
	       "refused: what is no address");
	tap_ok(ceremony_refused(seal_ceremony_sign(c.store, c.keyring, cache, c.now,
			CEREMONY_USER, active_id, SENDER, false, digest, 33,
			&cms, &err), &err, SEAL_ERR_INPUT) &&
	       ceremony_refused(seal_ceremony_sign(c.store, c.keyring, cache, c.now,
			CEREMONY_USER, active_id, SENDER, false, digest, 20,
			&cms, &err), &err, SEAL_ERR_INPUT),
	       "refused: what is no digest");
	ceremony_rekey(&c, other_key);
	tap_ok(refused(CEREMONY_USER, active_id, SENDER, SEAL_ERR_REFUSED),
	       "refused: another master key");
	ceremony_rekey(&c, NULL);
	tap_ok(refused(CEREMONY_USER, active_id, SENDER, SEAL_ERR_REFUSED),
	       "refused: no master key");
	seal_keyring_close(&c.keyring);
	tap_ok(refused(CEREMONY_USER, active_id, SENDER, SEAL_ERR_REFUSED),
	       "refused: no keyring");
	c.keyring = keyring_open(c.keys, ceremony_master, NULL);
	(void)seal_profiles_deactivate(c.store, CEREMONY_USER, active_id, c.now,
				       &err);
	tap_ok(refused(CEREMONY_USER, active_id, SENDER, SEAL_ERR_REFUSED),
	       "refused: a retired profile");
	device_pem(&pem, SEAL_PEM_CERTIFICATE,
		   &ceremony_profile(&c, CEREMONY_USER, id)->certificates[0]);
	if (seal_profiles_import(c.store, "third", (const char *)pem.data,
				 pem.len, NULL, c.now, own, &err) < 0 ||
	    seal_profiles_activate(c.store, "third", own, c.now, &err) < 0)
		abort();
	tap_ok(refused("third", own, SENDER, SEAL_ERR_REFUSED),
	       "refused: an imported profile");
	device_free(&another);
	seal_buf_free(&cms);
	seal_buf_free(&request);
	seal_buf_free(&pem);
}

static int can_sign(struct seal_keyring *keyring, const char *user,
		    enum seal_profile_kind kind, struct seal_error *err)
{
	struct seal_profile profile = { .kind = kind };

	memcpy(profile.id, active_id, sizeof(profile.id));
	return seal_ceremony_can_sign(keyring, cache, c.now, user, &profile,
				      err);
}

static void test_can_sign(void)
{
	const enum seal_profile_kind issued = SEAL_PROFILE_ISSUED;
	struct seal_buf cms = SEAL_BUF_INIT;
	struct seal_error err;

	start();
	tap_ok(can_sign(c.keyring, CEREMONY_USER, issued, &err) == 1,
	       "can sign: yes");
	/* from now on it is remembered, where there is a cache */
	tap_ok(sign(SENDER, &cms, &err) == 0 &&
	       can_sign(c.keyring, CEREMONY_USER, issued, &err) == 1,
	       "can sign: yes, and has");
	tap_ok(can_sign(c.keyring, CEREMONY_USER, SEAL_PROFILE_IMPORTED,
			&err) == 0 &&
	       can_sign(NULL, CEREMONY_USER, SEAL_PROFILE_IMPORTED, &err) == 0,
	       "can sign: imported");
	tap_ok(ceremony_refused(can_sign(c.keyring, "other", issued, &err),
				&err, SEAL_ERR_DAMAGED),
	       "can sign: no secrets");
	tap_ok(ceremony_refused(can_sign(NULL, CEREMONY_USER, issued, &err),
				&err, SEAL_ERR_REFUSED),
	       "can sign: no keyring");
	ceremony_rekey(&c, NULL);
	tap_ok(sign(SENDER, &cms, &err) == -1 &&
	       ceremony_refused(can_sign(c.keyring, CEREMONY_USER, issued,
					 &err), &err, SEAL_ERR_REFUSED) &&
	       strstr(err.text, "master key") != NULL,
	       "can sign: no master key");
	ceremony_rekey(&c, ceremony_master);
	tap_ok(sign(SENDER, &cms, &err) == 0 &&
	       seal_keyring_delete(c.keyring, CEREMONY_USER, active_id,
				   &err) == 0 &&
	       ceremony_refused(can_sign(c.keyring, CEREMONY_USER, issued,
					 &err), &err, SEAL_ERR_DAMAGED),
	       "can sign: no secrets any more");
	seal_buf_free(&cms);
}

static void test_allocations(void)
{
	struct seal_buf cms = SEAL_BUF_INIT;
	bool good = true, failed = true;
	struct seal_error err;
	unsigned long n;
	int ret;

	start();
	for (n = 1; good && failed; n += ceremony_step(n)) {
		tap_alloc_fail_at(n);
		ret = sign(SENDER, &cms, &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		good = (ret == 0 ? openssl_verifies(&cms, CONTENT, SENDER,
						    NULL) :
			cms.len == 0 && (err.code == SEAL_ERR_MEMORY ||
					 err.code == SEAL_ERR_CRYPTO)) &&
			ERR_peek_error() == 0;
	}
	tap_ok(good, "sign: allocations failing, up to %lu", n);
	if (!good)
		tap_note("%d: %s: %s", ret, seal_error_code_name(err.code),
			 err.text);
	seal_buf_free(&cms);
}

/*
 * What is remembered
 */

static bool remembers(size_t issuers, size_t senders)
{
	if (seal_signing_cache_issuers(cache) == issuers &&
	    seal_signing_cache_senders(cache) == senders)
		return true;
	tap_note("%zu and %zu", seal_signing_cache_issuers(cache),
		 seal_signing_cache_senders(cache));
	return false;
}

/* Signs, and openssl agrees; with the certificate of text, where that is. */
static bool signs(const char *address)
{
	struct seal_buf cms = SEAL_BUF_INIT;
	struct seal_error err;
	bool good = sign(address, &cms, &err) == 0 &&
		openssl_verifies(&cms, CONTENT, address, NULL);

	seal_buf_free(&cms);
	return good;
}

static void test_remembered(void)
{
	struct seal_buf cms = SEAL_BUF_INIT;
	struct seal_error err;

	start();
	seal_signing_cache_clear(cache);
	tap_ok(signs(SENDER) && remembers(1, 1) && signs(SENDER) &&
	       remembers(1, 1), "remembered: a sender");
	tap_ok(signs("bob@example.net") && remembers(1, 2) && signs(SENDER),
	       "remembered: another");
	tap_ok(sign_for(CEREMONY_USER, active_id, SENDER, true, &cms,
			&err) == 0 && remembers(1, 3),
	       "remembered: one who is replied to is another");
	tap_ok(refused(CEREMONY_USER, active_id, "no address",
		       SEAL_ERR_INPUT) && remembers(1, 3),
	       "remembered: what is no address is not");
	seal_signing_cache_drop(cache, "other");
	tap_ok(remembers(1, 3), "another user is forgotten");
	seal_signing_cache_drop(cache, CEREMONY_USER);
	tap_ok(remembers(0, 0), "the user is forgotten, and all senders");
	tap_ok(signs(SENDER) && remembers(1, 1), "and remembered again");
	seal_signing_cache_clear(cache);
	tap_ok(remembers(0, 0), "all is forgotten");
	seal_buf_free(&cms);
}

/* Store, keyring and master key change, and the next signature knows. */
static void test_changed(void)
{
	static const unsigned char other_key[SEAL_MASTER_KEY_LEN] = "other";
	const char *const names[] = { "sender_key" };
	const char *const values[] = { "rsa" };
	char id[SEAL_PROFILE_ID_LEN + 1], former[SEAL_PROFILE_ID_LEN + 1];
	struct seal_buf cms = SEAL_BUF_INIT;
	struct device another;
	struct seal_error err;
	uint64_t count;
	char *text = NULL;

	start();
	seal_signing_cache_clear(cache);
	tap_ok(signs(SENDER) &&
	       seal_ceremony_set(c.store, c.keyring, CEREMONY_USER, active_id,
				 names, values, 1, &err) == 0 &&
	       sign(SENDER, &cms, &err) == 0 &&
	       openssl_verifies(&cms, CONTENT, SENDER, &text) &&
	       strstr(text, "2048 bit") != NULL && remembers(1, 1),
	       "changed: the option");
	free(text);
	tap_ok(seal_keyring_rotate(c.keyring, other_key, &count, &err) == 0 &&
	       signs(SENDER) && remembers(1, 1), "changed: the master key");
	ceremony_rekey(&c, ceremony_master);
	tap_ok(refused(CEREMONY_USER, active_id, SENDER, SEAL_ERR_REFUSED),
	       "changed: the wrong master key is put in place");
	ceremony_rekey(&c, NULL);
	tap_ok(refused(CEREMONY_USER, active_id, SENDER, SEAL_ERR_REFUSED),
	       "changed: and none");
	ceremony_rekey(&c, other_key);
	tap_ok(signs(SENDER), "changed: and the right one");
	memcpy(former, active_id, sizeof(former));
	ceremony_ready(&c, CEREMONY_USER, SEAL_KEY_P256, id, &another);
	tap_ok(seal_profiles_activate(c.store, CEREMONY_USER, id, c.now,
				      &err) == 0 &&
	       refused(CEREMONY_USER, former, SENDER, SEAL_ERR_REFUSED) &&
	       sign_for(CEREMONY_USER, id, SENDER, false, &cms, &err) == 0,
	       "changed: the active profile");
	if (seal_keyring_delete(c.keyring, CEREMONY_USER, id, &err) < 0)
		abort();
	tap_ok(refused(CEREMONY_USER, id, SENDER, SEAL_ERR_DAMAGED) &&
	       remembers(0, 0), "changed: the secrets are gone");
	if (seal_profiles_deactivate(c.store, CEREMONY_USER, NULL, c.now,
				     &err) < 0)
		abort();
	tap_ok(refused(CEREMONY_USER, id, SENDER, SEAL_ERR_REFUSED),
	       "changed: deactivated");
	device_free(&another);
	seal_buf_free(&cms);
}

static void test_old(void)
{
	time_t begin;

	start();
	seal_signing_cache_clear(cache);
	begin = c.now;
	tap_ok(signs(SENDER) && remembers(1, 1), "old: not yet");
	seal_signing_cache_expire(cache, begin + SEAL_SIGNING_SECONDS - 1);
	tap_ok(remembers(1, 1), "old: in a moment");
	seal_signing_cache_expire(cache, begin + SEAL_SIGNING_SECONDS);
	tap_ok(remembers(0, 0), "old: now");
	(void)signs(SENDER);
	seal_signing_cache_expire(cache, begin - 1);
	tap_ok(remembers(0, 0), "old: where the clock was put back");
	(void)signs(SENDER);
	c.now = begin + 2000;
	tap_ok(signs(SENDER) && signs("bob@example.net") && remembers(1, 2),
	       "old: a younger sender");
	c.now = begin + SEAL_SIGNING_SECONDS;
	tap_ok(signs(SENDER) && remembers(1, 1),
	       "old: made again, and the younger one went with it");
}

static void test_bound(void)
{
	struct seal_buf cms = SEAL_BUF_INIT;
	struct seal_error err;
	unsigned int i;
	char address[64];
	bool good = true;

	start();
	seal_signing_cache_clear(cache);
	for (i = 0; good && i < SEAL_SIGNING_SENDERS_MAX + 20; i++) {
		snprintf(address, sizeof(address), "a%u@example.net", i);
		good = sign(address, &cms, &err) == 0;
	}
	tap_ok(good && remembers(1, SEAL_SIGNING_SENDERS_MAX),
	       "no more senders than there may be");
	seal_buf_free(&cms);
}

int main(void)
{
	struct seal_error err;
	int round;

	tap_alloc_init();
	root_file = tap_file("root.pem", NULL, 0);
	cms_file = tap_file("cms", NULL, 0);
	content_file = tap_file("content", NULL, 0);
	signer_file = tap_file("signer.pem", NULL, 0);
	if (EVP_Digest(CONTENT, strlen(CONTENT), content_digest, NULL,
		       EVP_sha256(), NULL) != 1)
		abort();
	for (round = 0; round < 2; round++) {
		test_sign();
		test_many();
		test_refused();
		test_can_sign();
		test_allocations();
		seal_signing_cache_free(&cache);
		cache = seal_signing_cache_new(&err);
		if (cache == NULL)
			abort();
	}
	test_remembered();
	test_changed();
	test_old();
	test_bound();
	seal_signing_cache_free(&cache);
	device_free(&device);
	ceremony_end(&c);
	return tap_done();
}
