/* SPDX-License-Identifier: MIT */
#ifndef SEAL_PKI_RECIPIENT_H
#define SEAL_PKI_RECIPIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct seal_buf;
struct seal_error;
struct seal_recipient;

/* One certificate that mail may be sealed to. */

/* Reads one certificate in DER, without trailing bytes. Judges nothing but the
 * form. Returns the recipient, or NULL: SEAL_ERR_INPUT (does not parse, or its
 * public key does not, or longer than 64 kB), SEAL_ERR_MEMORY,
 * SEAL_ERR_CRYPTO. */
struct seal_recipient *seal_recipient_new(const unsigned char *der, size_t len,
					  struct seal_error *err);
void seal_recipient_free(struct seal_recipient **recipient);

enum seal_recipient_verdict {
	SEAL_RECIPIENT_OK = 0,
	SEAL_RECIPIENT_EXPIRED,		/* now is after notAfter */
	SEAL_RECIPIENT_NOT_YET_VALID,	/* now is before notBefore */
	SEAL_RECIPIENT_UNFIT		/* will never do: see the reason */
};

/* May this certificate receive mail at time now? UNFIT, judged before the
 * dates: basicConstraints CA:TRUE; a keyUsage without keyEncipherment (RSA) or
 * keyAgreement (EC) (RFC 8550 section 4.4.2); an extendedKeyUsage without
 * emailProtection or anyExtendedKeyUsage (section 4.4.4); an unknown critical
 * extension, one that is malformed, or one that is there twice; a key that is
 * neither RSA of 2048 to 8192 bits nor EC on a named curve P-256, P-384 or P-521
 * (an RSASSA-PSS-only key is not RSA here), or whose numbers make no such key.
 * reason is filled (code SEAL_ERR_REFUSED and a sentence) for every verdict but
 * OK: what is wrong and what would do. */
enum seal_recipient_verdict
seal_recipient_judge(const struct seal_recipient *recipient, time_t now,
		     struct seal_error *reason);

/* Appends one RecipientInfo in DER that carries the content key cek to this
 * recipient, which is named by issuer and serial number. RSA: a
 * KeyTransRecipientInfo (RFC 5652 section 6.2.1) with RSAES-PKCS1-v1_5, or with
 * RSAES-OAEP (RFC 3560; SHA-256 and MGF1 with SHA-256) where oaep. EC: a
 * KeyAgreeRecipientInfo (RFC 5652 section 6.2.2, RFC 5753 section 3.1) with a
 * fresh ephemeral key, dhSinglePass-stdDH-sha1kdf and AES key wrap of the
 * content key's length (16 or 32 bytes); oaep is without meaning there.
 * Does not judge: the caller has. Keeps in the recipient what the next
 * RecipientInfo wants as well, so that it costs less. Returns 0, or -1
 * (SEAL_ERR_CRYPTO, SEAL_ERR_MEMORY) with out unchanged. */
int seal_recipient_info(struct seal_recipient *recipient, bool oaep,
			const unsigned char *cek, size_t cek_len,
			struct seal_buf *out, struct seal_error *err);

/* About how many bytes of memory it takes, with what it keeps now. */
size_t seal_recipient_size(const struct seal_recipient *recipient);

/* Appends the ways in which an envelope can name this certificate, as DER one
 * after the other: IssuerAndSerialNumber (a SEQUENCE), and, if there is a
 * subjectKeyIdentifier, that as an OCTET STRING. Returns 0, or -1
 * (SEAL_ERR_CRYPTO, SEAL_ERR_MEMORY). */
int seal_recipient_names(const struct seal_recipient *recipient,
			 struct seal_buf *out, struct seal_error *err);

/* Is it for this address (rfc822Name or SmtpUTF8Mailbox in its subjectAltName, or
 * emailAddress in its subject), in any case of ASCII letters? 1, 0, or -1
 * (SEAL_ERR_MEMORY). */
int seal_recipient_is_for(const struct seal_recipient *recipient,
			  const char *address, struct seal_error *err);

/* For people. Text is UTF-8 without control characters (RFC 2253 form for
 * names) and cut to fit; NUL-terminated always. */
struct seal_recipient_text {
	char subject[256];
	char issuer[256];
	char serial[64];		/* upper-case hex */
	char addresses[512];		/* rfc822Name values, separated by ", " */
	char key[32];			/* "RSA-3072", "EC P-256", or what it is */
	char fingerprint[65];		/* SHA-256 of the DER, lower-case hex */
	int64_t not_before, not_after;	/* seconds since 1970, UTC */
};
void seal_recipient_describe(const struct seal_recipient *recipient,
			     struct seal_recipient_text *text_r);

/* Splits a PEM file of one or more certificates into DER, each passed to add()
 * in the file's order. Text between the blocks is passed over. Any private key
 * in the file is refused before anything is added (SEAL_ERR_REFUSED: it must not
 * come to the server), and so are no certificate, damaged base64 and a block of
 * another kind (SEAL_ERR_INPUT). add() returns 0, or -1 with err filled to stop.
 * Returns 0 or -1. */
int seal_recipient_split_pem(const char *pem, size_t len,
			     int (*add)(void *context, const unsigned char *der,
					size_t len, struct seal_error *err),
			     void *context, struct seal_error *err);

#endif
