/* SPDX-License-Identifier: MIT */
#ifndef SEAL_MILTER_MAIL_H
#define SEAL_MILTER_MAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct milter_fields;
struct milter_mail;
struct milter_options;
struct seal_client;
struct seal_error;
struct seal_sink;

/* A message while it comes in, and what becomes of it. Nothing of libmilter.
 *
 * -1 in all of these: SEAL_ERR_REFUSED: it is to be refused for good, and err is a
 * sentence for the user; any other code: for now, and err is for the log. The mail is
 * then only to be freed. */

/* Of a user who has signed in. options must outlive it. NULL: SEAL_ERR_MEMORY. */
struct milter_mail *milter_mail_new(const char *user,
				    const struct milter_options *options,
				    struct seal_error *err);
/* One RCPT TO, with its <>. 0, or -1. */
int milter_mail_to(struct milter_mail *mail, const char *path,
		   struct seal_error *err);
/* A field of the header, as in milter_fields_add(). 0, or -1. */
int milter_mail_field(struct milter_mail *mail, const char *name,
		      const char *value, struct seal_error *err);
/* The header is complete. 1: it may be encrypted, the body is wanted. 0: it is to be
 * sent as it came. -1. */
int milter_mail_header_end(struct milter_mail *mail, struct seal_error *err);
/* A piece of the body. 0, or -1. */
int milter_mail_body(struct milter_mail *mail, const unsigned char *data,
		     size_t len, struct seal_error *err);
/* The message is complete: asks seald, reads all of it, releases nothing. client must
 * outlive the mail. 1: it is to be sent as milter_mail_open() writes it. 0: as it
 * came. -1. */
int milter_mail_judge(struct milter_mail *mail, struct seal_client *client,
		      struct seal_error *err);
/* Writes the opened message. 0: all of it; -1: what was written must not be sent. */
int milter_mail_open(struct milter_mail *mail, const struct seal_sink *sink,
		     struct seal_error *err);

/* For the log, and for who changes the header. */
const char *milter_mail_user(const struct milter_mail *mail);
size_t milter_mail_to_count(const struct milter_mail *mail);
const struct milter_fields *milter_mail_fields(const struct milter_mail *mail);
/* Once judge has returned 1: as reply.h has them. */
uint64_t milter_mail_size(const struct milter_mail *mail);
bool milter_mail_signed(const struct milter_mail *mail);

/* Wipes and frees; accepts NULL, leaves NULL. */
void milter_mail_free(struct milter_mail **mail);

#endif
