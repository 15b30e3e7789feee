/* SPDX-License-Identifier: MIT */
#include "pki/cert.h"

#include <stdio.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include "base/error.h"

#define COMMON_NAME_MAX (SEAL_CERT_NAME_SIZE - 1)
#define HASH_BYTES 8
#define PREFIX_MAX (COMMON_NAME_MAX - 1 - 2 * HASH_BYTES)

X509_NAME *seal_cert_name(const char *common_name, struct seal_error *err)
{
	X509_NAME *name;

	ERR_clear_error();
	name = X509_NAME_new();
	/* V_ASN1_UTF8STRING takes the bytes as they are */
	if (name == NULL ||
	    X509_NAME_add_entry_by_NID(name, NID_commonName, V_ASN1_UTF8STRING,
				       (const unsigned char *)common_name,
				       -1, -1, 0) != 1) {
		(void)seal_error_crypto(err, "making a name");
		X509_NAME_free(name);
		name = NULL;
	}
	ERR_clear_error();
	return name;
}

/* Whether name is in DER what the common name would be. */
static int check_encoding(const char *who, const char *field,
			  const X509_NAME *name, const char *common_name,
			  struct seal_error *err)
{
	X509_NAME *again = seal_cert_name(common_name, err);
	const unsigned char *der, *wanted;
	size_t len, wanted_len;
	int ret = 0;

	if (again == NULL)
		return -1;
	if (X509_NAME_get0_der(name, &der, &len) != 1 ||
	    X509_NAME_get0_der(again, &wanted, &wanted_len) != 1)
		ret = seal_error_crypto(err, "reading a name");
	else if (len != wanted_len || memcmp(der, wanted, len) != 0)
		ret = seal_error_set(err, SEAL_ERR_REFUSED,
			"%s: %s is not encoded in DER", who, field);
	X509_NAME_free(again);
	return ret;
}

int seal_cert_name_read(const char *who, const char *field,
			const X509_NAME *name,
			char common_name_r[SEAL_CERT_NAME_SIZE],
			struct seal_error *err)
{
	const X509_NAME_ENTRY *entry;
	const ASN1_STRING *text;
	size_t len;

	if (X509_NAME_entry_count(name) != 1)
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"%s: %s has %d parts; it has to be a common name alone",
			who, field, X509_NAME_entry_count(name));
	entry = X509_NAME_get_entry(name, 0);
	text = X509_NAME_ENTRY_get_data(entry);
	if (OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) != NID_commonName)
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"%s: %s is not a common name", who, field);
	if (ASN1_STRING_type(text) != V_ASN1_UTF8STRING)
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"%s: %s is not written as UTF8String", who, field);
	len = (size_t)ASN1_STRING_length(text);
	if (len > COMMON_NAME_MAX)
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"%s: %s is longer than %d bytes (RFC 5280 appendix A, "
			"ub-common-name)", who, field, COMMON_NAME_MAX);
	if (memchr(ASN1_STRING_get0_data(text), '\0', len) != NULL)
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"%s: %s has a NUL byte in it", who, field);
	memcpy(common_name_r, ASN1_STRING_get0_data(text), len);
	common_name_r[len] = '\0';
	return check_encoding(who, field, name, common_name_r, err);
}

/* The length of the longest prefix of at most max bytes that does not end
 * within a character. */
static size_t whole_characters(const char *text, size_t max)
{
	while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80)
		max--;
	return max;
}

int seal_cert_common_name(const char *address, char name_r[SEAL_CERT_NAME_SIZE],
			  struct seal_error *err)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	size_t len = strlen(address), i;
	char *p;

	if (len <= COMMON_NAME_MAX) {
		memcpy(name_r, address, len + 1);
		return 0;
	}
	ERR_clear_error();
	if (EVP_Digest(address, len, hash, NULL, EVP_sha256(), NULL) != 1)
		return seal_error_crypto(err, "naming an address");
	len = whole_characters(address, PREFIX_MAX);
	memcpy(name_r, address, len);
	p = name_r + len;
	*p++ = ' ';
	for (i = 0; i < HASH_BYTES; i++, p += 2)
		(void)snprintf(p, 3, "%02x", hash[i]);
	return 0;
}

bool seal_cert_is_ascii(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text >= 0x80)
			return false;
	}
	return true;
}

/* The address's characters. 0, or -1 */
static int check_characters(const char *address, size_t len,
			    struct seal_error *err)
{
	const unsigned char *p = (const unsigned char *)address;
	unsigned long c;
	int n;

	for (; len > 0; p += n, len -= (size_t)n) {
		n = UTF8_getc(p, (int)len, &c);
		if (n <= 0 || c > 0x10ffff)
			return seal_error_set(err, SEAL_ERR_INPUT,
					      "an address is not UTF-8");
		if (c <= ' ' || (c >= 0x7f && c <= 0xa0))
			return seal_error_set(err, SEAL_ERR_INPUT,
				"an address has a space or a control "
				"character in it");
	}
	return 0;
}

int seal_cert_address_check(const char *address, struct seal_error *err)
{
	const char *at = strchr(address, '@'), *p;
	size_t len = strlen(address);

	if (len > SEAL_CERT_ADDRESS_MAX)
		return seal_error_set(err, SEAL_ERR_INPUT,
			"an address has more than %d bytes",
			SEAL_CERT_ADDRESS_MAX);
	if (check_characters(address, len, err) < 0)
		return -1;
	if (at == NULL || at == address || at[1] == '\0' ||
	    strchr(at + 1, '@') != NULL)
		return seal_error_set(err, SEAL_ERR_INPUT,
			"'%s' is not an address: local part, one '@', domain",
			address);
	for (p = at + 1; *p != '\0'; p++) {
		if ((unsigned char)*p >= 0x80)
			return seal_error_set(err, SEAL_ERR_INPUT,
				"the domain of '%s' has to be written in ASCII "
				"(A-labels, RFC 9598 section 3)", address);
	}
	return 0;
}
