/* SPDX-License-Identifier: MIT */
#include "enrol/enrol.h"

#include <stdio.h>
#include <string.h>

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

static void complain(const char *text)
{
	for (; *text != '\0'; text++) {
		(void)fputc((unsigned char)*text < ' ' || *text == 0x7f ?
			    '?' : *text, stderr);
	}
}

void enrol_complain(const char *text, const char *more)
{
	(void)fputs("seal-enrol: ", stderr);
	complain(text);
	complain(more);
	(void)fputc('\n', stderr);
}
