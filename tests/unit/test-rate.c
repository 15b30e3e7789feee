/* SPDX-License-Identifier: MIT */
#include "service/rate.h"

#include <stdio.h>
#include "base/error.h"
#include "tap.h"

/* How many of count questions at that time are allowed; -1: an error. */
static int ask(struct seal_rate *rate, const char *user, unsigned int tokens,
	       unsigned int count, time_t now)
{
	struct seal_error err;
	int allowed = 0, ret;

	for (; count > 0; count--) {
		ret = seal_rate_take(rate, user, tokens, now, &err);
		if (ret < 0)
			return -1;
		allowed += ret;
	}
	return allowed;
}

/* One after the other, in one bucket. */
static void test_bucket(void)
{
	static const struct {
		const char *name;
		time_t now;
		unsigned int tokens, count;
		int allowed;
	} rows[] = {
		{ "all at once", 1000, 1, 150, 120 },
		{ "no more in that second", 1000, 1, 10, 0 },
		{ "two in the next", 1001, 1, 10, 2 },
		{ "ten after five", 1006, 1, 20, 10 },
		{ "for what costs more", 1010, 9, 3, 0 },
		{ "it is enough a moment later", 1011, 9, 3, 1 },
		{ "and the rest is kept", 1011, 1, 3, 1 },
		{ "a clock that was put back gives nothing", 500, 1, 3, 0 },
		{ "and goes on from there", 502, 1, 10, 4 },
		{ "full after a minute", 562, 1, 150, 120 },
		{ "no more than full after a year", 40000000, 1, 150, 120 }
	};
	struct seal_error err;
	struct seal_rate *rate = seal_rate_new(&err);
	size_t i;
	int allowed;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		allowed = ask(rate, "u", rows[i].tokens, rows[i].count,
			      rows[i].now);
		tap_ok(allowed == rows[i].allowed, "%s: %d", rows[i].name,
		       allowed);
	}
	tap_ok(ask(rate, "v", 1, 200, 40000000) == 120,
	       "another user's is another");
	tap_ok(ask(rate, "v", 0, 1, 40000000) == 1, "nothing may be taken always");
	seal_rate_free(&rate);
	seal_rate_free(&rate);
}

/* However many users there are, it does not grow; who goes on asking is known. */
static void test_bound(void)
{
	struct seal_error err;
	struct seal_rate *rate = seal_rate_new(&err);
	bool good = ask(rate, "u", 1, 200, 1000) == 120;
	unsigned int i;
	char name[32];

	for (i = 0; i < 3 * SEAL_RATE_USERS; i++) {
		snprintf(name, sizeof(name), "user%u", i);
		good = good && ask(rate, name, 1, 1, 1000) == 1;
		if (i % 1000 == 0)
			good = good && ask(rate, "u", 1, 1, 1000) == 0;
	}
	tap_ok(good, "many users");
	seal_rate_free(&rate);
}

static void test_allocations(void)
{
	struct seal_rate *rate;
	struct seal_error err;
	bool good = true, failed = true;
	unsigned long n;
	int ret;

	for (n = 1; good && failed; n++) {
		err.code = SEAL_ERR_NONE;
		tap_alloc_fail_at(n);
		rate = seal_rate_new(&err);
		ret = rate == NULL ? -1 : seal_rate_take(rate, "u", 1, 1, &err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		good = failed ? ret == -1 && err.code == SEAL_ERR_MEMORY :
			ret == 1;
		seal_rate_free(&rate);
	}
	tap_ok(good, "every failing allocation (%lu)", n - 1);
}

int main(void)
{
	tap_alloc_init();
	test_bucket();
	test_bound();
	test_allocations();
	return tap_done();
}
