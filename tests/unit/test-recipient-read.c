/* SPDX-License-Identifier: MIT */
/* A certificate is not read by d2i_X509(): what comes out has to be the same, for
 * good certificates and for those with any byte changed. */
#include "pki/recipient.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "judge.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* What libcrypto makes of the same bytes. */
struct wanted {
	bool parses, fits;
	int64_t not_before, not_after;
	unsigned char names[2048];
	size_t names_len;
};

static int64_t seconds(const ASN1_TIME *time)
{
	struct tm tm = { .tm_sec = 0 };

	return ASN1_TIME_to_tm(time, &tm) == 1 ? timegm(&tm) : -1;
}

static bool key_fits(X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	BIGNUM *n = NULL, *e = NULL;
	ASN1_OBJECT *oid;
	X509_ALGOR *algorithm;
	const void *curve;
	EVP_PKEY_CTX *ctx;
	int type, nid;
	bool fits;

	X509_PUBKEY_get0_param(&oid, NULL, NULL, &algorithm,
			       X509_get_X509_PUBKEY(cert));
	X509_ALGOR_get0(NULL, &type, &curve, algorithm);
	if (OBJ_obj2nid(oid) == NID_rsaEncryption) {
		fits = EVP_PKEY_get_bits(key) >= 2048 &&
			EVP_PKEY_get_bits(key) <= 8192 &&
			EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N,
					      &n) == 1 &&
			EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E,
					      &e) == 1 &&
			BN_is_odd(n) && BN_is_odd(e) && !BN_is_one(e);
		BN_free(n);
		BN_free(e);
		return fits;
	}
	nid = type == V_ASN1_OBJECT ? OBJ_obj2nid(curve) : NID_undef;
	ctx = EVP_PKEY_CTX_new(key, NULL);
	fits = OBJ_obj2nid(oid) == NID_X9_62_id_ecPublicKey &&
		(nid == NID_X9_62_prime256v1 || nid == NID_secp384r1 ||
		 nid == NID_secp521r1) &&
		EVP_PKEY_public_check_quick(ctx) == 1;
	EVP_PKEY_CTX_free(ctx);
	return fits;
}

static bool extensions_fit(X509 *cert)
{
	bool rsa = EVP_PKEY_get_base_id(X509_get0_pubkey(cert)) == EVP_PKEY_RSA;
	uint32_t flags = X509_get_extension_flags(cert);
	X509_EXTENSION *extension;
	int i;

	for (i = 0; i < X509_get_ext_count(cert); i++) {
		extension = X509_get_ext(cert, i);
		if (X509_EXTENSION_get_critical(extension) != 0 &&
		    X509_supported_extension(extension) == 0)
			return false;
	}
	return (flags & (EXFLAG_INVALID | EXFLAG_CA)) == 0 &&
		((flags & EXFLAG_KUSAGE) == 0 ||
		 (X509_get_key_usage(cert) & (rsa ? KU_KEY_ENCIPHERMENT :
					      KU_KEY_AGREEMENT)) != 0) &&
		((flags & EXFLAG_XKUSAGE) == 0 ||
		 (X509_get_extended_key_usage(cert) &
		  (XKU_SMIME | XKU_ANYEKU)) != 0);
}

/* IssuerAndSerialNumber, and the key's identifier. */
static void write_names(X509 *cert, struct wanted *wanted)
{
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(cert);
	unsigned char *p = wanted->names;
	int len = i2d_X509_NAME(X509_get_issuer_name(cert), NULL) +
		i2d_ASN1_INTEGER(X509_get_serialNumber(cert), NULL);

	ASN1_put_object(&p, 1, len, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	i2d_X509_NAME(X509_get_issuer_name(cert), &p);
	i2d_ASN1_INTEGER(X509_get_serialNumber(cert), &p);
	if (id != NULL)
		i2d_ASN1_OCTET_STRING(id, &p);
	wanted->names_len = (size_t)(p - wanted->names);
}

static void ask_libcrypto(const unsigned char *der, size_t len,
			  struct wanted *wanted)
{
	const unsigned char *p = der;
	X509 *cert = d2i_X509(NULL, &p, (long)len);

	memset(wanted, 0, sizeof(*wanted));
	if (cert != NULL && p == der + len && X509_get0_pubkey(cert) != NULL &&
	    EVP_PKEY_get_bits(X509_get0_pubkey(cert)) > 0) {
		wanted->not_before = seconds(X509_get0_notBefore(cert));
		wanted->not_after = seconds(X509_get0_notAfter(cert));
		wanted->parses = wanted->not_before != -1 &&
			wanted->not_after != -1;
	}
	if (wanted->parses) {
		wanted->fits = key_fits(cert) && extensions_fit(cert);
		write_names(cert, wanted);
	}
	X509_free(cert);
	ERR_clear_error();
}

static bool same(const unsigned char *der, size_t len, bool *parses_r,
		 bool *fits_r)
{
	struct seal_recipient_text text;
	struct seal_buf names = SEAL_BUF_INIT;
	struct seal_recipient *recipient;
	struct seal_error err = { .code = SEAL_ERR_NONE };
	struct wanted wanted;
	bool good;

	ask_libcrypto(der, len, &wanted);
	*parses_r = wanted.parses;
	*fits_r = wanted.fits;
	recipient = seal_recipient_new(der, len, &err);
	if (ERR_peek_error() != 0)
		return false;
	if (recipient == NULL)
		return !wanted.parses && err.code == SEAL_ERR_INPUT;
	seal_recipient_describe(recipient, &text);
	good = wanted.parses && text.not_before == wanted.not_before &&
		text.not_after == wanted.not_after &&
		(seal_recipient_judge(recipient, wanted.not_before, &err) !=
		 SEAL_RECIPIENT_UNFIT) == wanted.fits &&
		seal_recipient_names(recipient, &names, &err) == 0 &&
		names.len == wanted.names_len &&
		memcmp(names.data, wanted.names, names.len) == 0;
	if (!good)
		tap_note("%d %d: %s", wanted.parses, wanted.fits, err.text);
	seal_buf_free(&names);
	seal_recipient_free(&recipient);
	return good;
}

static void test_changed(const char *name, struct judge_key *key)
{
	static const unsigned char changes[] = { 0x01, 0x20, 0x80, 0xff };
	unsigned int broken = 0, unfit = 0, fit = 0;
	unsigned char *at = NULL;
	bool good, parses, fits;
	size_t i = 0, c;

	good = same(key->der.data, key->der.len, &parses, &fits) && fits;
	for (; good && i < key->der.len; i++) {
		for (c = 0; good && c < N(changes); c++) {
			at = key->der.data + i;
			*at ^= changes[c];
			good = same(key->der.data, key->der.len, &parses,
				    &fits);
			*at ^= changes[c];
			broken += !parses;
			unfit += parses && !fits;
			fit += fits;
		}
	}
	if (!good)
		tap_note("byte %zu", i);
	tap_ok(good && broken > 0 && fit > 0, "%s, each byte changed: %u "
	       "broken, %u unfit, %u fit", name, broken, unfit, fit);
}

int main(void)
{
	static const char *const usage[] = {
		"basicConstraints=critical,CA:FALSE",
		"keyUsage=critical,digitalSignature,keyEncipherment,"
		"keyAgreement",
		"extendedKeyUsage=clientAuth,emailProtection",
		"subjectAltName=email:owner@example.org",
		"certificatePolicies=1.2.3.4",
		"crlDistributionPoints=URI:http://example.org/crl",
		"authorityInfoAccess=OCSP;URI:http://example.org/", NULL
	};
	static const struct {
		const char *name, *algorithm, *option;
		const char *const *extensions;
	} rows[] = {
		{ "RSA", "rsa:2048", NULL, usage },
		{ "EC P-256", "ec", "ec_paramgen_curve:P-256", usage },
		{ "EC P-521, plain", "ec", "ec_paramgen_curve:P-521", NULL },
	};
	struct judge_key key;
	unsigned int i;

	for (i = 0; i < N(rows); i++) {
		if (!judge_make(&key, rows[i].name, rows[i].algorithm,
				rows[i].option, rows[i].extensions))
			abort();
		test_changed(rows[i].name, &key);
		judge_free(&key);
	}
	return tap_done();
}
