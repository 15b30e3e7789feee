/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "base/buf.h"
#include "base/error.h"
#include "pki/issuer.h"
#include "pki/key.h"
#include "tap.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define LONG_LOCAL \
	"a-very-long-local-part-that-does-not-fit-into-a-common-name-at-all"

static EVP_PKEY *key;

static bool same(char *const *a, const char *const *b)
{
	for (; *a != NULL && *b != NULL; a++, b++) {
		if (strcmp(*a, *b) != 0)
			return false;
	}
	return *a == NULL && *b == NULL;
}

static void test_read(void)
{
	static const char *const rows[][4] = {
		{ "alice@example.org" },
		{ "alice@example.org", "a.liddell@example.org", "a@b.c" },
		{ "alice@EXAMPLE.org", "Alice@example.org" },
		{ "j\xc3\xbcrgen@example.org" },
		{ LONG_LOCAL "@example.org", "j\xc3\xbcrgen@example.org" }
	};
	unsigned int i;

	for (i = 0; i < N(rows); i++) {
		struct seal_buf der = SEAL_BUF_INIT;
		struct seal_user_asked asked = { .key = NULL };
		struct seal_error err;

		tap_ok(seal_user_request(key, "nonce-1", rows[i], &der,
					 &err) == 0 &&
		       seal_user_request_read(der.data, der.len, &asked,
					      &err) == 0 &&
		       EVP_PKEY_eq(asked.key, key) == 1 &&
		       strcmp(asked.nonce, "nonce-1") == 0 &&
		       same(asked.addresses, rows[i]) && ERR_peek_error() == 0,
		       "read: %s", rows[i][0]);
		seal_user_asked_free(&asked);
		seal_user_asked_free(&asked);
		seal_buf_free(&der);
	}
}

/* A request of another hand */
struct foreign {
	const char *name, *common_name, *alt_name;
	const char *reason;
};

static void make_foreign(const struct foreign *row, struct seal_buf *der)
{
	X509_REQ *request = X509_REQ_new();
	X509_NAME *name = X509_REQ_get_subject_name(request);
	STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
	X509_EXTENSION *alt_name = NULL;
	unsigned char *bytes = NULL;
	struct seal_error err;
	int len;

	if (row->alt_name != NULL) {
		alt_name = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
					       row->alt_name);
		sk_X509_EXTENSION_push(list, alt_name);
		X509_REQ_add_extensions(request, list);
	}
	X509_NAME_add_entry_by_txt(name, "CN", V_ASN1_UTF8STRING,
				   (const unsigned char *)row->common_name, -1,
				   -1, 0);
	X509_REQ_add1_attr_by_NID(request, NID_pkcs9_challengePassword,
				  V_ASN1_UTF8STRING,
				  (const unsigned char *)"nonce", 5);
	X509_REQ_set_pubkey(request, key);
	X509_REQ_sign(request, key, EVP_sha256());
	len = i2d_X509_REQ(request, &bytes);
	if (len <= 0 || seal_buf_append(der, bytes, (size_t)len, &err) < 0)
		abort();
	OPENSSL_free(bytes);
	X509_EXTENSION_free(alt_name);
	sk_X509_EXTENSION_free(list);
	X509_REQ_free(request);
}

static void test_refuse(void)
{
	static const char *const not_ours =
		"request: its addresses are not written as they are here";
	const struct foreign rows[] = {
		{ "no addresses", "a@b.c", NULL,
		  "request: there are no addresses in it" },
		{ "a host name", "a@b.c", "DNS:example.org", not_ours },
		{ "a host name, too", "a@b.c", "email:a@b.c,DNS:example.org",
		  not_ours },
		{ "another otherName", "a@b.c",
		  "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:a@b.c", not_ours },
		{ "ASCII in an SmtpUTF8Mailbox", "a@b.c",
		  "otherName:1.3.6.1.5.5.7.8.9;UTF8:a@b.c", not_ours },
		{ "no address", "a", "email:a",
		  "'a' is not an address: local part, one '@', domain" },
		{ "another subject", "x@b.c", "email:a@b.c",
		  "request: the subject is not its first address" },
		{ "the second as subject", "d@e.f", "email:a@b.c,email:d@e.f",
		  "request: the subject is not its first address" }
	};
	unsigned int i;

	for (i = 0; i < N(rows); i++) {
		struct seal_buf der = SEAL_BUF_INIT;
		struct seal_user_asked asked;
		struct seal_error err;

		make_foreign(&rows[i], &der);
		tap_ok(seal_user_request_read(der.data, der.len, &asked,
					      &err) == -1 &&
		       err.code == SEAL_ERR_INPUT &&
		       strcmp(err.text, rows[i].reason) == 0 &&
		       asked.key == NULL && asked.addresses == NULL &&
		       ERR_peek_error() == 0, "refuse: %s: %s", rows[i].name,
		       err.text);
		seal_buf_free(&der);
	}
}

/* Whatever is cut off or changed is refused; the signature sees to that. */
static void test_damaged(void)
{
	static const char *const addresses[] = { "alice@example.org", NULL };
	struct seal_buf der = SEAL_BUF_INIT;
	struct seal_user_asked asked;
	struct seal_error err;
	bool good = true;
	size_t i;

	if (seal_user_request(key, "nonce", addresses, &der, &err) < 0)
		abort();
	for (i = 0; i < der.len; i++) {
		good = good && seal_user_request_read(der.data, i, &asked,
						      &err) == -1;
		der.data[i] ^= 1;
		good = good && seal_user_request_read(der.data, der.len, &asked,
						      &err) == -1;
		der.data[i] ^= 1;
	}
	tap_ok(good, "refuse: cut and changed at each byte");
	seal_buf_free(&der);
}

static void test_memory(void)
{
	static const char *const addresses[] = {
		"alice@example.org", "j\xc3\xbcrgen@example.org", NULL
	};
	struct seal_buf der = SEAL_BUF_INIT;
	bool failed = true, good = true;
	struct seal_error err;
	unsigned long n;
	int ret;

	if (seal_user_request(key, "nonce", addresses, &der, &err) < 0)
		abort();
	for (n = 1; good && failed; n += n < 50 ? 1 : 7) {
		struct seal_user_asked asked;

		tap_alloc_fail_at(n);
		ret = seal_user_request_read(der.data, der.len, &asked, &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		good = ret < 0 ? asked.key == NULL && asked.addresses == NULL :
			same(asked.addresses, addresses);
		if (!good)
			tap_note("%lu: %s", n, ret < 0 ? err.text : "wrong");
		seal_user_asked_free(&asked);
	}
	tap_ok(good, "up to %lu allocations, one failed", n);
	seal_buf_free(&der);
}

int main(void)
{
	struct seal_error err;

	tap_alloc_init();
	key = seal_key_generate(SEAL_KEY_P256, &err);
	if (key == NULL)
		return 99;
	test_memory();
	test_read();
	test_refuse();
	test_damaged();
	EVP_PKEY_free(key);
	return tap_done();
}
