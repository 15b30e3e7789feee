/* SPDX-License-Identifier: MIT */
#include "pki/sender.h"

#include <openssl/x509v3.h>
#include "judge-chain.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define LONG_ADDRESS_LEN 254

static const unsigned char secret[SEAL_SENDER_SECRET_LEN + 1] =
	"the secret of a golden sender...";
static const unsigned char other_secret[SEAL_SENDER_SECRET_LEN + 1] =
	"the secret of another profile...";

static struct judge_chain chain;
static EVP_PKEY *rsa;

/* Returns whether der is the certificate. */
static bool certificate(const unsigned char *with_secret, EVP_PKEY *rsa_key,
			const char *address, bool replies,
			struct seal_buf *der, struct seal_error *err)
{
	struct seal_sender *sender;
	bool good;

	seal_buf_clear(der);
	sender = judge_sender(chain.issuer_key, chain.issuer.data,
				 chain.issuer.len, with_secret, rsa_key,
				 address, replies, err);
	good = sender != NULL && seal_sender_certificate(sender, der, err) == 0;
	seal_sender_free(&sender);
	return good && sender == NULL;
}

static bool equal(const struct seal_buf *a, const struct seal_buf *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static void long_address(char address[LONG_ADDRESS_LEN + 1])
{
	memset(address, 'a', LONG_ADDRESS_LEN);
	memset(address + 64, 'd', LONG_ADDRESS_LEN - 64);
	address[64] = '@';
	memcpy(address + LONG_ADDRESS_LEN - 4, ".org", 5);
	/* labels have at most 63 bytes */
	address[64 + 60] = address[64 + 120] = address[64 + 180] = '.';
}

/*
 * The same bytes, whoever makes them
 */

/* Made once with this code; an issuer that is valid from 2027 to 2029. */
static const char golden_issuer[] =
	"MIICEjCCAbigAwIBAgIQX6R/F+oe35+aZcZ8l5s1QTAKBggqhkjOPQQDAjAqMSgw"
	"JgYDVQQDDB9NYWlsIFNlYWwgcm9vdCAwMTIzNDU2Nzg5YWJjZGVmMB4XDTI3MDEx"
	"NDA4MDAwMFoXDTI5MDExNDA4MDAwMFowLDEqMCgGA1UEAwwhTWFpbCBTZWFsIGlz"
	"c3VlciAwMTIzNDU2Nzg5YWJjZGVmMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"
	"moriDw39P1UoNanaEaZDTz6oErGZi/cTDtxY6WG4gKC8iXq4EQNSIlYRAtmy2e2Y"
	"mBhyXcAl69yivfyJgOA/uaOBvTCBujASBgNVHRMBAf8ECDAGAQH/AgEAMA4GA1Ud"
	"DwEB/wQEAwIBBjATBgNVHSUEDDAKBggrBgEFBQcDBDA/BgNVHR4EODA2oTQwAoIA"
	"MAqHCAAAAAAAAAAAMCKHIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	"MB0GA1UdDgQWBBR04Crnpo+4TQLfl+dMBioWSGh00DAfBgNVHSMEGDAWgBReAUEy"
	"jn2uBeOG6QqbVfZlCF9sHDAKBggqhkjOPQQDAgNIADBFAiAtCQIwh/pafeKwm97z"
	"nACRas9GQAoAzXcKYo/4NOCtugIhAI8icfnN2N0neChR18Dcx3HPlQIf9TLPXFua"
	"7DUfuBWA";

static const struct {
	const char *address;
	bool replies;
	const char *sha256;
} golden[] = {
	{ "ann@example.org", false,
	  "23e97b6bb035c9d9b2be659e646fe05baded145456d0fec1ebba58371f88257f" },
	{ "ann@example.org", true,
	  "34549ba03760ba9d83c96835df67672e316ad49c84e0cf7767ec532cb6540f16" },
	{ "dvo\xc5\x99\xc3\xa1k@example.cz", false,
	  "d65ac21d8e7ad6cddbf2276db5e4f6378b164be212fe9d6a8ce9b043331423de" }
};

/* Whoever changes these bytes gives each correspondent a new certificate. */
static void test_golden(void)
{
	struct seal_buf der = SEAL_BUF_INIT;
	unsigned char issuer[sizeof(golden_issuer)], hash[32];
	struct seal_sender *sender;
	struct seal_error err;
	EVP_PKEY *key = seal_key_derive(secret, SEAL_SENDER_SECRET_LEN, "issuer", &err);
	char text[65];
	unsigned int i, k;
	int len = EVP_DecodeBlock(issuer, (const unsigned char *)golden_issuer,
				  sizeof(golden_issuer) - 1);

	if (key == NULL || len <= 0)
		abort();
	for (i = 0; i < N(golden); i++) {
		seal_buf_clear(&der);
		sender = judge_sender(key, issuer, (size_t)len, secret,
					 NULL, golden[i].address,
					 golden[i].replies, &err);
		if (sender == NULL ||
		    seal_sender_certificate(sender, &der, &err) < 0 ||
		    EVP_Digest(der.data, der.len, hash, NULL, EVP_sha256(),
			       NULL) != 1)
			abort();
		for (k = 0; k < sizeof(hash); k++)
			snprintf(text + 2 * k, 3, "%02x", hash[k]);
		if (!tap_ok(strcmp(text, golden[i].sha256) == 0,
			    "the bytes of always: %s%s", golden[i].address,
			    golden[i].replies ? ", replies" : ""))
			tap_note("%s", text);
		seal_sender_free(&sender);
	}
	seal_buf_free(&der);
	EVP_PKEY_free(key);
}

static bool read_file(const char *path, struct seal_buf *out)
{
	unsigned char data[8192];
	struct seal_error err;
	FILE *f = fopen(path, "rb");
	size_t len;

	if (f == NULL)
		return false;
	len = fread(data, 1, sizeof(data), f);
	fclose(f);
	return seal_buf_append(out, data, len, &err) == 0;
}

/* This program once more: prints the certificate. */
static int other_process(char *const *argv)
{
	struct seal_buf key = SEAL_BUF_INIT, der = SEAL_BUF_INIT;
	struct seal_error err;
	bool good;

	if (!read_file(argv[0], &key) || !read_file(argv[1], &chain.issuer))
		return 1;
	chain.issuer_key = seal_key_decode(key.data, key.len, &err);
	seal_buf_free(&key);
	if (argv[2][0] != '\0') {
		if (!read_file(argv[2], &key))
			return 1;
		rsa = seal_key_decode(key.data, key.len, &err);
	}
	good = certificate(secret, rsa, argv[3], argv[4][0] == '1', &der,
			   &err) &&
		fwrite(der.data, 1, der.len, stdout) == der.len;
	seal_buf_free(&key);
	seal_buf_free(&der);
	EVP_PKEY_free(rsa);
	judge_chain_free(&chain);
	return good ? 0 : 1;
}

static const char *key_file(const char *name, const EVP_PKEY *key)
{
	struct seal_buf der = SEAL_BUF_INIT;
	struct seal_error err;
	const char *path;

	if (seal_key_encode(key, &der, &err) < 0)
		abort();
	path = tap_file(name, der.data, der.len);
	seal_buf_free(&der);
	return path;
}

static void test_same(void)
{
	static const struct {
		const char *address;
		bool rsa, replies;
	} rows[] = {
		{ "ann@example.org", false, false },
		{ "ann@example.org", false, true },
		{ "ann@example.org", true, false },
		{ "ann@example.org", true, true },
		{ "dvo\xc5\x99\xc3\xa1k@example.cz", false, false }
	};
	const char *key = key_file("issuer.key", chain.issuer_key);
	const char *rsa_file = key_file("rsa.key", rsa);
	const char *issuer = tap_file("issuer.der", chain.issuer.data,
				      chain.issuer.len);
	struct seal_buf first = SEAL_BUF_INIT, again = SEAL_BUF_INIT;
	struct seal_error err;
	char self[1024];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	unsigned int i;

	if (len <= 0)
		abort();
	self[len] = '\0';
	for (i = 0; i < N(rows); i++) {
		const char *const argv[] = {
			self, key, issuer, rows[i].rsa ? rsa_file : "",
			rows[i].address, rows[i].replies ? "1" : "0", NULL
		};
		EVP_PKEY *rsa_key = rows[i].rsa ? rsa : NULL;

		tap_ok(certificate(secret, rsa_key, rows[i].address,
				   rows[i].replies, &first, &err) &&
		       certificate(secret, rsa_key, rows[i].address,
				   rows[i].replies, &again, &err) &&
		       equal(&first, &again), "the same twice: row %u", i);
		tap_ok(judge_run(argv, &again) && equal(&first, &again),
		       "the same from another process: row %u", i);
	}
	seal_buf_free(&first);
	seal_buf_free(&again);
}

/* In all pairs of these the serial numbers differ; keys as the letter says. */
static void test_different(void)
{
	static const struct {
		const unsigned char *secret;
		bool rsa, replies;
		const char *address;
		char key;
	} rows[] = {
		{ secret, false, false, "ann@example.org", 'a' },
		{ secret, false, true, "ann@example.org", 'a' },
		{ secret, true, false, "ann@example.org", 'r' },
		{ secret, true, true, "ann@example.org", 'r' },
		{ secret, true, false, "bob@example.org", 'r' },
		{ secret, false, false, "bob@example.org", 'b' },
		{ secret, false, false, "Ann@example.org", 'c' },
		{ secret, false, false, "ann@example.orga", 'd' },
		{ other_secret, false, false, "ann@example.org", 'e' },
		{ other_secret, true, false, "ann@example.org", 'r' }
	};
	struct seal_buf der = SEAL_BUF_INIT;
	struct seal_error err;
	X509 *certs[N(rows)];
	unsigned int i, k;

	for (i = 0; i < N(rows); i++) {
		if (!certificate(rows[i].secret, rows[i].rsa ? rsa : NULL,
				 rows[i].address, rows[i].replies, &der, &err))
			abort();
		certs[i] = judge_x509(&der);
	}
	for (i = 0; i < N(rows); i++) {
		bool good = true;

		for (k = 0; k < i; k++) {
			bool same_key = EVP_PKEY_eq(X509_get0_pubkey(certs[i]),
				X509_get0_pubkey(certs[k])) == 1;

			good = good && same_key == (rows[i].key ==
						    rows[k].key) &&
				ASN1_INTEGER_cmp(
					X509_get0_serialNumber(certs[i]),
					X509_get0_serialNumber(certs[k])) != 0;
		}
		tap_ok(good, "another serial number and the right key: row %u",
		       i);
	}
	ERR_clear_error();
	for (i = 0; i < N(rows); i++)
		X509_free(certs[i]);
	seal_buf_free(&der);
}

/*
 * What it says
 */

static bool openssl_verifies(const char *pem)
{
	const char *const argv[] = {
		"openssl", "verify", "-x509_strict", "-purpose", "smimesign",
		"-CAfile", chain.root_pem, "-untrusted", chain.issuer_pem,
		pem, NULL
	};

	return judge_run(argv, NULL);
}

static bool names_address(X509 *cert, const char *address, bool ascii)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name,
						NULL, NULL);
	const GENERAL_NAME *name;
	const ASN1_STRING *text = NULL;
	bool good;

	if (names == NULL || sk_GENERAL_NAME_num(names) != 1)
		return false;
	name = sk_GENERAL_NAME_value(names, 0);
	if (ascii && name->type == GEN_EMAIL)
		text = name->d.rfc822Name;
	else if (!ascii && name->type == GEN_OTHERNAME &&
		 OBJ_obj2nid(name->d.otherName->type_id) ==
		 NID_id_on_SmtpUTF8Mailbox &&
		 name->d.otherName->value->type == V_ASN1_UTF8STRING)
		text = name->d.otherName->value->value.utf8string;
	good = text != NULL &&
		(size_t)ASN1_STRING_length(text) == strlen(address) &&
		memcmp(ASN1_STRING_get0_data(text), address,
		       strlen(address)) == 0;
	GENERAL_NAMES_free(names);
	return good;
}

static bool has_name(X509 *cert, const char *common_name)
{
	char text[128];

	return X509_NAME_entry_count(X509_get_subject_name(cert)) == 1 &&
		X509_NAME_get_text_by_NID(X509_get_subject_name(cert),
					  NID_commonName, text,
					  sizeof(text)) > 0 &&
		strcmp(text, common_name) == 0;
}

/* Names, dates and identifiers are the issuer's where they should be. */
static bool fits_issuer(X509 *cert)
{
	X509 *issuer = judge_x509(&chain.issuer);
	const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
	bool good = X509_check_issued(issuer, cert) == X509_V_OK &&
		ASN1_TIME_compare(X509_get0_notBefore(cert),
				  X509_get0_notBefore(issuer)) == 0 &&
		ASN1_TIME_compare(X509_get0_notAfter(cert),
				  X509_get0_notAfter(issuer)) == 0 &&
		ASN1_OCTET_STRING_cmp(X509_get0_authority_key_id(cert),
				      X509_get0_subject_key_id(issuer)) == 0 &&
		X509_get0_authority_issuer(cert) == NULL &&
		X509_get0_subject_key_id(cert) != NULL &&
		ASN1_STRING_type(serial) == V_ASN1_INTEGER &&
		ASN1_STRING_length(serial) == 16;

	X509_free(issuer);
	return good;
}

static void test_content(void)
{
	static char long_one[LONG_ADDRESS_LEN + 1];
	static const struct {
		const char *name, *address, *common_name;
		bool rsa, replies, ascii;
		uint32_t usage;
	} rows[] = {
		{ "P-256", "ann@example.org", NULL, false, false, true,
		  KU_DIGITAL_SIGNATURE },
		{ "P-256, replies", "ann@example.org", NULL, false, true, true,
		  KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT },
		{ "RSA", "ann@example.org", NULL, true, false, true,
		  KU_DIGITAL_SIGNATURE },
		{ "RSA, replies", "ann@example.org", NULL, true, true, true,
		  KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT },
		{ "UTF-8", "dvo\xc5\x99\xc3\xa1k@example.cz", NULL, false,
		  false, false, KU_DIGITAL_SIGNATURE },
		{ "odd local part", "o'neil+a=b%c{d}@example.org", NULL, false,
		  false, true, KU_DIGITAL_SIGNATURE },
		{ "254 bytes", long_one,
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa df91a400f8c28998",
		  false, true, true, KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT }
	};
	struct seal_buf der = SEAL_BUF_INIT;
	struct seal_error err;
	unsigned int i;
	X509 *cert;

	long_address(long_one);
	for (i = 0; i < N(rows); i++) {
		const char *cn = rows[i].common_name == NULL ?
			rows[i].address : rows[i].common_name;

		if (!certificate(secret, rows[i].rsa ? rsa : NULL,
				 rows[i].address, rows[i].replies, &der, &err))
			abort();
		tap_ok(openssl_verifies(judge_pem("sender.pem", &der)),
		       "%s: openssl verifies the chain, strictly",
		       rows[i].name);
		cert = judge_x509(&der);
		tap_ok(fits_issuer(cert) && has_name(cert, cn) &&
		       names_address(cert, rows[i].address, rows[i].ascii) &&
		       X509_get_key_usage(cert) == rows[i].usage &&
		       X509_get_extended_key_usage(cert) == XKU_SMIME &&
		       X509_get_ext_count(cert) == 6 &&
		       (X509_get_extension_flags(cert) &
			(EXFLAG_CA | EXFLAG_CRITICAL | EXFLAG_INVALID)) == 0,
		       "%s: what it says", rows[i].name);
		X509_free(cert);
		ERR_clear_error();
	}
	seal_buf_free(&der);
}

/*
 * Failures
 */

static void refused(const char *name, const struct seal_buf *issuer,
		    EVP_PKEY *issuer_key, EVP_PKEY *rsa_key,
		    const char *address)
{
	struct seal_error err = { SEAL_ERR_NONE, "" };
	struct seal_sender *sender =
		judge_sender(issuer_key, issuer->data, issuer->len, secret,
				rsa_key, address, false, &err);

	if (!tap_ok(sender == NULL && err.code == SEAL_ERR_INPUT &&
		    ERR_peek_error() == 0, "refused: %s", name))
		tap_note("%s", err.text);
	seal_sender_free(&sender);
}

static void test_refusals(void)
{
	static const char *const addresses[] = {
		"", "ann", "@example.org", "ann@", "ann@b@example.org",
		"ann smith@example.org", "ann@example.org\n", "ann\t@x.org",
		"ann\x7f@x.org", "ann\xc3@x.org", "\xed\xa0\x80@x.org",
		"ann@ex\xc3\xa4mple.org"
	};
	char too_long[LONG_ADDRESS_LEN + 2];
	struct seal_buf cut = chain.issuer, trailing = SEAL_BUF_INIT;
	struct seal_buf none = SEAL_BUF_INIT;
	struct seal_error err;
	EVP_PKEY *other = seal_key_generate(SEAL_KEY_P256, &err);
	EVP_PKEY *small = EVP_RSA_gen(1024);
	const char *good = "ann@example.org";
	unsigned int i;

	for (i = 0; i < N(addresses); i++)
		refused(addresses[i], &chain.issuer, chain.issuer_key, NULL,
			addresses[i]);
	long_address(too_long);
	memcpy(too_long + LONG_ADDRESS_LEN, "a", 2);
	refused("255 bytes", &chain.issuer, chain.issuer_key, NULL, too_long);
	cut.len--;
	refused("issuer cut", &cut, chain.issuer_key, NULL, good);
	refused("issuer empty", &none, chain.issuer_key, NULL, good);
	if (seal_buf_append(&trailing, chain.issuer.data, chain.issuer.len,
			    &err) < 0 ||
	    seal_buf_append(&trailing, "", 1, &err) < 0)
		abort();
	refused("something behind the issuer", &trailing, chain.issuer_key,
		NULL, good);
	refused("another issuer's key", &chain.issuer, other, NULL, good);
	refused("another's certificate", &chain.root, chain.issuer_key, NULL,
		good);
	refused("RSA-1024", &chain.issuer, chain.issuer_key, small, good);
	refused("EC in place of RSA", &chain.issuer, chain.issuer_key, other,
		good);
	seal_buf_free(&trailing);
	EVP_PKEY_free(other);
	EVP_PKEY_free(small);
}

static void test_memory(const char *name, EVP_PKEY *rsa_key,
			unsigned long step)
{
	struct seal_buf wanted = SEAL_BUF_INIT, der = SEAL_BUF_INIT;
	unsigned long n, errors = 0;
	struct seal_error err;
	bool good = true, failed = true, made;

	if (!certificate(secret, rsa_key, "ann@example.org", true, &wanted,
			 &err))
		abort();
	/* thousands of them lie in libcrypto's search for a key's decoder */
	for (n = 1; good && failed && n < 20000; n += n < 150 ? 1 : step) {
		seal_buf_free(&der);
		err.code = SEAL_ERR_NONE;
		tap_alloc_fail_at(n);
		made = certificate(secret, rsa_key, "ann@example.org", true,
				   &der, &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		errors += !made;
		good = ERR_peek_error() == 0;
		if (made)
			good = good && equal(&der, &wanted);
		else
			good = good && der.len == 0 &&
				(err.code == SEAL_ERR_MEMORY ||
				 err.code == SEAL_ERR_CRYPTO);
		if (!good)
			tap_note("allocation %lu: %d %s", n, (int)err.code,
				 err.text);
	}
	tap_ok(good && !failed && errors > 0,
	       "%s: allocations up to %lu failed, %lu errors", name, n,
	       errors);
	seal_buf_free(&wanted);
	seal_buf_free(&der);
}

int main(int argc, char **argv)
{
	struct seal_sender *none = NULL;
	struct seal_error err;
	const char *preload;
	bool is_slow;

	tap_alloc_init();
	if (argc == 6)
		return other_process(argv + 1);
	judge_chain_make(&chain);
	rsa = seal_key_generate(SEAL_KEY_RSA2048, &err);
	if (rsa == NULL)
		abort();
	preload = getenv("LD_PRELOAD");
	is_slow = preload != NULL && strstr(preload, "valgrind") != NULL;
	test_memory("P-256", NULL, is_slow ? 41 : 1);
	test_memory("RSA", rsa, is_slow ? 71 : 7);
	test_golden();
	test_same();
	test_different();
	test_content();
	test_refusals();
	seal_sender_free(&none);
	EVP_PKEY_free(rsa);
	judge_chain_free(&chain);
	return tap_done();
}
