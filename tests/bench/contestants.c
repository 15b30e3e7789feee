/* SPDX-License-Identifier: MIT */
#include "bench/contestants.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include "base/error.h"
#include "base/sink.h"
#include "cms/base64.h"
#include "cms/envelope.h"
#include "pki/recipient.h"
#include "seal/sealer.h"
#include "service/lookup.h"

#define PIECE 8192		/* what Dovecot's streams hand on at a time */
#define AES_PIECE 65536
#define OUT_SIZE 65536		/* what a stream's buffer may hold */

static const unsigned char content_key[SEAL_CIPHER_KEY_MAX] =
	"what the RecipientInfos carry...";

static const char header[] =
	"Return-Path: <a.sender@example.org>\r\n"
	"Delivered-To: a.user@example.com\r\n"
	"Received: from mail.example.org (mail.example.org [192.0.2.1])\r\n"
	"\tby mx.example.com with LMTP id 0a1b2c3d4e5f\r\n"
	"\t(envelope-from <a.sender@example.org>)\r\n"
	"\tfor <a.user@example.com>; Mon, 23 Nov 2026 22:47:00 +0100\r\n"
	"Authentication-Results: mx.example.com;\r\n"
	"\tdmarc=pass header.from=example.org\r\n"
	"From: A Sender <a.sender@example.org>\r\n"
	"To: A User <a.user@example.com>\r\n"
	"Subject: what this is about, in a line of usual length\r\n"
	"Date: Mon, 23 Nov 2026 22:46:58 +0100\r\n"
	"Message-ID: <20261123214658.0a1b2c3d@mail.example.org>\r\n"
	"MIME-Version: 1.0\r\n"
	"Content-Type: text/plain; charset=utf-8\r\n"
	"Content-Transfer-Encoding: 8bit\r\n"
	"\r\n";

static void must(int good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "bench: %s failed\n", what);
	exit(1);
}

static void append(struct seal_buf *buf, const void *data, size_t len)
{
	struct seal_error err;

	must(seal_buf_append(buf, data, len, &err) == 0, "memory");
}

/* A sink like a stream's buffer, which somebody reads in time. */
struct out {
	size_t len;
	unsigned char data[OUT_SIZE];
};

static int out_write(void *context, const unsigned char *data, size_t len,
		     struct seal_error *err)
{
	struct out *out = context;

	(void)err;
	if (len > OUT_SIZE - out->len)
		out->len = 0;
	if (data != out->data + out->len)
		memcpy(out->data + out->len, data, len);
	out->len += len;
	return 0;
}

static unsigned char *out_room(void *context, size_t len,
			       struct seal_error *err)
{
	struct out *out = context;

	(void)err;
	if (len > OUT_SIZE - out->len)
		out->len = 0;
	return out->data + out->len;
}

static struct out out_buffer;
static const struct seal_sink out_sink = { out_write, &out_buffer, out_room };

static X509 *make_certificate(EVP_PKEY *key)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);

	must(X509_set_version(cert, X509_VERSION_3) == 1 &&
	     ASN1_INTEGER_set(X509_get_serialNumber(cert), 123456789) == 1 &&
	     X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
		(const unsigned char *)"A User", -1, -1, 0) == 1 &&
	     X509_set_issuer_name(cert, name) == 1 &&
	     X509_gmtime_adj(X509_getm_notBefore(cert), -3600) != NULL &&
	     X509_gmtime_adj(X509_getm_notAfter(cert), 86400) != NULL &&
	     X509_set_pubkey(cert, key) == 1 &&
	     X509_sign(cert, key, EVP_sha256()) > 0, "making a certificate");
	return cert;
}

void bench_recipient_make(struct bench_recipient *recipient, const char *name,
			  unsigned int bits)
{
	struct seal_buf *der = calloc(1, sizeof(*der));
	unsigned char *data = NULL;
	struct seal_error err;
	int len;

	memset(recipient, 0, sizeof(*recipient));
	recipient->name = name;
	recipient->key = bits == 0 ? EVP_EC_gen("P-256") : EVP_RSA_gen(bits);
	must(der != NULL && recipient->key != NULL, "making a key");
	recipient->cert = make_certificate(recipient->key);
	len = i2d_X509(recipient->cert, &data);
	must(len > 0, "i2d_X509");
	append(der, data, (size_t)len);
	OPENSSL_free(data);
	recipient->recipient = seal_recipient_new(der->data, der->len, &err);
	must(recipient->recipient != NULL, "seal_recipient_new");
	strcpy(recipient->profile.id, "0123456789abcdef");
	recipient->profile.certificates = der;
	recipient->profile.certificate_count = 1;
}

void bench_recipient_free(struct bench_recipient *recipient)
{
	seal_buf_free(recipient->profile.certificates);
	free(recipient->profile.certificates);
	seal_recipient_free(&recipient->recipient);
	X509_free(recipient->cert);
	EVP_PKEY_free(recipient->key);
}

/* What the stations on its way have to say of it. */
static void append_fields(struct seal_buf *buf, size_t size)
{
	static const char field[] =
		"X-Station-Report: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"
		"\td=example.org; h=from:to:subject:date:message-id;\r\n"
		"\tbh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;\r\n"
		"\tb=Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9v\r\n";
	size_t len = sizeof(field) - 1;

	for (; size >= len; size -= len)
		append(buf, field, len);
}

/* The body: lines of text, as long as they mostly are. */
static void append_body(struct seal_buf *buf, size_t size)
{
	unsigned char line[76];
	unsigned int seed = 1;
	size_t i, n;

	for (; size > 0; size -= n) {
		for (i = 0; i < sizeof(line) - 2; i++) {
			seed = seed * 1103515245 + 12345;
			line[i] = (unsigned char)('0' + (seed >> 16) % 75);
		}
		memcpy(line + sizeof(line) - 2, "\r\n", 2);
		n = size < sizeof(line) ? size : sizeof(line);
		append(buf, line + sizeof(line) - n, n);
	}
}

static const EVP_CIPHER *evp_cipher(enum seal_cipher cipher)
{
	switch (cipher) {
	case SEAL_CIPHER_AES256_CBC:
		return EVP_aes_256_cbc();
	case SEAL_CIPHER_AES128_CBC:
		return EVP_aes_128_cbc();
	case SEAL_CIPHER_AES256_GCM:
		return EVP_aes_256_gcm();
	default:
		return EVP_aes_128_gcm();
	}
}

void bench_case_make(struct bench_case *bench, enum seal_cipher cipher,
		     size_t more, size_t size,
		     const struct bench_recipient *to)
{
	struct seal_error err;

	memset(bench, 0, sizeof(*bench));
	bench->cipher = cipher;
	bench->size = size;
	bench->to = to;
	append_fields(&bench->message, more);
	append(&bench->message, header, sizeof(header) - 1);
	bench->body = bench->message.len;
	append_body(&bench->message, size);
	must(seal_recipient_info(to->recipient, false, content_key,
				 seal_cipher_key_length(cipher), &bench->infos,
				 &err) == 0, "seal_recipient_info");
	bench->aes = EVP_CIPHER_CTX_new();
	bench->sha = EVP_MD_CTX_new();
	must(EVP_EncryptInit_ex(bench->aes, evp_cipher(cipher), NULL,
				content_key, content_key) == 1 &&
	     EVP_DigestInit_ex(bench->sha, EVP_sha256(), NULL) == 1,
	     "starting");
	if (EVP_PKEY_is_a(to->key, "RSA")) {
		bench->rsa = EVP_PKEY_CTX_new(to->key, NULL);
		must(EVP_PKEY_encrypt_init(bench->rsa) == 1 &&
		     EVP_PKEY_CTX_set_rsa_padding(bench->rsa,
						  RSA_PKCS1_PADDING) == 1,
		     "starting RSA");
	}
}

void bench_case_free(struct bench_case *bench)
{
	seal_buf_free(&bench->message);
	seal_buf_free(&bench->infos);
	EVP_CIPHER_CTX_free(bench->aes);
	EVP_MD_CTX_free(bench->sha);
	EVP_PKEY_CTX_free(bench->rsa);
}

/* An ECDSA signature with two certificates is about as long. */
static int ask(void *context, const char *address, const unsigned char *digest,
	       size_t digest_len, struct seal_buf *buf, struct seal_error *err)
{
	static const unsigned char signature[1800];

	(void)context, (void)address, (void)digest, (void)digest_len;
	return seal_buf_append(buf, signature, sizeof(signature), err);
}

static void seal(const struct bench_case *bench, const struct seal_buf *infos,
		 enum seal_sign sign)
{
	struct seal_order order = {
		.profile = "0123456789abcdef", .cipher = bench->cipher,
		.key = { (unsigned char *)content_key,
			 seal_cipher_key_length(bench->cipher), 0 },
		.recipients = *infos, .encrypted = SEAL_ENCRYPTED_KEEP,
		.sign = { .policy = sign, .ask = ask }
	};
	struct seal_sealer *sealer;
	struct seal_error err;
	size_t at, n;
	int ret = 0;

	sealer = seal_sealer_new(&order, &out_sink, &err);
	must(sealer != NULL, "seal_sealer_new");
	for (at = 0; ret == 0 && at < bench->message.len; at += n) {
		n = bench->message.len - at;
		if (n > PIECE)
			n = PIECE;
		ret = seal_sealer_more(sealer, bench->message.data + at, n,
				       &err);
	}
	must(ret == 0 && seal_sealer_finish(sealer, &err) == 0, "sealing");
	seal_sealer_free(&sealer);
}

void bench_sealer(void *context)
{
	const struct bench_case *bench = context;

	seal(bench, &bench->infos, SEAL_SIGN_NO);
}

void bench_sealer_signing(void *context)
{
	const struct bench_case *bench = context;

	seal(bench, &bench->infos, SEAL_SIGN_ALWAYS);
}

static void recipient_info(const struct bench_case *bench,
			   struct seal_buf *infos)
{
	struct seal_error err;

	must(seal_recipient_info(bench->to->recipient, false, content_key,
				 seal_cipher_key_length(bench->cipher), infos,
				 &err) == 0, "seal_recipient_info");
}

void bench_message(void *context)
{
	struct seal_buf infos = SEAL_BUF_INIT;

	recipient_info(context, &infos);
	seal(context, &infos, SEAL_SIGN_NO);
	seal_buf_free(&infos);
}

void bench_info(void *context)
{
	struct seal_buf infos = SEAL_BUF_INIT;

	recipient_info(context, &infos);
	seal_buf_free(&infos);
}

void bench_lookup(void *context)
{
	const struct bench_case *bench = context;
	struct seal_lookup lookup = SEAL_LOOKUP_INIT;
	struct seal_error err;

	must(seal_lookup_profile(&bench->to->profile, bench->cipher,
				 time(NULL), &lookup, &err) == 0,
	     "seal_lookup_profile");
	seal_lookup_free(&lookup);
}

void bench_envelope(void *context)
{
	const struct bench_case *bench = context;
	const unsigned char *body = bench->message.data + bench->body;
	struct seal_envelope *envelope;
	struct seal_error err;
	size_t at, n;
	int ret = 0;

	envelope = seal_envelope_new(bench->cipher, content_key,
				     seal_cipher_key_length(bench->cipher),
				     bench->infos.data, bench->infos.len,
				     &out_sink, &err);
	must(envelope != NULL, "seal_envelope_new");
	for (at = 0; ret == 0 && at < bench->size; at += n) {
		n = bench->size - at < PIECE ? bench->size - at : PIECE;
		ret = seal_envelope_more(envelope, body + at, n, &err);
	}
	must(ret == 0 && seal_envelope_finish(envelope, &err) == 0,
	     "enveloping");
	seal_envelope_free(&envelope);
}

static int nowhere(void *context, const unsigned char *data, size_t len,
		   struct seal_error *err)
{
	(void)context, (void)data, (void)len, (void)err;
	return 0;
}

void bench_base64(void *context)
{
	const struct bench_case *bench = context;
	const unsigned char *body = bench->message.data + bench->body;
	const struct seal_sink sink = { nowhere, NULL, NULL };
	struct seal_base64 base64;
	struct seal_error err;
	size_t at, n;

	seal_base64_init(&base64, &sink);
	if (bench->lines != NULL)
		base64.lines = bench->lines;
	for (at = 0; at < bench->size; at += n) {
		n = bench->size - at < PIECE ? bench->size - at : PIECE;
		(void)seal_base64_more(&base64, body + at, n, &err);
	}
	(void)seal_base64_finish(&base64, &err);
}

void bench_aes(void *context)
{
	static unsigned char encrypted[AES_PIECE + 16];
	const struct bench_case *bench = context;
	const unsigned char *body = bench->message.data + bench->body;
	int len, good;
	size_t at, n;

	good = EVP_EncryptInit_ex(bench->aes, NULL, NULL, NULL, content_key);
	for (at = 0; at < bench->size; at += n) {
		n = bench->size - at < AES_PIECE ? bench->size - at : AES_PIECE;
		good &= EVP_EncryptUpdate(bench->aes, encrypted, &len,
					  body + at, (int)n);
	}
	must(good == 1 && EVP_EncryptFinal_ex(bench->aes, encrypted, &len) == 1,
	     "encrypting");
}

void bench_sha256(void *context)
{
	const struct bench_case *bench = context;
	unsigned char digest[EVP_MAX_MD_SIZE];

	must(EVP_DigestInit_ex(bench->sha, NULL, NULL) == 1 &&
	     EVP_DigestUpdate(bench->sha, bench->message.data + bench->body,
			      bench->size) == 1 &&
	     EVP_DigestFinal_ex(bench->sha, digest, NULL) == 1, "digesting");
}

void bench_cms(void *context)
{
	const struct bench_case *bench = context;
	const unsigned int flags = CMS_BINARY | CMS_STREAM;
	STACK_OF(X509) *certs = sk_X509_new_null();
	BIO *in = BIO_new_mem_buf(bench->message.data + bench->body,
				  (int)bench->size);
	BIO *out = BIO_new(BIO_s_null());
	CMS_ContentInfo *cms;

	must(sk_X509_push(certs, bench->to->cert) == 1, "sk_X509_push");
	cms = CMS_encrypt(certs, NULL, evp_cipher(bench->cipher), flags);
	must(cms != NULL && SMIME_write_CMS(out, cms, in, (int)flags) == 1,
	     "CMS_encrypt");
	CMS_ContentInfo_free(cms);
	BIO_free(out);
	BIO_free(in);
	sk_X509_free(certs);
}

void bench_public(void *context)
{
	const struct bench_case *bench = context;
	unsigned char secret[1024];
	size_t len = sizeof(secret);
	EVP_PKEY *fresh;
	EVP_PKEY_CTX *ctx;

	if (bench->rsa != NULL) {
		must(EVP_PKEY_encrypt(bench->rsa, secret, &len, content_key,
				      32) == 1, "RSA");
		return;
	}
	fresh = EVP_EC_gen("P-256");
	ctx = EVP_PKEY_CTX_new(fresh, NULL);
	must(EVP_PKEY_derive_init(ctx) == 1 &&
	     EVP_PKEY_derive_set_peer_ex(ctx, bench->to->key, 0) == 1 &&
	     EVP_PKEY_derive(ctx, secret, &len) == 1, "ECDH");
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(fresh);
}
