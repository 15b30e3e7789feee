/* SPDX-License-Identifier: MIT */
#ifndef MAIL_SEAL_ISTREAM_UNSEAL_H
#define MAIL_SEAL_ISTREAM_UNSEAL_H

struct istream;
struct mail_seal_outgoing;
struct seal_error;

/* It cannot be opened again. Called once, from the event loop; may destroy the
 * stream. */
typedef void
mail_seal_unseal_failed_t(void *context, const struct seal_error *err);

/* The opened message of *outgoing, which has been judged to be that, and is taken
 * over (and left NULL). input is what was judged. The stream can seek, and tells its
 * exact size; to seek backwards begins anew, as far as its buffer does not reach. It
 * keeps its own reference to input. It never fails: where it would, there is nothing
 * more to read for now, and failed() is called, which has to end what it is read
 * for. (Dovecot's submission service panics over a stream that fails.) */
struct istream *
i_stream_create_mail_unseal(struct istream *input,
			    struct mail_seal_outgoing **outgoing,
			    mail_seal_unseal_failed_t *failed, void *context);

#endif
