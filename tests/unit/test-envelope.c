/* SPDX-License-Identifier: MIT */
#include "cms/envelope.h"

#include <unistd.h>
#include <openssl/err.h>
#include "base/sink.h"
#include "judge.h"

static const size_t sizes[] = {
	0, 1, 15, 16, 17, 47, 48, 49, 16383, 16384, 16385, 32768, 1024 * 1024
};
static const enum seal_cipher ciphers[] = {
	SEAL_CIPHER_AES256_CBC, SEAL_CIPHER_AES128_CBC,
	SEAL_CIPHER_AES256_GCM, SEAL_CIPHER_AES128_GCM
};
#define N(array) (sizeof(array) / sizeof((array)[0]))

static unsigned char data[1024 * 1024];
static const unsigned char content_key[SEAL_CIPHER_KEY_MAX + 1] =
	"what the RecipientInfos carry...";
static struct judge_key rsa, ec;

static void infos(enum seal_cipher cipher, struct seal_buf *out, bool with_rsa,
		  bool with_ec)
{
	size_t key_len = seal_cipher_key_length(cipher);
	struct seal_error err;

	seal_buf_clear(out);
	if ((with_rsa &&
	     seal_recipient_info(rsa.recipient, false, content_key, key_len,
				 out, &err) < 0) ||
	    (with_ec &&
	     seal_recipient_info(ec.recipient, false, content_key, key_len,
				 out, &err) < 0))
		abort();
}

/* Feeds cut bytes, then pieces of step bytes. 0 or -1 */
static int seal(enum seal_cipher cipher, const struct seal_buf *recipients,
		size_t len, size_t cut, size_t step, struct seal_buf *out,
		struct seal_error *err)
{
	struct seal_sink sink = seal_sink_to_buf(out);
	struct seal_envelope *env;
	size_t at, n;
	int ret = 0;

	seal_buf_clear(out);
	err->code = SEAL_ERR_NONE;
	env = seal_envelope_new(cipher, content_key,
				seal_cipher_key_length(cipher),
				recipients->data, recipients->len, &sink, err);
	if (env == NULL)
		return -1;
	for (at = 0, n = cut; ret == 0 && at < len; at += n, n = step) {
		if (n > len - at)
			n = len - at;
		ret = seal_envelope_more(env, data + at, n, err);
	}
	if (ret == 0)
		ret = seal_envelope_finish(env, err);
	seal_envelope_free(&env);
	return env == NULL ? ret : -1;
}

static bool lines_good(const struct seal_buf *out)
{
	size_t at, len;

	for (at = 0; at < out->len; at += len + 2) {
		len = out->len - at < 66 ? out->len - at - 2 : 64;
		if (out->len - at < 6 || out->data[at + len] != '\r' ||
		    out->data[at + len + 1] != '\n' ||
		    memchr(out->data + at, '\n', len) != NULL)
			return false;
	}
	return true;
}

static bool row(enum seal_cipher cipher, size_t len, size_t cut, size_t step)
{
	struct seal_buf recipients = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	struct seal_error err;
	bool good;

	infos(cipher, &recipients, true, false);
	good = seal(cipher, &recipients, len, cut, step, &out, &err) == 0 &&
		lines_good(&out) && judge_opens(&out, &rsa, data, len) &&
		ERR_peek_error() == 0;
	seal_buf_free(&recipients);
	seal_buf_free(&out);
	return good;
}

static void test_sizes(enum seal_cipher cipher)
{
	const char *name = seal_cipher_name(cipher);
	size_t i, len, cut, step;

	for (i = 0; i < N(sizes); i++) {
		len = sizes[i];
		tap_ok(row(cipher, len, len, len), "%s, %zu bytes, whole",
		       name, len);
		tap_ok(row(cipher, len, 1, 1), "%s, %zu bytes, one by one",
		       name, len);
		tap_ok(row(cipher, len, 13, 4099), "%s, %zu bytes, in pieces",
		       name, len);
		step = len < 100 ? 1 : len / 7;
		for (cut = 0; cut < len; cut += step) {
			if (!row(cipher, len, cut, len))
				break;
		}
		tap_ok(cut >= len, "%s, %zu bytes, cut at every offset (%zu)",
		       name, len, cut);
	}
}

/* What openssl's own reader says of the structure */
static void test_structure(enum seal_cipher cipher)
{
	static const struct {
		const char *name;
		bool rsa, ec;
		const char *version;
	} rows[] = {
		{ "RSA", true, false, "0\n" },
		{ "EC", false, true, "2\n" },
		{ "RSA and EC", true, true, "2\n" }
	};
	bool gcm = seal_cipher_is_gcm(cipher);
	struct seal_buf recipients = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	struct seal_buf text = SEAL_BUF_INIT;
	struct seal_error err;
	const char *version;
	unsigned int i;

	for (i = 0; i < N(rows); i++) {
		infos(cipher, &recipients, rows[i].rsa, rows[i].ec);
		if (seal(cipher, &recipients, 40000, 40000, 1, &out, &err) < 0)
			abort();
		const char *const argv[] = {
			"openssl", "cms", "-cmsout", "-print", "-in",
			judge_message(&out), NULL
		};
		if (!judge_run(argv, &text) ||
		    seal_buf_append(&text, "", 1, &err) < 0)
			abort();
		version = strstr((char *)text.data, "version: ");
		tap_ok(version != NULL &&
		       strncmp(version + 9, gcm ? "0\n" : rows[i].version,
			       2) == 0, "%s, %s: CMSVersion",
		       seal_cipher_name(cipher), rows[i].name);
		tap_ok(strstr((char *)text.data, gcm ?
			      "contentType: id-smime-ct-authEnvelopedData" :
			      "contentType: pkcs7-envelopedData") != NULL &&
		       strstr((char *)text.data,
			      "contentType: pkcs7-data") != NULL,
		       "%s, %s: content types", seal_cipher_name(cipher),
		       rows[i].name);
		tap_ok(!gcm || strstr((char *)text.data,
				      " :10\n") != NULL,
		       "%s, %s: ICVlen", seal_cipher_name(cipher),
		       rows[i].name);
		tap_ok((!rows[i].rsa ||
			judge_opens(&out, &rsa, data, 40000)) &&
		       (!rows[i].ec || judge_opens(&out, &ec, data, 40000)),
		       "%s, %s: opens", seal_cipher_name(cipher),
		       rows[i].name);
	}
	seal_buf_free(&recipients);
	seal_buf_free(&out);
	seal_buf_free(&text);
}

static void test_fresh_iv(void)
{
	struct seal_buf recipients = SEAL_BUF_INIT;
	struct seal_buf one = SEAL_BUF_INIT, two = SEAL_BUF_INIT;
	struct seal_error err;
	unsigned int i;

	for (i = 0; i < N(ciphers); i++) {
		infos(ciphers[i], &recipients, true, false);
		tap_ok(seal(ciphers[i], &recipients, 100, 100, 1, &one,
			    &err) == 0 &&
		       seal(ciphers[i], &recipients, 100, 100, 1, &two,
			    &err) == 0 &&
		       one.len == two.len &&
		       memcmp(one.data, two.data, one.len) != 0,
		       "%s: the same content twice, not the same bytes",
		       seal_cipher_name(ciphers[i]));
	}
	seal_buf_free(&recipients);
	seal_buf_free(&one);
	seal_buf_free(&two);
}

static void test_tampered(void)
{
	struct seal_buf recipients = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	struct seal_error err;
	unsigned char *p;

	infos(SEAL_CIPHER_AES256_GCM, &recipients, true, false);
	if (seal(SEAL_CIPHER_AES256_GCM, &recipients, 50000, 50000, 1, &out,
		 &err) < 0)
		abort();
	p = out.data + out.len / 2;
	while (*p < 'A' || *p > 'Y')
		p++;
	++*p;
	tap_ok(!judge_opens(&out, &rsa, data, 50000),
	       "GCM with one byte changed does not open");
	seal_buf_free(&recipients);
	seal_buf_free(&out);
}

static void test_refusals(void)
{
	static const struct {
		const char *name;
		enum seal_cipher cipher;
		size_t key_len, len;
		unsigned char recipients[16];
	} rows[] = {
#define R(...) sizeof((unsigned char[]){ __VA_ARGS__ }), { __VA_ARGS__ }
		{ "no cipher", SEAL_CIPHER_NONE, 0, R(0x30, 3, 2, 1, 0) },
		{ "unknown cipher", (enum seal_cipher)77, 32,
		  R(0x30, 3, 2, 1, 0) },
		{ "short key", SEAL_CIPHER_AES256_CBC, 16,
		  R(0x30, 3, 2, 1, 0) },
		{ "long key", SEAL_CIPHER_AES128_GCM, 32,
		  R(0x30, 3, 2, 1, 0) },
		{ "no key", SEAL_CIPHER_AES128_GCM, 0, R(0x30, 3, 2, 1, 0) },
		{ "no recipient", SEAL_CIPHER_AES256_CBC, 32, 0, { 0 } },
		{ "cut short", SEAL_CIPHER_AES256_CBC, 32, R(0x30, 3, 2, 1) },
		{ "only a tag", SEAL_CIPHER_AES256_CBC, 32, R(0x30) },
		{ "trailing zero", SEAL_CIPHER_AES256_CBC, 32,
		  R(0x30, 3, 2, 1, 0, 0) },
		{ "second cut short", SEAL_CIPHER_AES256_CBC, 32,
		  R(0x30, 3, 2, 1, 0, 0x30, 4, 2, 1, 0) },
		{ "KEKRecipientInfo", SEAL_CIPHER_AES256_CBC, 32,
		  R(0xa2, 3, 2, 1, 4) },
		{ "OtherRecipientInfo", SEAL_CIPHER_AES256_GCM, 32,
		  R(0xa4, 3, 2, 1, 4) },
		{ "indefinite", SEAL_CIPHER_AES256_CBC, 32,
		  R(0x30, 0x80, 2, 1, 0, 0, 0) },
		{ "length not the shortest", SEAL_CIPHER_AES256_CBC, 32,
		  R(0x30, 0x81, 3, 2, 1, 0) },
		{ "length with a leading zero", SEAL_CIPHER_AES256_CBC, 32,
		  R(0x30, 0x82, 0, 3, 2, 1, 0) },
		{ "length of five bytes", SEAL_CIPHER_AES256_CBC, 32,
		  R(0x30, 0x85, 1, 0, 0, 0, 3, 2, 1, 0) },
		{ "huge length", SEAL_CIPHER_AES256_CBC, 32,
		  R(0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 2, 1, 0) },
		{ "long tag", SEAL_CIPHER_AES256_CBC, 32,
		  R(0x3f, 1, 3, 2, 1, 0) },
		{ "no version", SEAL_CIPHER_AES256_CBC, 32, R(0x30, 0) },
		{ "version not a number", SEAL_CIPHER_AES256_GCM, 32,
		  R(0x30, 3, 4, 1, 0) }
#undef R
	};
	struct seal_buf out = SEAL_BUF_INIT;
	struct seal_sink sink = seal_sink_to_buf(&out);
	struct seal_envelope *env;
	struct seal_error err;
	unsigned int i;

	for (i = 0; i < N(rows); i++) {
		err.code = SEAL_ERR_NONE;
		env = seal_envelope_new(rows[i].cipher, content_key,
					rows[i].key_len, rows[i].recipients,
					rows[i].len, &sink, &err);
		tap_ok(env == NULL && err.code == SEAL_ERR_INPUT &&
		       out.len == 0 && ERR_peek_error() == 0, "refused: %s",
		       rows[i].name);
		seal_envelope_free(&env);
	}
	seal_buf_free(&out);
}

static int full_disk(void *context, const unsigned char *from, size_t len,
		     struct seal_error *err)
{
	size_t *left = context;

	(void)from;
	if (len > *left)
		return seal_error_set(err, SEAL_ERR_FULL, "full");
	*left -= len;
	return 0;
}

static void test_sink_error(void)
{
	static const unsigned char info[] = { 0x30, 3, 2, 1, 0 };
	static const size_t room[] = { 0, 10000, 60000, 130000 };
	struct seal_envelope *env;
	struct seal_error err;
	unsigned int i;
	size_t left;
	int ret;

	for (i = 0; i < N(room); i++) {
		struct seal_sink sink = { full_disk, &left, NULL };

		left = room[i];
		err.code = SEAL_ERR_NONE;
		env = seal_envelope_new(SEAL_CIPHER_AES128_CBC, content_key, 16,
					info, sizeof(info), &sink, &err);
		ret = env == NULL ? -1 :
			seal_envelope_more(env, data, 100000, &err);
		if (ret == 0)
			ret = seal_envelope_finish(env, &err);
		tap_ok(ret == -1 && err.code == SEAL_ERR_FULL,
		       "the sink's error after %zu bytes", room[i]);
		seal_envelope_free(&env);
	}
}

/* One allocation after the other fails: an error, or all went well. */
static void test_memory(enum seal_cipher cipher)
{
	struct seal_buf recipients = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	unsigned long n, errors = 0;
	struct seal_error err;
	bool good = true, failed = true;
	int ret;

	infos(cipher, &recipients, true, true);
	for (n = 1; good && failed && n < 10000; n++) {
		seal_buf_free(&out);
		tap_alloc_fail_at(n);
		ret = seal(cipher, &recipients, 40000, 100, 20000, &out, &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		errors += ret < 0;
		good = ERR_peek_error() == 0 &&
			(ret < 0 ? err.code != SEAL_ERR_NONE :
			 judge_opens(&out, &rsa, data, 40000));
	}
	tap_ok(good && !failed && errors > 0,
	       "%s: %lu allocations failed, %lu errors",
	       seal_cipher_name(cipher), n - 2, errors);
	seal_buf_free(&recipients);
	seal_buf_free(&out);
}

static char home[] = "/tmp/seal-gpgsm-XXXXXX";

static bool gpgsm(const char *command, const char *file, struct seal_buf *out)
{
	const char *const argv[] = {
		"gpgsm", "--homedir", home, "--batch", "--pinentry-mode",
		"loopback", "--passphrase-fd", "0", "--disable-crl-checks",
		"--assume-base64", command, file, NULL
	};
	struct seal_error err;
	char *text;
	size_t len;
	/* also the passphrase of the key in its home */
	int status = tap_run(argv, "secret\n", 7, &text, &len);

	seal_buf_clear(out);
	if (seal_buf_append(out, text, len, &err) < 0)
		abort();
	free(text);
	return status == 0;
}

static bool gpgsm_import(struct seal_buf *out)
{
	const char *path = tap_file("key.p12", NULL, 0);
	const char *const argv[] = {
		"openssl", "pkcs12", "-export", "-legacy", "-descert",
		"-macalg", "sha1", "-passout", "pass:secret", "-inkey",
		rsa.key, "-in", rsa.cert, "-out", path, NULL
	};
	const char *p12[] = {
		"gpgsm", "--homedir", home, "--batch", "--pinentry-mode",
		"loopback", "--passphrase-fd", "0", "--disable-crl-checks",
		"--import", path, NULL
	};
	char *text;
	size_t len;
	int status = 1;
	unsigned int tries;

	/* gpgsm 2.2 refuses a few sound files, which differ in their salt */
	for (tries = 0; status != 0 && tries < 5; tries++) {
		if (!judge_run(argv, out))
			return false;
		status = tap_run(p12, "secret\n", 7, &text, &len);
		free(text);
	}
	return status == 0;
}

static void test_gpgsm(void)
{
	static const char *const version[] = { "gpgsm", "--version", NULL };
	const char *const end[] = {
		"gpgconf", "--homedir", home, "--kill", "all", NULL
	};
	const char *const clean[] = { "rm", "-rf", home, NULL };
	struct seal_buf recipients = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	struct seal_buf plain = SEAL_BUF_INIT;
	const char *path = tap_file("gpgsm.b64", NULL, 0);
	struct seal_error err;
	unsigned int i, j;

	if (!judge_run(version, NULL)) {
		tap_skip("no gpgsm", "opened by gpgsm");
		return;
	}
	if (mkdtemp(home) == NULL)
		abort();
	if (!tap_ok(gpgsm_import(&out), "gpgsm takes the key"))
		goto out;
	/* GCM is for gpgsm 2.4 */
	for (i = 0; i < 2; i++) {
		infos(ciphers[i], &recipients, true, false);
		for (j = 0; j < N(sizes); j++) {
			if (seal(ciphers[i], &recipients, sizes[j], 5, 9999,
				 &out, &err) < 0)
				abort();
			judge_write(path, out.data, out.len);
			tap_ok(gpgsm("--decrypt", path, &plain) &&
			       plain.len == sizes[j] &&
			       (plain.len == 0 ||
				memcmp(plain.data, data, plain.len) == 0),
			       "%s, %zu bytes: opened by gpgsm",
			       seal_cipher_name(ciphers[i]), sizes[j]);
		}
	}
out:
	(void)judge_run(end, NULL);
	(void)judge_run(clean, NULL);
	seal_buf_free(&recipients);
	seal_buf_free(&out);
	seal_buf_free(&plain);
}

int main(void)
{
	static const char *const mail[] = {
		"subjectAltName=email:owner@example.org", NULL
	};
	size_t i;

	tap_alloc_init();
	for (i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 2654435761u >> 13);
	if (!judge_make(&rsa, "rsa", "rsa:2048", NULL, mail) ||
	    !judge_make(&ec, "ec", "ec", "ec_paramgen_curve:P-256", mail))
		return 99;
	/* first, while libcrypto has nothing in its caches */
	for (i = 0; i < N(ciphers); i++)
		test_memory(ciphers[i]);
	for (i = 0; i < N(ciphers); i++) {
		test_sizes(ciphers[i]);
		test_structure(ciphers[i]);
	}
	test_fresh_iv();
	test_tampered();
	test_refusals();
	test_sink_error();
	test_gpgsm();
	judge_free(&rsa);
	judge_free(&ec);
	return tap_done();
}
