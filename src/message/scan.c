/* SPDX-License-Identifier: MIT */
#include "message/scan.h"

#include <string.h>

static bool skip_comment(struct seal_scan *scan)
{
	size_t depth = 0;

	for (; scan->p < scan->end; scan->p++) {
		if (*scan->p == '(') {
			depth++;
		} else if (*scan->p == ')') {
			if (--depth == 0) {
				scan->p++;
				return true;
			}
		} else if (*scan->p == '\\') {
			if (++scan->p == scan->end)
				return false;
		}
	}
	return false;
}

bool seal_scan_cfws(struct seal_scan *scan)
{
	while (scan->p < scan->end) {
		if (*scan->p == ' ' || *scan->p == '\t')
			scan->p++;
		else if (*scan->p != '(')
			break;
		else if (!skip_comment(scan))
			return false;
	}
	return true;
}

bool seal_scan_quoted(struct seal_scan *scan, const unsigned char **start,
		      const unsigned char **end)
{
	if (!seal_scan_take(scan, '"'))
		return false;
	*start = scan->p;
	for (; scan->p < scan->end; scan->p++) {
		if (*scan->p == '"') {
			*end = scan->p++;
			return true;
		}
		if (*scan->p == '\\' && ++scan->p == scan->end)
			return false;
	}
	return false;
}

bool seal_scan_take(struct seal_scan *scan, char c)
{
	if (scan->p == scan->end || *scan->p != (unsigned char)c)
		return false;
	scan->p++;
	return true;
}

uint32_t seal_scan_utf8(struct seal_scan *scan)
{
	/* the least that needs as many bytes */
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	unsigned char c = *scan->p++;
	unsigned int more, i;
	uint32_t point;

	if (c < 0x80)
		return c;
	if (c < 0xc2 || c > 0xf4)
		return SEAL_SCAN_BAD;
	more = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
	point = c & (0x3fU >> more);
	for (i = 0; i < more; i++) {
		if (scan->p == scan->end || (*scan->p & 0xc0) != 0x80)
			return SEAL_SCAN_BAD;
		point = point << 6 | (*scan->p++ & 0x3fU);
	}
	if (point < least[more] || point > 0x10ffff ||
	    (point >= 0xd800 && point <= 0xdfff))
		return SEAL_SCAN_BAD;
	return point;
}

bool seal_scan_is_letter_or_digit(unsigned char c)
{
	c = seal_scan_lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

unsigned char seal_scan_lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + ('a' - 'A')) : c;
}

bool seal_scan_same(const unsigned char *data, size_t len, const char *string)
{
	size_t i;

	if (strlen(string) != len)
		return false;
	for (i = 0; i < len; i++) {
		if (seal_scan_lower(data[i]) !=
		    seal_scan_lower((unsigned char)string[i]))
			return false;
	}
	return true;
}
