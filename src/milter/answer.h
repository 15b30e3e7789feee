/* SPDX-License-Identifier: MIT */
#ifndef SEAL_MILTER_ANSWER_H
#define SEAL_MILTER_ANSWER_H

#include <stddef.h>

/* With a code before it, a line of an SMTP answer has 512 bytes at most (RFC 5321
 * section 4.5.3.1.5). */
#define MILTER_ANSWER_MAX 480

/* Makes a sentence the text of an SMTP answer as smfi_setreply() takes it: of
 * printable ASCII ('?' is put for the rest), cut to MILTER_ANSWER_MAX, with % doubled.
 * out has room for 2 * MILTER_ANSWER_MAX + 1. */
void milter_answer_text(const char *sentence, char *out);

#endif
