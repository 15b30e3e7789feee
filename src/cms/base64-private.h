/* SPDX-License-Identifier: MIT */
#ifndef SEAL_CMS_BASE64_PRIVATE_H
#define SEAL_CMS_BASE64_PRIVATE_H

/* For base64*.c and their test only: the ways of writing whole lines. */

#include <stddef.h>
#include "cms/base64.h"

/* Writes count lines of SEAL_BASE64_LINE bytes, CRLF included, for count times
 * SEAL_BASE64_RUN bytes of data. Touches not a byte beyond either. */
void seal_base64_lines_scalar(unsigned char *out, const unsigned char *data,
			      size_t count);

/* This processor's ways, the best (0) first, the scalar one last; the name is
 * for the test's messages. NULL: there are not so many. */
seal_base64_lines_t *seal_base64_way(unsigned int i, const char **name_r);

/* The ways that not every processor of its kind has; NULL as above. */
seal_base64_lines_t *seal_base64_way_x86(unsigned int i, const char **name_r);

#endif
