/* SPDX-License-Identifier: MIT */
#include "cms/ber.h"

#include <string.h>
#include "base/error.h"

/* No length above this is believed: sums with it cannot overflow. */
#define LENGTH_MAX ((uint64_t)1 << 60)
#define TAG_END 0
#define TAG_LAST 0xff		/* ends the table */
#define CONSTRUCTED 0x20

struct element {
	unsigned char tag;
	bool indefinite;
	uint64_t length;
};

void seal_ber_init(struct seal_ber *ber, const struct seal_ber_rule *rules,
		   const char *noun, const struct seal_ber_handler *handler,
		   void *context)
{
	memset(ber, 0, sizeof(*ber));
	ber->rules = rules;
	ber->noun = noun;
	ber->handler = handler;
	ber->context = context;
}

static int refuse(const struct seal_ber *ber, const char *why,
		  struct seal_error *err)
{
	return seal_error_set(err, SEAL_ERR_REFUSED, "not %s (CMS): %s",
			      ber->noun, why);
}

/* Of the bytes in head. 1: el is filled. 0: it goes on. -1: none begins so. */
static int read_head(const struct seal_ber *ber, struct element *el)
{
	const unsigned char *p = ber->head;
	unsigned int i, n;

	memset(el, 0, sizeof(*el));
	if (ber->head_len < 2)
		return 0;
	el->tag = p[0];
	if ((el->tag & 0x1f) == 0x1f)
		return -1;	/* a tag of several bytes: CMS has none */
	n = p[1] & 0x7f;
	if (p[1] < 0x80) {
		el->length = p[1];
	} else if (n == 0) {
		el->indefinite = true;
		if ((el->tag & CONSTRUCTED) == 0)
			return -1;
	} else if (n > 8) {
		return -1;
	} else if (ber->head_len < 2 + n) {
		return 0;
	} else {
		for (i = 0; i < n; i++)
			el->length = el->length << 8 | p[2 + i];
	}
	return el->length > LENGTH_MAX ? -1 : 1;
}

static const struct seal_ber_rule *find_rule(const struct seal_ber *ber,
					     unsigned char tag)
{
	const struct seal_ber_rule *rule;

	for (rule = ber->rules; rule->tag != TAG_LAST; rule++) {
		if (rule->stage == ber->stage && rule->tag == tag)
			return rule;
	}
	return NULL;
}

static uint64_t limit(const struct seal_ber *ber)
{
	return ber->depth == 0 ? UINT64_MAX : ber->open[ber->depth - 1].limit;
}

static int give(struct seal_ber *ber, const unsigned char *data, size_t len,
		struct seal_error *err)
{
	return len == 0 ? 0 :
		ber->handler->bytes(ber->context, ber->what, data, len, err);
}

static int ended(struct seal_ber *ber, unsigned char what, unsigned char after,
		 struct seal_error *err)
{
	ber->stage = after;
	ber->done = ber->depth == 0;
	return ber->handler->end(ber->context, what, err);
}

/* The element entered last is over. */
static int leave(struct seal_ber *ber, struct seal_error *err)
{
	if (find_rule(ber, TAG_END) == NULL)
		return refuse(ber, "something is missing", err);
	ber->depth--;
	return ended(ber, ber->open[ber->depth].what,
		     ber->open[ber->depth].after, err);
}

/* What was read with CONTENTS or WHOLE is over. */
static int read_ended(struct seal_ber *ber, struct seal_error *err)
{
	return ended(ber, ber->what, ber->after, err);
}

/* Ends what has a definite length that is used up. */
static int leave_full(struct seal_ber *ber, struct seal_error *err)
{
	while (ber->depth > 0 && !ber->open[ber->depth - 1].indefinite &&
	       ber->offset == limit(ber)) {
		if (leave(ber, err) < 0)
			return -1;
	}
	return 0;
}

static int enter(struct seal_ber *ber, const struct seal_ber_rule *rule,
		 const struct element *el, struct seal_error *err)
{
	if (ber->depth == SEAL_BER_DEPTH)
		return refuse(ber, "nested too deeply", err);
	ber->open[ber->depth].indefinite = el->indefinite;
	/* an indefinite one ends within its parent */
	ber->open[ber->depth].limit = el->indefinite ? limit(ber) :
		ber->offset + el->length;
	ber->open[ber->depth].what = rule->what;
	ber->open[ber->depth].after = rule->after;
	ber->depth++;
	ber->stage = rule->inside;
	return 0;
}

static int begin(struct seal_ber *ber, const struct element *el,
		 struct seal_error *err)
{
	const struct seal_ber_rule *rule = find_rule(ber, el->tag);

	if (rule == NULL)
		return refuse(ber, ber->offset == ber->head_len ?
			      "it begins otherwise" :
			      "something stands where it must not", err);
	if (rule->action == SEAL_BER_ENTER)
		return enter(ber, rule, el, err);
	ber->what = rule->what;
	ber->after = rule->after;
	ber->left = el->length;
	if (rule->action == SEAL_BER_WHOLE) {
		ber->within = el->indefinite ? 1 : 0;
		if (give(ber, ber->head, ber->head_len, err) < 0)
			return -1;
	}
	return ber->left == 0 && ber->within == 0 ? read_ended(ber, err) : 0;
}

/* An element inside a whole one of indefinite length. */
static int begin_within(struct seal_ber *ber, const struct element *el,
			struct seal_error *err)
{
	if (give(ber, ber->head, ber->head_len, err) < 0)
		return -1;
	ber->left = el->length;
	if (el->tag == TAG_END)
		return --ber->within == 0 ? read_ended(ber, err) : 0;
	if (el->indefinite && ++ber->within > SEAL_BER_DEPTH)
		return refuse(ber, "nested too deeply", err);
	return 0;
}

/* All of a head is there. */
static int step(struct seal_ber *ber, const struct element *el,
		struct seal_error *err)
{
	int ret;

	if (el->tag == TAG_END && ber->head[1] != 0)
		return refuse(ber, "a malformed end of contents", err);
	if (el->length > limit(ber) - ber->offset)
		return refuse(ber, "an element is longer than what it is in",
			      err);
	if (ber->within > 0)
		ret = begin_within(ber, el, err);
	else if (el->tag != TAG_END)
		ret = begin(ber, el, err);
	else if (ber->depth > 0 && ber->open[ber->depth - 1].indefinite)
		ret = leave(ber, err);
	else
		ret = refuse(ber, "an end of contents where none is due", err);
	ber->head_len = 0;
	return ret;
}

/* Bytes of contents: as many as belong to them. */
static int take(struct seal_ber *ber, const unsigned char **data, size_t *len,
		struct seal_error *err)
{
	size_t n = *len < ber->left ? *len : (size_t)ber->left;
	int ret;

	ber->left -= n;
	ber->offset += n;
	ret = give(ber, *data, n, err);
	*data += n;
	*len -= n;
	if (ret < 0 || ber->left > 0 || ber->within > 0)
		return ret;
	return read_ended(ber, err);
}

static int head_byte(struct seal_ber *ber, unsigned char byte,
		     struct seal_error *err)
{
	struct element el;
	int ret;

	if (ber->done)
		return refuse(ber, "something is behind it", err);
	if (ber->offset == limit(ber))
		return refuse(ber, "an element is longer than what it is in",
			      err);
	ber->head[ber->head_len++] = byte;
	ber->offset++;
	ret = read_head(ber, &el);
	if (ret < 0)
		return refuse(ber, "a malformed tag or length", err);
	return ret == 0 ? 0 : step(ber, &el, err);
}

int seal_ber_more(struct seal_ber *ber, const unsigned char *data, size_t len,
		  struct seal_error *err)
{
	int ret;

	while (len > 0) {
		if (ber->left > 0) {
			ret = take(ber, &data, &len, err);
		} else {
			ret = head_byte(ber, *data++, err);
			len--;
		}
		if (ret < 0 || (ber->head_len == 0 && ber->left == 0 &&
				ber->within == 0 && leave_full(ber, err) < 0))
			return -1;
	}
	return 0;
}

int seal_ber_finish(const struct seal_ber *ber, struct seal_error *err)
{
	return ber->done ? 0 : refuse(ber, "it is cut off", err);
}
