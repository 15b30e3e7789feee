/* SPDX-License-Identifier: MIT */
#ifndef SEAL_UNSEAL_CRLF_H
#define SEAL_UNSEAL_CRLF_H

#include <stdbool.h>
#include <stddef.h>

struct seal_error;
struct seal_sink;

/* Puts a CR before each LF that has none, while lines pass: the form in which text
 * is sent (RFC 5321 section 2.3.8) and signed (RFC 8551 section 3.1.1). Begin with
 * all bytes zero. */
struct seal_crlf {
	bool after_cr;
};

/* 0, or -1 (the sink's). */
int seal_crlf_write(struct seal_crlf *crlf, const unsigned char *data,
		    size_t len, const struct seal_sink *sink,
		    struct seal_error *err);

#endif
