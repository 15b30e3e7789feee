/* SPDX-License-Identifier: MIT */
#include "pki/recipient.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include "base/error.h"
#include "pki/recipient-private.h"

#define DER_MAX (64 * 1024)
#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 8192

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

static void read_serial(struct seal_recipient *recipient)
{
	static const char digits[] = "0123456789ABCDEF";
	const ASN1_INTEGER *serial = X509_get0_serialNumber(recipient->cert);
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

/* Kind and curve by what stands in the certificate: libcrypto would also give
 * a curve's name to explicit parameters that happen to describe it. */
static int read_kind(struct seal_recipient *recipient)
{
	ASN1_OBJECT *oid;
	X509_ALGOR *algorithm;
	const void *curve;
	int type;

	if (X509_PUBKEY_get0_param(&oid, NULL, NULL, &algorithm,
				   X509_get_X509_PUBKEY(recipient->cert)) != 1)
		return -1;
	recipient->curve = NID_undef;
	switch (OBJ_obj2nid(oid)) {
	case NID_rsaEncryption:
		recipient->kind = SEAL_RECIPIENT_RSA;
		break;
	case NID_X9_62_id_ecPublicKey:
		recipient->kind = SEAL_RECIPIENT_EC;
		X509_ALGOR_get0(NULL, &type, &curve, algorithm);
		if (type == V_ASN1_OBJECT)
			recipient->curve = OBJ_obj2nid(curve);
		break;
	default:
		recipient->kind = SEAL_RECIPIENT_OTHER;
	}
	return 0;
}

/* RSA: an exponent of 1 would leave the content key in the clear, and even
 * numbers are no RSA. EC: the point is on the curve; for curves of cofactor 1
 * that is all there is to check. Returns 1 or 0, -1 where it cannot be told. */
static int key_is_sound(const struct seal_recipient *recipient)
{
	BIGNUM *n = NULL, *e = NULL;
	EVP_PKEY_CTX *ctx;
	int ret = -1;

	if (recipient->kind == SEAL_RECIPIENT_EC) {
		ctx = EVP_PKEY_CTX_new_from_pkey(NULL, recipient->key, NULL);
		if (ctx == NULL)
			return -1;
		ret = EVP_PKEY_public_check_quick(ctx) == 1 ? 1 : 0;
		EVP_PKEY_CTX_free(ctx);
		return ret;
	}
	if (recipient->kind != SEAL_RECIPIENT_RSA)
		return 1;
	if (EVP_PKEY_get_bn_param(recipient->key, OSSL_PKEY_PARAM_RSA_N,
				  &n) == 1 &&
	    EVP_PKEY_get_bn_param(recipient->key, OSSL_PKEY_PARAM_RSA_E,
				  &e) == 1)
		ret = BN_is_odd(n) && BN_is_odd(e) && !BN_is_one(e);
	BN_free(n);
	BN_free(e);
	return ret;
}

static int read_certificate(struct seal_recipient *recipient,
			    const unsigned char *der, size_t len,
			    struct seal_error *err)
{
	const unsigned char *p = der;
	int sound;

	recipient->cert = d2i_X509(NULL, &p, (long)len);
	if (recipient->cert == NULL)
		return form_error(err, "not an X.509 certificate in DER");
	if (p != der + len)
		return form_error(err, "more than one certificate, or something "
				  "else behind it");
	recipient->key = X509_get0_pubkey(recipient->cert);
	if (recipient->key == NULL || read_kind(recipient) < 0 ||
	    EVP_PKEY_get_bits(recipient->key) <= 0)
		return form_error(err, "the certificate's public key cannot be "
				  "read (damaged, or of an unknown kind)");
	if (read_time(X509_get0_notBefore(recipient->cert),
		      &recipient->not_before) < 0 ||
	    read_time(X509_get0_notAfter(recipient->cert),
		      &recipient->not_after) < 0)
		return form_error(err, "the certificate's validity cannot be "
				  "read (RFC 5280 section 4.1.2.5)");
	/* reads the extensions; that they do not parse is judged later */
	(void)X509_get_extension_flags(recipient->cert);
	sound = key_is_sound(recipient);
	if (seal_error_crypto_memory())
		return seal_error_memory(err);
	if (sound < 0 ||
	    X509_digest(recipient->cert, EVP_sha256(), recipient->fingerprint,
			NULL) != 1)
		return seal_error_crypto(err, "reading a certificate");
	recipient->key_sound = sound > 0;
	read_serial(recipient);
	return 0;
}

static struct seal_recipient *
read_once(const unsigned char *der, size_t len, struct seal_error *err)
{
	struct seal_recipient *recipient = calloc(1, sizeof(*recipient));

	if (recipient == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	/* the queue is asked what went wrong here, not before */
	ERR_clear_error();
	if (read_certificate(recipient, der, len, err) < 0)
		seal_recipient_free(&recipient);
	ERR_clear_error();
	return recipient;
}

static bool seems_malformed(const struct seal_recipient *recipient,
			    const struct seal_error *err)
{
	if (recipient == NULL)
		return err->code == SEAL_ERR_INPUT;
	return !recipient->key_sound ||
		(X509_get_extension_flags(recipient->cert) &
		 EXFLAG_INVALID) != 0;
}

struct seal_recipient *seal_recipient_new(const unsigned char *der, size_t len,
					  struct seal_error *err)
{
	struct seal_recipient *recipient;

	if (len > DER_MAX) {
		(void)seal_error_set(err, SEAL_ERR_INPUT,
				     "a certificate of more than 64 kB");
		return NULL;
	}
	recipient = read_once(der, len, err);
	/* libcrypto does not always say that it was memory it lacked. The
	 * caller keeps what this makes, so a passing shortage must not look
	 * like damage. */
	if (seems_malformed(recipient, err)) {
		seal_recipient_free(&recipient);
		recipient = read_once(der, len, err);
	}
	return recipient;
}

void seal_recipient_free(struct seal_recipient **recipient)
{
	if (*recipient == NULL)
		return;
	X509_free((*recipient)->cert);
	free(*recipient);
	*recipient = NULL;
}

static bool key_fits(const struct seal_recipient *recipient,
		     struct seal_error *reason)
{
	char name[32];
	int bits;

	seal_recipient_key_name(recipient, name, sizeof(name));
	switch (recipient->kind) {
	case SEAL_RECIPIENT_RSA:
		bits = EVP_PKEY_get_bits(recipient->key);
		if (bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX)
			break;
		(void)seal_error_set(reason, SEAL_ERR_REFUSED,
			"certificate %s: the key is %s; RSA needs %d to %d "
			"bits", recipient->serial, name, RSA_BITS_MIN,
			RSA_BITS_MAX);
		return false;
	case SEAL_RECIPIENT_EC:
		if (recipient->curve == NID_X9_62_prime256v1 ||
		    recipient->curve == NID_secp384r1 ||
		    recipient->curve == NID_secp521r1)
			break;
		/* fall through */
	case SEAL_RECIPIENT_OTHER:
		(void)seal_error_set(reason, SEAL_ERR_REFUSED,
			"certificate %s: the key is %s; it has to be RSA, or EC "
			"on the named curve P-256, P-384 or P-521",
			recipient->serial, name);
		return false;
	}
	if (!recipient->key_sound) {
		(void)seal_error_set(reason, SEAL_ERR_REFUSED,
			"certificate %s: the key is not a sound %s key; make a "
			"new one", recipient->serial, name);
		return false;
	}
	return true;
}

static bool usage_fits(const struct seal_recipient *recipient,
		       struct seal_error *reason)
{
	bool rsa = recipient->kind == SEAL_RECIPIENT_RSA;
	uint32_t flags = X509_get_extension_flags(recipient->cert);

	if ((flags & EXFLAG_CA) != 0) {
		(void)seal_error_set(reason, SEAL_ERR_REFUSED,
			"certificate %s: it is a certification authority's "
			"(basicConstraints CA:TRUE); the user's own is needed",
			recipient->serial);
		return false;
	}
	if ((flags & EXFLAG_KUSAGE) != 0 &&
	    (X509_get_key_usage(recipient->cert) &
	     (rsa ? KU_KEY_ENCIPHERMENT : KU_KEY_AGREEMENT)) == 0) {
		(void)seal_error_set(reason, SEAL_ERR_REFUSED,
			"certificate %s: its keyUsage does not allow "
			"encryption; it needs %s (RFC 8550 section 4.4.2)",
			recipient->serial,
			rsa ? "keyEncipherment" : "keyAgreement");
		return false;
	}
	if ((flags & EXFLAG_XKUSAGE) != 0 &&
	    (X509_get_extended_key_usage(recipient->cert) &
	     (XKU_SMIME | XKU_ANYEKU)) == 0) {
		(void)seal_error_set(reason, SEAL_ERR_REFUSED,
			"certificate %s: its extendedKeyUsage does not allow "
			"mail; it needs emailProtection (RFC 8550 section "
			"4.4.4)", recipient->serial);
		return false;
	}
	return true;
}

static bool extensions_fit(const struct seal_recipient *recipient,
			   struct seal_error *reason)
{
	X509_EXTENSION *extension;
	char oid[80];
	int i, count = X509_get_ext_count(recipient->cert);

	for (i = 0; i < count; i++) {
		extension = X509_get_ext(recipient->cert, i);
		if (X509_EXTENSION_get_critical(extension) == 0 ||
		    X509_supported_extension(extension) != 0)
			continue;
		if (OBJ_obj2txt(oid, sizeof(oid),
				X509_EXTENSION_get_object(extension), 1) < 0)
			oid[0] = '\0';
		(void)seal_error_set(reason, SEAL_ERR_REFUSED,
			"certificate %s: unknown critical extension %s (RFC "
			"5280 section 4.2)", recipient->serial, oid);
		return false;
	}
	if ((X509_get_extension_flags(recipient->cert) & EXFLAG_INVALID) != 0) {
		(void)seal_error_set(reason, SEAL_ERR_REFUSED,
			"certificate %s: an extension is malformed or there "
			"twice (RFC 5280 section 4.2)", recipient->serial);
		return false;
	}
	return true;
}

static void date_reason(const struct seal_recipient *recipient,
			const char *verb, int64_t when,
			struct seal_error *reason)
{
	time_t t = (time_t)when;
	struct tm tm;
	char date[40];

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		date[0] = '\0';
	(void)seal_error_set(reason, SEAL_ERR_REFUSED,
			     "certificate %s: its validity %s %s",
			     recipient->serial, verb, date);
}

enum seal_recipient_verdict
seal_recipient_judge(const struct seal_recipient *recipient, time_t now,
		     struct seal_error *reason)
{
	bool fits = key_fits(recipient, reason) &&
		extensions_fit(recipient, reason) &&
		usage_fits(recipient, reason);

	ERR_clear_error();
	if (!fits)
		return SEAL_RECIPIENT_UNFIT;
	if (now < recipient->not_before) {
		date_reason(recipient, "begins", recipient->not_before, reason);
		return SEAL_RECIPIENT_NOT_YET_VALID;
	}
	if (now > recipient->not_after) {
		date_reason(recipient, "ended", recipient->not_after, reason);
		return SEAL_RECIPIENT_EXPIRED;
	}
	return SEAL_RECIPIENT_OK;
}
