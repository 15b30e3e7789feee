/* SPDX-License-Identifier: MIT */
#include "pki/chain-private.h"

#include <stdio.h>
#include <string.h>
#include <openssl/err.h>
#include "base/buf.h"
#include "base/error.h"

#define HEX_SIZE (2 * 24 + 1)	/* "..." where that is not enough */

int seal_chain_refuse(struct seal_error *err, const char *who, const char *text)
{
	return seal_error_set(err, SEAL_ERR_REFUSED, "%s: %s", who, text);
}

static int check_serial(const char *who, const ASN1_INTEGER *serial,
			struct seal_error *err)
{
	const unsigned char *data = ASN1_STRING_get0_data(serial);
	int len = ASN1_STRING_length(serial);

	if (ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER)
		return seal_chain_refuse(err, who, "the serial number is "
			"negative (RFC 5280 section 4.1.2.2)");
	if (len == 0 || (len == 1 && data[0] == 0))
		return seal_chain_refuse(err, who, "the serial number is zero "
			"(RFC 5280 section 4.1.2.2)");
	/* with the zero that keeps it positive */
	if (data[0] >= 0x80)
		len++;
	if (len != SEAL_CERT_SERIAL_LEN)
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"%s: the serial number takes %d bytes; it has to be "
			"random, of %d bytes", who, len, SEAL_CERT_SERIAL_LEN);
	return 0;
}

static int check_algorithm(const char *who, const X509 *cert,
			   struct seal_error *err)
{
	const X509_ALGOR *outer, *inner = X509_get0_tbs_sigalg(cert);
	const ASN1_OBJECT *oid;
	char name[80];
	int type;

	X509_get0_signature(NULL, &outer, cert);
	if (X509_ALGOR_cmp(inner, outer) != 0)
		return seal_chain_refuse(err, who, "it names two different "
			"signature algorithms (RFC 5280 section 4.1.1.2)");
	X509_ALGOR_get0(&oid, &type, NULL, outer);
	if (OBJ_obj2nid(oid) != NID_ecdsa_with_SHA256) {
		if (OBJ_obj2txt(name, sizeof(name), oid, 0) < 0)
			name[0] = '\0';
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"%s: the signature algorithm is %s; it has to be "
			"ecdsa-with-SHA256", who, name);
	}
	if (type != V_ASN1_UNDEF)
		return seal_chain_refuse(err, who, "the signature algorithm has "
			"parameters (RFC 5758 section 3.2)");
	return 0;
}

static int check_name(const char *who, const char *field,
		      const X509_NAME *name, const char *wanted,
		      struct seal_error *err)
{
	char found[SEAL_CERT_NAME_SIZE];

	if (seal_cert_name_read(who, field, name, found, err) < 0)
		return -1;
	if (strcmp(found, wanted) != 0)
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"%s: %s is not CN=%s", who, field, wanted);
	return 0;
}

static int check_names(const char *who, const X509 *cert,
		       const struct seal_cert_plan *plan,
		       struct seal_error *err)
{
	char issuer[SEAL_CERT_NAME_SIZE];

	if (check_name(who, "subject", X509_get_subject_name(cert),
		       plan->subject, err) < 0)
		return -1;
	if (plan->issuer == NULL)
		return check_name(who, "issuer", X509_get_issuer_name(cert),
				  plan->subject, err);
	if (seal_cert_name_read(who, "issuer", plan->issuer, issuer, err) < 0)
		return -1;
	return check_name(who, "issuer", X509_get_issuer_name(cert), issuer,
			  err);
}

static void to_hex(const ASN1_STRING *value, char hex_r[HEX_SIZE])
{
	const unsigned char *data = ASN1_STRING_get0_data(value);
	int len = ASN1_STRING_length(value), i;

	for (i = 0; i < len; i++) {
		if (2 * i + 3 >= HEX_SIZE) {
			strcpy(hex_r + HEX_SIZE - 4, "...");
			return;
		}
		(void)snprintf(hex_r + 2 * i, 3, "%02x", data[i]);
	}
	hex_r[2 * i] = '\0';
}

/* What the extension has to say, for people */
static const char *meaning(int nid, enum seal_cert_kind kind)
{
	switch (nid) {
	case NID_basic_constraints:
		return kind == SEAL_CERT_ROOT ? "CA:TRUE with pathLen 1" :
			kind == SEAL_CERT_ISSUER ? "CA:TRUE with pathLen 0" :
			"CA:FALSE";
	case NID_key_usage:
		return kind == SEAL_CERT_ROOT || kind == SEAL_CERT_ISSUER ?
			"keyCertSign and cRLSign" :
			"digitalSignature, and keyEncipherment (RSA) or "
			"keyAgreement (EC)";
	case NID_ext_key_usage:
		return "emailProtection";
	case NID_name_constraints:
		return "the exclusion of every host name and IP address";
	case NID_subject_alt_name:
		return "the addresses asked for, in their order";
	case NID_subject_key_identifier:
		return "the SHA-1 of its own key";
	case NID_authority_key_identifier:
		return "the SHA-1 of the issuer's key, and nothing else";
	default:
		return "";
	}
}

static int check_extension(const char *who, const X509 *cert,
			   X509_EXTENSION *wanted, enum seal_cert_kind kind,
			   struct seal_error *err)
{
	int nid = OBJ_obj2nid(X509_EXTENSION_get_object(wanted));
	int at = X509_get_ext_by_NID(cert, nid, -1);
	bool critical = X509_EXTENSION_get_critical(wanted) != 0;
	const char *name = OBJ_nid2sn(nid);
	char found_hex[HEX_SIZE];
	X509_EXTENSION *found;

	if (at < 0)
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"%s: extension %s is missing", who, name);
	if (X509_get_ext_by_NID(cert, nid, at) >= 0)
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"%s: extension %s is there twice", who, name);
	found = X509_get_ext(cert, at);
	if ((X509_EXTENSION_get_critical(found) != 0) != critical)
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"%s: extension %s %s critical", who, name,
			critical ? "has to be" : "may not be");
	if (ASN1_OCTET_STRING_cmp(X509_EXTENSION_get_data(found),
				  X509_EXTENSION_get_data(wanted)) != 0) {
		to_hex(X509_EXTENSION_get_data(found), found_hex);
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"%s: extension %s is not %s (in DER it is %s)", who,
			name, meaning(nid, kind), found_hex);
	}
	return 0;
}

/* The one at that place has to be the wanted one of that place; NULL: there has
 * to be none. */
static int check_place(const char *who, X509_EXTENSION *found,
		       X509_EXTENSION *wanted, struct seal_error *err)
{
	const ASN1_OBJECT *oid = X509_EXTENSION_get_object(found);
	char name[80];

	if (wanted != NULL &&
	    OBJ_cmp(oid, X509_EXTENSION_get_object(wanted)) == 0)
		return 0;
	if (wanted != NULL && OBJ_obj2nid(oid) != NID_undef)
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"%s: extension %s is not in its place, which is that of "
			"%s", who, OBJ_nid2sn(OBJ_obj2nid(oid)),
			OBJ_nid2sn(OBJ_obj2nid(
				X509_EXTENSION_get_object(wanted))));
	if (OBJ_obj2txt(name, sizeof(name), oid, 1) < 0)
		name[0] = '\0';
	return seal_error_set(err, SEAL_ERR_REFUSED,
		"%s: %sextension %s was not asked for", who,
		X509_EXTENSION_get_critical(found) ? "critical " : "", name);
}

static int check_extensions(const char *who, const X509 *cert,
			    const struct seal_cert_plan *plan,
			    struct seal_error *err)
{
	STACK_OF(X509_EXTENSION) *wanted = seal_cert_extensions(plan, err);
	int i, count, ret = 0;

	if (wanted == NULL)
		return -1;
	count = sk_X509_EXTENSION_num(wanted);
	for (i = 0; ret == 0 && i < count; i++)
		ret = check_extension(who, cert,
				      sk_X509_EXTENSION_value(wanted, i),
				      plan->kind, err);
	/* none is missing or twice: one that is not wanted is one too many */
	for (i = 0; ret == 0 && i < X509_get_ext_count(cert); i++)
		ret = check_place(who, X509_get_ext(cert, i), i < count ?
				  sk_X509_EXTENSION_value(wanted, i) : NULL,
				  err);
	sk_X509_EXTENSION_pop_free(wanted, X509_EXTENSION_free);
	return ret;
}

/* Makes the certificate again, with what the checks above leave free, and
 * compares: libcrypto forgives, and repeats, a TRUE that is not FF, for one. */
static int check_encoding(const char *who, X509 *cert,
			  const struct seal_cert_plan *plan,
			  struct seal_error *err)
{
	struct seal_cert_plan same = *plan;
	struct seal_buf found = SEAL_BUF_INIT, wanted = SEAL_BUF_INIT;
	X509 *again = NULL;
	int ret = -1;

	same.serial = ASN1_STRING_get0_data(X509_get0_serialNumber(cert));
	if (seal_chain_validity(who, cert, &same.not_before, &same.not_after,
				err) == 0 &&
	    (again = seal_cert_new(&same, err)) != NULL &&
	    seal_cert_tbs(again, &wanted, err) == 0)
		ret = seal_cert_tbs(cert, &found, err);
	if (ret == 0 && (found.len != wanted.len ||
			 memcmp(found.data, wanted.data, found.len) != 0))
		ret = seal_chain_refuse(err, who, "it is not encoded in DER as "
					"it would be here");
	seal_buf_free(&found);
	seal_buf_free(&wanted);
	X509_free(again);
	return ret;
}

int seal_chain_check_cert(const char *who, X509 *cert,
			  const struct seal_cert_plan *plan,
			  struct seal_error *err)
{
	const ASN1_BIT_STRING *issuer_id, *subject_id;

	if (X509_get_version(cert) != X509_VERSION_3)
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"%s: the version is %ld; it has to be 3", who,
			X509_get_version(cert) + 1);
	X509_get0_uids(cert, &issuer_id, &subject_id);
	if (issuer_id != NULL || subject_id != NULL)
		return seal_chain_refuse(err, who, "it has a unique identifier "
			"(RFC 5280 section 4.1.2.8)");
	if (check_serial(who, X509_get0_serialNumber(cert), err) < 0 ||
	    check_algorithm(who, cert, err) < 0 ||
	    check_names(who, cert, plan, err) < 0 ||
	    check_extensions(who, cert, plan, err) < 0)
		return -1;
	return check_encoding(who, cert, plan, err);
}

int seal_chain_validity(const char *who, const X509 *cert,
			time_t *not_before_r, time_t *not_after_r,
			struct seal_error *err)
{
	if (seal_cert_time(X509_get0_notBefore(cert), not_before_r) < 0)
		return seal_chain_refuse(err, who, "notBefore is not written as "
			"RFC 5280 section 4.1.2.5 wants it");
	if (seal_cert_time(X509_get0_notAfter(cert), not_after_r) < 0)
		return seal_chain_refuse(err, who, "notAfter is not written as "
			"RFC 5280 section 4.1.2.5 wants it");
	return 0;
}
