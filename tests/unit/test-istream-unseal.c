/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "ioloop.h"
#include "istream.h"
#include "base/error.h"
#include "base/sink.h"
#include "plugin/submission/istream-unseal.h"
#include "plugin/submission/outgoing.h"

#include "unit/tap.h"

/* A reply engine that writes each byte twice, the last three at its end. */

#define INPUT_LEN 200000		/* far more than the stream buffers */
#define HELD 3

static unsigned char input[INPUT_LEN], wanted[INPUT_LEN * 2];

static struct {
	struct seal_sink sink;
	unsigned char held[HELD];
	size_t held_len;
	unsigned int begun;
	uoff_t fail_after;	/* bytes of a run; 0: it does not fail */
	uoff_t fed;
	bool freed;
} engine;

static int engine_begin(struct seal_reply *reply ATTR_UNUSED,
			const struct seal_sink *sink,
			struct seal_error *err ATTR_UNUSED)
{
	engine.sink = *sink;
	engine.held_len = 0;
	engine.fed = 0;
	engine.begun++;
	return 0;
}

static int engine_write(unsigned char c, struct seal_error *err)
{
	const unsigned char twice[2] = { c, c };

	return seal_sink_write(&engine.sink, twice, sizeof(twice), err);
}

static int engine_more(struct seal_reply *reply ATTR_UNUSED,
		       const unsigned char *data, size_t len,
		       struct seal_error *err)
{
	size_t i;

	/* as the core may, with something that did not fail */
	(void)seal_error_set(err, SEAL_ERR_REFUSED, "nothing is wrong");
	for (i = 0; i < len; i++) {
		if (engine.fail_after != 0 && engine.fed >= engine.fail_after)
			return seal_error_set(err, SEAL_ERR_IO, "as asked");
		if (engine.held_len == HELD) {
			if (engine_write(engine.held[0], err) < 0)
				return -1;
			memmove(engine.held, engine.held + 1, HELD - 1);
			engine.held_len--;
		}
		engine.held[engine.held_len++] = data[i];
		engine.fed++;
	}
	return 1;
}

static int engine_finish(struct seal_reply *reply ATTR_UNUSED,
			 enum seal_reply_verdict *verdict_r,
			 struct seal_error *err)
{
	size_t i;

	for (i = 0; i < engine.held_len; i++) {
		if (engine_write(engine.held[i], err) < 0)
			return -1;
	}
	*verdict_r = SEAL_REPLY_OPENED;
	return 0;
}

static uint64_t engine_size(const struct seal_reply *reply ATTR_UNUSED)
{
	return sizeof(wanted);
}

static const struct mail_seal_opener opener = {
	.reply_begin = engine_begin,
	.reply_more = engine_more,
	.reply_finish = engine_finish,
	.reply_size = engine_size
};

/* outgoing.c's, which would ask seald */
static struct mail_seal_outgoing message = { .opener = &opener };

void mail_seal_outgoing_free(struct mail_seal_outgoing **outgoing)
{
	engine.freed = *outgoing != NULL;
	*outgoing = NULL;
}

static unsigned int failures;

static void failed(void *context, const struct seal_error *err)
{
	struct istream **stream = context;

	failures++;
	tap_ok(strcmp(err->text, "as asked") == 0, "failed: why");
	i_stream_unref(stream);
	io_loop_stop(current_ioloop);
}

static struct istream *create(struct istream **context)
{
	struct mail_seal_outgoing *outgoing = &message;
	struct istream *parent = i_stream_create_from_data(input, sizeof(input));
	struct istream *stream;

	i_zero(&engine);
	/* else the stream may buffer all there is */
	i_stream_set_max_buffer_size(parent, 32 * 1024);
	stream = i_stream_create_mail_unseal(parent, &outgoing, failed, context);
	i_stream_unref(&parent);
	tap_ok(outgoing == NULL, "it takes over what is opened");
	return stream;
}

/* Reads up to len bytes, at most step at a time, and compares. */
static bool reads(struct istream *stream, uoff_t offset, uoff_t len, size_t step)
{
	const unsigned char *data;
	size_t size;

	i_stream_seek(stream, offset);
	while (len > 0 && i_stream_read_more(stream, &data, &size) > 0) {
		size = I_MIN(I_MIN(size, step), len);
		if (stream->v_offset != offset ||
		    memcmp(data, wanted + offset, size) != 0)
			return FALSE;
		i_stream_skip(stream, size);
		offset += size;
		len -= size;
	}
	return len == 0;
}

static bool ends(struct istream *stream)
{
	return i_stream_read(stream) == -1 && stream->stream_errno == 0 &&
		stream->v_offset == sizeof(wanted);
}

static void test_whole(void)
{
	static const size_t steps[] = { 1, 7, 4096, SIZE_MAX };
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(steps); i++) {
		struct istream *stream = create(NULL);
		uoff_t size = 0;

		tap_ok(i_stream_get_size(stream, TRUE, &size) == 1 &&
		       size == sizeof(wanted) && engine.begun == 0,
		       "step %zu: the size, without a run", steps[i]);
		tap_ok(!stream->readable_fd && i_stream_get_fd(stream) == -1,
		       "step %zu: no descriptor", steps[i]);
		tap_ok(reads(stream, 0, sizeof(wanted), steps[i]) &&
		       ends(stream), "step %zu: whole", steps[i]);
		tap_ok(engine.begun == 1, "step %zu: one run", steps[i]);
		i_stream_unref(&stream);
		tap_ok(engine.freed, "step %zu: freed", steps[i]);
	}
}

static void test_seek(void)
{
	static const uoff_t offsets[] = {
		0, 1, 2, 1000, 16384, 200001, 399994, 399999, 400000
	};
	unsigned int i, j, again = 0;

	for (i = 0; i < N_ELEMENTS(offsets); i++) {
		for (j = 0; j < N_ELEMENTS(offsets); j++) {
			const uoff_t a = offsets[i], b = offsets[j];
			const uoff_t some =
				I_MIN(I_MIN(100000, sizeof(wanted) - a),
				      sizeof(wanted) - b);
			struct istream *stream = create(NULL);

			tap_ok(reads(stream, a, some, 500) &&
			       reads(stream, b, some, 500) &&
			       reads(stream, a, sizeof(wanted) - a, 500) &&
			       ends(stream) &&
			       reads(stream, 0, sizeof(wanted), SIZE_MAX) &&
			       ends(stream),
			       "from %"PRIuUOFF_T" to %"PRIuUOFF_T" and back",
			       a, b);
			again += engine.begun - 1;
			i_stream_unref(&stream);
		}
	}
	tap_ok(again >= i * j, "seeking back to the beginning begins anew");
}

static void test_failure(void)
{
	static const uoff_t at[] = { 1, 5000, INPUT_LEN - 1 };
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(at); i++) {
		struct istream *stream = create(&stream);
		const unsigned char *data;
		size_t size;

		engine.fail_after = at[i];
		failures = 0;
		while (i_stream_read_more(stream, &data, &size) > 0)
			i_stream_skip(stream, size);
		tap_ok(stream->stream_errno == 0 && !stream->eof,
		       "failed after %"PRIuUOFF_T": no end", at[i]);
		i_stream_seek(stream, 0);
		tap_ok(i_stream_read(stream) == 0, "and it stays so");
		tap_ok(failures == 0, "not told from within");
		io_loop_run(current_ioloop);
		tap_ok(failures == 1 && stream == NULL && engine.freed,
		       "told once, from the event loop");
	}
}

static void test_given_up(void)
{
	struct istream *stream = create(&stream);

	engine.fail_after = 1;
	failures = 0;
	tap_ok(i_stream_read(stream) == 0, "failed");
	i_stream_unref(&stream);
	tap_ok(failures == 0, "given up: nobody is told");
}

int main(void)
{
	struct ioloop *ioloop;
	unsigned int i;

	for (i = 0; i < INPUT_LEN; i++) {
		input[i] = (unsigned char)(i * 7 + i / 251);
		wanted[2 * i] = wanted[2 * i + 1] = input[i];
	}
	lib_init();
	ioloop = io_loop_create();
	test_whole();
	test_seek();
	test_failure();
	test_given_up();
	io_loop_destroy(&ioloop);
	lib_deinit();
	return tap_done();
}
