/* SPDX-License-Identifier: MIT */
#ifndef SEAL_UNSEAL_LAYER_PRIVATE_H
#define SEAL_UNSEAL_LAYER_PRIVATE_H

#include <stdbool.h>
#include "base/buf.h"
#include "base/error.h"
#include "unseal/head.h"
#include "unseal/kind.h"
#include "unseal/layer.h"
#include "unseal/run.h"
#include "unseal/transfer.h"

struct seal_multipart;
struct seal_opaque;
struct seal_open;
struct seal_signature;

struct seal_layer {
	struct seal_run *run;
	unsigned int depth;		/* layers above */
	bool inside;			/* within an envelope of ours */
	bool wrapped;			/* the message in a message/rfc822 */
	bool dead;			/* something is wrong: the rest is not looked at */
	bool has_blank_line;
	bool replaces;			/* its fields, those of the message */
	enum seal_kind kind;
	struct seal_entity *entity;
	struct seal_head head;
	struct seal_layer *next;	/* what is in it */

	/* CMS, ENVELOPE, OPAQUE (layer-cms.c) */
	struct seal_transfer transfer;
	struct seal_buf peek;		/* decoded, until its kind is known */
	bool is_held;			/* it may yet be CONTENT: then raw goes out */
	struct seal_buf raw;
	struct seal_open *open;
	struct seal_opaque *opaque;

	/* SIGNED (layer-signed.c) */
	struct seal_multipart *multipart;

	/* SIGNED, OPAQUE; NULL in the second run */
	struct seal_signature *signature;
};

/* Makes the layer below. 0, or -1. */
int seal_layer_add(struct seal_layer *layer, struct seal_error *err);
/* It is CONTENT: writes the header. The body goes to seal_layer_write(). 0, or -1. */
int seal_layer_begin_content(struct seal_layer *layer, struct seal_error *err);
int seal_layer_write(struct seal_layer *layer, const unsigned char *data,
		     size_t len, struct seal_error *err);

/* content: of the entity; begin is called when its header is complete. Each returns
 * 0, or -1. */
struct seal_content;
int seal_layer_cms_begin(struct seal_layer *layer,
			 const struct seal_content *content,
			 struct seal_error *err);
int seal_layer_cms_body(struct seal_layer *layer, const unsigned char *data,
			size_t len, struct seal_error *err);
int seal_layer_cms_finish(struct seal_layer *layer, struct seal_error *err);

int seal_layer_signed_begin(struct seal_layer *layer,
			    const struct seal_content *content,
			    struct seal_error *err);
int seal_layer_signed_body(struct seal_layer *layer, const unsigned char *data,
			   size_t len, struct seal_error *err);
int seal_layer_signed_finish(struct seal_layer *layer, struct seal_error *err);

/* A signature begins, detached or not; its content has passed, and its CMS: it is
 * verified if this is the first run. 0, or -1. */
int seal_layer_signature_begin(struct seal_layer *layer,
			       struct seal_error *err);
int seal_layer_signature_finish(struct seal_layer *layer,
				struct seal_error *err);

#endif
