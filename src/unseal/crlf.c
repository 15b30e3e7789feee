/* SPDX-License-Identifier: MIT */
#include "unseal/crlf.h"

#include <string.h>
#include "base/sink.h"

int seal_crlf_write(struct seal_crlf *crlf, const unsigned char *data,
		    size_t len, const struct seal_sink *sink,
		    struct seal_error *err)
{
	const unsigned char *end = data + len, *p = data, *lf;

	if (len == 0)
		return 0;
	while ((lf = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		p = lf + 1;
		if (lf > data ? lf[-1] == '\r' : crlf->after_cr)
			continue;
		if (seal_sink_write(sink, data, (size_t)(lf - data), err) < 0 ||
		    seal_sink_write(sink, "\r\n", 2, err) < 0)
			return -1;
		data = p;
		crlf->after_cr = false;
	}
	if (data < end)
		crlf->after_cr = end[-1] == '\r';
	return seal_sink_write(sink, data, (size_t)(end - data), err);
}
