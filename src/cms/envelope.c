/* SPDX-License-Identifier: MIT */
#include "cms/envelope.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include "base/error.h"
#include "base/sink.h"
#include "cms/base64.h"
#include "cms/der.h"

/* One OCTET STRING of encryptedContent: large enough for the cipher's fast
 * path, small enough to be encoded while it is still in the first cache. */
#define CHUNK 16384
#define BLOCK 16
#define GCM_NONCE 12
#define GCM_TAG 16

struct seal_envelope {
	bool gcm;
	EVP_CIPHER_CTX *ctx;
	struct seal_base64 base64;
	size_t work_len;
	unsigned char work[CHUNK + BLOCK];
};

/* What stands before the version. The values that are 80 are indefinite
 * lengths; OIDs from RFC 5652 section 6.1 and RFC 5083 section 2. */
static const unsigned char enveloped_head[] = {
	0x30, 0x80,
	0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x03,
	0xa0, 0x80, 0x30, 0x80
};
static const unsigned char auth_enveloped_head[] = {
	0x30, 0x80,
	0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10,
	0x01, 0x17,
	0xa0, 0x80, 0x30, 0x80
};
/* EncryptedContentInfo begins, id-data */
static const unsigned char content_head[] = {
	0x30, 0x80,
	0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01
};
/* { nist-aes n } (RFC 3565 section 4.1, RFC 5084 section 3.2): the last byte
 * is the algorithm's */
static const unsigned char aes_oid[] = {
	0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01
};
static const unsigned char end_of_contents[8];

static const struct content_algorithm {
	const EVP_CIPHER *(*cipher)(void);
	unsigned char oid_end;
} algorithms[] = {
	[SEAL_CIPHER_AES256_CBC] = { EVP_aes_256_cbc, 42 },
	[SEAL_CIPHER_AES128_CBC] = { EVP_aes_128_cbc, 2 },
	[SEAL_CIPHER_AES256_GCM] = { EVP_aes_256_gcm, 46 },
	[SEAL_CIPHER_AES128_GCM] = { EVP_aes_128_gcm, 6 }
};

static int emit(struct seal_envelope *env, const unsigned char *data,
		size_t len, struct seal_error *err)
{
	return seal_base64_more(&env->base64, data, len, err);
}

static int emit_element(struct seal_envelope *env, unsigned char tag,
			const unsigned char *value, size_t len,
			struct seal_error *err)
{
	unsigned char head[SEAL_DER_HEAD_MAX];

	if (emit(env, head, seal_der_head(head, tag, len), err) < 0)
		return -1;
	return emit(env, value, len, err);
}

/* Checks the framing of the RecipientInfos. Returns EnvelopedData's version (RFC
 * 5652 section 6.1): 0 or 2; or -1. */
static int judge_recipients(const unsigned char *data, size_t len,
			    struct seal_error *err)
{
	struct seal_der info, version;
	int ret, result = 0;

	if (len == 0) {
		return seal_error_set(err, SEAL_ERR_INPUT,
				      "an envelope without RecipientInfo");
	}
	while ((ret = seal_der_next(&data, &len, &info, err)) > 0) {
		if (info.tag != SEAL_DER_SEQUENCE &&
		    info.tag != SEAL_DER_CONTEXT(1)) {
			return seal_error_set(err, SEAL_ERR_INPUT,
				"RecipientInfo of unknown kind (tag 0x%02x)",
				info.tag);
		}
		ret = seal_der_next(&info.value, &info.len, &version, err);
		if (ret < 0)
			return -1;
		if (ret == 0 || version.tag != SEAL_DER_INTEGER ||
		    version.len != 1) {
			return seal_error_set(err, SEAL_ERR_INPUT,
				"RecipientInfo without a version");
		}
		if (version.value[0] != 0)
			result = 2;
	}
	return ret < 0 ? -1 : result;
}

/* contentEncryptionAlgorithm: with the IV for CBC, with GCMParameters (nonce
 * and ICVlen, whose default of 12 is not ours) for GCM */
static int emit_algorithm(struct seal_envelope *env, enum seal_cipher cipher,
			  const unsigned char *iv, struct seal_error *err)
{
	unsigned char der[64], *p = der;
	size_t iv_len = env->gcm ? GCM_NONCE : BLOCK;

	memcpy(p, aes_oid, sizeof(aes_oid));
	p += sizeof(aes_oid);
	*p++ = algorithms[cipher].oid_end;
	if (env->gcm)
		p += seal_der_head(p, SEAL_DER_SEQUENCE, 2 + GCM_NONCE + 3);
	p += seal_der_head(p, SEAL_DER_OCTET_STRING, iv_len);
	memcpy(p, iv, iv_len);
	p += iv_len;
	if (env->gcm) {
		p += seal_der_head(p, SEAL_DER_INTEGER, 1);
		*p++ = GCM_TAG;
	}
	return emit_element(env, SEAL_DER_SEQUENCE, der, (size_t)(p - der),
			    err);
}

static int emit_head(struct seal_envelope *env, enum seal_cipher cipher,
		     const unsigned char *iv, const unsigned char *recipients,
		     size_t recipients_len, struct seal_error *err)
{
	static const unsigned char encrypted_content[] = { 0xa0, 0x80 };
	unsigned char version;
	int ret;

	ret = judge_recipients(recipients, recipients_len, err);
	if (ret < 0)
		return -1;
	/* AuthEnvelopedData has only version 0 (RFC 5083 section 2.1) */
	version = env->gcm ? 0 : (unsigned char)ret;
	if (env->gcm)
		ret = emit(env, auth_enveloped_head,
			   sizeof(auth_enveloped_head), err);
	else
		ret = emit(env, enveloped_head, sizeof(enveloped_head), err);
	if (ret < 0 ||
	    emit_element(env, SEAL_DER_INTEGER, &version, 1, err) < 0 ||
	    emit_element(env, SEAL_DER_SET, recipients, recipients_len,
			 err) < 0 ||
	    emit(env, content_head, sizeof(content_head), err) < 0 ||
	    emit_algorithm(env, cipher, iv, err) < 0)
		return -1;
	return emit(env, encrypted_content, sizeof(encrypted_content), err);
}

static int start(struct seal_envelope *env, enum seal_cipher cipher,
		 const unsigned char *key, const unsigned char *recipients,
		 size_t recipients_len, struct seal_error *err)
{
	/* of which GCM takes the first 12 bytes */
	unsigned char iv[BLOCK];

	if (RAND_bytes(iv, sizeof(iv)) != 1)
		return seal_error_crypto(err, "RAND_bytes");
	env->ctx = EVP_CIPHER_CTX_new();
	if (env->ctx == NULL ||
	    EVP_EncryptInit_ex(env->ctx, algorithms[cipher].cipher(), NULL,
			       key, iv) != 1)
		return seal_error_crypto(err, "starting the content cipher");
	/* what it has got over: OpenSSL 3.5 may do without an allocation, but not
	 * without an error */
	ERR_clear_error();
	return emit_head(env, cipher, iv, recipients, recipients_len, err);
}

struct seal_envelope *
seal_envelope_new(enum seal_cipher cipher,
		  const unsigned char *key, size_t key_len,
		  const unsigned char *recipients, size_t recipients_len,
		  const struct seal_sink *sink, struct seal_error *err)
{
	struct seal_envelope *env;

	if (key_len == 0 || key_len != seal_cipher_key_length(cipher)) {
		(void)seal_error_set(err, SEAL_ERR_INPUT,
			"unknown cipher, or a content key of wrong length");
		return NULL;
	}
	/* not calloc: clearing its buffers would cost more than a short message
	   does */
	env = malloc(sizeof(*env));
	if (env == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	env->ctx = NULL;
	env->work_len = 0;
	env->gcm = seal_cipher_is_gcm(cipher);
	seal_base64_init(&env->base64, sink);
	if (start(env, cipher, key, recipients, recipients_len, err) < 0)
		seal_envelope_free(&env);
	return env;
}

static int emit_chunk(struct seal_envelope *env, struct seal_error *err)
{
	size_t len = env->work_len;

	env->work_len = 0;
	if (len == 0)
		return 0;
	return emit_element(env, SEAL_DER_OCTET_STRING, env->work, len, err);
}

int seal_envelope_more(struct seal_envelope *env, const unsigned char *data,
		       size_t len, struct seal_error *err)
{
	size_t n;
	int written;

	while (len > 0) {
		/* What the cipher holds back (CBC: less than a block) and n
		 * make at most the whole blocks that still fit, because
		 * work_len is a multiple of the block then. */
		n = CHUNK - env->work_len;
		if (n > len)
			n = len;
		if (EVP_EncryptUpdate(env->ctx, env->work + env->work_len,
				      &written, data, (int)n) != 1)
			return seal_error_crypto(err, "encrypting content");
		env->work_len += (size_t)written;
		data += n;
		len -= n;
		if (env->work_len >= CHUNK && emit_chunk(env, err) < 0)
			return -1;
	}
	return 0;
}

int seal_envelope_finish(struct seal_envelope *env, struct seal_error *err)
{
	unsigned char tag[GCM_TAG];
	int written;

	/* the padding: there is room for a block behind a full chunk */
	if (EVP_EncryptFinal_ex(env->ctx, env->work + env->work_len,
				&written) != 1)
		return seal_error_crypto(err, "ending the content cipher");
	env->work_len += (size_t)written;
	if (env->gcm &&
	    EVP_CIPHER_CTX_ctrl(env->ctx, EVP_CTRL_AEAD_GET_TAG, GCM_TAG,
				tag) != 1)
		return seal_error_crypto(err, "taking the content's tag");
	/* ends encryptedContent, EncryptedContentInfo; then the mac; then
	 * [Auth]EnvelopedData, [0], ContentInfo */
	if (emit_chunk(env, err) < 0 ||
	    emit(env, end_of_contents, 4, err) < 0 ||
	    (env->gcm && emit_element(env, SEAL_DER_OCTET_STRING, tag,
				      GCM_TAG, err) < 0) ||
	    emit(env, end_of_contents, 6, err) < 0)
		return -1;
	return seal_base64_finish(&env->base64, err);
}

void seal_envelope_free(struct seal_envelope **env)
{
	if (*env == NULL)
		return;
	/* wipes the key, and what CBC holds back of the content; the rest was
	   made to be seen */
	EVP_CIPHER_CTX_free((*env)->ctx);
	free(*env);
	*env = NULL;
}
