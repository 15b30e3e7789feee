/* SPDX-License-Identifier: MIT */
#include "pki/sender.h"

#include <openssl/cms.h>
#include "judge-chain.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const char entity[] =
	"Content-Type: text/plain; charset=utf-8\r\n"
	"Content-Transfer-Encoding: 8bit\r\n"
	"\r\n"
	"Gr\xc3\xbc\xc3\x9f" "e\r\n.\r\nFrom here\r\n";
static const char changed[] =
	"Content-Type: text/plain; charset=utf-8\r\n"
	"Content-Transfer-Encoding: 8bit\r\n"
	"\r\n"
	"Gr\xc3\xbc\xc3\x9f" "e\r\n,\r\nFrom here\r\n";

static const unsigned char secret[SEAL_SENDER_SECRET_LEN + 1] =
	"what a profile's senders have...";

static struct judge_chain chain;
static EVP_PKEY *rsa2048, *rsa3072;
static char gnupg[32], nss[32];
static bool has_gpgsm, has_cmsutil;

static const struct row {
	const char *name, *address;
	EVP_PKEY **rsa;
	bool replies;
} rows[] = {
	{ "P-256", "ann@example.org", NULL, false },
	{ "P-256, replies", "ann@example.org", NULL, true },
	{ "RSA-2048", "ann@example.org", &rsa2048, false },
	{ "RSA-3072, replies", "bob@example.org", &rsa3072, true },
	{ "UTF-8", "dvo\xc5\x99\xc3\xa1k@example.cz", NULL, false },
	{ "254 bytes",
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@"
	  "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb."
	  "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc."
	  "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd."
	  "ee.org", NULL, false }
};

static void entity_digest(unsigned char digest[SEAL_SENDER_DIGEST_LEN])
{
	if (EVP_Digest(entity, strlen(entity), digest, NULL, EVP_sha256(),
		       NULL) != 1)
		abort();
}

static struct seal_sender *make(const struct row *row)
{
	struct seal_error err;
	struct seal_sender *sender =
		judge_sender(chain.issuer_key, chain.issuer.data,
				chain.issuer.len, secret,
				row->rsa == NULL ? NULL : *row->rsa,
				row->address, row->replies, &err);

	if (sender == NULL) {
		tap_note("%s", err.text);
		abort();
	}
	return sender;
}

/* Writes a multipart/signed message with that content and signature. */
static const char *write_message(const char *content,
				 const struct seal_buf *signature)
{
	static const char *path;
	unsigned char base64[65];
	size_t at, len;
	FILE *f;

	if (path == NULL)
		path = tap_file("signed.eml", NULL, 0);
	if ((f = fopen(path, "wb")) == NULL)
		abort();
	fprintf(f, "MIME-Version: 1.0\r\n"
		"Content-Type: multipart/signed; micalg=sha-256; boundary=b;\r\n"
		" protocol=\"application/pkcs7-signature\"\r\n\r\n"
		"--b\r\n%s\r\n--b\r\n"
		"Content-Type: application/pkcs7-signature; name=smime.p7s\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n",
		content);
	for (at = 0; at < signature->len; at += len) {
		len = signature->len - at < 48 ? signature->len - at : 48;
		(void)EVP_EncodeBlock(base64, signature->data + at, (int)len);
		fprintf(f, "%s\r\n", (const char *)base64);
	}
	fprintf(f, "--b--\r\n");
	fclose(f);
	return path;
}

/*
 * Other programs
 */

static bool openssl_accepts(const char *content,
			    const struct seal_buf *signature)
{
	const char *const argv[] = {
		"openssl", "cms", "-verify", "-in",
		write_message(content, signature), "-CAfile", chain.root_pem,
		"-x509_strict", "-purpose", "smimesign", NULL
	};
	struct seal_buf out = SEAL_BUF_INIT;
	bool good = judge_run(argv, &out) && out.len == strlen(content) &&
		memcmp(out.data, content, out.len) == 0;

	seal_buf_free(&out);
	return good;
}

static bool gpgsm_accepts(const char *content, const char *signature)
{
	const char *const argv[] = {
		"gpgsm", "--homedir", gnupg, "--batch", "--quiet",
		"--disable-crl-checks", "--verify", signature, content, NULL
	};

	return judge_run(argv, NULL);
}

static bool nss_accepts(const char *content, const char *signature)
{
	char db[64];
	const char *const argv[] = {
		"cmsutil", "-D", "-d", db, "-i", signature, "-c", content,
		"-u", "4", "-o", "/dev/null", NULL
	};

	snprintf(db, sizeof(db), "sql:%s", nss);
	return judge_run(argv, NULL);
}

static void test_programs(const struct row *row, const char *signature)
{
	static const char *good, *bad;

	if (good == NULL) {
		good = tap_file("content", entity, strlen(entity));
		bad = tap_file("changed", changed, strlen(changed));
	}
	if (has_gpgsm) {
		tap_ok(gpgsm_accepts(good, signature) &&
		       !gpgsm_accepts(bad, signature),
		       "%s: gpgsm accepts it, not a changed body", row->name);
	} else {
		tap_skip("gpgsm is missing", "%s: gpgsm", row->name);
	}
	if (has_cmsutil) {
		tap_ok(nss_accepts(good, signature) &&
		       !nss_accepts(bad, signature),
		       "%s: NSS accepts it, not a changed body", row->name);
	} else {
		tap_skip("cmsutil (libnss3-tools) is missing", "%s: NSS",
			 row->name);
	}
}

/*
 * What stands in it
 */

/* Whether openssl finds both certificates, the sender's being this one. */
static bool has_certificates(const char *signature,
			     const struct seal_sender *sender)
{
	const char *const argv[] = {
		"openssl", "pkcs7", "-inform", "DER", "-in", signature,
		"-print_certs", NULL
	};
	struct seal_buf out = SEAL_BUF_INIT, der = SEAL_BUF_INIT;
	struct seal_error err;
	unsigned int count = 0, found = 0;
	X509 *cert;
	BIO *in;

	if (seal_sender_certificate(sender, &der, &err) < 0 ||
	    !judge_run(argv, &out) ||
	    (in = BIO_new_mem_buf(out.data, (int)out.len)) == NULL)
		abort();
	while ((cert = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL) {
		X509 *own = judge_x509(&der), *issuer =
			judge_x509(&chain.issuer);

		count++;
		found += X509_cmp(cert, own) == 0 || X509_cmp(cert, issuer) == 0;
		X509_free(own);
		X509_free(issuer);
		X509_free(cert);
	}
	ERR_clear_error();
	BIO_free(in);
	seal_buf_free(&out);
	seal_buf_free(&der);
	return count == 2 && found == 2;
}

static bool is_canonical(const struct seal_buf *der)
{
	const unsigned char *p = der->data;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)der->len);
	unsigned char *again = NULL;
	int len = cms == NULL ? 0 : i2d_CMS_ContentInfo(cms, &again);
	bool good = len > 0 && (size_t)len == der->len &&
		p == der->data + der->len &&
		memcmp(again, der->data, der->len) == 0;

	OPENSSL_free(again);
	CMS_ContentInfo_free(cms);
	return good;
}

static void test_structure(const struct row *row, const char *signature)
{
	static const struct {
		const char *text;
		bool wanted;
	} words[] = {
		{ "contentType: pkcs7-signedData", true },
		{ "eContentType: pkcs7-data", true },
		{ "eContent: <ABSENT>", true },
		{ "object: contentType (1.2.840.113549.1.9.3)", true },
		{ "object: messageDigest (1.2.840.113549.1.9.4)", true },
		{ "d.issuerAndSerialNumber", true },
		{ "crls:\n      <ABSENT>", true },
		{ "unsignedAttrs:\n          <ABSENT>", true },
		{ "signingTime", false },
		{ "S/MIME Capabilities", false },
		{ "algorithm: sha1 ", false }
	};
	const char *const argv[] = {
		"openssl", "cms", "-cmsout", "-print", "-noout", "-inform",
		"DER", "-in", signature, NULL
	};
	const char *algorithm = row->rsa == NULL ?
		"algorithm: ecdsa-with-SHA256 (1.2.840.10045.4.3.2)\n"
		"          parameter: <ABSENT>" :
		"algorithm: sha256WithRSAEncryption (1.2.840.113549.1.1.11)\n"
		"          parameter: NULL";
	struct seal_buf out = SEAL_BUF_INIT;
	unsigned int i;
	bool good = judge_run(argv, &out);

	for (i = 0; good && i < N(words); i++) {
		if ((memmem(out.data, out.len, words[i].text,
			    strlen(words[i].text)) != NULL) !=
		    words[i].wanted) {
			tap_note("%s", words[i].text);
			good = false;
		}
	}
	tap_ok(good && memmem(out.data, out.len, algorithm,
			      strlen(algorithm)) != NULL,
	       "%s: no signingTime, and what is said otherwise", row->name);
	seal_buf_free(&out);
}

static void test_row(const struct row *row)
{
	unsigned char digest[SEAL_SENDER_DIGEST_LEN];
	struct seal_sender *sender = make(row);
	struct seal_buf out = SEAL_BUF_INIT;
	struct seal_error err;
	const char *path;

	entity_digest(digest);
	tap_ok(seal_sender_sign(sender, digest, &out, &err) == 0 &&
	       ERR_peek_error() == 0 && is_canonical(&out),
	       "%s: signs, in DER", row->name);
	tap_ok(openssl_accepts(entity, &out) && !openssl_accepts(changed, &out),
	       "%s: openssl accepts it, not a changed body", row->name);
	path = tap_file("signature", out.data, out.len);
	tap_ok(has_certificates(path, sender),
	       "%s: has the sender's and the issuer's certificates",
	       row->name);
	test_structure(row, path);
	test_programs(row, path);
	seal_buf_free(&out);
	seal_sender_free(&sender);
}

/* Two digests, one sender: what comes second is appended, and both are good. */
static void test_again(void)
{
	unsigned char digest[SEAL_SENDER_DIGEST_LEN], zero[32] = { 0 };
	struct seal_sender *sender = make(&rows[0]);
	struct seal_buf out = SEAL_BUF_INIT, second = SEAL_BUF_INIT;
	struct seal_error err;
	size_t first;

	entity_digest(digest);
	if (seal_sender_sign(sender, zero, &out, &err) < 0)
		abort();
	first = out.len;
	tap_ok(seal_sender_sign(sender, digest, &out, &err) == 0 &&
	       out.len > first &&
	       seal_buf_append(&second, out.data + first, out.len - first,
			       &err) == 0 &&
	       openssl_accepts(entity, &second), "signs again");
	out.len = first;
	tap_ok(!openssl_accepts(entity, &out), "not good for another content");
	seal_buf_free(&out);
	seal_buf_free(&second);
	seal_sender_free(&sender);
}

/*
 * Failures
 */

/* libcrypto's verdict, which is quicker than the program's */
static bool verifies(const struct seal_buf *der)
{
	const unsigned char *p = der->data;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)der->len);
	BIO *in = BIO_new_mem_buf(entity, (int)strlen(entity));
	bool good = cms != NULL &&
		CMS_verify(cms, NULL, NULL, in, NULL, CMS_BINARY |
			   CMS_DETACHED | CMS_NO_SIGNER_CERT_VERIFY) == 1;

	BIO_free(in);
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	return good;
}

static void test_memory(const struct row *row)
{
	unsigned char digest[SEAL_SENDER_DIGEST_LEN];
	struct seal_sender *sender = make(row);
	struct seal_buf out = SEAL_BUF_INIT;
	unsigned long n, errors = 0;
	struct seal_error err;
	bool good = true, failed = true;
	int ret;

	entity_digest(digest);
	for (n = 1; good && failed && n < 10000; n++) {
		seal_buf_free(&out);
		err.code = SEAL_ERR_NONE;
		tap_alloc_fail_at(n);
		ret = seal_sender_sign(sender, digest, &out, &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		errors += ret < 0;
		good = ERR_peek_error() == 0;
		if (ret < 0)
			good = good && out.len == 0 &&
				(err.code == SEAL_ERR_MEMORY ||
				 err.code == SEAL_ERR_CRYPTO);
		else
			good = good && is_canonical(&out) && verifies(&out);
		if (!good)
			tap_note("allocation %lu: %d %s", n, (int)err.code,
				 err.text);
	}
	tap_ok(good && !failed && errors > 0,
	       "%s: %lu allocations failed, %lu errors", row->name, n - 2,
	       errors);
	seal_buf_free(&out);
	seal_sender_free(&sender);
}

/* seald hands over a key that it read; only half of one cannot sign. */
static void test_public_only(void)
{
	static EVP_PKEY *half;
	static const struct row row = { "", "ann@example.org", &half, false };
	unsigned char digest[SEAL_SENDER_DIGEST_LEN] = { 0 }, *der = NULL;
	const unsigned char *p;
	struct seal_buf out = SEAL_BUF_INIT;
	struct seal_sender *sender;
	struct seal_error err;
	int len = i2d_PUBKEY(rsa2048, &der);

	p = der;
	half = d2i_PUBKEY(NULL, &p, len);
	OPENSSL_free(der);
	if (half == NULL)
		abort();
	sender = make(&row);
	tap_ok(seal_sender_sign(sender, digest, &out, &err) == -1 &&
	       err.code == SEAL_ERR_CRYPTO && out.len == 0 &&
	       ERR_peek_error() == 0, "a public key cannot sign");
	seal_sender_free(&sender);
	EVP_PKEY_free(half);
}

int main(void)
{
	struct seal_error err;
	unsigned int i;

	tap_alloc_init();
	judge_chain_make(&chain);
	rsa2048 = seal_key_generate(SEAL_KEY_RSA2048, &err);
	rsa3072 = seal_key_generate(SEAL_KEY_RSA3072, &err);
	if (rsa2048 == NULL || rsa3072 == NULL)
		abort();
	/* first, while libcrypto has nothing in its caches */
	test_memory(&rows[0]);
	test_memory(&rows[3]);
	judge_home_make(gnupg);
	judge_home_make(nss);
	has_gpgsm = judge_has("gpgsm") && judge_gnupg_trust(gnupg, &chain);
	has_cmsutil = judge_has("cmsutil") && judge_nss_trust(nss, &chain);
	for (i = 0; i < N(rows); i++)
		test_row(&rows[i]);
	test_again();
	test_public_only();
	if (has_gpgsm)
		judge_gnupg_free(gnupg);
	else
		judge_home_free(gnupg);
	judge_home_free(nss);
	EVP_PKEY_free(rsa2048);
	EVP_PKEY_free(rsa3072);
	judge_chain_free(&chain);
	return tap_done();
}
