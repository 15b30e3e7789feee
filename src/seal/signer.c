/* SPDX-License-Identifier: MIT */
#include "seal/signer.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "base/sink.h"
#include "cms/signed.h"
#include "message/content-type.h"
#include "message/entity.h"
#include "message/origin.h"

struct seal_signer {
	struct seal_signer_order order;
	struct seal_origin *origin;
	const char *address;	/* NULL: not signed */
	const char *reason;	/* why not */
	struct seal_signed *framing;
	struct seal_sink sink;
};

struct seal_signer *seal_signer_new(const struct seal_signer_order *order,
				    struct seal_error *err)
{
	struct seal_signer *signer = calloc(1, sizeof(*signer));

	if (signer == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	signer->order = *order;
	/* the origin has its own copy, and nobody else needs it */
	signer->order.authserv_id = NULL;
	signer->origin = seal_origin_new(order->policy == SEAL_SIGN_VERIFIED ?
					 order->authserv_id : NULL, err);
	if (signer->origin == NULL)
		seal_signer_free(&signer);
	return signer;
}

int seal_signer_header(struct seal_signer *signer, const unsigned char *data,
		       size_t len, struct seal_error *err)
{
	return seal_origin_more(signer->origin, data, len, err);
}

static int ask(void *context, const unsigned char *digest, size_t digest_len,
	       struct seal_buf *out, struct seal_error *err)
{
	struct seal_signer *signer = context;

	return signer->order.ask(signer->order.context, signer->address,
				 digest, digest_len, out, err);
}

/* application/pkcs7-mime that comes here is no envelope: opaque-signed, most
 * likely */
static bool has_signature(const struct seal_content *content)
{
	return content->type != NULL &&
		(seal_content_type_is(content->type, "multipart/signed") ||
		 seal_content_type_is(content->type,
				      "application/pkcs7-mime") ||
		 seal_content_type_is(content->type,
				      "application/x-pkcs7-mime"));
}

int seal_signer_head(struct seal_signer *signer,
		     const struct seal_content *content,
		     struct seal_error *err)
{
	const char *address;
	int ret;

	ret = seal_origin_finish(signer->origin, &address, &signer->reason,
				 err);
	if (ret < 0)
		return -1;
	if (ret > 0 && has_signature(content)) {
		signer->reason = "it bears a signature of its own";
		ret = 0;
	}
	if (ret > 0) {
		signer->reason = NULL;
		signer->address = address;
	}
	return 0;
}

const char *seal_signer_result(const struct seal_signer *signer,
			       const char **reason_r)
{
	*reason_r = signer->reason;
	if (signer->address == NULL)
		return "no";
	return signer->order.policy == SEAL_SIGN_VERIFIED ?
		"verified" : "always";
}

int seal_signer_begin(struct seal_signer *signer, const struct seal_sink *sink,
		      struct seal_error *err)
{
	signer->sink = *sink;
	if (signer->address == NULL)
		return 0;
	signer->framing = seal_signed_new(ask, signer, sink, err);
	return signer->framing == NULL ? -1 : 0;
}

int seal_signer_more(struct seal_signer *signer, const unsigned char *data,
		     size_t len, struct seal_error *err)
{
	return signer->framing != NULL ?
		seal_signed_more(signer->framing, data, len, err) :
		seal_sink_write(&signer->sink, data, len, err);
}

int seal_signer_finish(struct seal_signer *signer, struct seal_error *err)
{
	return signer->framing == NULL ? 0 :
		seal_signed_finish(signer->framing, err);
}

void seal_signer_free(struct seal_signer **_signer)
{
	struct seal_signer *signer = *_signer;

	*_signer = NULL;
	if (signer == NULL)
		return;
	seal_signed_free(&signer->framing);
	seal_origin_free(&signer->origin);
	free(signer);
}
