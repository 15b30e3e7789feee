/* SPDX-License-Identifier: MIT */

/* The words of the message that tells a code. */

#include "service/ceremony.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include "base/error.h"
#include "service/ceremony-private.h"

#define LINE_MAX_LEN 1000

/* One line: RFC 5322 counts 998 characters, and a CRLF. */
static int add_line(struct seal_buf *out, struct seal_error *err,
		    const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int add_line(struct seal_buf *out, struct seal_error *err,
		    const char *fmt, ...)
{
	char line[LINE_MAX_LEN];
	va_list args;
	int len, ret;

	va_start(args, fmt);
	len = vsnprintf(line, sizeof(line) - 2, fmt, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof(line) - 2)
		return seal_error_set(err, SEAL_ERR_LIMIT, "a line too long");
	memcpy(line + len, "\r\n", 2);
	ret = seal_buf_append(out, line, (size_t)len + 2, err);
	OPENSSL_cleanse(line, sizeof(line));
	return ret;
}

/* RFC 5322 section 3.3; strftime() would speak the language of the locale. */
static int add_date(struct seal_buf *out, time_t now, struct seal_error *err)
{
	static const char days[][4] = {
		"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"
	};
	static const char months[][4] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun",
		"Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
	};
	struct tm tm;

	if (gmtime_r(&now, &tm) == NULL)
		return seal_error_set(err, SEAL_ERR_INPUT, "no such time");
	return add_line(out, err, "Date: %s, %d %s %d %02d:%02d:%02d +0000",
			days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
			tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static int add_message_id(struct seal_buf *out, const char *from,
			  struct seal_error *err)
{
	unsigned char bytes[12];
	char text[2 * sizeof(bytes) + 1];
	size_t i;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return seal_error_crypto(err, "cannot make a Message-ID");
	for (i = 0; i < sizeof(bytes); i++)
		(void)snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return add_line(out, err, "Message-ID: <%s%s>", text,
			strchr(from, '@'));
}

static int add_header(struct seal_buf *out, const char *from, const char *to,
		      time_t now, struct seal_error *err)
{
	if (add_line(out, err, "From: Mail Seal <%s>", from) < 0 ||
	    add_line(out, err, "To: <%s>", to) < 0 ||
	    add_line(out, err, "Subject: The code for your new mail seal") < 0 ||
	    add_date(out, now, err) < 0 ||
	    add_message_id(out, from, err) < 0)
		return -1;
	/* RFC 3834: nobody's vacation program is to answer */
	return add_line(out, err, "Auto-Submitted: auto-generated") < 0 ||
		add_line(out, err, "MIME-Version: 1.0") < 0 ||
		add_line(out, err, "Content-Type: text/plain; "
			 "charset=us-ascii") < 0 ||
		add_line(out, err, "%s", "") < 0 ? -1 : 0;
}

int seal_ceremony_write_mail(const char *from, const char *to,
			     const char *profile_id, const char *code,
			     time_t now, struct seal_buf *out,
			     struct seal_error *err)
{
	static const char *const text[] = {
		"Enter it where you made the profile, or give it to the person",
		"who runs your mail. From then on, mail that arrives for you is",
		"encrypted to this profile, and only your own key opens it.",
		"",
		"The code is good for 24 hours, and for five attempts.",
		"",
		"This message is encrypted: nobody but you can read it. If you",
		"did not ask for a code, do nothing: without it nothing changes.",
	};
	size_t i;

	if (add_header(out, from, to, now, err) < 0 ||
	    add_line(out, err, "This is the code for your mail seal profile "
		     "%s:", profile_id) < 0 ||
	    add_line(out, err, "%s", "") < 0 ||
	    add_line(out, err, "Code: %s", code) < 0 ||
	    add_line(out, err, "%s", "") < 0)
		return -1;
	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		if (add_line(out, err, "%s", text[i]) < 0)
			return -1;
	}
	return 0;
}
