/* SPDX-License-Identifier: MIT */
#include "enrol/enrol.h"

#include <stdio.h>
#include "pki/pem.h"

#define DEFAULT_DIR "mail-seal"

static int add_key(const EVP_PKEY *key, struct enrol_file *file,
		   struct seal_error *err)
{
	struct seal_buf der = SEAL_BUF_INIT;
	int ret = seal_key_encode(key, &der, err);

	if (ret == 0)
		ret = seal_pem_append(&file->content, SEAL_PEM_KEY, der.data,
				      der.len, err);
	seal_buf_free(&der);
	return ret;
}

static int add_request(EVP_PKEY *key, const char *nonce,
		       const char *const *addresses, struct enrol_file *file,
		       struct seal_error *err)
{
	struct seal_buf der = SEAL_BUF_INIT;
	int ret = seal_user_request(key, nonce, addresses, &der, err);

	if (ret == 0)
		ret = seal_pem_append(&file->content, SEAL_PEM_REQUEST,
				      der.data, der.len, err);
	seal_buf_free(&der);
	return ret;
}

int enrol_make_request(const struct enrol_args *args, const char *nonce,
		       struct enrol_file files[ENROL_REQUEST_FILES],
		       struct seal_error *err)
{
	EVP_PKEY *key = seal_key_generate(args->key, err);
	int ret = -1;

	files[0].name = ENROL_KEY;
	files[1].name = ENROL_REQUEST;
	if (key != NULL &&
	    add_request(key, nonce, args->addresses, &files[1], err) == 0)
		ret = add_key(key, &files[0], err);
	EVP_PKEY_free(key);
	return ret;
}

static void print_next(const char *dir)
{
	(void)printf("Made in %s: key.pem (your key, keep it for yourself) and "
		     "request.pem.\n\n"
		     "Send request.pem, nothing else, to your administrator. "
		     "Together with the chain.pem\nof the same profile the "
		     "administrator runs, with your user name for USER and the\n"
		     "profile's id for ID:\n\n"
		     "    doveadm seal profile issue USER ID chain.pem "
		     "request.pem > issued.pem\n\n"
		     "Put that chain.pem and its root.pem here, too. When "
		     "issued.pem has come back to you:\n\n"
		     "    seal-enrol check --dir ", dir);
	enrol_say_word(dir);
	(void)printf(" issued.pem\n");
}

int enrol_cmd_request(const struct enrol_args *args, struct seal_error *err)
{
	const char *dir = args->dir != NULL ? args->dir : DEFAULT_DIR;
	struct enrol_file files[ENROL_REQUEST_FILES] = {
		{ .name = ENROL_KEY }, { .name = ENROL_REQUEST }
	};
	int ret = enrol_files_absent(dir, files, ENROL_REQUEST_FILES, err);

	if (ret == 0)
		ret = enrol_make_request(args, args->nonce, files, err);
	if (ret == 0)
		ret = enrol_files_write(dir, files, ENROL_REQUEST_FILES, err);
	enrol_files_free(files, ENROL_REQUEST_FILES);
	if (ret == 0)
		print_next(dir);
	return ret;
}
