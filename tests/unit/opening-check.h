/* SPDX-License-Identifier: MIT */
#ifndef SEAL_TESTS_OPENING_CHECK_H
#define SEAL_TESTS_OPENING_CHECK_H

/* Envelopes as libcrypto's CMS makes them, and whether a content key opens them. */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include "base/buf.h"
#include "base/error.h"
#include "tap.h"

#define ENVELOPE_TEXT "Content-Type: text/plain\r\n\r\nan answer\r\n"

struct envelope {
	struct seal_buf der;
	/* within der: */
	const unsigned char *infos, *iv, *content;
	size_t infos_len, iv_len, content_len;
	const EVP_CIPHER *cipher;
};

/* What a recipient is encrypted to with. */
struct envelope_way {
	bool key_id;			/* named by its key identifier */
	bool oaep;
	const EVP_MD *(*digest)(void);	/* of OAEP, or of the KDF; NULL: libcrypto's */
	const EVP_MD *(*mask)(void);	/* of MGF1; NULL: as digest */
	const char *label;		/* OAEP's */
	bool cofactor;
	const EVP_CIPHER *(*wrap)(void);	/* NULL: libcrypto's choice */
};

/* Steps into or over the element at *p. Returns its tag's first byte. Of an indefinite
 * length, *len_r is all there is. */
static inline unsigned char envelope_step(const unsigned char **p,
					  const unsigned char *end,
					  const unsigned char **value_r,
					  size_t *len_r)
{
	const unsigned char *q = *p;
	int tag, class, ret;
	long len;

	ret = ASN1_get_object(&q, &len, &tag, &class, end - q);
	if ((ret & 0x80) != 0)
		abort();
	*value_r = q;
	*len_r = ret == 0x21 ? (size_t)(end - q) : (size_t)len;
	ret = **p;
	*p = q + *len_r;
	return (unsigned char)ret;
}

/* Finds the parts; definite lengths only. */
static inline void envelope_parse(struct envelope *e)
{
	const unsigned char *p = e->der.data, *end = p + e->der.len, *v, *q;
	size_t len;

	(void)envelope_step(&p, end, &v, &len);		/* ContentInfo */
	p = v;
	end = v + len;
	(void)envelope_step(&p, end, &v, &len);		/* its type */
	(void)envelope_step(&p, end, &v, &len);		/* [0] */
	p = v;
	(void)envelope_step(&p, end, &v, &len);		/* EnvelopedData */
	p = v;
	end = v + len;
	(void)envelope_step(&p, end, &v, &len);		/* version */
	(void)envelope_step(&p, end, &e->infos, &e->infos_len);
	(void)envelope_step(&p, end, &v, &len);		/* EncryptedContentInfo */
	p = v;
	end = v + len;
	(void)envelope_step(&p, end, &v, &len);		/* its type */
	(void)envelope_step(&p, end, &v, &len);		/* cipher */
	q = v;
	(void)envelope_step(&q, v + len, &v, &len);
	(void)envelope_step(&q, end, &e->iv, &e->iv_len);
	(void)envelope_step(&p, end, &e->content, &e->content_len);
}

static inline int envelope_rsa(EVP_PKEY_CTX *ctx, const struct envelope_way *way)
{
	const EVP_MD *digest = way->digest == NULL ? EVP_sha1() : way->digest();

	if (!way->oaep)
		return 1;
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
		EVP_PKEY_CTX_set_rsa_oaep_md(ctx, digest) == 1 &&
		EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, way->mask == NULL ? digest :
					     way->mask()) == 1 &&
		(way->label == NULL || EVP_PKEY_CTX_set0_rsa_oaep_label(ctx,
			OPENSSL_strdup(way->label),
			(int)strlen(way->label)) == 1);
}

static inline int envelope_ec(CMS_RecipientInfo *info, EVP_PKEY_CTX *ctx,
			      const struct envelope_way *way)
{
	EVP_CIPHER_CTX *wrap = CMS_RecipientInfo_kari_get0_ctx(info);

	return (way->digest == NULL ||
		EVP_PKEY_CTX_set_ecdh_kdf_md(ctx, way->digest()) == 1) &&
		(!way->cofactor ||
		 EVP_PKEY_CTX_set_ecdh_cofactor_mode(ctx, 1) == 1) &&
		(way->wrap == NULL ||
		 EVP_EncryptInit_ex(wrap, way->wrap(), NULL, NULL, NULL) == 1);
}

static inline void envelope_add(CMS_ContentInfo *cms, X509 *cert,
				const struct envelope_way *way)
{
	CMS_RecipientInfo *info = CMS_add1_recipient_cert(cms, cert,
		CMS_KEY_PARAM | (way->key_id ? CMS_USE_KEYID : 0));
	EVP_PKEY_CTX *ctx;

	if (info == NULL)
		abort();
	ctx = CMS_RecipientInfo_get0_pkey_ctx(info);
	if ((CMS_RecipientInfo_type(info) == CMS_RECIPINFO_AGREE ?
	     envelope_ec(info, ctx, way) : envelope_rsa(ctx, way)) != 1) {
		ERR_print_errors_fp(stderr);
		abort();
	}
}

static inline void envelope_free(struct envelope *e)
{
	seal_buf_free(&e->der);
	memset(e, 0, sizeof(*e));
}

/* certs: NULL-terminated; ways: one for each. */
static inline void envelope_make(struct envelope *e, const EVP_CIPHER *cipher,
				 X509 *const *certs,
				 const struct envelope_way *ways)
{
	BIO *in = BIO_new_mem_buf(ENVELOPE_TEXT, -1);
	CMS_ContentInfo *cms = CMS_encrypt(NULL, NULL, cipher,
					   CMS_BINARY | CMS_PARTIAL);
	unsigned char *der = NULL;
	struct seal_error err;
	int len, i;

	memset(e, 0, sizeof(*e));
	e->cipher = cipher;
	for (i = 0; certs[i] != NULL; i++)
		envelope_add(cms, certs[i], &ways[i]);
	if (CMS_final(cms, in, NULL, CMS_BINARY) != 1 ||
	    (len = i2d_CMS_ContentInfo(cms, &der)) <= 0) {
		ERR_print_errors_fp(stderr);
		abort();
	}
	if (seal_buf_append(&e->der, der, (size_t)len, &err) < 0)
		abort();
	envelope_parse(e);
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	ERR_clear_error();
}

/* Whether this is its content key. */
static inline bool envelope_opens(const struct envelope *e,
				  const struct seal_buf *key)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char text[512];
	int len = 0, more = 0;
	bool good;

	if (e->content_len > sizeof(text) ||
	    key->len != (size_t)EVP_CIPHER_get_key_length(e->cipher)) {
		EVP_CIPHER_CTX_free(ctx);
		return false;
	}
	good = EVP_DecryptInit_ex(ctx, e->cipher, NULL, key->data, e->iv) == 1 &&
		EVP_DecryptUpdate(ctx, text, &len, e->content,
				  (int)e->content_len) == 1 &&
		EVP_DecryptFinal_ex(ctx, text + len, &more) == 1 &&
		(size_t)(len + more) == strlen(ENVELOPE_TEXT) &&
		memcmp(text, ENVELOPE_TEXT, strlen(ENVELOPE_TEXT)) == 0;
	EVP_CIPHER_CTX_free(ctx);
	ERR_clear_error();
	return good;
}

#endif
