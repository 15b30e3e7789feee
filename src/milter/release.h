/* SPDX-License-Identifier: MIT */
#ifndef SEAL_MILTER_RELEASE_H
#define SEAL_MILTER_RELEASE_H

#include <libmilter/mfapi.h>

struct milter_mail;
struct seal_error;

/* Makes the message that the mail server holds the opened one, at the end of the
 * message: changes fields of its header (milter/fields.h), replaces its body. Only
 * for a mail that was judged so. 0, or -1 as in milter/mail.h: the mail server then
 * has to be told to send nothing. */
int milter_release(SMFICTX *ctx, struct milter_mail *mail,
		   struct seal_error *err);

#endif
