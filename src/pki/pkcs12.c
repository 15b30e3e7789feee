/* SPDX-License-Identifier: MIT */
#include "pki/pkcs12.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include "base/buf.h"
#include "base/error.h"
#include "pki/cert.h"
#include "pki/pair.h"
#include "pki/pkcs12-private.h"

#define NAME_MAX_CHARS 255	/* RFC 2985 section 5.5.1: pkcs-9-ub-... */
#define REPLACEMENT "\xef\xbf\xbd"	/* U+FFFD */

static const struct form {
	int encryption;			/* NID: a cipher (PBES2), or a PBE */
	const EVP_MD *(*mac)(void);
	int iterations, salt_len;
} forms[] = {
	[SEAL_PKCS12_CURRENT] = {
		NID_aes_256_cbc, EVP_sha256, 200000, SEAL_PKCS12_SALT_MAX
	},
	[SEAL_PKCS12_COMPATIBLE] = {
		NID_pbe_WithSHA1And3_Key_TripleDES_CBC, EVP_sha1, 10000,
		SEAL_PKCS12_SALT_COMPATIBLE
	}
};

struct content {
	const struct form *form;
	EVP_PKEY *key;
	X509 *cert;
	STACK_OF(X509) *chain;
	char name[NAME_MAX_CHARS * 3 + 1];	/* UTF-8, of the BMP */
	const char *passphrase;
};

static int failed(struct seal_error *err)
{
	return seal_error_crypto(err, "writing a PKCS #12 file");
}

/* Checks that text is UTF-8. Copies what can be a friendlyName of it, where
 * asked. Returns 0 or -1. */
static int read_text(const char *what, const char *text, char *bmp_r,
		     struct seal_error *err)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t left = strlen(text);
	unsigned long c;
	int n, count = 0;

	for (; left > 0; p += n, left -= (size_t)n) {
		n = UTF8_getc(p, left > INT32_MAX ? INT32_MAX : (int)left, &c);
		if (n <= 0)
			return seal_error_set(err, SEAL_ERR_INPUT,
					      "the %s is not UTF-8", what);
		if (bmp_r == NULL || count++ >= NAME_MAX_CHARS)
			continue;
		if (c > 0xffff) {
			memcpy(bmp_r, REPLACEMENT, strlen(REPLACEMENT));
			bmp_r += strlen(REPLACEMENT);
		} else {
			memcpy(bmp_r, p, (size_t)n);
			bmp_r += n;
		}
	}
	if (bmp_r != NULL)
		*bmp_r = '\0';
	return 0;
}

static int read_chain(struct content *content,
		      const struct seal_der_input *chain, unsigned int count,
		      struct seal_error *err)
{
	unsigned int i;
	X509 *cert;

	content->chain = sk_X509_new_null();
	if (content->chain == NULL)
		return failed(err);
	for (i = 0; i < count; i++) {
		cert = seal_cert_decode("chain", chain[i].data, chain[i].len,
					err);
		if (cert == NULL)
			return -1;
		if (sk_X509_push(content->chain, cert) <= 0) {
			X509_free(cert);
			return failed(err);
		}
	}
	return 0;
}

static int read_input(struct content *content,
		      const struct seal_der_input *certificate,
		      const char *name, struct seal_error *err)
{
	if (content->passphrase[0] == '\0')
		return seal_error_set(err, SEAL_ERR_INPUT,
				      "the passphrase is empty");
	if (read_text("passphrase", content->passphrase, NULL, err) < 0 ||
	    read_text("name", name == NULL ? "" : name, content->name, err) < 0)
		return -1;
	content->cert = seal_cert_decode("certificate", certificate->data,
					 certificate->len, err);
	if (content->cert == NULL)
		return -1;
	return seal_pair_check("certificate", content->cert, content->key,
			       err);
}

static int make_salt(const struct content *content,
		     unsigned char salt_r[SEAL_PKCS12_SALT_MAX],
		     struct seal_error *err)
{
	const struct form *form = content->form;

	if (form == &forms[SEAL_PKCS12_COMPATIBLE])
		return seal_pkcs12_salt_compatible(content->passphrase,
						   form->iterations, salt_r,
						   err);
	if (RAND_bytes(salt_r, form->salt_len) != 1)
		return failed(err);
	return 0;
}

/* Names the bag, and ties the certificate's to the key's. 1, or 0 */
static int mark(const struct content *content, PKCS12_SAFEBAG *bag)
{
	unsigned char id[EVP_MAX_MD_SIZE];
	unsigned int len;

	return (content->name[0] == '\0' ||
		PKCS12_add_friendlyname_utf8(bag, content->name, -1) == 1) &&
		X509_digest(content->cert, EVP_sha1(), id, &len) == 1 &&
		PKCS12_add_localkeyid(bag, id, (int)len) == 1;
}

/* The certificates, encrypted. NULL: in libcrypto's queue is why. */
static PKCS7 *pack_certs(const struct content *content, unsigned char *salt)
{
	const struct form *form = content->form;
	STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
	PKCS12_SAFEBAG *bag = PKCS12_add_cert(&bags, content->cert);
	bool good = bag != NULL && mark(content, bag);
	PKCS7 *p7 = NULL;
	int i;

	for (i = 0; good && i < sk_X509_num(content->chain); i++)
		good = PKCS12_add_cert(&bags, sk_X509_value(content->chain,
							    i)) != NULL;
	if (good)
		p7 = PKCS12_pack_p7encdata(form->encryption,
					   content->passphrase, -1, salt,
					   form->salt_len, form->iterations,
					   bags);
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	return p7;
}

static PKCS12_SAFEBAG *key_bag(const struct content *content,
			       unsigned char *salt)
{
	const struct form *form = content->form;
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(content->key);
	PKCS12_SAFEBAG *bag = NULL;

	if (info != NULL)
		bag = PKCS12_SAFEBAG_create_pkcs8_encrypt(form->encryption,
			content->passphrase, -1, salt, form->salt_len,
			form->iterations, info);
	PKCS8_PRIV_KEY_INFO_free(info);
	if (bag != NULL && !mark(content, bag)) {
		PKCS12_SAFEBAG_free(bag);
		return NULL;
	}
	return bag;
}

/* The key, which is encrypted by itself. */
static PKCS7 *pack_key(const struct content *content, unsigned char *salt)
{
	STACK_OF(PKCS12_SAFEBAG) *bags = sk_PKCS12_SAFEBAG_new_null();
	PKCS12_SAFEBAG *bag = key_bag(content, salt);
	PKCS7 *p7 = NULL;

	if (bags != NULL && bag != NULL &&
	    sk_PKCS12_SAFEBAG_push(bags, bag) > 0) {
		bag = NULL;
		p7 = PKCS12_pack_p7data(bags);
	}
	PKCS12_SAFEBAG_free(bag);
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	return p7;
}

/* Adds p7, which is taken, to the list. 1, or 0 */
static int add(STACK_OF(PKCS7) *safes, PKCS7 *p7)
{
	if (p7 != NULL && sk_PKCS7_push(safes, p7) > 0)
		return 1;
	PKCS7_free(p7);
	return 0;
}

/* Each salt is used once. */
static PKCS12 *make(const struct content *content, struct seal_error *err)
{
	const struct form *form = content->form;
	unsigned char salts[3][SEAL_PKCS12_SALT_MAX];
	STACK_OF(PKCS7) *safes;
	PKCS12 *p12 = NULL;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		if (make_salt(content, salts[i], err) < 0)
			return NULL;
	}
	safes = sk_PKCS7_new_null();
	if (safes != NULL && add(safes, pack_certs(content, salts[0])) &&
	    add(safes, pack_key(content, salts[1])))
		p12 = PKCS12_add_safes(safes, 0);
	sk_PKCS7_pop_free(safes, PKCS7_free);
	if (p12 == NULL ||
	    PKCS12_set_mac(p12, content->passphrase, -1, salts[2],
			   form->salt_len, form->iterations,
			   form->mac()) != 1) {
		PKCS12_free(p12);
		(void)failed(err);
		return NULL;
	}
	return p12;
}

/* Is all in there? Where memory is short, libcrypto may write nonsense in place of
 * a bag's attributes and call it a success. And this is the only copy of a key:
 * whoever gets it can read it. 1, or 0 */
static int reads_back(const struct content *content, const unsigned char *der,
		      int len)
{
	PKCS12 *p12 = d2i_PKCS12(NULL, &der, len);
	STACK_OF(X509) *chain = NULL;
	EVP_PKEY *key = NULL;
	X509 *cert = NULL;
	const unsigned char *name;
	int name_len = 0, ok = 0;

	if (p12 != NULL &&
	    PKCS12_parse(p12, content->passphrase, &key, &cert, &chain) == 1 &&
	    key != NULL && EVP_PKEY_eq(key, content->key) == 1 &&
	    cert != NULL && X509_cmp(cert, content->cert) == 0) {
		name = X509_alias_get0(cert, &name_len);
		ok = (size_t)name_len == strlen(content->name) &&
			(name_len == 0 ||
			 memcmp(name, content->name, (size_t)name_len) == 0) &&
			(chain == NULL ? 0 : sk_X509_num(chain)) ==
			sk_X509_num(content->chain);
	}
	sk_X509_pop_free(chain, X509_free);
	X509_free(cert);
	EVP_PKEY_free(key);
	PKCS12_free(p12);
	return ok;
}

int seal_pkcs12_write(enum seal_pkcs12_form form, EVP_PKEY *key,
		      const struct seal_der_input *certificate,
		      const struct seal_der_input *chain,
		      unsigned int chain_count, const char *name,
		      const char *passphrase, struct seal_buf *out,
		      struct seal_error *err)
{
	struct content content = {
		.form = &forms[form], .key = key, .passphrase = passphrase
	};
	unsigned char *der = NULL;
	PKCS12 *p12 = NULL;
	int len, ret = -1;

	ERR_clear_error();
	if (read_input(&content, certificate, name, err) < 0 ||
	    read_chain(&content, chain, chain_count, err) < 0 ||
	    (p12 = make(&content, err)) == NULL)
		goto out;
	len = i2d_PKCS12(p12, &der);
	if (len <= 0 || !reads_back(&content, der, len))
		ret = failed(err);
	else
		ret = seal_buf_append(out, der, (size_t)len, err);
out:
	OPENSSL_free(der);
	PKCS12_free(p12);
	X509_free(content.cert);
	sk_X509_pop_free(content.chain, X509_free);
	ERR_clear_error();
	return ret;
}
