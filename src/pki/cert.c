/* SPDX-License-Identifier: MIT */
#include "pki/cert.h"

#include <stdint.h>
#include <string.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include "base/buf.h"
#include "base/error.h"
#include "pki/key-numbers.h"

void seal_cert_serial_shape(unsigned char serial[SEAL_CERT_SERIAL_LEN],
			    bool sender)
{
	serial[0] = sender ? (serial[0] & 0x3f) | 0x40 :
		(serial[0] & 0x1f) | 0x20;
}

bool seal_cert_serial_is_sender(const unsigned char *serial, size_t len)
{
	return len == SEAL_CERT_SERIAL_LEN && (serial[0] & 0xc0) == 0x40;
}

int seal_cert_serial_random(unsigned char serial_r[SEAL_CERT_SERIAL_LEN],
			    struct seal_error *err)
{
	if (RAND_bytes(serial_r, SEAL_CERT_SERIAL_LEN) != 1)
		return seal_error_crypto(err, "making a serial number");
	seal_cert_serial_shape(serial_r, false);
	return 0;
}

/* Whole seconds in UTC, two digits of the year up to 2049 and four from then
 * on. No allocation, so that a shortage cannot look like a bad date. */
int seal_cert_time(const ASN1_TIME *time, time_t *time_r)
{
	const unsigned char *text = ASN1_STRING_get0_data(time);
	int len = ASN1_STRING_length(time);
	struct tm tm;

	memset(&tm, 0, sizeof(tm));
	if (len < 1 || text[len - 1] != 'Z' || ASN1_TIME_to_tm(time, &tm) != 1)
		return -1;
	if (ASN1_STRING_type(time) == V_ASN1_UTCTIME ? len != 13 :
	    len != 15 || tm.tm_year < 150)
		return -1;
	*time_r = timegm(&tm);
	return 0;
}

/* 1, or 0 */
static int set_serial(X509 *cert, const unsigned char *serial)
{
	BIGNUM *number = BN_bin2bn(serial, SEAL_CERT_SERIAL_LEN, NULL);
	int ok = number != NULL &&
		BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL;

	BN_free(number);
	return ok;
}

/* 1, or 0 */
static int set_validity(X509 *cert, time_t not_before, time_t not_after)
{
	return ASN1_TIME_set(X509_getm_notBefore(cert), not_before) != NULL &&
		ASN1_TIME_set(X509_getm_notAfter(cert), not_after) != NULL;
}

/* X509_sign() sets both, but there is no other way to set them for a signature
 * that is made elsewhere; the certificate is ours, so its parts may be written.
 * 1, or 0 */
static int set_algorithms(X509 *cert)
{
	const X509_ALGOR *outer;
	ASN1_OBJECT *oid = OBJ_nid2obj(NID_ecdsa_with_SHA256);

	X509_get0_signature(NULL, &outer, cert);
	return X509_ALGOR_set0((X509_ALGOR *)outer, oid, V_ASN1_UNDEF,
			       NULL) == 1 &&
		X509_ALGOR_set0((X509_ALGOR *)X509_get0_tbs_sigalg(cert), oid,
				V_ASN1_UNDEF, NULL) == 1;
}

static int set_names(X509 *cert, const struct seal_cert_plan *plan,
		     struct seal_error *err)
{
	X509_NAME *subject = seal_cert_name(plan->subject, err);
	int ret = 0;

	if (subject == NULL)
		return -1;
	if (X509_set_subject_name(cert, subject) != 1 ||
	    X509_set_issuer_name(cert, plan->issuer == NULL ? subject :
				 plan->issuer) != 1)
		ret = seal_error_crypto(err, "naming a certificate");
	X509_NAME_free(subject);
	return ret;
}

static int set_extensions(X509 *cert, const struct seal_cert_plan *plan,
			  struct seal_error *err)
{
	STACK_OF(X509_EXTENSION) *list = seal_cert_extensions(plan, err);
	int i, ret = 0;

	if (list == NULL)
		return -1;
	for (i = 0; ret == 0 && i < sk_X509_EXTENSION_num(list); i++) {
		if (X509_add_ext(cert, sk_X509_EXTENSION_value(list, i),
				 -1) != 1)
			ret = seal_error_crypto(err, "extending a certificate");
	}
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	return ret;
}

X509 *seal_cert_new(const struct seal_cert_plan *plan, struct seal_error *err)
{
	X509 *cert;
	int ret = -1;

	ERR_clear_error();
	cert = X509_new();
	if (cert == NULL || X509_set_version(cert, X509_VERSION_3) != 1 ||
	    !set_serial(cert, plan->serial) || !set_algorithms(cert) ||
	    !set_validity(cert, plan->not_before, plan->not_after) ||
	    !seal_key_set(cert, plan->key))
		(void)seal_error_crypto(err, "making a certificate");
	else if (set_names(cert, plan, err) == 0)
		ret = set_extensions(cert, plan, err);
	if (ret < 0) {
		X509_free(cert);
		cert = NULL;
	}
	ERR_clear_error();
	return cert;
}

int seal_cert_sign(X509 *cert, EVP_PKEY *issuer_key, struct seal_error *err)
{
	ERR_clear_error();
	if (X509_sign(cert, issuer_key, EVP_sha256()) <= 0)
		return seal_error_crypto(err, "signing a certificate");
	ERR_clear_error();
	return 0;
}

/* der is libcrypto's, and freed here. */
static int give(unsigned char *der, int len, struct seal_buf *out,
		struct seal_error *err)
{
	int ret;

	if (len <= 0)
		ret = seal_error_crypto(err, "encoding a certificate");
	else
		ret = seal_buf_append(out, der, (size_t)len, err);
	OPENSSL_free(der);
	ERR_clear_error();
	return ret;
}

int seal_cert_tbs(X509 *cert, struct seal_buf *tbs, struct seal_error *err)
{
	unsigned char *der = NULL;
	int len;

	ERR_clear_error();
	len = i2d_re_X509_tbs(cert, &der);
	return give(der, len, tbs, err);
}

int seal_cert_encode(const X509 *cert, struct seal_buf *der,
		     struct seal_error *err)
{
	unsigned char *bytes = NULL;
	int len;

	ERR_clear_error();
	len = i2d_X509(cert, &bytes);
	return give(bytes, len, der, err);
}

int seal_cert_set_signature(X509 *cert, const unsigned char *signature,
			    size_t len, struct seal_error *err)
{
	const ASN1_BIT_STRING *bits;
	ASN1_BIT_STRING *own;

	ERR_clear_error();
	X509_get0_signature(&bits, NULL, cert);
	own = (ASN1_BIT_STRING *)bits;	/* see set_algorithms() */
	if (len > INT32_MAX || ASN1_STRING_set(own, signature, (int)len) != 1)
		return seal_error_crypto(err, "signing a certificate");
	/* else zero bits at its end would count as unused */
	own->flags &= ~(ASN1_STRING_FLAG_BITS_LEFT | 0x07);
	own->flags |= ASN1_STRING_FLAG_BITS_LEFT;
	return 0;
}

void seal_cert_settle(struct seal_error *err)
{
	if (seal_error_crypto_memory())
		(void)seal_error_memory(err);
}

int seal_cert_form_error(struct seal_error *err, const char *who,
			 const char *text)
{
	(void)seal_error_set(err, SEAL_ERR_INPUT, "%s: %s", who, text);
	seal_cert_settle(err);
	return -1;
}

X509 *seal_cert_decode(const char *who, const unsigned char *der, size_t len,
		       struct seal_error *err)
{
	const unsigned char *p = der;
	unsigned char *again = NULL;
	X509 *cert = NULL;
	int again_len;

	ERR_clear_error();
	if (len == 0 || len > SEAL_CERT_DER_MAX) {
		(void)seal_error_set(err, SEAL_ERR_INPUT, len == 0 ?
				     "%s: empty" : "%s: larger than 16 kB", who);
		return NULL;
	}
	cert = d2i_X509(NULL, &p, (long)len);
	if (cert == NULL) {
		(void)seal_cert_form_error(err, who,
			"not an X.509 certificate in DER");
		return NULL;
	}
	if (p != der + len) {
		(void)seal_error_set(err, SEAL_ERR_INPUT,
			"%s: there is something behind it", who);
		goto bad;
	}
	/* marks it as changed, so that it is encoded anew as a whole */
	if (i2d_re_X509_tbs(cert, NULL) <= 0 ||
	    (again_len = i2d_X509(cert, &again)) <= 0) {
		(void)seal_cert_form_error(err, who, "cannot be encoded again");
		goto bad;
	}
	if ((size_t)again_len != len || memcmp(again, der, len) != 0) {
		(void)seal_error_set(err, SEAL_ERR_INPUT,
			"%s: not encoded in DER (X.690 section 10)", who);
		goto bad;
	}
	OPENSSL_free(again);
	ERR_clear_error();
	return cert;
bad:
	OPENSSL_free(again);
	X509_free(cert);
	ERR_clear_error();
	return NULL;
}
