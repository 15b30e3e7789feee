/* SPDX-License-Identifier: MIT */
#ifndef MAIL_SEAL_ENGINE_H
#define MAIL_SEAL_ENGINE_H

#include "seal/sealer.h"

struct module;

/* What needs libcrypto is a module of its own, libmail_seal_engine.so, loaded
 * with the first message that is saved. To load libcrypto takes a millisecond,
 * a good part of what it takes to start an imap process, which in most cases
 * never saves a message. (lmtp loads it anyway, for its STARTTLS.) */

/* seal/sealer.h, through the module */
struct mail_seal_engine {
	struct seal_sealer *(*sealer_new)(const struct seal_order *order,
					  const struct seal_sink *sink,
					  struct seal_error *err);
	int (*sealer_more)(struct seal_sealer *sealer,
			   const unsigned char *data, size_t len,
			   struct seal_error *err);
	int (*sealer_finish)(struct seal_sealer *sealer,
			     struct seal_error *err);
	enum seal_outcome (*sealer_outcome)(const struct seal_sealer *sealer);
	const char *(*sealer_signed)(const struct seal_sealer *sealer,
				     const char **reason_r);
	void (*sealer_free)(struct seal_sealer **sealer);
};

/* The module lies beside the plugin. */
void mail_seal_engine_init(const struct module *plugin);
void mail_seal_engine_deinit(void);

/* Loads it, unless it is loaded. NULL, with err filled: it cannot be. */
const struct mail_seal_engine *mail_seal_engine_get(struct seal_error *err);

#endif
