/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "plugin/submission/opener.h"

/* found by their names */
extern const char *mail_seal_opener_version;
extern const struct mail_seal_opener mail_seal_opener;

const char *mail_seal_opener_version = DOVECOT_ABI_VERSION;

const struct mail_seal_opener mail_seal_opener = {
	.reply_new = seal_reply_new,
	.reply_begin = seal_reply_begin,
	.reply_more = seal_reply_more,
	.reply_finish = seal_reply_finish,
	.reply_size = seal_reply_size,
	.reply_signed = seal_reply_signed,
	.reply_free = seal_reply_free
};
