/* SPDX-License-Identifier: MIT */
#ifndef SEAL_UNSEAL_OUTPUT_H
#define SEAL_UNSEAL_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/sink.h"
#include "unseal/crlf.h"

/* Where the opened message goes: counted in the first run, written in the second,
 * but for its end, which is held back until all is known to be in order: without it
 * nobody takes the message for complete. */
struct seal_output {
	bool counting;
	struct seal_sink sink;
	struct seal_crlf crlf;
	uint64_t count;		/* bytes so far, with the CRs that were put in */
	uint64_t size;		/* how many there have to be; if not counting */
	struct seal_buf held;
	bool sink_failed;	/* the error is the sink's */
};

/* How much of the end is held back, in bytes. */
#define SEAL_OUTPUT_HELD 1024

/* sink NULL: only counts. Else size bytes are to come. */
void seal_output_begin(struct seal_output *output, const struct seal_sink *sink,
		       uint64_t size);
/* A sink that writes to output, which must outlive it: it puts CRs where they are
 * missing, and fails with SEAL_ERR_IO where more comes than had to. */
struct seal_sink seal_output_sink(struct seal_output *output);
/* Writes the end. 0, or -1: SEAL_ERR_IO (less came than had to), the sink's. */
int seal_output_finish(struct seal_output *output, struct seal_error *err);
/* Wipes and frees what it holds. */
void seal_output_free(struct seal_output *output);

#endif
