/* SPDX-License-Identifier: MIT */
#include "milter/answer.h"

void milter_answer_text(const char *sentence, char *out)
{
	size_t len;

	for (len = 0; len < MILTER_ANSWER_MAX && sentence[len] != '\0'; len++) {
		if (sentence[len] == '%')
			*out++ = '%';
		*out++ = sentence[len] < ' ' || sentence[len] > '~' ? '?' :
			sentence[len];
	}
	*out = '\0';
}
