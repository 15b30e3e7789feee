/* SPDX-License-Identifier: MIT */
#ifndef SEAL_MILTER_OPTIONS_H
#define SEAL_MILTER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct seal_error;

#define MILTER_SIZE_MB_DEFAULT 100
#define MILTER_SIZE_MB_MAX (1024 * 1024)

struct milter_options {
	const char *listen;		/* as libmilter takes it */
	const char *seald;		/* path of seald's open listener */
	const char *user;		/* whom to become; NULL: nobody else */
	const char *pid_file;		/* or NULL */
	uint64_t max_size;		/* of an encrypted message, in bytes */
	bool reject_unsigned;
};

/* Reads the command line. 0, or -1 (SEAL_ERR_INPUT, and what is wrong). The strings
 * are argv's. */
int milter_options_read(int argc, char **argv, struct milter_options *options_r,
			struct seal_error *err);

#endif
