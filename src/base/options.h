/* SPDX-License-Identifier: MIT */
#ifndef SEAL_BASE_OPTIONS_H
#define SEAL_BASE_OPTIONS_H

struct option;
struct seal_error;

/* getopt_long() for options that all take a value: says in sentences what is wrong,
 * and prints nothing. 1: *number_r is the option's index, its value is in optarg and
 * is not empty. 0: there are no more. -1: SEAL_ERR_INPUT. */
int seal_options_next(int argc, char **argv, const struct option *options,
		      int *number_r, struct seal_error *err);

#endif
