/* SPDX-License-Identifier: MIT */
#ifndef SEAL_TESTS_MEASURE_H
#define SEAL_TESTS_MEASURE_H

#include <stddef.h>

/* Times tasks against each other: they take turns in short slices, so that what
 * slows the machine down for a while slows all of them down. What counts is the
 * CPU time of the process (CLOCK_PROCESS_CPUTIME_ID), and what is compared are
 * the slices of one round. */

#define MEASURE_ROUNDS_MAX 101

struct measure_task {
	void (*run)(void *context);
	void *context;
	unsigned long repeat;			/* how often in a slice */
	double micros[MEASURE_ROUNDS_MAX];	/* per run, in each round */
};

/* A median with the quartiles beside it. */
struct measured {
	double low, median, high;
};

/* Runs each of the tasks in each of the rounds (odd, at most
 * MEASURE_ROUNDS_MAX). */
void measure(struct measure_task *tasks, size_t count, unsigned int rounds);

/* Microseconds for one run. */
struct measured measured_micros(const struct measure_task *task,
				unsigned int rounds);
/* The first's time as a multiple of the second's, round by round. */
struct measured measured_ratio(const struct measure_task *task,
			       const struct measure_task *to,
			       unsigned int rounds);
/* The first's time less the second's, in microseconds, round by round. */
struct measured measured_added(const struct measure_task *task,
			       const struct measure_task *to,
			       unsigned int rounds);

#endif
