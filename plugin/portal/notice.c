/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "guid.h"
#include "hostpid.h"
#include "ioloop.h"
#include "message-date.h"
#include "str.h"
#include "str-sanitize.h"
#include "time-util.h"
#include "plugin/portal/exchange.h"
#include "plugin/portal/mail.h"
#include "plugin/portal/notice.h"

static const struct {
	const char *subject;
	const char *text;
} notices[] = {
	[PORTAL_NOTICE_CREATED] = {
		"A new mail seal profile",
		"A new profile was made for your mailbox. Nothing changes for your\r\n"
		"mail until it is activated." },
	[PORTAL_NOTICE_ACTIVATED] = {
		"Your mail is sealed from now on",
		"A profile was activated: mail that arrives from now on is encrypted\r\n"
		"to it. Keep its file and the passphrase; nobody else has them." },
	[PORTAL_NOTICE_DEACTIVATED] = {
		"Your mail is no longer sealed",
		"A profile was deactivated: mail that arrives from now on is not\r\n"
		"encrypted. What was encrypted stays so, and still needs its key." },
	[PORTAL_NOTICE_DELETED] = {
		"A mail seal profile was deleted",
		"A profile was deleted from the server. Mail that is encrypted to it\r\n"
		"stays so: keep its file as long as you keep that mail." },
	[PORTAL_NOTICE_KILL_SWITCH_ON] = {
		"Mail that cannot be sealed is refused",
		"The kill switch was turned on: mail for you that cannot be encrypted\r\n"
		"is refused from now on, and its senders are told so." },
	[PORTAL_NOTICE_KILL_SWITCH_OFF] = {
		"Mail that cannot be sealed is accepted",
		"The kill switch was turned off: your server's settings decide what\r\n"
		"becomes of mail that cannot be encrypted." },
};

const char *portal_notice_to(const struct portal_exchange *exchange)
{
	return exchange->addresses[0];
}

const char *portal_notice_from(const struct portal_exchange *exchange)
{
	const char *to = portal_notice_to(exchange);
	const char *domain = to == NULL ? NULL : strrchr(to, '@');

	return t_strconcat("postmaster@",
			   domain == NULL ? my_hostdomain() : domain + 1, NULL);
}

static void add_header(string_t *mail, const struct portal_exchange *exchange,
		       const char *subject)
{
	const char *to = portal_notice_to(exchange);
	const char *from = portal_notice_from(exchange);

	str_printfa(mail, "From: Mail Seal <%s>\r\n", from);
	if (to != NULL)
		str_printfa(mail, "To: <%s>\r\n", to);
	str_printfa(mail, "Subject: %s\r\n", subject);
	str_printfa(mail, "Date: %s\r\n", message_date_create(ioloop_time));
	str_printfa(mail, "Message-ID: <%s@%s>\r\n", guid_generate(),
		    strchr(from, '@') + 1);
	/* RFC 3834: nobody's vacation program is to answer */
	str_append(mail, "Auto-Submitted: auto-generated\r\n"
		   "MIME-Version: 1.0\r\n"
		   "Content-Type: text/plain; charset=utf-8\r\n"
		   "Content-Transfer-Encoding: 8bit\r\n\r\n");
}

void portal_notice_send(const struct portal_exchange *exchange,
			enum portal_notice notice, const char *id)
{
	string_t *mail = t_str_new(2048);

	add_header(mail, exchange, notices[notice].subject);
	str_printfa(mail, "%s\r\n\r\n", notices[notice].text);
	str_printfa(mail, "Mailbox:  %s\r\n", str_sanitize(exchange->user, 256));
	if (id != NULL)
		str_printfa(mail, "Profile:  %s\r\n", id);
	str_printfa(mail, "When:     %s\r\n",
		    t_strfgmtime("%Y-%m-%d %H:%M:%S UTC", ioloop_time));
	str_printfa(mail, "From:     %s\r\n\r\n",
		    net_ip2addr(&exchange->peer.remote_ip));
	str_append(mail, "This was done on the page for mail seals, by somebody who "
		   "knows your\r\npassword. If it was not you, change your "
		   "password, and tell the people\r\nwho run your mail.\r\n");
	portal_mail(exchange->user, str_data(mail), str_len(mail), NULL, NULL);
}
