/* SPDX-License-Identifier: MIT */
#include "base/options.h"

#include <getopt.h>
#include "base/error.h"

int seal_options_next(int argc, char **argv, const struct option *options,
		      int *number_r, struct seal_error *err)
{
	int option;

	opterr = 0;
	option = getopt_long(argc, argv, ":", options, number_r);
	if (option == -1)
		return 0;
	if (option == ':')
		return seal_error_set(err, SEAL_ERR_INPUT, "something has to "
				      "follow %s", argv[optind - 1]);
	if (option == '?')
		return seal_error_set(err, SEAL_ERR_INPUT, "there is no option "
				      "%s", argv[optind - 1]);
	if (*optarg == '\0')
		return seal_error_set(err, SEAL_ERR_INPUT, "--%s is empty",
				      options[*number_r].name);
	return 1;
}
