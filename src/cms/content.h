/* SPDX-License-Identifier: MIT */
#ifndef SEAL_CMS_CONTENT_H
#define SEAL_CMS_CONTENT_H

/* For open.c only: decrypts what is in an envelope, and keeps to itself what went
 * wrong until all of it is there. */

#include <stdbool.h>
#include <stddef.h>
#include <openssl/evp.h>

struct seal_error;
struct seal_sink;

#define SEAL_CONTENT_CHUNK 16384
#define SEAL_CONTENT_IV_MAX 64
#define SEAL_CONTENT_TAG_MIN 12		/* RFC 5084 section 3.2 */
#define SEAL_CONTENT_TAG_MAX 16

struct seal_content_algorithm {
	const char *oid;		/* encoded, without tag and length */
	unsigned char oid_len, key_len, iv_len;	/* iv_len 0: any */
	bool gcm;
	const EVP_CIPHER *(*cipher)(void);
};

struct seal_content {
	const struct seal_content_algorithm *algorithm;
	EVP_CIPHER_CTX *ctx;
	bool failed;
	unsigned char out[SEAL_CONTENT_CHUNK + EVP_MAX_BLOCK_LENGTH];
};

/* NULL: none that we decrypt. */
const struct seal_content_algorithm *
seal_content_find(const unsigned char *oid, size_t len);
/* key: as many bytes as the algorithm takes. iv_len: what it takes, for GCM at least
 * 1. 0, or -1 (SEAL_ERR_CRYPTO, SEAL_ERR_MEMORY). */
int seal_content_start(struct seal_content *content,
		       const struct seal_content_algorithm *algorithm,
		       const unsigned char *key, const unsigned char *iv,
		       size_t iv_len, struct seal_error *err);
/* 0, or -1 (the sink's error); never for what is wrong with key or content. */
int seal_content_more(struct seal_content *content, const unsigned char *data,
		      size_t len, const struct seal_sink *sink,
		      struct seal_error *err);
/* tag: for GCM. 1: all is well. 0: it is not; why, nobody learns. -1: the sink's
 * error. */
int seal_content_finish(struct seal_content *content, const unsigned char *tag,
			size_t tag_len, const struct seal_sink *sink,
			struct seal_error *err);
/* Wipes. */
void seal_content_free(struct seal_content *content);

#endif
