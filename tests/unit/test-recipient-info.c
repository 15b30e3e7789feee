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
static const unsigned char content_key[SEAL_CIPHER_KEY_MAX + 1] =
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

/* One allocation after the other fails: an error, or it opens. */
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
	/* first, while libcrypto has nothing in its caches */
	test_memory_info("RSA", &rsa2048, false);
	test_memory_info("RSA OAEP", &rsa2048, true);
	test_memory_info("EC", &p384, false);
	test_kinds();
	test_ec_rounds();
	test_other_content_keys();
	test_names();
	for (k = 0; k < N(kinds); k++)
		judge_free(kinds[k].key);
	return tap_done();
}
