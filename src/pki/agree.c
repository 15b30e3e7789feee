/* SPDX-License-Identifier: MIT */
#include "pki/agree.h"

#include <string.h>
#include <openssl/crypto.h>
#include "base/buf.h"
#include "pki/frame.h"

int seal_agree_secret(EVP_PKEY *own, EVP_PKEY *peer,
		      unsigned char secret_r[SEAL_AGREE_SECRET_MAX],
		      size_t *len_r)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
	int ok;

	*len_r = SEAL_AGREE_SECRET_MAX;
	/* the 0: the point was checked when it was read */
	ok = ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
		EVP_PKEY_derive_set_peer_ex(ctx, peer, 0) == 1 &&
		EVP_PKEY_derive(ctx, secret_r, len_r) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

/* Frames what was appended since from as an OCTET STRING, and that as [number]. */
static int frame_octets(struct seal_buf *info, size_t from, unsigned char number,
			struct seal_error *err)
{
	return seal_frame(info, from, SEAL_TAG_OCTET_STRING, err) < 0 ? -1 :
		seal_frame(info, from, SEAL_TAG_CONTEXT(number), err);
}

int seal_agree_info(const unsigned char *wrap, size_t wrap_len,
		    const unsigned char *ukm, size_t ukm_len, size_t key_len,
		    struct seal_buf *info, struct seal_error *err)
{
	const unsigned char bits[] = {
		0, 0, (unsigned char)(key_len * 8 >> 8),
		(unsigned char)(key_len * 8)
	};
	size_t start = info->len, from;

	if (seal_buf_append(info, wrap, wrap_len, err) < 0)
		return -1;
	from = info->len;
	if (ukm != NULL && (seal_buf_append(info, ukm, ukm_len, err) < 0 ||
			    frame_octets(info, from, 0, err) < 0))
		return -1;
	from = info->len;
	return seal_buf_append(info, bits, sizeof(bits), err) < 0 ||
		frame_octets(info, from, 2, err) < 0 ? -1 :
		seal_frame(info, start, SEAL_TAG_SEQUENCE, err);
}

/* One step: the digest of secret, counter and info. 1, or 0 */
static int kdf_step(EVP_MD_CTX *ctx, const EVP_MD *digest,
		    const unsigned char *secret, size_t secret_len,
		    unsigned char counter, const struct seal_buf *info,
		    unsigned char digest_r[EVP_MAX_MD_SIZE])
{
	const unsigned char number[] = { 0, 0, 0, counter };

	return EVP_DigestInit_ex(ctx, digest, NULL) == 1 &&
		EVP_DigestUpdate(ctx, secret, secret_len) == 1 &&
		EVP_DigestUpdate(ctx, number, sizeof(number)) == 1 &&
		EVP_DigestUpdate(ctx, info->data, info->len) == 1 &&
		EVP_DigestFinal_ex(ctx, digest_r, NULL) == 1;
}

/* Not by EVP_KDF: making its context for "X963KDF" crashes in OpenSSL 3.0 when memory
 * is short. */
int seal_agree_key(const EVP_MD *digest, const unsigned char *secret,
		   size_t secret_len, const struct seal_buf *info,
		   unsigned char *key_r, size_t key_len)
{
	unsigned char step[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = (size_t)EVP_MD_get_size(digest), at, n;
	unsigned char counter = 1;
	int ok = ctx != NULL;

	for (at = 0; ok && at < key_len; at += n) {
		ok = kdf_step(ctx, digest, secret, secret_len, counter++, info,
			      step);
		n = key_len - at < len ? key_len - at : len;
		if (ok)
			memcpy(key_r + at, step, n);
	}
	OPENSSL_cleanse(step, sizeof(step));
	EVP_MD_CTX_free(ctx);
	return ok;
}

static const EVP_CIPHER *wrap_cipher(size_t key_len)
{
	return key_len == 16 ? EVP_aes_128_wrap() :
		key_len == 24 ? EVP_aes_192_wrap() : EVP_aes_256_wrap();
}

/* As seal_agree_wrap(). */
static int cipher(const unsigned char *key, size_t key_len, int encrypt,
		  const unsigned char *in, size_t len, unsigned char *out,
		  size_t out_len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int done = 0, more = 0, ret = -1;

	if (ctx == NULL)
		return -1;
	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	if (EVP_CipherInit_ex(ctx, wrap_cipher(key_len), NULL, key, NULL,
			      encrypt) == 1)
		ret = EVP_CipherUpdate(ctx, out, &done, in, (int)len) == 1 &&
			EVP_CipherFinal_ex(ctx, out + done, &more) == 1 &&
			(size_t)(done + more) == out_len;
	EVP_CIPHER_CTX_free(ctx);
	return ret;
}

int seal_agree_wrap(const unsigned char *key, size_t key_len,
		    const unsigned char *data, size_t len,
		    unsigned char *wrapped_r)
{
	return cipher(key, key_len, 1, data, len, wrapped_r,
		      len + SEAL_AGREE_WRAP_EXTRA);
}

int seal_agree_unwrap(const unsigned char *key, size_t key_len,
		      const unsigned char *wrapped, size_t len,
		      unsigned char *data_r)
{
	return cipher(key, key_len, 0, wrapped, len, data_r,
		      len - SEAL_AGREE_WRAP_EXTRA);
}
