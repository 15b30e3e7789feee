/* SPDX-License-Identifier: MIT */
#include "message/origin.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "message/auth-results.h"
#include "message/from.h"
#include "message/header.h"
#include "message/scan.h"

enum kind { OTHER, FROM, RESULTS };

struct seal_origin {
	struct seal_header *header;
	char *authserv_id;		/* NULL: the address is enough */

	/* the field that is passing */
	enum kind kind;
	bool in_name;			/* the colon is still to come */
	bool after_cr;
	bool blank;			/* this line of it, up to now */
	bool bad_form;			/* no reader may believe it */
	size_t value_len;
	unsigned char value[SEAL_ORIGIN_VALUE_MAX];

	/* what those before it said */
	unsigned int from_fields;
	const char *from_reason;	/* why not, or NULL */
	char address[SEAL_FROM_ADDRESS_MAX + 1];
	enum seal_auth_results results;	/* FOREIGN: nothing yet */
	char domain[SEAL_AUTH_RESULTS_DOMAIN_MAX + 1];
	bool hidden_line;		/* for some readers there are more */
	bool blank_line;		/* the header ended properly */
};

/* Results are looked for until there are some that may be the trusted server's,
 * and only above From: a server puts its own on top (RFC 8601 section 2.1). */
static bool wants_results(const struct seal_origin *origin)
{
	return origin->authserv_id != NULL && origin->from_fields == 0 &&
		origin->results == SEAL_AUTH_RESULTS_FOREIGN;
}

static void end_from(struct seal_origin *origin)
{
	if (++origin->from_fields > 1)
		origin->from_reason = "there is more than one From";
	else if (origin->bad_form)
		origin->from_reason = "From is too long or of obsolete form";
	else
		(void)seal_from_read(origin->value, origin->value_len,
				     origin->address, &origin->from_reason);
}

static void end_results(struct seal_origin *origin)
{
	if (origin->bad_form)
		origin->results = SEAL_AUTH_RESULTS_UNREADABLE;
	else
		origin->results = seal_auth_results_read(origin->value,
							 origin->value_len,
							 origin->authserv_id,
							 origin->domain);
}

static void end_field(struct seal_origin *origin)
{
	if (origin->kind == FROM)
		end_from(origin);
	else if (origin->kind == RESULTS)
		end_results(origin);
	origin->kind = OTHER;
}

static int header_field(void *context, const char *name, size_t name_len,
			struct seal_error *err)
{
	struct seal_origin *origin = context;
	const unsigned char *data = (const unsigned char *)name;

	(void)err;
	end_field(origin);
	if (seal_scan_same(data, name_len, "From"))
		origin->kind = FROM;
	else if (seal_scan_same(data, name_len, "Authentication-Results") &&
		 wants_results(origin))
		origin->kind = RESULTS;
	origin->in_name = true;
	origin->after_cr = origin->blank = origin->bad_form = false;
	origin->value_len = 0;
	return 0;
}

/* One byte of a field that is read, line ends' CRs aside. */
static void keep(struct seal_origin *origin, unsigned char c)
{
	bool white = c == ' ' || c == '\t';

	if (origin->in_name) {
		/* white space before the colon: who takes it for this field? */
		if (white)
			origin->bad_form = true;
		origin->in_name = c != ':';
	} else if (c == '\n') {
		/* a line of white space: for some it ends the header */
		if (origin->blank)
			origin->bad_form = true;
		origin->blank = true;
	} else {
		if (!white)
			origin->blank = false;
		if (origin->value_len < sizeof(origin->value))
			origin->value[origin->value_len++] = c;
		else
			origin->bad_form = true;
	}
}

/* There are readers for whom a CR alone ends a line, or a NUL the header: theirs
 * may have another From. after_cr: the last byte before was a CR; is true
 * afterwards if the last of these is. */
static bool hides_line(const unsigned char *data, size_t len, bool *after_cr)
{
	const unsigned char *p = data, *end = data + len, *cr;

	if (memchr(data, '\0', len) != NULL || (*after_cr && *data != '\n'))
		return true;
	while ((cr = memchr(p, '\r', (size_t)(end - p))) != NULL) {
		p = cr + 1;
		if (p == end)
			break;
		if (*p != '\n')
			return true;
	}
	*after_cr = cr != NULL;
	return false;
}

static int header_piece(void *context, const unsigned char *data, size_t len,
			struct seal_error *err)
{
	struct seal_origin *origin = context;
	size_t i;

	(void)err;
	if (!origin->hidden_line)
		origin->hidden_line = hides_line(data, len, &origin->after_cr);
	for (i = 0; origin->kind != OTHER && i < len; i++) {
		if (data[i] != '\r')
			keep(origin, data[i]);
	}
	return 0;
}

static int header_end(void *context, const char *blank_line,
		      struct seal_error *err)
{
	struct seal_origin *origin = context;

	(void)err;
	end_field(origin);
	origin->blank_line = *blank_line != '\0';
	return 0;
}

static int header_rest(void *context, const unsigned char *data, size_t len,
		       struct seal_error *err)
{
	struct seal_origin *origin = context;

	(void)data, (void)len, (void)err;
	/* a line that is no field: some read on behind it */
	if (!origin->blank_line)
		origin->hidden_line = true;
	return 0;
}

struct seal_origin *seal_origin_new(const char *authserv_id,
				    struct seal_error *err)
{
	static const struct seal_header_handler handler = {
		header_field, header_piece, header_end, header_rest
	};
	struct seal_origin *origin = calloc(1, sizeof(*origin));
	size_t size;

	if (origin == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	if (authserv_id != NULL) {
		size = strlen(authserv_id) + 1;
		origin->authserv_id = malloc(size);
		if (origin->authserv_id == NULL) {
			(void)seal_error_memory(err);
			seal_origin_free(&origin);
			return NULL;
		}
		memcpy(origin->authserv_id, authserv_id, size);
	}
	origin->results = SEAL_AUTH_RESULTS_FOREIGN;
	origin->header = seal_header_new(&handler, origin, err);
	if (origin->header == NULL)
		seal_origin_free(&origin);
	return origin;
}

int seal_origin_more(struct seal_origin *origin, const unsigned char *data,
		     size_t len, struct seal_error *err)
{
	return seal_header_more(origin->header, data, len, err);
}

/* Why the trusted server does not vouch for the address, or NULL. */
static const char *results_reason(const struct seal_origin *origin)
{
	const char *domain = strchr(origin->address, '@') + 1;

	switch (origin->results) {
	case SEAL_AUTH_RESULTS_FOREIGN:
		return "no Authentication-Results of the trusted server";
	case SEAL_AUTH_RESULTS_UNREADABLE:
		return "Authentication-Results cannot be read";
	case SEAL_AUTH_RESULTS_NO_PASS:
		return "Authentication-Results does not say dmarc=pass";
	case SEAL_AUTH_RESULTS_PASS:
	default:
		return seal_scan_same((const unsigned char *)origin->domain,
				      strlen(origin->domain), domain) ? NULL :
			"dmarc=pass is of another domain than From";
	}
}

int seal_origin_finish(struct seal_origin *origin, const char **address_r,
		       const char **reason_r, struct seal_error *err)
{
	*address_r = NULL;
	if (seal_header_finish(origin->header, err) < 0)
		return -1;
	if (origin->hidden_line)
		*reason_r = "not every line of the header is part of a field";
	else if (origin->from_fields == 0)
		*reason_r = "there is no From";
	else if (origin->from_reason != NULL)
		*reason_r = origin->from_reason;
	else
		*reason_r = origin->authserv_id == NULL ? NULL :
			results_reason(origin);
	if (*reason_r != NULL)
		return 0;
	*address_r = origin->address;
	return 1;
}

void seal_origin_free(struct seal_origin **origin)
{
	if (*origin == NULL)
		return;
	seal_header_free(&(*origin)->header);
	free((*origin)->authserv_id);
	free(*origin);
	*origin = NULL;
}
