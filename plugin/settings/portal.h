/* SPDX-License-Identifier: MIT */
#ifndef MAIL_SEAL_SETTINGS_PORTAL_H
#define MAIL_SEAL_SETTINGS_PORTAL_H

/* What the portal reads of Dovecot's settings. */
struct mail_seal_portal_settings {
	char *base_dir;		/* where the sockets are */
	char *socket_path;	/* seald's for the portal, absolute */
	char *hosts;		/* mail_seal_portal_host: names, by spaces */
};

/* Reads them, the service's own included: TLS, logging. 0, or -1 with *error_r. */
int mail_seal_portal_settings_read(struct mail_seal_portal_settings *set_r,
				   const char **error_r);
void mail_seal_portal_settings_free(struct mail_seal_portal_settings *set);

#endif
