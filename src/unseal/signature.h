/* SPDX-License-Identifier: MIT */
#ifndef SEAL_UNSEAL_SIGNATURE_H
#define SEAL_UNSEAL_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>

struct seal_buf;
struct seal_error;
struct seal_signature;

/* A signature on its way: the digest is taken of what passes, the CMS is kept
 * (SEAL_VERIFY_MAX), and it is verified when the signers are known. */

/* NULL: SEAL_ERR_MEMORY, SEAL_ERR_CRYPTO. */
struct seal_signature *seal_signature_new(struct seal_error *err);
/* Feeds what is signed. as_text: with CRLF where LF alone ends a line, as a detached
 * signature is made (RFC 8551 section 3.1.1), whatever the line ends are on the way.
 * 0, or -1 (SEAL_ERR_CRYPTO). */
int seal_signature_content(struct seal_signature *signature, bool as_text,
			   const unsigned char *data, size_t len,
			   struct seal_error *err);
/* Feeds the second part of a multipart/signed: application/pkcs7-signature in base64
 * or binary. 0, or -1: SEAL_ERR_REFUSED (something else, or too long),
 * SEAL_ERR_MEMORY. */
int seal_signature_part(struct seal_signature *signature,
			const unsigned char *data, size_t len,
			struct seal_error *err);
/* Where the CMS goes, if it does not come as a part. */
struct seal_buf *seal_signature_cms(struct seal_signature *signature);
/* All is complete. As seal_verify_finish(). */
int seal_signature_finish(struct seal_signature *signature,
			  const struct seal_buf *signers,
			  struct seal_error *err);
/* Frees; accepts NULL, leaves NULL. */
void seal_signature_free(struct seal_signature **signature);

#endif
