/* SPDX-License-Identifier: MIT */
#include "enrol/server.h"

#include <string.h>
#include <openssl/rand.h>
#include "pki/pem.h"

#define NONCE_BYTES 16
#define ANSWER "what the server issued"

/* 128 random bits in base64url (RFC 4648 section 5), without padding */
static int make_nonce(struct seal_buf *nonce, struct seal_error *err)
{
	unsigned char bytes[NONCE_BYTES];
	size_t i;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return seal_error_crypto(err, "cannot make a nonce");
	if (seal_buf_add_base64(nonce, bytes, sizeof(bytes), err) < 0)
		return -1;
	for (i = 0; i < nonce->len; i++) {
		if (nonce->data[i] == '+')
			nonce->data[i] = '-';
		else if (nonce->data[i] == '/')
			nonce->data[i] = '_';
		else if (nonce->data[i] == '=')
			nonce->len = i;
	}
	return seal_buf_append(nonce, "", 1, err);
}

/* The request of the new profile's issuer, which carries our nonce. */
static int create(struct enrol_server *server, const struct enrol_args *args,
		  struct seal_buf *request, struct seal_issuer_asked *asked_r,
		  struct seal_error *err)
{
	struct seal_buf nonce = SEAL_BUF_INIT, pem = SEAL_BUF_INIT;
	int ret = make_nonce(&nonce, err);

	if (ret == 0)
		ret = enrol_server_create(server, args->days, args->label,
					  (const char *)nonce.data, &pem, err);
	if (ret == 0)
		ret = seal_pem_read("the server's request", SEAL_PEM_REQUEST,
				    (const char *)pem.data, pem.len, request,
				    err);
	if (ret == 0)
		ret = seal_issuer_request_read(request->data, request->len,
					       asked_r, err);
	if (ret == 0 && strcmp(asked_r->nonce, (const char *)nonce.data) != 0)
		ret = seal_error_set(err, SEAL_ERR_REFUSED, "the server's "
			"request is not the answer to what was asked; try "
			"again");
	seal_buf_free(&nonce);
	seal_buf_free(&pem);
	return ret;
}

int enrol_ceremony_begin(struct enrol_server *server, struct enrol_args *args,
			 char dir_r[ENROL_PATH_SIZE], struct seal_error *err)
{
	const char *const *address = enrol_server_addresses(server);
	struct seal_buf request = SEAL_BUF_INIT;
	struct seal_issuer_asked asked;
	struct seal_error ignored;
	int ret = args->dir == NULL ? 0 : enrol_make_absent(args->dir, err);

	for (; *address != NULL; address++)
		args->addresses[args->address_count++] = *address;
	if (ret == 0)
		ret = create(server, args, &request, &asked, err);
	if (ret == 0 && enrol_make(args, &request, &asked, dir_r, err) < 0) {
		/* nobody can go on with it */
		(void)enrol_server_delete(server, asked.profile_id, &ignored);
		ret = -1;
	}
	seal_buf_free(&request);
	return ret;
}

/* What goes to the server. It is written anew from what was read: whatever else is
 * in the files stays here. */
static int make_wish(const char *dir, const struct enrol_made *made,
		     struct seal_buf *wish, struct seal_error *err)
{
	struct seal_buf request = SEAL_BUF_INIT;
	int ret = enrol_read_pem_in(dir, ENROL_REQUEST, SEAL_PEM_REQUEST,
				    &request, err);

	if (ret > 0 &&
	    (seal_pem_append(wish, SEAL_PEM_CERTIFICATE, made->root.data,
			     made->root.len, err) < 0 ||
	     seal_pem_append(wish, SEAL_PEM_CERTIFICATE, made->issuer.data,
			     made->issuer.len, err) < 0 ||
	     seal_pem_append(wish, SEAL_PEM_REQUEST, request.data, request.len,
			     err) < 0))
		ret = -1;
	seal_buf_free(&request);
	return ret > 0 ? 0 : -1;
}

/* Without the key the certificate would be of no use. */
static int check_key(const char *dir, const struct enrol_made *made,
		     struct seal_error *err)
{
	EVP_PKEY *key;
	int ret = enrol_made_key(dir, made, &key, err);

	EVP_PKEY_free(key);
	if (ret == 0)
		return seal_error_set(err, SEAL_ERR_NOTFOUND, "there is no "
			ENROL_KEY " in the folder %s any more; begin again "
			"with another folder", dir);
	return ret < 0 ? -1 : 0;
}

static int ask_issue(struct enrol_server *server, const char *dir,
		     struct seal_buf *text, struct seal_error *err)
{
	struct seal_buf wish = SEAL_BUF_INIT;
	struct enrol_made made;
	char id[ENROL_ID_SIZE];
	int ret = enrol_made_read(dir, &made, err);

	if (ret < 0)
		return -1;
	if (!enrol_issuer_id(&made.issuer, id))
		ret = seal_error_set(err, SEAL_ERR_INPUT, ENROL_CHAIN " does "
				     "not begin with an issuer certificate");
	else if (check_key(dir, &made, err) < 0 ||
		 make_wish(dir, &made, &wish, err) < 0)
		ret = -1;
	else
		ret = enrol_server_issue(server, id, &wish, text, err);
	seal_buf_free(&wish);
	enrol_made_free(&made);
	return ret;
}

/* The three that were found to be in order, and nothing else that was sent */
static int keep_issued(const struct enrol_issued *issued,
		       struct seal_error *err)
{
	const struct seal_buf *const certs[] = {
		&issued->user, &issued->made.issuer, &issued->made.root
	};
	struct enrol_file file = { .name = ENROL_ISSUED };
	unsigned int i;
	int ret = 0;

	for (i = 0; ret == 0 && i < sizeof(certs) / sizeof(certs[0]); i++)
		ret = seal_pem_append(&file.content, SEAL_PEM_CERTIFICATE,
				      certs[i]->data, certs[i]->len, err);
	if (ret == 0)
		ret = enrol_files_write(issued->dir, &file, 1, err);
	enrol_files_free(&file, 1);
	return ret;
}

int enrol_ceremony_issue(struct enrol_server *server,
			 const struct enrol_args *args,
			 struct enrol_issued *issued_r, struct seal_error *err)
{
	const struct enrol_args taken = { .dir = args->dir, .file = ANSWER };
	struct seal_buf text = SEAL_BUF_INIT;
	int ret = ask_issue(server, args->dir, &text, err);

	if (ret == 0)
		ret = enrol_issued_take(&taken, &text, issued_r, err);
	seal_buf_free(&text);
	if (ret == 0 && keep_issued(issued_r, err) < 0) {
		enrol_issued_free(issued_r);
		ret = -1;
	}
	return ret;
}
