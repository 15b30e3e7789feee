/* SPDX-License-Identifier: MIT */
#ifndef SEAL_CLIENT_ANSWER_PRIVATE_H
#define SEAL_CLIENT_ANSWER_PRIVATE_H

/* For src/client only. */

#include <stddef.h>
#include <stdint.h>

struct seal_answer;
struct seal_error;

/* Reads a line of an answer, "ID KIND name=value...", of len bytes and a NUL in
 * place of its LF, which has to be the one to question number id. The line is
 * unescaped in place. 1: answer is filled. 0: it is none, and *what_r says what it is
 * instead. -1: SEAL_ERR_MEMORY. */
int seal_answer_parse(char *line, size_t len, uint64_t id,
		      struct seal_answer *answer, const char **what_r,
		      struct seal_error *err);

#endif
