/* SPDX-License-Identifier: MIT */
#ifndef MAIL_SEAL_SETTINGS_VALUE_H
#define MAIL_SEAL_SETTINGS_VALUE_H

/* The words a setting knows, as Dovecot 2.4 declares them; the first is the
 * default. settings.c says what each means, in the same order. */
#define MAIL_SEAL_WORDS_WHEN "delivery:always"
#define MAIL_SEAL_WORDS_WITHOUT_PROFILE "deliver:defer:reject"
#define MAIL_SEAL_WORDS_EXPIRED "defer:reject:seal:deliver"
#define MAIL_SEAL_WORDS_CIPHER "aes256-cbc:aes128-cbc:aes256-gcm:aes128-gcm"
#define MAIL_SEAL_WORDS_ENCRYPTED "keep:mine:seal"
#define MAIL_SEAL_WORDS_SIGN "verified:always:no"
#define MAIL_SEAL_WORDS_UNSIGNED_REPLIES "accept:reject"

#define MAIL_SEAL_DEFAULT_SOCKET_PATH "mail-seal"

enum mail_seal_setting {
	MAIL_SEAL_ENABLED, MAIL_SEAL_SOCKET_PATH, MAIL_SEAL_WHEN,
	MAIL_SEAL_WITHOUT_PROFILE, MAIL_SEAL_EXPIRED, MAIL_SEAL_CIPHER,
	MAIL_SEAL_ENCRYPTED, MAIL_SEAL_SIGN, MAIL_SEAL_AUTHSERV_ID,
	MAIL_SEAL_REPLIES, MAIL_SEAL_UNSIGNED_REPLIES, MAIL_SEAL_PORTAL_HOST,
	MAIL_SEAL_SETTING_COUNT
};

struct mail_user;

/* "mail_seal_when" */
const char *mail_seal_setting_name(enum mail_seal_setting setting);
/* Is it the name of a setting, or of none of the plugin's at all? Otherwise it is
 * a mistyped one, which would silently leave its setting at the default. */
bool mail_seal_setting_name_is_wrong(const char *name);

/*
 * What each Dovecot does its own way: values-2.3.c, values-2.4.c
 */

/* The user's values as they were written, NULL for what was not set. They live
 * as long as the user. Returns 0, or -1 with *error_r. */
int mail_seal_values_read(struct mail_user *user,
			  const char *values_r[MAIL_SEAL_SETTING_COUNT],
			  const char **error_r);
/* mail_seal_socket_path for nobody in particular, in doveadm; from the data
 * stack. NULL: not set. Returns 0, or -1 with *error_r. */
int mail_seal_values_socket_path(const char **value_r, const char **error_r);

/* mail_seal_socket_path, absolute, from its value (NULL: not set); from the data
 * stack. */
const char *mail_seal_socket_path(const char *base_dir, const char *value);

/* portal-2.3.c, portal-2.4.c: mail_seal_socket_path and mail_seal_portal_host for the
 * portal, which also reads the service's own settings with it; from the data stack.
 * NULL: not set. Returns 0, or -1 with *error_r. */
int mail_seal_values_portal(const char **socket_r, const char **hosts_r,
			    const char **error_r);

#endif
