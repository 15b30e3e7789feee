/* SPDX-License-Identifier: MIT */
#include "unseal/transfer.h"

#include <string.h>
#include "base/error.h"
#include "base/sink.h"
#include "base/wipe.h"
#include "message/content-type.h"
#include "message/scan.h"

#define PIECE 4096

bool seal_transfer_init(struct seal_transfer *transfer, const char *value)
{
	enum seal_content_encoding encoding = seal_content_encoding_find(value);

	memset(transfer, 0, sizeof(*transfer));
	transfer->is_base64 = encoding == SEAL_CONTENT_BASE64;
	return encoding != SEAL_CONTENT_OTHER;
}

static bool is_white(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_base64(unsigned char c)
{
	return seal_scan_is_letter_or_digit(c) || c == '+' || c == '/';
}

/* What stands at and behind the end. */
static int pass_end(struct seal_transfer *transfer, const unsigned char *data,
		    size_t len, struct seal_error *err)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (data[i] == '=' && ++transfer->padding <= 2)
			continue;
		if (!is_white(data[i]))
			return seal_error_set(err, SEAL_ERR_REFUSED,
				"something stands behind the end of its base64");
	}
	return 0;
}

static int decode(struct seal_transfer *transfer, const unsigned char *data,
		  size_t len, const struct seal_sink *sink,
		  struct seal_error *err)
{
	unsigned char out[PIECE / 4 * 3 + 3];
	bool ended = transfer->decode.ended;
	size_t n, i = 0;
	int ret;

	n = seal_base64_decode(&transfer->decode, data, len, out);
	ret = seal_sink_write(sink, out, n, err);
	/* what is signed, and not encrypted once more, is text */
	seal_wipe(out, n);
	if (ret < 0)
		return -1;
	if (!transfer->decode.ended)
		return 0;
	while (!ended && (is_base64(data[i]) || is_white(data[i])))
		i++;
	return pass_end(transfer, data + i, len - i, err);
}

int seal_transfer_more(struct seal_transfer *transfer,
		       const unsigned char *data, size_t len,
		       const struct seal_sink *sink, struct seal_error *err)
{
	size_t n;

	if (!transfer->is_base64)
		return seal_sink_write(sink, data, len, err);
	for (; len > 0; data += n, len -= n) {
		n = len < PIECE ? len : PIECE;
		if (decode(transfer, data, n, sink, err) < 0)
			return -1;
	}
	return 0;
}
