/* SPDX-License-Identifier: MIT */

/* One record of the keyring: sealing it and opening it. */

#include "store/keyring-private.h"

#include <stdint.h>
#include <string.h>
#include <openssl/asn1.h>
#include <openssl/asn1t.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include "base/error.h"
#include "store/profile-private.h"

#define VERSION 1
#define NONCE_LEN 12
#define TAG_LEN 16
#define KEY_LEN 32

typedef struct {
	int32_t version;
	ASN1_OCTET_STRING *master_key;
	ASN1_OCTET_STRING *nonce;
	ASN1_OCTET_STRING *sealed;
} SEALED;

ASN1_SEQUENCE(SEALED) = {
	ASN1_EMBED(SEALED, version, INT32),
	ASN1_SIMPLE(SEALED, master_key, ASN1_OCTET_STRING),
	ASN1_SIMPLE(SEALED, nonce, ASN1_OCTET_STRING),
	ASN1_SIMPLE(SEALED, sealed, ASN1_OCTET_STRING)
} static_ASN1_SEQUENCE_END(SEALED)

/* HKDF-SHA256 (RFC 5869) */
static int derive(const unsigned char master[SEAL_MASTER_KEY_LEN],
		  const char *salt, const char *info, size_t info_len,
		  unsigned char *out, size_t len, struct seal_error *err)
{
	OSSL_PARAM params[5], *p = params;
	EVP_KDF_CTX *ctx = NULL;
	EVP_KDF *kdf;
	int ret = 0;

	*p++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
						(char[]) { "SHA256" }, 0);
	*p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
		(void *)(uintptr_t)master, SEAL_MASTER_KEY_LEN);
	*p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
		(void *)(uintptr_t)salt, strlen(salt));
	if (info_len > 0)
		*p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
			(void *)(uintptr_t)info, info_len);
	*p = OSSL_PARAM_construct_end();
	if ((kdf = EVP_KDF_fetch(NULL, "HKDF", NULL)) == NULL ||
	    (ctx = EVP_KDF_CTX_new(kdf)) == NULL ||
	    EVP_KDF_derive(ctx, out, len, params) != 1)
		ret = seal_error_crypto(err, "cannot derive a key (HKDF)");
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ret;
}

int seal_master_key_init(struct seal_master_key *master,
			 const unsigned char key[SEAL_MASTER_KEY_LEN],
			 struct seal_error *err)
{
	master->set = true;
	memcpy(master->key, key, SEAL_MASTER_KEY_LEN);
	return derive(key, "mail-seal master key id", NULL, 0, master->id,
		      sizeof(master->id), err);
}

const char *seal_keyring_name_id(const struct seal_keyring_name *name)
{
	return (const char *)name->data + name->len - SEAL_PROFILE_ID_LEN;
}

bool seal_keyring_name_is_valid(const struct seal_keyring_name *name)
{
	size_t rest = SEAL_PROFILE_ID_LEN + 1;

	return name->len > rest &&
		memchr(name->data, '\0', name->len) ==
		name->data + name->len - rest &&
		seal_profile_is_id(seal_keyring_name_id(name),
				   SEAL_PROFILE_ID_LEN);
}

static int damaged(struct seal_error *err, const char *what)
{
	return seal_error_set(err, SEAL_ERR_DAMAGED,
			      "a record of the keyring is damaged: %s", what);
}

/*
 * AES-256-GCM
 */

static int profile_key(const struct seal_keyring_name *name,
		       const struct seal_master_key *master,
		       unsigned char key[KEY_LEN], struct seal_error *err)
{
	return derive(master->key, "mail-seal profile",
		      seal_keyring_name_id(name), SEAL_PROFILE_ID_LEN, key,
		      KEY_LEN, err);
}

/* out has room for TAG_LEN bytes more than in has. */
static int encrypt(const struct seal_keyring_name *name,
		   const unsigned char key[KEY_LEN],
		   const unsigned char nonce[NONCE_LEN],
		   const struct seal_buf *in, unsigned char *out,
		   struct seal_error *err)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n, ret = 0;

	if (ctx == NULL ||
	    EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce) != 1 ||
	    EVP_EncryptUpdate(ctx, NULL, &n, name->data,
			      (int)name->len) != 1 ||
	    EVP_EncryptUpdate(ctx, out, &n, in->data, (int)in->len) != 1 ||
	    EVP_EncryptFinal_ex(ctx, out + n, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_LEN,
				out + in->len) != 1)
		ret = seal_error_crypto(err, "cannot seal a profile's secrets");
	EVP_CIPHER_CTX_free(ctx);
	return ret;
}

static int decrypt(const struct seal_keyring_name *name,
		   const unsigned char key[KEY_LEN], const SEALED *record,
		   struct seal_buf *out, struct seal_error *err)
{
	const unsigned char *in = ASN1_STRING_get0_data(record->sealed);
	int n, len = ASN1_STRING_length(record->sealed) - TAG_LEN, ret = 0;
	EVP_CIPHER_CTX *ctx;
	unsigned char *to;

	if ((to = seal_buf_reserve(out, (size_t)len, err)) == NULL)
		return -1;
	if ((ctx = EVP_CIPHER_CTX_new()) == NULL ||
	    EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key,
			ASN1_STRING_get0_data(record->nonce)) != 1 ||
	    EVP_DecryptUpdate(ctx, NULL, &n, name->data,
			      (int)name->len) != 1 ||
	    EVP_DecryptUpdate(ctx, to, &n, in, len) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_LEN,
				(void *)(uintptr_t)(in + len)) != 1)
		ret = seal_error_crypto(err, "cannot open a profile's secrets");
	else if (EVP_DecryptFinal_ex(ctx, to + n, &n) != 1)
		ret = damaged(err, "it was changed, or it is another "
			      "profile's");
	ERR_clear_error();
	EVP_CIPHER_CTX_free(ctx);
	out->len = (size_t)len;
	return ret;
}

/*
 * SealedSecrets
 */

static int encode(const struct seal_master_key *master,
		  const unsigned char nonce[NONCE_LEN],
		  const struct seal_buf *sealed, struct seal_buf *out,
		  struct seal_error *err)
{
	SEALED *record = (SEALED *)ASN1_item_new(ASN1_ITEM_rptr(SEALED));
	unsigned char *der = NULL;
	int len = -1, ret = -1;

	if (record != NULL) {
		record->version = VERSION;
		if (ASN1_STRING_set(record->master_key, master->id,
				    sizeof(master->id)) == 1 &&
		    ASN1_STRING_set(record->nonce, nonce, NONCE_LEN) == 1 &&
		    ASN1_STRING_set(record->sealed, sealed->data,
				    (int)sealed->len) == 1)
			len = ASN1_item_i2d((ASN1_VALUE *)record, &der,
					    ASN1_ITEM_rptr(SEALED));
	}
	if (len <= 0)
		(void)seal_error_crypto(err, "cannot encode the secrets");
	else
		ret = seal_buf_append(out, der, (size_t)len, err);
	OPENSSL_free(der);
	ASN1_item_free((ASN1_VALUE *)record, ASN1_ITEM_rptr(SEALED));
	return ret;
}

int seal_keyring_seal(const struct seal_keyring_name *name,
		      const struct seal_master_key *master,
		      const struct seal_secrets *secrets, struct seal_buf *out,
		      struct seal_error *err)
{
	struct seal_buf plain = SEAL_BUF_INIT, sealed = SEAL_BUF_INIT;
	unsigned char key[KEY_LEN], nonce[NONCE_LEN], *to;
	int ret = -1;

	if (seal_secrets_encode(secrets, &plain, err) < 0 ||
	    (to = seal_buf_reserve(&sealed, plain.len + TAG_LEN, err)) == NULL)
		goto out;
	if (RAND_bytes(nonce, sizeof(nonce)) != 1) {
		(void)seal_error_crypto(err, "cannot make a nonce");
		goto out;
	}
	if (profile_key(name, master, key, err) == 0)
		ret = encrypt(name, key, nonce, &plain, to, err);
	sealed.len = plain.len + TAG_LEN;
	if (ret == 0)
		ret = encode(master, nonce, &sealed, out, err);
out:
	OPENSSL_cleanse(key, sizeof(key));
	seal_buf_free(&plain);
	seal_buf_free(&sealed);
	return ret;
}

/* NULL: SEAL_ERR_DAMAGED, SEAL_ERR_MEMORY. */
static SEALED *parse(const struct seal_env_value *value, struct seal_error *err)
{
	const unsigned char *p = value->data;
	SEALED *record;

	record = (SEALED *)ASN1_item_d2i(NULL, &p, (long)value->len,
					 ASN1_ITEM_rptr(SEALED));
	if (record == NULL) {
		(void)(seal_error_crypto_memory() ? seal_error_memory(err) :
		       damaged(err, "its parts"));
		return NULL;
	}
	if (p == (const unsigned char *)value->data + value->len &&
	    record->version == VERSION &&
	    ASN1_STRING_length(record->master_key) == SEAL_MASTER_KEY_ID_LEN &&
	    ASN1_STRING_length(record->nonce) == NONCE_LEN &&
	    ASN1_STRING_length(record->sealed) > TAG_LEN)
		return record;
	(void)damaged(err, "its version or a length");
	ASN1_item_free((ASN1_VALUE *)record, ASN1_ITEM_rptr(SEALED));
	return NULL;
}

/* The master that the record names; NULL: SEAL_ERR_REFUSED. */
static const struct seal_master_key *
find_master(const struct seal_keyring_name *name, const SEALED *record,
	    const struct seal_master_key *const *masters, unsigned int count,
	    struct seal_error *err)
{
	const unsigned char *id = ASN1_STRING_get0_data(record->master_key);
	bool any = false;
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (!masters[i]->set)
			continue;
		if (memcmp(masters[i]->id, id, SEAL_MASTER_KEY_ID_LEN) == 0)
			return masters[i];
		any = true;
	}
	(void)seal_error_set(err, SEAL_ERR_REFUSED,
		"the secrets of profile %.16s of %.200s cannot be opened: they "
		"are sealed under the master key "
		"%02x%02x%02x%02x%02x%02x%02x%02x, %s",
		seal_keyring_name_id(name), (const char *)name->data,
		id[0], id[1], id[2], id[3], id[4], id[5], id[6], id[7],
		any ? "and the key at hand is another one: restore the right "
		"file" : "and there is none: restore its file");
	return NULL;
}

static int unseal(const struct seal_keyring_name *name,
		  const struct seal_master_key *master, const SEALED *record,
		  struct seal_secrets *secrets_r, struct seal_error *err)
{
	struct seal_buf plain = SEAL_BUF_INIT;
	unsigned char key[KEY_LEN];
	int ret;

	ret = profile_key(name, master, key, err);
	if (ret == 0)
		ret = decrypt(name, key, record, &plain, err);
	if (ret == 0)
		ret = seal_secrets_decode(&plain, secrets_r, err);
	OPENSSL_cleanse(key, sizeof(key));
	seal_buf_free(&plain);
	if (ret < 0)
		seal_secrets_free(secrets_r);
	return ret;
}

int seal_keyring_unseal(const struct seal_keyring_name *name,
			const struct seal_master_key *const *masters,
			unsigned int master_count,
			const struct seal_env_value *value,
			struct seal_secrets *secrets_r,
			struct seal_error *err)
{
	const struct seal_master_key *master;
	SEALED *record;
	int ret = -1;

	if ((record = parse(value, err)) == NULL)
		return -1;
	master = find_master(name, record, masters, master_count, err);
	if (master != NULL)
		ret = unseal(name, master, record, secrets_r, err);
	ASN1_item_free((ASN1_VALUE *)record, ASN1_ITEM_rptr(SEALED));
	return ret;
}

int seal_keyring_can_unseal(const struct seal_keyring_name *name,
			    const struct seal_master_key *const *masters,
			    unsigned int master_count,
			    const struct seal_env_value *value,
			    struct seal_error *err)
{
	SEALED *record;
	int ret;

	if ((record = parse(value, err)) == NULL)
		return -1;
	ret = find_master(name, record, masters, master_count, err) == NULL ?
		-1 : 0;
	ASN1_item_free((ASN1_VALUE *)record, ASN1_ITEM_rptr(SEALED));
	return ret;
}
