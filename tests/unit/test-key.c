/* SPDX-License-Identifier: MIT */
#include "pki/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include "base/buf.h"
#include "base/error.h"
#include "judge.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static void test_names(void)
{
	static const char *const names[] = {
		"p256", "rsa2048", "rsa3072", "rsa4096"
	};
	unsigned int i;

	for (i = 0; i < N(names); i++)
		tap_ok(strcmp(seal_key_kind_name(i), names[i]) == 0 &&
		       seal_key_kind_find(names[i]) == (int)i, "%s", names[i]);
	tap_ok(seal_key_kind_name(4) == NULL &&
	       seal_key_kind_find("rsa1024") == -1 &&
	       seal_key_kind_find("") == -1 &&
	       seal_key_kind_find("P256") == -1, "unknown kinds");
}

/* What openssl says of a private key */
static bool openssl_reads(const struct seal_buf *der, const char *wanted)
{
	const char *const argv[] = {
		"openssl", "pkey", "-inform", "DER", "-noout", "-text",
		"-check", NULL
	};
	char *out;
	size_t len;
	bool good = tap_run(argv, der->data, der->len, &out, &len) == 0 &&
		strstr(out, "Key is valid") != NULL &&
		strstr(out, wanted) != NULL;

	OPENSSL_cleanse(out, len);
	free(out);
	return good;
}

static void test_generate(enum seal_key_kind kind, int bits, const char *text)
{
	struct seal_error err = { SEAL_ERR_NONE, "" };
	EVP_PKEY *key = seal_key_generate(kind, &err), *again = NULL;
	struct seal_buf der = SEAL_BUF_INIT, more = SEAL_BUF_INIT;

	tap_ok(key != NULL && EVP_PKEY_get_bits(key) == bits &&
	       ERR_peek_error() == 0, "%s is made %s",
	       seal_key_kind_name(kind), err.text);
	tap_ok(key != NULL && seal_key_encode(key, &der, &err) == 0 &&
	       openssl_reads(&der, text), "openssl reads it %s", err.text);
	again = seal_key_decode(der.data, der.len, &err);
	tap_ok(again != NULL && EVP_PKEY_eq(key, again) == 1 &&
	       seal_key_encode(again, &more, &err) == 0 &&
	       more.len == der.len &&
	       memcmp(more.data, der.data, der.len) == 0,
	       "it comes back the same %s", err.text);
	EVP_PKEY_free(key);
	EVP_PKEY_free(again);
	seal_buf_free(&der);
	seal_buf_free(&more);
}

static void test_decode(void)
{
	struct seal_error err = { SEAL_ERR_NONE, "" };
	EVP_PKEY *key = seal_key_generate(SEAL_KEY_P256, &err);
	struct seal_buf der = SEAL_BUF_INIT;
	unsigned char *copy;
	bool refused = true;
	size_t i;

	if (key == NULL || seal_key_encode(key, &der, &err) < 0)
		abort();
	for (i = 0; i < der.len && refused; i++) {
		copy = malloc(i == 0 ? 1 : i);
		if (copy == NULL)
			abort();
		memcpy(copy, der.data, i);
		refused = seal_key_decode(copy, i, &err) == NULL &&
			err.code == SEAL_ERR_INPUT && ERR_peek_error() == 0;
		free(copy);
	}
	tap_ok(refused, "cut at each of %zu bytes: %s", der.len, err.text);
	if (seal_buf_append(&der, "", 1, &err) < 0)
		abort();
	tap_ok(seal_key_decode(der.data, der.len, &err) == NULL &&
	       err.code == SEAL_ERR_INPUT && ERR_peek_error() == 0,
	       "one byte behind: %s", err.text);
	/* the algorithm's number */
	der.len--;
	der.data[10] ^= 1;
	tap_ok(seal_key_decode(der.data, der.len, &err) == NULL &&
	       err.code == SEAL_ERR_INPUT && ERR_peek_error() == 0,
	       "an unknown algorithm: %s", err.text);
	seal_buf_free(&der);
	EVP_PKEY_free(key);
}

static bool has_number(EVP_PKEY *key, const char *hex)
{
	BIGNUM *number = NULL, *wanted = NULL;
	bool good = BN_hex2bn(&wanted, hex) > 0 &&
		EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY,
				      &number) == 1 &&
		BN_cmp(number, wanted) == 0;

	BN_free(wanted);
	BN_clear_free(number);
	return good;
}

/* Computed with another program's HMAC and big numbers */
static void test_derive(void)
{
	static const struct {
		bool ones;	/* secret: FF...; else 00 01 02 ... */
		const char *label, *number;
	} rows[] = {
		{ false, "alice@example.org", "d41a01608ed2df8e4f3ab33150c89b7b"
		  "53eb6888f4ccda0cbeed8f435c3e2742" },
		{ false, "bob@example.org", "740ca04269f95f4253e4696d58fe434e"
		  "331cd0c734eaa317a19d472f244a7c04" },
		{ true, "p\xc3\xa4r@example.org", "a7aaab74e7f302b98bd1292fc2dc"
		  "2efb5dfa7b5f5f4f81f278409d7c2f090726" },
		{ false, "", "b452688e61e62c2736ffd912329d4b34"
		  "fe9e0de04ce4752bf17d434b54520561" }
	};
	struct seal_error err = { SEAL_ERR_NONE, "" };
	struct seal_buf der = SEAL_BUF_INIT;
	unsigned char secret[32];
	EVP_PKEY *key, *other;
	unsigned int i, j;

	for (i = 0; i < N(rows); i++) {
		for (j = 0; j < sizeof(secret); j++)
			secret[j] = rows[i].ones ? 0xff : (unsigned char)j;
		key = seal_key_derive(secret, sizeof(secret), rows[i].label,
				      &err);
		seal_buf_clear(&der);
		tap_ok(key != NULL && has_number(key, rows[i].number) &&
		       ERR_peek_error() == 0, "derived for '%s' %s",
		       rows[i].label, err.text);
		/* that the public half belongs to it */
		tap_ok(key != NULL && seal_key_encode(key, &der, &err) == 0 &&
		       openssl_reads(&der, "ASN1 OID: prime256v1"),
		       "openssl reads it %s", err.text);
		secret[31] ^= 1;
		other = seal_key_derive(secret, sizeof(secret), rows[i].label,
					&err);
		tap_ok(other != NULL && EVP_PKEY_eq(key, other) == 0,
		       "another secret, another key");
		EVP_PKEY_free(key);
		EVP_PKEY_free(other);
	}
	seal_buf_free(&der);
}

static const unsigned char memory_secret[32];
static struct seal_buf memory_der;

/* 0 or -1; what is made has to be whole. */
static int memory_step(unsigned int which, struct seal_error *err)
{
	struct seal_buf out = SEAL_BUF_INIT;
	EVP_PKEY *key = NULL;
	int ret;

	switch (which) {
	case 0:
		key = seal_key_generate(SEAL_KEY_P256, err);
		ret = key == NULL ? -1 : 0;
		break;
	case 1:
		key = seal_key_derive(memory_secret, sizeof(memory_secret),
				      "alice@example.org", err);
		ret = key == NULL ? -1 : 0;
		break;
	default:
		key = seal_key_decode(memory_der.data, memory_der.len, err);
		ret = key == NULL ? -1 : seal_key_encode(key, &out, err);
		if (ret == 0 && (out.len != memory_der.len ||
				 memcmp(out.data, memory_der.data,
					out.len) != 0))
			abort();
	}
	seal_buf_free(&out);
	EVP_PKEY_free(key);
	return ret;
}

static void test_memory(void)
{
	static const char *const names[] = { "making", "deriving", "coding" };
	struct seal_error err = { SEAL_ERR_NONE, "" };
	EVP_PKEY *key;
	unsigned int which, n, errors;
	bool right, failed;
	int ret;

	key = seal_key_derive(memory_secret, sizeof(memory_secret), "", &err);
	if (key == NULL || seal_key_encode(key, &memory_der, &err) < 0)
		abort();
	EVP_PKEY_free(key);
	for (which = 0; which < N(names); which++) {
		right = failed = true;
		errors = 0;
		for (n = 1; right && failed; n += n < 330 ? 1 : 61) {
			err.code = SEAL_ERR_NONE;
			tap_alloc_fail_at(n);
			ret = memory_step(which, &err);
			failed = tap_alloc_failed();
			tap_alloc_fail_at(0);
			errors += ret < 0;
			right = ERR_peek_error() == 0 &&
				err.code != SEAL_ERR_INPUT &&
				(failed || ret == 0) &&
				(ret == 0) == (err.code == SEAL_ERR_NONE);
		}
		tap_ok(right, "%s: up to %u allocations, %u errors; %s",
		       names[which], n, errors, err.text);
	}
	seal_buf_free(&memory_der);
}

int main(void)
{
	tap_alloc_init();
	test_names();
	test_generate(SEAL_KEY_P256, 256, "ASN1 OID: prime256v1");
	test_generate(SEAL_KEY_RSA2048, 2048, "Private-Key: (2048 bit");
	test_generate(SEAL_KEY_RSA3072, 3072, "Private-Key: (3072 bit");
	test_generate(SEAL_KEY_RSA4096, 4096, "Private-Key: (4096 bit");
	test_decode();
	test_derive();
	test_memory();
	return tap_done();
}
