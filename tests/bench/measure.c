/* SPDX-License-Identifier: MIT */
#include "bench/measure.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Long enough that reading the clock does not count, short enough that a round
 * of all tasks is over before the machine changes its pace. */
#define SLICE_MICROS 3000

static double now(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts) < 0)
		abort();
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static double slice(const struct measure_task *task)
{
	double start = now();
	unsigned long i;

	for (i = 0; i < task->repeat; i++)
		task->run(task->context);
	return now() - start;
}

static void calibrate(struct measure_task *task)
{
	for (task->repeat = 1; slice(task) < SLICE_MICROS;)
		task->repeat *= 2;
}

void measure(struct measure_task *tasks, size_t count, unsigned int rounds)
{
	struct measure_task *task;
	unsigned int round;
	size_t i;

	for (i = 0; i < count; i++)
		calibrate(&tasks[i]);
	for (round = 0; round < rounds; round++) {
		for (i = 0; i < count; i++) {
			/* nobody always runs behind the same neighbour */
			task = &tasks[round % 2 == 0 ? i : count - 1 - i];
			task->micros[round] = slice(task) /
				(double)task->repeat;
		}
	}
}

static int compare(const void *_a, const void *_b)
{
	const double *a = _a, *b = _b;

	return *a < *b ? -1 : *a > *b;
}

static struct measured quartiles(const double *values, unsigned int count)
{
	double sorted[MEASURE_ROUNDS_MAX];
	struct measured result;

	memcpy(sorted, values, count * sizeof(*values));
	qsort(sorted, count, sizeof(*sorted), compare);
	result.low = sorted[count / 4];
	result.median = sorted[count / 2];
	result.high = sorted[count - 1 - count / 4];
	return result;
}

struct measured measured_micros(const struct measure_task *task,
				unsigned int rounds)
{
	return quartiles(task->micros, rounds);
}

struct measured measured_ratio(const struct measure_task *task,
			       const struct measure_task *to,
			       unsigned int rounds)
{
	double values[MEASURE_ROUNDS_MAX];
	unsigned int i;

	for (i = 0; i < rounds; i++)
		values[i] = task->micros[i] / to->micros[i];
	return quartiles(values, rounds);
}

struct measured measured_added(const struct measure_task *task,
			       const struct measure_task *to,
			       unsigned int rounds)
{
	double values[MEASURE_ROUNDS_MAX];
	unsigned int i;

	for (i = 0; i < rounds; i++)
		values[i] = task->micros[i] - to->micros[i];
	return quartiles(values, rounds);
}
