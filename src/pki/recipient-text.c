/* SPDX-License-Identifier: MIT */
#include "pki/recipient.h"

#include <stdio.h>
#include <string.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include "base/buf.h"
#include "base/error.h"
#include "pki/pem.h"
#include "pki/recipient-private.h"

/* How many bytes the character at p has (a byte that is not UTF-8 counts as
 * one), and whether it may be shown: control characters (U+0000 to 1F, 7F to 9F)
 * may not. */
static size_t character(const unsigned char *p, size_t left, bool *shown_r)
{
	unsigned long value;
	int n = UTF8_getc(p, left < 4 ? (int)left : 4, &value);

	*shown_r = n > 0 && value >= 0x20 && (value < 0x7f || value >= 0xa0);
	return n > 0 ? (size_t)n : 1;
}

/* Appends text to the NUL-terminated to, with '?' for what is not shown, cut
 * between characters so that it fits into size. */
static void append(char *to, size_t size, const unsigned char *text, size_t len)
{
	size_t at = strlen(to), n;
	bool shown;

	for (; len > 0; text += n, len -= n) {
		n = character(text, len, &shown);
		if (at + (shown ? n : 1) >= size)
			break;
		if (shown) {
			memcpy(to + at, text, n);
			at += n;
		} else {
			to[at++] = '?';
		}
	}
	to[at] = '\0';
}

static void describe_name(const X509_NAME *name, char *text_r, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long len;

	text_r[0] = '\0';
	/* as UTF-8, not as \XX for each of its bytes */
	if (bio != NULL &&
	    X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 &
			       ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0 &&
	    (len = BIO_get_mem_data(bio, &data)) > 0)
		append(text_r, size, (const unsigned char *)data, (size_t)len);
	BIO_free(bio);
}

static void describe_addresses(const X509 *cert, char *text_r, size_t size)
{
	GENERAL_NAMES *names =
		X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	const GENERAL_NAME *name;
	const ASN1_STRING *value;
	int i;

	text_r[0] = '\0';
	for (i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		name = sk_GENERAL_NAME_value(names, i);
		if (name->type != GEN_EMAIL)
			continue;
		value = name->d.rfc822Name;
		if (text_r[0] != '\0')
			append(text_r, size, (const unsigned char *)", ", 2);
		append(text_r, size, ASN1_STRING_get0_data(value),
		       (size_t)ASN1_STRING_length(value));
	}
	GENERAL_NAMES_free(names);
}

void seal_recipient_key_name(const struct seal_recipient *recipient,
			     char *name_r, size_t size)
{
	const char *name;

	switch (recipient->kind) {
	case SEAL_RECIPIENT_RSA:
		snprintf(name_r, size, "RSA-%d",
			 EVP_PKEY_get_bits(recipient->key));
		break;
	case SEAL_RECIPIENT_EC:
		if (recipient->curve == NID_undef)
			name = "(explicit or unknown curve)";
		else if ((name = EC_curve_nid2nist(recipient->curve)) == NULL)
			name = OBJ_nid2sn(recipient->curve);
		snprintf(name_r, size, "EC %s", name);
		break;
	case SEAL_RECIPIENT_OTHER:
		name = EVP_PKEY_get0_type_name(recipient->key);
		snprintf(name_r, size, "%s", name == NULL ? "unknown" :
			 /* libcrypto's names are not those of the RFCs */
			 strcmp(name, "ED25519") == 0 ? "Ed25519" :
			 strcmp(name, "ED448") == 0 ? "Ed448" : name);
		break;
	}
}

void seal_recipient_describe(const struct seal_recipient *recipient,
			     struct seal_recipient_text *text_r)
{
	const unsigned char *p = recipient->der.data;
	X509 *cert;
	size_t i;

	memset(text_r, 0, sizeof(*text_r));
	ERR_clear_error();
	cert = d2i_X509(NULL, &p, (long)recipient->der.len);
	if (cert != NULL) {
		describe_name(X509_get_subject_name(cert), text_r->subject,
			      sizeof(text_r->subject));
		describe_name(X509_get_issuer_name(cert), text_r->issuer,
			      sizeof(text_r->issuer));
		describe_addresses(cert, text_r->addresses,
				   sizeof(text_r->addresses));
	}
	X509_free(cert);
	memcpy(text_r->serial, recipient->serial, sizeof(text_r->serial));
	seal_recipient_key_name(recipient, text_r->key, sizeof(text_r->key));
	for (i = 0; i < sizeof(recipient->fingerprint); i++) {
		snprintf(text_r->fingerprint + 2 * i, 3, "%02x",
			 recipient->fingerprint[i]);
	}
	text_r->not_before = recipient->not_before;
	text_r->not_after = recipient->not_after;
	ERR_clear_error();
}

/* Returns what add() returns, or -1. */
static int one_certificate(struct seal_pem *pem, unsigned int number,
			   int (*add)(void *context, const unsigned char *der,
				      size_t len, struct seal_error *err),
			   void *context, struct seal_error *err)
{
	struct seal_buf der = SEAL_BUF_INIT;
	char who[48];
	int ret;

	(void)snprintf(who, sizeof(who), "certificate %u of the PEM file",
		       number);
	ret = seal_pem_decode(pem, who, &der, err);
	if (ret == 0)
		ret = add(context, der.data, der.len, err);
	seal_buf_free(&der);
	return ret;
}

static int wrong_block(const struct seal_pem *pem, struct seal_error *err)
{
	char label[40];

	if (seal_pem_is(pem, "TRUSTED CERTIFICATE")) {
		return seal_error_set(err, SEAL_ERR_INPUT,
			"the PEM file holds a TRUSTED CERTIFICATE, OpenSSL's own "
			"format; convert it with: openssl x509 -in FILE");
	}
	seal_pem_label(pem, label, sizeof(label));
	return seal_error_set(err, SEAL_ERR_INPUT,
		"the PEM file holds a %s; only certificates are wanted", label);
}

int seal_recipient_split_pem(const char *pem, size_t len,
			     int (*add)(void *context, const unsigned char *der,
					size_t len, struct seal_error *err),
			     void *context, struct seal_error *err)
{
	struct seal_pem blocks;
	unsigned int count = 0;
	int ret = 0;

	if (seal_pem_has_private_key(pem, len)) {
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"the PEM file holds a private key: it must stay on the "
			"user's device; hand in the certificate alone");
	}
	seal_pem_init(&blocks, pem, len);
	while (ret == 0 && seal_pem_next(&blocks)) {
		if (!seal_pem_is(&blocks, SEAL_PEM_CERTIFICATE) &&
		    !seal_pem_is(&blocks, "X509 CERTIFICATE"))
			ret = wrong_block(&blocks, err);
		else
			ret = one_certificate(&blocks, ++count, add, context,
					      err);
	}
	if (ret == 0 && count == 0) {
		ret = seal_error_set(err, SEAL_ERR_INPUT,
			"no certificate in the PEM file (no line -----BEGIN "
			"CERTIFICATE-----)");
	}
	return ret;
}
