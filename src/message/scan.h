/* SPDX-License-Identifier: MIT */
#ifndef SEAL_MESSAGE_SCAN_H
#define SEAL_MESSAGE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the readers of structured field values (RFC 5322 section 3.2) share.
 * Values are unfolded: line ends are gone, the white space after them is not. */

/* What is left of a value. */
struct seal_scan {
	const unsigned char *p, *end;
};

/* Passes over white space and comments, nested ones and quoted pairs in them
 * included (CFWS). False: a comment does not end. */
bool seal_scan_cfws(struct seal_scan *scan);

/* Passes over the quoted-string that begins here. What is between the quotes,
 * quoted pairs not yet undone, is *start to *end. False: it does not end (and is
 * passed over in part). */
bool seal_scan_quoted(struct seal_scan *scan, const unsigned char **start,
		      const unsigned char **end);

/* Takes c if it is what comes next. */
bool seal_scan_take(struct seal_scan *scan, char c);

/* The next code point of UTF-8 (RFC 3629: no surrogates, nothing overlong), or
 * SEAL_SCAN_BAD. There has to be one more byte. */
#define SEAL_SCAN_BAD UINT32_MAX
uint32_t seal_scan_utf8(struct seal_scan *scan);

/* Of ASCII, whatever the locale says. */
bool seal_scan_is_letter_or_digit(unsigned char c);
unsigned char seal_scan_lower(unsigned char c);
/* Whether the bytes are this string, in any case of ASCII letters. */
bool seal_scan_same(const unsigned char *data, size_t len, const char *string);

#endif
