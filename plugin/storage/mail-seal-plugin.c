/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "module-dir.h"
#include "mail-storage-hooks.h"
#include "plugin/storage/mail-seal-plugin.h"
#include "plugin/storage/part.h"
#include "plugin/storage/storage-private.h"
#include "plugin/submission/submission.h"

/* Where a message meets us:
 *
 *   lmtp.c     the LMTP server hands a message to a recipient: refuse with 550
 *   deliver.c  LDA and LMTP deliver it: each recipient from the raw mail
 *   save.c     a mailbox saves it: through our istream, or not at all
 *   istream-seal.c  the message becomes the sealed message
 *   part.c     what needs libcrypto, loaded when there is mail
 *   lookup.c   what seald and the policy say
 *   sign.c     the signature at its end
 *   user.c     a user and their settings
 *   log.c      what the administrator reads
 *
 * And where one leaves that the user sends: plugin/submission/submission.c
 */

const char *mail_seal_plugin_version = DOVECOT_ABI_VERSION;

static struct mail_storage_hooks mail_seal_hooks = {
	.mail_user_created = mail_seal_user_created,
	.mailbox_allocated = mail_seal_mailbox_allocated
};

void mail_seal_plugin_init(struct module *module)
{
	mail_seal_parts_init(module);
	mail_storage_hooks_add(module, &mail_seal_hooks);
	mail_seal_lmtp_hook();
	mail_seal_submission_hook();
}

void mail_seal_plugin_deinit(void)
{
	mail_seal_submission_unhook();
	mail_seal_lmtp_unhook();
	mail_seal_deliver_unhook();
	mail_storage_hooks_remove(&mail_seal_hooks);
	mail_seal_ask_deinit();
	mail_seal_parts_deinit();
}
