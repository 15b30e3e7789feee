/* SPDX-License-Identifier: MIT */
#ifndef SEAL_MESSAGE_DETECT_H
#define SEAL_MESSAGE_DETECT_H

#include <stddef.h>

struct seal_content;
struct seal_detect;
struct seal_error;

/* Is a message already encrypted? Asked of the head of its body, because a
 * Content-Type by itself proves nothing: opaque-signed mail is
 * application/pkcs7-mime too, and readable.
 *
 *  S/MIME (RFC 8551): application/pkcs7-mime or application/x-pkcs7-mime (the
 *    smime-type parameter is ignored), in base64, binary, 8bit or 7bit. The
 *    CMS, BER or DER, must be a ContentInfo of EnvelopedData (RFC 5652 section
 *    6.1) or AuthEnvelopedData (RFC 5083) of a known version, with at least one
 *    RecipientInfo that is a KeyTrans- or KeyAgreeRecipientInfo, and a content
 *    encryption algorithm of: AES-128/192/256 in CBC, GCM, CCM; 3DES-CBC;
 *    Camellia-CBC; ChaCha20-Poly1305; and an encrypted content that has begun.
 *    Anything else (NULL, RC2, DES, SignedData, CompressedData, truncated) is
 *    not encrypted.
 *  OpenPGP/MIME (RFC 3156 section 4): multipart/encrypted with protocol
 *    application/pgp-encrypted, itself and its parts in 7bit, 8bit or binary;
 *    above the first part nothing but a line of explanation as Thunderbird
 *    writes it (256 bytes); exactly the two parts it asks for, the first
 *    application/pgp-encrypted holding "Version: 1" alone, the second
 *    application/octet-stream holding an armoured OpenPGP message (RFC 9580
 *    section 6.2) alone, whose packets are one or more public-key or
 *    symmetric-key encrypted session keys (tags 1 and 3) followed by encrypted
 *    data. It is YES when the closing delimiter is there, or when
 *    SEAL_DETECT_MAX is reached and all was in order so far: long mail is
 *    encrypted too.
 *
 * Only the head is judged: what a sender puts after it is the sender's. */

enum seal_detect_verdict {
	SEAL_DETECT_NO = 0,
	SEAL_DETECT_YES = 1,
	SEAL_DETECT_MORE = 2	/* not known yet */
};

/* How much of a body is looked at, in bytes. With it the verdict is final: NO,
 * but for OpenPGP as above. */
#define SEAL_DETECT_MAX (512 * 1024)

/* Starts on a body. names: NULL to accept an S/MIME envelope for anybody;
 * otherwise DER of IssuerAndSerialNumber and key identifiers (OCTET STRING),
 * one after the other as seal_recipient_names() writes them (names_len 0:
 * nobody): only an envelope with a recipient so named is a YES, and OpenPGP
 * never is. content and names are used during this call only (copied). Returns
 * the engine, or NULL (SEAL_ERR_MEMORY). */
struct seal_detect *seal_detect_new(const struct seal_content *content,
				    const unsigned char *names, size_t names_len,
				    struct seal_error *err);

/* The verdict so far; it never changes again once it is YES or NO. Right after
 * new it is NO for all mail that does not claim to be encrypted. */
enum seal_detect_verdict seal_detect_verdict(const struct seal_detect *detect);

/* Feeds len more bytes of the body, any len; without effect once the verdict
 * is known. 0, or -1 (SEAL_ERR_MEMORY). */
int seal_detect_more(struct seal_detect *detect, const unsigned char *data,
		     size_t len, struct seal_error *err);

/* The body is complete: MORE becomes NO. */
void seal_detect_finish(struct seal_detect *detect);
void seal_detect_free(struct seal_detect **detect);

#endif
