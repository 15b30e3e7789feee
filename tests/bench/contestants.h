/* SPDX-License-Identifier: MIT */
#ifndef SEAL_TESTS_CONTESTANTS_H
#define SEAL_TESTS_CONTESTANTS_H

#include <stddef.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include "base/buf.h"
#include "base/cipher.h"
#include "cms/base64.h"
#include "store/profile.h"

/* What bench-micro times: our engines, libcrypto's own way to the same, and the
 * parts that no way can do without. Whatever fails ends the program. */

struct bench_recipient {
	const char *name;
	EVP_PKEY *key;
	X509 *cert;
	struct seal_recipient *recipient;	/* parsed and kept */
	struct seal_profile profile;		/* with the certificate in DER */
};

/* Makes a key and a self-signed certificate. bits: of RSA; 0: P-256. */
void bench_recipient_make(struct bench_recipient *recipient, const char *name,
			  unsigned int bits);
void bench_recipient_free(struct bench_recipient *recipient);

/* One message to one recipient, and what the tasks below need along the way. */
struct bench_case {
	enum seal_cipher cipher;
	size_t size;			/* of the body */
	const struct bench_recipient *to;
	struct seal_buf message;	/* header and body, lines end in CRLF */
	size_t body;			/* where the body begins in it */
	struct seal_buf infos;		/* RecipientInfos for content_key */
	EVP_CIPHER_CTX *aes;
	EVP_MD_CTX *sha;
	EVP_PKEY_CTX *rsa;		/* NULL: it is P-256 */
	seal_base64_lines_t *lines;	/* for base64; NULL: the best */
};
/* more: bytes of other fields above the usual ones. */
void bench_case_make(struct bench_case *bench, enum seal_cipher cipher,
		     size_t more, size_t size,
		     const struct bench_recipient *to);
void bench_case_free(struct bench_case *bench);

/* Tasks: context is a struct bench_case. */

/* The message through the sealer, as the plugin feeds it, into memory; the
 * RecipientInfos are at hand. The second signs, but for the signature itself. */
void bench_sealer(void *context);
void bench_sealer_signing(void *context);
/* ... and as seald and the plugin share it: the RecipientInfo too. */
void bench_message(void *context);
/* The body alone. */
void bench_envelope(void *context);
void bench_base64(void *context);
void bench_aes(void *context);
void bench_sha256(void *context);
/* CMS_encrypt() and SMIME_write_CMS() in a stream, the certificate kept. */
void bench_cms(void *context);
/* seald's work: from a parsed recipient, and from the profile's record. */
void bench_info(void *context);
void bench_lookup(void *context);
/* The public operation alone; for P-256 a fresh key and the agreement. */
void bench_public(void *context);

#endif
