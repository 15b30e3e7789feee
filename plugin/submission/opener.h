/* SPDX-License-Identifier: MIT */
#ifndef MAIL_SEAL_OPENER_H
#define MAIL_SEAL_OPENER_H

#include "unseal/reply.h"

/* unseal/reply.h, through the module libmail_seal_opener.so
 * (plugin/storage/part.h) */
#define MAIL_SEAL_OPENER "mail_seal_opener"
struct mail_seal_opener {
	struct seal_reply *(*reply_new)(const struct seal_reply_order *order,
					struct seal_error *err);
	int (*reply_begin)(struct seal_reply *reply,
			   const struct seal_sink *sink,
			   struct seal_error *err);
	int (*reply_more)(struct seal_reply *reply, const unsigned char *data,
			  size_t len, struct seal_error *err);
	int (*reply_finish)(struct seal_reply *reply,
			    enum seal_reply_verdict *verdict_r,
			    struct seal_error *err);
	uint64_t (*reply_size)(const struct seal_reply *reply);
	bool (*reply_signed)(const struct seal_reply *reply);
	void (*reply_free)(struct seal_reply **reply);
};

#endif
