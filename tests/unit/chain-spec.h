/* SPDX-License-Identifier: MIT */
#ifndef SEAL_TESTS_CHAIN_SPEC_H
#define SEAL_TESTS_CHAIN_SPEC_H

/* Between chain-spec.c, which says what is to be built, and chain-build.c,
 * which builds it. */

#include "chain-build.h"

/* All that is in one object, before it is built. */
struct build_spec {
	const char *serial, *subject, *field, *issuer;
	int subject_type;
	const char *second, *second_value;
	const char *key, *signer, *digest;
	bool pss;
	time_t begin, end;
	const char *begin_text, *end_text;
	struct { const char *name, *value; } ext[BUILD_EXTENSIONS];
	unsigned int ext_count;
	const char *nonce, *nonce_second, *attribute, *attribute_value;
	int nonce_type;
	const char *find, *replace, *outer_find, *outer_replace, *behind;
	bool point, indefinite, empty, garbage, half;
};

void build_specs(const struct build_change *changes, time_t now,
		 const char *alt_name, const char *address,
		 const char *user_key, struct build_spec specs[BUILD_COUNT]);
/* Ends the test where something cannot be built. */
void build_must(bool good);

#endif
