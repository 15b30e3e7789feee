/* SPDX-License-Identifier: MIT */
#include "cms/open.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/error.h"
#include "base/sink.h"
#include "cms/ber.h"
#include "cms/content.h"

enum what {
	IGNORED, TYPE, RECIPIENT, INNER_TYPE, CIPHER, IV, NONCE, TAG_LENGTH,
	ALGORITHM, CONTENT, ATTRIBUTES, TAG
};

enum stage {
	INFO, INFO_TYPE, INFO_CONTENT, INFO_END, DATA, VERSION, ORIGINATOR,
	RECIPIENTS, RECIPIENTS_IN, ENCRYPTED, IN_TYPE, IN_ALGORITHM, IN_CIPHER,
	PARAMETERS, GCM_NONCE, GCM_TAG_LENGTH, PARAMETERS_END,
	TEXT, TEXT_CHUNK, TEXT_END, REST, REST_TAG, REST_END, LAST
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
	{ ENCRYPTED, 0x30, SEAL_BER_ENTER, IN_TYPE, REST, IGNORED },
	{ IN_TYPE, 0x06, SEAL_BER_CONTENTS, 0, IN_ALGORITHM, INNER_TYPE },
	{ IN_ALGORITHM, 0x30, SEAL_BER_ENTER, IN_CIPHER, TEXT, ALGORITHM },
	{ IN_CIPHER, 0x06, SEAL_BER_CONTENTS, 0, PARAMETERS, CIPHER },
	{ PARAMETERS, 0x04, SEAL_BER_CONTENTS, 0, PARAMETERS_END, IV },
	/* GCMParameters (RFC 5084 section 3.2) */
	{ PARAMETERS, 0x30, SEAL_BER_ENTER, GCM_NONCE, PARAMETERS_END, IGNORED },
	{ GCM_NONCE, 0x04, SEAL_BER_CONTENTS, 0, GCM_TAG_LENGTH, NONCE },
	{ GCM_TAG_LENGTH, 0x02, SEAL_BER_CONTENTS, 0, PARAMETERS_END, TAG_LENGTH },
	{ GCM_TAG_LENGTH, 0x00, SEAL_BER_END, 0, 0, 0 },
	{ PARAMETERS_END, 0x00, SEAL_BER_END, 0, 0, 0 },
	{ TEXT, 0x80, SEAL_BER_CONTENTS, 0, TEXT_END, CONTENT },
	{ TEXT, 0xa0, SEAL_BER_ENTER, TEXT_CHUNK, TEXT_END, CONTENT },
	{ TEXT_CHUNK, 0x04, SEAL_BER_CONTENTS, 0, TEXT_CHUNK, CONTENT },
	{ TEXT_CHUNK, 0x24, SEAL_BER_ENTER, TEXT_CHUNK, TEXT_CHUNK, CONTENT },
	{ TEXT_CHUNK, 0x00, SEAL_BER_END, 0, 0, 0 },
	{ TEXT_END, 0x00, SEAL_BER_END, 0, 0, 0 },
	{ REST, 0xa1, SEAL_BER_WHOLE, 0, REST_END, ATTRIBUTES },
	{ REST, 0x04, SEAL_BER_CONTENTS, 0, REST_TAG, TAG },
	{ REST, 0x00, SEAL_BER_END, 0, 0, 0 },
	{ REST_TAG, 0xa2, SEAL_BER_WHOLE, 0, REST_END, IGNORED },
	{ REST_TAG, 0x00, SEAL_BER_END, 0, 0, 0 },
	{ REST_END, 0x00, SEAL_BER_END, 0, 0, 0 },
	SEAL_BER_LAST
};

#if SEAL_OPEN_DEPTH != SEAL_BER_DEPTH
#error "open.h promises another depth"
#endif

static const char another_type[] =
	"not an envelope (CMS): another content type";
static const char unknown_algorithm[] =
	"the content is encrypted with an algorithm that is not known here";

/* A value that is read as a whole. */
struct value {
	size_t len;
	unsigned char data[SEAL_CONTENT_IV_MAX];
};

struct seal_open {
	seal_open_ask_t *ask;
	void *context;
	struct seal_sink sink;
	struct seal_ber ber;
	struct seal_buf recipients;
	bool authenticated;		/* AuthEnvelopedData */
	bool not_ours;
	const struct seal_content_algorithm *algorithm;
	struct value value;		/* the one that is being read, then ... */
	struct value iv, tag;		/* ... where it is kept */
	size_t tag_len;			/* as the parameters have it */
	struct seal_content content;
};

static int refuse(struct seal_error *err, const char *text)
{
	return seal_error_set(err, SEAL_ERR_REFUSED, "%s", text);
}

static int keep(struct value *value, const unsigned char *data, size_t len,
		const char *too_long, struct seal_error *err)
{
	if (len > sizeof(value->data) - value->len)
		return refuse(err, too_long);
	memcpy(value->data + value->len, data, len);
	value->len += len;
	return 0;
}

static bool is_value(const struct value *value, const char *bytes, size_t len)
{
	return value->len == len && memcmp(value->data, bytes, len) == 0;
}
#define IS(value, bytes) is_value(value, bytes, sizeof(bytes) - 1)

/* 0 with the key, or -1. */
static int ask_key(struct seal_open *open, size_t key_len, struct seal_buf *key,
		   struct seal_error *err)
{
	int ret;

	if (open->recipients.len == 0)
		return refuse(err, "not an envelope (CMS): no recipient");
	ret = open->ask(open->context, open->recipients.data,
			open->recipients.len, key_len, key, err);
	seal_buf_free(&open->recipients);
	if (ret == 0) {
		open->not_ours = true;
		return refuse(err, "not encrypted to us");
	}
	if (ret > 0 && key->len != key_len)
		return seal_error_set(err, SEAL_ERR_INPUT, "a content key of "
			"%zu bytes, for a cipher that takes %zu", key->len,
			key_len);
	return ret < 0 ? -1 : 0;
}

/* What we do not open is refused only where it is for us. */
static int unsupported(struct seal_open *open, const char *text,
		       struct seal_error *err)
{
	struct seal_buf key = SEAL_BUF_INIT;
	int ret = ask_key(open, SEAL_OPEN_KEY_LEN_ANY, &key, err);

	seal_buf_free(&key);
	return ret < 0 ? -1 : refuse(err, text);
}

/* id-envelopedData, id-ct-authEnvelopedData */
static int take_type(struct seal_open *open, struct seal_error *err)
{
	open->authenticated = IS(&open->value, "\x2a\x86\x48\x86\xf7\x0d"
				 "\x01\x09\x10\x01\x17");
	return open->authenticated ||
		IS(&open->value, "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03") ?
		0 : refuse(err, another_type);
}

/* Only id-data is a mail (RFC 8551 section 2.4). */
static int take_inner_type(struct seal_open *open, struct seal_error *err)
{
	return IS(&open->value, "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01") ? 0 :
		unsupported(open, "the envelope does not hold a mail: another "
			    "content type", err);
}

static int take_cipher(struct seal_open *open, struct seal_error *err)
{
	open->algorithm = seal_content_find(open->value.data, open->value.len);
	open->tag_len = SEAL_CONTENT_TAG_MIN;
	return open->algorithm != NULL &&
		open->algorithm->gcm == open->authenticated ? 0 :
		unsupported(open, unknown_algorithm, err);
}

static int take_iv(struct seal_open *open, bool gcm, struct seal_error *err)
{
	open->iv = open->value;
	return open->algorithm->gcm == gcm && open->iv.len > 0 &&
		(gcm || open->iv.len == open->algorithm->iv_len) ? 0 :
		unsupported(open, unknown_algorithm, err);
}

static int take_tag_length(struct seal_open *open, struct seal_error *err)
{
	open->tag_len = open->value.data[0];
	return open->value.len == 1 && open->tag_len >= SEAL_CONTENT_TAG_MIN &&
		open->tag_len <= SEAL_CONTENT_TAG_MAX ? 0 :
		unsupported(open, unknown_algorithm, err);
}

static int take_tag(struct seal_open *open, struct seal_error *err)
{
	open->tag = open->value;
	return open->authenticated ? 0 :
		refuse(err, "not an envelope (CMS): a tag without need");
}

/* All that is needed to decrypt has been read. */
static int start(struct seal_open *open, struct seal_error *err)
{
	struct seal_buf key = SEAL_BUF_INIT;
	int ret = ask_key(open, open->algorithm->key_len, &key, err);

	if (ret == 0)
		ret = seal_content_start(&open->content, open->algorithm,
					 key.data, open->iv.data, open->iv.len,
					 err);
	seal_buf_free(&key);
	return ret;
}

static int on_bytes(void *context, unsigned int what,
		    const unsigned char *data, size_t len,
		    struct seal_error *err)
{
	struct seal_open *open = context;

	switch ((enum what)what) {
	case RECIPIENT:
		if (len > SEAL_OPEN_RECIPIENTS_MAX - open->recipients.len)
			return refuse(err, "the message has too many recipients");
		return seal_buf_append(&open->recipients, data, len, err);
	case CONTENT:
		return seal_content_more(&open->content, data, len,
					 &open->sink, err);
	case TYPE:
	case INNER_TYPE:
		return keep(&open->value, data, len, another_type, err);
	case CIPHER:
	case IV:
	case NONCE:
	case TAG_LENGTH:
		return keep(&open->value, data, len, unknown_algorithm, err);
	case TAG:
		return keep(&open->value, data, len, "not an envelope (CMS): "
			    "the tag is too long", err);
	case ALGORITHM:
	case ATTRIBUTES:
	case IGNORED:
		break;
	}
	return 0;
}

static int on_end(void *context, unsigned int what, struct seal_error *err)
{
	struct seal_open *open = context;
	int ret = 0;

	switch ((enum what)what) {
	case TYPE:
		ret = take_type(open, err);
		break;
	case INNER_TYPE:
		ret = take_inner_type(open, err);
		break;
	case CIPHER:
		ret = take_cipher(open, err);
		break;
	case IV:
	case NONCE:
		ret = take_iv(open, what == NONCE, err);
		break;
	case TAG_LENGTH:
		ret = take_tag_length(open, err);
		break;
	case TAG:
		ret = take_tag(open, err);
		break;
	case ALGORITHM:
		ret = start(open, err);
		break;
	case ATTRIBUTES:
		/* they would have to be known before the content */
		if (open->authenticated)
			ret = refuse(err, "an envelope with authenticated "
				     "attributes is not opened here");
		break;
	case IGNORED:
	case RECIPIENT:
	case CONTENT:
		break;
	}
	open->value.len = 0;
	return ret;
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

int seal_open_finish(struct seal_open *open, struct seal_error *err)
{
	int ret;

	if (seal_ber_finish(&open->ber, err) < 0)
		return -1;
	/* a tag of another length than said is as wrong as any other */
	if (open->authenticated && open->tag.len != open->tag_len)
		ret = 0;
	else
		ret = seal_content_finish(&open->content, open->tag.data,
					  open->tag.len, &open->sink, err);
	return ret == 0 ? refuse(err, SEAL_OPEN_FAILED_TEXT) : ret < 0 ? -1 : 0;
}

void seal_open_free(struct seal_open **open)
{
	if (*open == NULL)
		return;
	seal_content_free(&(*open)->content);
	seal_buf_free(&(*open)->recipients);
	free(*open);
	*open = NULL;
}
