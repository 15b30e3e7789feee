/* SPDX-License-Identifier: MIT */
#ifndef SEAL_TESTS_DETECT_CHECK_H
#define SEAL_TESTS_DETECT_CHECK_H

/* What the tests of message/detect.h share: a body is judged whole, byte by byte,
 * cut in two and cut short, and with allocations failing. */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/error.h"
#include "message/detect.h"
#include "message/entity.h"
#include "tap.h"

struct sample {
	char *data;
	size_t len;
};

/* Feeds cut bytes, then pieces of step (0: the rest). The verdict as it is
 * before finish(), or -1 where memory ran out; finish makes it final. */
static inline int run(const struct seal_content *content, const struct seal_buf *names,
	       const char *data, size_t len, size_t cut, size_t step,
	       int *final)
{
	struct seal_error err = { .code = SEAL_ERR_NONE };
	struct seal_detect *detect;
	size_t at = 0, n = cut;
	int ret = 0;

	*final = -1;
	detect = seal_detect_new(content, names == NULL ? NULL :
				 names->data != NULL ? names->data :
				 (const unsigned char *)"",
				 names == NULL ? 0 : names->len, &err);
	if (detect == NULL)
		return -1;
	while (ret == 0 && at < len) {
		if (n == 0 || n > len - at)
			n = len - at;
		ret = seal_detect_more(detect, (const unsigned char *)data + at,
				       n, &err);
		at += n;
		n = step;
	}
	if (ret == 0) {
		ret = seal_detect_verdict(detect);
		seal_detect_finish(detect);
		*final = seal_detect_verdict(detect);
	}
	seal_detect_free(&detect);
	seal_detect_free(&detect);
	return ret;
}

static inline bool gives(const struct seal_content *content,
		  const struct seal_buf *names, const struct sample *body,
		  size_t len, size_t cut, size_t step, int wanted)
{
	int final;

	(void)run(content, names, body->data, len, cut, step, &final);
	return final == wanted;
}

/* The least length that gives a YES, 0 for none. */
static inline size_t find_yes(const struct seal_content *content,
		       const struct seal_buf *names, const struct sample *body)
{
	size_t low = 0, high = body->len, middle;

	if (!gives(content, names, body, high, 0, 0, SEAL_DETECT_YES))
		return 0;
	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (gives(content, names, body, middle, 0, 0, SEAL_DETECT_YES))
			high = middle;
		else
			low = middle;
	}
	return high;
}

static inline void check(const char *name, const struct seal_content *content,
		  const struct seal_buf *names, const struct sample *body,
		  int wanted)
{
	size_t cut, yes, by = body->len / 500 + 1;
	bool good;

	good = gives(content, names, body, body->len, 0, 0, wanted) &&
		gives(content, names, body, body->len, 1, 1, wanted);
	for (cut = 1; good && cut < body->len; cut += by)
		good = gives(content, names, body, body->len, cut, 0, wanted);
	/* cut short just before: no, however it is fed */
	yes = find_yes(content, names, body);
	if (good && yes > 1)
		good = gives(content, names, body, yes, 1, 1, wanted) &&
			gives(content, names, body, yes - 1, 1, 1,
			      SEAL_DETECT_NO);
	tap_ok(good && (yes > 0) == (wanted == SEAL_DETECT_YES), "%s", name);
}

static inline void survives(const char *name, const struct seal_content *content,
		     const struct seal_buf *names, const struct sample *body)
{
	bool good = true, failed = true;
	unsigned long n;
	int ret, final;

	for (n = 1; good && failed; n++) {
		tap_alloc_fail_at(n);
		ret = run(content, names, body->data, body->len, 100, 100,
			  &final);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		good = ret < 0 ? failed : final == SEAL_DETECT_YES;
	}
	tap_ok(good && n > 2, "%s: allocations fail", name);
}

static inline bool shell(const char *command, const void *in, size_t in_len,
		  struct sample *out)
{
	const char *const argv[] = { "sh", "-c", command, NULL };
	struct sample unused = { NULL, 0 };
	int status;

	if (out == NULL)
		out = &unused;
	status = tap_run(argv, in, in_len, &out->data, &out->len);
	free(unused.data);
	return status == 0 && (out == &unused || out->len > 0);
}

static inline void append(struct seal_buf *buf, const void *data, size_t len)
{
	struct seal_error err;

	if (seal_buf_append(buf, data, len, &err) < 0)
		abort();
}

/* head, then line as often as it takes to reach the limit */
static inline void test_limit(const char *name, const struct seal_content *content,
		       const char *head, size_t head_len, const char *line,
		       int wanted)
{
	struct seal_buf buf = SEAL_BUF_INIT;
	int final;

	append(&buf, head, head_len);
	while (buf.len < SEAL_DETECT_MAX)
		append(&buf, line, strlen(line));
	tap_ok(run(content, NULL, (char *)buf.data, SEAL_DETECT_MAX - 1, 0, 0,
		   &final) == SEAL_DETECT_MORE && final == SEAL_DETECT_NO &&
	       run(content, NULL, (char *)buf.data, SEAL_DETECT_MAX, 0, 0,
		   &final) == wanted && final == wanted &&
	       run(content, NULL, (char *)buf.data, buf.len, 997, 997,
		   &final) == wanted && final == wanted, "%s", name);
	seal_buf_free(&buf);
}

#endif
