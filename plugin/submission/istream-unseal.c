/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "ioloop.h"
#include "base/error.h"
#include "base/sink.h"
#include "plugin/settings/compat.h"
#include "plugin/submission/istream-unseal.h"
#include "plugin/submission/outgoing.h"

/* enough for one read() of a caller to be worth its while */
#define UNSEAL_STREAM_WANTED (16 * 1024)

struct unseal_istream {
	struct istream_private istream;

	struct mail_seal_outgoing *outgoing;
	mail_seal_unseal_failed_t *failed;
	void *context;
	struct seal_error err;
	struct timeout *to_failed;
	bool begun:1;		/* a run is on its way */
	bool finished:1;	/* all of the message has come out */
	bool has_failed:1;	/* and it stays so; err says why */
};

static int unseal_istream_write(void *context, const unsigned char *data,
				size_t len, struct seal_error *err ATTR_UNUSED)
{
	struct istream_private *stream = context;

	memcpy(i_stream_alloc(stream, len), data, len);
	stream->pos += len;
	return 0;
}

static int unseal_istream_begin(struct unseal_istream *ustream)
{
	struct mail_seal_outgoing *outgoing = ustream->outgoing;
	const struct seal_sink sink = {
		unseal_istream_write, &ustream->istream, NULL
	};

	if (outgoing->opener->reply_begin(outgoing->reply, &sink,
					  &ustream->err) < 0)
		return -1;
	ustream->begun = TRUE;
	return 0;
}

static int unseal_istream_finish(struct unseal_istream *ustream)
{
	struct mail_seal_outgoing *outgoing = ustream->outgoing;
	enum seal_reply_verdict verdict;

	if (outgoing->opener->reply_finish(outgoing->reply, &verdict,
					   &ustream->err) < 0)
		return -1;
	ustream->finished = TRUE;
	return 0;
}

/* Takes what the parent has. 1: go on. 0: all has come out. */
static int unseal_istream_feed(struct unseal_istream *ustream)
{
	struct mail_seal_outgoing *outgoing = ustream->outgoing;
	struct istream *parent = ustream->istream.parent;
	const unsigned char *data;
	size_t size;
	int ret;

	if (!ustream->begun && unseal_istream_begin(ustream) < 0)
		return -1;
	ret = i_stream_read_more_memarea(parent, &data, &size);
	if (size > 0) {
		/* all that comes of it has to be kept */
		size = I_MIN(size, UNSEAL_STREAM_WANTED);
		ret = outgoing->opener->reply_more(outgoing->reply, data, size,
						   &ustream->err);
		i_stream_skip(parent, size);
		return ret != 0 ? ret :
			seal_error_set(&ustream->err, SEAL_ERR_IO,
				       "the verdict on it is another one now");
	}
	/* all of it was there when it was judged: nobody would wake us up */
	if (ret == 0)
		return seal_error_set(&ustream->err, SEAL_ERR_IO,
				      "the message cannot be read");
	if (parent->stream_errno != 0)
		return seal_error_set(&ustream->err, SEAL_ERR_IO, "%s",
				      i_stream_get_error(parent));
	return unseal_istream_finish(ustream);
}

static void unseal_istream_failed(struct unseal_istream *ustream)
{
	const struct seal_error err = ustream->err;

	timeout_remove(&ustream->to_failed);
	ustream->failed(ustream->context, &err);
}

static ssize_t unseal_istream_read(struct istream_private *stream)
{
	struct unseal_istream *ustream =
		container_of(stream, struct unseal_istream, istream);
	const size_t before = stream->pos - stream->skip;
	int ret = 1;

	if (ustream->has_failed)
		return 0;
	if (before >= i_stream_get_max_buffer_size(&stream->istream))
		return -2;
	while (ret > 0 && !ustream->finished &&
	       stream->pos - stream->skip < before + UNSEAL_STREAM_WANTED)
		ret = unseal_istream_feed(ustream);
	if (ret < 0) {
		stream->pos = stream->skip + before;
		ustream->has_failed = TRUE;
		ustream->to_failed = timeout_add_short(0, unseal_istream_failed,
						       ustream);
		return 0;
	}
	if (stream->pos - stream->skip > before)
		return (ssize_t)(stream->pos - stream->skip - before);
	i_assert(ustream->finished);
	stream->istream.eof = TRUE;
	return -1;
}

static void unseal_istream_seek(struct istream_private *stream, uoff_t v_offset,
				bool mark ATTR_UNUSED)
{
	struct unseal_istream *ustream =
		container_of(stream, struct unseal_istream, istream);

	if (i_stream_nonseekable_try_seek(stream, v_offset))
		return;
	ustream->begun = ustream->finished = FALSE;
	if (!i_stream_nonseekable_try_seek(stream, v_offset))
		i_unreached();
}

static int unseal_istream_stat(struct istream_private *stream,
			       bool exact ATTR_UNUSED)
{
	struct unseal_istream *ustream =
		container_of(stream, struct unseal_istream, istream);
	const struct mail_seal_outgoing *outgoing = ustream->outgoing;

	stream->statbuf.st_size = outgoing->opener->reply_size(outgoing->reply);
	return 0;
}

static void unseal_istream_close(struct iostream_private *stream,
				 bool close_parent)
{
	struct unseal_istream *ustream =
		container_of(stream, struct unseal_istream, istream.iostream);

	timeout_remove(&ustream->to_failed);
	mail_seal_outgoing_free(&ustream->outgoing);
	if (close_parent)
		i_stream_close(ustream->istream.parent);
}

struct istream *
i_stream_create_mail_unseal(struct istream *input,
			    struct mail_seal_outgoing **outgoing,
			    mail_seal_unseal_failed_t *failed, void *context)
{
	struct unseal_istream *ustream = i_new(struct unseal_istream, 1);

	ustream->outgoing = *outgoing;
	*outgoing = NULL;
	ustream->failed = failed;
	ustream->context = context;
	ustream->istream.max_buffer_size =
		I_MAX(input->real_stream->max_buffer_size,
		      UNSEAL_STREAM_WANTED * 4);
	ustream->istream.read = unseal_istream_read;
	ustream->istream.seek = unseal_istream_seek;
	ustream->istream.stat = unseal_istream_stat;
	ustream->istream.iostream.close = unseal_istream_close;
	/* the parent's descriptor is the message as it came */
	ustream->istream.istream.readable_fd = FALSE;
	ustream->istream.istream.blocking = FALSE;
	ustream->istream.istream.seekable = TRUE;
	return i_stream_create(&ustream->istream, input, -1,
			       ISTREAM_HIDDEN_INPUTS_NONE, 0);
}
