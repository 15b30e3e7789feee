/* SPDX-License-Identifier: MIT */
#include "cms/open.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include "base/buf.h"
#include "base/error.h"
#include "base/sink.h"
#include "cms/ber.h"
#include "cms/der.h"

#define CHUNK 16384
#define TYPE_MAX 16
#define ALGORITHM_MAX 128
#define TAG_MIN 12		/* RFC 5084 section 3.2 */
#define TAG_MAX 16

enum what { IGNORED, TYPE, RECIPIENT, ALGORITHM, CONTENT, ATTRIBUTES, MAC };

enum stage {
	INFO, INFO_TYPE, INFO_CONTENT, INFO_END, DATA, VERSION, ORIGINATOR,
	RECIPIENTS, RECIPIENTS_IN, ENCRYPTED, INNER_TYPE, INNER_ALGORITHM,
	TEXT, TEXT_CHUNK, TEXT_END, REST, LAST
};

/* RFC 5652 section 6.1, RFC 5083 section 2.1 */
static const struct seal_ber_rule rules[] = {
	{ INFO, 0x30, SEAL_BER_ENTER, INFO_TYPE, LAST, IGNORED },
	{ INFO_TYPE, 0x06, SEAL_BER_CONTENTS, 0, INFO_CONTENT, TYPE },
	{ INFO_CONTENT, 0xa0, SEAL_BER_ENTER, DATA, INFO_END, IGNORED },
	{ INFO_END, 0x00, SEAL_BER_END, 0, 0, 0 },
	{ DATA, 0x30, SEAL_BER_ENTER, VERSION, INFO_END, IGNORED },
	{ VERSION, 0x02, SEAL_BER_CONTENTS, 0, ORIGINATOR, IGNORED },
	{ ORIGINATOR, 0xa0, SEAL_BER_WHOLE, 0, RECIPIENTS, IGNORED },
	{ ORIGINATOR, 0x31, SEAL_BER_ENTER, RECIPIENTS_IN, ENCRYPTED, IGNORED },
	{ RECIPIENTS, 0x31, SEAL_BER_ENTER, RECIPIENTS_IN, ENCRYPTED, IGNORED },
	{ RECIPIENTS_IN, 0x30, SEAL_BER_WHOLE, 0, RECIPIENTS_IN, RECIPIENT },
	{ RECIPIENTS_IN, 0xa1, SEAL_BER_WHOLE, 0, RECIPIENTS_IN, RECIPIENT },
	{ RECIPIENTS_IN, 0xa2, SEAL_BER_WHOLE, 0, RECIPIENTS_IN, RECIPIENT },
	{ RECIPIENTS_IN, 0xa3, SEAL_BER_WHOLE, 0, RECIPIENTS_IN, RECIPIENT },
	{ RECIPIENTS_IN, 0xa4, SEAL_BER_WHOLE, 0, RECIPIENTS_IN, RECIPIENT },
	{ RECIPIENTS_IN, 0x00, SEAL_BER_END, 0, 0, 0 },
	{ ENCRYPTED, 0x30, SEAL_BER_ENTER, INNER_TYPE, REST, IGNORED },
	{ INNER_TYPE, 0x06, SEAL_BER_CONTENTS, 0, INNER_ALGORITHM, IGNORED },
	{ INNER_ALGORITHM, 0x30, SEAL_BER_WHOLE, 0, TEXT, ALGORITHM },
	{ TEXT, 0x80, SEAL_BER_CONTENTS, 0, TEXT_END, CONTENT },
	{ TEXT, 0xa0, SEAL_BER_ENTER, TEXT_CHUNK, TEXT_END, CONTENT },
	{ TEXT_CHUNK, 0x04, SEAL_BER_CONTENTS, 0, TEXT_CHUNK, CONTENT },
	{ TEXT_CHUNK, 0x24, SEAL_BER_ENTER, TEXT_CHUNK, TEXT_CHUNK, CONTENT },
	{ TEXT_CHUNK, 0x00, SEAL_BER_END, 0, 0, 0 },
	{ TEXT_END, 0x00, SEAL_BER_END, 0, 0, 0 },
	{ REST, 0xa1, SEAL_BER_WHOLE, 0, REST, ATTRIBUTES },
	{ REST, 0xa2, SEAL_BER_WHOLE, 0, REST, IGNORED },
	{ REST, 0x04, SEAL_BER_CONTENTS, 0, REST, MAC },
	{ REST, 0x00, SEAL_BER_END, 0, 0, 0 },
	SEAL_BER_LAST
};

struct algorithm {
	const char *oid;		/* encoded, without tag and length */
	unsigned char oid_len, key_len;
	bool gcm;
	const EVP_CIPHER *(*cipher)(void);
};

#define AES(n) "\x60\x86\x48\x01\x65\x03\x04\x01" n, 9
static const struct algorithm algorithms[] = {
	{ AES("\x02"), 16, false, EVP_aes_128_cbc },	/* RFC 3565 */
	{ AES("\x16"), 24, false, EVP_aes_192_cbc },
	{ AES("\x2a"), 32, false, EVP_aes_256_cbc },
	{ AES("\x06"), 16, true, EVP_aes_128_gcm },	/* RFC 5084 */
	{ AES("\x1a"), 24, true, EVP_aes_192_gcm },
	{ AES("\x2e"), 32, true, EVP_aes_256_gcm },
	/* des-ede3-cbc (RFC 3370 section 5.1) */
	{ "\x2a\x86\x48\x86\xf7\x0d\x03\x07", 8, 24, false, EVP_des_ede3_cbc }
};

struct seal_open {
	seal_open_ask_t *ask;
	void *context;
	struct seal_sink sink;
	struct seal_ber ber;
	struct seal_buf recipients;
	bool authenticated;		/* AuthEnvelopedData */
	bool not_ours;
	bool failed;			/* key or content; said at the end */
	const struct algorithm *algorithm;
	EVP_CIPHER_CTX *ctx;		/* NULL: nothing is decrypted yet */
	bool has_content;
	size_t type_len, algorithm_len, mac_len, tag_len;
	unsigned char type[TYPE_MAX], algorithm_der[ALGORITHM_MAX];
	unsigned char mac[TAG_MAX];
	unsigned char out[CHUNK + EVP_MAX_BLOCK_LENGTH];
};

static int refuse(struct seal_error *err, const char *text)
{
	return seal_error_set(err, SEAL_ERR_REFUSED, "%s", text);
}

static int keep(unsigned char *to, size_t *len, size_t max,
		const unsigned char *data, size_t more, const char *text,
		struct seal_error *err)
{
	if (more > max - *len)
		return refuse(err, text);
	memcpy(to + *len, data, more);
	*len += more;
	return 0;
}

/* id-envelopedData, id-ct-authEnvelopedData */
static int take_type(struct seal_open *open, struct seal_error *err)
{
	static const unsigned char enveloped[] =
		"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03",
		authenticated[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17";

	open->authenticated = open->type_len == sizeof(authenticated) - 1 &&
		memcmp(open->type, authenticated, open->type_len) == 0;
	if (open->authenticated ||
	    (open->type_len == sizeof(enveloped) - 1 &&
	     memcmp(open->type, enveloped, open->type_len) == 0))
		return 0;
	return refuse(err, "not an envelope (CMS): another content type");
}

static const struct algorithm *find_algorithm(const struct seal_der *oid)
{
	size_t i;

	for (i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
		if (oid->len == algorithms[i].oid_len &&
		    memcmp(oid->value, algorithms[i].oid, oid->len) == 0)
			return &algorithms[i];
	}
	return NULL;
}

/* GCMParameters (RFC 5084 section 3.2): nonce, and the tag's length, 12 by default.
 * 1, or 0 where they are none */
static int read_gcm(struct seal_open *open, const struct seal_der *params,
		    struct seal_der *iv_r)
{
	const unsigned char *p = params->value;
	size_t len = params->len;
	struct seal_der tag_len;
	struct seal_error ignored;
	int ret;

	open->tag_len = TAG_MIN;
	if (params->tag != SEAL_DER_SEQUENCE ||
	    seal_der_next(&p, &len, iv_r, &ignored) <= 0 ||
	    iv_r->tag != SEAL_DER_OCTET_STRING || iv_r->len == 0)
		return 0;
	ret = seal_der_next(&p, &len, &tag_len, &ignored);
	if (ret == 0)
		return 1;
	if (ret < 0 || len > 0 || tag_len.tag != SEAL_DER_INTEGER ||
	    tag_len.len != 1 || tag_len.value[0] < TAG_MIN ||
	    tag_len.value[0] > TAG_MAX)
		return 0;
	open->tag_len = tag_len.value[0];
	return 1;
}

/* 1, or 0 where it is none that we know */
static int read_algorithm(struct seal_open *open, struct seal_der *iv_r)
{
	const unsigned char *p = open->algorithm_der;
	size_t len = open->algorithm_len;
	struct seal_der all, oid, params;
	struct seal_error ignored;

	if (seal_der_next(&p, &len, &all, &ignored) <= 0)
		return 0;
	p = all.value;
	len = all.len;
	if (seal_der_next(&p, &len, &oid, &ignored) <= 0 || oid.tag != 0x06 ||
	    (open->algorithm = find_algorithm(&oid)) == NULL ||
	    seal_der_next(&p, &len, &params, &ignored) <= 0 || len > 0)
		return 0;
	if (open->algorithm->gcm)
		return open->authenticated && read_gcm(open, &params, iv_r);
	*iv_r = params;
	return !open->authenticated && params.tag == SEAL_DER_OCTET_STRING &&
		(int)params.len ==
		EVP_CIPHER_get_iv_length(open->algorithm->cipher());
}

static int start_cipher(struct seal_open *open, const struct seal_buf *key,
			const struct seal_der *iv, struct seal_error *err)
{
	const EVP_CIPHER *cipher = open->algorithm->cipher();

	open->ctx = EVP_CIPHER_CTX_new();
	if (open->ctx == NULL ||
	    EVP_DecryptInit_ex(open->ctx, cipher, NULL, NULL, NULL) != 1 ||
	    (open->algorithm->gcm &&
	     EVP_CIPHER_CTX_ctrl(open->ctx, EVP_CTRL_AEAD_SET_IVLEN,
				 (int)iv->len, NULL) != 1) ||
	    EVP_DecryptInit_ex(open->ctx, NULL, NULL, key->data,
			       iv->value) != 1)
		return seal_error_crypto(err, "starting the content cipher");
	ERR_clear_error();
	return 0;
}

/* All that is needed to decrypt has been read. */
static int start(struct seal_open *open, struct seal_error *err)
{
	struct seal_buf key = SEAL_BUF_INIT;
	struct seal_der iv;
	int ret;

	if (!read_algorithm(open, &iv))
		return refuse(err, "the content is encrypted with an algorithm "
			      "that is not known here");
	if (open->recipients.len == 0)
		return refuse(err, "not an envelope (CMS): no recipient");
	ret = open->ask(open->context, open->recipients.data,
			open->recipients.len, open->algorithm->key_len, &key,
			err);
	if (ret == 0) {
		open->not_ours = true;
		ret = refuse(err, "not encrypted to us");
	} else if (ret > 0 && key.len != open->algorithm->key_len) {
		ret = seal_error_set(err, SEAL_ERR_INPUT, "a content key of "
			"%zu bytes, for a cipher that takes %u", key.len,
			open->algorithm->key_len);
	} else if (ret > 0) {
		ret = start_cipher(open, &key, &iv, err);
	}
	seal_buf_free(&key);
	seal_buf_free(&open->recipients);
	return ret < 0 ? -1 : 0;
}

static int decrypt(struct seal_open *open, const unsigned char *data,
		   size_t len, struct seal_error *err)
{
	size_t n;
	int written;

	for (; len > 0 && !open->failed; data += n, len -= n) {
		n = len < CHUNK ? len : CHUNK;
		if (EVP_DecryptUpdate(open->ctx, open->out, &written, data,
				      (int)n) != 1) {
			open->failed = true;
			ERR_clear_error();
		} else if (seal_sink_write(&open->sink, open->out,
					   (size_t)written, err) < 0) {
			return -1;
		}
	}
	return 0;
}

static int on_bytes(void *context, unsigned int what,
		    const unsigned char *data, size_t len,
		    struct seal_error *err)
{
	struct seal_open *open = context;

	switch ((enum what)what) {
	case TYPE:
		return keep(open->type, &open->type_len, TYPE_MAX, data, len,
			    "not an envelope (CMS): another content type", err);
	case RECIPIENT:
		if (len > SEAL_OPEN_RECIPIENTS_MAX - open->recipients.len)
			return refuse(err, "the message has too many recipients");
		return seal_buf_append(&open->recipients, data, len, err);
	case ALGORITHM:
		return keep(open->algorithm_der, &open->algorithm_len,
			    ALGORITHM_MAX, data, len, "the content is encrypted "
			    "with an algorithm that is not known here", err);
	case CONTENT:
		return decrypt(open, data, len, err);
	case MAC:
		return keep(open->mac, &open->mac_len, TAG_MAX, data, len,
			    "not an envelope (CMS): two tags, or one too long",
			    err);
	case ATTRIBUTES:
	case IGNORED:
		break;
	}
	return 0;
}

static int on_end(void *context, unsigned int what, struct seal_error *err)
{
	struct seal_open *open = context;

	switch ((enum what)what) {
	case TYPE:
		return take_type(open, err);
	case ALGORITHM:
		return start(open, err);
	case CONTENT:
		open->has_content = true;
		break;
	case ATTRIBUTES:
		/* they would have to be known before the content */
		if (open->authenticated)
			return refuse(err, "an envelope with authenticated "
				      "attributes is not opened here");
		break;
	case IGNORED:
	case RECIPIENT:
	case MAC:
		break;
	}
	return 0;
}

static const struct seal_ber_handler handler = { on_bytes, on_end };

struct seal_open *seal_open_new(seal_open_ask_t *ask, void *context,
				const struct seal_sink *sink,
				struct seal_error *err)
{
	struct seal_open *open = calloc(1, sizeof(*open));

	if (open == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	open->ask = ask;
	open->context = context;
	open->sink = *sink;
	seal_ber_init(&open->ber, rules, "an envelope", &handler, open);
	return open;
}

int seal_open_more(struct seal_open *open, const unsigned char *data, size_t len,
		   struct seal_error *err)
{
	if (seal_ber_more(&open->ber, data, len, err) == 0)
		return 1;
	return open->not_ours ? 0 : -1;
}

/* 1, or 0: which of the checks it was, nobody learns */
static int final_check(struct seal_open *open, int *written_r)
{
	*written_r = 0;
	if (open->failed)
		return 0;
	if (open->algorithm->gcm &&
	    (open->mac_len != open->tag_len ||
	     EVP_CIPHER_CTX_ctrl(open->ctx, EVP_CTRL_AEAD_SET_TAG,
				 (int)open->mac_len, open->mac) != 1))
		return 0;
	return EVP_DecryptFinal_ex(open->ctx, open->out, written_r) == 1;
}

int seal_open_finish(struct seal_open *open, struct seal_error *err)
{
	int written;

	if (seal_ber_finish(&open->ber, err) < 0)
		return -1;
	if (!open->has_content || (!open->authenticated && open->mac_len > 0))
		return refuse(err, "not an envelope (CMS): it holds no "
			      "encrypted content, or more than that");
	if (!final_check(open, &written)) {
		ERR_clear_error();
		return refuse(err, SEAL_OPEN_FAILED_TEXT);
	}
	return seal_sink_write(&open->sink, open->out, (size_t)written, err);
}

void seal_open_free(struct seal_open **open)
{
	if (*open == NULL)
		return;
	EVP_CIPHER_CTX_free((*open)->ctx);
	seal_buf_free(&(*open)->recipients);
	OPENSSL_cleanse((*open)->out, sizeof((*open)->out));
	free(*open);
	*open = NULL;
}
