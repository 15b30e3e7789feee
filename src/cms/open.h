/* SPDX-License-Identifier: MIT */
#ifndef SEAL_CMS_OPEN_H
#define SEAL_CMS_OPEN_H

#include <stddef.h>

struct seal_buf;
struct seal_error;
struct seal_open;
struct seal_sink;

/* Opens an envelope while it passes: a CMS ContentInfo of EnvelopedData (RFC 5652
 * section 6) or AuthEnvelopedData (RFC 5083), in BER or DER, with lengths definite
 * or indefinite, the encrypted content in one piece or in many. Memory is constant:
 * the RecipientInfos (limit SEAL_OPEN_RECIPIENTS_MAX) and small buffers.
 *
 * Content encryption: AES-128, -192, -256 and triple DES in CBC (RFC 3565, RFC
 * 3370); AES-128, -192, -256 in GCM with a nonce of up to 64 bytes (RFC 5084).
 * Anything else, another content type than id-data, authenticated attributes,
 * nothing to decrypt, a structure deeper than SEAL_OPEN_DEPTH, a length that lies,
 * and trailing bytes are refused.
 *
 * What comes out is NOT TO BE TRUSTED before finish has returned 0: with GCM its
 * tag is at the end, and a wrong key shows in CBC only there. A caller whose
 * output cannot be taken back feeds all of it twice: first to throw the output
 * away.
 *
 * All that is wrong with key or content once decryption has begun is one and the
 * same error (SEAL_OPEN_FAILED_TEXT), given by finish, never earlier: nobody who
 * may try messages learns from the error or its moment whether it was the padding
 * of the key, that of the content, or the tag. */

#define SEAL_OPEN_RECIPIENTS_MAX (256 * 1024)
#define SEAL_OPEN_DEPTH 16
#define SEAL_OPEN_FAILED_TEXT "the encrypted content cannot be opened: damaged, or with another key"

/* Asks for the content key. recipients: the RecipientInfos (RFC 5652 section 6.2)
 * as they came, one after the other, which is BER if the message's are. key_len:
 * what the content's cipher takes (16, 24 or 32 bytes). Returns 1 with key filled
 * with that many bytes; 0: it is not for us; -1 with err filled. Called once, before
 * any output. Where type or algorithm of the content are not ours to open, it is
 * called too, with SEAL_OPEN_KEY_LEN_ANY: what is for somebody else is not refused. */
#define SEAL_OPEN_KEY_LEN_ANY 32
typedef int seal_open_ask_t(void *context, const unsigned char *recipients,
			    size_t recipients_len, size_t key_len,
			    struct seal_buf *key, struct seal_error *err);

/* sink is copied; its context, and ask's, must outlive the engine. NULL:
 * SEAL_ERR_MEMORY. */
struct seal_open *seal_open_new(seal_open_ask_t *ask, void *context,
				const struct seal_sink *sink,
				struct seal_error *err);

/* Feeds len more bytes, any len. 1: go on. 0: ask said that it is not for us;
 * nothing came out, and only free may be called. -1: SEAL_ERR_REFUSED (not an
 * envelope, or one that we do not open: the text says why, and names no content),
 * ask's error, the sink's, SEAL_ERR_CRYPTO, SEAL_ERR_MEMORY; then too. */
int seal_open_more(struct seal_open *open, const unsigned char *data, size_t len,
		   struct seal_error *err);

/* The input is complete. 0: all that came out is what was put in. -1: as more;
 * SEAL_ERR_REFUSED also where it is cut off. */
int seal_open_finish(struct seal_open *open, struct seal_error *err);

/* Wipes and frees; accepts NULL, leaves NULL. */
void seal_open_free(struct seal_open **open);

#endif
