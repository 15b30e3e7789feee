/* SPDX-License-Identifier: MIT */
#include "cms/content.h"

#include <string.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include "base/error.h"
#include "base/sink.h"

#define AES(n) "\x60\x86\x48\x01\x65\x03\x04\x01" n, 9
static const struct seal_content_algorithm algorithms[] = {
	{ AES("\x02"), 16, 16, false, EVP_aes_128_cbc },	/* RFC 3565 */
	{ AES("\x16"), 24, 16, false, EVP_aes_192_cbc },
	{ AES("\x2a"), 32, 16, false, EVP_aes_256_cbc },
	{ AES("\x06"), 16, 0, true, EVP_aes_128_gcm },	/* RFC 5084 */
	{ AES("\x1a"), 24, 0, true, EVP_aes_192_gcm },
	{ AES("\x2e"), 32, 0, true, EVP_aes_256_gcm },
	/* des-ede3-cbc (RFC 3370 section 5.1) */
	{ "\x2a\x86\x48\x86\xf7\x0d\x03\x07", 8, 24, 8, false,
	  EVP_des_ede3_cbc }
};

const struct seal_content_algorithm *
seal_content_find(const unsigned char *oid, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
		if (len == algorithms[i].oid_len &&
		    memcmp(oid, algorithms[i].oid, len) == 0)
			return &algorithms[i];
	}
	return NULL;
}

int seal_content_start(struct seal_content *content,
		       const struct seal_content_algorithm *algorithm,
		       const unsigned char *key, const unsigned char *iv,
		       size_t iv_len, struct seal_error *err)
{
	ERR_clear_error();
	content->algorithm = algorithm;
	content->ctx = EVP_CIPHER_CTX_new();
	if (content->ctx == NULL ||
	    EVP_DecryptInit_ex(content->ctx, algorithm->cipher(), NULL, NULL,
			       NULL) != 1 ||
	    (algorithm->gcm &&
	     EVP_CIPHER_CTX_ctrl(content->ctx, EVP_CTRL_AEAD_SET_IVLEN,
				 (int)iv_len, NULL) != 1) ||
	    EVP_DecryptInit_ex(content->ctx, NULL, NULL, key, iv) != 1)
		return seal_error_crypto(err, "starting the content cipher");
	ERR_clear_error();
	return 0;
}

int seal_content_more(struct seal_content *content, const unsigned char *data,
		      size_t len, const struct seal_sink *sink,
		      struct seal_error *err)
{
	size_t n;
	int written;

	for (; len > 0 && !content->failed; data += n, len -= n) {
		n = len < SEAL_CONTENT_CHUNK ? len : SEAL_CONTENT_CHUNK;
		if (EVP_DecryptUpdate(content->ctx, content->out, &written,
				      data, (int)n) != 1) {
			content->failed = true;
			ERR_clear_error();
		} else if (seal_sink_write(sink, content->out, (size_t)written,
					   err) < 0) {
			return -1;
		}
	}
	return 0;
}

int seal_content_finish(struct seal_content *content, const unsigned char *tag,
			size_t tag_len, const struct seal_sink *sink,
			struct seal_error *err)
{
	int written;

	if (!content->failed && content->algorithm->gcm &&
	    EVP_CIPHER_CTX_ctrl(content->ctx, EVP_CTRL_AEAD_SET_TAG,
				(int)tag_len, (void *)tag) != 1)
		content->failed = true;
	if (content->failed ||
	    EVP_DecryptFinal_ex(content->ctx, content->out, &written) != 1) {
		ERR_clear_error();
		return 0;
	}
	return seal_sink_write(sink, content->out, (size_t)written, err) < 0 ?
		-1 : 1;
}

void seal_content_free(struct seal_content *content)
{
	EVP_CIPHER_CTX_free(content->ctx);
	content->ctx = NULL;
	OPENSSL_cleanse(content->out, sizeof(content->out));
}
