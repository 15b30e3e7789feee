/* SPDX-License-Identifier: MIT */
#ifndef SEAL_CMS_ENVELOPE_H
#define SEAL_CMS_ENVELOPE_H

#include <stddef.h>
#include "base/cipher.h"

struct seal_error;
struct seal_sink;
struct seal_envelope;

/* Writes a CMS envelope around what it is fed: EnvelopedData (RFC 5652
 * section 6.1) for CBC, AuthEnvelopedData (RFC 5083 section 2.1, RFC 5084
 * section 3.2: 12 byte nonce, 16 byte tag, no authenticated attributes) for
 * GCM, inside a ContentInfo, in BER with indefinite lengths, as base64 in lines
 * of 64 columns that end in CRLF (the last line may be shorter). The content
 * type is id-data. Memory is constant, whatever the length of the content.
 *
 * Only symmetric cryptography happens here: the RecipientInfos come ready-made
 * from seald (pki/recipient.h), so a mail process needs no certificate code. */

/* Starts an envelope and writes its head to the sink.
 * key: the content key, seal_cipher_key_length(cipher) bytes, copied and wiped
 * by free. recipients: one or more RecipientInfo (RFC 5652 section 6.2: a
 * KeyTransRecipientInfo SEQUENCE or a [1] KeyAgreeRecipientInfo), each in DER,
 * one after the other; their outer framing is checked (definite lengths, no
 * trailing bytes, at least one), and they are not needed after the call.
 * sink is copied; its context must outlive the engine.
 * The CMSVersion follows from them (0 where all are KeyTransRecipientInfo of
 * version 0, else 2; always 0 for AuthEnvelopedData).
 * The initialisation vector is fresh from RAND_bytes.
 * Returns the engine, or NULL: SEAL_ERR_INPUT for a wrong key length, cipher or
 * recipients, SEAL_ERR_MEMORY, SEAL_ERR_CRYPTO, or the sink's error. */
struct seal_envelope *
seal_envelope_new(enum seal_cipher cipher,
		  const unsigned char *key, size_t key_len,
		  const unsigned char *recipients, size_t recipients_len,
		  const struct seal_sink *sink, struct seal_error *err);

/* Encrypts len more bytes of content (any len, 0 too). Returns 0, or -1
 * (SEAL_ERR_CRYPTO, the sink's error); after -1 only free may be called. */
int seal_envelope_more(struct seal_envelope *env, const unsigned char *data,
		       size_t len, struct seal_error *err);

/* Writes what is left, the tag (GCM) and the end of the structure. Returns 0,
 * or -1 as more. To be called once; content may be empty. */
int seal_envelope_finish(struct seal_envelope *env, struct seal_error *err);

/* Wipes and frees; accepts NULL, leaves NULL. */
void seal_envelope_free(struct seal_envelope **env);

#endif
