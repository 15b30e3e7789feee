/* SPDX-License-Identifier: MIT */

/* Names, addresses, serial numbers and dates of certificates; what is made of
 * them is judged in test-issuer.c and test-issue.c. */

#include "pki/cert.h"

#include <stdio.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include "base/buf.h"
#include "base/error.h"
#include "tap.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

#define TEN "0123456789"
#define FIFTY TEN TEN TEN TEN TEN
#define PAIR "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"

static void test_common_name(void)
{
	static const struct {
		const char *address, *prefix;	/* NULL: itself */
	} rows[] = {
		{ "a@b", NULL },
		{ "p\xc3\xa4r@example.org", NULL },
		/* 64 and 65 bytes */
		{ FIFTY "45@example.org", NULL },
		{ FIFTY "456@example.org", FIFTY },
		/* 47 bytes of prefix fit; none is cut in two */
		{ "x" PAIR PAIR PAIR PAIR PAIR PAIR PAIR "@b", "x" PAIR PAIR
		  PAIR PAIR "\xc3\xa4\xc3\xa4\xc3\xa4" },
		{ PAIR PAIR PAIR PAIR PAIR PAIR PAIR "@b", PAIR PAIR PAIR PAIR
		  "\xc3\xa4\xc3\xa4\xc3\xa4" },
		{ FIFTY FIFTY FIFTY FIFTY "@example.org", FIFTY }
	};
	char name[SEAL_CERT_NAME_SIZE], hash[17];
	unsigned char digest[EVP_MAX_MD_SIZE];
	struct seal_error err;
	size_t len;
	unsigned int i, j;
	bool good;

	for (i = 0; i < N(rows); i++) {
		memset(name, 'x', sizeof(name));
		good = seal_cert_common_name(rows[i].address, name, &err) == 0;
		if (rows[i].prefix == NULL) {
			tap_ok(good && strcmp(name, rows[i].address) == 0,
			       "itself: %s", name);
			continue;
		}
		if (EVP_Digest(rows[i].address, strlen(rows[i].address), digest,
			       NULL, EVP_sha256(), NULL) != 1)
			good = false;
		for (j = 0; j < 8; j++)
			snprintf(hash + 2 * j, 3, "%02x", digest[j]);
		len = strlen(rows[i].prefix);
		len = len > 47 ? 47 : len;
		tap_ok(good && strlen(name) == len + 17 &&
		       memcmp(name, rows[i].prefix, len) == 0 &&
		       name[len] == ' ' && strcmp(name + len + 1, hash) == 0,
		       "cut: %s", name);
	}
}

static void test_addresses(void)
{
	static const struct {
		const char *address, *reason;
	} rows[] = {
		{ "a@b", NULL },
		{ "alice@example.org", NULL },
		{ "p\xc3\xa4r@example.org", NULL },
		{ "\xe7\x94\xb2@xn--fiqs8s.example", NULL },
		{ "\xf0\x9f\x93\xa7@example.org", NULL },
		{ FIFTY FIFTY FIFTY FIFTY TEN TEN TEN TEN "01@example.org",
		  NULL },
		{ FIFTY FIFTY FIFTY FIFTY TEN TEN TEN TEN "012@example.org",
		  "254 bytes" },
		{ "", "not an address" },
		{ "@", "not an address" },
		{ "alice", "not an address" },
		{ "@example.org", "not an address" },
		{ "alice@", "not an address" },
		{ "alice@example.org@example.com", "not an address" },
		{ "al ice@example.org", "a space" },
		{ "alice@example.org ", "a space" },
		{ "alice\t@example.org", "a space" },
		{ "alice@example.org\r\nX: y", "a space" },
		{ "alice\x7f@example.org", "a space" },
		{ "alice\xc2\x85@example.org", "a space" },
		{ "alice\xc2\xa0@example.org", "a space" },
		{ "al\xff" "ce@example.org", "UTF-8" },
		{ "al\xc3", "UTF-8" },
		{ "al\xc0\x80@example.org", "UTF-8" },
		{ "al\xed\xa0\x80@example.org", "UTF-8" },
		{ "al\xf4\x90\x80\x80@example.org", "UTF-8" },
		{ "alice@ex\xc3\xa4mple.org", "A-labels" }
	};
	struct seal_error err;
	unsigned int i;
	int ret;

	for (i = 0; i < N(rows); i++) {
		err.text[0] = '\0';
		ret = seal_cert_address_check(rows[i].address, &err);
		tap_ok(rows[i].reason == NULL ? ret == 0 :
		       ret == -1 && err.code == SEAL_ERR_INPUT &&
		       strstr(err.text, rows[i].reason) != NULL,
		       "address %u: %s", i, ret == 0 ? "good" : err.text);
	}
}

static void test_serial(void)
{
	unsigned char one[SEAL_CERT_SERIAL_LEN], other[SEAL_CERT_SERIAL_LEN];
	struct seal_error err;
	unsigned int i;
	bool good = true;

	for (i = 0; i < 256; i++) {
		memset(one, (int)i, sizeof(one));
		memcpy(other, one, sizeof(other));
		seal_cert_serial_shape(one, true);
		seal_cert_serial_shape(other, false);
		good = good && one[0] >> 6 == 1 && other[0] >> 5 == 1 &&
			one[1] == i && other[1] == i &&
			seal_cert_serial_is_sender(one, sizeof(one)) &&
			!seal_cert_serial_is_sender(other, sizeof(other)) &&
			!seal_cert_serial_is_sender(one, sizeof(one) - 1);
	}
	tap_ok(good, "serial numbers are positive, of one length, and say whose");
	tap_ok(seal_cert_serial_random(one, &err) == 0 &&
	       seal_cert_serial_random(other, &err) == 0 &&
	       memcmp(one, other, sizeof(one)) != 0 && one[0] >> 5 == 1,
	       "serial numbers are random");
}

static void test_time(void)
{
	static const struct {
		int type;
		const char *text;
		long long seconds;	/* -1: not as it should be */
	} rows[] = {
		{ V_ASN1_UTCTIME, "700101000001Z", 1 },
		{ V_ASN1_UTCTIME, "261124000000Z", 1795478400 },
		{ V_ASN1_UTCTIME, "491231235959Z", 2524607999LL },
		{ V_ASN1_GENERALIZEDTIME, "20500101000000Z", 2524608000LL },
		{ V_ASN1_GENERALIZEDTIME, "20491231235959Z", -1 },
		{ V_ASN1_GENERALIZEDTIME, "20500101000000.5Z", -1 },
		{ V_ASN1_GENERALIZEDTIME, "205001010000Z", -1 },
		{ V_ASN1_GENERALIZEDTIME, "20500101000000+0100", -1 },
		{ V_ASN1_UTCTIME, "2611240000Z", -1 },
		{ V_ASN1_UTCTIME, "261124000000", -1 },
		{ V_ASN1_UTCTIME, "261124000000+0000", -1 },
		{ V_ASN1_UTCTIME, "261324000000Z", -1 },
		{ V_ASN1_UTCTIME, "260230000000Z", -1 },
		{ V_ASN1_UTCTIME, "26112400000aZ", -1 },
		{ V_ASN1_UTCTIME, "Z", -1 },
		{ V_ASN1_UTCTIME, "", -1 }
	};
	ASN1_STRING *time;
	time_t seconds;
	unsigned int i;
	int ret;

	for (i = 0; i < N(rows); i++) {
		time = ASN1_STRING_type_new(rows[i].type);
		if (time == NULL || ASN1_STRING_set(time, rows[i].text, -1) != 1)
			break;
		seconds = -1;
		ret = seal_cert_time(time, &seconds);
		tap_ok(rows[i].seconds == -1 ? ret == -1 :
		       ret == 0 && seconds == (time_t)rows[i].seconds,
		       "time '%s'", rows[i].text);
		ASN1_STRING_free(time);
	}
	ERR_clear_error();
}

/* ecdsa.c signs what the certificate says, and the certificate takes it. */
static void test_signature_from_elsewhere(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	unsigned char serial[SEAL_CERT_SERIAL_LEN] = { 0x40 };
	struct seal_cert_plan plan = {
		.kind = SEAL_CERT_ROOT, .subject = "root", .serial = serial,
		.not_before = 0, .not_after = 86400, .key = key
	};
	struct seal_buf tbs = SEAL_BUF_INIT, der = SEAL_BUF_INIT;
	struct seal_error err = { SEAL_ERR_NONE, "" };
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	X509 *cert = seal_cert_new(&plan, &err), *again;
	unsigned char signature[128];
	size_t len = sizeof(signature);
	bool good;

	good = cert != NULL && seal_cert_tbs(cert, &tbs, &err) == 0 &&
		EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
		EVP_DigestSign(ctx, signature, &len, tbs.data, tbs.len) == 1 &&
		seal_cert_set_signature(cert, signature, len, &err) == 0 &&
		seal_cert_encode(cert, &der, &err) == 0;
	again = good ? seal_cert_decode("it", der.data, der.len, &err) : NULL;
	tap_ok(again != NULL && X509_verify(again, key) == 1 &&
	       ERR_peek_error() == 0, "a signature made elsewhere: %s",
	       err.text);
	X509_free(again);
	X509_free(cert);
	EVP_MD_CTX_free(ctx);
	seal_buf_free(&tbs);
	seal_buf_free(&der);
	EVP_PKEY_free(key);
}

int main(void)
{
	test_common_name();
	test_addresses();
	test_serial();
	test_time();
	test_signature_from_elsewhere();
	return tap_done();
}
