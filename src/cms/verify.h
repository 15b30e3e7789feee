/* SPDX-License-Identifier: MIT */
#ifndef SEAL_CMS_VERIFY_H
#define SEAL_CMS_VERIFY_H

#include <stddef.h>

struct seal_error;
struct seal_verify;

/* Verifies a detached signature (RFC 5652 section 5) over content that passes, by
 * certificates that the caller names: whoever else signed does not count. Digests:
 * SHA-256, SHA-384, SHA-512. Keys: RSA (PKCS #1 v1.5 and PSS), ECDSA. With signed
 * attributes or without. The content's type is id-data, and the attributes say so.
 * Chains, dates and revocation are not looked at: the certificates are trusted
 * because the caller hands them in. */

/* How long a SignedData may be, in bytes. */
#define SEAL_VERIFY_MAX (256 * 1024)

/* Two reasons of finish that a user can do something about. */
#define SEAL_VERIFY_STRANGER_TEXT "it is signed by somebody else"
#define SEAL_VERIFY_DIGEST_TEXT "the signature's digest algorithm is not accepted " \
	"(SHA-256, SHA-384 or SHA-512 is)"

/* NULL: SEAL_ERR_MEMORY, SEAL_ERR_CRYPTO. */
struct seal_verify *seal_verify_new(struct seal_error *err);
/* Feeds len more bytes of the content, any len. 0, or -1 (SEAL_ERR_CRYPTO). */
int seal_verify_more(struct seal_verify *verify, const unsigned char *data,
		     size_t len, struct seal_error *err);
/* The content is complete. cms: a ContentInfo with a SignedData, BER or DER, its own
 * content absent. signers: certificates in DER, one after the other (may be none).
 * 1: it bears a valid signature by one of them. 0: it does not, and err
 * (SEAL_ERR_REFUSED) says why: no SignedData, an unknown algorithm, a signature that
 * does not fit the content (altered), or by somebody else only. -1: SEAL_ERR_INPUT
 * (signers), SEAL_ERR_CRYPTO, SEAL_ERR_MEMORY. To be called once. */
int seal_verify_finish(struct seal_verify *verify, const unsigned char *cms,
		       size_t cms_len, const unsigned char *signers,
		       size_t signers_len, struct seal_error *err);
/* Frees; accepts NULL, leaves NULL. */
void seal_verify_free(struct seal_verify **verify);

#endif
