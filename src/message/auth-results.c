/* SPDX-License-Identifier: MIT */
#include "message/auth-results.h"

#include <stdbool.h>
#include <string.h>
#include "message/scan.h"

/* One after the other, quoted strings and runs of characters without quotes;
 * quoting is undone. */
struct value {
	char text[SEAL_AUTH_RESULTS_DOMAIN_MAX + 1];
	size_t len;
	bool too_long;
	unsigned int parts;
};

struct word {
	const unsigned char *start;
	size_t len;
};

/* What is known of dmarc by now. */
struct dmarc {
	unsigned int results;
	bool pass;
	unsigned int domains;
	struct value domain;
};

/* RFC 2045 section 5.1 */
static bool is_token(unsigned char c)
{
	return c > ' ' && c <= '~' && strchr("()<>@,;:\\\"/[]?=", c) == NULL;
}

/* What neither ends an unquoted value nor begins anything else. */
static bool is_value(unsigned char c)
{
	return c > ' ' && c <= '~' && strchr("();\\\"", c) == NULL;
}

static void add(struct value *value, unsigned char c)
{
	if (value->len == SEAL_AUTH_RESULTS_DOMAIN_MAX)
		value->too_long = true;
	else
		value->text[value->len++] = (char)c;
	value->text[value->len] = '\0';
}

static bool take_part(struct seal_scan *scan, struct value *value,
		      bool (*is_char)(unsigned char c))
{
	const unsigned char *p = scan->p, *end;

	if (p < scan->end && *p == '"') {
		if (!seal_scan_quoted(scan, &p, &end))
			return false;
		for (; p < end; p++) {
			if (*p == '\\')
				p++;
			add(value, *p);
		}
	} else {
		while (scan->p < scan->end && is_char(*scan->p))
			add(value, *scan->p++);
		if (scan->p == p)
			return false;
	}
	value->parts++;
	return true;
}

static bool take_value(struct seal_scan *scan, struct value *value)
{
	memset(value, 0, sizeof(*value));
	while (scan->p < scan->end && (*scan->p == '"' || is_value(*scan->p))) {
		if (!take_part(scan, value, is_value))
			return false;
	}
	return value->parts > 0;
}

/* RFC 5321's Keyword: letters, digits and hyphens, no hyphen at the end. */
static bool take_keyword(struct seal_scan *scan, struct word *word)
{
	word->start = scan->p;
	while (scan->p < scan->end &&
	       (seal_scan_is_letter_or_digit(*scan->p) || *scan->p == '-'))
		scan->p++;
	word->len = (size_t)(scan->p - word->start);
	return word->len > 0 && scan->p[-1] != '-';
}

static bool is_word(const struct word *word, const char *string)
{
	return seal_scan_same(word->start, word->len, string);
}

static bool take_digits(struct seal_scan *scan, struct word *word)
{
	word->start = scan->p;
	while (scan->p < scan->end && *scan->p >= '0' && *scan->p <= '9')
		scan->p++;
	word->len = (size_t)(scan->p - word->start);
	return word->len > 0;
}

/* Takes c and the white space and comments on both sides of it. */
static bool take(struct seal_scan *scan, char c)
{
	return seal_scan_cfws(scan) && seal_scan_take(scan, c) &&
		seal_scan_cfws(scan);
}

static bool at_end(const struct seal_scan *scan)
{
	return scan->p == scan->end || *scan->p == ';';
}

/* Whether what was taken ends here; passes over what separates it from the
 * next. */
static bool end_word(struct seal_scan *scan)
{
	const unsigned char *start = scan->p;

	return seal_scan_cfws(scan) && (at_end(scan) || scan->p > start);
}

/* [ptype "."] property "=" pvalue, or "reason" "=" value */
static bool take_property(struct seal_scan *scan, bool first,
			  struct dmarc *dmarc)
{
	struct word type, name;
	struct value value;
	bool typed;

	if (!take_keyword(scan, &type) || !seal_scan_cfws(scan))
		return false;
	typed = seal_scan_take(scan, '.');
	if (typed && (!seal_scan_cfws(scan) || !take_keyword(scan, &name)))
		return false;
	if (!take(scan, '=') || !take_value(scan, &value) || !end_word(scan))
		return false;
	if (dmarc == NULL)
		return true;
	if (!typed)
		return first && is_word(&type, "reason");
	if (is_word(&type, "header") && is_word(&name, "from")) {
		dmarc->domains++;
		dmarc->domain = value;
	}
	return true;
}

/* method ["/" version] "=" result, reason, properties; the ';' before it is
 * taken */
static bool take_result(struct seal_scan *scan, struct dmarc *dmarc)
{
	struct word method, version = { (const unsigned char *)"1", 1 }, result;
	bool first = true;

	if (!seal_scan_cfws(scan) || !take_keyword(scan, &method) ||
	    !seal_scan_cfws(scan))
		return false;
	if (seal_scan_take(scan, '/') &&
	    (!seal_scan_cfws(scan) || !take_digits(scan, &version)))
		return false;
	if (!take(scan, '=') || !take_keyword(scan, &result) ||
	    !end_word(scan))
		return false;
	if (!is_word(&method, "dmarc")) {
		dmarc = NULL;
	} else {
		dmarc->results++;
		dmarc->pass = is_word(&version, "1") &&
			is_word(&result, "pass");
	}
	for (; !at_end(scan); first = false) {
		if (!take_property(scan, first, dmarc))
			return false;
	}
	return true;
}

/* ";" "none": the server judged nothing */
static bool is_no_result(const struct seal_scan *at)
{
	struct seal_scan scan = *at;
	struct word word;

	return take(&scan, ';') && take_keyword(&scan, &word) &&
		is_word(&word, "none") && seal_scan_cfws(&scan) &&
		scan.p == scan.end;
}

static bool take_results(struct seal_scan *scan, struct dmarc *dmarc)
{
	struct word version;

	if (!at_end(scan) && (!take_digits(scan, &version) ||
			      !is_word(&version, "1") || !end_word(scan)))
		return false;
	if (is_no_result(scan))
		return true;
	do {
		if (!seal_scan_take(scan, ';') || !take_result(scan, dmarc))
			return false;
	} while (scan->p < scan->end);
	return true;
}

static bool is_ascii(const unsigned char *value, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if ((value[i] < ' ' && value[i] != '\t') || value[i] > '~')
			return false;
	}
	return true;
}

enum seal_auth_results
seal_auth_results_read(const unsigned char *value, size_t len,
		       const char *authserv_id,
		       char domain[SEAL_AUTH_RESULTS_DOMAIN_MAX + 1])
{
	struct seal_scan scan = { value, value + len };
	struct value id = { .len = 0 };
	struct dmarc dmarc = { .results = 0 };

	if (!seal_scan_cfws(&scan) || !take_part(&scan, &id, is_token) ||
	    !end_word(&scan))
		return SEAL_AUTH_RESULTS_UNREADABLE;
	if (id.len == 0 || id.too_long ||
	    !seal_scan_same((const unsigned char *)id.text, id.len,
			    authserv_id))
		return SEAL_AUTH_RESULTS_FOREIGN;
	if (!is_ascii(value, len) || !take_results(&scan, &dmarc))
		return SEAL_AUTH_RESULTS_UNREADABLE;
	if (dmarc.results != 1 || !dmarc.pass || dmarc.domains != 1 ||
	    dmarc.domain.parts != 1 || dmarc.domain.too_long)
		return SEAL_AUTH_RESULTS_NO_PASS;
	memcpy(domain, dmarc.domain.text, dmarc.domain.len + 1);
	return SEAL_AUTH_RESULTS_PASS;
}
