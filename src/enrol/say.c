/* SPDX-License-Identifier: MIT */
#include "enrol/enrol.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

void enrol_say_word(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";

	if (*word != '\0' && word[strspn(word, plain)] == '\0') {
		(void)fputs(word, stdout);
		return;
	}
	(void)putchar('\'');
	for (; *word != '\0'; word++) {
		if (*word == '\'')
			(void)fputs("'\\''", stdout);
		else
			(void)putchar(*word);
	}
	(void)putchar('\'');
}

/* A control character, those of ISO 6429 in UTF-8 (C1) too: how many bytes; 0 */
static size_t control(const char *text)
{
	unsigned char first = (unsigned char)text[0];
	unsigned char second = (unsigned char)(first != 0 ? text[1] : 0);

	if (first < ' ' || first == 0x7f)
		return 1;
	return first == 0xc2 && second >= 0x80 && second <= 0x9f ? 2 : 0;
}

void enrol_say_text(const char *text, FILE *to)
{
	size_t len;

	while (*text != '\0') {
		len = control(text);
		(void)fputc(len > 0 ? '?' : *text, to);
		text += len > 0 ? len : 1;
	}
}

void enrol_complain(const char *text, const char *more)
{
	(void)fputs("seal-enrol: ", stderr);
	enrol_say_text(text, stderr);
	enrol_say_text(more, stderr);
	(void)fputc('\n', stderr);
}

void enrol_say_day(const char *before, int64_t seconds)
{
	time_t when = (time_t)seconds;
	struct tm tm;
	char text[32];

	if (gmtime_r(&when, &tm) != NULL &&
	    strftime(text, sizeof(text), "%Y-%m-%d", &tm) > 0)
		(void)printf("%s%s", before, text);
}

static void say_option(const char *option, const char *value)
{
	if (value != NULL) {
		(void)printf(" --%s ", option);
		enrol_say_word(value);
	}
}

void enrol_say_command(const char *command, const struct enrol_args *args,
		       const char *user)
{
	(void)printf("seal-enrol %s", command);
	say_option("server", args->server);
	say_option("ca-file", args->ca_file);
	say_option("user", user);
	say_option("dir", args->dir);
}
