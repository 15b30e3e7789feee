/* SPDX-License-Identifier: MIT */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

/* What the load generators share: a clock, UNIX sockets, the times of what was
 * measured. Programs of a benchmark: whatever goes wrong ends them. */

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define LOAD_NSECS 1000000000ULL

/* Monotonic, in nanoseconds. */
uint64_t load_now(void);

/* Prints "program: text" to stderr and exits with 2. */
void load_die(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));
void *load_alloc(size_t count, size_t size);
/* A number of an option: 0 to max. */
unsigned long load_number(const char *text, unsigned long max);

/* A connection that is read line by line. */
struct load_conn {
	int fd;			/* -1: closed */
	size_t start, end;	/* what is in data and was not handed out */
	char data[16 * 1024];
};
void load_connect(struct load_conn *conn, const char *path);
void load_close(struct load_conn *conn);
/* Sends all of it; changes the vector. */
void load_send(struct load_conn *conn, struct iovec *parts, int count);
void load_send_text(struct load_conn *conn, const char *text);
/* The next line without its end; valid until the next call. It waits for one. */
char *load_line(struct load_conn *conn);
/* The next line of what is there already, NULL where it is not whole; and a
 * read(), which blocks where there is nothing. */
char *load_line_here(struct load_conn *conn);
void load_fill(struct load_conn *conn);

/* How long each of many things took, in nanoseconds. Filled by one thread. */
struct load_times {
	uint64_t *ns;
	size_t count, size;
};
void load_times_add(struct load_times *times, uint64_t ns);
void load_times_merge(struct load_times *times, struct load_times *from);
/* Prints "latency_us": {"p50": ..., "p90": ..., "p99": ..., "max": ...}; sorts. */
void load_times_print(struct load_times *times);

/* Whoever measures is told "ready", and waits with us: returns once a line
 * came on stdin, or its end. */
void load_gate(const char *word);

#endif
