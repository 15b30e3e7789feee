/* SPDX-License-Identifier: MIT */
#include "pki/pkcs12.h"

#include <openssl/pkcs12.h>
#include "judge-chain.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define PASSPHRASE "7kfa-x2mu-9tq4-hzcv"
#define NAME "Dvo\xc5\x99\xc3\xa1k, \xe6\x97\xa5\xe6\x9c\xac"

static struct judge_chain chain;
static struct judge_key rsa, p256;
static EVP_PKEY *rsa_key, *p256_key;
static struct seal_der_input up[2];

static const char *const form_names[] = {
	[SEAL_PKCS12_CURRENT] = "current",
	[SEAL_PKCS12_COMPATIBLE] = "compatible"
};

static EVP_PKEY *read_key(const struct judge_key *from)
{
	FILE *f = fopen(from->key, "r");
	EVP_PKEY *key = f == NULL ? NULL :
		PEM_read_PrivateKey(f, NULL, NULL, NULL);

	if (key == NULL)
		abort();
	fclose(f);
	return key;
}

static void make(enum seal_pkcs12_form form, bool is_rsa, unsigned int count,
		 const char *name, const char *passphrase, struct seal_buf *out)
{
	struct seal_der_input cert = judge_der(is_rsa ? &rsa.der : &p256.der);
	struct seal_error err;

	seal_buf_clear(out);
	if (seal_pkcs12_write(form, is_rsa ? rsa_key : p256_key, &cert, up,
			      count, name, passphrase, out, &err) < 0 ||
	    ERR_peek_error() != 0) {
		tap_note("%s", err.text);
		abort();
	}
}

static bool contains(const struct seal_buf *buf, const char *text)
{
	return buf->len > 0 &&
		memmem(buf->data, buf->len, text, strlen(text)) != NULL;
}

static unsigned int count(const struct seal_buf *buf, const char *text)
{
	const char *p = (const char *)buf->data;
	size_t left = buf->len, len = strlen(text);
	unsigned int n = 0;
	const char *hit;

	while (left > 0 && (hit = memmem(p, left, text, len)) != NULL) {
		n++;
		left -= (size_t)(hit - p) + len;
		p = hit + len;
	}
	return n;
}

/* One path for all, so that tap_file()'s table does not fill. */
static const char *write_file(const struct seal_buf *p12)
{
	static const char *path;

	if (path == NULL)
		path = tap_file("owner.p12", NULL, 0);
	judge_write(path, p12->data, p12->len);
	return path;
}

/*
 * openssl
 */

/* legacy: only that provider has what old files may need; ours shall be
 * readable with it as well as without */
static bool openssl_reads(const char *path, const char *passphrase,
			  bool legacy, struct seal_buf *out)
{
	char in[128];
	const char *argv[] = {
		"openssl", "pkcs12", "-in", path, "-nodes", "-passin", in,
		legacy ? "-legacy" : NULL, NULL
	};

	snprintf(in, sizeof(in), "pass:%s", passphrase);
	return judge_run(argv, out);
}

static bool same_key(const struct seal_buf *pem, EVP_PKEY *key)
{
	BIO *in = BIO_new_mem_buf(pem->data, (int)pem->len);
	EVP_PKEY *found = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
	bool same = found != NULL && EVP_PKEY_eq(found, key) == 1;

	EVP_PKEY_free(found);
	BIO_free(in);
	ERR_clear_error();
	return same;
}

static void test_openssl(enum seal_pkcs12_form form, bool is_rsa)
{
	const char *name = form_names[form];
	struct seal_buf p12 = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	unsigned int n;

	for (n = 0; n <= 2; n++) {
		make(form, is_rsa, n, "An owner", PASSPHRASE, &p12);
		tap_ok(openssl_reads(write_file(&p12), PASSPHRASE,
				     form == SEAL_PKCS12_COMPATIBLE, &out) &&
		       same_key(&out, is_rsa ? rsa_key : p256_key) &&
		       count(&out, "BEGIN CERTIFICATE") == 1 + n &&
		       count(&out, "friendlyName: An owner") == 2 &&
		       count(&out, "localKeyID") == 2,
		       "%s, %s: openssl reads it, with %u of the chain", name,
		       is_rsa ? "RSA" : "P-256", n);
	}
	tap_ok(!openssl_reads(write_file(&p12), "wrong", true, &out),
	       "%s: not with another passphrase", name);
	seal_buf_free(&p12);
	seal_buf_free(&out);
}

static void test_parameters(enum seal_pkcs12_form form)
{
	static const struct {
		const char *text;
		unsigned int count[2];
	} words[] = {
		{ "MAC: sha256, Iteration 200000", { 1, 0 } },
		{ "MAC length: 32, salt length: 16", { 1, 0 } },
		{ "Shrouded Keybag: PBES2, PBKDF2, AES-256-CBC, "
		  "Iteration 200000, PRF hmacWithSHA256", { 1, 0 } },
		{ "PKCS7 Encrypted data: PBES2, PBKDF2, AES-256-CBC, "
		  "Iteration 200000, PRF hmacWithSHA256", { 1, 0 } },
		{ "MAC: sha1, Iteration 10000", { 0, 1 } },
		{ "MAC length: 20, salt length: 8", { 0, 1 } },
		{ "Shrouded Keybag: pbeWithSHA1And3-KeyTripleDES-CBC, "
		  "Iteration 10000", { 0, 1 } },
		{ "PKCS7 Encrypted data: pbeWithSHA1And3-KeyTripleDES-CBC, "
		  "Iteration 10000", { 0, 1 } },
		{ "Iteration", { 3, 3 } }
	};
	/* the program tells all this on its standard error */
	static const char script[] = "exec 2>&1; openssl pkcs12 -info -nodes "
		"-legacy -in \"$0\" -passin pass:" PASSPHRASE;
	struct seal_buf p12 = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	const char *argv[] = { "sh", "-c", script, NULL, NULL };
	unsigned int i;
	bool good;

	make(form, true, 2, "x", PASSPHRASE, &p12);
	argv[3] = write_file(&p12);
	good = judge_run(argv, &out);
	for (i = 0; i < N(words); i++) {
		tap_ok(good && count(&out, words[i].text) ==
		       words[i].count[form], "%s: %u times \"%s\"",
		       form_names[form], words[i].count[form], words[i].text);
	}
	seal_buf_free(&p12);
	seal_buf_free(&out);
}

static void test_fresh(enum seal_pkcs12_form form)
{
	struct seal_buf p12 = SEAL_BUF_INIT, again = SEAL_BUF_INIT;

	make(form, true, 2, "x", PASSPHRASE, &p12);
	make(form, true, 2, "x", PASSPHRASE, &again);
	tap_ok(p12.len != again.len ||
	       memcmp(p12.data, again.data, p12.len) != 0,
	       "%s: never the same file", form_names[form]);
	seal_buf_free(&p12);
	seal_buf_free(&again);
}

/*
 * Names and passphrases
 */

/* What libcrypto reads as the key's friendlyName; NULL: nothing. */
static char *friendly_name(const struct seal_buf *p12, const char *passphrase)
{
	const unsigned char *p = p12->data;
	PKCS12 *file = d2i_PKCS12(NULL, &p, (long)p12->len);
	EVP_PKEY *key = NULL;
	X509 *cert = NULL;
	char *name = NULL;
	unsigned char *alias;
	int len;

	if (file == NULL || PKCS12_parse(file, passphrase, &key, &cert,
					 NULL) != 1)
		abort();
	alias = X509_alias_get0(cert, &len);
	if (alias != NULL)
		name = strndup((const char *)alias, (size_t)len);
	EVP_PKEY_free(key);
	X509_free(cert);
	PKCS12_free(file);
	ERR_clear_error();
	return name;
}

/* first: the first of the forms */
static void test_names(unsigned int first)
{
	static char long_name[301], cut_name[256];
	static const struct {
		const char *what, *name, *wanted;
	} rows[] = {
		{ "UTF-8", NAME, NAME },
		{ "none", NULL, NULL },
		{ "empty", "", NULL },
		{ "beyond the BMP", "a\xf0\x9f\x94\x92z", "a\xef\xbf\xbdz" },
		{ "300 characters", long_name, cut_name }
	};
	struct seal_buf p12 = SEAL_BUF_INIT;
	unsigned int i, form;
	char *name;

	memset(long_name, 'n', sizeof(long_name) - 1);
	memset(cut_name, 'n', sizeof(cut_name) - 1);
	for (i = 0; i < N(rows); i++) {
		for (form = first; form < 2; form++) {
			make(form, false, 0, rows[i].name, PASSPHRASE, &p12);
			name = friendly_name(&p12, PASSPHRASE);
			tap_ok(rows[i].wanted == NULL ? name == NULL :
			       name != NULL && strcmp(name,
						      rows[i].wanted) == 0,
			       "%s: friendlyName: %s", form_names[form],
			       rows[i].what);
			free(name);
		}
	}
	seal_buf_free(&p12);
}

static void test_passphrases(unsigned int first)
{
	static const struct {
		const char *what, *text;
	} rows[] = {
		{ "one character", "x" },
		{ "UTF-8", "h\xc3\xbctte \xe6\x97\xa5" },
		{ "beyond the BMP", "\xf0\x9f\x94\x92" },
		{ "31 characters", "0123456789012345678901234567890" },
		{ "32 characters", "01234567890123456789012345678901" },
		{ "70 characters", "0123456789012345678901234567890123456789"
		  "012345678901234567890123456789" }
	};
	struct seal_buf p12 = SEAL_BUF_INIT, out = SEAL_BUF_INIT;
	unsigned int i, form;

	for (i = 0; i < N(rows); i++) {
		for (form = first; form < 2; form++) {
			make(form, false, 0, NULL, rows[i].text, &p12);
			tap_ok(openssl_reads(write_file(&p12), rows[i].text,
					     true, &out) &&
			       same_key(&out, p256_key), "%s: passphrase of %s",
			       form_names[form], rows[i].what);
		}
	}
	seal_buf_free(&p12);
	seal_buf_free(&out);
}

/*
 * NSS and GnuPG
 */

static bool nss_lists(const char *db, const struct seal_buf *p12, bool is_rsa)
{
	const char *path = write_file(p12);
	const char *const import[] = {
		"pk12util", "-i", path, "-d", db, "-W", PASSPHRASE, "-K", "",
		NULL
	};
	const char *const keys[] = { "certutil", "-K", "-d", db, NULL };
	const char *const certs[] = { "certutil", "-L", "-d", db, NULL };
	struct seal_buf out = SEAL_BUF_INIT;
	bool good = judge_run(import, NULL) && judge_run(keys, &out) &&
		contains(&out, NAME) &&
		contains(&out, is_rsa ? "rsa" : "ec") &&
		judge_run(certs, &out) && contains(&out, NAME) &&
		contains(&out, "Mail Seal issuer") &&
		contains(&out, "Mail Seal root");

	seal_buf_free(&out);
	return good;
}

static void test_nss(enum seal_pkcs12_form form, bool is_rsa)
{
	char home[32], db[64];
	const char *const empty[] = {
		"certutil", "-N", "-d", db, "--empty-password", NULL
	};
	struct seal_buf p12 = SEAL_BUF_INIT;

	if (!judge_has("pk12util")) {
		tap_skip("pk12util (libnss3-tools) is missing",
			 "%s, %s: NSS imports it", form_names[form],
			 is_rsa ? "RSA" : "P-256");
		return;
	}
	make(form, is_rsa, 2, NAME, PASSPHRASE, &p12);
	judge_home_make(home);
	snprintf(db, sizeof(db), "sql:%s", home);
	tap_ok(judge_run(empty, NULL) && nss_lists(db, &p12, is_rsa),
	       "%s, %s: NSS imports key, chain and name", form_names[form],
	       is_rsa ? "RSA" : "P-256");
	judge_home_free(home);
	seal_buf_free(&p12);
}

static bool gpgsm_imports(const char *home, const char *path)
{
	const char *const argv[] = {
		"gpgsm", "--homedir", home, "--batch", "--no-tty", "--quiet",
		"--disable-crl-checks", "--pinentry-mode", "loopback",
		"--passphrase-fd", "0", "--import", path, NULL
	};
	const char *const keys[] = {
		"gpgsm", "--homedir", home, "--batch", "--quiet",
		"--with-colons", "--list-secret-keys", NULL
	};
	struct seal_buf out = SEAL_BUF_INIT;
	static const char input[] = PASSPHRASE "\n";
	char *text;
	size_t len;
	bool good;

	good = tap_run(argv, input, sizeof(input) - 1, &text, &len) == 0 &&
		judge_run(keys, &out) && contains(&out, "\ncrs:");
	free(text);
	seal_buf_free(&out);
	return good;
}

/* Every file: GnuPG 2.2's own mistake is kept out of the way. */
static void test_gpgsm(unsigned int rounds)
{
	struct seal_buf p12 = SEAL_BUF_INIT;
	unsigned int i;
	char home[32];
	bool good = true;

	if (!judge_has("gpgsm")) {
		tap_skip("gpgsm is missing", "compatible: gpgsm imports it");
		return;
	}
	for (i = 0; good && i < rounds; i++) {
		make(SEAL_PKCS12_COMPATIBLE, true, 2, NAME, PASSPHRASE, &p12);
		judge_home_make(home);
		good = judge_gnupg_trust(home, &chain) &&
			gpgsm_imports(home, write_file(&p12));
		judge_gnupg_free(home);
	}
	tap_ok(good, "compatible: gpgsm imports %u of %u", i, rounds);
	seal_buf_free(&p12);
}

/*
 * Failures
 */

static void refused(const char *name, EVP_PKEY *key,
		    const struct seal_buf *cert,
		    const struct seal_der_input *above, const char *label,
		    const char *passphrase)
{
	struct seal_der_input input = judge_der(cert);
	struct seal_buf out = SEAL_BUF_INIT;
	struct seal_error err = { SEAL_ERR_NONE, "" };

	tap_ok(seal_pkcs12_write(SEAL_PKCS12_CURRENT, key, &input, above, 1,
				 label, passphrase, &out, &err) == -1 &&
	       err.code == SEAL_ERR_INPUT && out.len == 0 &&
	       strstr(err.text, PASSPHRASE) == NULL && ERR_peek_error() == 0,
	       "refused: %s", name);
	seal_buf_free(&out);
}

static void test_refusals(void)
{
	struct seal_buf cut = rsa.der, none = SEAL_BUF_INIT;
	struct seal_der_input bad = judge_der(&chain.root);

	cut.len--;
	bad.len--;
	refused("another key", p256_key, &rsa.der, up, "", PASSPHRASE);
	refused("another certificate", rsa_key, &p256.der, up, "", PASSPHRASE);
	refused("empty passphrase", rsa_key, &rsa.der, up, "", "");
	refused("passphrase not UTF-8", rsa_key, &rsa.der, up, "", "x\xff");
	refused("name not UTF-8", rsa_key, &rsa.der, up, "x\xc3", PASSPHRASE);
	refused("certificate cut", rsa_key, &cut, up, "", PASSPHRASE);
	refused("no certificate", rsa_key, &none, up, "", PASSPHRASE);
	refused("chain cut", rsa_key, &rsa.der, &bad, "", PASSPHRASE);
}

/* Whether libcrypto finds all in the file. */
static bool complete(const struct seal_buf *p12)
{
	const unsigned char *p = p12->data;
	PKCS12 *file = d2i_PKCS12(NULL, &p, (long)p12->len);
	STACK_OF(X509) *others = NULL;
	EVP_PKEY *key = NULL;
	X509 *cert = NULL, *wanted = judge_x509(&p256.der);
	bool good = file != NULL && p == p12->data + p12->len &&
		PKCS12_parse(file, PASSPHRASE, &key, &cert, &others) == 1 &&
		EVP_PKEY_eq(key, p256_key) == 1 && X509_cmp(cert, wanted) == 0 &&
		sk_X509_num(others) == 2;

	EVP_PKEY_free(key);
	X509_free(cert);
	X509_free(wanted);
	sk_X509_pop_free(others, X509_free);
	PKCS12_free(file);
	ERR_clear_error();
	return good;
}

/* The number of allocations that writing a file takes. */
static unsigned long allocations(enum seal_pkcs12_form form)
{
	struct seal_der_input cert = judge_der(&p256.der);
	struct seal_buf out = SEAL_BUF_INIT;
	unsigned long low = 0, high = 1U << 22, n;
	struct seal_error err;

	while (low + 1 < high) {
		n = (low + high) / 2;
		seal_buf_free(&out);
		tap_alloc_fail_at(n);
		(void)seal_pkcs12_write(form, p256_key, &cert, up, 2, NAME,
					PASSPHRASE, &out, &err);
		if (tap_alloc_failed())
			low = n;
		else
			high = n;
		tap_alloc_fail_at(0);
	}
	seal_buf_free(&out);
	return low;
}

/* Most allocations are those of each iteration, so not all have their turn:
 * those at both ends, and one in step between. */
static void test_memory(enum seal_pkcs12_form form, unsigned long step)
{
	unsigned long last = allocations(form);
	struct seal_der_input cert = judge_der(&p256.der);
	struct seal_buf out = SEAL_BUF_INIT;
	unsigned long n, errors = 0;
	struct seal_error err;
	bool good = true, failed = true;
	int ret;

	for (n = 1; good && failed;
	     n += n < 40 || n + 10 > last ? 1 : step) {
		seal_buf_free(&out);
		err.code = SEAL_ERR_NONE;
		tap_alloc_fail_at(n);
		ret = seal_pkcs12_write(form, p256_key, &cert, up, 2, NAME,
					PASSPHRASE, &out, &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		errors += ret < 0;
		good = ERR_peek_error() == 0;
		if (ret < 0)
			good = good && out.len == 0 &&
				(err.code == SEAL_ERR_MEMORY ||
				 err.code == SEAL_ERR_CRYPTO);
		else
			good = good && complete(&out);
		if (!good)
			tap_note("allocation %lu: %d %s", n, (int)err.code,
				 err.text);
	}
	tap_ok(good && !failed && errors > 0,
	       "%s: allocations up to %lu failed, %lu errors",
	       form_names[form], n, errors);
	seal_buf_free(&out);
}

int main(void)
{
	const char *preload = getenv("LD_PRELOAD");
	bool is_slow = preload != NULL && strstr(preload, "valgrind") != NULL;
	unsigned int form;

	tap_alloc_init();
	judge_chain_make(&chain);
	if (!judge_make(&rsa, "rsa", "rsa:3072", NULL, NULL) ||
	    !judge_make(&p256, "p256", "ec", "ec_paramgen_curve:P-256", NULL))
		return 99;
	rsa_key = read_key(&rsa);
	p256_key = read_key(&p256);
	up[0] = judge_der(&chain.issuer);
	up[1] = judge_der(&chain.root);
	test_memory(SEAL_PKCS12_COMPATIBLE, is_slow ? 4001 : 1009);
	if (!is_slow)
		test_memory(SEAL_PKCS12_CURRENT, 100003);
	for (form = 0; form < 2; form++) {
		test_openssl(form, true);
		test_openssl(form, false);
		test_parameters(form);
		test_fresh(form);
		test_nss(form, true);
		test_nss(form, false);
	}
	test_gpgsm(5);
	test_names(is_slow ? 1 : 0);
	test_passphrases(is_slow ? 1 : 0);
	test_refusals();
	EVP_PKEY_free(rsa_key);
	EVP_PKEY_free(p256_key);
	judge_free(&rsa);
	judge_free(&p256);
	judge_chain_free(&chain);
	return tap_done();
}
