/* SPDX-License-Identifier: MIT */
#include "chain-spec.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static struct named_key {
	const char *name, *kind;	/* kind: a curve, or "RSA", "RSA-PSS" */
	unsigned int bits;
	const char *number;		/* RSA: the exponent; EC: the form */
	EVP_PKEY *key;
} keys[] = {
	{ "root", "P-256", 0, NULL, NULL },
	{ "issuer", "P-256", 0, NULL, NULL },
	{ "other", "P-256", 0, NULL, NULL },
	{ "user-ec", "P-256", 0, NULL, NULL },
	{ "user", "RSA", 2048, NULL, NULL },
	{ "p192", "P-192", 0, NULL, NULL },
	{ "p224", "P-224", 0, NULL, NULL },
	{ "p384", "P-384", 0, NULL, NULL },
	{ "k256", "secp256k1", 0, NULL, NULL },
	{ "compressed", "P-256", 0, "compressed", NULL },
	{ "explicit", "P-256", 0, "explicit", NULL },
	{ "ed25519", "ED25519", 0, NULL, NULL },
	{ "rsa1024", "RSA", 1024, NULL, NULL },
	{ "rsa2050", "RSA", 2050, NULL, NULL },
	{ "e3", "RSA", 2048, "3", NULL },
	{ "e17bits", "RSA", 2048, "65539", NULL },
	{ "e65bits", "RSA", 2048, "18446744073709551629", NULL },
	{ "pss", "RSA-PSS", 2048, NULL, NULL }
};

static EVP_PKEY *make_key(const struct named_key *name)
{
	bool rsa = strncmp(name->kind, "RSA", 3) == 0;
	bool curve = !rsa && strcmp(name->kind, "ED25519") != 0;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL,
		curve ? "EC" : name->kind, NULL);
	EVP_PKEY *key = NULL;
	BIGNUM *e = NULL;

	build_must(EVP_PKEY_keygen_init(ctx) == 1);
	if (rsa)
		build_must(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx,
						      (int)name->bits) == 1);
	if (rsa && name->number != NULL) {
		build_must(BN_dec2bn(&e, name->number) > 0 &&
			   EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e) == 1);
	}
	if (curve)
		build_must(EVP_PKEY_CTX_set_group_name(ctx, name->kind) == 1);
	build_must(EVP_PKEY_generate(ctx, &key) == 1);
	if (curve && name->number != NULL &&
	    strcmp(name->number, "explicit") == 0)
		build_must(EVP_PKEY_set_utf8_string_param(key,
			OSSL_PKEY_PARAM_EC_ENCODING, "explicit") == 1);
	else if (curve && name->number != NULL)
		build_must(EVP_PKEY_set_utf8_string_param(key,
			OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
			name->number) == 1);
	BN_free(e);
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return key;
}

EVP_PKEY *build_key(const char *name)
{
	unsigned int i;

	for (i = 0; i < N(keys); i++) {
		if (strcmp(keys[i].name, name) != 0)
			continue;
		if (keys[i].key == NULL)
			keys[i].key = make_key(&keys[i]);
		return keys[i].key;
	}
	abort();
}

void build_keys_free(void)
{
	unsigned int i;

	for (i = 0; i < N(keys); i++) {
		EVP_PKEY_free(keys[i].key);
		keys[i].key = NULL;
	}
}
