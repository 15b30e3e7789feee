/* SPDX-License-Identifier: MIT */
#include "enrol/enrol.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "base/options.h"

static const struct option options[] = {
	{ "address", required_argument, NULL, 'a' },
	{ "ca-file", required_argument, NULL, 'c' },
	{ "days", required_argument, NULL, 'd' },
	{ "dir", required_argument, NULL, 'D' },
	{ "key", required_argument, NULL, 'k' },
	{ "label", required_argument, NULL, 'l' },
	{ "name", required_argument, NULL, 'n' },
	{ "nonce", required_argument, NULL, 'N' },
	{ "passphrase-file", required_argument, NULL, 'p' },
	{ "password-file", required_argument, NULL, 'w' },
	{ "server", required_argument, NULL, 's' },
	{ "test-mail", required_argument, NULL, 't' },
	{ "user", required_argument, NULL, 'u' },
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

/* Where the value of an option goes that is kept as it is; NULL: it is another. */
static const char **place(struct enrol_args *args, int option)
{
	switch (option) {
	case 'c':
		return &args->ca_file;
	case 'D':
		return &args->dir;
	case 'l':
		return &args->label;
	case 'n':
		return &args->name;
	case 'N':
		return &args->nonce;
	case 'p':
		return &args->passphrase_file;
	case 's':
		return &args->server;
	case 't':
		return &args->test_mail;
	case 'u':
		return &args->user;
	case 'w':
		return &args->password_file;
	default:
		return NULL;
	}
}

static int set_option(struct enrol_args *args, int option, const char *value,
		      struct seal_error *err)
{
	const char **to = place(args, option);

	switch (option) {
	case 'a':
		return add_address(args, value, err);
	case 'd':
		return set_days(args, value, err);
	case 'k':
		return set_key(args, value, err);
	default:
		*to = value;
		return 0;
	}
}

/* What the command cannot do without */
static int check_needs(const char *needs, struct enrol_args *args,
		       struct seal_error *err)
{
	static const struct {
		char letter;
		const char *text;
	} missing[] = {
		{ 's', "--server is missing: where is the portal?" },
		{ 'a', "--address is missing: whose mail is it to be for?" },
		{ 'D', "--dir is missing: which folder did 'seal-enrol new' "
		       "make?" },
		{ 'N', "--nonce is missing: the administrator can tell it" }
	};
	unsigned int i;
	bool there;

	for (i = 0; i < sizeof(missing) / sizeof(missing[0]); i++) {
		there = missing[i].letter == 'a' ? args->address_count > 0 :
			*place(args, missing[i].letter) != NULL;
		if (strchr(needs, missing[i].letter) != NULL && !there)
			return seal_error_set(err, SEAL_ERR_INPUT, "%s",
					      missing[i].text);
	}
	return 0;
}

/* The standard input is for one file only. */
static int check_stdin(const struct enrol_args *args, struct seal_error *err)
{
	const char *const files[] = {
		args->file, args->passphrase_file, args->password_file,
		args->test_mail
	};
	unsigned int i, count = 0;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (files[i] != NULL && strcmp(files[i], "-") == 0)
			count++;
	}
	if (count > 1)
		return seal_error_set(err, SEAL_ERR_INPUT, "only one file can "
			"be the standard input");
	return 0;
}

/* Sets the bit of each option that is there in used_r. */
static int take_options(const struct enrol_command *command, int argc,
			char **argv, struct enrol_args *args,
			unsigned int *used_r, struct seal_error *err)
{
	int number = 0, ret, letter;

	*used_r = 0;
	while ((ret = seal_options_next(argc, argv, options, &number,
					err)) > 0) {
		letter = options[number].val;
		if ((command->alone.run == NULL ||
		     strchr(command->alone.letters, letter) == NULL) &&
		    (command->server.run == NULL ||
		     strchr(command->server.letters, letter) == NULL))
			return seal_error_set(err, SEAL_ERR_INPUT, "%s does "
				"not take --%s", argv[0],
				options[number].name);
		if (set_option(args, letter, optarg, err) < 0)
			return -1;
		*used_r |= 1U << number;
	}
	return ret;
}

/* Are the options those of this form? */
static int check_options(const struct enrol_command *command,
			 const struct enrol_form *form, unsigned int used,
			 struct seal_error *err)
{
	unsigned int i;

	for (i = 0; options[i].name != NULL; i++) {
		if ((used & 1U << i) != 0 &&
		    strchr(form->letters, options[i].val) == NULL)
			return seal_error_set(err, SEAL_ERR_INPUT, "%s does "
				"not take --%s %s --server", command->name,
				options[i].name, form == &command->server ?
				"with" : "without");
	}
	return 0;
}

static int take_file(const struct enrol_command *command,
		     const struct enrol_form *form, int argc, char **argv,
		     struct enrol_args *args, struct seal_error *err)
{
	if (form->file != NULL && optind == argc)
		return seal_error_set(err, SEAL_ERR_INPUT, "%s is missing",
				      form->file);
	if (form->file != NULL)
		args->file = argv[optind++];
	else if (optind < argc && form == &command->server &&
		 command->alone.file != NULL)
		return seal_error_set(err, SEAL_ERR_INPUT, "either --server or "
			"%s: with --server there is no file to give",
			command->alone.file);
	if (optind < argc)
		return seal_error_set(err, SEAL_ERR_INPUT, "%s is one word too "
				      "many", argv[optind]);
	return 0;
}

int enrol_args_read(const struct enrol_command *command, int argc, char **argv,
		    struct enrol_args *args_r, const struct enrol_form **form_r,
		    struct seal_error *err)
{
	unsigned int used;

	memset(args_r, 0, sizeof(*args_r));
	args_r->key = SEAL_KEY_RSA3072;
	args_r->days = SEAL_DAYS_DEFAULT;
	if (take_options(command, argc, argv, args_r, &used, err) < 0)
		return -1;
	*form_r = args_r->server != NULL || command->alone.run == NULL ?
		&command->server : &command->alone;
	if (check_options(command, *form_r, used, err) < 0 ||
	    take_file(command, *form_r, argc, argv, args_r, err) < 0 ||
	    check_needs((*form_r)->needs, args_r, err) < 0)
		return -1;
	return check_stdin(args_r, err);
}
