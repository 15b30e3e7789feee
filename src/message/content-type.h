/* SPDX-License-Identifier: MIT */
#ifndef SEAL_MESSAGE_CONTENT_TYPE_H
#define SEAL_MESSAGE_CONTENT_TYPE_H

#include <stdbool.h>
#include <stddef.h>

/* Reads the unfolded values of Content-Type and Content-Transfer-Encoding
 * (RFC 2045 sections 5 and 6): tokens, quoted strings, nested comments and
 * white space between them. Values are NUL-terminated; NULL is a field that is
 * absent or unreadable. */

/* Whether the media type is this one ("type/subtype"), in any case of letters.
 * Parameters are not looked at. */
bool seal_content_type_is(const char *value, const char *type);

/* Finds a parameter of a Content-Type. Returns 1 and fills out (NUL-terminated,
 * quoting removed); 0 where there is none, or where readers may disagree on
 * what it is: it occurs twice, it also comes in pieces or with a character set
 * (RFC 2231), anything of the value is malformed, or it does not fit. */
int seal_content_type_param(const char *value, const char *name, char *out,
			    size_t out_size);

enum seal_content_encoding {
	SEAL_CONTENT_PLAIN,	/* 7bit, 8bit, binary, or no field */
	SEAL_CONTENT_BASE64,
	SEAL_CONTENT_OTHER
};

enum seal_content_encoding seal_content_encoding_find(const char *value);

#endif
