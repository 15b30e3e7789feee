/* SPDX-License-Identifier: MIT */
#include "milter/options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "base/options.h"

static const struct option options[] = {
	{ "listen", required_argument, NULL, 'l' },
	{ "max-size", required_argument, NULL, 'm' },
	{ "pid-file", required_argument, NULL, 'p' },
	{ "seald", required_argument, NULL, 's' },
	{ "unsigned-replies", required_argument, NULL, 'r' },
	{ "user", required_argument, NULL, 'u' },
	{ NULL, 0, NULL, 0 }
};

static int set_listen(struct milter_options *to, const char *value,
		      struct seal_error *err)
{
	/* libmilter would take it for every address of the machine, and whoever
	 * connects may say that they are any user */
	if (strncmp(value, "inet", 4) == 0 && strchr(value, '@') == NULL)
		return seal_error_set(err, SEAL_ERR_INPUT, "--listen %s does "
			"not say on which address; as %s@localhost it is for "
			"this machine alone", value, value);
	to->listen = value;
	return 0;
}

static int set_max_size(struct milter_options *to, const char *value,
			struct seal_error *err)
{
	char *end;
	unsigned long mb = strtoul(value, &end, 10);

	if (*value < '0' || *value > '9' || *end != '\0' || mb == 0 ||
	    mb > MILTER_SIZE_MB_MAX)
		return seal_error_set(err, SEAL_ERR_INPUT, "--max-size takes 1 "
			"to %d megabytes, not %s", MILTER_SIZE_MB_MAX, value);
	to->max_size = (uint64_t)mb * 1024 * 1024;
	return 0;
}

static int set_unsigned(struct milter_options *to, const char *value,
			struct seal_error *err)
{
	to->reject_unsigned = strcmp(value, "reject") == 0;
	if (!to->reject_unsigned && strcmp(value, "accept") != 0)
		return seal_error_set(err, SEAL_ERR_INPUT, "--unsigned-replies "
			"takes accept or reject, not %s", value);
	return 0;
}

static int set_option(struct milter_options *to, int option, const char *value,
		      struct seal_error *err)
{
	switch (option) {
	case 'l':
		return set_listen(to, value, err);
	case 'm':
		return set_max_size(to, value, err);
	case 'r':
		return set_unsigned(to, value, err);
	case 'p':
		to->pid_file = value;
		break;
	case 's':
		to->seald = value;
		break;
	case 'u':
		to->user = value;
		break;
	}
	return 0;
}

static int take_options(struct milter_options *to, int argc, char **argv,
			struct seal_error *err)
{
	int number = 0, ret;

	while ((ret = seal_options_next(argc, argv, options, &number,
					err)) > 0) {
		if (set_option(to, options[number].val, optarg, err) < 0)
			return -1;
	}
	return ret;
}

int milter_options_read(int argc, char **argv, struct milter_options *options_r,
			struct seal_error *err)
{
	memset(options_r, 0, sizeof(*options_r));
	options_r->max_size = (uint64_t)MILTER_SIZE_MB_DEFAULT * 1024 * 1024;
	if (take_options(options_r, argc, argv, err) < 0)
		return -1;
	if (optind < argc)
		return seal_error_set(err, SEAL_ERR_INPUT, "%s is one word too "
				      "many", argv[optind]);
	if (options_r->listen == NULL)
		return seal_error_set(err, SEAL_ERR_INPUT, "--listen is "
			"missing: where does the mail server ask?");
	if (options_r->seald == NULL)
		return seal_error_set(err, SEAL_ERR_INPUT, "--seald is "
			"missing: the path of seald's socket mail-seal-open");
	return 0;
}
