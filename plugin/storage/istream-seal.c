/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "base/error.h"
#include "base/sink.h"
#include "plugin/settings/compat.h"
#include "plugin/storage/engine.h"
#include "plugin/storage/istream-seal.h"
#include "plugin/storage/part.h"

/* enough for one read() of a caller to be worth its while */
#define SEAL_STREAM_WANTED (16 * 1024)

struct seal_istream {
	struct istream_private istream;

	const struct mail_seal_engine *engine;
	struct seal_sealer *sealer;
	struct seal_error err;
	uoff_t bytes_in, bytes_out;
	mail_seal_istream_done_t *done;
	void *context;

	bool finished:1;	/* all of the message has come out */
	bool failed:1;		/* and it stays so */
};

static int seal_istream_write(void *context, const unsigned char *data,
			      size_t len, struct seal_error *err ATTR_UNUSED)
{
	struct seal_istream *sstream = context;
	struct istream_private *stream = &sstream->istream;

	/* they may be in their room already */
	if (data != stream->w_buffer + stream->pos)
		memcpy(i_stream_alloc(stream, len), data, len);
	stream->pos += len;
	sstream->bytes_out += len;
	return 0;
}

/* Not a buffer of our own: a tee over us may still point into the old one while
   this grows. */
static unsigned char *
seal_istream_room(void *context, size_t len,
		  struct seal_error *err ATTR_UNUSED)
{
	struct seal_istream *sstream = context;

	return i_stream_alloc(&sstream->istream, len);
}

static void seal_istream_done(struct seal_istream *sstream, bool complete)
{
	mail_seal_istream_done_t *done = sstream->done;
	struct mail_seal_istream_result result = {
		.outcome = SEAL_OUTCOME_OPEN,
		.bytes_in = sstream->bytes_in,
		.bytes_out = sstream->bytes_out,
		.err = complete ? NULL : &sstream->err
	};

	if (done == NULL)
		return;
	sstream->done = NULL;
	if (sstream->sealer != NULL) {
		result.outcome = sstream->engine->
			sealer_outcome(sstream->sealer);
		result.sign = sstream->engine->
			sealer_signed(sstream->sealer, &result.sign_reason);
	}
	done(sstream->context, &result);
}

static void seal_istream_fail(struct seal_istream *sstream)
{
	struct istream_private *stream = &sstream->istream;

	sstream->failed = TRUE;
	io_stream_set_error(&stream->iostream, "mail_seal: %s",
			    sstream->err.text);
	seal_istream_done(sstream, FALSE);
}

static void seal_istream_parent_end(struct seal_istream *sstream)
{
	struct istream_private *stream = &sstream->istream;

	if (stream->parent->stream_errno != 0) {
		(void)seal_error_set(&sstream->err, SEAL_ERR_IO, "%s",
				     i_stream_get_error(stream->parent));
		seal_istream_fail(sstream);
		stream->istream.stream_errno = stream->parent->stream_errno;
	} else if (sstream->engine->sealer_finish(sstream->sealer,
						  &sstream->err) < 0) {
		seal_istream_fail(sstream);
	} else {
		sstream->finished = TRUE;
		seal_istream_done(sstream, TRUE);
	}
}

/* Takes what the parent has. Returns what reading the parent returned. */
static int seal_istream_feed(struct seal_istream *sstream)
{
	struct istream_private *stream = &sstream->istream;
	const unsigned char *data;
	size_t size;
	int ret;

	ret = i_stream_read_more_memarea(stream->parent, &data, &size);
	if (size > 0) {
		if (!sstream->failed &&
		    sstream->engine->sealer_more(sstream->sealer, data, size,
						 &sstream->err) < 0)
			seal_istream_fail(sstream);
		sstream->bytes_in += size;
		i_stream_skip(stream->parent, size);
	} else if (ret < 0 && !sstream->failed)
		seal_istream_parent_end(sstream);
	return ret;
}

static ssize_t seal_istream_read(struct istream_private *stream)
{
	struct seal_istream *sstream =
		container_of(stream, struct seal_istream, istream);
	size_t before;
	int ret = 1;

	if (stream->pos - stream->skip >= i_stream_get_max_buffer_size(
			&stream->istream) && !sstream->failed)
		return -2;
	before = stream->pos - stream->skip;
	while (!sstream->finished && ret > 0 && (sstream->failed ||
	       stream->pos - stream->skip < before + SEAL_STREAM_WANTED))
		ret = seal_istream_feed(sstream);

	/* A failure shows only when the parent is at its end: IMAP APPEND would
	   read the rest of the message as commands. */
	if (sstream->failed) {
		stream->pos = stream->skip + before;
		if (ret == 0)
			return 0;
		if (stream->istream.stream_errno == 0)
			stream->istream.stream_errno = EIO;
		return -1;
	}
	if (stream->pos - stream->skip > before)
		return (ssize_t)(stream->pos - stream->skip - before);
	if (!sstream->finished)
		return 0;
	stream->istream.eof = TRUE;
	return -1;
}

static void seal_istream_close(struct iostream_private *stream,
			       bool close_parent)
{
	struct seal_istream *sstream =
		container_of(stream, struct seal_istream, istream.iostream);

	if (sstream->done != NULL) {
		(void)seal_error_set(&sstream->err, SEAL_ERR_IO,
				     "given up before its end");
		seal_istream_done(sstream, FALSE);
	}
	if (sstream->sealer != NULL)
		sstream->engine->sealer_free(&sstream->sealer);
	if (close_parent)
		i_stream_close(sstream->istream.parent);
}

struct istream *
i_stream_create_mail_seal(struct istream *input, const struct seal_order *order,
			  mail_seal_istream_done_t *done, void *context)
{
	struct seal_istream *sstream = i_new(struct seal_istream, 1);
	const struct seal_sink sink = {
		seal_istream_write, sstream, seal_istream_room
	};

	sstream->done = done;
	sstream->context = context;
	sstream->istream.max_buffer_size =
		I_MAX(input->real_stream->max_buffer_size,
		      SEAL_STREAM_WANTED * 4);
	sstream->istream.read = seal_istream_read;
	sstream->istream.iostream.close = seal_istream_close;
	/* the parent's descriptor is the plaintext: nobody may sendfile() it */
	sstream->istream.istream.readable_fd = FALSE;
	sstream->istream.istream.blocking = input->blocking;
	sstream->istream.istream.seekable = FALSE;
	sstream->istream.stream_size_passthrough = FALSE;

	sstream->engine = mail_seal_part_get(MAIL_SEAL_ENGINE, &sstream->err);
	if (sstream->engine != NULL)
		sstream->sealer = sstream->engine->
			sealer_new(order, &sink, &sstream->err);
	(void)i_stream_create(&sstream->istream, input, -1,
			      ISTREAM_HIDDEN_INPUTS_NONE, 0);
	if (sstream->sealer == NULL)
		seal_istream_fail(sstream);
	return &sstream->istream.istream;
}
