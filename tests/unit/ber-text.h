/* SPDX-License-Identifier: MIT */
#ifndef SEAL_TESTS_BER_TEXT_H
#define SEAL_TESTS_BER_TEXT_H

/* Structures are written as text: hexadecimal bytes, (30 ...) for an element
 * with a definite length, {30 ...} with a longer one than necessary, [30 ...]
 * for one with an indefinite length. One that is not closed is left as it is. */

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BER_TEXT_MAX 2048

struct ber_assembler {
	const char *p;
	unsigned char out[BER_TEXT_MAX];
	size_t len;
};

static inline void ber_assemble(struct ber_assembler *as, char until);

static inline unsigned char ber_hex_byte(struct ber_assembler *as)
{
	char digits[3] = { as->p[0], as->p[1], '\0' };

	if (!isxdigit((unsigned char)digits[0]) ||
	    !isxdigit((unsigned char)digits[1]))
		abort();
	as->p += 2;
	return (unsigned char)strtoul(digits, NULL, 16);
}

/* Puts the length before what was written from start on. */
static inline void ber_insert_length(struct ber_assembler *as, size_t start,
				     bool longer)
{
	size_t i, len = as->len - start;
	size_t bytes = longer ? 4 : len < 128 ? 0 : len < 256 ? 1 : 2;
	unsigned char *at = as->out + start;

	memmove(at + 1 + bytes, at, len);
	as->len += 1 + bytes;
	*at++ = (unsigned char)(bytes == 0 ? len : 0x80 | bytes);
	for (i = bytes; i > 0; i--)
		*at++ = (unsigned char)(len >> (i - 1) * 8);
}

static inline void ber_assemble_element(struct ber_assembler *as, char open)
{
	size_t start;

	as->p++;
	as->out[as->len++] = ber_hex_byte(as);
	start = as->len;
	if (open == '[')
		as->out[as->len++] = 0x80;
	ber_assemble(as, open == '[' ? ']' : open == '(' ? ')' : '}');
	if (*as->p == '\0')
		return;
	as->p++;
	if (open == '[') {
		memset(as->out + as->len, 0, 2);
		as->len += 2;
	} else {
		ber_insert_length(as, start, open == '{');
	}
}

static inline void ber_assemble(struct ber_assembler *as, char until)
{
	while (*as->p != '\0' && *as->p != until) {
		if (*as->p == ' ')
			as->p++;
		else if (strchr("([{", *as->p) != NULL)
			ber_assemble_element(as, *as->p);
		else
			as->out[as->len++] = ber_hex_byte(as);
		if (as->len > BER_TEXT_MAX - 16)
			abort();
	}
}

static inline size_t ber_text(const char *source, unsigned char *out)
{
	struct ber_assembler as = { .p = source };

	ber_assemble(&as, '\0');
	memcpy(out, as.out, as.len);
	return as.len;
}

/* $a and the like in a text stand for these bytes. */
struct ber_name {
	char name;
	const unsigned char *data;
	size_t len;
};

#define BER_SOURCE_MAX (4 * BER_TEXT_MAX)

/* names: ended by one without a name */
static inline void ber_expand(const char *source, const struct ber_name *names,
			      char out[BER_SOURCE_MAX])
{
	const struct ber_name *name;
	size_t len = 0, i;

	for (; *source != '\0'; source++) {
		if (len >= BER_SOURCE_MAX - 3)
			abort();
		if (*source != '$') {
			out[len++] = *source;
			continue;
		}
		source++;
		for (name = names; name->name != *source; name++) {
			if (name->name == '\0')
				abort();
		}
		for (i = 0; i < name->len && len < BER_SOURCE_MAX - 3; i++)
			len += (size_t)sprintf(out + len, "%02x",
					       name->data[i]);
	}
	out[len] = '\0';
}

#endif
