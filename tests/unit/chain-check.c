/* SPDX-License-Identifier: MIT */
#include "chain-check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>

struct seal_buf chain_der[BUILD_COUNT];
struct seal_terms chain_terms;
const char *const chain_addresses[] = {
	"alice@example.org", "alice.liddell@Example.org", NULL
};
const struct build_change chain_good[] = { NOTHING };

void chain_init(void)
{
	tap_alloc_init();
	chain_terms.profile_id = BUILD_ID;
	chain_terms.nonce = BUILD_NONCE;
	chain_terms.issuer_key = build_key("issuer");
	chain_terms.addresses = chain_addresses;
	chain_terms.days = BUILD_DAYS;
	chain_terms.now = time(NULL);
	chain_terms.created = chain_terms.now - 600;
}

void chain_deinit(void)
{
	unsigned int i;

	for (i = 0; i < BUILD_COUNT; i++)
		seal_buf_free(&chain_der[i]);
	build_keys_free();
}

void chain_build(const struct build_change *changes)
{
	build_all(changes, chain_terms.now, chain_terms.addresses, "user",
		  chain_der);
}

static struct seal_der_input input(enum build_object object)
{
	struct seal_der_input result = {
		chain_der[object].data, chain_der[object].len
	};

	return result;
}

int chain_check_as(enum build_object root_as, enum build_object issuer_as,
		   struct seal_error *err)
{
	struct seal_der_input root = input(root_as), issuer = input(issuer_as),
		request = input(BUILD_REQUEST);

	return seal_chain_check(&chain_terms, &root, &issuer, &request, err);
}

int chain_check(struct seal_error *err)
{
	return chain_check_as(BUILD_ROOT, BUILD_ISSUER, err);
}

int chain_check_user(struct seal_error *err)
{
	struct seal_der_input root = input(BUILD_ROOT),
		issuer = input(BUILD_ISSUER), user = input(BUILD_USER);

	return seal_chain_check_user(&user, &root, &issuer, build_key("user"),
				     chain_terms.addresses, err);
}

static bool as_wanted(const struct row *row, int ret,
		      const struct seal_error *err)
{
	if (ERR_peek_error() != 0)
		return false;
	if (row->reason == NULL)
		return ret == 0;
	return ret == -1 && strstr(err->text, row->reason) != NULL &&
		(err->code == SEAL_ERR_REFUSED || err->code == SEAL_ERR_INPUT);
}

/* Two rows may only share a text where they say so. */
static void compare_texts(const struct row *table, unsigned int count,
			  const struct seal_error *errs)
{
	unsigned int i, j, distinct = 0, refused = 0;
	bool first;

	for (i = 0; i < count; i++) {
		if (table[i].reason == NULL)
			continue;
		refused++;
		first = true;
		for (j = 0; j < i; j++) {
			if (table[j].reason == NULL ||
			    strcmp(errs[i].text, errs[j].text) != 0)
				continue;
			first = false;
			if (strcmp(table[i].reason, table[j].reason) != 0)
				tap_ok(false, "'%s' and '%s' are both: %s",
				       table[i].name, table[j].name,
				       errs[i].text);
		}
		if (first)
			distinct++;
	}
	tap_ok(refused > 0 && distinct > refused * 3 / 4,
	       "%u refused, with %u reasons", refused, distinct);
}

void chain_run(const struct row *table, unsigned int count,
	       int (*judge)(struct seal_error *err))
{
	struct seal_error *errs = calloc(count, sizeof(*errs));
	unsigned int i;
	int ret;

	if (errs == NULL)
		abort();
	for (i = 0; i < count; i++) {
		chain_build(table[i].changes);
		ret = judge(&errs[i]);
		tap_ok(as_wanted(&table[i], ret, &errs[i]), "%s: %s",
		       table[i].name, ret == 0 ? "accepted" : errs[i].text);
	}
	compare_texts(table, count, errs);
	free(errs);
}

/* A copy of its own length, so that reading behind it is noticed */
static bool refused_with(enum build_object object, const unsigned char *data,
			 size_t len, size_t flip,
			 int (*judge)(struct seal_error *err),
			 struct seal_error *err)
{
	struct seal_buf good = chain_der[object];
	unsigned char *copy = malloc(len == 0 ? 1 : len);
	bool refused;

	if (copy == NULL)
		abort();
	memcpy(copy, data, len);
	if (flip < len)
		copy[flip] ^= (unsigned char)(1 << (flip % 8));
	chain_der[object].data = copy;
	chain_der[object].len = len;
	refused = judge(err) < 0 && ERR_peek_error() == 0 &&
		(err->code == SEAL_ERR_INPUT || err->code == SEAL_ERR_REFUSED);
	chain_der[object] = good;
	free(copy);
	return refused;
}

void chain_damage(enum build_object object, unsigned int step,
		  int (*judge)(struct seal_error *err))
{
	const struct seal_buf *good = &chain_der[object];
	struct seal_error err = { SEAL_ERR_NONE, "" };
	bool flipped = true, cut = true;
	size_t i;

	chain_build(chain_good);
	for (i = 0; i < good->len && flipped && cut; i += step) {
		flipped = refused_with(object, good->data, good->len, i, judge,
				       &err);
		cut = refused_with(object, good->data, i, i, judge, &err);
	}
	tap_ok(flipped && cut, "object %d, %zu bytes, %s at %zu: %s",
	       (int)object, good->len, !flipped ? "a bit changed" : "cut", i,
	       err.text);
}

void chain_memory(int (*judge)(struct seal_error *err), bool good,
		  const char *name)
{
	struct seal_error err = { SEAL_ERR_NONE, "" };
	unsigned long n;
	unsigned int memory = 0, other = 0, runs = 0;
	bool right = true, failed = true;
	int ret;

	/* libcrypto makes 25,000 of them to read four keys, much alike: so a
	 * step that is prime to its habits */
	for (n = 1; failed && right; n += n < 50 ? 1 : 331) {
		runs++;
		tap_alloc_fail_at(n);
		ret = judge(&err);
		failed = tap_alloc_failed();
		tap_alloc_fail_at(0);
		if (ret < 0 && failed && err.code == SEAL_ERR_MEMORY)
			memory++;
		else if (ret < 0 && failed)
			other++;
		right = ERR_peek_error() == 0 && (good || ret < 0) &&
			(failed || ret == (good ? 0 : -1)) &&
			/* nobody is to blame for it */
			(!good || ret == 0 || err.code == SEAL_ERR_MEMORY ||
			 err.code == SEAL_ERR_CRYPTO);
	}
	tap_ok(right, "%s: an allocation of %lu failed in %u runs: %u errors of "
	       "memory, %u others", name, n, runs - 1, memory, other);
}
