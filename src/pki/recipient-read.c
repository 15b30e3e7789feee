/* SPDX-License-Identifier: MIT */

#include "pki/recipient-private.h"

#include <string.h>
#include <time.h>
#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include "base/error.h"
#include "pki/cert-parts.h"

/* IssuerAndSerialNumber (RFC 5652 section 10.2.4), for encoding only */
struct issuer_serial {
	const X509_NAME *issuer;
	const ASN1_INTEGER *serial;
};
ASN1_SEQUENCE(issuer_serial) = {
	ASN1_SIMPLE(struct issuer_serial, issuer, X509_NAME),
	ASN1_SIMPLE(struct issuer_serial, serial, ASN1_INTEGER)
} static_ASN1_SEQUENCE_END_name(struct issuer_serial, issuer_serial)

/* A certificate is not malformed only because memory was short. */
static int form_error(struct seal_error *err, const char *text)
{
	if (seal_error_crypto_memory())
		return seal_error_memory(err);
	return seal_error_set(err, SEAL_ERR_INPUT, "%s", text);
}

static int read_time(const ASN1_TIME *from, int64_t *time_r)
{
	struct tm tm;

	memset(&tm, 0, sizeof(tm));
	/* without this check NULL would mean "now" */
	if (from == NULL || ASN1_TIME_to_tm(from, &tm) != 1)
		return -1;
	*time_r = timegm(&tm);
	return 0;
}

static void read_serial(struct seal_recipient *recipient,
			const ASN1_INTEGER *serial)
{
	static const char digits[] = "0123456789ABCDEF";
	const unsigned char *data = ASN1_STRING_get0_data(serial);
	int i, len = ASN1_STRING_length(serial);
	char *p = recipient->serial;

	if (ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER)
		*p++ = '-';
	/* RFC 5280 section 4.1.2.2 allows 20 */
	for (i = 0; i < len && i < 31; i++) {
		*p++ = digits[data[i] >> 4];
		*p++ = digits[data[i] & 0xf];
	}
	*p = '\0';
}

/* Appends value, which item describes, in DER. Returns 0 or -1. */
static int encode(const void *value, const ASN1_ITEM *item,
		  struct seal_buf *out, struct seal_error *err)
{
	unsigned char *der = NULL;
	int len = ASN1_item_i2d(value, &der, item), ret;

	if (len <= 0)
		return seal_error_crypto(err, "encoding");
	ret = seal_buf_append(out, der, (size_t)len, err);
	OPENSSL_free(der);
	return ret;
}

/* A certificate of which only that is there what its extensions are judged by:
 * libcrypto then says the same of them. NULL: no memory. */
static X509 *shell_new(const struct seal_cert_tbs *tbs)
{
	X509 *shell = X509_new();
	int i, ok;

	if (shell == NULL)
		return NULL;
	/* one that does not exist is nothing that is judged */
	if (tbs->version != NULL)
		(void)X509_set_version(shell, ASN1_INTEGER_get(tbs->version));
	ok = X509_set_issuer_name(shell, tbs->issuer) == 1 &&
		X509_set_subject_name(shell, tbs->subject) == 1;
	for (i = 0; ok && i < sk_X509_EXTENSION_num(tbs->extensions); i++)
		ok = X509_add_ext(shell, sk_X509_EXTENSION_value(
					  tbs->extensions, i), -1) == 1;
	if (!ok) {
		X509_free(shell);
		shell = NULL;
	}
	return shell;
}

static int judge_extensions(struct seal_recipient *recipient,
			    const struct seal_cert_tbs *tbs, struct seal_error *err)
{
	const ASN1_OCTET_STRING *key_id;
	struct seal_error reason;
	X509 *shell = shell_new(tbs);
	int ret = 0;

	if (shell == NULL)
		return seal_error_memory(err);
	/* reads them; that they do not parse is judged next */
	(void)X509_get_extension_flags(shell);
	key_id = X509_get0_subject_key_id(shell);
	if (!seal_recipient_fits(recipient, shell, &reason) &&
	    (recipient->unfit = strdup(reason.text)) == NULL)
		ret = seal_error_memory(err);
	if (ret == 0 && key_id != NULL)
		ret = encode(key_id, ASN1_ITEM_rptr(ASN1_OCTET_STRING),
			     &recipient->key_id, err);
	if (ret == 0 && seal_error_crypto_memory())
		ret = seal_error_memory(err);
	X509_free(shell);
	return ret;
}

static int read_tbs(struct seal_recipient *recipient, const struct seal_cert_tbs *tbs,
		    struct seal_error *err)
{
	const struct issuer_serial rid = { tbs->issuer, tbs->serial };
	int ret;

	ret = seal_recipient_read_key(recipient, tbs->key.algorithm,
				      tbs->key.bits, err);
	if (ret == 0)
		return form_error(err, "the certificate's public key cannot be "
				  "read (damaged, or of an unknown kind)");
	if (ret < 0)
		return -1;
	if (read_time(tbs->validity.not_before, &recipient->not_before) < 0 ||
	    read_time(tbs->validity.not_after, &recipient->not_after) < 0)
		return form_error(err, "the certificate's validity cannot be "
				  "read (RFC 5280 section 4.1.2.5)");
	read_serial(recipient, tbs->serial);
	if (encode(&rid, ASN1_ITEM_rptr(issuer_serial), &recipient->rid,
		   err) < 0)
		return -1;
	return judge_extensions(recipient, tbs, err);
}

int seal_recipient_read(struct seal_recipient *recipient,
			const unsigned char *der, size_t len,
			struct seal_error *err)
{
	const unsigned char *p = der;
	struct seal_cert_parts *cert;
	int ret;

	if (seal_buf_append(&recipient->der, der, len, err) < 0)
		return -1;
	cert = seal_cert_parts_read(&p, len);
	if (cert == NULL)
		return form_error(err, "not an X.509 certificate in DER");
	if (p != der + len)
		ret = form_error(err, "more than one certificate, or something "
				 "else behind it");
	else
		ret = read_tbs(recipient, &cert->tbs, err);
	seal_cert_parts_free(cert);
	if (ret == 0 && EVP_Digest(der, len, recipient->fingerprint, NULL,
				   EVP_sha256(), NULL) != 1)
		ret = seal_error_crypto(err, "reading a certificate");
	return ret;
}
