/* SPDX-License-Identifier: MIT */
#include "enrol/enrol.h"

#include <stdio.h>
#include <time.h>
#include "pki/pem.h"

#define FILES (ENROL_REQUEST_FILES + 2)

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

/* The root key exists within this call of seal_root_make() only. */
static int make_chain(const struct seal_buf *request, unsigned int days,
		      struct enrol_file *chain_file,
		      struct enrol_file *root_file, struct seal_error *err)
{
	struct seal_buf root = SEAL_BUF_INIT, issuer = SEAL_BUF_INIT;
	int ret = -1;

	if (seal_root_make(request->data, request->len, time(NULL), days, &root,
			   &issuer, err) == 0 &&
	    seal_pem_append(&chain_file->content, SEAL_PEM_CERTIFICATE,
			    issuer.data, issuer.len, err) == 0 &&
	    seal_pem_append(&chain_file->content, SEAL_PEM_CERTIFICATE,
			    root.data, root.len, err) == 0)
		ret = seal_pem_append(&root_file->content, SEAL_PEM_CERTIFICATE,
				      root.data, root.len, err);
	seal_buf_free(&root);
	seal_buf_free(&issuer);
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

static int make(const struct enrol_args *args, const struct seal_buf *request,
		const struct seal_issuer_asked *asked, struct seal_error *err)
{
	struct enrol_file files[FILES] = {
		{ .name = ENROL_KEY }, { .name = ENROL_REQUEST },
		{ .name = ENROL_CHAIN }, { .name = ENROL_ROOT }
	};
	char own_dir[64];
	const char *dir = args->dir;
	int ret;

	if (dir == NULL) {
		(void)snprintf(own_dir, sizeof(own_dir), "mail-seal-%s",
			       asked->profile_id);
		dir = own_dir;
	}
	ret = enrol_files_absent(dir, files, FILES, err);
	if (ret == 0)
		ret = make_chain(request, args->days, &files[2], &files[3],
				 err);
	if (ret == 0)
		ret = enrol_make_request(args, asked->nonce, files, err);
	if (ret == 0)
		ret = enrol_files_write(dir, files, FILES, err);
	enrol_files_free(files, FILES);
	if (ret == 0)
		print_next(dir, asked->profile_id);
	return ret;
}

int enrol_cmd_new(const struct enrol_args *args, struct seal_error *err)
{
	struct seal_buf request = SEAL_BUF_INIT;
	struct seal_issuer_asked asked;
	int ret = read_asked(args->file, &request, &asked, err);

	if (ret == 0)
		ret = make(args, &request, &asked, err);
	seal_buf_free(&request);
	return ret;
}
