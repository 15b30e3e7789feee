/* SPDX-License-Identifier: MIT */
#ifndef SEAL_UNSEAL_LAYER_H
#define SEAL_UNSEAL_LAYER_H

#include <stddef.h>

struct seal_error;
struct seal_layer;
struct seal_run;

/* An entity of a message, while it passes: an envelope or a signature around the next
 * entity, which gets a layer of its own, or what is left in the end, which goes
 * to the run's output. */

/* The message itself. run must outlive it. NULL: SEAL_ERR_MEMORY. */
struct seal_layer *seal_layer_new(struct seal_run *run, struct seal_error *err);
/* Feeds len more bytes, any len. 0: go on, and see run->refusal at the end. -1:
 * run->decided, or something that is wrong for now (never SEAL_ERR_REFUSED then, but
 * in a second run). */
int seal_layer_more(struct seal_layer *layer, const unsigned char *data,
		    size_t len, struct seal_error *err);
/* The entity is complete. As more. */
int seal_layer_finish(struct seal_layer *layer, struct seal_error *err);
/* Wipes and frees it and those below; accepts NULL, leaves NULL. */
void seal_layer_free(struct seal_layer **layer);

#endif
