/* SPDX-License-Identifier: MIT */
#include "enrol/enrol.h"

#include <string.h>
#include "pki/pem.h"

static int missing(const char *dir, const char *name, struct seal_error *err)
{
	return seal_error_set(err, SEAL_ERR_NOTFOUND, "there is no %s in the "
		"folder %s; name the folder that 'seal-enrol new' made with "
		"--dir", name, dir);
}

static int read_asked(const char *dir, struct enrol_made *made,
		      struct seal_error *err)
{
	struct seal_buf der = SEAL_BUF_INIT;
	int ret = enrol_read_pem_in(dir, ENROL_REQUEST, SEAL_PEM_REQUEST, &der,
				    err);

	if (ret == 0)
		ret = missing(dir, ENROL_REQUEST, err);
	else if (ret > 0)
		ret = seal_user_request_read(der.data, der.len, &made->asked,
					     err);
	seal_buf_free(&der);
	return ret;
}

/* chain.pem: issuer and root */
static int read_chain(const char *dir, struct enrol_made *made,
		      struct seal_error *err)
{
	struct seal_buf text = SEAL_BUF_INIT;
	struct enrol_certs certs = { .count = 0 };
	int ret = enrol_read_in(dir, ENROL_CHAIN, &text, err);

	if (ret == 0)
		ret = missing(dir, ENROL_CHAIN, err);
	else if (ret > 0)
		ret = enrol_certs_read(ENROL_CHAIN, &text, &certs, err);
	if (ret == 0 && certs.count != 2)
		ret = seal_error_set(err, SEAL_ERR_INPUT, ENROL_CHAIN " does "
			"not hold an issuer and a root; bring back the file "
			"that 'seal-enrol new' made");
	if (ret == 0) {
		made->issuer = certs.der[0];
		made->root = certs.der[1];
		certs.count = 0;
	}
	enrol_certs_free(&certs);
	seal_buf_free(&text);
	return ret;
}

/* root.pem is what the user will trust. */
static int check_root(const char *dir, const struct enrol_made *made,
		      struct seal_error *err)
{
	struct seal_buf root = SEAL_BUF_INIT;
	int ret = enrol_read_pem_in(dir, ENROL_ROOT, SEAL_PEM_CERTIFICATE,
				    &root, err);

	if (ret == 0)
		ret = missing(dir, ENROL_ROOT, err);
	else if (ret > 0 && !enrol_same(&root, &made->root))
		ret = seal_error_set(err, SEAL_ERR_REFUSED, ENROL_ROOT " is "
			"not the root of " ENROL_CHAIN "; bring back the files "
			"that 'seal-enrol new' made");
	seal_buf_free(&root);
	return ret < 0 ? -1 : 0;
}

int enrol_made_read(const char *dir, struct enrol_made *made_r,
		    struct seal_error *err)
{
	memset(made_r, 0, sizeof(*made_r));
	if (read_asked(dir, made_r, err) < 0 ||
	    read_chain(dir, made_r, err) < 0 ||
	    check_root(dir, made_r, err) < 0) {
		enrol_made_free(made_r);
		return -1;
	}
	return 0;
}

void enrol_made_free(struct enrol_made *made)
{
	seal_user_asked_free(&made->asked);
	seal_buf_free(&made->issuer);
	seal_buf_free(&made->root);
}

/* Do both halves of the key belong together, and to the request? 1, or 0 */
static int is_whole(EVP_PKEY *key, const EVP_PKEY *asked)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	int ok = ctx != NULL && EVP_PKEY_check(ctx) == 1 &&
		EVP_PKEY_eq(key, asked) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

int enrol_made_key(const char *dir, const struct enrol_made *made,
		   EVP_PKEY **key_r, struct seal_error *err)
{
	struct seal_buf der = SEAL_BUF_INIT;
	int ret = enrol_read_pem_in(dir, ENROL_KEY, SEAL_PEM_KEY, &der, err);

	*key_r = NULL;
	if (ret > 0) {
		*key_r = seal_key_decode(der.data, der.len, err);
		if (*key_r == NULL ||
		    !is_whole(*key_r, made->asked.key)) {
			ret = seal_error_set(err, SEAL_ERR_REFUSED, ENROL_KEY
				" is damaged, or not the key of " ENROL_REQUEST
				"; bring back the file that was made with it");
			EVP_PKEY_free(*key_r);
			*key_r = NULL;
		}
	}
	seal_buf_free(&der);
	return ret;
}
