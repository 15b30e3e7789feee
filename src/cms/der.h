/* SPDX-License-Identifier: MIT */
#ifndef SEAL_CMS_DER_H
#define SEAL_CMS_DER_H

#include <stddef.h>

struct seal_error;

/* Just enough DER (X.690) to frame an envelope: a mail process must not link
 * libcrypto's certificate code, and libcrypto's ASN.1 comes with it. */

#define SEAL_DER_INTEGER 0x02
#define SEAL_DER_OCTET_STRING 0x04
#define SEAL_DER_SEQUENCE 0x30
#define SEAL_DER_SET 0x31
/* [n], constructed */
#define SEAL_DER_CONTEXT(n) (0xA0 | (n))

#define SEAL_DER_HEAD_MAX 10

/* Writes tag and definite length of a value of len bytes to out (room for
 * SEAL_DER_HEAD_MAX bytes). Returns how many bytes that took. */
size_t seal_der_head(unsigned char *out, unsigned char tag, size_t len);

struct seal_der {
	unsigned char tag;
	const unsigned char *value;	/* points into the input */
	size_t len;
};

/* Takes the next element off the front of *data, *len. Returns 1 with it in
 * element_r, 0 at the end, -1 (SEAL_ERR_INPUT) where the bytes are not a
 * complete element with a one-byte tag and a definite length in its shortest
 * form. */
int seal_der_next(const unsigned char **data, size_t *len,
		  struct seal_der *element_r, struct seal_error *err);

#endif
