/* SPDX-License-Identifier: MIT */
#include "seal/sealer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "base/sink.h"
#include "cms/envelope.h"
#include "message/detect.h"
#include "message/entity.h"

struct seal_sealer {
	char profile[64];
	enum seal_cipher cipher;
	struct seal_buf key, recipients, names;
	enum seal_encrypted encrypted;
	bool by_owner;

	struct seal_sink sink;
	struct seal_entity *entity;
	struct seal_detect *detect;
	struct seal_signer *signer;	/* NULL: nothing is signed */
	struct seal_envelope *envelope;
	enum seal_outcome outcome;

	/* while the outcome is open: the message as it came, for keeping it */
	struct seal_buf raw;
	size_t raw_body;	/* where in raw the body begins */
	/* ... and its outer fields, for sealing it */
	struct seal_buf outer;
	/* the Content-* fields, until the envelope begins */
	struct seal_buf inner;
	bool head_done;
};

static int write_outer_end(struct seal_sealer *sealer, struct seal_error *err)
{
	const char *sign, *reason;
	char text[512];
	int len;

	/* RFC 8551 section 3.2 and 3.3; base64 because Thunderbird does not read
	   an S/MIME message whose outer encoding is binary */
	sign = seal_sealer_signed(sealer, &reason);
	len = snprintf(text, sizeof(text),
		"MIME-Version: 1.0\r\n"
		"Content-Type: application/pkcs7-mime; smime-type=%s;\r\n"
		" name=\"smime.p7m\"\r\n"
		"Content-Transfer-Encoding: base64\r\n"
		"Content-Disposition: attachment; filename=\"smime.p7m\"\r\n"
		"X-Mail-Seal: v=1; profile=%s; cipher=%s%s%s\r\n"
		"\r\n",
		seal_cipher_is_gcm(sealer->cipher) ?
			"authEnveloped-data" : "enveloped-data",
		sealer->profile, seal_cipher_name(sealer->cipher),
		sign == NULL ? "" : "; signed=", sign == NULL ? "" : sign);
	return seal_sink_write(&sealer->sink, text, (size_t)len, err);
}

static int write_envelope(void *context, const unsigned char *data, size_t len,
			  struct seal_error *err)
{
	struct seal_sealer *sealer = context;

	return seal_envelope_more(sealer->envelope, data, len, err);
}

/* What goes in: signed on the way where it is to be. */
static int write_inner(struct seal_sealer *sealer, const unsigned char *data,
		       size_t len, struct seal_error *err)
{
	return sealer->signer != NULL ?
		seal_signer_more(sealer->signer, data, len, err) :
		seal_envelope_more(sealer->envelope, data, len, err);
}

static int start_envelope(struct seal_sealer *sealer, struct seal_error *err)
{
	const struct seal_sink to_envelope = { write_envelope, sealer, NULL };

	if (seal_cipher_name(sealer->cipher) == NULL)
		return seal_error_set(err, SEAL_ERR_INPUT, "unknown cipher");
	if (write_outer_end(sealer, err) < 0)
		return -1;
	sealer->envelope = seal_envelope_new(sealer->cipher,
		sealer->key.data, sealer->key.len,
		sealer->recipients.data, sealer->recipients.len,
		&sealer->sink, err);
	if (sealer->envelope == NULL ||
	    (sealer->signer != NULL &&
	     seal_signer_begin(sealer->signer, &to_envelope, err) < 0) ||
	    write_inner(sealer, sealer->inner.data, sealer->inner.len,
			err) < 0 ||
	    write_inner(sealer, (const unsigned char *)"\r\n", 2, err) < 0)
		return -1;
	seal_buf_free(&sealer->inner);
	return 0;
}

/* The message is to be sealed: what was held goes its two ways. */
static int decide_seal(struct seal_sealer *sealer, struct seal_error *err)
{
	sealer->outcome = SEAL_OUTCOME_SEALED;
	if (seal_sink_write(&sealer->sink, sealer->outer.data,
			    sealer->outer.len, err) < 0)
		return -1;
	if (sealer->head_done &&
	    (start_envelope(sealer, err) < 0 ||
	     write_inner(sealer, sealer->raw.data + sealer->raw_body,
			 sealer->raw.len - sealer->raw_body, err) < 0))
		return -1;
	seal_buf_free(&sealer->outer);
	seal_buf_free(&sealer->raw);
	return 0;
}

static int decide_keep(struct seal_sealer *sealer, struct seal_error *err)
{
	sealer->outcome = SEAL_OUTCOME_KEPT;
	if (seal_sink_write(&sealer->sink, sealer->raw.data, sealer->raw.len,
			    err) < 0)
		return -1;
	seal_buf_free(&sealer->raw);
	seal_buf_free(&sealer->outer);
	seal_buf_free(&sealer->inner);
	return 0;
}

static int decide(struct seal_sealer *sealer, struct seal_error *err)
{
	switch (seal_detect_verdict(sealer->detect)) {
	case SEAL_DETECT_NO:
		return decide_seal(sealer, err);
	case SEAL_DETECT_YES:
		return decide_keep(sealer, err);
	case SEAL_DETECT_MORE:
		break;
	}
	return 0;
}

static int add_inner(struct seal_sealer *sealer, const unsigned char *data,
		     size_t len, struct seal_error *err)
{
	if (len > SEAL_SEALER_INNER_MAX - sealer->inner.len)
		return seal_error_set(err, SEAL_ERR_LIMIT,
			"the Content-* header fields are longer than %u bytes",
			SEAL_SEALER_INNER_MAX);
	return seal_buf_append(&sealer->inner, data, len, err);
}

static int hold_field(struct seal_sealer *sealer, enum seal_entity_part part,
		      const unsigned char *data, size_t len,
		      struct seal_error *err)
{
	if (seal_buf_append(&sealer->raw, data, len, err) < 0)
		return -1;
	if (part == SEAL_ENTITY_OUTER &&
	    seal_buf_append(&sealer->outer, data, len, err) < 0)
		return -1;
	if (part == SEAL_ENTITY_INNER &&
	    add_inner(sealer, data, len, err) < 0)
		return -1;
	return sealer->raw.len > SEAL_SEALER_HOLD_MAX ?
		decide_seal(sealer, err) : 0;
}

static int on_field(void *context, enum seal_entity_part part,
		    const unsigned char *data, size_t len,
		    struct seal_error *err)
{
	struct seal_sealer *sealer = context;

	if (part == SEAL_ENTITY_MARK &&
	    !(sealer->by_owner && sealer->outcome == SEAL_OUTCOME_OPEN))
		return 0;
	if (part == SEAL_ENTITY_OUTER && sealer->signer != NULL &&
	    seal_signer_header(sealer->signer, data, len, err) < 0)
		return -1;
	switch (sealer->outcome) {
	case SEAL_OUTCOME_OPEN:
		return hold_field(sealer, part, data, len, err);
	case SEAL_OUTCOME_SEALED:
		if (part == SEAL_ENTITY_VERSION)
			return 0;
		if (part == SEAL_ENTITY_INNER)
			return add_inner(sealer, data, len, err);
		break;
	case SEAL_OUTCOME_KEPT:
	case SEAL_OUTCOME_PASSED:
		break;
	}
	return seal_sink_write(&sealer->sink, data, len, err);
}

static int on_head(void *context, const struct seal_content *content,
		   const char *blank_line, struct seal_error *err)
{
	struct seal_sealer *sealer = context;

	sealer->head_done = true;
	if (sealer->signer != NULL &&
	    seal_signer_head(sealer->signer, content, err) < 0)
		return -1;
	if (sealer->outcome == SEAL_OUTCOME_PASSED)
		return seal_sink_write(&sealer->sink, blank_line,
				       strlen(blank_line), err);
	if (sealer->outcome == SEAL_OUTCOME_SEALED)
		return start_envelope(sealer, err);
	if (seal_buf_append(&sealer->raw, blank_line, strlen(blank_line),
			    err) < 0)
		return -1;
	sealer->raw_body = sealer->raw.len;
	/* an owner without a single name has no envelope of their own */
	sealer->detect = seal_detect_new(content,
		sealer->encrypted != SEAL_ENCRYPTED_MINE ? NULL :
		sealer->names.data != NULL ? sealer->names.data :
		(const unsigned char *)"", sealer->names.len, err);
	return sealer->detect == NULL ? -1 : decide(sealer, err);
}

static int on_body(void *context, const unsigned char *data, size_t len,
		   struct seal_error *err)
{
	struct seal_sealer *sealer = context;

	switch (sealer->outcome) {
	case SEAL_OUTCOME_OPEN:
		if (seal_buf_append(&sealer->raw, data, len, err) < 0 ||
		    seal_detect_more(sealer->detect, data, len, err) < 0)
			return -1;
		return decide(sealer, err);
	case SEAL_OUTCOME_SEALED:
		return write_inner(sealer, data, len, err);
	case SEAL_OUTCOME_KEPT:
	case SEAL_OUTCOME_PASSED:
		break;
	}
	return seal_sink_write(&sealer->sink, data, len, err);
}

static const struct seal_entity_handler sealer_handler = {
	on_field, on_head, on_body
};

static int copy_order(struct seal_sealer *sealer,
		      const struct seal_order *order, struct seal_error *err)
{
	if (order->pass) {
		sealer->outcome = SEAL_OUTCOME_PASSED;
		return 0;
	}
	if (strlen(order->profile) >= sizeof(sealer->profile))
		return seal_error_set(err, SEAL_ERR_INPUT,
				      "profile id too long");
	strcpy(sealer->profile, order->profile);
	sealer->cipher = order->cipher;
	sealer->encrypted = order->encrypted;
	sealer->by_owner = order->by_owner;
	/* where everything is sealed, nothing has to be held */
	if (order->encrypted == SEAL_ENCRYPTED_SEAL)
		sealer->outcome = SEAL_OUTCOME_SEALED;
	if (seal_buf_append(&sealer->key, order->key.data, order->key.len,
			    err) < 0 ||
	    seal_buf_append(&sealer->recipients, order->recipients.data,
			    order->recipients.len, err) < 0 ||
	    seal_buf_append(&sealer->names, order->names.data,
			    order->names.len, err) < 0)
		return -1;
	if (order->sign.policy == SEAL_SIGN_NO)
		return 0;
	sealer->signer = seal_signer_new(&order->sign, err);
	return sealer->signer == NULL ? -1 : 0;
}

struct seal_sealer *seal_sealer_new(const struct seal_order *order,
				    const struct seal_sink *sink,
				    struct seal_error *err)
{
	struct seal_sealer *sealer = calloc(1, sizeof(*sealer));

	if (sealer == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	sealer->sink = *sink;
	if (copy_order(sealer, order, err) < 0 ||
	    (sealer->entity = seal_entity_new(&sealer_handler, sealer,
					      err)) == NULL)
		seal_sealer_free(&sealer);
	return sealer;
}

int seal_sealer_more(struct seal_sealer *sealer, const unsigned char *data,
		     size_t len, struct seal_error *err)
{
	return seal_entity_more(sealer->entity, data, len, err);
}

int seal_sealer_finish(struct seal_sealer *sealer, struct seal_error *err)
{
	if (seal_entity_finish(sealer->entity, err) < 0)
		return -1;
	if (sealer->outcome == SEAL_OUTCOME_OPEN) {
		seal_detect_finish(sealer->detect);
		if (decide(sealer, err) < 0)
			return -1;
	}
	if (sealer->outcome == SEAL_OUTCOME_SEALED && sealer->signer != NULL &&
	    seal_signer_finish(sealer->signer, err) < 0)
		return -1;
	if (sealer->outcome == SEAL_OUTCOME_SEALED)
		return seal_envelope_finish(sealer->envelope, err);
	return 0;
}

const char *seal_sealer_signed(const struct seal_sealer *sealer,
			       const char **reason_r)
{
	*reason_r = NULL;
	return sealer->signer == NULL || !sealer->head_done ? NULL :
		seal_signer_result(sealer->signer, reason_r);
}

enum seal_outcome seal_sealer_outcome(const struct seal_sealer *sealer)
{
	return sealer->outcome;
}

void seal_sealer_free(struct seal_sealer **_sealer)
{
	struct seal_sealer *sealer = *_sealer;

	*_sealer = NULL;
	if (sealer == NULL)
		return;
	seal_entity_free(&sealer->entity);
	seal_detect_free(&sealer->detect);
	seal_signer_free(&sealer->signer);
	seal_envelope_free(&sealer->envelope);
	seal_buf_free(&sealer->key);
	seal_buf_free(&sealer->recipients);
	seal_buf_free(&sealer->names);
	seal_buf_free(&sealer->raw);
	seal_buf_free(&sealer->outer);
	seal_buf_free(&sealer->inner);
	free(sealer);
}
