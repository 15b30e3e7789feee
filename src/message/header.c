/* SPDX-License-Identifier: MIT */
#include "message/header.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "base/error.h"

enum state {
	LINE_START,	/* nothing of the line is known; a CR may be held */
	NAME,		/* held: what may be a field's name */
	GAP,		/* held: name and white space */
	SEPARATOR,	/* held: what may be an mbox separator */
	VALUE,		/* within a field, passed on as it comes */
	REST		/* the header is over */
};

struct seal_header {
	struct seal_header_handler handler;
	void *context;
	enum state state;
	bool first_line;	/* an mbox separator may stand here */
	bool in_field;		/* a continuation may follow */
	bool after_cr;		/* the last byte passed on was a CR */
	size_t name_len;
	size_t held_len;
	char held[SEAL_HEADER_HOLD_MAX + 2];	/* and a colon or CR LF */
};

static bool is_white(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_name(char c)
{
	return c > ' ' && c <= '~' && c != ':';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Removes the last word of a line and returns its length, 0 for none. *line_len
 * is then where the word begins. */
static size_t take_word(const char *line, size_t *line_len)
{
	size_t end = *line_len, start;

	while (end > 0 && (is_white(line[end - 1]) || line[end - 1] == '\r' ||
			   line[end - 1] == '\n'))
		end--;
	start = end;
	while (start > 0 && !is_white(line[start - 1]))
		start--;
	*line_len = start;
	return end - start;
}

/* pattern: '9' a digit, everything else itself */
static bool looks_like(const char *word, size_t len, const char *pattern)
{
	size_t i;

	if (strlen(pattern) != len)
		return false;
	for (i = 0; i < len; i++) {
		if (pattern[i] == '9' ? !is_digit(word[i]) :
		    word[i] != pattern[i])
			return false;
	}
	return true;
}

static bool is_one_of(const char *word, size_t len, const char *names)
{
	for (; *names != '\0'; names += 3) {
		if (len == 3 && memcmp(word, names, 3) == 0)
			return true;
	}
	return false;
}

/* "From sender Mon Nov 23 22:47:00 2023" */
static bool is_separator(const char *line, size_t len)
{
	size_t n;

	n = take_word(line, &len);
	if (!looks_like(line + len, n, "9999"))
		return false;
	n = take_word(line, &len);
	if (!looks_like(line + len, n, "99:99:99") &&
	    !looks_like(line + len, n, "99:99"))
		return false;
	n = take_word(line, &len);
	if (!looks_like(line + len, n, "99") && !looks_like(line + len, n, "9"))
		return false;
	n = take_word(line, &len);
	if (!is_one_of(line + len, n, "JanFebMarAprMayJunJulAugSepOctNovDec"))
		return false;
	n = take_word(line, &len);
	if (!is_one_of(line + len, n, "MonTueWedThuFriSatSun"))
		return false;
	/* the sender may be quoted and hold spaces; "From" itself is no sender */
	return take_word(line, &len) > 0 && len >= strlen("From ");
}

static int pass_held(struct seal_header *header,
		     int (*to)(void *, const unsigned char *, size_t,
			       struct seal_error *), struct seal_error *err)
{
	size_t len = header->held_len;

	header->held_len = 0;
	return len == 0 ? 0 :
		to(header->context, (const unsigned char *)header->held, len,
		   err);
}

static int end_header(struct seal_header *header, const char *blank_line,
		      struct seal_error *err)
{
	header->state = REST;
	if (header->handler.end(header->context, blank_line, err) < 0)
		return -1;
	return pass_held(header, header->handler.rest, err);
}

static int begin_field(struct seal_header *header, size_t name_len,
		       struct seal_error *err)
{
	header->first_line = false;
	header->in_field = name_len > 0;
	if (header->handler.field(header->context, header->held, name_len,
				  err) < 0)
		return -1;
	return pass_held(header, header->handler.piece, err);
}

/* Takes c into what is held. *taken is false where the state changed and c is
 * to be looked at again. */
static int hold(struct seal_header *header, char c, bool *taken,
		struct seal_error *err)
{
	*taken = header->held_len < SEAL_HEADER_HOLD_MAX;
	if (!*taken)
		return end_header(header, "", err);
	header->held[header->held_len++] = c;
	return 0;
}

static int line_start(struct seal_header *header, char c, bool *taken,
		      struct seal_error *err)
{
	bool after_cr = header->held_len > 0;

	if (c == '\n') {
		*taken = true;
		header->held_len = 0;
		return end_header(header, after_cr ? "\r\n" : "\n", err);
	}
	if (c == '\r' && !after_cr)
		return hold(header, c, taken, err);
	*taken = false;
	if (after_cr)
		return end_header(header, "", err);
	if (header->in_field && is_white(c)) {
		header->state = VALUE;
		return 0;
	}
	header->in_field = false;
	if (!is_name(c))
		return end_header(header, "", err);
	header->state = NAME;
	return 0;
}

/* Takes what is certainly part of a name. Returns how much that is. */
static size_t take_name(struct seal_header *header, const unsigned char *data,
			size_t len)
{
	size_t n = 0, room = SEAL_HEADER_HOLD_MAX - header->held_len;

	if (len > room)
		len = room;
	while (n < len && is_name((char)data[n]))
		n++;
	memcpy(header->held + header->held_len, data, n);
	header->held_len += n;
	return n;
}

static int name_or_gap(struct seal_header *header, char c, bool *taken,
		       struct seal_error *err)
{
	if (header->state == NAME && (c == ':' || is_white(c))) {
		header->name_len = header->held_len;
		header->state = GAP;
	}
	if (c == ':') {
		/* there is room: hold() leaves it */
		*taken = true;
		header->held[header->held_len++] = c;
		header->state = VALUE;
		return begin_field(header, header->name_len, err);
	}
	if (header->state == NAME ? is_name(c) : is_white(c))
		return hold(header, c, taken, err);
	*taken = false;
	if (header->first_line && header->state == GAP &&
	    header->held_len >= 5 && memcmp(header->held, "From ", 5) == 0) {
		header->state = SEPARATOR;
		return 0;
	}
	return end_header(header, "", err);
}

static int separator(struct seal_header *header, char c, bool *taken,
		     struct seal_error *err)
{
	if (hold(header, c, taken, err) < 0)
		return -1;
	if (c != '\n' || !*taken)
		return 0;
	if (!is_separator(header->held, header->held_len))
		return end_header(header, "", err);
	header->state = LINE_START;
	return begin_field(header, 0, err);
}

/* Passes on what belongs to the line that a field's value stands on, and to
 * those that continue it. */
static int pass_value(struct seal_header *header, const unsigned char *data,
		      size_t len, size_t *used, struct seal_error *err)
{
	const unsigned char *end = data + len, *p = data, *lf;

	do {
		lf = memchr(p, '\n', (size_t)(end - p));
		p = lf == NULL ? end : lf + 1;
	} while (p < end && is_white((char)*p));
	*used = (size_t)(p - data);
	header->after_cr = data[*used - 1] == '\r';
	if (lf != NULL)
		header->state = LINE_START;
	return header->handler.piece(header->context, data, *used, err);
}

struct seal_header *seal_header_new(const struct seal_header_handler *handler,
				    void *context, struct seal_error *err)
{
	struct seal_header *header = calloc(1, sizeof(*header));

	if (header == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	header->handler = *handler;
	header->context = context;
	header->state = LINE_START;
	header->first_line = true;
	return header;
}

int seal_header_more(struct seal_header *header, const unsigned char *data,
		     size_t len, struct seal_error *err)
{
	size_t used;
	bool taken = false;
	int ret = 0;

	while (len > 0 && ret == 0) {
		switch (header->state) {
		case LINE_START:
			ret = line_start(header, (char)*data, &taken, err);
			used = taken ? 1 : 0;
			break;
		case NAME:
			used = take_name(header, data, len);
			if (used > 0)
				break;
			/* fall through */
		case GAP:
			ret = name_or_gap(header, (char)*data, &taken, err);
			used = taken ? 1 : 0;
			break;
		case SEPARATOR:
			ret = separator(header, (char)*data, &taken, err);
			used = taken ? 1 : 0;
			break;
		case VALUE:
			ret = pass_value(header, data, len, &used, err);
			break;
		case REST:
		default:
			return header->handler.rest(header->context, data, len,
						    err);
		}
		data += used;
		len -= used;
	}
	return ret;
}

int seal_header_finish(struct seal_header *header, struct seal_error *err)
{
	const char *missing = "\r\n";

	switch (header->state) {
	case REST:
		return 0;
	case VALUE:
		if (header->after_cr)
			missing++;
		break;
	case SEPARATOR:
		if (!is_separator(header->held, header->held_len))
			return end_header(header, "", err);
		if (header->held[header->held_len - 1] == '\r')
			missing++;
		if (begin_field(header, 0, err) < 0)
			return -1;
		break;
	default:
		return end_header(header, "", err);
	}
	if (header->handler.piece(header->context,
				  (const unsigned char *)missing,
				  strlen(missing), err) < 0)
		return -1;
	return end_header(header, "", err);
}

void seal_header_free(struct seal_header **header)
{
	free(*header);
	*header = NULL;
}
