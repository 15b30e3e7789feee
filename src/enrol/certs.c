/* SPDX-License-Identifier: MIT */
#include "enrol/enrol.h"

#include <string.h>
#include "pki/recipient.h"

void enrol_certs_free(struct enrol_certs *certs)
{
	while (certs->count > 0)
		seal_buf_free(&certs->der[--certs->count]);
}

static int add_cert(void *context, const unsigned char *der, size_t len,
		    struct seal_error *err)
{
	struct enrol_certs *certs = context;

	if (certs->count == ENROL_CERTS_MAX)
		return seal_error_set(err, SEAL_ERR_LIMIT, "there are more than "
			"%d certificates in it", ENROL_CERTS_MAX);
	if (seal_buf_append(&certs->der[certs->count], der, len, err) < 0)
		return -1;
	certs->count++;
	return 0;
}

int enrol_certs_read(const char *who, const struct seal_buf *text,
		     struct enrol_certs *certs, struct seal_error *err)
{
	struct seal_error why;

	if (seal_recipient_split_pem((const char *)text->data, text->len,
				     add_cert, certs, &why) == 0)
		return 0;
	return seal_error_set(err, why.code, "%s: %s", who, why.text);
}

int enrol_describe(const struct seal_buf *der,
		   struct seal_recipient_text *text_r, struct seal_error *err)
{
	struct seal_recipient *cert;

	cert = seal_recipient_new(der->data, der->len, err);
	if (cert == NULL)
		return -1;
	seal_recipient_describe(cert, text_r);
	seal_recipient_free(&cert);
	return 0;
}

bool enrol_same(const struct seal_buf *a, const struct seal_buf *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}
