/* SPDX-License-Identifier: MIT */
#include "unseal/kind.h"

#include <string.h>
#include <strings.h>
#include "message/content-type.h"

static bool has_param(const char *value, const char *name, const char *wanted)
{
	char have[64];

	return seal_content_type_param(value, name, have, sizeof(have)) == 1 &&
		strcasecmp(have, wanted) == 0;
}

enum seal_kind seal_kind_of(const char *content_type)
{
	static const char protocol[] = "protocol";

	if (seal_content_type_is(content_type, "application/pkcs7-mime") ||
	    seal_content_type_is(content_type, "application/x-pkcs7-mime"))
		return has_param(content_type, "smime-type", "certs-only") ?
			SEAL_KIND_CONTENT : SEAL_KIND_CMS;
	if (seal_content_type_is(content_type, "multipart/signed") &&
	    (has_param(content_type, protocol,
		       "application/pkcs7-signature") ||
	     has_param(content_type, protocol,
		       "application/x-pkcs7-signature")))
		return SEAL_KIND_SIGNED;
	if (seal_content_type_is(content_type, "message/rfc822") &&
	    !has_param(content_type, "forwarded", "yes"))
		return SEAL_KIND_MESSAGE;
	return SEAL_KIND_CONTENT;
}

bool seal_kind_is_protected(const char *content_type)
{
	return has_param(content_type, "hp", "cipher") ||
		has_param(content_type, "hp", "clear") ||
		has_param(content_type, "protected-headers", "v1");
}

static enum seal_kind kind_of_oid(const unsigned char *oid, size_t len)
{
	static const struct {
		const char *oid;
		size_t len;
		enum seal_kind kind;
	} types[] = {
		{ "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", 9, SEAL_KIND_OPAQUE },
		{ "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03", 9,
		  SEAL_KIND_ENVELOPE },
		{ "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17", 11,
		  SEAL_KIND_ENVELOPE }
	};
	unsigned int i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (len == types[i].len && memcmp(oid, types[i].oid, len) == 0)
			return types[i].kind;
	}
	return SEAL_KIND_CONTENT;
}

int seal_kind_peek(const unsigned char *data, size_t len,
		   enum seal_kind *kind_r)
{
	size_t at = 2, oid_len;

	if (len < 2)
		return len == 1 && data[0] != 0x30 ? -1 : 0;
	if (data[0] != 0x30 || data[1] > 0x88)
		return -1;
	if (data[1] > 0x80)
		at += data[1] & 0x7f;
	if (len < at + 2)
		return 0;
	oid_len = data[at + 1];
	if (data[at] != 0x06 || oid_len == 0 || oid_len > 32)
		return -1;
	if (len < at + 2 + oid_len)
		return 0;
	*kind_r = kind_of_oid(data + at + 2, oid_len);
	return 1;
}
