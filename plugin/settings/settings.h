/* SPDX-License-Identifier: MIT */
#ifndef MAIL_SEAL_SETTINGS_H
#define MAIL_SEAL_SETTINGS_H

#include "seal/policy.h"
#include "seal/sealer.h"

struct mail_user;

/* The settings of README's table, for one user. This folder is the only place
 * that knows which Dovecot this is built for, and how its settings are read. */
struct mail_seal_settings {
	bool enabled;			/* mail_seal */
	const char *socket_path;	/* mail_seal_socket_path, absolute */
	bool always;			/* mail_seal_when = always */
	struct seal_policy policy;	/* mail_seal_without_profile, _expired */
	enum seal_cipher cipher;	/* mail_seal_cipher */
	enum seal_encrypted encrypted;	/* mail_seal_encrypted */
	enum seal_sign sign;		/* mail_seal_sign */
	const char *authserv_id;	/* mail_seal_authserv_id */
	bool replies;			/* mail_seal_replies */
	bool reject_unsigned;	/* mail_seal_unsigned_replies = reject */
};

/* Reads and checks them. Strings live as long as the user. Returns 0, or -1 with
 * *error_r naming the setting: a value that is not understood, or a mail_seal
 * setting that does not exist, must stop the delivery, because the administrator
 * may have asked for less plaintext than the default gives. */
int mail_seal_settings_get(struct mail_user *user,
			   struct mail_seal_settings *set_r,
			   const char **error_r);

/* For doveadm, which has no user: the socket of seald's admin listener, from the
 * data stack. Returns 0, or -1 with *error_r. */
int mail_seal_settings_admin_socket(const char *base_dir, const char **path_r,
				    const char **error_r);

#endif
