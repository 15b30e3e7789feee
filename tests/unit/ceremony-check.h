/* SPDX-License-Identifier: MIT */
#ifndef SEAL_TESTS_CEREMONY_CHECK_H
#define SEAL_TESTS_CEREMONY_CHECK_H

/* What tests of the ceremony share: the server's stores, and a user's device. */

#include <time.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include "base/cipher.h"
#include "pki/chain.h"
#include "pki/issuer.h"
#include "pki/key.h"
#include "pki/pem.h"
#include "service/ceremony.h"
#include "service/profiles.h"
#include "store/profile.h"
#include "store/store.h"
#include "judge.h"
#include "keyring-check.h"

#define CEREMONY_USER "user@example.org"

static const unsigned char ceremony_master[SEAL_MASTER_KEY_LEN] = "a key";
static const char *const ceremony_addresses[] = {
	CEREMONY_USER, "other@example.org", NULL
};

struct ceremony {
	char profiles[128], keys[128];	/* folders */
	struct seal_store *store;
	struct seal_keyring *keyring;
	time_t now;
	struct seal_user_record *record;	/* of ceremony_profile() */
};

static inline bool ceremony_is_slow(void)
{
	return tap_is_slow();
}

/* There are thousands of allocations that can fail: after number n, the next one
 * to try. */
static inline unsigned long ceremony_step(unsigned long n)
{
	if (ceremony_is_slow())
		return n < 10 ? 1 : n / 3;
	return n < 40 ? 1 : n / 20;
}

/* Makes both environments anew. */
static inline void ceremony_fresh(struct ceremony *c)
{
	struct seal_error err;

	if (c->profiles[0] == '\0') {
		keyring_folder(c->profiles);
		keyring_folder(c->keys);
	}
	seal_store_close(&c->store);
	seal_keyring_close(&c->keyring);
	seal_user_record_free(&c->record);
	keyring_empty(c->profiles);
	keyring_empty(c->keys);
	c->store = seal_store_open(c->profiles, 0, &err);
	if (c->store == NULL)
		abort();
	c->keyring = keyring_open(c->keys, ceremony_master, NULL);
	c->now = time(NULL);
}

static inline void ceremony_end(struct ceremony *c)
{
	seal_store_close(&c->store);
	seal_keyring_close(&c->keyring);
	seal_user_record_free(&c->record);
	keyring_remove(c->profiles);
	keyring_remove(c->keys);
}

/* The keyring with another master key, or none. */
static inline void ceremony_rekey(struct ceremony *c,
				  const unsigned char *master)
{
	seal_keyring_close(&c->keyring);
	c->keyring = keyring_open(c->keys, master, NULL);
}

/* The profile as stored, valid until the next call; NULL where there is none. */
static inline const struct seal_profile *
ceremony_profile(struct ceremony *c, const char *user, const char *id)
{
	struct seal_error err;

	seal_user_record_free(&c->record);
	if (seal_store_get(c->store, user, &c->record, &err) < 0) {
		tap_note("%s", err.text);
		abort();
	}
	return c->record == NULL ? NULL :
		seal_user_record_find(c->record, id);
}

static inline bool ceremony_is(struct ceremony *c, const char *id,
			       enum seal_profile_state state)
{
	const struct seal_profile *profile =
		ceremony_profile(c, CEREMONY_USER, id);

	return profile != NULL && profile->state == state;
}

static inline bool ceremony_has_secrets(struct ceremony *c, const char *user,
					const char *id)
{
	struct seal_secrets secrets = SEAL_SECRETS_INIT;
	struct seal_error err;
	int ret = seal_keyring_get(c->keyring, user, id, &secrets, &err);

	seal_secrets_free(&secrets);
	return ret != 0;
}

/* The user's record in DER, empty where there is none: for "nothing changed". */
static inline void ceremony_snapshot(struct ceremony *c, const char *user,
				     struct seal_buf *der)
{
	struct seal_error err;

	seal_buf_clear(der);
	(void)ceremony_profile(c, user, "");
	if (c->record != NULL &&
	    seal_user_record_encode(c->record, der, &err) < 0)
		abort();
}

static inline bool ceremony_unchanged(struct ceremony *c, const char *user,
				      const struct seal_buf *before)
{
	struct seal_buf after = SEAL_BUF_INIT;
	bool same;

	ceremony_snapshot(c, user, &after);
	same = after.len == before->len &&
		(after.len == 0 ||
		 memcmp(after.data, before->data, after.len) == 0);
	seal_buf_free(&after);
	return same;
}

static inline bool ceremony_refused(int ret, const struct seal_error *err,
				    enum seal_error_code code)
{
	if (ret == -1 && err->code == code)
		return true;
	tap_note("%d: %s: %s", ret, seal_error_code_name(err->code),
		 ret < 0 ? err->text : "");
	return false;
}

/*
 * The user's device
 */

struct device {
	EVP_PKEY *key;
	struct seal_issuer_asked asked;
	struct seal_buf root, issuer;	/* DER */
	struct seal_buf chain;		/* PEM: root, issuer */
	struct seal_buf request;	/* PEM */
	const char *key_file, *cert_file;
};

static inline void device_free(struct device *device)
{
	EVP_PKEY_free(device->key);
	seal_buf_free(&device->root);
	seal_buf_free(&device->issuer);
	seal_buf_free(&device->chain);
	seal_buf_free(&device->request);
	memset(device, 0, sizeof(*device));
}

static inline void device_pem(struct seal_buf *pem, const char *label,
			      const struct seal_buf *der)
{
	struct seal_error err;

	if (seal_pem_append(pem, label, der->data, der->len, &err) < 0)
		abort();
}

/* Answers the issuer's request (PEM). */
static inline void device_answer(struct device *device,
				 const struct seal_buf *asked,
				 enum seal_key_kind kind,
				 const char *const *addresses,
				 unsigned int days, time_t now)
{
	struct seal_buf der = SEAL_BUF_INIT;
	struct seal_error err = { .text = "" };

	memset(device, 0, sizeof(*device));
	if (seal_pem_read("request", SEAL_PEM_REQUEST,
			  (const char *)asked->data, asked->len, &der,
			  &err) < 0 ||
	    seal_issuer_request_read(der.data, der.len, &device->asked,
				     &err) < 0 ||
	    seal_root_make(der.data, der.len, now, days, &device->root,
			   &device->issuer, &err) < 0 ||
	    (device->key = seal_key_generate(kind, &err)) == NULL) {
		tap_note("%s", err.text);
		abort();
	}
	device_pem(&device->chain, SEAL_PEM_CERTIFICATE, &device->root);
	device_pem(&device->chain, SEAL_PEM_CERTIFICATE, &device->issuer);
	seal_buf_clear(&der);
	if (seal_user_request(device->key, device->asked.nonce, addresses, &der,
			      &err) < 0)
		abort();
	device_pem(&device->request, SEAL_PEM_REQUEST, &der);
	seal_buf_free(&der);
}

static inline int ceremony_create(struct ceremony *c, const char *user,
				  char *id, struct seal_buf *request,
				  struct seal_error *err)
{
	seal_buf_clear(request);
	return seal_ceremony_create(c->store, c->keyring, user,
				    ceremony_addresses, SEAL_DAYS_DEFAULT, NULL,
				    NULL, c->now, id, request, err);
}

static inline int ceremony_issue(struct ceremony *c, const char *user,
				 const char *id, const struct device *device,
				 struct seal_buf *issued,
				 struct seal_error *err)
{
	seal_buf_clear(issued);
	return seal_ceremony_issue(c->store, c->keyring, user, id,
				   (const char *)device->chain.data,
				   device->chain.len,
				   (const char *)device->request.data,
				   device->request.len, c->now, issued, err);
}

/* Create and issue: a READY profile, and its device. */
static inline void ceremony_ready(struct ceremony *c, const char *user,
				  enum seal_key_kind kind, char *id,
				  struct device *device)
{
	struct seal_buf request = SEAL_BUF_INIT, issued = SEAL_BUF_INIT;
	struct seal_error err;

	if (ceremony_create(c, user, id, &request, &err) < 0) {
		tap_note("%s", err.text);
		abort();
	}
	device_answer(device, &request, kind, ceremony_addresses,
		      SEAL_DAYS_DEFAULT, c->now);
	if (ceremony_issue(c, user, id, device, &issued, &err) < 0) {
		tap_note("%s", err.text);
		abort();
	}
	seal_buf_free(&request);
	seal_buf_free(&issued);
}

/* Writes key and certificates into files for openssl. */
static inline void device_files(struct device *device, struct ceremony *c,
				const char *user, const char *id)
{
	const struct seal_profile *profile = ceremony_profile(c, user, id);
	struct seal_buf pem = SEAL_BUF_INIT;
	char name[64];
	FILE *f;

	snprintf(name, sizeof(name), "%s.key", id);
	device->key_file = tap_file(name, "", 0);
	f = fopen(device->key_file, "w");
	if (f == NULL || PEM_write_PrivateKey(f, device->key, NULL, NULL, 0,
					      NULL, NULL) != 1 ||
	    fclose(f) != 0)
		abort();
	device_pem(&pem, SEAL_PEM_CERTIFICATE, &profile->certificates[0]);
	snprintf(name, sizeof(name), "%s.crt", id);
	device->cert_file = tap_file(name, pem.data, pem.len);
	seal_buf_free(&pem);
}

#endif
