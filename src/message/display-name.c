/* SPDX-License-Identifier: MIT */
#include "message/display-name.h"

#include <string.h>
#include "base/base64-decode.h"
#include "message/scan.h"

/* Stands for a character that is only known to be harmless. */
#define SOME_LETTER 0xfffd

/* A word with an '@' has to be the address; some bytes for what is around it. */
#define WORD_MAX (254 + 16)

struct shown {
	const char *address;
	unsigned char word[WORD_MAX];
	size_t word_len;
	bool too_long, has_at;
	uint32_t before;	/* the last character */
};

/* What has no place in a name that is to be believed. */
static const struct {
	uint32_t first, last;
} refused[] = {
	{ 0x00, 0x08 }, { 0x0a, 0x1f },	/* controls; a tab is a space */
	{ 0x7f, 0x9f },
	{ 0xad, 0xad },			/* soft hyphen */
	{ 0x34f, 0x34f },		/* invisible joiner */
	{ 0x61c, 0x61c },		/* direction */
	{ 0x115f, 0x1160 },		/* fillers */
	{ 0x17b4, 0x17b5 }, { 0x180b, 0x180f },
	{ 0x200b, 0x200b },		/* space without width */
	{ 0x200e, 0x200f },		/* direction */
	{ 0x2028, 0x202e },		/* line ends, direction */
	{ 0x2060, 0x206f },		/* invisible, direction */
	{ 0x20dd, 0x20e4 },		/* circle around the letter before */
	{ 0x24b6, 0x24b6 }, { 0x24d0, 0x24d0 },	/* a in a circle */
	{ 0x3164, 0x3164 },		/* filler */
	{ 0xfe6b, 0xfe6b },		/* small @ */
	{ 0xfeff, 0xfeff },		/* byte order mark */
	{ 0xff20, 0xff20 },		/* full-width @ */
	{ 0xffa0, 0xffa0 },		/* filler */
	{ 0xfff0, 0xfffc }, { 0xfffe, 0xffff },
	{ 0x1d173, 0x1d17a },		/* invisible */
	{ 0x1f150, 0x1f150 },		/* a in a circle */
	{ 0xe0000, 0xe0fff }		/* tags, an invisible ASCII */
};

static bool is_refused(uint32_t point)
{
	size_t i;

	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (point >= refused[i].first && point <= refused[i].last)
			return true;
	}
	return false;
}

static bool is_space(uint32_t point)
{
	return point == ' ' || point == '\t' || point == 0xa0 ||
		point == 0x1680 || (point >= 0x2000 && point <= 0x200a) ||
		point == 0x202f || point == 0x205f || point == 0x3000;
}

static bool is_around(unsigned char c)
{
	return c != '\0' && strchr("'\"()<>[],;:", c) != NULL;
}

static bool end_word(struct shown *shown)
{
	const unsigned char *word = shown->word;
	size_t len = shown->word_len;
	bool good = !shown->has_at;

	if (!good && !shown->too_long) {
		for (; len > 0 && is_around(*word); len--)
			word++;
		while (len > 0 && is_around(word[len - 1]))
			len--;
		good = seal_scan_same(word, len, shown->address);
	}
	shown->word_len = 0;
	shown->too_long = shown->has_at = false;
	return good;
}

static void add_byte(struct shown *shown, uint32_t byte)
{
	if (shown->word_len == WORD_MAX)
		shown->too_long = true;
	else
		shown->word[shown->word_len++] = (unsigned char)byte;
}

static void add_point(struct shown *shown, uint32_t point)
{
	if (point < 0x80) {
		add_byte(shown, point);
	} else if (point < 0x800) {
		add_byte(shown, 0xc0 | point >> 6);
		add_byte(shown, 0x80 | (point & 0x3f));
	} else {
		/* no address has characters beyond these 16 bits */
		if (point > 0xffff)
			point = SOME_LETTER;
		add_byte(shown, 0xe0 | point >> 12);
		add_byte(shown, 0x80 | (point >> 6 & 0x3f));
		add_byte(shown, 0x80 | (point & 0x3f));
	}
}

static bool show(struct shown *shown, uint32_t point)
{
	/* "=?" comes out of an encoded word, to be decoded once more? */
	if (is_refused(point) || (shown->before == '=' && point == '?'))
		return false;
	shown->before = point;
	if (is_space(point))
		return end_word(shown);
	if (point == '@')
		shown->has_at = true;
	add_point(shown, point);
	return true;
}

/* Character sets: what the bytes from 0x80 to 0x9f are, and those above. */
enum charset { UNKNOWN, ASCII, UTF_8, LETTERS_ABOVE_9F, LETTERS_ABOVE_7F };

static enum charset find_charset(const unsigned char *name, size_t len)
{
	static const struct {
		const char *name;
		enum charset charset;
	} sets[] = {
		{ "utf-8", UTF_8 }, { "us-ascii", ASCII },
		{ "iso-8859-1", LETTERS_ABOVE_9F },
		{ "iso-8859-2", LETTERS_ABOVE_9F },
		{ "iso-8859-3", LETTERS_ABOVE_9F },
		{ "iso-8859-4", LETTERS_ABOVE_9F },
		{ "iso-8859-5", LETTERS_ABOVE_9F },
		{ "iso-8859-7", LETTERS_ABOVE_9F },
		{ "iso-8859-9", LETTERS_ABOVE_9F },
		{ "iso-8859-13", LETTERS_ABOVE_9F },
		{ "iso-8859-15", LETTERS_ABOVE_9F },
		{ "koi8-r", LETTERS_ABOVE_7F },
		{ "windows-1250", LETTERS_ABOVE_7F },
		{ "windows-1251", LETTERS_ABOVE_7F },
		{ "windows-1252", LETTERS_ABOVE_7F },
		{ "windows-1253", LETTERS_ABOVE_7F },
		{ "windows-1254", LETTERS_ABOVE_7F },
		{ "windows-1257", LETTERS_ABOVE_7F }
	};
	size_t i;

	for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		if (seal_scan_same(name, len, sets[i].name))
			return sets[i].charset;
	}
	return UNKNOWN;
}

static bool show_bytes(struct shown *shown, enum charset charset,
		       const unsigned char *data, size_t len)
{
	struct seal_scan scan = { data, data + len };
	uint32_t point;

	while (scan.p < scan.end) {
		if (charset == UTF_8) {
			point = seal_scan_utf8(&scan);
		} else {
			point = *scan.p++;
			if (point >= 0x80 && charset == ASCII)
				return false;
			if (point >= 0xa0 || (point >= 0x80 &&
					      charset == LETTERS_ABOVE_7F))
				point = SOME_LETTER;
		}
		if (point == SEAL_SCAN_BAD || !show(shown, point))
			return false;
	}
	return true;
}

static int hex_digit(unsigned char c)
{
	c = seal_scan_lower(c);
	return c >= '0' && c <= '9' ? c - '0' :
		c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Both decode in place. False: malformed. */
static bool decode_q(unsigned char *data, size_t *len)
{
	size_t i, out = 0;
	int high, low;

	for (i = 0; i < *len; i++) {
		if (data[i] == '=') {
			if (*len - i < 3 || (high = hex_digit(data[i + 1])) < 0 ||
			    (low = hex_digit(data[i + 2])) < 0)
				return false;
			data[out++] = (unsigned char)(high << 4 | low);
			i += 2;
		} else {
			data[out++] = data[i] == '_' ? ' ' : data[i];
		}
	}
	*len = out;
	return true;
}

static bool decode_b(unsigned char *data, size_t *len)
{
	struct seal_base64_decode state = { 0 };
	unsigned char some[8];
	size_t i, n, out = 0;

	if (*len % 4 != 0)
		return false;
	for (i = 0; i < *len; i += 4) {
		n = seal_base64_decode(&state, data + i, 4, some);
		/* what ends the data has to be padding; nothing follows it */
		if (n == 0 || (n < 3 && data[i + 3] != '=') ||
		    (n == 1 && data[i + 2] != '='))
			return false;
		memcpy(data + out, some, n);
		out += n;
	}
	*len = out;
	return true;
}

/* The encoded word that begins at p ("=?"): returns where it ends, or NULL. */
static unsigned char *show_encoded(struct shown *shown, unsigned char *p,
				   unsigned char *end)
{
	unsigned char *name = p + 2, *data, *stop, kind;
	enum charset charset;
	size_t len;
	bool good;

	data = memchr(name, '?', (size_t)(end - name));
	if (data == NULL || end - data < 3 || data[2] != '?')
		return NULL;
	charset = find_charset(name, (size_t)(data - name));
	kind = seal_scan_lower(data[1]);
	data += 3;
	stop = memchr(data, '?', (size_t)(end - data));
	if (charset == UNKNOWN || stop == NULL || end - stop < 2 ||
	    stop[1] != '=')
		return NULL;
	len = (size_t)(stop - data);
	for (p = data; p < stop; p++) {
		if (*p <= ' ' || *p > '~')
			return NULL;
	}
	good = kind == 'q' ? decode_q(data, &len) :
		kind == 'b' && decode_b(data, &len);
	return good && show_bytes(shown, charset, data, len) ? stop + 2 : NULL;
}

static bool is_encoded(const unsigned char *p, const unsigned char *end)
{
	return end - p >= 2 && p[0] == '=' && p[1] == '?';
}

bool seal_display_name_is_plain(unsigned char *text, size_t len,
				const char *address)
{
	struct shown shown = { .address = address };
	struct seal_scan scan = { text, text + len };
	unsigned char *p = text, *end = text + len, *next;

	while (p < end) {
		if (!is_encoded(p, end)) {
			scan.p = p;
			if (!show(&shown, seal_scan_utf8(&scan)))
				return false;
			p += scan.p - p;
			continue;
		}
		p = show_encoded(&shown, p, end);
		if (p == NULL)
			return false;
		/* white space between two of them is not shown */
		for (next = p; next < end && (*next == ' ' || *next == '\t'); )
			next++;
		if (is_encoded(next, end))
			p = next;
	}
	return end_word(&shown);
}
