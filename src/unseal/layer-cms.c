/* SPDX-License-Identifier: MIT */
#include "unseal/layer-private.h"

#include "base/sink.h"
#include "cms/opaque.h"
#include "cms/open.h"
#include "message/entity.h"
#include "unseal/signature.h"

/* Until its kind is known, a body is taken in pieces of this size. */
#define PIECE 4096
/* The most that is held of an envelope that may not be ours, but somebody's further
 * on: all up to its RecipientInfos, in base64. */
#define RAW_MAX (2 * SEAL_OPEN_RECIPIENTS_MAX)

static int ask(void *context, const unsigned char *recipients,
	       size_t recipients_len, size_t key_len, struct seal_buf *key,
	       struct seal_error *err)
{
	struct seal_layer *layer = context;
	int ret = seal_run_ask(layer->run, recipients, recipients_len, key_len,
			       key, err);

	if (ret > 0) {
		layer->is_held = false;
		seal_buf_free(&layer->raw);
		if (seal_layer_add(layer, err) < 0)
			return -1;
	}
	return ret;
}

/* The content, opened. */
static int on_opened(void *context, const unsigned char *data, size_t len,
		     struct seal_error *err)
{
	struct seal_layer *layer = context;

	return seal_layer_more(layer->next, data, len, err);
}

static int on_opaque(void *context, const unsigned char *data, size_t len,
		     struct seal_error *err)
{
	struct seal_layer *layer = context;

	if (layer->signature != NULL &&
	    seal_signature_content(layer->signature, false, data, len, err) < 0)
		return -1;
	return seal_layer_more(layer->next, data, len, err);
}

static int begin_envelope(struct seal_layer *layer, struct seal_error *err)
{
	const struct seal_sink sink = { .write = on_opened, .context = layer };

	layer->open = seal_open_new(ask, layer, &sink, err);
	return layer->open == NULL ? -1 : 0;
}

static int begin_opaque(struct seal_layer *layer, struct seal_error *err)
{
	const struct seal_sink sink = { .write = on_opaque, .context = layer };

	layer->is_held = false;
	seal_buf_free(&layer->raw);
	layer->opaque = seal_opaque_new(&sink, err);
	if (layer->opaque == NULL)
		return -1;
	return seal_layer_signature_begin(layer, err);
}

static int feed(struct seal_layer *layer, const unsigned char *data, size_t len,
		struct seal_error *err)
{
	int ret;

	switch (layer->kind) {
	case SEAL_KIND_OPAQUE:
		return seal_opaque_more(layer->opaque, data, len, err);
	case SEAL_KIND_ENVELOPE:
		ret = seal_open_more(layer->open, data, len, err);
		if (ret != 0)
			return ret < 0 ? -1 : 0;
		/* not ours */
		seal_open_free(&layer->open);
		layer->kind = SEAL_KIND_CONTENT;
		return layer->run->decided ? -1 : 0;
	default:
		return 0;
	}
}

/* Its kind is known now. */
static int begin(struct seal_layer *layer, enum seal_kind kind,
		 struct seal_error *err)
{
	int ret;

	layer->kind = kind;
	if ((kind == SEAL_KIND_ENVELOPE && begin_envelope(layer, err) < 0) ||
	    (kind == SEAL_KIND_OPAQUE && begin_opaque(layer, err) < 0))
		return -1;
	ret = feed(layer, layer->peek.data, layer->peek.len, err);
	seal_buf_free(&layer->peek);
	return ret;
}

static int on_decoded(void *context, const unsigned char *data, size_t len,
		      struct seal_error *err)
{
	struct seal_layer *layer = context;
	enum seal_kind kind;
	int ret;

	if (layer->kind != SEAL_KIND_CMS)
		return feed(layer, data, len, err);
	if (seal_buf_append(&layer->peek, data, len, err) < 0)
		return -1;
	ret = seal_kind_peek(layer->peek.data, layer->peek.len, &kind);
	if (ret > 0)
		return begin(layer, kind, err);
	return ret == 0 ? 0 : seal_error_set(err, SEAL_ERR_REFUSED,
		"it claims to be encrypted or signed, and is not");
}

/* It turned out to be none of ours: what came of it goes out as it is. */
static int begin_content(struct seal_layer *layer, struct seal_error *err)
{
	layer->is_held = false;
	if (seal_layer_begin_content(layer, err) < 0 ||
	    seal_layer_write(layer, layer->raw.data, layer->raw.len, err) < 0)
		return -1;
	seal_buf_free(&layer->raw);
	return 0;
}

static int decode(struct seal_layer *layer, const unsigned char *data,
		  size_t len, struct seal_error *err)
{
	const struct seal_sink sink = { .write = on_decoded, .context = layer };

	if (layer->is_held) {
		if (len > RAW_MAX - layer->raw.len)
			return seal_error_set(err, SEAL_ERR_REFUSED,
				"an envelope has too many recipients");
		if (seal_buf_append(&layer->raw, data, len, err) < 0)
			return -1;
	}
	if (seal_transfer_more(&layer->transfer, data, len, &sink, err) < 0)
		return -1;
	return layer->kind == SEAL_KIND_CONTENT ? begin_content(layer, err) : 0;
}

int seal_layer_cms_begin(struct seal_layer *layer,
			 const struct seal_content *content,
			 struct seal_error *err)
{
	layer->is_held = layer->inside;
	if (!seal_transfer_init(&layer->transfer, content->transfer_encoding))
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"it is in an encoding that is not read here");
	return 0;
}

int seal_layer_cms_body(struct seal_layer *layer, const unsigned char *data,
			size_t len, struct seal_error *err)
{
	size_t n;

	for (; len > 0; data += n, len -= n) {
		n = len;
		if (layer->kind == SEAL_KIND_CONTENT)
			return seal_layer_write(layer, data, len, err);
		if (n > PIECE && (layer->kind == SEAL_KIND_CMS ||
				  layer->is_held))
			n = PIECE;
		if (decode(layer, data, n, err) < 0)
			return -1;
	}
	return 0;
}

static int finish_opaque(struct seal_layer *layer, struct seal_error *err)
{
	struct seal_buf ignored = SEAL_BUF_INIT;
	struct seal_buf *cms = layer->signature == NULL ? &ignored :
		seal_signature_cms(layer->signature);
	int ret = seal_opaque_finish(layer->opaque, cms, err);

	seal_buf_free(&ignored);
	if (ret < 0 || seal_layer_finish(layer->next, err) < 0)
		return -1;
	return seal_layer_signature_finish(layer, err);
}

int seal_layer_cms_finish(struct seal_layer *layer, struct seal_error *err)
{
	switch (layer->kind) {
	case SEAL_KIND_ENVELOPE:
		if (seal_open_finish(layer->open, err) < 0)
			return -1;
		return seal_layer_finish(layer->next, err);
	case SEAL_KIND_OPAQUE:
		return finish_opaque(layer, err);
	default:
		return seal_error_set(err, SEAL_ERR_REFUSED, "it is cut off");
	}
}
