/* SPDX-License-Identifier: MIT */
#ifndef MAIL_SEAL_PLUGIN_H
#define MAIL_SEAL_PLUGIN_H

struct module;

extern const char *mail_seal_plugin_version;

void mail_seal_plugin_init(struct module *module);
void mail_seal_plugin_deinit(void);

#endif
