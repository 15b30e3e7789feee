/* SPDX-License-Identifier: MIT */
#include "pki/recipient.h"

#include <openssl/err.h>
#include "base/sink.h"
#include "cms/envelope.h"
#include "judge.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const enum seal_cipher ciphers[] = {
	SEAL_CIPHER_AES256_CBC, SEAL_CIPHER_AES128_CBC,
	SEAL_CIPHER_AES256_GCM, SEAL_CIPHER_AES128_GCM
};
static const unsigned char content_key[SEAL_CIPHER_KEY_MAX] =
	"what the RecipientInfos carry...";
static const char content[] = "Content-Type: text/plain\r\n\r\nHello.\r\n";

static struct judge_key rsa2048, rsa3072, rsa4096, p256, p384, p521;

static const struct {
	const char *name;
	struct judge_key *key;
	const char *algorithm, *option;
} kinds[] = {
	{ "RSA-2048", &rsa2048, "rsa:2048", NULL },
	{ "RSA-3072", &rsa3072, "rsa:3072", NULL },
	{ "RSA-4096", &rsa4096, "rsa:4096", NULL },
	{ "EC P-256", &p256, "ec", "ec_paramgen_curve:P-256" },
	{ "EC P-384", &p384, "ec", "ec_paramgen_curve:P-384" },
	{ "EC P-521", &p521, "ec", "ec_paramgen_curve:P-521" }
};

static void seal(enum seal_cipher cipher, const struct seal_buf *infos,
		 struct seal_buf *out)
{
	struct seal_sink sink = seal_sink_to_buf(out);
	struct seal_envelope *env;
	struct seal_error err;

	seal_buf_clear(out);
	env = seal_envelope_new(cipher, content_key,
				seal_cipher_key_length(cipher), infos->data,
				infos->len, &sink, &err);
	if (env == NULL ||
	    seal_envelope_more(env, (const unsigned char *)content,
			       strlen(content), &err) < 0 ||
	    seal_envelope_finish(env, &err) < 0)
		abort();
	seal_envelope_free(&env);
}

static int info(const struct judge_key *key, bool oaep, enum seal_cipher cipher,
		struct seal_buf *out, struct seal_error *err)
{
	return seal_recipient_info(key->recipient, oaep, content_key,
				   seal_cipher_key_length(cipher), out, err);
}

/* All keys of a mask receive one envelope; each has to open it. */
static void test_mix(const char *name, unsigned int mask, bool oaep)
{
	struct seal_buf infos = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	struct seal_error err;
	unsigned int i, k;
	bool good;

	for (i = 0; i < N(ciphers); i++) {
		good = true;
		seal_buf_clear(&infos);
		for (k = 0; k < N(kinds); k++) {
			if ((mask & 1U << k) != 0 &&
			    info(kinds[k].key, oaep, ciphers[i], &infos,
				 &err) < 0)
				good = false;
		}
		if (good)
			seal(ciphers[i], &infos, &out);
		for (k = 0; good && k < N(kinds); k++) {
			if ((mask & 1U << k) != 0 &&
			    !judge_opens(&out, kinds[k].key, content,
					 strlen(content)))
				good = false;
		}
		tap_ok(good && ERR_peek_error() == 0, "%s%s, %s", name,
		       oaep ? " OAEP" : "", seal_cipher_name(ciphers[i]));
	}
	seal_buf_free(&infos);
	seal_buf_free(&out);
}

static void test_kinds(void)
{
	unsigned int k, oaep;

	for (k = 0; k < N(kinds); k++) {
		for (oaep = 0; oaep < 2; oaep++)
			test_mix(kinds[k].name, 1U << k, oaep != 0);
	}
	test_mix("two RSA", 0x03, false);
	test_mix("two EC", 0x18, false);
	test_mix("RSA and EC", 0x09, false);
	test_mix("all", 0x3f, false);
	test_mix("all", 0x3f, true);
}

/* An ephemeral key's point may end in zero bits, and its secret may begin with
 * zero bytes: enough rounds to meet both. */
static void test_ec_rounds(void)
{
	struct seal_buf infos = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	struct seal_error err;
	unsigned int i;
	bool good = true;

	for (i = 0; good && i < 600; i++) {
		seal_buf_clear(&infos);
		good = info(&p256, false, SEAL_CIPHER_AES256_CBC, &infos,
			    &err) == 0;
		seal(SEAL_CIPHER_AES256_CBC, &infos, &out);
		good = good && judge_opens(&out, &p256, content,
					   strlen(content));
	}
	tap_ok(good, "P-256, %u fresh keys", i);
	seal_buf_free(&infos);
	seal_buf_free(&out);
}

static void test_other_content_keys(void)
{
	static const size_t lengths[] = { 0, 1, 8, 15, 17, 24, 31, 33, 64 };
	static const unsigned char zero[64];
	struct seal_buf out = SEAL_BUF_INIT;
	struct seal_error err;
	unsigned int i;

	for (i = 0; i < N(lengths); i++) {
		tap_ok(seal_recipient_info(rsa2048.recipient, false, zero,
					   lengths[i], &out, &err) == -1 &&
		       seal_recipient_info(p256.recipient, false, zero,
					   lengths[i], &out, &err) == -1 &&
		       out.len == 0, "refused: content key of %zu bytes",
		       lengths[i]);
	}
	seal_buf_free(&out);
}

/* openssl looks for the names in the envelope as we look in an envelope for
 * the names. */
static void test_names(void)
{
	static const unsigned char id[] = {
		0x04, 0x04, 0xde, 0xad, 0xbe, 0xef
	};
	static const char *const extension[] = {
		"subjectKeyIdentifier=DEADBEEF", NULL
	};
	static const char *const none[] = { "subjectKeyIdentifier=none", NULL };
	struct seal_buf names = SEAL_BUF_INIT, infos = SEAL_BUF_INIT;
	struct seal_error err;
	struct judge_key key, bare;

	if (!judge_make(&key, "names", "ec", "ec_paramgen_curve:P-256",
			extension) ||
	    !judge_make(&bare, "bare", "ec", "ec_paramgen_curve:P-256", none) ||
	    info(&key, false, SEAL_CIPHER_AES256_CBC, &infos, &err) < 0)
		abort();
	tap_ok(seal_recipient_names(key.recipient, &names, &err) == 0 &&
	       names.len > sizeof(id) && names.data[0] == 0x30 &&
	       names.len == 2U + names.data[1] + sizeof(id) &&
	       memcmp(names.data + names.len - sizeof(id), id,
		      sizeof(id)) == 0, "names: the second is the key's");
	tap_ok(memmem(infos.data, infos.len, names.data,
		      names.len - sizeof(id)) != NULL,
	       "names: the first is in the RecipientInfo");
	seal_buf_clear(&names);
	tap_ok(seal_recipient_names(bare.recipient, &names, &err) == 0 &&
	       names.len == 2U + names.data[1], "names: without key identifier");
	seal_buf_free(&names);
	seal_buf_free(&infos);
	judge_free(&key);
	judge_free(&bare);
}

#define RSA "rsa:2048", NULL
#define EC "ec", "ec_paramgen_curve:P-256"

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
		/* the same name: tap_file() counts */
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
			"-signkey", rsa2048.key, "-out", key->cert, NULL
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
	struct seal_recipient *r = rsa2048.recipient;

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

	for (len = 0; len < p256.der.len; len++) {
		if (!refuses(p256.der.data, len))
			break;
	}
	tap_ok(len == p256.der.len, "cut at every offset");
	if (seal_buf_append(&der, p256.der.data, p256.der.len, &err) < 0 ||
	    seal_buf_append(&der, p256.der.data, p256.der.len, &err) < 0)
		abort();
	tap_ok(refuses(der.data, der.len), "two certificates");
	tap_ok(refuses(der.data, p256.der.len + 1), "trailing byte");
	/* the last byte of the point: then it is not on the curve */
	p = memmem(der.data, der.len, "\x03\x42\x00\x04", 4);
	if (p == NULL)
		abort();
	p[67] ^= 1;
	tap_ok(refuses(der.data, p256.der.len), "a point off the curve");
	memcpy(big, p256.der.data, p256.der.len);
	tap_ok(refuses(big, sizeof(big)), "more than 64 kB");

	seal_buf_clear(&der);
	if (seal_buf_append(&der, rsa2048.der.data, rsa2048.der.len, &err) < 0 ||
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
	static const unsigned char three[] = { 0x02, 0x01, 0x03, 0x30 };
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
		    (p = memmem(key.der.data, key.der.len, three,
				sizeof(three))) == NULL) {
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

static void test_describe(void)
{
	const char *cert = tap_file("text.crt", NULL, 0);
	const char *const req[] = {
		"openssl", "req", "-x509", "-config", judge_config(), "-utf8",
		"-subj", "/O=A, B \\+ C\a\xc2\x9b/CN=Zo\xc3\xab \xe2\x82\xac",
		"-addext", "subjectAltName=email:one@example.org,"
		"DNS:example.org,email:two@example.org", "-set_serial",
		"0x0AB0", "-key", rsa3072.key, "-out", cert, NULL
	};
	const char *const print[] = {
		"openssl", "x509", "-in", cert, "-noout", "-fingerprint",
		"-sha256", NULL
	};
	static const char name[] =
		"CN=Zo\xc3\xab \xe2\x82\xac,O=A\\, B \\+ C\\07?";
	struct seal_buf out = SEAL_BUF_INIT;
	struct seal_recipient_text text;
	struct judge_key key = { .cert = cert };
	char hex[65];
	unsigned int i;

	if (!judge_run(req, NULL) || !judge_load(&key) ||
	    !judge_run(print, &out)) {
		tap_ok(false, "cannot make a certificate to describe");
		return;
	}
	seal_recipient_describe(key.recipient, &text);
	tap_ok(strcmp(text.subject, name) == 0, "subject: %s", text.subject);
	tap_ok(strcmp(text.subject, text.issuer) == 0, "issuer");
	tap_ok(strcmp(text.serial, "0AB0") == 0, "serial: %s", text.serial);
	tap_ok(strcmp(text.addresses, "one@example.org, two@example.org") == 0,
	       "addresses: %s", text.addresses);
	tap_ok(strcmp(text.key, "RSA-3072") == 0, "key: %s", text.key);
	for (i = 0; i < 32 && out.len > 95; i++)
		snprintf(hex + 2 * i, 3, "%.2s",
			 (char *)out.data + out.len - 96 + 3 * i);
	tap_ok(strcasecmp(hex, text.fingerprint) == 0 &&
	       strpbrk(text.fingerprint, "ABCDEF") == NULL, "fingerprint");
	seal_buf_free(&out);
	judge_free(&key);
}

/* Many addresses, long ones, with a control character in one */
static void test_describe_long(void)
{
	char extension[4096] = "subjectAltName=email:a\tb@example.org";
	const char *extensions[] = { extension, NULL };
	struct seal_recipient_text text;
	struct judge_key key;
	unsigned int i;

	for (i = 0; i < 40; i++) {
		snprintf(extension + strlen(extension), 60,
			 ",email:a-rather-long-name-%u@example.org", i);
	}
	if (!judge_make(&key, "long", EC, extensions)) {
		tap_ok(false, "cannot make a long certificate");
		return;
	}
	seal_recipient_describe(key.recipient, &text);
	tap_ok(strncmp(text.addresses, "a?b@example.org, a-rather", 25) == 0 &&
	       strlen(text.addresses) == sizeof(text.addresses) - 1,
	       "addresses are cut: %s", text.addresses);
	judge_free(&key);
}

struct split {
	unsigned int count, stop_at;
	bool good;
	const struct judge_key *wanted[4];
};

static int take(void *context, const unsigned char *der, size_t len,
		struct seal_error *err)
{
	struct split *split = context;
	const struct judge_key *key = split->wanted[split->count++];

	if (split->count == split->stop_at)
		return seal_error_set(err, SEAL_ERR_LIMIT, "enough");
	if (key == NULL || key->der.len != len ||
	    memcmp(key->der.data, der, len) != 0)
		split->good = false;
	return 0;
}

static char *slurp(const char *path)
{
	char *text = calloc(1, 65536);
	FILE *f = fopen(path, "rb");

	if (f == NULL || text == NULL || fread(text, 1, 65535, f) == 0)
		abort();
	fclose(f);
	return text;
}

static void test_split_pem(void)
{
	static const struct {
		const char *name;
		/* a, b: certificates; A: a with CRLF; n: a without line end; s: with
		 * trailing spaces; k: private key; t: trusted; o: a as X509
		 * CERTIFICATE; the rest as it is */
		const char *text;
		const char *wanted;
		enum seal_error_code code;
	} rows[] = {
		{ "one", "a", "a", SEAL_ERR_NONE },
		{ "two", "ab", "ab", SEAL_ERR_NONE },
		{ "in the file's order", "ba", "ba", SEAL_ERR_NONE },
		{ "three, one twice", "aba", "aba", SEAL_ERR_NONE },
		{ "CRLF", "A", "a", SEAL_ERR_NONE },
		{ "CRLF and LF", "AbA", "aba", SEAL_ERR_NONE },
		{ "no line end", "n", "a", SEAL_ERR_NONE },
		{ "spaces at line ends", "s", "a", SEAL_ERR_NONE },
		{ "old label", "o", "a", SEAL_ERR_NONE },
		{ "text around", "!Hello,\n\n-----\n|a!--- -----BEGIN\n|b!bye|",
		  "ab", SEAL_ERR_NONE },
		{ "byte order mark", "!\xef\xbb\xbf|a", "a", SEAL_ERR_NONE },
		{ "empty", "", "", SEAL_ERR_INPUT },
		{ "only text", "!Hello\n|", "", SEAL_ERR_INPUT },
		{ "NUL and 8 bit", "!\x01\xff\xfe\x80|", "", SEAL_ERR_INPUT },
		{ "private key", "k", "", SEAL_ERR_REFUSED },
		{ "private key behind", "ak", "", SEAL_ERR_REFUSED },
		{ "private key before", "kab", "", SEAL_ERR_REFUSED },
		{ "indented private key", "a! > |k", "", SEAL_ERR_REFUSED },
		{ "RSA private key", "a!-----BEGIN RSA PRIVATE KEY-----\n|", "",
		  SEAL_ERR_REFUSED },
		{ "encrypted private key",
		  "a!-----BEGIN ENCRYPTED PRIVATE KEY-----\r\n|", "",
		  SEAL_ERR_REFUSED },
		{ "PGP private key",
		  "a!-----BEGIN PGP PRIVATE KEY BLOCK-----\n|", "",
		  SEAL_ERR_REFUSED },
		{ "private key in one line with CR only",
		  "!-----BEGIN PRIVATE KEY-----\rAAAA\r|", "",
		  SEAL_ERR_REFUSED },
		{ "trusted", "t", "", SEAL_ERR_INPUT },
		{ "trusted behind", "at", "a", SEAL_ERR_INPUT },
		{ "request", "!-----BEGIN CERTIFICATE REQUEST-----\n|", "",
		  SEAL_ERR_INPUT },
		{ "public key", "!-----BEGIN PUBLIC KEY-----\n|", "",
		  SEAL_ERR_INPUT },
		{ "PKCS7", "!-----BEGIN PKCS7-----\n|", "", SEAL_ERR_INPUT },
		{ "no END", "!-----BEGIN CERTIFICATE-----\nAAAA\n|", "",
		  SEAL_ERR_INPUT },
		{ "no END, then another",
		  "!-----BEGIN CERTIFICATE-----\nAAAA\n|a", "",
		  SEAL_ERR_INPUT },
		{ "empty block", "!-----BEGIN CERTIFICATE-----\n"
		  "-----END CERTIFICATE-----\n|", "", SEAL_ERR_INPUT },
		{ "not a multiple of four", "!-----BEGIN CERTIFICATE-----\n"
		  "AAAAA\n-----END CERTIFICATE-----\n|", "", SEAL_ERR_INPUT },
		{ "not base64", "!-----BEGIN CERTIFICATE-----\n"
		  "AA*A\n-----END CERTIFICATE-----\n|", "", SEAL_ERR_INPUT },
		{ "headers", "!-----BEGIN CERTIFICATE-----\n"
		  "A: b\n\nAAAA\n-----END CERTIFICATE-----\n|", "",
		  SEAL_ERR_INPUT },
		{ "early padding", "!-----BEGIN CERTIFICATE-----\n"
		  "AA==\nAAAA\n-----END CERTIFICATE-----\n|", "",
		  SEAL_ERR_INPUT },
		{ "three pads", "!-----BEGIN CERTIFICATE-----\n"
		  "A===\n-----END CERTIFICATE-----\n|", "", SEAL_ERR_INPUT },
		{ "only pads", "!-----BEGIN CERTIFICATE-----\n"
		  "====\n-----END CERTIFICATE-----\n|", "", SEAL_ERR_INPUT },
		{ "damaged second", "a!-----BEGIN CERTIFICATE-----\n"
		  "AA!!|!A\n-----END CERTIFICATE-----\n|", "a",
		  SEAL_ERR_INPUT }
	};
	const char *trusted_file = tap_file("trusted.crt", NULL, 0);
	const char *const trust[] = {
		"openssl", "x509", "-in", rsa2048.cert, "-trustout",
		"-addtrust", "emailProtection", "-out", trusted_file, NULL
	};
	char *a, *b, *key, *trusted, *text, *to;
	const char *p, *q;
	unsigned int i, j;

	if (!judge_run(trust, NULL))
		abort();
	a = slurp(rsa2048.cert);
	b = slurp(p256.cert);
	key = slurp(p256.key);
	trusted = slurp(trusted_file);
	for (i = 0; i < N(rows); i++) {
		struct split split = { .good = true };
		struct seal_error err = { .code = SEAL_ERR_NONE };
		int ret;

		text = to = calloc(1, 65536);
		for (p = rows[i].text; *p != '\0'; p++) {
			switch (*p) {
			case 'a': to = stpcpy(to, a); break;
			case 'b': to = stpcpy(to, b); break;
			case 'k': to = stpcpy(to, key); break;
			case 't': to = stpcpy(to, trusted); break;
			case 'n':
				to = stpcpy(to, a) - 1;
				*to = '\0';
				break;
			case 'o':
				to = stpcpy(to, "-----BEGIN X509 ");
				to = stpcpy(to, a + 11);
				break;
			case 'A': case 's':
				for (q = a; *q != '\0'; q++) {
					if (*q == '\n')
						*to++ = *p == 'A' ? '\r' : ' ';
					*to++ = *q;
				}
				break;
			default:	/* '!' text '|' */
				for (p++; *p != '|'; p++)
					*to++ = *p;
			}
		}
		for (j = 0; rows[i].wanted[j] != '\0'; j++)
			split.wanted[j] = rows[i].wanted[j] == 'a' ? &rsa2048 :
				&p256;
		ret = seal_recipient_split_pem(text, (size_t)(to - text), take,
					       &split, &err);
		tap_ok(ret == (rows[i].code == SEAL_ERR_NONE ? 0 : -1) &&
		       err.code == rows[i].code && split.good &&
		       split.count == j && ERR_peek_error() == 0, "PEM: %s: %s",
		       rows[i].name, ret == 0 ? "fine" : err.text);
		free(text);
	}
	free(a);
	free(b);
	free(key);
	free(trusted);
}

static void test_split_stops(void)
{
	struct split split = { .good = true, .stop_at = 1 };
	struct seal_error err;
	char *text = slurp(p256.cert);

	tap_ok(seal_recipient_split_pem(text, strlen(text), take, &split,
					&err) == -1 &&
	       err.code == SEAL_ERR_LIMIT, "PEM: the callback's error");
	free(text);
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

static void test_memory_info(const char *name, const struct judge_key *key,
			     bool oaep)
{
	struct seal_buf infos = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	unsigned long n, errors = 0;
	struct seal_error err;
	bool good = true, failed = true;
	int ret;

	for (n = 1; good && failed && n < 10000; n++) {
		seal_buf_free(&infos);
		err.code = SEAL_ERR_NONE;
		tap_alloc_fail_at(n);
		ret = info(key, oaep, SEAL_CIPHER_AES256_CBC, &infos, &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		errors += ret < 0;
		good = ERR_peek_error() == 0;
		if (ret < 0) {
			good = good && infos.len == 0 &&
				(err.code == SEAL_ERR_MEMORY ||
				 err.code == SEAL_ERR_CRYPTO);
			continue;
		}
		seal(SEAL_CIPHER_AES256_CBC, &infos, &out);
		good = good && judge_opens(&out, key, content,
					   strlen(content));
	}
	tap_ok(good && !failed && errors > 0,
	       "%s, RecipientInfo: %lu allocations failed, %lu errors", name,
	       n - 2, errors);
	seal_buf_free(&infos);
	seal_buf_free(&out);
}

static void test_memory_split(void)
{
	char *text = slurp(rsa2048.cert);
	bool failed = true, good = true;
	struct seal_error err;
	unsigned long n;
	int ret;

	for (n = 1; good && failed && n < 100; n++) {
		struct split split = { .good = true, .wanted = { &rsa2048 } };

		err.code = SEAL_ERR_NONE;
		tap_alloc_fail_at(n);
		ret = seal_recipient_split_pem(text, strlen(text), take, &split,
					       &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		good = ret < 0 ? err.code == SEAL_ERR_MEMORY :
			split.good && split.count == 1;
	}
	tap_ok(good && !failed, "PEM: %lu allocations failed", n - 2);
	free(text);
}

int main(void)
{
	static const char *const extensions[] = {
		"subjectAltName=email:owner@example.org",
		"extendedKeyUsage=emailProtection", NULL
	};
	unsigned int k;

	tap_alloc_init();
	for (k = 0; k < N(kinds); k++) {
		if (!judge_make(kinds[k].key, kinds[k].name, kinds[k].algorithm,
				kinds[k].option, extensions))
			return 99;
	}
	test_memory_life("RSA", &rsa2048);
	test_memory_life("EC", &p384);
	test_memory_info("RSA", &rsa2048, false);
	test_memory_info("RSA OAEP", &rsa2048, true);
	test_memory_info("EC", &p384, false);
	test_memory_split();
	test_kinds();
	test_ec_rounds();
	test_other_content_keys();
	test_names();
	test_extensions();
	test_keys();
	test_forced_keys();
	test_explicit_curve();
	test_dates();
	test_unfit_before_dates();
	test_form();
	test_exponent_one();
	test_describe();
	test_describe_long();
	test_split_pem();
	test_split_stops();
	for (k = 0; k < N(kinds); k++)
		judge_free(kinds[k].key);
	return tap_done();
}
