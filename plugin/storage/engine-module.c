/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "plugin/storage/engine.h"

/* found by their names */
extern const char *mail_seal_engine_version;
extern const struct mail_seal_engine mail_seal_engine;

const char *mail_seal_engine_version = DOVECOT_ABI_VERSION;

const struct mail_seal_engine mail_seal_engine = {
	.sealer_new = seal_sealer_new,
	.sealer_more = seal_sealer_more,
	.sealer_finish = seal_sealer_finish,
	.sealer_outcome = seal_sealer_outcome,
	.sealer_signed = seal_sealer_signed,
	.sealer_free = seal_sealer_free
};
