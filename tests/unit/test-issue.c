/* SPDX-License-Identifier: MIT */

/* User certificates that come of the whole ceremony, and what OpenSSL, GnuTLS
 * and NSS say of them; TLS is in test-issue-tls.c. */

#include "pki/issue.h"

#include <string.h>
#include "chain-check.h"
#include "judge-verify.h"
#include "pki/cert.h"

#define TEN "0123456789"
#define FORTY TEN TEN TEN TEN

static void mail_is_good(struct files *files, const char *address, bool rsa,
			 const char *name)
{
	char check[400];
	bool ascii = seal_cert_is_ascii(address);

	tap_ok(openssl_takes(files, "smimesign", ascii ? "-verify_email" :
			     "-verify_depth", ascii ? address : "2"),
	       "%s: openssl verifies it for signing", name);
	/* It wants keyEncipherment of EC keys, too, which RFC 8813 forbids.
	 * "openssl cms -encrypt" does not ask. */
	tap_ok(openssl_takes(files, rsa ? "smimeencrypt" : "any",
			     "-verify_depth", "2"),
	       "%s: openssl verifies it for encryption", name);
	snprintf(check, sizeof(check), ascii ? "--verify-email=%s" : "--verify",
		 address);
	if (!there[GNUTLS])
		tap_skip(programs[GNUTLS].package, "%s", name);
	else
		tap_ok(gnutls_takes(files, "--verify-purpose="
				    "1.3.6.1.5.5.7.3.4", check),
		       "%s: GnuTLS verifies it", name);
	if (!there[NSS])
		tap_skip(programs[NSS].package, "%s", name);
	else
		tap_ok(nss_takes(files, "S") && nss_takes(files, "R"),
		       "%s: NSS verifies it as signer and recipient", name);
}

struct good {
	const char *name;
	const char *addresses[4];
	enum seal_key_kind kind;
	unsigned int days;
	const char *wanted[6];	/* what openssl shows */
};

static const struct good good_rows[] = {
	{ "RSA-3072", { "alice@example.org" }, SEAL_KEY_RSA3072, 730,
	  { "Subject: CN=alice@example.org\n", "Public-Key: (3072 bit)",
	    "X509v3 Basic Constraints: critical\n                CA:FALSE\n",
	    "X509v3 Key Usage: critical\n                Digital Signature, "
	    "Key Encipherment\n",
	    "X509v3 Extended Key Usage: \n                E-mail Protection\n"
	  } },
	{ "P-256, 1095 days", { "alice@example.org" }, SEAL_KEY_P256, 1095,
	  { "NIST CURVE: P-256", "X509v3 Key Usage: critical\n                "
	    "Digital Signature, Key Agreement\n" } },
	{ "RSA-2048, 2 days, three addresses",
	  { "alice@example.org", "Alice.Liddell@Example.ORG", "a+b@c.example" },
	  SEAL_KEY_RSA2048, 2,
	  { "email:alice@example.org, email:Alice.Liddell@Example.ORG, "
	    "email:a+b@c.example\n" } },
	{ "non-ASCII", { "p\xc3\xa4r@example.org", "par@example.org" },
	  SEAL_KEY_P256, 730,
	  { "Subject: CN=p\xc3\xa4r@example.org\n",
	    "othername: SmtpUTF8Mailbox:",
	    /* of which OpenSSL 3.0 writes two */
	    ":p\xc3\xa4r@example.org, email:par@example.org\n" }
	},
	{ "64 bytes", { FORTY TEN "abcd@b.org" }, SEAL_KEY_P256, 730,
	  { "Subject: CN=" FORTY TEN "abcd@b.org\n" } },
	{ "200 bytes", { FORTY "@" TEN ".example-" TEN "." TEN "-" TEN ".org." TEN
	  ".long.example-" FORTY }, SEAL_KEY_P256, 730,
	  { "Subject: CN=" FORTY "@012345 ", "email:" FORTY "@" TEN
	    ".example-" } },
	{ "200 bytes, non-ASCII", { "\xe7\x94\xb2" FORTY "@" TEN ".example-"
	  TEN "." TEN "-" TEN ".org." TEN ".long.example-" FORTY },
	  SEAL_KEY_P256, 730,
	  { "Subject: CN=\xe7\x94\xb2" FORTY "@012 ", "SmtpUTF8Mailbox:",
	    ":\xe7\x94\xb2" FORTY "@" TEN ".example-" } }
};

struct ceremony {
	EVP_PKEY *issuer_key, *user_key;
	struct seal_buf root, issuer, request, user;
	struct seal_terms terms;
};

static int ceremony_begin(struct ceremony *all, const char *const *addresses,
			  enum seal_key_kind kind, unsigned int days,
			  struct seal_error *err)
{
	struct seal_buf asked = SEAL_BUF_INIT;
	time_t now = time(NULL);
	int ret = -1;

	memset(all, 0, sizeof(*all));
	all->issuer_key = seal_key_generate(SEAL_KEY_P256, err);
	all->user_key = seal_key_generate(kind, err);
	if (all->issuer_key != NULL && all->user_key != NULL &&
	    seal_issuer_request(all->issuer_key, BUILD_ID, BUILD_NONCE, &asked,
				err) == 0 &&
	    seal_root_make(asked.data, asked.len, now, days, &all->root,
			   &all->issuer, err) == 0)
		ret = seal_user_request(all->user_key, BUILD_NONCE, addresses,
					&all->request, err);
	all->terms.profile_id = BUILD_ID;
	all->terms.nonce = BUILD_NONCE;
	all->terms.issuer_key = all->issuer_key;
	all->terms.addresses = addresses;
	all->terms.days = days;
	all->terms.created = all->terms.now = now;
	seal_buf_free(&asked);
	return ret;
}

static int ceremony_issue(struct ceremony *all, struct seal_error *err)
{
	struct seal_der_input root = judge_der(&all->root),
		issuer = judge_der(&all->issuer),
		request = judge_der(&all->request);

	return seal_issue_user(&all->terms, &root, &issuer, &request,
			       &all->user, err);
}

static int ceremony_check(const struct ceremony *all, struct seal_error *err)
{
	struct seal_der_input root = judge_der(&all->root),
		issuer = judge_der(&all->issuer), user = judge_der(&all->user);

	return seal_chain_check_user(&user, &root, &issuer, all->user_key,
				     all->terms.addresses, err);
}

static void ceremony_free(struct ceremony *all)
{
	EVP_PKEY_free(all->issuer_key);
	EVP_PKEY_free(all->user_key);
	seal_buf_free(&all->root);
	seal_buf_free(&all->issuer);
	seal_buf_free(&all->request);
	seal_buf_free(&all->user);
}

/* What openssl shows of the certificate */
static void check_text(const struct seal_buf *der, const struct good *row)
{
	static const char *const argv[] = {
		"openssl", "x509", "-inform", "DER", "-noout", "-text",
		"-nameopt", "RFC2253,-esc_msb,utf8", NULL
	};
	char *out;
	size_t len;
	unsigned int i;
	bool good = tap_run(argv, der->data, der->len, &out, &len) == 0;

	for (i = 0; i < N(row->wanted) && row->wanted[i] != NULL; i++) {
		if (strstr(out, row->wanted[i]) != NULL)
			continue;
		tap_note("there is no '%s' in it", row->wanted[i]);
		good = false;
	}
	good = good && strstr(out, "Issuer: CN=Mail Seal issuer " BUILD_ID
			      "\n") != NULL &&
		strstr(out, "Authority Key Identifier") != NULL &&
		strstr(out, "CRL Distribution") == NULL &&
		strstr(out, "Authority Information") == NULL;
	tap_ok(good, "%s: contents", row->name);
	free(out);
}

static void check_dates(const struct ceremony *all, const struct good *row)
{
	X509 *user = judge_x509(&all->user), *issuer = judge_x509(&all->issuer);
	int days, seconds, less, rest;

	tap_ok(ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(user),
			      X509_get0_notAfter(user)) == 1 &&
	       days == (int)row->days && seconds == 0 &&
	       ASN1_TIME_diff(&less, &rest, X509_get0_notAfter(user),
			      X509_get0_notAfter(issuer)) == 1 &&
	       less == 1 && rest == 0 &&
	       ASN1_TIME_compare(X509_get0_notBefore(user),
				 X509_get0_notBefore(issuer)) == 0,
	       "%s: lasts %u days, within the issuer's", row->name, row->days);
	X509_free(user);
	X509_free(issuer);
}

static void test_good(const struct good *row)
{
	struct seal_error err = { SEAL_ERR_NONE, "" };
	struct seal_recipient *recipient;
	struct ceremony all;
	struct files files;

	tap_ok(ceremony_begin(&all, row->addresses, row->kind, row->days,
			      &err) == 0 && ceremony_issue(&all, &err) == 0 &&
	       ERR_peek_error() == 0, "%s: issued %s", row->name, err.text);
	tap_ok(ceremony_check(&all, &err) == 0 && ERR_peek_error() == 0,
	       "%s: the user's device takes it %s", row->name, err.text);
	recipient = seal_recipient_new(all.user.data, all.user.len, &err);
	tap_ok(recipient != NULL &&
	       seal_recipient_judge(recipient, time(NULL), &err) ==
	       SEAL_RECIPIENT_OK, "%s: may receive mail %s", row->name,
	       err.text);
	seal_recipient_free(&recipient);
	check_text(&all.user, row);
	check_dates(&all, row);
	files_make(&files, &all.root, &all.issuer, &all.user, ",C,");
	mail_is_good(&files, row->addresses[0], row->kind != SEAL_KEY_P256,
		     row->name);
	files_free(&files);
	ceremony_free(&all);
}

/* What cannot be in a certificate, and what the check refuses, is not issued;
 * nothing is appended. */
static void test_refused(void)
{
	static const char *const good[] = { "alice@example.org", NULL };
	static const char *const nobody[] = { NULL };
	static const char *const odd[] = {
		"alice@example.org", "b@ex\xc3\xa4mple.org", NULL
	};
	struct seal_error err = { SEAL_ERR_NONE, "" };
	struct ceremony all;

	if (ceremony_begin(&all, good, SEAL_KEY_P256, 730, &err) < 0)
		abort();
	all.terms.addresses = nobody;
	tap_ok(ceremony_issue(&all, &err) < 0 && err.code == SEAL_ERR_INPUT &&
	       all.user.len == 0, "no address: %s", err.text);
	all.terms.addresses = odd;
	tap_ok(ceremony_issue(&all, &err) < 0 && err.code == SEAL_ERR_INPUT &&
	       all.user.len == 0 && ERR_peek_error() == 0,
	       "a domain in Unicode: %s", err.text);
	all.terms.addresses = good;
	all.terms.nonce = "another";
	tap_ok(ceremony_issue(&all, &err) < 0 && err.code == SEAL_ERR_REFUSED &&
	       all.user.len == 0, "another nonce: %s", err.text);
	all.terms.nonce = BUILD_NONCE;
	tap_ok(ceremony_issue(&all, &err) == 0, "and then it is issued");
	ceremony_free(&all);
}

static void test_memory(void)
{
	static const char *const addresses[] = {
		"alice@example.org", "p\xc3\xa4r@example.org", NULL
	};
	struct seal_error err = { SEAL_ERR_NONE, "" };
	struct ceremony all;
	unsigned int n, errors = 0;
	bool right = true, failed = true;
	int ret;

	if (ceremony_begin(&all, addresses, SEAL_KEY_P256, 730, &err) < 0)
		abort();
	for (n = 1; right && failed; n += n < 50 ? 1 : 331) {
		seal_buf_clear(&all.user);
		tap_alloc_fail_at(n);
		ret = ceremony_issue(&all, &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		errors += ret < 0;
		right = ERR_peek_error() == 0 && (failed || ret == 0) &&
			(ret == 0 ? ceremony_check(&all, &err) == 0 :
			 all.user.len == 0 && (err.code == SEAL_ERR_MEMORY ||
					       err.code == SEAL_ERR_CRYPTO));
	}
	tap_ok(right, "up to %u allocations, %u errors; %s", n, errors,
	       err.text);
	ceremony_free(&all);
}

int main(void)
{
	unsigned int i;

	tap_alloc_init();
	programs_find();
	for (i = 0; i < N(good_rows); i++)
		test_good(&good_rows[i]);
	test_refused();
	test_memory();
	return tap_done();
}
