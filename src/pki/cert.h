/* SPDX-License-Identifier: MIT */
#ifndef SEAL_PKI_CERT_H
#define SEAL_PKI_CERT_H

/* For src/pki only: the certificates of a profile, made in one place, so that
 * making them and checking them cannot come apart. Functions that return a
 * pointer return NULL, and the others -1, with err filled where they fail:
 * SEAL_ERR_CRYPTO, SEAL_ERR_MEMORY, and what is said there. They leave nothing
 * in libcrypto's error queue. */

#include <stdbool.h>
#include <stddef.h>
#include <time.h>
#include <openssl/x509.h>

struct seal_buf;
struct seal_error;

#define SEAL_CERT_SERIAL_LEN 16
#define SEAL_CERT_DAY (24 * 60 * 60)
#define SEAL_CERT_ADDRESS_MAX 254
#define SEAL_CERT_DER_MAX (16 * 1024)
/* A common name: RFC 5280 allows 64 (ub-common-name), and a NUL. */
#define SEAL_CERT_NAME_SIZE 65

/* Before the profile's id in the names of its root and its issuer. */
#define SEAL_CERT_ROOT_PREFIX "Mail Seal root "
#define SEAL_CERT_ISSUER_PREFIX "Mail Seal issuer "

enum seal_cert_kind {
	SEAL_CERT_ROOT,
	SEAL_CERT_ISSUER,
	SEAL_CERT_USER,
	SEAL_CERT_SENDER,		/* may only sign */
	SEAL_CERT_SENDER_REPLIES	/* may receive, too */
};

/* All that a certificate says. Nothing here is owned. */
struct seal_cert_plan {
	enum seal_cert_kind kind;
	const char *subject;		/* common name, UTF-8 */
	const X509_NAME *issuer;	/* NULL: the subject (a root) */
	/* SEAL_CERT_SERIAL_LEN bytes as seal_cert_serial_shape() leaves them */
	const unsigned char *serial;
	time_t not_before, not_after;
	EVP_PKEY *key;
	EVP_PKEY *issuer_key;		/* only its public half is read; NULL
					   for a root */
	const char *const *addresses;	/* NULL-terminated; NULL: none */
};

/* A version 3 certificate with all of the plan, and ecdsa-with-SHA256 named as
 * its signature algorithm: it lacks the signature only, and see
 * seal_key_set(). SEAL_ERR_INPUT: an address, as seal_cert_address_check().
 * X509_free() frees it. */
X509 *seal_cert_new(const struct seal_cert_plan *plan, struct seal_error *err);
/* Signs with a P-256 key, each time differently. */
int seal_cert_sign(X509 *cert, EVP_PKEY *issuer_key, struct seal_error *err);
/* For a signature made elsewhere: appends what is to be signed (the
 * TBSCertificate), and takes the signature (an ECDSA-Sig-Value in DER). */
int seal_cert_tbs(X509 *cert, struct seal_buf *tbs, struct seal_error *err);
int seal_cert_set_signature(X509 *cert, const unsigned char *signature,
			    size_t len, struct seal_error *err);
/* Appends the signed certificate in DER. */
int seal_cert_encode(const X509 *cert, struct seal_buf *der,
		     struct seal_error *err);

/* Reads one certificate of at most SEAL_CERT_DER_MAX bytes that is DER to the
 * last bit (what we would write for what it says), without trailing bytes. who
 * begins the reason: "root certificate". SEAL_ERR_INPUT. */
X509 *seal_cert_decode(const char *who, const unsigned char *der, size_t len,
		       struct seal_error *err);

/* Is this public key P-256 on the named curve and not compressed, or, where
 * rsa, RSA of 2048, 3072 or 4096 bits with an odd exponent of at least 65537
 * and at most 64 bits? 0, or SEAL_ERR_REFUSED (SEAL_ERR_INPUT: it cannot be
 * read). who begins the reason. */
int seal_cert_key_check(const char *who, X509_PUBKEY *info, bool rsa,
			struct seal_error *err);

/* "who: text" as SEAL_ERR_INPUT, or SEAL_ERR_MEMORY where libcrypto's queue,
 * which is emptied, tells of a shortage: that does not make a thing malformed.
 * Returns -1. */
int seal_cert_form_error(struct seal_error *err, const char *who,
			 const char *text);

/* After a failure: turns err into SEAL_ERR_MEMORY where the queue tells of a
 * shortage, and empties the queue. */
void seal_cert_settle(struct seal_error *err);

/* cert-extensions.c: the extensions that the plan's certificate has, in their
 * order. Reads kind, key, issuer_key and addresses of the plan. */
STACK_OF(X509_EXTENSION) *
seal_cert_extensions(const struct seal_cert_plan *plan, struct seal_error *err);
/* The subjectAltName of these addresses: rfc822Name where the local part is
 * ASCII, else SmtpUTF8Mailbox (RFC 9598). SEAL_ERR_INPUT. */
X509_EXTENSION *seal_cert_alt_name(const char *const *addresses,
				   struct seal_error *err);

/* cert-name.c: names and addresses. */

/* A name of one common name as UTF8String. X509_NAME_free() frees it. */
X509_NAME *seal_cert_name(const char *common_name, struct seal_error *err);
/* Reads a name that seal_cert_name() could have made. SEAL_ERR_REFUSED: it is
 * another; who and field ("subject") begin the reason. */
int seal_cert_name_read(const char *who, const char *field,
			const X509_NAME *name,
			char common_name_r[SEAL_CERT_NAME_SIZE],
			struct seal_error *err);
/* Writes the common name for an address: itself if it has at most 64 bytes,
 * else its longest prefix of whole characters, a space and the first 16
 * hexadecimal digits of its SHA-256. */
int seal_cert_common_name(const char *address, char name_r[SEAL_CERT_NAME_SIZE],
			  struct seal_error *err);
/* Can this stand in a certificate? At most SEAL_CERT_ADDRESS_MAX bytes of UTF-8
 * without spaces and control characters; exactly one '@', with something on
 * both sides of it, and ASCII behind it (RFC 9598 section 3: A-labels).
 * SEAL_ERR_INPUT: no, and err says why. */
int seal_cert_address_check(const char *address, struct seal_error *err);

bool seal_cert_is_ascii(const char *text);
/* id-on-SmtpUTF8Mailbox (RFC 9598 section 3) */
#define SEAL_CERT_UTF8_MAILBOX "1.3.6.1.5.5.7.8.9"

/* Makes of random bytes a serial number that is positive and takes all of them. Its
 * first bits say whose it is: 01 a sender certificate's, 001 any other's. So who sees an
 * envelope for a certificate of an issuer that is not known (any more) can tell
 * whether it is one that the server opens, or a user's own. */
void seal_cert_serial_shape(unsigned char serial[SEAL_CERT_SERIAL_LEN],
			    bool sender);
bool seal_cert_serial_is_sender(const unsigned char *serial, size_t len);
/* Not a sender certificate's. */
int seal_cert_serial_random(unsigned char serial_r[SEAL_CERT_SERIAL_LEN],
			    struct seal_error *err);
/* Writes the key's identifier: the SHA-1 of the BIT STRING subjectPublicKey
 * (RFC 5280 section 4.2.1.2, method 1). */
#define SEAL_CERT_KEY_ID_LEN 20
int seal_cert_key_id(EVP_PKEY *key, unsigned char id_r[SEAL_CERT_KEY_ID_LEN],
		     struct seal_error *err);
/* A certificate's time as seconds since 1970. 0, or -1 where it is none, or not
 * written as RFC 5280 section 4.1.2.5 wants it; does not fill an error. */
int seal_cert_time(const ASN1_TIME *time, time_t *time_r);

#endif
