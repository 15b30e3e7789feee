/* SPDX-License-Identifier: MIT */
#ifndef MAIL_SEAL_PART_H
#define MAIL_SEAL_PART_H

struct module;
struct seal_error;

/* What needs libcrypto are modules of their own, which are loaded when there is
 * something to do for them. To load libcrypto takes a millisecond, a good part of
 * what it takes to start an imap process, which in most cases never saves a
 * message. (lmtp and submission load it anyway, for their STARTTLS.) And what opens
 * messages has no business in a process that stores them. */

/* The modules lie beside the plugin. */
void mail_seal_parts_init(const struct module *plugin);
void mail_seal_parts_deinit(void);

/* The symbol of that name in libNAME.so, which is loaded unless it has been. NULL,
 * with err filled: it cannot be. */
const void *mail_seal_part_get(const char *name, struct seal_error *err);

#endif
