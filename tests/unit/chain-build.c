/* SPDX-License-Identifier: MIT */
#include "chain-build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include "base/error.h"
#include "chain-spec.h"

static X509_NAME *build_name(const struct build_spec *spec, bool subject)
{
	X509_NAME *name = X509_NAME_new();
	const char *second = subject ? spec->second : NULL;

	build_must(X509_NAME_add_entry_by_txt(name,
		subject && spec->field != NULL ? spec->field : "CN",
		subject ? spec->subject_type : V_ASN1_UTF8STRING,
		(const unsigned char *)(subject ? spec->subject :
					spec->issuer), -1, -1, 0) == 1);
	if (second != NULL)
		build_must(X509_NAME_add_entry_by_txt(name,
			second[0] == '+' ? second + 1 : second,
			V_ASN1_UTF8STRING,
			(const unsigned char *)spec->second_value, -1, -1,
			second[0] == '+' ? -1 : 0) == 1);
	return name;
}

static unsigned char *from_hex(const char *hex, long *len_r)
{
	unsigned char *bytes = OPENSSL_hexstr2buf(hex, len_r);

	build_must(bytes != NULL);
	return bytes;
}

/* The first occurrence only; both have the same length. */
static void patch(unsigned char *der, size_t len, const char *find,
		  const char *replace)
{
	long find_len, replace_len;
	unsigned char *from = from_hex(find, &find_len);
	unsigned char *to = from_hex(replace, &replace_len), *at;

	build_must(find_len == replace_len);
	at = memmem(der, len, from, (size_t)find_len);
	build_must(at != NULL);
	memcpy(at, to, (size_t)replace_len);
	OPENSSL_free(from);
	OPENSSL_free(to);
}

static void put(struct seal_buf *buf, const void *data, size_t len)
{
	struct seal_error err;

	build_must(seal_buf_append(buf, data, len, &err) == 0);
}

static void put_sequence(struct seal_buf *buf, const struct seal_buf *content)
{
	const unsigned char head[4] = {
		0x30, 0x82, (unsigned char)(content->len >> 8),
		(unsigned char)content->len
	};

	build_must(content->len >= 256 && content->len < 65536);
	put(buf, head, sizeof(head));
	put(buf, content->data, content->len);
}

/* The BIT STRING of an uncompressed point of P-256: its y becomes another. */
static void put_off_curve(unsigned char *tbs, size_t len)
{
	unsigned char *at = memmem(tbs, len, "\x03\x42\x00\x04", 4);

	build_must(at != NULL);
	at[4 + 63] ^= 1;
}

/* SEQUENCE of the patched tbs, the algorithm, and a signature over it */
static void sign_patched(const struct build_spec *spec, unsigned char *tbs,
			 size_t tbs_len, const X509_ALGOR *algorithm,
			 struct seal_buf *out)
{
	struct seal_buf content = SEAL_BUF_INIT;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char signature[1024], *der = NULL;
	ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
	size_t len = sizeof(signature);
	int der_len;

	if (spec->point)
		put_off_curve(tbs, tbs_len);
	else
		patch(tbs, tbs_len, spec->find, spec->replace);
	put(&content, tbs, tbs_len);
	der_len = i2d_X509_ALGOR(algorithm, &der);
	put(&content, der, (size_t)der_len);
	OPENSSL_free(der);
	der = NULL;
	build_must(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL,
				build_key(spec->signer)) == 1 &&
		   EVP_DigestSign(ctx, signature, &len, tbs, tbs_len) == 1 &&
		   ASN1_BIT_STRING_set(bits, signature, (int)len) == 1);
	bits->flags |= ASN1_STRING_FLAG_BITS_LEFT;
	der_len = i2d_ASN1_BIT_STRING(bits, &der);
	put(&content, der, (size_t)der_len);
	OPENSSL_free(der);
	put_sequence(out, &content);
	seal_buf_free(&content);
	ASN1_BIT_STRING_free(bits);
	EVP_MD_CTX_free(ctx);
}

static void finish(const struct build_spec *spec, unsigned char *der,
		   size_t len, struct seal_buf *out)
{
	static const unsigned char garbage[] = "-----BEGIN CERTIFICATE-----";
	unsigned char *behind;
	long behind_len;

	if (spec->empty)
		return;
	if (spec->garbage) {
		put(out, garbage, sizeof(garbage));
		return;
	}
	if (spec->outer_find != NULL)
		patch(der, len, spec->outer_find, spec->outer_replace);
	if (spec->indefinite) {
		put(out, "\x30\x80", 2);
		put(out, der + 4, len - 4);
		put(out, "\0\0", 2);
	} else {
		put(out, der, spec->half ? len / 2 : len);
	}
	if (spec->behind != NULL) {
		behind = from_hex(spec->behind, &behind_len);
		put(out, behind, (size_t)behind_len);
		OPENSSL_free(behind);
	}
}

/* YYYYMMDDHHMMSSZ is a GeneralizedTime, all else a UTCTime: set as it is, since
 * ASN1_TIME_set_string() refuses more and more of what is wrong. */
static ASN1_TIME *verbatim_time(const char *text)
{
	size_t len = strlen(text);
	ASN1_TIME *time = ASN1_STRING_type_new(
		len == 15 && text[14] == 'Z' ? V_ASN1_GENERALIZEDTIME :
		V_ASN1_UTCTIME);

	build_must(time != NULL && ASN1_STRING_set(time, text, (int)len) == 1);
	return time;
}

static void set_cert_time(X509 *cert, const struct build_spec *spec)
{
	ASN1_TIME *time;

	build_must(ASN1_TIME_set(X509_getm_notBefore(cert),
				 spec->begin) != NULL &&
		   ASN1_TIME_set(X509_getm_notAfter(cert), spec->end) != NULL);
	if (spec->begin_text != NULL) {
		time = verbatim_time(spec->begin_text);
		build_must(X509_set1_notBefore(cert, time) == 1);
		ASN1_TIME_free(time);
	}
	if (spec->end_text != NULL) {
		time = verbatim_time(spec->end_text);
		build_must(X509_set1_notAfter(cert, time) == 1);
		ASN1_TIME_free(time);
	}
}

static void set_cert_serial(X509 *cert, const char *hex)
{
	BIGNUM *number = NULL;

	build_must(BN_hex2bn(&number, hex) > 0 &&
		   BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL);
	BN_free(number);
}

static void set_cert_extensions(X509 *cert, X509 *issuer,
				const struct build_spec *spec)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;
	unsigned int i;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	for (i = 0; i < spec->ext_count; i++) {
		ext = X509V3_EXT_nconf(NULL, &ctx, spec->ext[i].name,
				       spec->ext[i].value);
		build_must(ext != NULL && X509_add_ext(cert, ext, -1) == 1);
		X509_EXTENSION_free(ext);
	}
}

/* Returns the certificate as libcrypto has it, before any patch. */
static X509 *build_cert(const struct build_spec *spec, X509 *issuer,
			struct seal_buf *out)
{
	X509 *cert = X509_new();
	X509_NAME *subject = build_name(spec, true);
	X509_NAME *issued_by = build_name(spec, false);
	struct seal_buf patched = SEAL_BUF_INIT;
	const X509_ALGOR *algorithm;
	unsigned char *der = NULL;
	int len;

	build_must(X509_set_version(cert, 2) == 1 &&
		   X509_set_subject_name(cert, subject) == 1 &&
		   X509_set_issuer_name(cert, issued_by) == 1 &&
		   X509_set_pubkey(cert, build_key(spec->key)) == 1);
	set_cert_serial(cert, spec->serial);
	set_cert_time(cert, spec);
	set_cert_extensions(cert, issuer == NULL ? cert : issuer, spec);
	build_must(X509_sign(cert, build_key(spec->signer),
		       strcmp(spec->signer, "ed25519") == 0 ? NULL :
		       EVP_get_digestbyname(spec->digest)) > 0);
	if (spec->find != NULL || spec->point) {
		len = i2d_re_X509_tbs(cert, &der);
		X509_get0_signature(NULL, &algorithm, cert);
		sign_patched(spec, der, (size_t)len, algorithm, &patched);
		finish(spec, patched.data, patched.len, out);
	} else {
		len = i2d_X509(cert, &der);
		finish(spec, der, (size_t)len, out);
	}
	OPENSSL_free(der);
	seal_buf_free(&patched);
	X509_NAME_free(subject);
	X509_NAME_free(issued_by);
	return cert;
}

static void set_attributes(X509_REQ *request, const struct build_spec *spec)
{
	STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
	X509_ATTRIBUTE *attribute;
	X509_EXTENSION *ext;
	X509V3_CTX ctx;
	unsigned int i;

	if (spec->nonce != NULL) {
		attribute = X509_ATTRIBUTE_create_by_NID(NULL,
			NID_pkcs9_challengePassword, spec->nonce_type,
			spec->nonce, (int)strlen(spec->nonce));
		build_must(attribute != NULL);
		if (spec->nonce_second != NULL)
			build_must(X509_ATTRIBUTE_set1_data(attribute,
				spec->nonce_type, spec->nonce_second,
				(int)strlen(spec->nonce_second)) == 1);
		build_must(X509_REQ_add1_attr(request, attribute) == 1);
		X509_ATTRIBUTE_free(attribute);
	}
	if (spec->attribute != NULL)
		build_must(X509_REQ_add1_attr_by_txt(request, spec->attribute,
			V_ASN1_UTF8STRING,
			(const unsigned char *)spec->attribute_value,
			(int)strlen(spec->attribute_value)) == 1);
	X509V3_set_ctx(&ctx, NULL, NULL, request, NULL, 0);
	for (i = 0; i < spec->ext_count; i++) {
		ext = X509V3_EXT_nconf(NULL, &ctx, spec->ext[i].name,
				       spec->ext[i].value);
		build_must(ext != NULL &&
			   sk_X509_EXTENSION_push(list, ext) > 0);
	}
	if (spec->ext_count > 0)
		build_must(X509_REQ_add_extensions(request, list) == 1);
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
}

static void sign_request(X509_REQ *request, const struct build_spec *spec)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *key_ctx;
	bool bare = strcmp(spec->signer, "ed25519") == 0;

	build_must(EVP_DigestSignInit(ctx, &key_ctx, bare ? NULL :
				EVP_get_digestbyname(spec->digest), NULL,
				build_key(spec->signer)) == 1);
	if (spec->pss)
		build_must(EVP_PKEY_CTX_set_rsa_padding(key_ctx,
						  RSA_PKCS1_PSS_PADDING) == 1);
	build_must(X509_REQ_sign_ctx(request, ctx) > 0);
	EVP_MD_CTX_free(ctx);
}

static void build_request(const struct build_spec *spec, struct seal_buf *out)
{
	X509_REQ *request = X509_REQ_new();
	X509_NAME *subject = build_name(spec, true);
	struct seal_buf patched = SEAL_BUF_INIT;
	const X509_ALGOR *algorithm;
	unsigned char *der = NULL;
	int len;

	build_must(X509_REQ_set_version(request, 0) == 1 &&
		   X509_REQ_set_subject_name(request, subject) == 1 &&
		   X509_REQ_set_pubkey(request, build_key(spec->key)) == 1);
	set_attributes(request, spec);
	sign_request(request, spec);
	if (spec->find != NULL) {
		len = i2d_re_X509_REQ_tbs(request, &der);
		X509_REQ_get0_signature(request, NULL, &algorithm);
		sign_patched(spec, der, (size_t)len, algorithm, &patched);
		finish(spec, patched.data, patched.len, out);
	} else {
		len = i2d_X509_REQ(request, &der);
		finish(spec, der, (size_t)len, out);
	}
	OPENSSL_free(der);
	seal_buf_free(&patched);
	X509_NAME_free(subject);
	X509_REQ_free(request);
}

void build_all(const struct build_change *changes, time_t now,
	       const char *const *addresses, const char *user_key,
	       struct seal_buf der[BUILD_COUNT])
{
	struct build_spec specs[BUILD_COUNT];
	char alt_name[1024] = "";
	X509 *root, *issuer, *user;
	unsigned int i;

	for (i = 0; addresses[i] != NULL; i++)
		snprintf(alt_name + strlen(alt_name),
			 sizeof(alt_name) - strlen(alt_name), "%semail:%s",
			 i == 0 ? "" : ",", addresses[i]);
	build_specs(changes, now, alt_name, addresses[0], user_key, specs);
	for (i = 0; i < BUILD_COUNT; i++)
		seal_buf_clear(&der[i]);
	root = build_cert(&specs[BUILD_ROOT], NULL, &der[BUILD_ROOT]);
	issuer = build_cert(&specs[BUILD_ISSUER], root, &der[BUILD_ISSUER]);
	build_request(&specs[BUILD_REQUEST], &der[BUILD_REQUEST]);
	user = build_cert(&specs[BUILD_USER], issuer, &der[BUILD_USER]);
	X509_free(root);
	X509_free(issuer);
	X509_free(user);
	ERR_clear_error();
}
