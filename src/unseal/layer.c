/* SPDX-License-Identifier: MIT */
#include "unseal/layer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/sink.h"
#include "cms/opaque.h"
#include "cms/open.h"
#include "message/content-type.h"
#include "message/entity.h"
#include "unseal/layer-private.h"
#include "unseal/multipart.h"
#include "unseal/reply.h"
#include "unseal/signature.h"

static int refuse_damaged(struct seal_layer *layer, struct seal_error *err)
{
	return seal_run_refuse(layer->run, SEAL_RUN_DAMAGED, err);
}

/* What is wrong with a layer that nobody encrypted is no secret. */
static int refuse_outer(struct seal_layer *layer, struct seal_error *err)
{
	char sentence[400];

	snprintf(sentence, sizeof(sentence), "This message was not sent: "
		 "it cannot be opened (%.300s).", err->text);
	return seal_run_refuse(layer->run, sentence, err);
}

/* Something came back from an engine, or from a layer's own checks. */
static int failed(struct seal_layer *layer, struct seal_error *err)
{
	struct seal_run *run = layer->run;

	if (run->again || run->decided || err->code != SEAL_ERR_REFUSED)
		return -1;
	if (layer->inside || strcmp(err->text, SEAL_OPEN_FAILED_TEXT) == 0)
		(void)refuse_damaged(layer, err);
	else
		(void)refuse_outer(layer, err);
	if (run->decided)
		return -1;
	layer->dead = true;
	return 0;
}

int seal_layer_write(struct seal_layer *layer, const unsigned char *data,
		     size_t len, struct seal_error *err)
{
	struct seal_sink sink = seal_output_sink(&layer->run->output);

	return seal_sink_write(&sink, data, len, err);
}

int seal_layer_begin_content(struct seal_layer *layer, struct seal_error *err)
{
	struct seal_run *run = layer->run;
	struct seal_sink sink = seal_output_sink(&run->output);

	layer->kind = SEAL_KIND_CONTENT;
	if (run->opened == 0)
		return seal_run_pass(run, err);
	if (run->order->reject_unsigned && run->signatures == 0)
		return seal_run_refuse(run, "This message was not sent: it is "
			"encrypted, but not signed. Please switch signing on, "
			"and send it again.", err);
	if (seal_head_write(run->message, &layer->head,
			    layer->replaces, &sink, err) == 0)
		return 0;
	return err->code != SEAL_ERR_LIMIT ? -1 : seal_run_refuse(run,
		"This message was not sent: there are too many header fields "
		"in its encrypted part.", err);
}

static int begin(struct seal_layer *layer, const struct seal_content *content,
		 struct seal_error *err)
{
	if (layer->depth == SEAL_REPLY_LAYERS &&
	    (layer->kind == SEAL_KIND_CMS || layer->kind == SEAL_KIND_SIGNED))
		return seal_run_refuse(layer->run, "This message was not sent: "
			"it is encrypted or signed too many times over.", err);
	switch (layer->kind) {
	case SEAL_KIND_CMS:
		return seal_layer_cms_begin(layer, content, err);
	case SEAL_KIND_SIGNED:
		return seal_layer_signed_begin(layer, content, err);
	case SEAL_KIND_MESSAGE:
		return seal_layer_add(layer, err);
	default:
		return seal_layer_begin_content(layer, err);
	}
}

static int on_field(void *context, enum seal_entity_part part,
		    const unsigned char *data, size_t len,
		    struct seal_error *err)
{
	struct seal_layer *layer = context;

	/* else it is not written whatever comes */
	if (layer->depth > 0 && !layer->inside)
		return 0;
	return seal_head_add(&layer->head, part, data, len, err);
}

/* A wrong key can go unnoticed with CBC, once in 256 times: what it gives must not
 * be taken for text. */
static bool is_entity(const struct seal_layer *layer)
{
	return seal_head_has_fields(&layer->head) ||
		(layer->has_blank_line && layer->head.outer.len == 0);
}

/* What the layer's header says of it. */
static void classify(struct seal_layer *layer,
		     const struct seal_content *content)
{
	enum seal_kind kind = seal_kind_of(content->type);

	/* a wrapper is for what is encrypted, and not encoded itself */
	if (kind == SEAL_KIND_MESSAGE &&
	    (!layer->inside ||
	     seal_content_encoding_find(content->transfer_encoding) !=
	     SEAL_CONTENT_PLAIN))
		kind = SEAL_KIND_CONTENT;
	layer->kind = layer->wrapped ? SEAL_KIND_CONTENT : kind;
	layer->replaces = layer->wrapped ||
		seal_kind_is_protected(content->type);
}

static int on_head(void *context, const struct seal_content *content,
		   const char *blank_line, struct seal_error *err)
{
	struct seal_layer *layer = context;

	layer->has_blank_line = *blank_line != '\0';
	if (layer->inside && layer->head.too_long)
		return seal_run_refuse(layer->run, "This message was not sent: "
			"a header in its encrypted part is too long.", err);
	if (layer->inside && !is_entity(layer))
		return refuse_damaged(layer, err);
	classify(layer, content);
	return begin(layer, content, err);
}

static int on_body(void *context, const unsigned char *data, size_t len,
		   struct seal_error *err)
{
	struct seal_layer *layer = context;

	if (layer->inside && !layer->has_blank_line)
		return refuse_damaged(layer, err);
	switch (layer->kind) {
	case SEAL_KIND_CONTENT:
		return seal_layer_write(layer, data, len, err);
	case SEAL_KIND_MESSAGE:
		return seal_layer_more(layer->next, data, len, err);
	case SEAL_KIND_SIGNED:
		return seal_layer_signed_body(layer, data, len, err);
	default:
		return seal_layer_cms_body(layer, data, len, err);
	}
}

static struct seal_layer *layer_new(struct seal_run *run,
				    struct seal_error *err)
{
	static const struct seal_entity_handler handler = {
		on_field, on_head, on_body
	};
	struct seal_layer *layer = calloc(1, sizeof(*layer));

	if (layer == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	layer->run = run;
	layer->inside = run->opened > 0;
	layer->entity = seal_entity_new(&handler, layer, err);
	if (layer->entity == NULL)
		seal_layer_free(&layer);
	return layer;
}

struct seal_layer *seal_layer_new(struct seal_run *run, struct seal_error *err)
{
	struct seal_layer *layer = layer_new(run, err);

	if (layer != NULL)
		run->message = &layer->head;
	return layer;
}

int seal_layer_add(struct seal_layer *layer, struct seal_error *err)
{
	layer->next = layer_new(layer->run, err);
	if (layer->next == NULL)
		return -1;
	layer->next->depth = layer->depth + 1;
	layer->next->wrapped = layer->kind == SEAL_KIND_MESSAGE;
	return 0;
}

int seal_layer_more(struct seal_layer *layer, const unsigned char *data,
		    size_t len, struct seal_error *err)
{
	if (layer->dead ||
	    seal_entity_more(layer->entity, data, len, err) == 0)
		return 0;
	return failed(layer, err);
}

static int finish(struct seal_layer *layer, struct seal_error *err)
{
	if (seal_entity_finish(layer->entity, err) < 0)
		return -1;
	switch (layer->kind) {
	case SEAL_KIND_CONTENT:
		return 0;
	case SEAL_KIND_MESSAGE:
		return seal_layer_finish(layer->next, err);
	case SEAL_KIND_SIGNED:
		return seal_layer_signed_finish(layer, err);
	default:
		return seal_layer_cms_finish(layer, err);
	}
}

int seal_layer_finish(struct seal_layer *layer, struct seal_error *err)
{
	if (layer->dead || finish(layer, err) == 0)
		return 0;
	return failed(layer, err);
}

void seal_layer_free(struct seal_layer **_layer)
{
	struct seal_layer *layer = *_layer;

	*_layer = NULL;
	if (layer == NULL)
		return;
	seal_layer_free(&layer->next);
	seal_entity_free(&layer->entity);
	seal_head_free(&layer->head);
	seal_buf_free(&layer->peek);
	seal_buf_free(&layer->raw);
	seal_open_free(&layer->open);
	seal_opaque_free(&layer->opaque);
	seal_multipart_free(&layer->multipart);
	seal_signature_free(&layer->signature);
	free(layer);
}
