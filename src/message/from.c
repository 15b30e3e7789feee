/* SPDX-License-Identifier: MIT */
#include "message/from.h"

#include <stdbool.h>
#include <string.h>
#include "message/display-name.h"
#include "message/scan.h"

#define LABEL_MAX 63	/* RFC 1035 section 2.3.4 */

/* An addr-spec, as positions in the value. */
struct spec {
	const unsigned char *start, *end;
	const unsigned char *local, *local_end;	/* between the quotes, if any */
	const unsigned char *domain;
};

/* Letters and digits beyond ASCII that a local part may have. Each is its own
 * NFC and NFKC form whatever stands before it, and is written from left to
 * right: the address is the same, and looks the same, everywhere. */
static const struct {
	uint32_t first, last;
} letters[] = {
	{ 0xc0, 0xd6 }, { 0xd8, 0xf6 }, { 0xf8, 0x131 }, { 0x134, 0x13e },
	{ 0x141, 0x148 }, { 0x14a, 0x17e },			/* Latin */
	{ 0x386, 0x386 }, { 0x388, 0x38a }, { 0x38c, 0x38c },
	{ 0x38e, 0x3a1 }, { 0x3a3, 0x3ce },			/* Greek */
	{ 0x400, 0x45f }, { 0x490, 0x491 },			/* Cyrillic */
	{ 0x3041, 0x3096 }, { 0x30a1, 0x30fa },			/* Kana */
	{ 0x4e00, 0x9fa5 },					/* Han */
	{ 0xac00, 0xd7a3 }					/* Hangul */
};

static bool is_atext(unsigned char c)
{
	return seal_scan_is_letter_or_digit(c) ||
		(c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool is_letter(uint32_t point)
{
	size_t i;

	for (i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
		if (point >= letters[i].first && point <= letters[i].last)
			return true;
	}
	return false;
}

/* Passes over a local part's characters; what they make up is looked at by
 * is_local(). */
static bool take_local(struct seal_scan *scan, struct spec *spec)
{
	if (scan->p < scan->end && *scan->p == '"')
		return seal_scan_quoted(scan, &spec->local, &spec->local_end);
	spec->local = scan->p;
	while (scan->p < scan->end &&
	       (is_atext(*scan->p) || *scan->p == '.' || *scan->p >= 0x80))
		scan->p++;
	spec->local_end = scan->p;
	return true;
}

/* Whether it is a dot-atom (RFC 5322 section 3.2.3), within limits. */
static bool is_local(const struct spec *spec)
{
	struct seal_scan scan = { spec->local, spec->local_end };
	size_t len = (size_t)(spec->local_end - spec->local);
	bool after_dot = true;
	uint32_t point, before = 0;

	if (len > SEAL_FROM_LOCAL_MAX)
		return false;
	while (scan.p < scan.end) {
		point = seal_scan_utf8(&scan);
		/* the beginning of an encoded word, made of atom characters */
		if (before == '=' && point == '?')
			return false;
		if (point == '.' ? after_dot :
		    point < 0x80 ? !is_atext((unsigned char)point) :
		    !is_letter(point))
			return false;
		after_dot = point == '.';
		before = point;
	}
	return !after_dot;
}

/* Letters, digits and hyphens within each label (RFC 1123 section 2.1); the
 * last label is no number, or it would look like an IP address. */
static bool is_domain(const unsigned char *p, const unsigned char *end)
{
	size_t len = 0;
	bool number = true;

	for (; p < end; p++) {
		if (*p == '.') {
			if (len == 0 || p[-1] == '-')
				return false;
			len = 0;
			number = true;
			continue;
		}
		if ((*p == '-' && len == 0) || ++len > LABEL_MAX)
			return false;
		if (*p < '0' || *p > '9')
			number = false;
	}
	return len > 0 && p[-1] != '-' && !number;
}

static bool take_spec(struct seal_scan *scan, struct spec *spec)
{
	spec->start = scan->p;
	if (!take_local(scan, spec) || !seal_scan_take(scan, '@'))
		return false;
	spec->domain = scan->p;
	while (scan->p < scan->end && (seal_scan_is_letter_or_digit(*scan->p) ||
				       *scan->p == '.' || *scan->p == '-'))
		scan->p++;
	spec->end = scan->p;
	return true;
}

/* A display name, perhaps an empty one. */
static bool skip_phrase(struct seal_scan *scan)
{
	const unsigned char *start, *end;
	bool any = false;

	while (seal_scan_cfws(scan) && scan->p < scan->end) {
		if (*scan->p == '"') {
			if (!seal_scan_quoted(scan, &start, &end))
				return false;
		} else if (is_atext(*scan->p) || *scan->p >= 0x80 ||
			   (any && *scan->p == '.')) {
			scan->p++;
		} else {
			return *scan->p == '<';
		}
		any = true;
	}
	return false;
}

/* RFC 5322 section 3.4: mailbox = name-addr / addr-spec */
static bool take_mailbox(struct seal_scan *scan, struct spec *spec)
{
	struct seal_scan again;

	if (!seal_scan_cfws(scan))
		return false;
	again = *scan;
	if (!take_spec(scan, spec)) {
		*scan = again;
		if (!skip_phrase(scan) || !seal_scan_take(scan, '<') ||
		    !seal_scan_cfws(scan) || !take_spec(scan, spec) ||
		    !seal_scan_cfws(scan) || !seal_scan_take(scan, '>'))
			return false;
	}
	return seal_scan_cfws(scan) && scan->p == scan->end;
}

/* Nothing that no field's value may have (RFC 5322 section 2.2, RFC 6532). */
static bool is_text(const unsigned char *value, size_t len)
{
	struct seal_scan scan = { value, value + len };
	uint32_t point;

	while (scan.p < scan.end) {
		point = seal_scan_utf8(&scan);
		if ((point < ' ' && point != '\t') || point == 0x7f ||
		    point == SEAL_SCAN_BAD)
			return false;
	}
	return true;
}

static bool copy_address(const struct spec *spec,
			 char address[SEAL_FROM_ADDRESS_MAX + 1])
{
	size_t local_len = (size_t)(spec->local_end - spec->local);
	size_t domain_len = (size_t)(spec->end - spec->domain), i;

	if (local_len + 1 + domain_len > SEAL_FROM_ADDRESS_MAX)
		return false;
	memcpy(address, spec->local, local_len);
	address += local_len;
	*address++ = '@';
	for (i = 0; i < domain_len; i++)
		*address++ = (char)seal_scan_lower(spec->domain[i]);
	*address = '\0';
	return true;
}

/* Leaves of the value what is shown beside the address: a space where that and
 * its brackets are, and no quoting. Returns its length. */
static size_t keep_shown(unsigned char *value, size_t len, size_t spec_start,
			 size_t spec_end)
{
	size_t i, out = 0, depth = 0;
	bool quoted = false;

	for (i = 0; i < len; i++) {
		if (i == spec_start) {
			value[out++] = ' ';
			i = spec_end;
			if (i == len)
				break;
		}
		if ((quoted || depth > 0) && value[i] == '\\') {
			value[out++] = value[++i];
			continue;
		}
		if (depth == 0 && value[i] == '"') {
			quoted = !quoted;
			continue;
		}
		if (!quoted && value[i] == '(')
			depth++;
		else if (!quoted && value[i] == ')')
			depth--;
		value[out++] = !quoted && depth == 0 &&
			(value[i] == '<' || value[i] == '>') ? ' ' : value[i];
	}
	return out;
}

int seal_from_read(unsigned char *value, size_t len,
		   char address[SEAL_FROM_ADDRESS_MAX + 1],
		   const char **reason_r)
{
	struct seal_scan scan = { value, value + len };
	struct spec spec;

	*reason_r = "From holds control characters, or is not UTF-8";
	if (!is_text(value, len))
		return 0;
	*reason_r = "From is not exactly one mailbox";
	if (!take_mailbox(&scan, &spec))
		return 0;
	*reason_r = "the address in From is not a plain one";
	if (!is_local(&spec) || !is_domain(spec.domain, spec.end) ||
	    !copy_address(&spec, address))
		return 0;
	*reason_r = "the name in From hides something";
	len = keep_shown(value, len, (size_t)(spec.start - value),
			 (size_t)(spec.end - value));
	if (!seal_display_name_is_plain(value, len, address))
		return 0;
	*reason_r = NULL;
	return 1;
}
