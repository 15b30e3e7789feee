/* SPDX-License-Identifier: MIT */
#include "pki/ecdsa.h"

#include <string.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include "base/buf.h"
#include "base/error.h"
#include "tap.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* The first two are RFC 6979 appendix A.2.5; the others come from another
 * implementation (integers of Python), which gives the first two as well. */
static const struct vector {
	const char *name;
	const char *key, *x, *y, *digest, *r, *s;	/* hexadecimal */
} vectors[] = {
	{ "RFC 6979 A.2.5: sample",
	  "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
	  "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
	  "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
	  "af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf",
	  "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
	  "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8" },
	{ "RFC 6979 A.2.5: test",
	  "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
	  "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
	  "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
	  "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	  "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
	  "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083" },
	{ "digest 0",
	  "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
	  "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
	  "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
	  "0000000000000000000000000000000000000000000000000000000000000000",
	  "68897a78df51058b490c6012251c95921abba96e2e488c8cc998942e440db9b7",
	  "80587fb387363a1df2c9e83c00f8ca990fc0a55b5e470946499b82ca3b552a87" },
	{ "digest above the order",
	  "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
	  "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
	  "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
	  "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	  "1f2adbc54b88764c279f689fc9505959fc9e73e80dc20889a4e0be91865de75b",
	  "9d109b65e2fbfc0ae42ba0b2e5f03670cd458cff4882df6783f3d93d607d1755" },
	{ "digest is the order",
	  "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
	  "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
	  "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
	  "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
	  "68897a78df51058b490c6012251c95921abba96e2e488c8cc998942e440db9b7",
	  "80587fb387363a1df2c9e83c00f8ca990fc0a55b5e470946499b82ca3b552a87" },
	{ "digest is the order less 1",
	  "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
	  "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
	  "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
	  "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550",
	  "c675c43e829a5e838be6014515bcc7d82fb8d3053c770d32d322a9e9e35530e7",
	  "49996eb95b9f4471484b96cd60fef80a14f6504ed7279e133404a61e1ab8aee5" },
	{ "key 1",
	  "0000000000000000000000000000000000000000000000000000000000000001",
	  "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
	  "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
	  "af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf",
	  "0466341174d59e93eb984c2a7c923a80ab99a9e91555bc73ebd8073d4c722121",
	  "998f2b7bb63082e976215e6ae46344d66d2d4edea67d65d91595f21311df5030" },
	{ "key is the order less 1",
	  "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550",
	  "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
	  "b01cbd1c01e58065711814b583f061e9d431cca994cea1313449bf97c840ae0a",
	  "af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf",
	  "a2e09df104aafc802a50c6684f6db83355a0a2588585a778b311e7e6c7c600ce",
	  "b783aa569666ddbb05d0a5b9ce18b2757b27e2f6a4b4b1a3e4b4ced21f4174b2" },
	{ "key 1, digest above the order",
	  "0000000000000000000000000000000000000000000000000000000000000001",
	  "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
	  "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
	  "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	  "bb39491f7fef3e14da8f0431d525575c587c358b05e71e2e5e3c0199bb9ec798",
	  "53508ccce16e222da12f2a2c012d2240b7f6f8f6d43d5b1a452719a3b6846300" },
	{ "s begins with a zero byte",
	  "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
	  "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
	  "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
	  "eb3be230bbd2844b1f5d8f2e4fab9ffba8ab22cfeeb69c4c1361993ba4f377b9",
	  "e9ad937bdbe95ea89251bc94492eb0c0c4294b535767e4b11461b5a3aa31927b",
	  "0006c67bed7318cdc11cfdd1154d763f35298856c65f796c807efe7fbace64c2" },
	{ "r begins with a zero byte",
	  "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
	  "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
	  "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
	  "71a1c003a2b855d85582c8f6c7648c49d3fe836408a7e1b5d9b222448acb3c1b",
	  "00b90dab5b04415f83c172342c846e03cbda843b2d074e4783a1c9761c7c71e1",
	  "2e6f4e00016c725df0c8ae84b36230aaceb69afa625442551852d8cdfad65467" }
};

static BIGNUM *number(const char *hex)
{
	BIGNUM *bn = NULL;

	if (BN_hex2bn(&bn, hex) == 0)
		abort();
	return bn;
}

static EVP_PKEY *make_key(const struct vector *vector, bool with_private)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *x = number(vector->x), *y = number(vector->y);
	BIGNUM *scalar = number(vector->key);
	unsigned char point[65] = { POINT_CONVERSION_UNCOMPRESSED };
	OSSL_PARAM *params;
	EVP_PKEY *key = NULL;

	if (ctx == NULL || build == NULL || BN_bn2binpad(x, point + 1, 32) < 0 ||
	    BN_bn2binpad(y, point + 33, 32) < 0 ||
	    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
					    "P-256", 0) != 1 ||
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY,
					     point, sizeof(point)) != 1 ||
	    (with_private &&
	     OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY,
				    scalar) != 1) ||
	    (params = OSSL_PARAM_BLD_to_param(build)) == NULL ||
	    EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, with_private ? EVP_PKEY_KEYPAIR :
			      EVP_PKEY_PUBLIC_KEY, params) != 1)
		abort();
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	BN_free(x);
	BN_free(y);
	BN_clear_free(scalar);
	return key;
}

static void digest_of(const struct vector *vector, unsigned char *digest)
{
	BIGNUM *bn = number(vector->digest);

	if (BN_bn2binpad(bn, digest, SEAL_ECDSA_DIGEST_LEN) < 0)
		abort();
	BN_free(bn);
}

/* Whether der is exactly one signature, of these numbers. */
static bool is_signature(const struct seal_buf *der,
			 const struct vector *vector)
{
	const unsigned char *p = der->data;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)der->len);
	BIGNUM *r = number(vector->r), *s = number(vector->s);
	bool good = sig != NULL && p == der->data + der->len &&
		BN_cmp(ECDSA_SIG_get0_r(sig), r) == 0 &&
		BN_cmp(ECDSA_SIG_get0_s(sig), s) == 0;

	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	return good;
}

static void test_vector(const struct vector *vector)
{
	unsigned char digest[SEAL_ECDSA_DIGEST_LEN];
	EVP_PKEY *key = make_key(vector, true);
	struct seal_buf first = SEAL_BUF_INIT, second = SEAL_BUF_INIT;
	struct seal_error err;

	digest_of(vector, digest);
	tap_ok(seal_ecdsa_sign(key, digest, &first, &err) == 0 &&
	       is_signature(&first, vector), "%s", vector->name);
	tap_ok(seal_ecdsa_sign(key, digest, &second, &err) == 0 &&
	       first.len == second.len &&
	       memcmp(first.data, second.data, first.len) == 0 &&
	       ERR_peek_error() == 0, "%s: the same again", vector->name);
	seal_buf_free(&first);
	seal_buf_free(&second);
	EVP_PKEY_free(key);
}

static bool verifies(EVP_PKEY *key, const void *data, size_t len,
		     const struct seal_buf *signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx != NULL &&
		EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
		EVP_DigestVerify(ctx, signature->data, signature->len, data,
				 len) == 1;

	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return good;
}

/* libcrypto accepts what we sign, and only for what was signed. */
static void test_fresh_keys(void)
{
	unsigned char digest[SEAL_ECDSA_DIGEST_LEN], data[40];
	struct seal_buf sig = SEAL_BUF_INIT;
	struct seal_error err;
	EVP_PKEY *key;
	unsigned int i;
	bool good = true;

	for (i = 0; good && i < 200; i++) {
		key = EVP_EC_gen("P-256");
		seal_buf_clear(&sig);
		good = key != NULL && RAND_bytes(data, sizeof(data)) == 1 &&
			EVP_Digest(data, sizeof(data), digest, NULL,
				   EVP_sha256(), NULL) == 1 &&
			seal_ecdsa_sign(key, digest, &sig, &err) == 0 &&
			verifies(key, data, sizeof(data), &sig);
		data[i % sizeof(data)] ^= 1;
		good = good && !verifies(key, data, sizeof(data), &sig);
		EVP_PKEY_free(key);
	}
	tap_ok(good, "%u fresh keys", i);
	seal_buf_free(&sig);
}

static void refused(const char *name, EVP_PKEY *key)
{
	static const unsigned char digest[SEAL_ECDSA_DIGEST_LEN] = { 1 };
	struct seal_buf sig = SEAL_BUF_INIT;
	struct seal_error err;

	if (key == NULL)
		abort();
	tap_ok(seal_ecdsa_sign(key, digest, &sig, &err) == -1 &&
	       err.code == SEAL_ERR_INPUT && sig.len == 0 &&
	       ERR_peek_error() == 0, "refused: %s", name);
	seal_buf_free(&sig);
	EVP_PKEY_free(key);
}

static void test_memory(void)
{
	unsigned char digest[SEAL_ECDSA_DIGEST_LEN];
	EVP_PKEY *key = make_key(&vectors[0], true);
	struct seal_buf sig = SEAL_BUF_INIT;
	unsigned long n, errors = 0;
	struct seal_error err;
	bool good = true, failed = true;
	int ret;

	digest_of(&vectors[0], digest);
	for (n = 1; good && failed && n < 10000; n++) {
		seal_buf_free(&sig);
		err.code = SEAL_ERR_NONE;
		tap_alloc_fail_at(n);
		ret = seal_ecdsa_sign(key, digest, &sig, &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		errors += ret < 0;
		good = ERR_peek_error() == 0;
		if (ret < 0)
			good = good && sig.len == 0 &&
				(err.code == SEAL_ERR_MEMORY ||
				 err.code == SEAL_ERR_CRYPTO);
		else
			good = good && is_signature(&sig, &vectors[0]);
		if (!good)
			tap_note("allocation %lu: %s", n, err.text);
	}
	tap_ok(good && !failed && errors > 0,
	       "%lu allocations failed, %lu errors", n - 2, errors);
	seal_buf_free(&sig);
	EVP_PKEY_free(key);
}

int main(void)
{
	unsigned int i;

	tap_alloc_init();
	/* first, while libcrypto has nothing in its caches */
	test_memory();
	for (i = 0; i < N(vectors); i++)
		test_vector(&vectors[i]);
	test_fresh_keys();
	refused("P-384", EVP_EC_gen("P-384"));
	refused("secp256k1", EVP_EC_gen("secp256k1"));
	refused("RSA", EVP_RSA_gen(2048));
	refused("Ed25519", EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
	refused("a public key only", make_key(&vectors[0], false));
	return tap_done();
}
