/* SPDX-License-Identifier: MIT */
#include "unseal/multipart.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "base/wipe.h"

/* The longest line that is a delimiter's, line end before it included. */
#define HELD_MAX (SEAL_MULTIPART_BOUNDARY_MAX + 100)

enum state {
	LINE_START,	/* held: a line end, and what may be a delimiter */
	IN_LINE,	/* nothing is held */
	AFTER_CR	/* held: a CR, which may be part of a line end */
};

enum tail { NOTHING, ONE_DASH, TWO_DASHES };
enum match { NO, MAYBE, YES };

struct seal_multipart {
	seal_multipart_part_t *part;
	void *context;
	enum state state;
	unsigned int number;	/* 0: above; 3: below */
	size_t start_len;	/* "--" and the boundary */
	char start[SEAL_MULTIPART_BOUNDARY_MAX + 3];
	/* how far the line is a delimiter */
	size_t matched;
	enum tail tail;
	bool white, after_cr;
	size_t held_len;
	unsigned char held[HELD_MAX];
};

struct seal_multipart *seal_multipart_new(const char *boundary,
					  seal_multipart_part_t *part,
					  void *context,
					  struct seal_error *err)
{
	struct seal_multipart *multipart = calloc(1, sizeof(*multipart));

	if (multipart == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	multipart->part = part;
	multipart->context = context;
	memcpy(multipart->start, "--", 2);
	strncpy(multipart->start + 2, boundary, SEAL_MULTIPART_BOUNDARY_MAX);
	multipart->start_len = strlen(multipart->start);
	return multipart;
}

static int refuse(struct seal_error *err, const char *text)
{
	return seal_error_set(err, SEAL_ERR_REFUSED, "%s", text);
}

static int deliver(struct seal_multipart *multipart, const unsigned char *data,
		   size_t len, struct seal_error *err)
{
	size_t i;

	switch (multipart->number) {
	case 0:
		return 0;
	case 3:
		for (i = 0; i < len; i++) {
			if (strchr(" \t\r\n", data[i]) == NULL ||
			    data[i] == '\0')
				return refuse(err, "there is text below its "
					      "last part");
		}
		return 0;
	default:
		return len == 0 ? 0 :
			multipart->part(multipart->context, multipart->number,
					data, len, err);
	}
}

static void begin_line(struct seal_multipart *multipart)
{
	multipart->state = LINE_START;
	multipart->matched = 0;
	multipart->tail = NOTHING;
	multipart->white = multipart->after_cr = false;
}

/* What is held is no delimiter. */
static int give_up(struct seal_multipart *multipart, struct seal_error *err)
{
	size_t len = multipart->held_len;

	multipart->state = IN_LINE;
	multipart->held_len = 0;
	return deliver(multipart, multipart->held, len, err);
}

/* A delimiter, of which kind the tail says. */
static int next_part(struct seal_multipart *multipart, struct seal_error *err)
{
	bool last = multipart->tail == TWO_DASHES;

	if (last != (multipart->number == 2))
		return refuse(err, "it does not have two parts");
	multipart->number++;
	multipart->held_len = 0;
	begin_line(multipart);
	/* nothing is looked for below */
	if (last)
		multipart->state = IN_LINE;
	return 0;
}

/* Is the line with c still a delimiter's? YES: with its line end. */
static enum match match(struct seal_multipart *multipart, char c)
{
	if (multipart->matched < multipart->start_len)
		return c == multipart->start[multipart->matched++] ? MAYBE : NO;
	if (c == '\n')
		return multipart->tail == ONE_DASH ? NO : YES;
	if (multipart->after_cr)
		return NO;
	switch (c) {
	case '\r':
		multipart->after_cr = true;
		return MAYBE;
	case ' ':
	case '\t':
		multipart->white = true;
		return MAYBE;
	case '-':
		if (multipart->white || multipart->tail == TWO_DASHES)
			return NO;
		multipart->tail++;
		return MAYBE;
	default:
		return NO;
	}
}

/* *taken is false where c is to be looked at again */
static int line_start(struct seal_multipart *multipart, unsigned char c,
		      bool *taken, struct seal_error *err)
{
	enum match verdict = multipart->held_len == HELD_MAX ? NO :
		match(multipart, (char)c);

	*taken = verdict != NO;
	switch (verdict) {
	case MAYBE:
		multipart->held[multipart->held_len++] = c;
		return 0;
	case YES:
		return next_part(multipart, err);
	case NO:
		break;
	}
	return give_up(multipart, err);
}

static int after_cr(struct seal_multipart *multipart, unsigned char c,
		    bool *taken, struct seal_error *err)
{
	*taken = c == '\n';
	if (!*taken)
		return give_up(multipart, err);
	multipart->held[multipart->held_len++] = c;
	begin_line(multipart);
	return 0;
}

/* What of a line is there. Its end is held. */
static int in_line(struct seal_multipart *multipart, const unsigned char *data,
		   size_t len, size_t *used, struct seal_error *err)
{
	const unsigned char *lf = NULL;
	size_t n = len;

	*used = len;
	if (multipart->number == 3)
		return deliver(multipart, data, len, err);
	lf = memchr(data, '\n', len);
	if (lf != NULL) {
		n = (size_t)(lf - data);
		*used = n + 1;
	}
	if (n > 0 && data[n - 1] == '\r') {
		n--;
		multipart->held[multipart->held_len++] = '\r';
		multipart->state = AFTER_CR;
	}
	if (lf != NULL) {
		multipart->held[multipart->held_len++] = '\n';
		begin_line(multipart);
	}
	return deliver(multipart, data, n, err);
}

int seal_multipart_more(struct seal_multipart *multipart,
			const unsigned char *data, size_t len,
			struct seal_error *err)
{
	bool taken = true;
	size_t used;
	int ret = 0;

	for (; len > 0 && ret == 0; data += used, len -= used) {
		switch (multipart->state) {
		case LINE_START:
			ret = line_start(multipart, *data, &taken, err);
			used = taken ? 1 : 0;
			break;
		case AFTER_CR:
			ret = after_cr(multipart, *data, &taken, err);
			used = taken ? 1 : 0;
			break;
		case IN_LINE:
		default:
			ret = in_line(multipart, data, len, &used, err);
			break;
		}
	}
	return ret;
}

int seal_multipart_finish(struct seal_multipart *multipart,
			  struct seal_error *err)
{
	/* the last delimiter may lack its line end */
	if (multipart->number == 2 && multipart->state == LINE_START &&
	    multipart->matched == multipart->start_len &&
	    multipart->tail == TWO_DASHES)
		return 0;
	return multipart->number == 3 ? 0 : refuse(err, "it is cut off");
}

void seal_multipart_free(struct seal_multipart **multipart)
{
	if (*multipart != NULL)
		seal_wipe(*multipart, sizeof(**multipart));
	free(*multipart);
	*multipart = NULL;
}
