/* SPDX-License-Identifier: MIT */
#include "enrol/enrol.h"

#include <ctype.h>
#include <stdio.h>
#include "pki/recipient.h"

/* As mail clients show it: pairs of capital letters and digits */
static void print_fingerprint(const char *title, const char *hex)
{
	unsigned int i;

	(void)printf("  %s", title);
	for (i = 0; hex[i] != '\0'; i++) {
		if (i > 0 && i % 2 == 0)
			(void)putchar(':');
		(void)putchar(toupper((unsigned char)hex[i]));
	}
	(void)putchar('\n');
}

int enrol_issued_print(const struct enrol_issued *issued,
		       struct seal_error *err)
{
	struct seal_recipient_text user, root;
	char **address;

	if (enrol_describe(&issued->user, &user, err) < 0 ||
	    enrol_describe(&issued->made.root, &root, err) < 0)
		return -1;
	for (address = issued->made.asked.addresses; *address != NULL; address++)
		(void)printf("  %s%s\n", address == issued->made.asked.addresses ?
			     "Addresses:         " : "                   ",
			     *address);
	enrol_say_day("  Valid (UTC):       ", user.not_before);
	enrol_say_day(" to ", user.not_after);
	(void)printf("\n  Key:               %s\n"
		     "  Profile:           %s\n\n"
		     "SHA-256 fingerprints:\n\n", user.key, issued->profile_id);
	print_fingerprint("Root:  ", root.fingerprint);
	print_fingerprint("Yours: ", user.fingerprint);
	return 0;
}

static int print_all(const struct enrol_args *args,
		     const struct enrol_issued *issued, struct seal_error *err)
{
	(void)printf("%s is what was asked for: a certificate for your key, "
		     "under your root.\n\n", args->file);
	if (enrol_issued_print(issued, err) < 0)
		return -1;
	(void)printf("\nNext, to install it in your mail clients:\n\n"
		     "    seal-enrol pkcs12 --dir ");
	enrol_say_word(issued->dir);
	(void)putchar(' ');
	enrol_say_word(args->file);
	(void)putchar('\n');
	return 0;
}

int enrol_cmd_check(const struct enrol_args *args, struct seal_error *err)
{
	struct enrol_issued issued;
	int ret = enrol_issued_read(args, &issued, err);

	if (ret < 0)
		return -1;
	if (args->test_mail != NULL)
		ret = enrol_test_mail(&issued, args->test_mail, err);
	else
		ret = print_all(args, &issued, err);
	enrol_issued_free(&issued);
	return ret;
}
