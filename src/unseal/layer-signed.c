/* SPDX-License-Identifier: MIT */
#include "unseal/layer-private.h"

#include <string.h>
#include "cms/verify.h"
#include "message/content-type.h"
#include "message/entity.h"
#include "unseal/answers.h"
#include "unseal/multipart.h"
#include "unseal/signature.h"

static int on_part(void *context, unsigned int number,
		   const unsigned char *data, size_t len,
		   struct seal_error *err)
{
	struct seal_layer *layer = context;

	if (number == 2)
		return layer->signature == NULL ? 0 :
			seal_signature_part(layer->signature, data, len, err);
	if (layer->signature != NULL &&
	    seal_signature_content(layer->signature, true, data, len, err) < 0)
		return -1;
	return seal_layer_more(layer->next, data, len, err);
}

int seal_layer_signed_begin(struct seal_layer *layer,
			    const struct seal_content *content,
			    struct seal_error *err)
{
	char boundary[SEAL_MULTIPART_BOUNDARY_MAX + 1];

	if (seal_content_encoding_find(content->transfer_encoding) !=
	    SEAL_CONTENT_PLAIN)
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"it is in an encoding that is not read here");
	if (seal_content_type_param(content->type, "boundary", boundary,
				    sizeof(boundary)) != 1)
		return seal_error_set(err, SEAL_ERR_REFUSED,
				      "its parts have no boundary");
	layer->multipart = seal_multipart_new(boundary, on_part, layer, err);
	if (layer->multipart == NULL)
		return -1;
	return seal_layer_signature_begin(layer, err);
}

int seal_layer_signed_body(struct seal_layer *layer, const unsigned char *data,
			   size_t len, struct seal_error *err)
{
	return seal_multipart_more(layer->multipart, data, len, err);
}

int seal_layer_signed_finish(struct seal_layer *layer, struct seal_error *err)
{
	if (seal_multipart_finish(layer->multipart, err) < 0 ||
	    seal_layer_finish(layer->next, err) < 0)
		return -1;
	return seal_layer_signature_finish(layer, err);
}

int seal_layer_signature_begin(struct seal_layer *layer,
			       struct seal_error *err)
{
	struct seal_run *run = layer->run;

	run->signatures++;
	if (seal_layer_add(layer, err) < 0)
		return -1;
	if (run->again)
		return 0;
	layer->signature = seal_signature_new(err);
	return layer->signature == NULL ? -1 : 0;
}

int seal_layer_signature_finish(struct seal_layer *layer,
				struct seal_error *err)
{
	static const struct {
		const char *why, *sentence;
	} sentences[] = {
		{ SEAL_VERIFY_STRANGER_TEXT, "This message was not sent: it is "
		  "signed, but not with one of your certificates that are "
		  "known here." },
		{ SEAL_VERIFY_DIGEST_TEXT, "This message was not sent: its "
		  "signature is made with a digest that is not accepted here. "
		  "Please choose SHA-256 or better in your mail program." }
	};
	struct seal_run *run = layer->run;
	unsigned int i;
	int ret;

	/* without an envelope of ours it does not matter, and the signers are not
	   known; with something wrong already it is too late */
	if (run->again || run->opened == 0 ||
	    run->refusal.code != SEAL_ERR_NONE)
		return 0;
	ret = seal_signature_finish(layer->signature, &run->answers->signers,
				    err);
	if (ret != 0)
		return ret < 0 ? -1 : 0;
	for (i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
		if (strcmp(err->text, sentences[i].why) == 0)
			return seal_run_refuse(run, sentences[i].sentence, err);
	}
	return seal_run_refuse(run, SEAL_RUN_DAMAGED, err);
}
