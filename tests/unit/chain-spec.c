/* SPDX-License-Identifier: MIT */
#include "chain-spec.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/asn1.h>
#include <openssl/err.h>

void build_must(bool good)
{
	if (!good) {
		ERR_print_errors_fp(stderr);
		abort();
	}
}

static int string_type(const char *name)
{
	return strcmp(name, "printable") == 0 ? V_ASN1_PRINTABLESTRING :
		strcmp(name, "t61") == 0 ? V_ASN1_T61STRING :
		strcmp(name, "ia5") == 0 ? V_ASN1_IA5STRING : V_ASN1_UTF8STRING;
}

static void set_ext(struct build_spec *spec, const char *name,
		    const char *value)
{
	unsigned int i;

	for (i = 0; i < spec->ext_count; i++) {
		if (strcmp(spec->ext[i].name, name) == 0)
			break;
	}
	build_must(i < BUILD_EXTENSIONS);
	if (value == NULL) {
		build_must(i < spec->ext_count);
		spec->ext_count--;
		memmove(&spec->ext[i], &spec->ext[i + 1],
			(spec->ext_count - i) * sizeof(spec->ext[0]));
		return;
	}
	spec->ext[i].name = name;
	spec->ext[i].value = value;
	if (i == spec->ext_count)
		spec->ext_count++;
}

static void add_ext(struct build_spec *spec, unsigned int at, const char *name,
		    const char *value)
{
	build_must(spec->ext_count < BUILD_EXTENSIONS);
	memmove(&spec->ext[at + 1], &spec->ext[at],
		(spec->ext_count - at) * sizeof(spec->ext[0]));
	spec->ext[at].name = name;
	spec->ext[at].value = value;
	spec->ext_count++;
}

static void set_time(time_t *time, const char **text, const char *a)
{
	if (a[0] == '=')
		*text = a + 1;
	else
		*time += atoll(a);
}

static void set_giant(struct build_spec *spec, const char *a)
{
	static char hex[80000];
	size_t len = (size_t)atoi(a);

	build_must(2 * len + 5 < sizeof(hex));
	memcpy(hex, "DER:", 4);
	memset(hex + 4, '0', 2 * len);
	hex[4 + 2 * len] = '\0';
	add_ext(spec, spec->ext_count, "1.2.3.4", hex);
}

static void apply(struct build_spec *spec, const struct build_change *change)
{
	const char *a = change->a, *b = change->b;

	switch (change->op) {
	case OP_NONE: break;
	case OP_SERIAL: spec->serial = a; break;
	case OP_SUBJECT: spec->subject = a; break;
	case OP_SUBJECT_TYPE: spec->subject_type = string_type(a); break;
	case OP_SUBJECT_FIELD: spec->field = a; break;
	case OP_SUBJECT_SECOND:
		spec->second = a;
		spec->second_value = b;
		break;
	case OP_ISSUER: spec->issuer = a; break;
	case OP_KEY: spec->key = a; break;
	case OP_SIGNER: spec->signer = a; break;
	case OP_DIGEST: spec->digest = a; break;
	case OP_PSS: spec->pss = true; break;
	case OP_BEGIN: set_time(&spec->begin, &spec->begin_text, a); break;
	case OP_END: set_time(&spec->end, &spec->end_text, a); break;
	case OP_EXT: set_ext(spec, a, b); break;
	case OP_EXT_LAST: add_ext(spec, spec->ext_count, a, b); break;
	case OP_EXT_FIRST: add_ext(spec, 0, a, b); break;
	case OP_NONCE: spec->nonce = a; break;
	case OP_NONCE_TYPE: spec->nonce_type = string_type(a); break;
	case OP_NONCE_SECOND: spec->nonce_second = a; break;
	case OP_ATTRIBUTE:
		spec->attribute = a;
		spec->attribute_value = b;
		break;
	case OP_PATCH:
		spec->find = a;
		spec->replace = b;
		break;
	case OP_PATCH_OUTER:
		spec->outer_find = a;
		spec->outer_replace = b;
		break;
	case OP_POINT: spec->point = true; break;
	case OP_BEHIND: spec->behind = a; break;
	case OP_INDEFINITE: spec->indefinite = true; break;
	case OP_EMPTY: spec->empty = true; break;
	case OP_GARBAGE: spec->garbage = true; break;
	case OP_HALF: spec->half = true; break;
	case OP_GIANT: set_giant(spec, a); break;
	}
}

/* What each object has to be */
static void good_specs(struct build_spec specs[BUILD_COUNT], time_t now,
		       const char *alt_name, const char *address,
		       const char *user_key)
{
	struct build_spec *spec;
	unsigned int i;

	memset(specs, 0, BUILD_COUNT * sizeof(*specs));
	for (i = 0; i < BUILD_COUNT; i++) {
		spec = &specs[i];
		spec->subject_type = spec->nonce_type = V_ASN1_UTF8STRING;
		spec->digest = "SHA256";
		spec->begin = now - BUILD_DAY;
		spec->end = now + (i == BUILD_USER ? BUILD_DAYS - 1 :
				   BUILD_DAYS) * BUILD_DAY;
		spec->subject = address;
		spec->issuer = "Mail Seal root " BUILD_ID;
		spec->serial = "7f0102030405060708090a0b0c0d0e0f";
	}
	spec = &specs[BUILD_ROOT];
	spec->key = "root";
	spec->subject = "Mail Seal root " BUILD_ID;
	set_ext(spec, "basicConstraints", "critical,CA:TRUE,pathlen:1");
	set_ext(spec, "keyUsage", "critical,keyCertSign,cRLSign");
	set_ext(spec, "extendedKeyUsage", "emailProtection");
	set_ext(spec, "nameConstraints", BUILD_CONSTRAINTS);
	set_ext(spec, "subjectKeyIdentifier", "hash");
	spec = &specs[BUILD_ISSUER];
	spec->key = "issuer";
	spec->subject = "Mail Seal issuer " BUILD_ID;
	spec->serial = "400102030405060708090a0b0c0d0e0f";
	set_ext(spec, "basicConstraints", "critical,CA:TRUE,pathlen:0");
	set_ext(spec, "keyUsage", "critical,keyCertSign,cRLSign");
	set_ext(spec, "extendedKeyUsage", "emailProtection");
	set_ext(spec, "nameConstraints", BUILD_CONSTRAINTS);
	set_ext(spec, "subjectKeyIdentifier", "hash");
	set_ext(spec, "authorityKeyIdentifier", "keyid:always");
	spec = &specs[BUILD_REQUEST];
	spec->key = user_key;
	spec->nonce = BUILD_NONCE;
	set_ext(spec, "subjectAltName", alt_name);
	spec = &specs[BUILD_USER];
	spec->key = user_key;
	spec->signer = "issuer";
	spec->issuer = "Mail Seal issuer " BUILD_ID;
	set_ext(spec, "basicConstraints", "critical,CA:FALSE");
	set_ext(spec, "keyUsage", strcmp(user_key, "user") == 0 ?
		"critical,digitalSignature,keyEncipherment" :
		"critical,digitalSignature,keyAgreement");
	set_ext(spec, "extendedKeyUsage", "emailProtection");
	set_ext(spec, "subjectAltName", alt_name);
	set_ext(spec, "subjectKeyIdentifier", "hash");
	set_ext(spec, "authorityKeyIdentifier", "keyid:always");
}

void build_specs(const struct build_change *changes, time_t now,
		 const char *alt_name, const char *address,
		 const char *user_key, struct build_spec specs[BUILD_COUNT])
{
	good_specs(specs, now, alt_name, address, user_key);
	for (; changes->op != OP_NONE; changes++)
		apply(&specs[changes->object], changes);
	if (specs[BUILD_ROOT].signer == NULL)
		specs[BUILD_ROOT].signer = specs[BUILD_ROOT].key;
	if (specs[BUILD_ISSUER].signer == NULL)
		specs[BUILD_ISSUER].signer = specs[BUILD_ROOT].key;
	if (specs[BUILD_REQUEST].signer == NULL)
		specs[BUILD_REQUEST].signer = specs[BUILD_REQUEST].key;
}
