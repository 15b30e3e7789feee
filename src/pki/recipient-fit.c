/* SPDX-License-Identifier: MIT */

/* May a certificate receive mail? What does not depend on the date. */

#include "pki/recipient-private.h"

#include <openssl/x509v3.h>
#include "base/error.h"

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 8192

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

static bool usage_fits(const struct seal_recipient *recipient, X509 *shell,
		       struct seal_error *reason)
{
	bool rsa = recipient->kind == SEAL_RECIPIENT_RSA;
	uint32_t flags = X509_get_extension_flags(shell);

	if ((flags & EXFLAG_CA) != 0) {
		(void)seal_error_set(reason, SEAL_ERR_REFUSED,
			"certificate %s: it is a certification authority's "
			"(basicConstraints CA:TRUE); the user's own is needed",
			recipient->serial);
		return false;
	}
	if ((flags & EXFLAG_KUSAGE) != 0 &&
	    (X509_get_key_usage(shell) &
	     (rsa ? KU_KEY_ENCIPHERMENT : KU_KEY_AGREEMENT)) == 0) {
		(void)seal_error_set(reason, SEAL_ERR_REFUSED,
			"certificate %s: its keyUsage does not allow "
			"encryption; it needs %s (RFC 8550 section 4.4.2)",
			recipient->serial,
			rsa ? "keyEncipherment" : "keyAgreement");
		return false;
	}
	if ((flags & EXFLAG_XKUSAGE) != 0 &&
	    (X509_get_extended_key_usage(shell) &
	     (XKU_SMIME | XKU_ANYEKU)) == 0) {
		(void)seal_error_set(reason, SEAL_ERR_REFUSED,
			"certificate %s: its extendedKeyUsage does not allow "
			"mail; it needs emailProtection (RFC 8550 section "
			"4.4.4)", recipient->serial);
		return false;
	}
	return true;
}

static bool extensions_fit(const struct seal_recipient *recipient, X509 *shell,
			   struct seal_error *reason)
{
	X509_EXTENSION *extension;
	char oid[80];
	int i, count = X509_get_ext_count(shell);

	for (i = 0; i < count; i++) {
		extension = X509_get_ext(shell, i);
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
	if ((X509_get_extension_flags(shell) & EXFLAG_INVALID) != 0) {
		(void)seal_error_set(reason, SEAL_ERR_REFUSED,
			"certificate %s: an extension is malformed or there "
			"twice (RFC 5280 section 4.2)", recipient->serial);
		return false;
	}
	return true;
}

bool seal_recipient_fits(const struct seal_recipient *recipient, X509 *shell,
			 struct seal_error *reason)
{
	return key_fits(recipient, reason) &&
		extensions_fit(recipient, shell, reason) &&
		usage_fits(recipient, shell, reason);
}
