/* SPDX-License-Identifier: MIT */
#ifndef SEAL_PKI_SENDER_H
#define SEAL_PKI_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <openssl/evp.h>

struct seal_buf;
struct seal_error;
struct seal_received;
struct seal_sender;

#define SEAL_SENDER_SECRET_LEN 32
#define SEAL_SENDER_DIGEST_LEN 32	/* SHA-256 */

/* A sender certificate: made on the fly for one correspondent, the same bytes
 * each time on each machine (NSS refuses two certificates of one issuer and
 * serial number that differ), so that nothing has to be stored of whom a user
 * hears from.
 *
 *  key            derived (seal_key_derive(secret, address)), or rsa_key
 *  subject        CN = the address (cut as issue.h says)
 *  issuer         the issuer's subject
 *  validity       the issuer's
 *  serial number  16 bytes that begin with the bits 01: HMAC-SHA256 with the secret
 *                 as its key over "mail-seal sender serial" and the SHA-256 of everything
 *                 else that the certificate says, so that certificates that
 *                 differ in anything have different serial numbers
 *  extensions     basicConstraints critical CA:FALSE; keyUsage critical:
 *                 digitalSignature, where replies also keyAgreement (EC) or
 *                 keyEncipherment (RSA); extendedKeyUsage emailProtection;
 *                 subjectAltName rfc822Name (or SmtpUTF8Mailbox) = the address;
 *                 subjectKeyIdentifier, authorityKeyIdentifier
 *  signature      the issuer's, deterministic ECDSA (RFC 6979) with SHA-256 */

/* What the sender certificates of one profile are made with: its issuer's key and
 * certificate, which are checked once, and its secret. */
struct seal_sender_issuer;

/* The keys: a reference is kept. rsa_key: RSA of at least 2048 bits with its
 * private half, or NULL. NULL: SEAL_ERR_INPUT (certificate, or keys that do not
 * fit), SEAL_ERR_CRYPTO, SEAL_ERR_MEMORY. */
struct seal_sender_issuer *
seal_sender_issuer_new(EVP_PKEY *issuer_key, const unsigned char *issuer_der,
		       size_t issuer_len,
		       const unsigned char secret[SEAL_SENDER_SECRET_LEN],
		       EVP_PKEY *rsa_key, struct seal_error *err);
/* Wipes and frees; accepts NULL, leaves NULL. */
void seal_sender_issuer_free(struct seal_sender_issuer **issuer);

/* address: canonical (see message/origin.h): UTF-8, at most 254 bytes. The issuer
 * is not needed any more when this has returned. NULL: SEAL_ERR_INPUT (address),
 * SEAL_ERR_CRYPTO, SEAL_ERR_MEMORY. */
struct seal_sender *
seal_sender_new(const struct seal_sender_issuer *issuer, const char *address,
		bool replies, struct seal_error *err);
/* Wipes and frees; accepts NULL, leaves NULL. */
void seal_sender_free(struct seal_sender **sender);

/* Appends the certificate in DER. 0 or -1 (SEAL_ERR_CRYPTO, SEAL_ERR_MEMORY). */
int seal_sender_certificate(const struct seal_sender *sender,
			    struct seal_buf *der, struct seal_error *err);

/* Appends a detached signature over a content of that SHA-256 digest: a
 * ContentInfo with a SignedData (RFC 5652 section 5) in DER, version 1, id-data
 * without content, the certificates of sender and issuer, one SignerInfo by
 * issuer and serial number with the signed attributes contentType and
 * messageDigest, and no signingTime (Thunderbird compares that with the Date
 * header). ecdsa-with-SHA256, or sha256WithRSAEncryption. Keeps in the sender what
 * the next signature wants as well. 0, or -1 (SEAL_ERR_CRYPTO, SEAL_ERR_MEMORY) with
 * out unchanged. */
int seal_sender_sign(struct seal_sender *sender,
		     const unsigned char digest[SEAL_SENDER_DIGEST_LEN],
		     struct seal_buf *out, struct seal_error *err);

/* Appends the ways in which an envelope can name the certificate, as
 * seal_recipient_names() does. 0, or -1 (SEAL_ERR_CRYPTO, SEAL_ERR_MEMORY). */
int seal_sender_names(const struct seal_sender *sender, struct seal_buf *out,
		      struct seal_error *err);

/* Appends the content key of key_len (16, 24 or 32) bytes that recipient number i of an
 * envelope has, which should be this certificate. Whatever is wrong with it (another
 * key, padding, length, unknown parameters) gives random bytes in its place, in the same
 * time, and is no error: who may have envelopes opened learns nothing of what
 * was in it (RFC 3218). 0, or -1 (SEAL_ERR_CRYPTO, SEAL_ERR_MEMORY) with key
 * unchanged. */
int seal_sender_open(const struct seal_sender *sender,
		     const struct seal_received *received, size_t i,
		     size_t key_len, struct seal_buf *key,
		     struct seal_error *err);

#endif
