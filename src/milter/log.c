/* SPDX-License-Identifier: MIT */
#include "milter/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

#define LOG_LINE_MAX 1024

void milter_log_open(void)
{
	openlog("seal-milter", LOG_PID, LOG_MAIL);
}

void milter_log(int priority, const char *fmt, ...)
{
	char line[LOG_LINE_MAX], *p;
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	for (p = line; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	}
	(void)fprintf(stderr, "seal-milter: %s\n", line);
	syslog(priority, "%s", line);
}
