/* SPDX-License-Identifier: MIT */
#include "enrol/enrol.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "base/options.h"

static const struct option options[] = {
	{ "address", required_argument, NULL, 'a' },
	{ "days", required_argument, NULL, 'd' },
	{ "dir", required_argument, NULL, 'D' },
	{ "key", required_argument, NULL, 'k' },
	{ "name", required_argument, NULL, 'n' },
	{ "nonce", required_argument, NULL, 'N' },
	{ "passphrase-file", required_argument, NULL, 'p' },
	{ "test-mail", required_argument, NULL, 't' },
	{ NULL, 0, NULL, 0 }
};

static int set_days(struct enrol_args *args, const char *value,
		    struct seal_error *err)
{
	char *end;
	unsigned long days = strtoul(value, &end, 10);

	if (*value < '0' || *value > '9' || *end != '\0' ||
	    days < SEAL_DAYS_MIN || days > SEAL_DAYS_MAX)
		return seal_error_set(err, SEAL_ERR_INPUT, "--days takes %d to "
			"%d, not %s", SEAL_DAYS_MIN, SEAL_DAYS_MAX, value);
	args->days = (unsigned int)days;
	return 0;
}

static int set_key(struct enrol_args *args, const char *value,
		   struct seal_error *err)
{
	int kind = seal_key_kind_find(value);

	if (kind < 0)
		return seal_error_set(err, SEAL_ERR_INPUT, "--key takes "
			"rsa3072, rsa2048, rsa4096 or p256, not %s", value);
	args->key = (enum seal_key_kind)kind;
	return 0;
}

static int add_address(struct enrol_args *args, const char *value,
		       struct seal_error *err)
{
	if (args->address_count == ENROL_ADDRESSES_MAX)
		return seal_error_set(err, SEAL_ERR_LIMIT, "there are more than "
				      "%d addresses", ENROL_ADDRESSES_MAX);
	args->addresses[args->address_count++] = value;
	return 0;
}

static int set_option(struct enrol_args *args, int option, const char *value,
		      struct seal_error *err)
{
	switch (option) {
	case 'a':
		return add_address(args, value, err);
	case 'd':
		return set_days(args, value, err);
	case 'k':
		return set_key(args, value, err);
	case 'D':
		args->dir = value;
		break;
	case 'n':
		args->name = value;
		break;
	case 'N':
		args->nonce = value;
		break;
	case 'p':
		args->passphrase_file = value;
		break;
	case 't':
		args->test_mail = value;
		break;
	}
	return 0;
}

/* What the command needs, and the standard input for one file only */
static int check_args(const char *letters,
		      const struct enrol_args *args, struct seal_error *err)
{
	const char *other = args->passphrase_file != NULL ?
		args->passphrase_file : args->test_mail;

	if (strchr(letters, 'a') != NULL && args->address_count == 0)
		return seal_error_set(err, SEAL_ERR_INPUT, "--address is "
			"missing: whose mail is it to be for?");
	if (strchr(letters, 'N') != NULL && args->nonce == NULL)
		return seal_error_set(err, SEAL_ERR_INPUT, "--nonce is "
			"missing: the administrator can tell it");
	if (args->file != NULL && other != NULL &&
	    strcmp(args->file, "-") == 0 && strcmp(other, "-") == 0)
		return seal_error_set(err, SEAL_ERR_INPUT, "only one file can "
			"be the standard input");
	return 0;
}

static int take_options(const char *letters, int argc, char **argv,
			struct enrol_args *args, struct seal_error *err)
{
	int number = 0, ret;

	while ((ret = seal_options_next(argc, argv, options, &number,
					err)) > 0) {
		if (strchr(letters, options[number].val) == NULL)
			return seal_error_set(err, SEAL_ERR_INPUT, "%s does "
				"not take --%s", argv[0],
				options[number].name);
		if (set_option(args, options[number].val, optarg, err) < 0)
			return -1;
	}
	return ret;
}

int enrol_args_read(const char *letters, const char *file, int argc,
		    char **argv, struct enrol_args *args_r,
		    struct seal_error *err)
{
	memset(args_r, 0, sizeof(*args_r));
	args_r->key = SEAL_KEY_RSA3072;
	args_r->days = SEAL_DAYS_DEFAULT;
	if (take_options(letters, argc, argv, args_r, err) < 0)
		return -1;
	if (file != NULL && optind == argc)
		return seal_error_set(err, SEAL_ERR_INPUT, "%s is missing",
				      file);
	if (file != NULL)
		args_r->file = argv[optind++];
	if (optind < argc)
		return seal_error_set(err, SEAL_ERR_INPUT, "%s is one word too "
				      "many", argv[optind]);
	return check_args(letters, args_r, err);
}
