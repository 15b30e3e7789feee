/* SPDX-License-Identifier: MIT */
#ifndef SEAL_PKI_ISSUER_H
#define SEAL_PKI_ISSUER_H

#include <stddef.h>
#include <time.h>
#include <openssl/evp.h>

struct seal_buf;
struct seal_error;

/* The two requests of the ceremony (PKCS #10, RFC 2986), and what the user's
 * device makes of the first: root and issuer certificate.
 *
 * Certificates have exactly these contents, with the extensions in this order:
 *
 *  root    subject = issuer = "CN=Mail Seal root ID"; P-256;
 *          basicConstraints critical, CA, pathLen 1;
 *          keyUsage critical, keyCertSign and cRLSign;
 *          extendedKeyUsage emailProtection;
 *          nameConstraints, not critical, excluded: dNSName "", iPAddress
 *          0.0.0.0/0 and ::/0; subjectKeyIdentifier
 *  issuer  subject "CN=Mail Seal issuer ID", issuer = root's subject; P-256;
 *          the same with pathLen 0, and authorityKeyIdentifier (keyIdentifier
 *          only)
 *  user    see issue.h
 *
 * ID is the profile's (16 lower-case hexadecimal digits). Version 3,
 * ecdsa-with-SHA256; each name is one UTF8String; serial numbers are random,
 * positive, of 16 bytes in DER (ours begin with the bits 001); key identifiers
 * are the SHA-1 of the subjectPublicKey (RFC 5280 section 4.2.1.2, method 1);
 * EC keys are written with their curve's name and an uncompressed point. Root
 * and issuer have the same validity: notBefore one day before now, notAfter
 * days + 1 days after notBefore, so that a user certificate of `days` days fits
 * in and ends a day earlier. Times before 2050 are UTCTime, else
 * GeneralizedTime (RFC 5280 section 4.1.2.5).
 *
 * Requests: version 0, signed with SHA-256 (ecdsa-with-SHA256,
 * sha256WithRSAEncryption) by their own key. */

#define SEAL_DAYS_DEFAULT 730
#define SEAL_DAYS_MIN 2		/* one is gone when it is made */
#define SEAL_DAYS_MAX 1095
#define SEAL_NONCE_MAX 64	/* printable ASCII without space */

/* seald: the issuer's request, which carries the nonce as challengePassword
 * (RFC 2985 section 5.4.1). Appends DER. 0 or -1 (SEAL_ERR_INPUT: nonce empty,
 * too long or of other characters; SEAL_ERR_CRYPTO, SEAL_ERR_MEMORY). */
int seal_issuer_request(EVP_PKEY *key, const char *profile_id,
			const char *nonce, struct seal_buf *der,
			struct seal_error *err);

/* What the user's device reads out of it. 0, or -1: SEAL_ERR_INPUT (does not
 * parse, bad signature, another key than P-256, another subject, no nonce, any
 * other attribute), SEAL_ERR_CRYPTO, SEAL_ERR_MEMORY. */
struct seal_issuer_asked {
	char profile_id[17];
	char nonce[SEAL_NONCE_MAX + 1];
};
int seal_issuer_request_read(const unsigned char *der, size_t len,
			     struct seal_issuer_asked *asked_r,
			     struct seal_error *err);

/* The user's device: makes a root key, both certificates, and forgets the root
 * key: it is in memory only, is wiped, and is not given out. Appends DER to
 * root and issuer (nothing where it fails). 0, or -1: as request_read;
 * SEAL_ERR_LIMIT (days below SEAL_DAYS_MIN or above SEAL_DAYS_MAX);
 * SEAL_ERR_CRYPTO, SEAL_ERR_MEMORY. */
int seal_root_make(const unsigned char *request, size_t request_len,
		   time_t now, unsigned int days, struct seal_buf *root,
		   struct seal_buf *issuer, struct seal_error *err);

/* The user's device: a request for the user certificate: subject CN = the first
 * address (as issue.h cuts it), the nonce as challengePassword, the addresses
 * (NULL-terminated, at least one) as a subjectAltName in an extensionRequest.
 * Appends DER. 0, or -1: as seal_issuer_request(); SEAL_ERR_INPUT also for an
 * address that cannot stand in a certificate. */
int seal_user_request(EVP_PKEY *key, const char *nonce,
		      const char *const *addresses, struct seal_buf *der,
		      struct seal_error *err);

/* The user's device: what it asked for, read back from its own request. 0, or -1
 * with asked_r empty: SEAL_ERR_INPUT (does not parse, bad signature, not as
 * seal_user_request() makes it), SEAL_ERR_CRYPTO, SEAL_ERR_MEMORY. */
struct seal_user_asked {
	EVP_PKEY *key;			/* its public half */
	char **addresses;		/* NULL-terminated, at least one */
	char nonce[SEAL_NONCE_MAX + 1];
};
int seal_user_request_read(const unsigned char *der, size_t len,
			   struct seal_user_asked *asked_r,
			   struct seal_error *err);
/* Leaves it empty. */
void seal_user_asked_free(struct seal_user_asked *asked);

#endif
