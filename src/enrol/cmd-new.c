/* SPDX-License-Identifier: MIT */
#include "enrol/enrol.h"

#include <stdio.h>
#include "pki/pem.h"

/* What 'doveadm seal profile create' printed */
static int read_asked(const char *path, struct seal_buf *request,
		      struct seal_issuer_asked *asked_r, struct seal_error *err)
{
	struct seal_buf text = SEAL_BUF_INIT;
	struct seal_error why;
	int ret = enrol_read(path, &text, err);

	if (ret == 0 &&
	    (seal_pem_read("issuer request", SEAL_PEM_REQUEST,
			   (const char *)text.data, text.len, request,
			   &why) < 0 ||
	     seal_issuer_request_read(request->data, request->len, asked_r,
				      &why) < 0))
		ret = seal_error_set(err, why.code, "%s; %s has to be what "
			"'doveadm seal profile create' printed, unchanged",
			why.text, path);
	seal_buf_free(&text);
	return ret;
}

static void print_next(const char *dir, const char *profile_id)
{
	(void)printf("Made in %s: key.pem (your key, keep it for yourself),\n"
		     "request.pem, chain.pem and root.pem.\n\n"
		     "Send chain.pem and request.pem, nothing else, to your "
		     "administrator, who runs,\nwith your user name for USER:\n\n"
		     "    doveadm seal profile issue USER %s chain.pem "
		     "request.pem > issued.pem\n\n"
		     "When issued.pem has come back to you:\n\n"
		     "    seal-enrol check --dir ", dir, profile_id);
	enrol_say_word(dir);
	(void)printf(" issued.pem\n");
}

int enrol_cmd_new(const struct enrol_args *args, struct seal_error *err)
{
	struct seal_buf request = SEAL_BUF_INIT;
	struct seal_issuer_asked asked;
	char dir[ENROL_PATH_SIZE];
	int ret = read_asked(args->file, &request, &asked, err);

	if (ret == 0)
		ret = enrol_make(args, &request, &asked, dir, err);
	if (ret == 0)
		print_next(dir, asked.profile_id);
	seal_buf_free(&request);
	return ret;
}
