/* SPDX-License-Identifier: MIT */
#ifndef SEAL_TESTS_CMS_MAKE_H
#define SEAL_TESTS_CMS_MAKE_H

/* Envelopes and signatures made by libcrypto's CMS code, for whoever reads them. */

#include <stdlib.h>
#include <string.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include "base/buf.h"
#include "base/error.h"

#define CMS_KEK_LEN 16
static const unsigned char cms_kek[CMS_KEK_LEN + 1] = "0123456789abcdef";

static inline void cms_take(BIO *bio, struct seal_buf *out)
{
	struct seal_error err;
	char *data;
	long len = BIO_get_mem_data(bio, &data);

	seal_buf_clear(out);
	if (seal_buf_append(out, data, (size_t)len, &err) < 0)
		abort();
	BIO_free(bio);
	ERR_clear_error();
}

/* DER, or in pieces of indefinite length */
static inline void cms_write(CMS_ContentInfo *cms, BIO *in, bool stream,
			     unsigned int flags, struct seal_buf *out)
{
	BIO *bio = BIO_new(BIO_s_mem());

	if (cms == NULL ||
	    (!stream && CMS_final(cms, in, NULL, flags) != 1) ||
	    (stream ? i2d_CMS_bio_stream(bio, cms, in, (int)flags) :
	     i2d_CMS_bio(bio, cms)) != 1) {
		ERR_print_errors_fp(stderr);
		abort();
	}
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	cms_take(bio, out);
}

/* To one recipient who has cms_kek. */
static inline void cms_encrypt(const EVP_CIPHER *cipher, bool stream,
			       const void *data, size_t len,
			       struct seal_buf *out)
{
	unsigned int flags = CMS_BINARY | CMS_PARTIAL |
		(stream ? CMS_STREAM : 0);
	CMS_ContentInfo *cms = CMS_encrypt(NULL, NULL, cipher, flags);
	unsigned char *kek = OPENSSL_memdup(cms_kek, CMS_KEK_LEN);
	unsigned char *id = OPENSSL_memdup("kek", 3);

	if (cms == NULL || CMS_add0_recipient_key(cms, NID_id_aes128_wrap, kek,
			CMS_KEK_LEN, id, 3, NULL, NULL, NULL) == NULL)
		abort();
	cms_write(cms, BIO_new_mem_buf(data, (int)len), stream, flags, out);
}

/* What stands last in that recipient's RecipientInfo. Returns whether it opens. */
static inline bool cms_open_key(const unsigned char *recipients, size_t len,
				size_t key_len, unsigned char key_r[64])
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int written = 0;
	bool ok;

	if (ctx == NULL)
		return false;
	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	ok = len > key_len + 8 &&
		EVP_DecryptInit_ex(ctx, EVP_aes_128_wrap(), NULL, cms_kek,
				   NULL) == 1 &&
		EVP_DecryptUpdate(ctx, key_r, &written,
				  recipients + len - key_len - 8,
				  (int)key_len + 8) == 1 &&
		(size_t)written == key_len;
	EVP_CIPHER_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}

struct cms_signer {
	EVP_PKEY *key;
	X509 *cert;
	struct seal_buf der;
};

static inline void cms_signer_make(struct cms_signer *signer, EVP_PKEY *key,
				   const char *name)
{
	X509 *cert = X509_new();
	unsigned char *der = NULL;
	struct seal_error err;
	X509_NAME *subject;
	int len;

	memset(signer, 0, sizeof(*signer));
	subject = X509_get_subject_name(cert);
	if (key == NULL || X509_set_version(cert, X509_VERSION_3) != 1 ||
	    ASN1_INTEGER_set(X509_get_serialNumber(cert), 7) != 1 ||
	    X509_gmtime_adj(X509_getm_notBefore(cert), -60) == NULL ||
	    X509_gmtime_adj(X509_getm_notAfter(cert), 86400) == NULL ||
	    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
			(const unsigned char *)name, -1, -1, 0) != 1 ||
	    X509_set_issuer_name(cert, subject) != 1 ||
	    X509_set_pubkey(cert, key) != 1 ||
	    X509_sign(cert, key, EVP_sha256()) <= 0 ||
	    (len = i2d_X509(cert, &der)) <= 0 ||
	    seal_buf_append(&signer->der, der, (size_t)len, &err) < 0)
		abort();
	OPENSSL_free(der);
	signer->key = key;
	signer->cert = cert;
	ERR_clear_error();
}

static inline void cms_signer_free(struct cms_signer *signer)
{
	EVP_PKEY_free(signer->key);
	X509_free(signer->cert);
	seal_buf_free(&signer->der);
}

/* flags: CMS_DETACHED, CMS_NOATTR, CMS_STREAM, CMS_NOCERTS; pss: RSASSA-PSS */
static inline void cms_sign(const struct cms_signer *signer,
			    const EVP_MD *digest, unsigned int flags, bool pss,
			    const void *data, size_t len, struct seal_buf *out)
{
	bool stream = (flags & CMS_STREAM) != 0;
	unsigned int all = flags | CMS_BINARY | CMS_PARTIAL;
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, all);
	CMS_SignerInfo *si = CMS_add1_signer(cms, signer->cert, signer->key,
		digest, all | (pss ? CMS_KEY_PARAM : 0));

	if (cms == NULL || si == NULL ||
	    (pss && EVP_PKEY_CTX_set_rsa_padding(CMS_SignerInfo_get0_pkey_ctx(si),
				RSA_PKCS1_PSS_PADDING) <= 0))
		abort();
	cms_write(cms, BIO_new_mem_buf(data, (int)len), stream, all, out);
}

#endif
