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
	size_t i;

	memset(text_r, 0, sizeof(*text_r));
	ERR_clear_error();
	describe_name(X509_get_subject_name(recipient->cert), text_r->subject,
		      sizeof(text_r->subject));
	describe_name(X509_get_issuer_name(recipient->cert), text_r->issuer,
		      sizeof(text_r->issuer));
	memcpy(text_r->serial, recipient->serial, sizeof(text_r->serial));
	describe_addresses(recipient->cert, text_r->addresses,
			   sizeof(text_r->addresses));
	seal_recipient_key_name(recipient, text_r->key, sizeof(text_r->key));
	for (i = 0; i < sizeof(recipient->fingerprint); i++) {
		snprintf(text_r->fingerprint + 2 * i, 3, "%02x",
			 recipient->fingerprint[i]);
	}
	text_r->not_before = recipient->not_before;
	text_r->not_after = recipient->not_after;
	ERR_clear_error();
}

/* A PEM file as lines (RFC 7468) */
struct pem {
	const char *p, *end;
	const char *line;
	size_t line_len;	/* without line end and white space before it */
};

static bool next_line(struct pem *pem)
{
	const char *nl;

	if (pem->p == pem->end)
		return false;
	nl = memchr(pem->p, '\n', (size_t)(pem->end - pem->p));
	pem->line = pem->p;
	pem->p = nl == NULL ? pem->end : nl + 1;
	pem->line_len = (size_t)(pem->p - pem->line);
	while (pem->line_len > 0 &&
	       memchr(" \t\r\n", pem->line[pem->line_len - 1], 4) != NULL)
		pem->line_len--;
	return true;
}

/* Whether the line is an encapsulation boundary of that kind ("BEGIN "), and
 * then its label. */
static bool is_boundary(const struct pem *pem, const char *kind,
			const char **label_r, size_t *len_r)
{
	size_t kind_len = strlen(kind), len = pem->line_len;
	const char *line = pem->line;

	if (len < 5 + kind_len + 5 || memcmp(line, "-----", 5) != 0 ||
	    memcmp(line + 5, kind, kind_len) != 0 ||
	    memcmp(line + len - 5, "-----", 5) != 0)
		return false;
	*label_r = line + 5 + kind_len;
	*len_r = len - 5 - kind_len - 5;
	return true;
}

static bool label_is(const char *label, size_t len, const char *wanted)
{
	return len == strlen(wanted) && memcmp(label, wanted, len) == 0;
}

/* A key is looked for before anything else, also in a line that is not quite a
 * boundary: it was indented, quoted, or a mail client broke it. */
static bool holds_private_key(const char *pem, size_t len)
{
	struct pem lines = { .p = pem, .end = pem + len };

	while (next_line(&lines)) {
		if (memmem(lines.line, lines.line_len, "--BEGIN ", 8) != NULL &&
		    memmem(lines.line, lines.line_len, "PRIVATE KEY",
			   11) != NULL)
			return true;
	}
	return false;
}

/* Collects the base64 up to the END line. Returns 0 or -1. */
static int collect(struct pem *pem, struct seal_buf *base64, unsigned int number,
		   struct seal_error *err)
{
	const char *label;
	size_t len;

	while (next_line(pem)) {
		if (is_boundary(pem, "END ", &label, &len))
			return 0;
		if (memchr(pem->line, '-', pem->line_len) != NULL)
			break;
		if (seal_buf_append(base64, pem->line, pem->line_len, err) < 0)
			return -1;
	}
	return seal_error_set(err, SEAL_ERR_INPUT,
			      "certificate %u of the PEM file has no END line",
			      number);
}

static int decode(const struct seal_buf *base64, struct seal_buf *der,
		  unsigned int number, struct seal_error *err)
{
	int ret = seal_buf_append_base64(der, (const char *)base64->data,
					 base64->len, err);

	if (ret < 0)
		return -1;
	if (ret == 0 || der->len == 0) {
		return seal_error_set(err, SEAL_ERR_INPUT,
			"certificate %u of the PEM file: its base64 is damaged",
			number);
	}
	return 0;
}

/* Returns what add() returns, or -1. */
static int one_certificate(struct pem *lines, unsigned int number,
			   int (*add)(void *context, const unsigned char *der,
				      size_t len, struct seal_error *err),
			   void *context, struct seal_error *err)
{
	struct seal_buf base64 = SEAL_BUF_INIT, der = SEAL_BUF_INIT;
	int ret = -1;

	if (collect(lines, &base64, number, err) == 0 &&
	    decode(&base64, &der, number, err) == 0)
		ret = add(context, der.data, der.len, err);
	seal_buf_free(&base64);
	seal_buf_free(&der);
	return ret;
}

static int wrong_block(const char *label, size_t len, struct seal_error *err)
{
	char name[40] = "";

	append(name, sizeof(name), (const unsigned char *)label, len);
	if (label_is(label, len, "TRUSTED CERTIFICATE")) {
		return seal_error_set(err, SEAL_ERR_INPUT,
			"the PEM file holds a TRUSTED CERTIFICATE, OpenSSL's own "
			"format; convert it with: openssl x509 -in FILE");
	}
	return seal_error_set(err, SEAL_ERR_INPUT,
		"the PEM file holds a %s; only certificates are wanted", name);
}

int seal_recipient_split_pem(const char *pem, size_t len,
			     int (*add)(void *context, const unsigned char *der,
					size_t len, struct seal_error *err),
			     void *context, struct seal_error *err)
{
	struct pem lines = { .p = pem, .end = pem + len };
	unsigned int count = 0;
	const char *label;
	size_t label_len;
	int ret = 0;

	if (holds_private_key(pem, len)) {
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"the PEM file holds a private key: it must stay on the "
			"user's device; hand in the certificate alone");
	}
	/* a byte order mark, as Windows' editor leaves it */
	if (len >= 3 && memcmp(pem, "\xef\xbb\xbf", 3) == 0)
		lines.p += 3;
	while (ret == 0 && next_line(&lines)) {
		if (!is_boundary(&lines, "BEGIN ", &label, &label_len))
			continue;
		if (!label_is(label, label_len, "CERTIFICATE") &&
		    !label_is(label, label_len, "X509 CERTIFICATE")) {
			ret = wrong_block(label, label_len, err);
			break;
		}
		ret = one_certificate(&lines, ++count, add, context, err);
	}
	if (ret == 0 && count == 0) {
		ret = seal_error_set(err, SEAL_ERR_INPUT,
			"no certificate in the PEM file (no line -----BEGIN "
			"CERTIFICATE-----)");
	}
	return ret;
}
