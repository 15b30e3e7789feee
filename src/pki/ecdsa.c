/* SPDX-License-Identifier: MIT */
#include "pki/ecdsa.h"

#include <stdbool.h>
#include <string.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include "base/buf.h"
#include "base/error.h"

#define LEN SEAL_ECDSA_DIGEST_LEN	/* of P-256's numbers as well */

/* The generator of nonces (RFC 6979 section 3.2), seeded from key and digest */
struct nonces {
	unsigned char k[LEN], v[LEN];
};

/* k = HMAC(k, v, step, seed), v = HMAC(k, v). Returns 0 or -1. */
static int nonces_stir(struct nonces *nonces, unsigned char step,
		       const unsigned char *seed, size_t seed_len)
{
	unsigned char input[LEN + 1 + 2 * LEN], k[LEN];
	int ret = -1;

	memcpy(input, nonces->v, LEN);
	input[LEN] = step;
	if (seed_len > 0)
		memcpy(input + LEN + 1, seed, seed_len);
	if (HMAC(EVP_sha256(), nonces->k, LEN, input, LEN + 1 + seed_len, k,
		 NULL) != NULL &&
	    HMAC(EVP_sha256(), k, LEN, input, LEN, nonces->v, NULL) != NULL) {
		memcpy(nonces->k, k, LEN);
		ret = 0;
	}
	OPENSSL_cleanse(input, sizeof(input));
	OPENSSL_cleanse(k, sizeof(k));
	return ret;
}

/* x: the private key; h: the digest modulo the order. Steps b to g. */
static int nonces_init(struct nonces *nonces, const BIGNUM *x, const BIGNUM *h)
{
	unsigned char seed[2 * LEN];
	int ret = -1;

	memset(nonces->k, 0, LEN);
	memset(nonces->v, 1, LEN);
	if (BN_bn2binpad(x, seed, LEN) == LEN &&
	    BN_bn2binpad(h, seed + LEN, LEN) == LEN &&
	    nonces_stir(nonces, 0, seed, sizeof(seed)) == 0 &&
	    nonces_stir(nonces, 1, seed, sizeof(seed)) == 0)
		ret = 0;
	OPENSSL_cleanse(seed, sizeof(seed));
	return ret;
}

/* Step h: the next number below order, which is not 0. */
static int nonces_next(struct nonces *nonces, const BIGNUM *order, BIGNUM *k)
{
	unsigned char v[LEN];

	for (;;) {
		if (HMAC(EVP_sha256(), nonces->k, LEN, nonces->v, LEN, v,
			 NULL) == NULL)
			return -1;
		memcpy(nonces->v, v, LEN);
		OPENSSL_cleanse(v, sizeof(v));
		if (BN_bin2bn(nonces->v, LEN, k) == NULL)
			return -1;
		if (!BN_is_zero(k) && BN_cmp(k, order) < 0)
			return 0;
		if (nonces_stir(nonces, 0, NULL, 0) < 0)
			return -1;
	}
}

/* r: the x coordinate of k times the generator, modulo the order. */
static int point_r(const EC_GROUP *group, const BIGNUM *order, const BIGNUM *k,
		   BIGNUM *r, BN_CTX *ctx)
{
	EC_POINT *point = EC_POINT_new(group);
	int ret = -1;

	if (point != NULL &&
	    EC_POINT_mul(group, point, k, NULL, NULL, ctx) == 1 &&
	    EC_POINT_get_affine_coordinates(group, point, r, NULL, ctx) == 1 &&
	    BN_nnmod(r, r, order, ctx) == 1)
		ret = 0;
	EC_POINT_clear_free(point);
	return ret;
}

/* s = (h + r x) / k, as (b h + r (b x)) / (b k) with a random b: what takes a
 * time that depends on its numbers then depends on no secret alone. */
static int blinded_s(const BIGNUM *order, const BIGNUM *x, const BIGNUM *h,
		     const BIGNUM *k, const BIGNUM *r, BIGNUM *s, BN_CTX *ctx)
{
	BIGNUM *b, *bk, *bx, *bh;
	int ret = -1;

	BN_CTX_start(ctx);
	b = BN_CTX_get(ctx);
	bk = BN_CTX_get(ctx);
	bx = BN_CTX_get(ctx);
	bh = BN_CTX_get(ctx);
	if (bh == NULL)
		goto out;
	BN_set_flags(b, BN_FLG_CONSTTIME);
	BN_set_flags(bk, BN_FLG_CONSTTIME);
	do {
		if (BN_priv_rand_range(b, order) != 1)
			goto out;
	} while (BN_is_zero(b));
	if (BN_mod_mul(bk, b, k, order, ctx) == 1 &&
	    BN_mod_mul(bx, b, x, order, ctx) == 1 &&
	    BN_mod_mul(bh, b, h, order, ctx) == 1 &&
	    BN_mod_mul(s, bx, r, order, ctx) == 1 &&
	    BN_mod_add(s, s, bh, order, ctx) == 1 &&
	    BN_mod_inverse(bk, bk, order, ctx) != NULL &&
	    BN_mod_mul(s, s, bk, order, ctx) == 1)
		ret = 0;
out:
	BN_CTX_end(ctx);
	return ret;
}

static int sign_numbers(const EC_GROUP *group, const BIGNUM *x,
			const unsigned char *digest, BIGNUM *r, BIGNUM *s,
			BN_CTX *ctx)
{
	const BIGNUM *order = EC_GROUP_get0_order(group);
	struct nonces nonces;
	BIGNUM *h, *k;
	int ret = -1;

	BN_CTX_start(ctx);
	h = BN_CTX_get(ctx);
	k = BN_CTX_get(ctx);
	if (k == NULL || BN_bin2bn(digest, LEN, h) == NULL ||
	    BN_nnmod(h, h, order, ctx) != 1 || nonces_init(&nonces, x, h) < 0)
		goto out;
	BN_set_flags(k, BN_FLG_CONSTTIME);
	do {
		if (nonces_next(&nonces, order, k) < 0 ||
		    point_r(group, order, k, r, ctx) < 0 ||
		    blinded_s(order, x, h, k, r, s, ctx) < 0)
			goto out;
		/* one time in 2^256: step h.3 leads to another k */
		if (!BN_is_zero(r) && !BN_is_zero(s))
			ret = 0;
		else if (nonces_stir(&nonces, 0, NULL, 0) < 0)
			goto out;
	} while (ret < 0);
out:
	OPENSSL_cleanse(&nonces, sizeof(nonces));
	BN_CTX_end(ctx);
	return ret;
}

/* A wrong signature with the right nonce would give the key away, together with
 * a right one: whatever a fault made of it stays here. */
static int verify(EVP_PKEY *key, const unsigned char *digest,
		  const unsigned char *der, int len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	int ret = -1;

	if (ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
	    EVP_PKEY_verify(ctx, der, (size_t)len, digest, LEN) == 1)
		ret = 0;
	EVP_PKEY_CTX_free(ctx);
	return ret;
}

/* Takes r and s. */
static int encode(EVP_PKEY *key, const unsigned char *digest, BIGNUM **r,
		  BIGNUM **s, struct seal_buf *out, struct seal_error *err)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	unsigned char *der = NULL;
	int len, ret;

	if (sig == NULL || ECDSA_SIG_set0(sig, *r, *s) != 1) {
		ECDSA_SIG_free(sig);
		return seal_error_crypto(err, "ECDSA");
	}
	*r = *s = NULL;
	len = i2d_ECDSA_SIG(sig, &der);
	if (len <= 0 || verify(key, digest, der, len) < 0)
		ret = seal_error_crypto(err, "ECDSA");
	else
		ret = seal_buf_append(out, der, (size_t)len, err);
	OPENSSL_free(der);
	ECDSA_SIG_free(sig);
	return ret;
}

/* A key is not unfit only because memory was short. */
static int unfit(struct seal_error *err, const char *text)
{
	return seal_error_crypto_memory() ? seal_error_memory(err) :
		seal_error_set(err, SEAL_ERR_INPUT, "%s", text);
}

int seal_ecdsa_sign(EVP_PKEY *key,
		    const unsigned char digest[SEAL_ECDSA_DIGEST_LEN],
		    struct seal_buf *signature, struct seal_error *err)
{
	EC_GROUP *group = NULL;
	BIGNUM *x = NULL, *r = NULL, *s = NULL;
	BN_CTX *ctx = NULL;
	char name[32];
	int ret;

	ERR_clear_error();
	/* EVP_PKEY_is_a() would also say no where memory is short */
	if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME,
					   name, sizeof(name), NULL) != 1 ||
	    strcmp(name, SN_X9_62_prime256v1) != 0)
		return unfit(err, "not a key on the curve P-256");
	group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	ctx = BN_CTX_secure_new();
	x = BN_secure_new();
	r = BN_new();
	s = BN_new();
	if (group == NULL || ctx == NULL || x == NULL || r == NULL ||
	    s == NULL) {
		ret = seal_error_crypto(err, "ECDSA");
		goto out;
	}
	BN_set_flags(x, BN_FLG_CONSTTIME);
	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &x) != 1)
		ret = unfit(err, "the key has no private part");
	else if (sign_numbers(group, x, digest, r, s, ctx) < 0)
		ret = seal_error_crypto(err, "ECDSA");
	else
		ret = encode(key, digest, &r, &s, signature, err);
out:
	BN_free(r);
	BN_clear_free(s);
	BN_clear_free(x);
	BN_CTX_free(ctx);
	EC_GROUP_free(group);
	/* what libcrypto got over may still stand there */
	ERR_clear_error();
	return ret;
}
