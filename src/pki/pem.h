/* SPDX-License-Identifier: MIT */
#ifndef SEAL_PKI_PEM_H
#define SEAL_PKI_PEM_H

/* Base64 between a BEGIN and an END line, with any text around (RFC 7468). */

#include <stdbool.h>
#include <stddef.h>

struct seal_buf;
struct seal_error;

#define SEAL_PEM_CERTIFICATE "CERTIFICATE"
#define SEAL_PEM_REQUEST "CERTIFICATE REQUEST"
#define SEAL_PEM_KEY "PRIVATE KEY"		/* PKCS #8, not encrypted */

/* Appends a block, in lines of 64 characters. 0, or -1 (SEAL_ERR_MEMORY) with
 * pem unchanged. */
int seal_pem_append(struct seal_buf *pem, const char *label,
		    const unsigned char *der, size_t len,
		    struct seal_error *err);

/* Appends the bytes of the one block in text, which has to have that label.
 * Nothing else may be in a block: a private key where none belongs is
 * SEAL_ERR_REFUSED; no block, a second one, one of another kind and damaged
 * base64 are SEAL_ERR_INPUT. who begins the reason. 0, or -1 with der
 * unchanged. */
int seal_pem_read(const char *who, const char *label, const char *text,
		  size_t len, struct seal_buf *der, struct seal_error *err);

/* Block by block, for a text of several. text has to outlive the walk. */
struct seal_pem {
	const char *label;		/* of the block, without a NUL */
	size_t label_len;
	/* the walk's own */
	const char *p, *end, *line;
	size_t line_len;
};
void seal_pem_init(struct seal_pem *pem, const char *text, size_t len);
/* Goes to the next BEGIN line; whether there is one. */
bool seal_pem_next(struct seal_pem *pem);
/* Whether the block at hand has that label. */
bool seal_pem_is(const struct seal_pem *pem, const char *label);
/* Writes the label for people: printable ASCII, cut to fit. */
void seal_pem_label(const struct seal_pem *pem, char *label_r, size_t size);
/* Appends the bytes of the block at hand; once. 0, or -1: SEAL_ERR_INPUT (no END
 * line, base64 that is damaged or stands for nothing), SEAL_ERR_MEMORY. */
int seal_pem_decode(struct seal_pem *pem, const char *who, struct seal_buf *der,
		    struct seal_error *err);

/* Is there a private key of any kind, also in a block that is not quite one: it
 * was indented, quoted, or a mail client broke it? */
bool seal_pem_has_private_key(const char *text, size_t len);

#endif
