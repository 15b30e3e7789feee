/* SPDX-License-Identifier: MIT */
#ifndef DOVEADM_SEAL_INBOX_H
#define DOVEADM_SEAL_INBOX_H

#include "base/buf.h"

struct seal_inbox;

/* A user's INBOX, open for saving one message. As long as it is open, the
 * process has the user's privileges. Where a function fails, it has logged why
 * and set doveadm_exit_code. */

/* NULL: failed. */
struct seal_inbox *seal_inbox_open(const char *user);
/* The root of doveadm again. Accepts NULL, leaves NULL. */
void seal_inbox_close(struct seal_inbox **inbox);

/* What this user's settings say: postmaster_address ("local@domain"), and the
 * name of mail_seal_cipher. Valid until close. */
const char *seal_inbox_postmaster(const struct seal_inbox *inbox);
const char *seal_inbox_cipher(const struct seal_inbox *inbox);

/* Saves the message as it is, as mail that arrives. 0, or -1: it is not in the
 * mailbox. */
int seal_inbox_save(struct seal_inbox *inbox, const struct seal_buf *message);

#endif
