/* SPDX-License-Identifier: MIT */
#include "pki/sender.h"

#include <stdbool.h>
#include <string.h>
#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include "base/buf.h"
#include "base/error.h"
#include "pki/sender-private.h"

/* libcrypto's CMS functions insist on a signingTime, so the structures are
 * written here. What is encoded below lives on the stack: structs embed each
 * other, and their pointers are borrowed unless the function that fills them
 * frees them. Nothing is ever decoded into them or freed through their
 * templates. */

typedef STACK_OF(X509_ALGOR) algorithms_t;
typedef STACK_OF(X509_ATTRIBUTE) attributes_t;
typedef STACK_OF(X509) certificates_t;

/* SignedAttributes as they are signed: as a SET OF, not as [0] (RFC 5652
 * section 5.4). A SET OF several is written as a SEQUENCE OF by another tag
 * here, with the elements in DER's order already: where libcrypto cannot
 * allocate what it sorts with, it writes nonsense and says nothing. */
ASN1_ITEM_TEMPLATE(signed_attributes) =
	ASN1_EX_TEMPLATE_TYPE(ASN1_TFLG_SEQUENCE_OF | ASN1_TFLG_IMPTAG |
			      ASN1_TFLG_UNIVERSAL, V_ASN1_SET,
			      signed_attributes, X509_ATTRIBUTE)
static_ASN1_ITEM_TEMPLATE_END(signed_attributes)

/* SignerInfo (RFC 5652 section 5.3), without unsigned attributes */
struct signer_info {
	int32_t version;
	PKCS7_ISSUER_AND_SERIAL *sid;
	X509_ALGOR *digest_algorithm;
	attributes_t *attributes;
	X509_ALGOR *signature_algorithm;
	ASN1_OCTET_STRING *signature;
};
ASN1_SEQUENCE(signer_info) = {
	ASN1_EMBED(struct signer_info, version, INT32),
	ASN1_SIMPLE(struct signer_info, sid, PKCS7_ISSUER_AND_SERIAL),
	ASN1_SIMPLE(struct signer_info, digest_algorithm, X509_ALGOR),
	ASN1_IMP_SEQUENCE_OF(struct signer_info, attributes, X509_ATTRIBUTE, 0),
	ASN1_SIMPLE(struct signer_info, signature_algorithm, X509_ALGOR),
	ASN1_SIMPLE(struct signer_info, signature, ASN1_OCTET_STRING)
} static_ASN1_SEQUENCE_END_name(struct signer_info, signer_info)

/* SignerInfos is a SET OF; ours always has one */
struct signer_infos {
	struct signer_info only;
};
ASN1_SEQUENCE(signer_infos_content) = {
	ASN1_EMBED(struct signer_infos, only, signer_info)
} static_ASN1_SEQUENCE_END_name(struct signer_infos, signer_infos_content)

ASN1_ITEM_TEMPLATE(signer_infos) =
	ASN1_EX_TEMPLATE_TYPE(ASN1_TFLG_IMPTAG | ASN1_TFLG_UNIVERSAL,
			      V_ASN1_SET, signer_infos, signer_infos_content)
static_ASN1_ITEM_TEMPLATE_END(signer_infos)

/* EncapsulatedContentInfo (section 5.2), without the content */
struct content_type {
	ASN1_OBJECT *type;
};
ASN1_SEQUENCE(content_type) = {
	ASN1_SIMPLE(struct content_type, type, ASN1_OBJECT)
} static_ASN1_SEQUENCE_END_name(struct content_type, content_type)

/* SignedData (section 5.1), without revocation information */
struct signed_data {
	int32_t version;
	algorithms_t *digest_algorithms;
	struct content_type content;
	certificates_t *certificates;
	struct signer_infos signer_infos;
};
ASN1_SEQUENCE(signed_data) = {
	ASN1_EMBED(struct signed_data, version, INT32),
	ASN1_SET_OF(struct signed_data, digest_algorithms, X509_ALGOR),
	ASN1_EMBED(struct signed_data, content, content_type),
	ASN1_IMP_SEQUENCE_OF(struct signed_data, certificates, X509, 0),
	ASN1_EMBED(struct signed_data, signer_infos, signer_infos)
} static_ASN1_SEQUENCE_END_name(struct signed_data, signed_data)

/* ContentInfo (section 3) */
struct content_info {
	ASN1_OBJECT *type;
	struct signed_data data;
};
ASN1_SEQUENCE(content_info) = {
	ASN1_SIMPLE(struct content_info, type, ASN1_OBJECT),
	ASN1_EX_TYPE(ASN1_TFLG_EXPLICIT | ASN1_TFLG_EMBED, 0,
		     struct content_info, data, signed_data)
} static_ASN1_SEQUENCE_END_name(struct content_info, content_info)

/* Adds attribute, which is taken, to the list. 1, or 0 */
static int add(attributes_t *list, X509_ATTRIBUTE *attribute)
{
	if (attribute != NULL && sk_X509_ATTRIBUTE_push(list, attribute) > 0)
		return 1;
	X509_ATTRIBUTE_free(attribute);
	return 0;
}

/* contentType is the shorter one, so it comes first (X.690 section 11.6). */
static attributes_t *make_attributes(const unsigned char *digest)
{
	attributes_t *list = sk_X509_ATTRIBUTE_new_null();

	if (list != NULL &&
	    add(list, X509_ATTRIBUTE_create_by_NID(NULL,
			NID_pkcs9_contentType, V_ASN1_OBJECT,
			OBJ_nid2obj(NID_pkcs7_data), -1)) &&
	    add(list, X509_ATTRIBUTE_create_by_NID(NULL,
			NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING, digest,
			SEAL_SENDER_DIGEST_LEN)))
		return list;
	sk_X509_ATTRIBUTE_pop_free(list, X509_ATTRIBUTE_free);
	return NULL;
}

/* Returns the signature over the attributes, or NULL. */
static ASN1_OCTET_STRING *sign(EVP_PKEY *key, const attributes_t *attributes)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	ASN1_OCTET_STRING *result = ASN1_OCTET_STRING_new();
	unsigned char *der = NULL, *signature = NULL;
	size_t max = (size_t)EVP_PKEY_get_size(key), size = max;
	int len = ASN1_item_i2d((const ASN1_VALUE *)attributes, &der,
				ASN1_ITEM_rptr(signed_attributes));

	signature = OPENSSL_malloc(max);
	if (ctx == NULL || result == NULL || len <= 0 || signature == NULL ||
	    EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
	    EVP_DigestSign(ctx, signature, &size, der, (size_t)len) != 1 ||
	    /* -1 where encoding it failed, which ECDSA calls a success */
	    size > max ||
	    ASN1_OCTET_STRING_set(result, signature, (int)size) != 1) {
		ASN1_OCTET_STRING_free(result);
		result = NULL;
	}
	OPENSSL_free(signature);
	OPENSSL_free(der);
	EVP_MD_CTX_free(ctx);
	return result;
}

/* ecdsa-with-SHA256 has no parameters (RFC 5758 section 3.2), and
 * sha256WithRSAEncryption NULL (RFC 5754 section 3.2). 1, or 0 */
static int set_signature_algorithm(X509_ALGOR *algorithm, const EVP_PKEY *key)
{
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
		return X509_ALGOR_set0(algorithm,
			OBJ_nid2obj(NID_sha256WithRSAEncryption), V_ASN1_NULL,
			NULL);
	return X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_ecdsa_with_SHA256),
			       V_ASN1_UNDEF, NULL);
}

/* Adds the certificates, which are borrowed, in DER's order. 1, or 0 */
static int add_certificates(certificates_t *list,
			    const struct seal_sender *sender)
{
	unsigned char *a = NULL, *b = NULL;
	int a_len = i2d_X509(sender->cert, &a);
	int b_len = i2d_X509(sender->issuer, &b), ok = 0;

	if (a_len > 0 && b_len > 0) {
		/* their lengths come first, so neither begins the other */
		bool ordered = memcmp(a, b, a_len < b_len ? (size_t)a_len :
				      (size_t)b_len) < 0;

		ok = sk_X509_push(list, ordered ? sender->cert :
				  sender->issuer) > 0 &&
			sk_X509_push(list, ordered ? sender->issuer :
				     sender->cert) > 0;
	}
	OPENSSL_free(a);
	OPENSSL_free(b);
	return ok;
}

static int encode(const struct content_info *info, struct seal_buf *out,
		  struct seal_error *err)
{
	unsigned char *der = NULL;
	int ret, len = ASN1_item_i2d((const ASN1_VALUE *)info, &der,
				     ASN1_ITEM_rptr(content_info));

	if (len <= 0)
		return seal_error_crypto(err, "encoding a signature");
	ret = seal_buf_append(out, der, (size_t)len, err);
	OPENSSL_free(der);
	return ret;
}

/* Fills what is still missing in info, and writes it. */
static int sign_into(const struct seal_sender *sender,
		     const unsigned char *digest, struct content_info *info,
		     struct seal_buf *out, struct seal_error *err)
{
	struct signed_data *data = &info->data;
	struct signer_info *signer = &data->signer_infos.only;

	/* absent parameters for SHA-256: RFC 5754 section 2 */
	if (data->digest_algorithms == NULL || data->certificates == NULL ||
	    signer->digest_algorithm == NULL ||
	    signer->signature_algorithm == NULL ||
	    X509_ALGOR_set0(signer->digest_algorithm, OBJ_nid2obj(NID_sha256),
			    V_ASN1_UNDEF, NULL) != 1 ||
	    set_signature_algorithm(signer->signature_algorithm,
				    sender->key) != 1 ||
	    sk_X509_ALGOR_push(data->digest_algorithms,
			       signer->digest_algorithm) <= 0 ||
	    !add_certificates(data->certificates, sender) ||
	    (signer->attributes = make_attributes(digest)) == NULL ||
	    (signer->signature = sign(sender->key,
				      signer->attributes)) == NULL)
		return seal_error_crypto(err, "signing");
	return encode(info, out, err);
}

int seal_sender_sign(struct seal_sender *sender,
		     const unsigned char digest[SEAL_SENDER_DIGEST_LEN],
		     struct seal_buf *out, struct seal_error *err)
{
	PKCS7_ISSUER_AND_SERIAL sid = {
		X509_get_issuer_name(sender->cert),
		X509_get_serialNumber(sender->cert)
	};
	struct content_info info = {
		.type = OBJ_nid2obj(NID_pkcs7_signed),
		.data = {
			.version = 1,
			.digest_algorithms = sk_X509_ALGOR_new_null(),
			.content.type = OBJ_nid2obj(NID_pkcs7_data),
			.certificates = sk_X509_new_null(),
			.signer_infos.only = {
				.version = 1,
				.sid = &sid,
				.digest_algorithm = X509_ALGOR_new(),
				.signature_algorithm = X509_ALGOR_new()
			}
		}
	};
	struct signer_info *signer = &info.data.signer_infos.only;
	int ret = sign_into(sender, digest, &info, out, err);

	sk_X509_ALGOR_free(info.data.digest_algorithms);
	sk_X509_free(info.data.certificates);
	X509_ALGOR_free(signer->digest_algorithm);
	X509_ALGOR_free(signer->signature_algorithm);
	sk_X509_ATTRIBUTE_pop_free(signer->attributes, X509_ATTRIBUTE_free);
	ASN1_OCTET_STRING_free(signer->signature);
	ERR_clear_error();
	return ret;
}
