/* SPDX-License-Identifier: MIT */
#include "pki/recipient.h"

#include <openssl/err.h>
#include "judge.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

#define RSA "rsa:2048", NULL
#define EC "ec", "ec_paramgen_curve:P-256"

static struct judge_key rsa, ec;

static void test_extensions(void)
{
	static const struct {
		const char *extensions[4];
		const char *algorithm, *option;
		const char *reason;	/* NULL: accepted */
	} rows[] = {
		{ { NULL }, RSA, NULL },
		{ { NULL }, EC, NULL },
		{ { "basicConstraints=CA:FALSE" }, RSA, NULL },
		{ { "basicConstraints=critical,CA:FALSE" }, EC, NULL },
		{ { "basicConstraints=CA:TRUE" }, RSA, "CA:TRUE" },
		{ { "basicConstraints=critical,CA:TRUE,pathlen:0",
		    "keyUsage=keyEncipherment" }, RSA, "CA:TRUE" },
		{ { "keyUsage=keyEncipherment" }, RSA, NULL },
		{ { "keyUsage=critical,digitalSignature,keyEncipherment" },
		  RSA, NULL },
		{ { "keyUsage=digitalSignature" }, RSA, "keyEncipherment" },
		{ { "keyUsage=critical,digitalSignature,dataEncipherment" },
		  RSA, "keyEncipherment" },
		{ { "keyUsage=keyAgreement" }, RSA, "keyEncipherment" },
		{ { "keyUsage=keyAgreement" }, EC, NULL },
		{ { "keyUsage=keyAgreement,decipherOnly" }, EC, NULL },
		{ { "keyUsage=digitalSignature" }, EC, "keyAgreement" },
		{ { "keyUsage=keyEncipherment" }, EC, "keyAgreement" },
		{ { "keyUsage=keyCertSign,cRLSign" }, RSA, "keyEncipherment" },
		{ { "keyUsage=DER:03020700" }, RSA, "malformed" },
		{ { "keyUsage=DER:0500" }, RSA, "malformed" },
		{ { "basicConstraints=DER:0101FF" }, RSA, "malformed" },
		{ { "extendedKeyUsage=emailProtection" }, RSA, NULL },
		{ { "extendedKeyUsage=critical,emailProtection" }, RSA, NULL },
		{ { "extendedKeyUsage=clientAuth,emailProtection" }, EC, NULL },
		{ { "extendedKeyUsage=anyExtendedKeyUsage" }, RSA, NULL },
		{ { "extendedKeyUsage=clientAuth" }, RSA, "emailProtection" },
		{ { "extendedKeyUsage=serverAuth,codeSigning" }, EC,
		  "emailProtection" },
		{ { "extendedKeyUsage=1.2.3.4" }, RSA, "emailProtection" },
		{ { "keyUsage=keyEncipherment", "extendedKeyUsage=clientAuth" },
		  RSA, "emailProtection" },
		{ { "1.2.3.4=critical,DER:0500" }, RSA, "1.2.3.4" },
		{ { "1.2.3.4=DER:0500" }, RSA, NULL },
		{ { "1.2.840.113549.1.9.15=DER:300D300B0609608648016503040102" },
		  RSA, NULL },
		{ { "subjectAltName=critical,email:a@example.org" }, RSA,
		  NULL },
		{ { "subjectAltName=email:a@example.org,otherName:"
		    "1.3.6.1.5.5.7.8.9;UTF8:x@example.org",
		    "certificatePolicies=1.2.3.4",
		    "crlDistributionPoints=URI:http://example.org/crl" },
		  RSA, NULL },
		{ { "authorityInfoAccess=OCSP;URI:http://example.org/",
		    "nsComment=hello",
		    "nsCertType=email" }, RSA, NULL }
	};
	enum seal_recipient_verdict verdict;
	struct seal_error reason;
	struct judge_key key;
	char name[32];
	unsigned int i;

	for (i = 0; i < N(rows); i++) {
		memset(&reason, 0, sizeof(reason));
		snprintf(name, sizeof(name), "x%u", i);
		if (!judge_make(&key, name, rows[i].algorithm, rows[i].option,
				rows[i].extensions)) {
			tap_ok(false, "cannot make row %u", i);
			judge_free(&key);
			continue;
		}
		verdict = seal_recipient_judge(key.recipient, time(NULL),
					       &reason);
		tap_ok((rows[i].reason == NULL ? verdict == SEAL_RECIPIENT_OK :
			verdict == SEAL_RECIPIENT_UNFIT &&
			reason.code == SEAL_ERR_REFUSED &&
			strstr(reason.text, rows[i].reason) != NULL) &&
		       ERR_peek_error() == 0, "%s %s: %s",
		       rows[i].algorithm, rows[i].extensions[0] == NULL ? "-" :
		       rows[i].extensions[0], verdict == SEAL_RECIPIENT_OK ?
		       "accepted" : reason.text);
		judge_free(&key);
	}
}

static void test_keys(void)
{
	static const struct {
		const char *algorithm, *option;
		const char *name;
	} rows[] = {
		{ "rsa:1024", NULL, "RSA-1024" },
		{ "rsa:2047", NULL, "RSA-2047" },
		{ "rsa-pss", "rsa_keygen_bits:2048", "RSA-PSS" },
		{ "ed25519", NULL, "Ed25519" },
		{ "ed448", NULL, "Ed448" },
		{ "ec", "ec_paramgen_curve:secp256k1", "EC secp256k1" },
		{ "ec", "ec_paramgen_curve:P-192", "EC P-192" },
		{ "ec", "ec_paramgen_curve:P-224", "EC P-224" },
		{ "ec", "ec_paramgen_curve:brainpoolP256r1",
		  "EC brainpoolP256r1" },
		{ "ec", "ec_paramgen_curve:brainpoolP512t1",
		  "EC brainpoolP512t1" }
	};
	struct seal_recipient_text text;
	struct seal_error reason;
	struct judge_key key;
	char file[32];
	unsigned int i;

	for (i = 0; i < N(rows); i++) {
		memset(&reason, 0, sizeof(reason));
		snprintf(file, sizeof(file), "k%u", i);
		if (!judge_make(&key, file, rows[i].algorithm, rows[i].option,
				NULL)) {
			tap_ok(false, "cannot make %s", rows[i].name);
			judge_free(&key);
			continue;
		}
		tap_ok(seal_recipient_judge(key.recipient, time(NULL),
					    &reason) == SEAL_RECIPIENT_UNFIT &&
		       reason.code == SEAL_ERR_REFUSED &&
		       strstr(reason.text, rows[i].name) != NULL,
		       "%s: %s", rows[i].name, reason.text);
		seal_recipient_describe(key.recipient, &text);
		tap_ok(strcmp(text.key, rows[i].name) == 0, "key is %s",
		       text.key);
		judge_free(&key);
	}
}

/* A certificate for a key that cannot sign its own, or is not a key at all. */
static bool make_forced(struct judge_key *key, const char *name,
			const char *public_key)
{
	char file[32];

	memset(key, 0, sizeof(*key));
	snprintf(file, sizeof(file), "%s.crt", name);
	key->cert = tap_file(file, NULL, 0);
	{
		const char *const argv[] = {
			"openssl", "x509", "-new", "-subj", "/CN=forced",
			"-days", "100", "-force_pubkey", public_key,
			"-signkey", rsa.key, "-out", key->cert, NULL
		};

		return judge_run(argv, NULL) && judge_load(key);
	}
}

static void judge_unfit(const struct judge_key *key, const char *name,
			const char *wanted)
{
	struct seal_error reason = { .code = SEAL_ERR_NONE };

	tap_ok(seal_recipient_judge(key->recipient, time(NULL), &reason) ==
	       SEAL_RECIPIENT_UNFIT && reason.code == SEAL_ERR_REFUSED &&
	       strstr(reason.text, wanted) != NULL, "%s: %s", name,
	       reason.text);
}

static void test_forced_keys(void)
{
	const char *private = tap_file("x25519.key", NULL, 0);
	const char *public = tap_file("x25519.pub", NULL, 0);
	const char *const gen[] = {
		"openssl", "genpkey", "-algorithm", "X25519", "-out", private,
		NULL
	};
	const char *const pub[] = {
		"openssl", "pkey", "-in", private, "-pubout", "-out", public,
		NULL
	};
	struct judge_key key;

	if (!judge_run(gen, NULL) || !judge_run(pub, NULL) ||
	    !make_forced(&key, "x25519", public)) {
		tap_ok(false, "cannot make X25519");
	} else {
		judge_unfit(&key, "X25519", "X25519");
	}
	judge_free(&key);
}

static void test_explicit_curve(void)
{
	const char *private = tap_file("explicit.pem", NULL, 0);
	const char *const gen[] = {
		"openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
		"ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit",
		"-out", private, NULL
	};
	struct judge_key key;

	memset(&key, 0, sizeof(key));
	key.cert = tap_file("explicit.crt", NULL, 0);
	{
		const char *const req[] = {
			"openssl", "req", "-x509", "-config", judge_config(),
			"-subj", "/CN=explicit", "-key", private, "-out",
			key.cert, NULL
		};

		if (!judge_run(gen, NULL) || !judge_run(req, NULL) ||
		    !judge_load(&key)) {
			tap_ok(false, "cannot make explicit parameters");
			return;
		}
	}
	judge_unfit(&key, "explicit parameters of P-256", "explicit");
	judge_free(&key);
}

static void test_dates(void)
{
	struct seal_recipient_text text;
	struct seal_error reason;
	struct seal_recipient *r = rsa.recipient;

	seal_recipient_describe(r, &text);
	tap_ok(text.not_after - text.not_before == 1000 * 86400 &&
	       text.not_before <= time(NULL), "the dates");
	tap_ok(seal_recipient_judge(r, text.not_before - 1, &reason) ==
	       SEAL_RECIPIENT_NOT_YET_VALID, "not yet: %s", reason.text);
	tap_ok(seal_recipient_judge(r, text.not_before, &reason) ==
	       SEAL_RECIPIENT_OK, "the first second");
	tap_ok(seal_recipient_judge(r, text.not_after, &reason) ==
	       SEAL_RECIPIENT_OK, "the last second");
	tap_ok(seal_recipient_judge(r, text.not_after + 1, &reason) ==
	       SEAL_RECIPIENT_EXPIRED, "expired: %s", reason.text);
}

/* Unfit is said before expired: a new date would not help. */
static void test_unfit_before_dates(void)
{
	static const char *const ca[] = { "basicConstraints=CA:TRUE", NULL };
	struct seal_error reason;
	struct judge_key key;

	if (!judge_make(&key, "ca", EC, ca))
		abort();
	tap_ok(seal_recipient_judge(key.recipient, 0, &reason) ==
	       SEAL_RECIPIENT_UNFIT &&
	       seal_recipient_judge(key.recipient, (time_t)1 << 40, &reason) ==
	       SEAL_RECIPIENT_UNFIT, "unfit before the dates");
	judge_free(&key);
}

static bool refuses(const unsigned char *der, size_t len)
{
	struct seal_error err = { .code = SEAL_ERR_NONE };
	struct seal_recipient *r = seal_recipient_new(der, len, &err);
	bool good = r == NULL && err.code == SEAL_ERR_INPUT &&
		ERR_peek_error() == 0;

	if (!good)
		tap_note("not refused, or %s", err.text);
	seal_recipient_free(&r);
	return good;
}

static void test_form(void)
{
	/* the exponent and what comes behind it */
	static const unsigned char f4[] = { 0x02, 0x03, 0x01, 0x00, 0x01 };
	static unsigned char big[64 * 1024 + 1];
	struct seal_buf der = SEAL_BUF_INIT;
	struct seal_error err;
	struct judge_key key = { 0 };
	unsigned char *p;
	size_t len;

	for (len = 0; len < ec.der.len; len++) {
		if (!refuses(ec.der.data, len))
			break;
	}
	tap_ok(len == ec.der.len, "cut at every offset");
	if (seal_buf_append(&der, ec.der.data, ec.der.len, &err) < 0 ||
	    seal_buf_append(&der, ec.der.data, ec.der.len, &err) < 0)
		abort();
	tap_ok(refuses(der.data, der.len), "two certificates");
	tap_ok(refuses(der.data, ec.der.len + 1), "trailing byte");
	/* the last byte of the point: then it is not on the curve */
	p = memmem(der.data, der.len, "\x03\x42\x00\x04", 4);
	if (p == NULL)
		abort();
	p[67] ^= 1;
	tap_ok(refuses(der.data, ec.der.len), "a point off the curve");
	memcpy(big, ec.der.data, ec.der.len);
	tap_ok(refuses(big, sizeof(big)), "more than 64 kB");

	seal_buf_clear(&der);
	if (seal_buf_append(&der, rsa.der.data, rsa.der.len, &err) < 0 ||
	    (p = memmem(der.data, der.len, f4, sizeof(f4))) == NULL)
		abort();
	p[4] = 2;
	key.recipient = seal_recipient_new(der.data, der.len, &err);
	judge_unfit(&key, "an even exponent", "sound");
	seal_recipient_free(&key.recipient);
	p[4] = 1;
	p[-1] ^= 1;
	key.recipient = seal_recipient_new(der.data, der.len, &err);
	judge_unfit(&key, "an even modulus", "sound");
	seal_recipient_free(&key.recipient);
	seal_buf_free(&der);
}

static void test_exponent_one(void)
{
	/* followed by the signature's algorithm, or by extensions */
	static const unsigned char three[] = { 0x02, 0x01, 0x03, 0x30 };
	static const unsigned char three_v3[] = { 0x02, 0x01, 0x03, 0xa3 };
	const char *private = tap_file("three.pem", NULL, 0);
	const char *const gen[] = {
		"openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt",
		"rsa_keygen_bits:2048", "-pkeyopt", "rsa_keygen_pubexp:3",
		"-out", private, NULL
	};
	struct seal_error err;
	struct judge_key key;
	unsigned char *p;

	memset(&key, 0, sizeof(key));
	key.cert = tap_file("three.crt", NULL, 0);
	{
		const char *const req[] = {
			"openssl", "req", "-x509", "-config", judge_config(),
			"-subj", "/CN=three", "-key", private, "-out",
			key.cert, NULL
		};

		if (!judge_run(gen, NULL) || !judge_run(req, NULL) ||
		    !judge_load(&key) ||
		    ((p = memmem(key.der.data, key.der.len, three,
				 sizeof(three))) == NULL &&
		     (p = memmem(key.der.data, key.der.len, three_v3,
				 sizeof(three_v3))) == NULL)) {
			tap_ok(false, "cannot make an exponent of 3");
			judge_free(&key);
			return;
		}
	}
	tap_ok(seal_recipient_judge(key.recipient, time(NULL), &err) ==
	       SEAL_RECIPIENT_OK, "an exponent of 3");
	seal_recipient_free(&key.recipient);
	p[2] = 1;
	key.recipient = seal_recipient_new(key.der.data, key.der.len, &err);
	judge_unfit(&key, "an exponent of 1", "sound");
	judge_free(&key);
}

/* What a recipient gives but RecipientInfos. 0 or -1, and whether it is right */
static int life(const struct judge_key *key,
		const struct seal_recipient_text *wanted,
		struct seal_buf *names, bool *right, struct seal_error *err)
{
	struct seal_recipient_text text;
	struct seal_error reason;
	struct seal_recipient *r;
	int ret;

	*right = false;
	r = seal_recipient_new(key->der.data, key->der.len, err);
	if (r == NULL)
		return -1;
	*right = seal_recipient_judge(r, time(NULL), &reason) ==
		SEAL_RECIPIENT_OK;
	seal_recipient_describe(r, &text);
	ret = seal_recipient_names(r, names, err);
	seal_recipient_free(&r);
	/* names and addresses may be empty, no more */
	*right = *right && strcmp(text.serial, wanted->serial) == 0 &&
		strcmp(text.key, wanted->key) == 0 &&
		strcmp(text.fingerprint, wanted->fingerprint) == 0 &&
		(text.subject[0] == '\0' ||
		 strcmp(text.subject, wanted->subject) == 0);
	return ret;
}

/* One allocation after the other fails: an error, or all is right. */
static void test_memory_life(const char *name, const struct judge_key *key)
{
	struct seal_buf names = SEAL_BUF_INIT, wanted = SEAL_BUF_INIT;
	struct seal_recipient_text text;
	unsigned long n, errors = 0;
	struct seal_error err;
	bool good = true, failed = true, right;
	int ret;

	seal_recipient_describe(key->recipient, &text);
	if (seal_recipient_names(key->recipient, &wanted, &err) < 0)
		abort();
	for (n = 1; good && failed && n < 10000; n++) {
		seal_buf_free(&names);
		err.code = SEAL_ERR_NONE;
		tap_alloc_fail_at(n);
		ret = life(key, &text, &names, &right, &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		errors += ret < 0;
		/* never INPUT: the certificate is not damaged */
		if (ret < 0)
			good = err.code == SEAL_ERR_MEMORY ||
				err.code == SEAL_ERR_CRYPTO;
		else
			good = right && names.len == wanted.len &&
				memcmp(names.data, wanted.data,
				       names.len) == 0;
		if (!good)
			tap_note("allocation %lu: %d %s", n, ret, err.text);
		good = good && ERR_peek_error() == 0;
	}
	tap_ok(good && !failed && errors > 0,
	       "%s, reading: %lu allocations failed, %lu errors", name, n - 2,
	       errors);
	seal_buf_free(&names);
	seal_buf_free(&wanted);
}

int main(void)
{
	static const char *const extensions[] = {
		"subjectAltName=email:owner@example.org",
		"extendedKeyUsage=emailProtection", NULL
	};

	tap_alloc_init();
	if (!judge_make(&rsa, "rsa", RSA, extensions) ||
	    !judge_make(&ec, "ec", EC, extensions))
		return 99;
	/* first, while libcrypto has nothing in its caches */
	test_memory_life("RSA", &rsa);
	test_memory_life("EC", &ec);
	test_extensions();
	test_keys();
	test_forced_keys();
	test_explicit_curve();
	test_dates();
	test_unfit_before_dates();
	test_form();
	test_exponent_one();
	judge_free(&rsa);
	judge_free(&ec);
	return tap_done();
}
