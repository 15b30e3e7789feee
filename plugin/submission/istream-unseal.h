/* SPDX-License-Identifier: MIT */
#ifndef MAIL_SEAL_ISTREAM_UNSEAL_H
#define MAIL_SEAL_ISTREAM_UNSEAL_H

struct istream;
struct mail_seal_outgoing;

/* The opened message of *outgoing, which has been judged to be that, and is taken
 * over (and left NULL). input is what was judged. The stream can seek, and tells its
 * exact size; to seek backwards begins anew, as far as its buffer does not reach. It
 * keeps its own reference to input. */
struct istream *
i_stream_create_mail_unseal(struct istream *input,
			    struct mail_seal_outgoing **outgoing);

#endif
