/* SPDX-License-Identifier: MIT */
#include "unseal/signature.h"

#include <stdlib.h>
#include "base/buf.h"
#include "base/error.h"
#include "base/sink.h"
#include "cms/verify.h"
#include "message/content-type.h"
#include "message/entity.h"
#include "unseal/crlf.h"
#include "unseal/transfer.h"

struct seal_signature {
	struct seal_verify *verify;
	struct seal_crlf crlf;
	struct seal_entity *part;
	struct seal_transfer transfer;
	struct seal_buf cms;
};

static int part_field(void *context, enum seal_entity_part part,
		      const unsigned char *data, size_t len,
		      struct seal_error *err)
{
	(void)context, (void)part, (void)data, (void)len, (void)err;
	return 0;
}

static int part_head(void *context, const struct seal_content *content,
		     const char *blank_line, struct seal_error *err)
{
	struct seal_signature *signature = context;

	(void)blank_line;
	if (!seal_content_type_is(content->type,
				  "application/pkcs7-signature") &&
	    !seal_content_type_is(content->type,
				  "application/x-pkcs7-signature"))
		return seal_error_set(err, SEAL_ERR_REFUSED,
				      "its second part is not a signature");
	if (!seal_transfer_init(&signature->transfer,
				content->transfer_encoding))
		return seal_error_set(err, SEAL_ERR_REFUSED, "its signature is "
				      "in an encoding that is not read here");
	return 0;
}

static int keep(void *context, const unsigned char *data, size_t len,
		struct seal_error *err)
{
	struct seal_signature *signature = context;

	if (len > SEAL_VERIFY_MAX - signature->cms.len)
		return seal_error_set(err, SEAL_ERR_REFUSED,
				      "its signature is too long");
	return seal_buf_append(&signature->cms, data, len, err);
}

static int part_body(void *context, const unsigned char *data, size_t len,
		     struct seal_error *err)
{
	struct seal_signature *signature = context;
	const struct seal_sink sink = { .write = keep, .context = signature };

	return seal_transfer_more(&signature->transfer, data, len, &sink, err);
}

struct seal_signature *seal_signature_new(struct seal_error *err)
{
	static const struct seal_entity_handler handler = {
		part_field, part_head, part_body
	};
	struct seal_signature *signature = calloc(1, sizeof(*signature));

	if (signature == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	signature->verify = seal_verify_new(err);
	if (signature->verify != NULL)
		signature->part = seal_entity_new(&handler, signature, err);
	if (signature->part == NULL)
		seal_signature_free(&signature);
	return signature;
}

static int verify_more(void *context, const unsigned char *data, size_t len,
		       struct seal_error *err)
{
	return seal_verify_more(context, data, len, err);
}

int seal_signature_content(struct seal_signature *signature, bool as_text,
			   const unsigned char *data, size_t len,
			   struct seal_error *err)
{
	const struct seal_sink sink = {
		.write = verify_more, .context = signature->verify
	};

	if (!as_text)
		return seal_sink_write(&sink, data, len, err);
	return seal_crlf_write(&signature->crlf, data, len, &sink, err);
}

int seal_signature_part(struct seal_signature *signature,
			const unsigned char *data, size_t len,
			struct seal_error *err)
{
	return seal_entity_more(signature->part, data, len, err);
}

struct seal_buf *seal_signature_cms(struct seal_signature *signature)
{
	return &signature->cms;
}

int seal_signature_finish(struct seal_signature *signature,
			  const struct seal_buf *signers,
			  struct seal_error *err)
{
	return seal_verify_finish(signature->verify, signature->cms.data,
				  signature->cms.len, signers->data,
				  signers->len, err);
}

void seal_signature_free(struct seal_signature **signature)
{
	if (*signature == NULL)
		return;
	seal_verify_free(&(*signature)->verify);
	seal_entity_free(&(*signature)->part);
	seal_buf_free(&(*signature)->cms);
	free(*signature);
	*signature = NULL;
}
