/* SPDX-License-Identifier: MIT */
#include "cms/verify.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include "base/error.h"

struct seal_verify {
	/* takes each digest that a signature may be over; libcrypto finds in it the
	   one it wants */
	BIO *digests;
};

/* 1, or 0 */
static int add_digest(struct seal_verify *verify, const EVP_MD *md)
{
	BIO *bio = BIO_new(BIO_f_md());

	if (bio == NULL || BIO_set_md(bio, md) <= 0) {
		BIO_free(bio);
		return 0;
	}
	verify->digests = BIO_push(bio, verify->digests);
	return 1;
}

struct seal_verify *seal_verify_new(struct seal_error *err)
{
	struct seal_verify *verify = calloc(1, sizeof(*verify));

	if (verify == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	ERR_clear_error();
	verify->digests = BIO_new(BIO_s_null());
	if (verify->digests == NULL || !add_digest(verify, EVP_sha512()) ||
	    !add_digest(verify, EVP_sha384()) ||
	    !add_digest(verify, EVP_sha256())) {
		(void)seal_error_crypto(err, "starting the digests");
		seal_verify_free(&verify);
	}
	ERR_clear_error();
	return verify;
}

int seal_verify_more(struct seal_verify *verify, const unsigned char *data,
		     size_t len, struct seal_error *err)
{
	size_t n;

	for (; len > 0; data += n, len -= n) {
		n = len < INT_MAX ? len : INT_MAX;
		if (BIO_write(verify->digests, data, (int)n) != (int)n)
			return seal_error_crypto(err, "digesting content");
	}
	return 0;
}

static int bad(struct seal_error *err, const char *text)
{
	(void)seal_error_set(err, SEAL_ERR_REFUSED, "%s", text);
	return seal_error_crypto_memory() ? seal_error_memory(err) : 0;
}

/* Only these; SHA-1 and MD5 are in no digest above anyhow. */
static bool digest_is_known(CMS_SignerInfo *si)
{
	X509_ALGOR *digest;
	const ASN1_OBJECT *oid;

	CMS_SignerInfo_get0_algs(si, NULL, NULL, &digest, NULL);
	X509_ALGOR_get0(&oid, NULL, NULL, digest);
	switch (OBJ_obj2nid(oid)) {
	case NID_sha256:
	case NID_sha384:
	case NID_sha512:
		return true;
	default:
		return false;
	}
}

/* What is signed is a mail, and no other kind of thing whose bytes are the same: the
 * attribute repeats the type (RFC 5652 section 5.3), and libcrypto does not compare. */
static bool is_over_data(CMS_SignerInfo *si)
{
	const ASN1_OBJECT *type =
		CMS_signed_get0_data_by_OBJ(si, OBJ_nid2obj(NID_pkcs9_contentType),
					    -3, V_ASN1_OBJECT);

	return type != NULL && OBJ_obj2nid(type) == NID_pkcs7_data;
}

/* As seal_verify_finish(), of one signer, whose certificate it is. */
static int verify_signer(struct seal_verify *verify, CMS_SignerInfo *si,
			 X509 *cert, struct seal_error *err)
{
	if (!digest_is_known(si))
		return bad(err, SEAL_VERIFY_DIGEST_TEXT);
	/* ours, so it is not for the signature that it cannot be read */
	if (X509_get0_pubkey(cert) == NULL)
		return seal_error_crypto(err, "reading a signer's key");
	CMS_SignerInfo_set1_signer_cert(si, cert);
	/* the attributes' signature first, where there are any: the content's digest
	   is then one of them */
	if (CMS_signed_get_attr_count(si) >= 0 &&
	    (CMS_SignerInfo_verify(si) <= 0 || !is_over_data(si)))
		return bad(err, "the signature is not valid");
	if (CMS_SignerInfo_verify_content(si, verify->digests) <= 0)
		return bad(err, "the content was altered after it was signed");
	return 1;
}

static int verify_by(struct seal_verify *verify, CMS_ContentInfo *cms,
		     X509 *cert, bool *found, struct seal_error *err)
{
	STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(cms);
	CMS_SignerInfo *si;
	int i, ret = 0;

	for (i = 0; ret == 0 && i < sk_CMS_SignerInfo_num(infos); i++) {
		si = sk_CMS_SignerInfo_value(infos, i);
		if (CMS_SignerInfo_cert_cmp(si, cert) != 0)
			continue;
		*found = true;
		ret = verify_signer(verify, si, cert, err);
	}
	return ret;
}

static int verify_by_any(struct seal_verify *verify, CMS_ContentInfo *cms,
			 const unsigned char *signers, size_t len,
			 struct seal_error *err)
{
	const unsigned char *end = signers + len;
	bool found = false;
	X509 *cert;
	int ret = 0;

	while (ret == 0 && signers < end) {
		cert = d2i_X509(NULL, &signers, end - signers);
		if (cert == NULL)
			return seal_error_crypto_memory() ?
				seal_error_memory(err) :
				seal_error_set(err, SEAL_ERR_INPUT, "a signer's "
					       "certificate does not parse");
		ret = verify_by(verify, cms, cert, &found, err);
		X509_free(cert);
	}
	if (ret == 0 && !found)
		return bad(err, SEAL_VERIFY_STRANGER_TEXT);
	return ret;
}

static int verify_cms(struct seal_verify *verify, CMS_ContentInfo *cms,
		      const unsigned char *signers, size_t signers_len,
		      struct seal_error *err)
{
	ASN1_OCTET_STRING **content;

	if (OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
		return bad(err, "the signature is not a SignedData (CMS)");
	if (OBJ_obj2nid(CMS_get0_eContentType(cms)) != NID_pkcs7_data)
		return bad(err, "the signature is over another content type");
	content = CMS_get0_content(cms);
	if (content == NULL || *content != NULL)
		return bad(err, "the signature has a content of its own");
	return verify_by_any(verify, cms, signers, signers_len, err);
}

int seal_verify_finish(struct seal_verify *verify, const unsigned char *cms,
		       size_t cms_len, const unsigned char *signers,
		       size_t signers_len, struct seal_error *err)
{
	const unsigned char *p = cms;
	CMS_ContentInfo *info = NULL;
	int ret;

	ERR_clear_error();
	if (cms_len > 0 && cms_len <= SEAL_VERIFY_MAX)
		info = d2i_CMS_ContentInfo(NULL, &p, (long)cms_len);
	if (info == NULL || p != cms + cms_len)
		ret = bad(err, "the signature is not CMS, or damaged");
	else
		ret = verify_cms(verify, info, signers, signers_len, err);
	CMS_ContentInfo_free(info);
	ERR_clear_error();
	return ret;
}

void seal_verify_free(struct seal_verify **verify)
{
	if (*verify == NULL)
		return;
	BIO_free_all((*verify)->digests);
	free(*verify);
	*verify = NULL;
}
