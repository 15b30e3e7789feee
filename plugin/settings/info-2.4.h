/* SPDX-License-Identifier: MIT */
#ifndef MAIL_SEAL_SETTINGS_INFO_H
#define MAIL_SEAL_SETTINGS_INFO_H

/* The settings as Dovecot 2.4 has them: plain ones, with types. */
struct mail_seal_typed_settings {
	pool_t pool;

	bool mail_seal;
	const char *mail_seal_socket_path;
	const char *mail_seal_when;
	const char *mail_seal_without_profile;
	const char *mail_seal_expired;
	const char *mail_seal_cipher;
	const char *mail_seal_encrypted;
	const char *mail_seal_sign;
	const char *mail_seal_authserv_id;
	bool mail_seal_replies;
	const char *mail_seal_unsigned_replies;
	const char *mail_seal_portal_host;
};

extern const struct setting_parser_info mail_seal_setting_parser_info;

#endif
