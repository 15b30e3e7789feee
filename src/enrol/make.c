/* SPDX-License-Identifier: MIT */
#include "enrol/enrol.h"

#include <stdio.h>
#include <time.h>
#include "pki/pem.h"

#define FILES (ENROL_REQUEST_FILES + 2)

int enrol_dir(const struct enrol_args *args, const char *profile_id,
	      char dir_r[ENROL_PATH_SIZE], struct seal_error *err)
{
	int len;

	if (args->dir != NULL)
		len = snprintf(dir_r, ENROL_PATH_SIZE, "%s", args->dir);
	else
		len = snprintf(dir_r, ENROL_PATH_SIZE, "mail-seal-%s",
			       profile_id);
	if (len < 0 || len >= ENROL_PATH_SIZE)
		return seal_error_set(err, SEAL_ERR_LIMIT,
				      "the folder's name is too long");
	return 0;
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

int enrol_make_absent(const char *dir, struct seal_error *err)
{
	static const struct enrol_file files[FILES] = {
		{ .name = ENROL_KEY }, { .name = ENROL_REQUEST },
		{ .name = ENROL_CHAIN }, { .name = ENROL_ROOT }
	};

	return enrol_files_absent(dir, files, FILES, err);
}

int enrol_make(const struct enrol_args *args, const struct seal_buf *request,
	       const struct seal_issuer_asked *asked,
	       char dir_r[ENROL_PATH_SIZE], struct seal_error *err)
{
	struct enrol_file files[FILES] = {
		{ .name = ENROL_KEY }, { .name = ENROL_REQUEST },
		{ .name = ENROL_CHAIN }, { .name = ENROL_ROOT }
	};
	int ret = enrol_dir(args, asked->profile_id, dir_r, err);

	if (ret == 0)
		ret = enrol_make_absent(dir_r, err);
	if (ret == 0)
		ret = make_chain(request, args->days, &files[2], &files[3],
				 err);
	if (ret == 0)
		ret = enrol_make_request(args, asked->nonce, files, err);
	if (ret == 0)
		ret = enrol_files_write(dir_r, files, FILES, err);
	enrol_files_free(files, FILES);
	return ret;
}
