/* SPDX-License-Identifier: MIT */
#include "enrol/enrol.h"

#include <string.h>
#include <time.h>
#include "pki/chain.h"
#include "pki/recipient.h"

#define ISSUER_NAME "CN=Mail Seal issuer "
#define ASK_AGAIN "do not install it, and ask your administrator what happened"

bool enrol_is_id(const char *text)
{
	return strlen(text) == ENROL_ID_SIZE - 1 &&
		strspn(text, "0123456789abcdef") == ENROL_ID_SIZE - 1;
}

bool enrol_issuer_id(const struct seal_buf *der, char id_r[ENROL_ID_SIZE])
{
	struct seal_recipient_text text;
	struct seal_error err;
	const char *id = text.subject + strlen(ISSUER_NAME);

	if (enrol_describe(der, &text, &err) < 0)
		return false;
	if (strncmp(text.subject, ISSUER_NAME, strlen(ISSUER_NAME)) != 0 ||
	    !enrol_is_id(id))
		return false;
	memcpy(id_r, id, ENROL_ID_SIZE);
	return true;
}

/* Which folder is it about? Of the file's words that is the only one that is
 * believed, and it leads to the user's own files, or nowhere. */
static int find_dir(const struct enrol_args *args,
		    const struct enrol_certs *certs,
		    struct enrol_issued *issued, struct seal_error *err)
{
	unsigned int i;

	for (i = 0; i < certs->count; i++) {
		if (enrol_issuer_id(&certs->der[i], issued->profile_id))
			break;
	}
	if (i == certs->count)
		return seal_error_set(err, SEAL_ERR_INPUT, "%s: there is no "
			"issuer certificate of mail_seal in it; take the whole "
			"file that 'doveadm seal profile issue' printed",
			args->file);
	return enrol_dir(args, issued->profile_id, issued->dir, err);
}

/* Takes the certificate out of what is left without the two that were made
 * here, which have to be there as they were. */
static int take_user(const char *file, struct enrol_certs *certs,
		     struct enrol_issued *issued, struct seal_error *err)
{
	const struct seal_buf *issuer = NULL, *root = NULL;
	struct seal_buf *user = NULL;
	unsigned int i;

	for (i = 0; i < certs->count; i++) {
		if (enrol_same(&certs->der[i], &issued->made.issuer))
			issuer = &certs->der[i];
		else if (enrol_same(&certs->der[i], &issued->made.root))
			root = &certs->der[i];
		else
			user = &certs->der[i];
	}
	if (root == NULL)
		return seal_error_set(err, SEAL_ERR_REFUSED, "%s: the root "
			"certificate that was made here is not in it; "
			ASK_AGAIN, file);
	if (issuer == NULL)
		return seal_error_set(err, SEAL_ERR_REFUSED, "%s: the issuer "
			"certificate that was made here is not in it; "
			ASK_AGAIN, file);
	if (user == NULL)
		return seal_error_set(err, SEAL_ERR_REFUSED, "%s: your own "
			"certificate is not in it; " ASK_AGAIN, file);
	if (certs->count != 3)
		return seal_error_set(err, SEAL_ERR_REFUSED, "%s: there are %u "
			"certificates in it where three belong; " ASK_AGAIN,
			file, certs->count);
	issued->user = *user;
	memset(user, 0, sizeof(*user));
	return 0;
}

/* By the clock. Everything else about the dates has been checked. */
static int check_dates(const struct enrol_issued *issued,
		       struct seal_error *err)
{
	struct seal_recipient_text text;
	time_t now = time(NULL);

	if (enrol_describe(&issued->user, &text, err) < 0)
		return -1;
	if (now < text.not_before)
		return seal_error_set(err, SEAL_ERR_REFUSED, "the certificate "
			"is not valid yet; is the clock of this device right?");
	if (now > text.not_after)
		return seal_error_set(err, SEAL_ERR_REFUSED, "the certificate "
			"has expired; ask your administrator for a new "
			"profile");
	return 0;
}

static int check_with(const struct enrol_issued *issued,
		      const char *const *addresses, struct seal_error *err)
{
	const struct seal_der_input user = {
		issued->user.data, issued->user.len
	}, issuer = {
		issued->made.issuer.data, issued->made.issuer.len
	}, root = {
		issued->made.root.data, issued->made.root.len
	};

	return seal_chain_check_user(&user, &root, &issuer,
				     issued->made.asked.key, addresses, err);
}

/* Is it in order but for its addresses? The server writes those of the profile,
 * in their order, so this will happen, and deserves its own sentence. */
static bool only_addresses(const struct enrol_issued *issued,
			   struct seal_recipient_text *text_r)
{
	char copy[sizeof(text_r->addresses)], *p = copy;
	const char *addresses[ENROL_ADDRESSES_MAX + 1];
	unsigned int count = 0;
	struct seal_error err;

	if (enrol_describe(&issued->user, text_r, &err) < 0)
		return false;
	memcpy(copy, text_r->addresses, sizeof(copy));
	while (count < ENROL_ADDRESSES_MAX && *p != '\0') {
		addresses[count++] = p;
		p += strcspn(p, ", ");
		while (*p == ',' || *p == ' ')
			*p++ = '\0';
	}
	addresses[count] = NULL;
	return check_with(issued, addresses, &err) == 0;
}

static int check(const char *file, const struct enrol_issued *issued,
		 struct seal_error *err)
{
	struct seal_recipient_text text;
	struct seal_error why;

	if (check_with(issued,
		       (const char *const *)issued->made.asked.addresses,
		       &why) == 0)
		return check_dates(issued, err);
	if (why.code == SEAL_ERR_REFUSED && only_addresses(issued, &text))
		return seal_error_set(err, why.code, "%s is for %.200s, which "
			"is not what was asked for; ask your administrator for "
			"a new profile, and give 'seal-enrol new' its "
			"addresses in its order", file, text.addresses);
	return seal_error_set(err, why.code, "%s: %s; " ASK_AGAIN, file,
			      why.text);
}

static int take_all(const struct enrol_args *args, const struct seal_buf *text,
		    struct enrol_issued *issued, struct enrol_certs *certs,
		    struct seal_error *err)
{
	if (enrol_certs_read(args->file, text, certs, err) < 0 ||
	    find_dir(args, certs, issued, err) < 0 ||
	    enrol_made_read(issued->dir, &issued->made, err) < 0 ||
	    take_user(args->file, certs, issued, err) < 0)
		return -1;
	return check(args->file, issued, err);
}

int enrol_issued_take(const struct enrol_args *args, const struct seal_buf *text,
		      struct enrol_issued *issued_r, struct seal_error *err)
{
	struct enrol_certs certs = { .count = 0 };
	EVP_PKEY *key = NULL;
	int ret;

	memset(issued_r, 0, sizeof(*issued_r));
	ret = take_all(args, text, issued_r, &certs, err);
	enrol_certs_free(&certs);
	if (ret == 0) {
		/* gone is fine, another one is not */
		ret = enrol_made_key(issued_r->dir, &issued_r->made, &key,
				     err) < 0 ? -1 : 0;
		EVP_PKEY_free(key);
	}
	if (ret < 0)
		enrol_issued_free(issued_r);
	return ret;
}

int enrol_issued_read(const struct enrol_args *args,
		      struct enrol_issued *issued_r, struct seal_error *err)
{
	struct seal_buf text = SEAL_BUF_INIT;
	int ret = enrol_read(args->file, &text, err);

	if (ret == 0)
		ret = enrol_issued_take(args, &text, issued_r, err);
	seal_buf_free(&text);
	return ret;
}

int enrol_issued_in(const char *dir, struct enrol_issued *issued_r,
		    struct seal_error *err)
{
	const struct enrol_args args = { .dir = dir, .file = ENROL_ISSUED };
	struct seal_buf text = SEAL_BUF_INIT;
	int ret = enrol_read_in(dir, ENROL_ISSUED, &text, err);

	if (ret == 0)
		ret = seal_error_set(err, SEAL_ERR_NOTFOUND, "there is no "
			ENROL_ISSUED " in the folder %s yet; 'seal-enrol new "
			"--server' brings it", dir);
	else if (ret > 0)
		ret = enrol_issued_take(&args, &text, issued_r, err);
	seal_buf_free(&text);
	return ret;
}

void enrol_issued_free(struct enrol_issued *issued)
{
	enrol_made_free(&issued->made);
	seal_buf_free(&issued->user);
}
