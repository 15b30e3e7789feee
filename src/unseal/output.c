/* SPDX-License-Identifier: MIT */
#include "unseal/output.h"

#include <string.h>
#include "base/error.h"

void seal_output_begin(struct seal_output *output, const struct seal_sink *sink,
		       uint64_t size)
{
	seal_output_free(output);
	memset(output, 0, sizeof(*output));
	output->counting = sink == NULL;
	if (sink != NULL)
		output->sink = *sink;
	output->size = size;
}

static int write_out(struct seal_output *output, const unsigned char *data,
		     size_t len, struct seal_error *err)
{
	if (seal_sink_write(&output->sink, data, len, err) == 0)
		return 0;
	output->sink_failed = true;
	return -1;
}

static int emit(void *context, const unsigned char *data, size_t len,
		struct seal_error *err)
{
	struct seal_output *output = context;
	uint64_t until_end, now = 0;

	if (output->counting) {
		output->count += len;
		return 0;
	}
	until_end = output->size - output->count;
	if (len > until_end)
		return seal_error_set(err, SEAL_ERR_IO,
				      "the message is longer than it was");
	if (until_end > SEAL_OUTPUT_HELD)
		now = until_end - SEAL_OUTPUT_HELD;
	if (now > len)
		now = len;
	output->count += len;
	if (write_out(output, data, (size_t)now, err) < 0)
		return -1;
	return seal_buf_append(&output->held, data + now, len - (size_t)now,
			       err);
}

static int take(void *context, const unsigned char *data, size_t len,
		struct seal_error *err)
{
	struct seal_output *output = context;
	const struct seal_sink sink = { .write = emit, .context = output };

	return seal_crlf_write(&output->crlf, data, len, &sink, err);
}

struct seal_sink seal_output_sink(struct seal_output *output)
{
	struct seal_sink sink = { .write = take, .context = output };

	return sink;
}

int seal_output_finish(struct seal_output *output, struct seal_error *err)
{
	if (output->count != output->size)
		return seal_error_set(err, SEAL_ERR_IO,
				      "the message is shorter than it was");
	return write_out(output, output->held.data, output->held.len, err);
}

void seal_output_free(struct seal_output *output)
{
	seal_buf_free(&output->held);
}
