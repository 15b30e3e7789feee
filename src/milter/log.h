/* SPDX-License-Identifier: MIT */
#ifndef SEAL_MILTER_LOG_H
#define SEAL_MILTER_LOG_H

/* To be called once, before there are threads. */
void milter_log_open(void);
/* One line for the standard error and for syslog, facility mail; priority as
 * syslog(3)'s. Control characters become '?'. */
void milter_log(int priority, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
