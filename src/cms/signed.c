/* SPDX-License-Identifier: MIT */
#include "cms/signed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include "base/buf.h"
#include "base/error.h"
#include "base/sink.h"
#include "cms/base64.h"

#define BOUNDARY_BYTES 16

struct seal_signed {
	seal_signed_ask_t *ask;
	void *context;
	struct seal_sink sink;
	EVP_MD_CTX *digest;
	char boundary[2 * BOUNDARY_BYTES + 1];
};

static int emit_text(struct seal_signed *sig, const char *text,
		     struct seal_error *err)
{
	return seal_sink_write(&sig->sink, text, strlen(text), err);
}

/* 128 random bits: no content holds them but by knowing them. */
static int make_boundary(struct seal_signed *sig, struct seal_error *err)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[BOUNDARY_BYTES];
	char *to = sig->boundary;
	unsigned int i;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return seal_error_crypto(err, "RAND_bytes");
	for (i = 0; i < sizeof(bytes); i++) {
		*to++ = digits[bytes[i] >> 4];
		*to++ = digits[bytes[i] & 0xf];
	}
	*to = '\0';
	return 0;
}

static int start(struct seal_signed *sig, struct seal_error *err)
{
	char text[256];

	if (make_boundary(sig, err) < 0)
		return -1;
	sig->digest = EVP_MD_CTX_new();
	if (sig->digest == NULL ||
	    EVP_DigestInit_ex(sig->digest, EVP_sha256(), NULL) != 1)
		return seal_error_crypto(err, "starting the digest");
	snprintf(text, sizeof(text),
		 "Content-Type: multipart/signed;"
		 " protocol=\"application/pkcs7-signature\";\r\n"
		 " micalg=sha-256; boundary=\"%s\"\r\n\r\n--%s\r\n",
		 sig->boundary, sig->boundary);
	return emit_text(sig, text, err);
}

struct seal_signed *seal_signed_new(seal_signed_ask_t *ask, void *context,
				    const struct seal_sink *sink,
				    struct seal_error *err)
{
	struct seal_signed *sig = calloc(1, sizeof(*sig));

	if (sig == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	sig->ask = ask;
	sig->context = context;
	sig->sink = *sink;
	if (start(sig, err) < 0)
		seal_signed_free(&sig);
	return sig;
}

int seal_signed_more(struct seal_signed *sig, const unsigned char *data,
		     size_t len, struct seal_error *err)
{
	if (EVP_DigestUpdate(sig->digest, data, len) != 1)
		return seal_error_crypto(err, "digesting content");
	return seal_sink_write(&sig->sink, data, len, err);
}

static int emit_signature(struct seal_signed *sig, const struct seal_buf *der,
			  struct seal_error *err)
{
	struct seal_base64 base64;
	char text[256];

	/* the CRLF before a delimiter belongs to it, not to the part above (RFC
	   2046 section 5.1.1), so it is not signed */
	snprintf(text, sizeof(text),
		 "\r\n--%s\r\n"
		 "Content-Type: application/pkcs7-signature;"
		 " name=\"smime.p7s\"\r\n"
		 "Content-Transfer-Encoding: base64\r\n"
		 "Content-Disposition: attachment;"
		 " filename=\"smime.p7s\"\r\n\r\n", sig->boundary);
	if (emit_text(sig, text, err) < 0)
		return -1;
	seal_base64_init(&base64, &sig->sink);
	if (seal_base64_more(&base64, der->data, der->len, err) < 0 ||
	    seal_base64_finish(&base64, err) < 0)
		return -1;
	snprintf(text, sizeof(text), "--%s--\r\n", sig->boundary);
	return emit_text(sig, text, err);
}

int seal_signed_finish(struct seal_signed *sig, struct seal_error *err)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	struct seal_buf der = SEAL_BUF_INIT;
	unsigned int len;
	int ret = -1;

	if (EVP_DigestFinal_ex(sig->digest, digest, &len) != 1)
		return seal_error_crypto(err, "ending the digest");
	if (sig->ask(sig->context, digest, len, &der, err) == 0)
		ret = emit_signature(sig, &der, err);
	seal_buf_free(&der);
	return ret;
}

void seal_signed_free(struct seal_signed **sig)
{
	if (*sig == NULL)
		return;
	EVP_MD_CTX_free((*sig)->digest);
	free(*sig);
	*sig = NULL;
}
