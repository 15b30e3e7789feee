/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "settings-parser.h"
#include "plugin/settings/info-2.4.h"
#include "plugin/settings/value.h"

/* Linked into whatever reads the settings, and into the module that makes them
 * known to Dovecot's config process; both must describe the same struct. */

#define DEF(type, name) SETTING_DEFINE_STRUCT_##type( \
	#name, name, struct mail_seal_typed_settings)
static const struct setting_define defines[] = {
	DEF(BOOL, mail_seal),
	DEF(STR, mail_seal_socket_path),
	DEF(ENUM, mail_seal_when),
	DEF(ENUM, mail_seal_without_profile),
	DEF(ENUM, mail_seal_expired),
	DEF(ENUM, mail_seal_cipher),
	DEF(ENUM, mail_seal_encrypted),
	DEF(ENUM, mail_seal_sign),
	DEF(STR, mail_seal_authserv_id),
	DEF(BOOL, mail_seal_replies),
	DEF(ENUM, mail_seal_unsigned_replies),
	DEF(STR, mail_seal_portal_host),
	SETTING_DEFINE_LIST_END
};

static const struct mail_seal_typed_settings defaults = {
	.mail_seal = TRUE,
	.mail_seal_socket_path = MAIL_SEAL_DEFAULT_SOCKET_PATH,
	.mail_seal_when = MAIL_SEAL_WORDS_WHEN,
	.mail_seal_without_profile = MAIL_SEAL_WORDS_WITHOUT_PROFILE,
	.mail_seal_expired = MAIL_SEAL_WORDS_EXPIRED,
	.mail_seal_cipher = MAIL_SEAL_WORDS_CIPHER,
	.mail_seal_encrypted = MAIL_SEAL_WORDS_ENCRYPTED,
	.mail_seal_sign = MAIL_SEAL_WORDS_SIGN,
	.mail_seal_authserv_id = "",
	.mail_seal_replies = FALSE,
	.mail_seal_unsigned_replies = MAIL_SEAL_WORDS_UNSIGNED_REPLIES,
	.mail_seal_portal_host = ""
};

const struct setting_parser_info mail_seal_setting_parser_info = {
	.name = "mail_seal",
	.defines = defines,
	.defaults = &defaults,
	.struct_size = sizeof(struct mail_seal_typed_settings),
	.pool_offset1 = 1 + offsetof(struct mail_seal_typed_settings, pool)
};
