/* SPDX-License-Identifier: MIT */
#ifndef MAIL_SEAL_SUBMISSION_H
#define MAIL_SEAL_SUBMISSION_H

/* Opens what users send through Dovecot's submission service; in other processes,
 * nothing. */
void mail_seal_submission_hook(void);
void mail_seal_submission_unhook(void);

#endif
