/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "mail-storage-settings.h"
#include "plugin/storage/storage-private.h"

#include <sys/vfs.h>
#include <linux/magic.h>

struct event_category mail_seal_event_category = {
	.name = "mail-seal"
};

static struct event *create_event(struct mail_user *user)
{
	struct event *event = event_create(user->event);

	event_add_category(event, &mail_seal_event_category);
	return event;
}

/* No subject, no body, no key: events go to metrics and to other plugins. */
void mail_seal_report(struct mail_user *user,
		      const struct mail_seal_report *report)
{
	struct event *event = create_event(user);
	struct event_passthrough *e;

	e = event_create_passthrough(event)->
		set_name("mail_seal_finished")->
		add_str("result", report->result)->
		add_int("bytes_in", report->bytes_in)->
		add_int("bytes_out", report->bytes_out)->
		add_int("duration", report->usecs);
	if (report->cipher != NULL)
		e->add_str("cipher", report->cipher);
	if (report->sign != NULL)
		e->add_str("signed", report->sign);
	if (report->profile != NULL)
		e->add_str("profile", report->profile);
	e_debug(e->event(), "mail_seal: %s: profile=%s cipher=%s signed=%s%s%s%s "
		"%"PRIuUOFF_T" -> %"PRIuUOFF_T" bytes", report->result,
		report->profile == NULL ? "-" : report->profile,
		report->cipher == NULL ? "-" : report->cipher,
		report->sign == NULL ? "-" : report->sign,
		report->sign_reason == NULL ? "" : " (",
		report->sign_reason == NULL ? "" : report->sign_reason,
		report->sign_reason == NULL ? "" : ")",
		report->bytes_in, report->bytes_out);
	event_unref(&event);
}

void mail_seal_report_reply(struct mail_user *user,
			    const struct mail_seal_reply_report *report)
{
	struct event *event = create_event(user);
	struct event_passthrough *e;

	e = event_create_passthrough(event)->
		set_name("mail_seal_reply_finished")->
		add_str("result", report->result)->
		add_int("bytes_in", report->bytes_in)->
		add_int("bytes_out", report->bytes_out)->
		add_int("duration", report->usecs);
	if (report->sign != NULL)
		e->add_str("signed", report->sign);
	e_debug(e->event(), "mail_seal: %s what is sent: signed=%s "
		"%"PRIuUOFF_T" -> %"PRIuUOFF_T" bytes", report->result,
		report->sign == NULL ? "-" : report->sign,
		report->bytes_in, report->bytes_out);
	event_unref(&event);

	if (strcmp(report->result, "refused") == 0)
		e_warning(user->event, "mail_seal: refused to send mail of %s: "
			  "%s", user->username, report->reason);
	else if (strcmp(report->result, "deferred") == 0)
		e_error(user->event, "mail_seal: deferred mail that %s sends: "
			"%s", user->username, report->reason);
}

void mail_seal_refuse(struct mail_user *user, const char *owner,
		      enum seal_policy_action action, const char *reason)
{
	const struct mail_seal_report report = {
		.result = seal_policy_action_name(action)
	};

	if (action == SEAL_ACTION_REJECT)
		e_warning(user->event, "mail_seal: rejected mail for %s: %s",
			  owner, reason);
	else
		e_error(user->event, "mail_seal: deferred mail for %s: %s",
			owner, reason);
	mail_seal_report(user, &report);
}

void mail_seal_warn_spool(struct mail_user *user)
{
	static bool warned = FALSE;
	const char *path = user->set->mail_temp_dir;
	struct statfs fs;

	if (warned)
		return;
	warned = TRUE;
	if (statfs(path, &fs) == 0 &&
	    (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC))
		return;
	e_warning(user->event, "mail_seal: %s is not on tmpfs: arriving mail "
		  "above 128 kB is written there unencrypted; set mail_temp_dir "
		  "to a folder on tmpfs, as /dev/shm is", path);
}
