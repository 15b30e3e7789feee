/* SPDX-License-Identifier: MIT */
#ifndef SEAL_UNSEAL_REPLY_H
#define SEAL_UNSEAL_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"

struct seal_error;
struct seal_reply;
struct seal_sink;

/* An outgoing message in, the message that is sent out: opened where it is encrypted
 * to sender certificates of the user's, else as it came.
 *
 * Opened: layers are taken off one after the other, from the message itself inwards:
 * envelopes (cms/open.h), signatures (multipart/signed of RFC 1847 and RFC 8551
 * section 3.5.3, and opaque ones, section 3.5.2), at most SEAL_REPLY_LAYERS. Once an
 * envelope is opened each has to be in order, those around it too: every signature by
 * one of the signers. An envelope in ours that is for others only is content: end to
 * end. What is left is the inner entity; it has to begin with a header field or a
 * blank line. What is written: the outer header without MIME-Version, Content-* and X-Mail-Seal; then
 * MIME-Version: 1.0 and the Content-* fields of the inner entity; a blank line; its
 * body byte for byte, but with CRLF where a bare LF ends a line (RFC 5321 section 2.3.8).
 *  - Protected header fields (RFC 9788: hp= of the inner Content-Type; and its older
 *    form protected-headers=v1): each field of the inner entity takes the place of
 *    all outer ones of its name; HP-Outer fields go, and a Bcc in there. From and
 *    Sender stay the outer ones: those are what was checked when it was submitted.
 *  - A message/rfc822 as inner entity (RFC 8551 section 3.1; not with
 *    forwarded=yes) is the message: its fields take the place of the outer ones of their
 *    names, its body is the body.
 *
 * Nothing may be sent before all of the message has been read: tag, padding and
 * signature are at the end. So the same bytes are fed twice: the first run has no
 * sink, asks for keys, judges, and tells how long the result will be; the second run
 * writes, and holds the end back until it is known that they were the same. Memory is
 * constant: headers (SEAL_REPLY_HEADER_MAX each), a signature's CMS (SEAL_VERIFY_MAX),
 * RecipientInfos (SEAL_OPEN_RECIPIENTS_MAX), and small buffers.
 *
 * Whoever may send changed ciphertexts shall not learn what they decrypt to: what
 * shows within an envelope is refused at the end of the message only, and, but for
 * what the header of a layer says, with one and the same sentence, whatever it was.
 * Who accepts unsigned replies tells them apart all the same, with CBC: from what
 * is sent. */

#define SEAL_REPLY_LAYERS 5
#define SEAL_REPLY_HEADER_MAX (256 * 1024)

/* What seald answers for one envelope. */
struct seal_reply_key {
	struct seal_buf key;		/* the content key */
	struct seal_buf signers;	/* certificates of the user's profiles, active and
					   retired, in DER, one after the other */
};

/* Asks seald (unseal/ask.h): as seal_open_ask_t of cms/open.h, with the signers
 * besides. Returns 1: filled. 0: no sender certificate of this user's is among the
 * recipients: not ours. -1: SEAL_ERR_REFUSED: final, and the text is a sentence for
 * the user; any other code: for now, and the text is for the log. */
typedef int seal_reply_ask_t(void *context, const unsigned char *recipients,
			     size_t recipients_len, size_t key_len,
			     struct seal_reply_key *key_r,
			     struct seal_error *err);

struct seal_reply_order {
	seal_reply_ask_t *ask;
	void *context;			/* must outlive the reply */
	bool reject_unsigned;		/* mail_seal_unsigned_replies = reject */
};

enum seal_reply_verdict {
	SEAL_REPLY_PASS,	/* not encrypted to us: to be sent as it came */
	SEAL_REPLY_OPENED,	/* to be sent as the second run writes it */
	SEAL_REPLY_REFUSED	/* to be refused for good; err is a sentence for the
				   user (SEAL_ERR_REFUSED) */
};

/* order is copied. NULL: SEAL_ERR_MEMORY. */
struct seal_reply *seal_reply_new(const struct seal_reply_order *order,
				  struct seal_error *err);

/* Whether a message with this Content-Type (unfolded value, NULL: none) can become
 * anything but PASS. For who sees the header first, and would have to keep the rest. */
bool seal_reply_is_candidate(const char *content_type);

/* Begins a run. sink NULL: the first run. A second run is for OPENED only; the sink
 * is copied, and its context must outlive the run. May be called again at any time:
 * a run that was not finished is given up. 0, or -1 (SEAL_ERR_MEMORY, SEAL_ERR_CRYPTO;
 * SEAL_ERR_INPUT: a second run without a first that gave OPENED). */
int seal_reply_begin(struct seal_reply *reply, const struct seal_sink *sink,
		     struct seal_error *err);
/* Feeds len more bytes of the message, any len. 1: go on. 0: the verdict is certain
 * already (PASS or REFUSED), the rest need not be fed. -1: for now it cannot be told
 * (seald, memory, libcrypto; the sink's error); err is for the log. */
int seal_reply_more(struct seal_reply *reply, const unsigned char *data,
		    size_t len, struct seal_error *err);
/* The message is complete, or more() returned 0. 0 with *verdict_r (and err, where it is
 * REFUSED), or -1 as more. The second run gives OPENED again, and has then written
 * seal_reply_size() bytes; where the input is not that of the first run, -1
 * (SEAL_ERR_IO). */
int seal_reply_finish(struct seal_reply *reply,
		      enum seal_reply_verdict *verdict_r,
		      struct seal_error *err);
/* After the first run, if OPENED: how many bytes a second run writes; whether the
 * user signed it. */
uint64_t seal_reply_size(const struct seal_reply *reply);
bool seal_reply_signed(const struct seal_reply *reply);

/* Wipes and frees; accepts NULL, leaves NULL. */
void seal_reply_free(struct seal_reply **reply);

#endif
