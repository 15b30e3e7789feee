/* SPDX-License-Identifier: MIT */

/* The two requests, and root and issuer certificate */

#include "pki/issuer.h"

#include <limits.h>
#include <string.h>
#include "chain-check.h"
#include "judge-chain.h"
#include "pki/cert.h"

#define HUNDRED "0123456789012345678901234567890123456789012345678901234567890" \
	"123456789012345678901234567890123456789"

static EVP_PKEY *key;
static struct seal_buf asked;	/* a good issuer's request */

static void run_openssl(const char *const *argv, const struct seal_buf *in,
			const char *const *wanted, const char *name)
{
	char *out;
	size_t len;
	int status = tap_run(argv, in->data, in->len, &out, &len);
	bool good = status == 0;

	for (; *wanted != NULL; wanted++) {
		if (strstr(out, *wanted) != NULL)
			continue;
		tap_note("there is no '%s' in it", *wanted);
		good = false;
	}
	tap_ok(good, "%s, as openssl reads it (%d)", name, status);
	free(out);
}

static const char *const show_request[] = {
	"openssl", "req", "-inform", "DER", "-verify", "-noout", "-text",
	"-nameopt", "RFC2253,-esc_msb,utf8", NULL
};
static const char *const show_cert[] = {
	"openssl", "x509", "-inform", "DER", "-noout", "-text",
	"-nameopt", "RFC2253", NULL
};

static void test_nonce(void)
{
	static const struct {
		const char *nonce;
		bool good;
	} rows[] = {
		{ "n", true },
		{ "!~", true },
		{ "0123456789012345678901234567890123456789"
		  "012345678901234567890123", true },
		{ "0123456789012345678901234567890123456789"
		  "0123456789012345678901234", false },
		{ "", false },
		{ "a b", false },
		{ "a\n", false },
		{ "a\x7f", false },
		{ "\xc3\xa4", false }
	};
	struct seal_buf der = SEAL_BUF_INIT;
	struct seal_issuer_asked read;
	struct seal_error err = { SEAL_ERR_NONE, "" };
	unsigned int i;
	int ret;

	for (i = 0; i < N(rows); i++) {
		seal_buf_clear(&der);
		ret = seal_issuer_request(key, BUILD_ID, rows[i].nonce, &der,
					  &err);
		tap_ok(rows[i].good ? ret == 0 &&
		       seal_issuer_request_read(der.data, der.len, &read,
						&err) == 0 &&
		       strcmp(read.nonce, rows[i].nonce) == 0 &&
		       strcmp(read.profile_id, BUILD_ID) == 0 :
		       ret == -1 && err.code == SEAL_ERR_INPUT && der.len == 0,
		       "nonce %u: %s", i, ret == 0 ? "taken" : err.text);
	}
	seal_buf_free(&der);
}

static void test_issuer_request(void)
{
	static const char *const wanted[] = {
		"Version: 1 (0x0)", "CN=Mail Seal issuer " BUILD_ID,
		"prime256v1", "challengePassword        :" BUILD_NONCE,
		"ecdsa-with-SHA256", NULL
	};
	struct seal_error err = { SEAL_ERR_NONE, "" };

	tap_ok(seal_issuer_request(key, BUILD_ID, BUILD_NONCE, &asked,
				   &err) == 0, "request is made %s", err.text);
	run_openssl(show_request, &asked, wanted, "issuer's request");
}

static int read_it(struct seal_error *err)
{
	struct seal_issuer_asked read;
	int ret = seal_issuer_request_read(chain_der[Q].data, chain_der[Q].len,
					   &read, err);

	return ret < 0 ? ret : strcmp(read.profile_id, BUILD_ID) == 0 &&
		strcmp(read.nonce, BUILD_NONCE) == 0 ? 0 : -1;
}

#define AS_ISSUER DO(Q, OP_KEY, "issuer"), \
	DO(Q, OP_SUBJECT, "Mail Seal issuer " BUILD_ID), \
	DO(Q, OP_EXT, "subjectAltName")
#define ISSUER(name, reason, ...) \
	ROW(name, "issuer request: " reason, AS_ISSUER, __VA_ARGS__)

static const struct row requests[] = {
	ROW("nothing wrong", NULL, AS_ISSUER, NOTHING),
	ISSUER("empty", "empty", DO(Q, OP_EMPTY)),
	ISSUER("no request", "not a certificate request", DO(Q, OP_GARBAGE)),
	ISSUER("byte behind", "there is something behind",
	       DO(Q, OP_BEHIND, "00")),
	ISSUER("indefinite length", "not encoded in DER",
	       DO(Q, OP_INDEFINITE)),
	ISSUER("version", "the version is 1",
	       DO(Q, OP_PATCH, "02010030", "02010130")),
	ISSUER("RSA", "the key is RSA", DO(Q, OP_KEY, "user")),
	ISSUER("P-384", "the key's curve is not P-256", DO(Q, OP_KEY, "p384")),
	ISSUER("compressed", "the key's point is", DO(Q, OP_KEY, "compressed")),
	ISSUER("foreign signature", "the signature is not by",
	       DO(Q, OP_SIGNER, "other")),
	ISSUER("SHA-1", "the signature algorithm is", DO(Q, OP_DIGEST, "SHA1")),
	ISSUER("no nonce", "there is no nonce", DO(Q, OP_NONCE, NULL)),
	ISSUER("space in the nonce", "challengePassword is empty",
	       DO(Q, OP_NONCE, "a b")),
	ISSUER("another attribute", "attribute 1.2.840.113549.1.9.2 was not",
	       DO(Q, OP_ATTRIBUTE, "1.2.840.113549.1.9.2", "name")),
	ISSUER("extensions", "attribute 1.2.840.113549.1.9.14 was not",
	       DO(Q, OP_EXT, "basicConstraints", "critical,CA:TRUE")),
	ISSUER("the root's name", "subject is not CN=",
	       DO(Q, OP_SUBJECT, "Mail Seal root " BUILD_ID)),
	ISSUER("short id", "subject is not CN=",
	       DO(Q, OP_SUBJECT, "Mail Seal issuer 0123456789abcde")),
	ISSUER("long id", "subject is not CN=",
	       DO(Q, OP_SUBJECT, "Mail Seal issuer 0123456789abcdef0")),
	ISSUER("id in capitals", "subject is not CN=",
	       DO(Q, OP_SUBJECT, "Mail Seal issuer 0123456789ABCDEF")),
	ISSUER("PrintableString", "subject is not written as UTF8String",
	       DO(Q, OP_SUBJECT_TYPE, "printable")),
	ISSUER("a second part", "subject has 2 parts",
	       DO(Q, OP_SUBJECT_SECOND, "O", "Example"))
};

static time_t time_of(const ASN1_TIME *from)
{
	struct tm tm;

	memset(&tm, 0, sizeof(tm));
	return ASN1_TIME_to_tm(from, &tm) == 1 ? timegm(&tm) : -1;
}

static void test_days(void)
{
	static const struct {
		unsigned int days;
		bool good;
	} rows[] = {
		{ 0, false }, { 1, false }, { 2, true },
		{ SEAL_DAYS_DEFAULT, true }, { SEAL_DAYS_MAX, true },
		{ SEAL_DAYS_MAX + 1, false }, { UINT_MAX, false }
	};
	struct seal_buf root = SEAL_BUF_INIT, issuer = SEAL_BUF_INIT;
	struct seal_error err;
	time_t now = time(NULL), begin, end;
	X509 *certs[2];
	unsigned int i, j;
	bool good;

	for (i = 0; i < N(rows); i++) {
		seal_buf_clear(&root);
		seal_buf_clear(&issuer);
		if (seal_root_make(asked.data, asked.len, now, rows[i].days,
				   &root, &issuer, &err) < 0) {
			tap_ok(!rows[i].good && err.code == SEAL_ERR_LIMIT &&
			       root.len == 0 && issuer.len == 0,
			       "%u days: %s", rows[i].days, err.text);
			continue;
		}
		good = rows[i].good;
		certs[0] = judge_x509(&root);
		certs[1] = judge_x509(&issuer);
		for (j = 0; j < 2; j++) {
			begin = time_of(X509_get0_notBefore(certs[j]));
			end = time_of(X509_get0_notAfter(certs[j]));
			good = good && begin == now - BUILD_DAY &&
				end - begin == (time_t)(rows[i].days + 1) *
				BUILD_DAY;
			X509_free(certs[j]);
		}
		tap_ok(good, "%u days", rows[i].days);
	}
	seal_buf_free(&root);
	seal_buf_free(&issuer);
}

static void test_root(void)
{
	static const char *const in_root[] = {
		"Version: 3", "Issuer: CN=Mail Seal root " BUILD_ID,
		"Subject: CN=Mail Seal root " BUILD_ID, "NIST CURVE: P-256",
		"X509v3 Basic Constraints: critical\n"
		"                CA:TRUE, pathlen:1\n",
		"X509v3 Key Usage: critical\n"
		"                Certificate Sign, CRL Sign\n",
		"X509v3 Extended Key Usage: \n"
		"                E-mail Protection\n",
		"X509v3 Name Constraints: \n"
		"                Excluded:\n"
		"                  DNS:\n"
		"                  IP:0.0.0.0/0.0.0.0\n"
		"                  IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0\n",
		"X509v3 Subject Key Identifier: \n", "ecdsa-with-SHA256", NULL
	};
	static const char *const in_issuer[] = {
		"Issuer: CN=Mail Seal root " BUILD_ID,
		"Subject: CN=Mail Seal issuer " BUILD_ID,
		"X509v3 Basic Constraints: critical\n"
		"                CA:TRUE, pathlen:0\n",
		"X509v3 Authority Key Identifier: \n", "ecdsa-with-SHA256", NULL
	};
	struct seal_buf root = SEAL_BUF_INIT, issuer = SEAL_BUF_INIT,
		other = SEAL_BUF_INIT;
	struct seal_error err = { SEAL_ERR_NONE, "" };
	X509 *root_cert, *issuer_cert, *other_cert;

	/* what is there stays there */
	if (seal_buf_append(&other, "abc", 3, &err) < 0)
		abort();
	tap_ok(seal_root_make(asked.data, asked.len, time(NULL), 730, &root,
			      &issuer, &err) == 0 &&
	       seal_root_make(asked.data, asked.len, time(NULL), 730, &other,
			      &other, &err) == 0 &&
	       memcmp(other.data, "abc", 3) == 0 && ERR_peek_error() == 0,
	       "root and issuer are made %s", err.text);
	run_openssl(show_cert, &root, in_root, "root");
	run_openssl(show_cert, &issuer, in_issuer, "issuer");
	seal_buf_consume(&other, 3);
	root_cert = judge_x509(&root);
	issuer_cert = judge_x509(&issuer);
	other_cert = judge_x509(&other);
	tap_ok(EVP_PKEY_eq(X509_get0_pubkey(issuer_cert), key) == 1,
	       "the issuer has the key of the request");
	tap_ok(EVP_PKEY_eq(X509_get0_pubkey(root_cert),
			   X509_get0_pubkey(other_cert)) == 0 &&
	       ASN1_INTEGER_cmp(X509_get0_serialNumber(root_cert),
				X509_get0_serialNumber(other_cert)) != 0,
	       "each root has a key and a serial number of its own");
	X509_free(root_cert);
	X509_free(issuer_cert);
	X509_free(other_cert);
	seal_buf_free(&root);
	seal_buf_free(&issuer);
	seal_buf_free(&other);
}

/* Those that end in 2050 or later, or begin then too */
static void test_2050(void)
{
	static const char *const both[] = {
		"Not Before: Dec 30 00:00:00 2049 GMT",
		"Not After : Dec 31 00:00:00 2051 GMT", NULL
	};
	static const char *const later[] = {
		"Not Before: Jan  1 00:00:00 2050 GMT",
		"Not After : Jan  2 00:00:00 2052 GMT", NULL
	};
	struct seal_buf root = SEAL_BUF_INIT, issuer = SEAL_BUF_INIT;
	struct seal_error err = { SEAL_ERR_NONE, "" };
	X509 *cert;

	tap_ok(seal_root_make(asked.data, asked.len, 2524521600, 730, &root,
			      &issuer, &err) == 0, "end of 2049 %s", err.text);
	run_openssl(show_cert, &issuer, both, "issuer of 2049");
	cert = judge_x509(&issuer);
	tap_ok(ASN1_STRING_type(X509_get0_notBefore(cert)) == V_ASN1_UTCTIME &&
	       ASN1_STRING_type(X509_get0_notAfter(cert)) ==
	       V_ASN1_GENERALIZEDTIME, "UTCTime, then GeneralizedTime");
	X509_free(cert);
	seal_buf_clear(&root);
	seal_buf_clear(&issuer);
	tap_ok(seal_root_make(asked.data, asked.len, 2524694400, 730, &root,
			      &issuer, &err) == 0, "2050 %s", err.text);
	run_openssl(show_cert, &root, later, "root of 2050");
	seal_buf_free(&root);
	seal_buf_free(&issuer);
}

static void test_user_request(void)
{
	static const char *const three[] = {
		"alice@example.org", "p\xc3\xa4r@example.org",
		"alice@example.com", NULL
	};
	static const char *const wanted[] = {
		"Version: 1 (0x0)", "Subject: CN=alice@example.org\n",
		"Public-Key: (2048 bit)", "challengePassword        :nonce",
		"X509v3 Subject Alternative Name: \n                    "
		"email:alice@example.org, othername: SmtpUTF8Mailbox:",
		/* of which OpenSSL 3.0 writes two */
		":p\xc3\xa4r@example.org, email:alice@example.com\n",
		"sha256WithRSAEncryption", NULL
	};
	static const char *const nobody[] = { NULL };
	static const char *const bad[] = { "alice@example.org", "bob", NULL };
	static const char *const long_one[] = {
		HUNDRED "@example.org", NULL
	};
	static const char *const in_long[] = {
		"Subject: CN=01234567890123456789012345678901234567890123456 ",
		"email:" HUNDRED "@example.org", NULL
	};
	struct seal_buf der = SEAL_BUF_INIT;
	struct seal_error err = { SEAL_ERR_NONE, "" };
	EVP_PKEY *user = build_key("user");

	tap_ok(seal_user_request(user, "nonce", three, &der, &err) == 0 &&
	       ERR_peek_error() == 0, "user's request is made %s", err.text);
	run_openssl(show_request, &der, wanted, "user's request");
	seal_buf_clear(&der);
	tap_ok(seal_user_request(key, "nonce", long_one, &der, &err) == 0,
	       "long address %s", err.text);
	run_openssl(show_request, &der, in_long, "long address");
	seal_buf_clear(&der);
	tap_ok(seal_user_request(user, "nonce", nobody, &der, &err) < 0 &&
	       err.code == SEAL_ERR_INPUT && der.len == 0, "%s", err.text);
	tap_ok(seal_user_request(user, "nonce", bad, &der, &err) < 0 &&
	       err.code == SEAL_ERR_INPUT && der.len == 0, "%s", err.text);
	tap_ok(seal_user_request(user, "", three, &der, &err) < 0 &&
	       err.code == SEAL_ERR_INPUT && der.len == 0, "%s", err.text);
	seal_buf_free(&der);
}

/* 0: done as a whole; -1: nothing is left of it */
static int memory_step(unsigned int which, struct seal_error *err)
{
	static const char *const addresses[] = {
		"alice@example.org", "p\xc3\xa4r@example.org", NULL
	};
	struct seal_buf one = SEAL_BUF_INIT, two = SEAL_BUF_INIT;
	struct seal_issuer_asked read = { "", "" };
	int ret = -1;
	bool whole = true;

	switch (which) {
	case 0:
		ret = seal_issuer_request(key, BUILD_ID, BUILD_NONCE, &one,
					  err);
		whole = one.len > 200;
		break;
	case 1:
		ret = seal_issuer_request_read(asked.data, asked.len, &read,
					       err);
		whole = strcmp(read.nonce, BUILD_NONCE) == 0;
		break;
	case 2:
		ret = seal_root_make(asked.data, asked.len, time(NULL), 730,
				     &one, &two, err);
		whole = one.len > 400 && two.len > 400;
		break;
	case 3:
		ret = seal_user_request(build_key("user"), "nonce", addresses,
					&one, err);
		whole = one.len > 700;
		break;
	}
	if (ret == 0 ? !whole : one.len > 0 || two.len > 0)
		ret = -2;
	seal_buf_free(&one);
	seal_buf_free(&two);
	return ret;
}

static void test_memory(void)
{
	static const char *const names[] = {
		"issuer request", "reading it", "root", "user request"
	};
	struct seal_error err = { SEAL_ERR_NONE, "" };
	unsigned int which, n, errors;
	bool right, failed;
	int ret;

	for (which = 0; which < N(names); which++) {
		right = failed = true;
		errors = 0;
		for (n = 1; right && failed; n += n < 50 ? 1 : 149) {
			err.code = SEAL_ERR_NONE;
			tap_alloc_fail_at(n);
			ret = memory_step(which, &err);
			failed = tap_alloc_failed();
			tap_alloc_fail_at(0);
			errors += ret < 0;
			right = ret != -2 && ERR_peek_error() == 0 &&
				(failed || ret == 0);
		}
		tap_ok(right, "%s: up to %u allocations, %u errors; %s",
		       names[which], n, errors, err.text);
	}
}

int main(void)
{
	chain_init();
	key = build_key("issuer");
	test_nonce();
	test_issuer_request();
	chain_run(requests, N(requests), read_it);
	test_days();
	test_root();
	test_2050();
	test_user_request();
	test_memory();
	seal_buf_free(&asked);
	chain_deinit();
	return tap_done();
}
