/* SPDX-License-Identifier: MIT */
#include "pki/certs-only.h"

#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include "base/buf.h"
#include "base/error.h"
#include "pki/cert.h"

static int failed(struct seal_error *err)
{
	return seal_error_crypto(err, "writing certificates");
}

static int add(PKCS7 *p7, const struct seal_buf *der, struct seal_error *err)
{
	X509 *cert = seal_cert_decode("certificate", der->data, der->len, err);
	int ret = 0;

	if (cert == NULL)
		return -1;
	if (PKCS7_add_certificate(p7, cert) != 1)
		ret = failed(err);
	X509_free(cert);
	return ret;
}

static int encode(PKCS7 *p7, struct seal_buf *out, struct seal_error *err)
{
	unsigned char *der = NULL;
	int len = i2d_PKCS7(p7, &der), ret;

	if (len <= 0)
		return failed(err);
	ret = seal_buf_append(out, der, (size_t)len, err);
	OPENSSL_free(der);
	return ret;
}

int seal_certs_only(const struct seal_buf *certs, unsigned int count,
		    struct seal_buf *out, struct seal_error *err)
{
	PKCS7 *p7 = PKCS7_new();
	unsigned int i;
	int ret = 0;

	if (p7 == NULL || PKCS7_set_type(p7, NID_pkcs7_signed) != 1 ||
	    PKCS7_content_new(p7, NID_pkcs7_data) != 1)
		ret = failed(err);
	/* without a content: there is nothing that is signed */
	if (ret == 0)
		PKCS7_set_detached(p7, 1);
	for (i = 0; i < count && ret == 0; i++)
		ret = add(p7, &certs[i], err);
	if (ret == 0)
		ret = encode(p7, out, err);
	PKCS7_free(p7);
	ERR_clear_error();
	return ret;
}
