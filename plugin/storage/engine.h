/* SPDX-License-Identifier: MIT */
#ifndef MAIL_SEAL_ENGINE_H
#define MAIL_SEAL_ENGINE_H

#include "seal/sealer.h"

/* seal/sealer.h, through the module libmail_seal_engine.so (part.h) */
#define MAIL_SEAL_ENGINE "mail_seal_engine"
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

#endif
