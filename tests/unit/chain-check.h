/* SPDX-License-Identifier: MIT */
#ifndef SEAL_TESTS_CHAIN_CHECK_H
#define SEAL_TESTS_CHAIN_CHECK_H

/* Runs tables of chains that have one thing wrong each: every one is refused,
 * and says why in its own words. */

#include "base/error.h"
#include "chain-build.h"
#include "pki/chain.h"
#include "tap.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

struct row {
	const char *name;
	struct build_change changes[5];	/* ended by OP_NONE */
	const char *reason;	/* the text contains this; NULL: accepted */
};
#define ROW(name, reason, ...) { name, { __VA_ARGS__ }, reason }
/* object, operation and up to two arguments */
#define DO(...) DO_WITH(__VA_ARGS__, NULL, NULL, NULL)
#define DO_WITH(object, op, a, b, ...) { object, op, a, b }
#define NOTHING DO(BUILD_ROOT, OP_NONE)

#define R BUILD_ROOT
#define I BUILD_ISSUER
#define Q BUILD_REQUEST
#define U BUILD_USER

/* What is judged, and by what terms; chain_init() sets them and chain_deinit()
 * frees. */
extern struct seal_buf chain_der[BUILD_COUNT];
extern struct seal_terms chain_terms;
/* Of the terms, at first */
extern const char *const chain_addresses[];
extern const struct build_change chain_good[];

void chain_init(void);
void chain_deinit(void);
/* Builds chain_der for chain_terms. */
void chain_build(const struct build_change *changes);

/* seal_chain_check(), with other objects in the places of root and issuer */
int chain_check_as(enum build_object root_as, enum build_object issuer_as,
		   struct seal_error *err);
int chain_check(struct seal_error *err);
/* seal_chain_check_user() */
int chain_check_user(struct seal_error *err);

/* One test point for each row, and one for all texts together. */
void chain_run(const struct row *table, unsigned int count,
	       int (*judge)(struct seal_error *err));
/* One bit changed, or the end cut off, at every step-th byte: never
 * accepted. */
void chain_damage(enum build_object object, unsigned int step,
		  int (*judge)(struct seal_error *err));
/* Judges what was built with an allocation failing at each point in turn. */
void chain_memory(int (*judge)(struct seal_error *err), bool good,
		  const char *name);

#endif
