/* SPDX-License-Identifier: MIT */
#ifndef SEAL_TESTS_TAP_H
#define SEAL_TESTS_TAP_H

#include <stdbool.h>
#include <stddef.h>

/* Test Anything Protocol, for automake's tap driver. */

/* One test point; the name should say which row of which table. Returns good. */
bool tap_ok(bool good, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* A test point that cannot run here; reason names what is missing. */
void tap_skip(const char *reason, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* A line for the reader. */
void tap_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Prints the plan; returns the exit status for main(). */
int tap_done(void);

/* Whether valgrind, which is forty times slower, runs this. */
bool tap_is_slow(void);

/* Makes the allocation number n from now on (1 is the next) fail, once, in our
 * core (malloc, calloc, realloc are wrapped at link time) and in libcrypto.
 * 0: none fails. */
void tap_alloc_fail_at(unsigned long n);
/* Whether the failure asked for has happened. */
bool tap_alloc_failed(void);
/* Has to be the first call in main() of a test that uses the two above. */
void tap_alloc_init(void);

/* Runs argv (NULL-terminated, looked up in PATH) with in as its standard input. out
 * receives its standard output (malloc, NUL-terminated; the caller frees).
 * Standard error goes to the test's log. Returns the exit status, 127 where it
 * cannot be started. */
int tap_run(const char *const *argv, const void *in, size_t in_len,
	    char **out, size_t *out_len);

/* Writes a file below a temporary folder of this test, which tap_done() removes.
 * Returns its path (valid until tap_done()). data NULL: only the path is made up. */
const char *tap_file(const char *name, const void *data, size_t len);

#endif
