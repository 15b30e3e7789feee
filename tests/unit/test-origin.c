/* SPDX-License-Identifier: MIT */
#include "message/origin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "origin-rows.h"
#include "tap.h"

#define COUNT(table) (sizeof(table) / sizeof(table[0]))

/* What finish() returns; -1 also for an engine that could not be made. reason_r
 * stays valid, address is copied. */
static int run(const char *id, const char *data, size_t len, size_t step,
	       size_t first, char address[512], const char **reason_r)
{
	struct seal_error err;
	struct seal_origin *origin = seal_origin_new(id, &err);
	const char *found;
	size_t at, n;
	int ret = 0;

	*address = '\0';
	*reason_r = NULL;
	if (origin == NULL)
		return -1;
	for (at = 0; at < len && ret == 0; at += n) {
		n = at == 0 && first > 0 ? first : step;
		if (n > len - at)
			n = len - at;
		ret = seal_origin_more(origin, (const unsigned char *)data + at,
				       n, &err);
	}
	if (ret == 0)
		ret = seal_origin_finish(origin, &found, reason_r, &err);
	if (ret == 1)
		snprintf(address, 512, "%s", found);
	else if (ret == 0 && found != NULL)
		ret = 2;
	seal_origin_free(&origin);
	return origin == NULL ? ret : 2;
}

static bool is_wanted(const struct origin_row *row, size_t step, size_t first)
{
	char address[512];
	const char *reason;
	int ret = run(row->always ? NULL : TRUSTED_ID, row->data, row->len,
		      step, first, address, &reason);

	if (row->address != NULL ? ret == 1 && reason == NULL &&
	    strcmp(address, row->address) == 0 :
	    ret == 0 && reason != NULL && strcmp(reason, row->reason) == 0)
		return true;
	tap_note("%s: %d, %s, %s", row->name, ret, address,
		 reason == NULL ? "no reason" : reason);
	return false;
}

/* With each allocation failing in turn: an error, or the same answer. */
static bool bears_no_memory(const struct origin_row *row)
{
	char address[512];
	const char *reason;
	unsigned long n;
	int wanted = row->address != NULL, ret;

	for (n = 1; n < 100; n++) {
		tap_alloc_fail_at(n);
		ret = run(row->always ? NULL : TRUSTED_ID, row->data, row->len,
			  row->len, 0, address, &reason);
		if (!tap_alloc_failed()) {
			tap_alloc_fail_at(0);
			return n > 1 && ret == wanted;
		}
		if (ret != -1)
			break;
	}
	tap_alloc_fail_at(0);
	return false;
}

static void test_rows(const struct origin_row *rows, size_t count)
{
	const struct origin_row *row;
	bool good;
	size_t first;

	for (row = rows; row < rows + count; row++) {
		good = is_wanted(row, row->len == 0 ? 1 : row->len, 0) &&
			is_wanted(row, 1, 0);
		for (first = 1; first < row->len && good; first++)
			good = is_wanted(row, row->len, first);
		tap_ok(good && bears_no_memory(row), "%s: %s", row->address ==
		       NULL ? "refused" : "accepted", row->name);
	}
}

/* The same words, of which some are too many. */
static void test_limits(void)
{
	static char data[64 * 1024];
	const char *reason;
	char address[512];
	size_t i, head = strlen("From: "), at;
	int ret;

	for (i = 0; i < 3; i++) {
		/* the value with its space is one short, full, one above */
		memset(data, 'x', sizeof(data));
		memcpy(data, "From: ", head);
		at = head - 1 + SEAL_ORIGIN_VALUE_MAX - 1 + i;
		memcpy(data + at - strlen(" <ann@a.example>"),
		       " <ann@a.example>", strlen(" <ann@a.example>"));
		memcpy(data + at, "\r\n", 2);
		ret = run(NULL, data, at + 2, at + 2, 0, address, &reason);
		tap_ok(i < 2 ? ret == 1 && strcmp(address, ANN) == 0 :
		       ret == 0 && strcmp(reason, R_FORM) == 0,
		       "From of 16 kB and %d", (int)i - 1);
	}
	for (i = 0; i < 3; i++) {
		memset(data, 'x', sizeof(data));
		memcpy(data, GOOD, strlen(GOOD) - 2);
		at = strlen("Authentication-Results:") +
			SEAL_ORIGIN_VALUE_MAX - 1 + i;
		memcpy(data + strlen(GOOD) - 2, " (", 2);
		memcpy(data + at - 1, ")\r\n" F, strlen(")\r\n" F));
		ret = run(TRUSTED_ID, data, at + 2 + strlen(F), 4096, 0,
			  address, &reason);
		tap_ok(i < 2 ? ret == 1 && strcmp(address, ANN) == 0 :
		       ret == 0 && strcmp(reason, R_UNREADABLE) == 0,
		       "Authentication-Results of 16 kB and %d", (int)i - 1);
	}
	/* another field may be as long as it likes */
	memset(data, 'x', sizeof(data));
	memcpy(data, GOOD "X:", strlen(GOOD "X:"));
	at = sizeof(data) - strlen("\r\n" F);
	memcpy(data + at, "\r\n" F, strlen("\r\n" F));
	tap_ok(run(TRUSTED_ID, data, sizeof(data), 1000, 0, address,
		   &reason) == 1, "64 kB of another field");
	/* what nests deeply takes no more than it is */
	memset(data, '(', 8000);
	memcpy(data, "From: ", head);
	memset(data + 8000, ')', 8000 - head);
	at = 16000 - head;
	memcpy(data + at, "ann@a.example\r\n", strlen("ann@a.example\r\n"));
	tap_ok(run(NULL, data, at + strlen("ann@a.example\r\n"), 1000, 0,
		   address, &reason) == 1, "8,000 nested comments");
}

static void test_ids(void)
{
	static const char nobody[] = AR "\"\"; " PASS "\r\n" F;
	static const char odd[] = AR "\"mx \\\"1\\\"\"; " PASS "\r\n" F;
	static const char longer[] = AR L63 L63 L63 L63 "ab; " PASS "\r\n" F;
	char address[512];
	const char *reason;
	struct seal_origin *origin = NULL;

	tap_ok(run("", nobody, sizeof(nobody) - 1, 7, 0, address,
		   &reason) == 0, "nobody is trusted, nobody is believed");
	tap_ok(run("MX \"1\"", odd, sizeof(odd) - 1, 7, 0, address,
		   &reason) == 1, "an id that needs quotes");
	tap_ok(run(L63 L63 L63 L63 "a", longer, sizeof(longer) - 1, 7, 0,
		   address, &reason) == 0, "an id longer than is kept");
	tap_ok(run(NULL, F, strlen(F), 7, 0, address, &reason) == 1,
	       "always");
	tap_ok(run(NULL, AR "(\r\n" F, strlen(AR "(\r\n" F), 7, 0, address,
		   &reason) == 1, "always, results are not looked at");
	seal_origin_free(&origin);
	tap_ok(origin == NULL, "free accepts NULL");
}

int main(void)
{
	tap_alloc_init();
	test_rows(from_rows, COUNT(from_rows));
	test_rows(header_rows, COUNT(header_rows));
	test_limits();
	test_ids();
	return tap_done();
}
