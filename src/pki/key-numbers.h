/* SPDX-License-Identifier: MIT */
#ifndef SEAL_PKI_KEY_NUMBERS_H
#define SEAL_PKI_KEY_NUMBERS_H

/* For src/pki only: keys from their numbers, and back, without libcrypto's decoders
 * and encoders. Those find out first who could do it, which takes ten times as long
 * as there is to do (OpenSSL 3.0). */

#include <stddef.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#define SEAL_P256_POINT_LEN 65		/* uncompressed (SEC 1 section 2.3.3) */

/* The public key of an RSAPublicKey in DER (RFC 8017 appendix A.1.1), which has to
 * be all of it. NULL: not one, or libcrypto failed (its queue says how). */
EVP_PKEY *seal_key_from_rsa(const unsigned char *der, size_t len);

/* The public key of a point in octets, on a curve of that NID. NULL: it is not on
 * it, or as above. */
EVP_PKEY *seal_key_from_point(int curve, const unsigned char *point, size_t len);

/* The P-256 key pair. It is not checked that point is that of scalar, which should
 * be from BN_secure_new(). NULL: as above. */
EVP_PKEY *seal_key_from_scalar(const BIGNUM *scalar,
			       const unsigned char point[SEAL_P256_POINT_LEN]);

/* The key's SubjectPublicKeyInfo, to be freed with X509_PUBKEY_free(): what
 * X509_PUBKEY_set() makes. NULL: libcrypto failed. */
X509_PUBKEY *seal_key_info(EVP_PKEY *key);

/* As X509_set_pubkey(), but that X509_get_pubkey() does not work before the
 * certificate was encoded and read again. 1, or 0 */
int seal_key_set(X509 *cert, EVP_PKEY *key);

#endif
