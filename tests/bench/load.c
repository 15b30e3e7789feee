/* SPDX-License-Identifier: MIT */
#include "load.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

uint64_t load_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * LOAD_NSECS + (uint64_t)ts.tv_nsec;
}

void load_die(const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

void *load_alloc(size_t count, size_t size)
{
	void *data = calloc(count > 0 ? count : 1, size);

	if (data == NULL)
		load_die("out of memory");
	return data;
}

unsigned long load_number(const char *text, unsigned long max)
{
	unsigned long number;
	char *end;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || *text == '-' ||
	    number > max)
		load_die("not a number from 0 to %lu: %s", max, text);
	return number;
}

void load_connect(struct load_conn *conn, const char *path)
{
	union {
		struct sockaddr any;
		struct sockaddr_un un;
	} addr = { .un = { .sun_family = AF_UNIX } };

	if (strlen(path) >= sizeof(addr.un.sun_path))
		load_die("socket path too long: %s", path);
	strcpy(addr.un.sun_path, path);
	conn->start = conn->end = 0;
	conn->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (conn->fd < 0 ||
	    connect(conn->fd, &addr.any, sizeof(addr.un)) < 0)
		load_die("connect(%s): %s", path, strerror(errno));
}

void load_close(struct load_conn *conn)
{
	if (conn->fd >= 0)
		close(conn->fd);
	conn->fd = -1;
}

void load_send(struct load_conn *conn, struct iovec *parts, int count)
{
	ssize_t sent;

	while (count > 0) {
		sent = writev(conn->fd, parts, count);
		if (sent < 0 && errno != EINTR)
			load_die("write: %s", strerror(errno));
		while (count > 0 && sent >= (ssize_t)parts->iov_len) {
			sent -= (ssize_t)parts->iov_len;
			parts++;
			count--;
		}
		if (count > 0 && sent > 0) {
			parts->iov_base = (char *)parts->iov_base + sent;
			parts->iov_len -= (size_t)sent;
		}
	}
}

void load_send_text(struct load_conn *conn, const char *text)
{
	struct iovec part = { (void *)text, strlen(text) };

	load_send(conn, &part, 1);
}

char *load_line_here(struct load_conn *conn)
{
	char *line = conn->data + conn->start, *end;

	end = memchr(line, '\n', conn->end - conn->start);
	if (end == NULL)
		return NULL;
	conn->start += (size_t)(end - line) + 1;
	*end = '\0';
	if (end > line && end[-1] == '\r')
		end[-1] = '\0';
	return line;
}

void load_fill(struct load_conn *conn)
{
	ssize_t got;

	if (conn->start > 0) {
		memmove(conn->data, conn->data + conn->start,
			conn->end - conn->start);
		conn->end -= conn->start;
		conn->start = 0;
	}
	if (conn->end == sizeof(conn->data))
		load_die("a line is too long");
	do {
		got = read(conn->fd, conn->data + conn->end,
			   sizeof(conn->data) - conn->end);
	} while (got < 0 && errno == EINTR);
	if (got <= 0)
		load_die("the server closed the connection");
	conn->end += (size_t)got;
}

char *load_line(struct load_conn *conn)
{
	char *line;

	while ((line = load_line_here(conn)) == NULL)
		load_fill(conn);
	return line;
}

void load_times_add(struct load_times *times, uint64_t ns)
{
	if (times->count == times->size) {
		times->size = times->size > 0 ? 2 * times->size : 1024;
		times->ns = realloc(times->ns,
				    times->size * sizeof(*times->ns));
		if (times->ns == NULL)
			load_die("out of memory");
	}
	times->ns[times->count++] = ns;
}

void load_times_merge(struct load_times *times, struct load_times *from)
{
	size_t i;

	for (i = 0; i < from->count; i++)
		load_times_add(times, from->ns[i]);
	free(from->ns);
	*from = (struct load_times) { NULL, 0, 0 };
}

static int compare(const void *_a, const void *_b)
{
	const uint64_t *a = _a, *b = _b;

	return *a < *b ? -1 : *a > *b;
}

/* In microseconds. */
static double quantile(const struct load_times *times, double part)
{
	if (times->count == 0)
		return 0;
	return (double)times->ns[(size_t)((double)(times->count - 1) * part)] /
		1000;
}

void load_times_print(struct load_times *times)
{
	if (times->count > 0)
		qsort(times->ns, times->count, sizeof(*times->ns), compare);
	printf("\"latency_us\": {\"p50\": %.1f, \"p90\": %.1f, "
	       "\"p99\": %.1f, \"max\": %.1f}",
	       quantile(times, 0.5), quantile(times, 0.9),
	       quantile(times, 0.99), quantile(times, 1));
}

void load_gate(const char *word)
{
	char line[16];

	printf("%s\n", word);
	fflush(stdout);
	if (fgets(line, sizeof(line), stdin) == NULL && ferror(stdin))
		load_die("stdin: %s", strerror(errno));
}
