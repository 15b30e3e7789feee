/* SPDX-License-Identifier: MIT */
#include "tap.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

static unsigned int points, failures;
static char folder[64];
static char *paths[256];
static unsigned int path_count;

__attribute__((format(printf, 1, 0)))
static void print_name(const char *fmt, va_list args)
{
	char name[512], *p;

	vsnprintf(name, sizeof(name), fmt, args);
	for (p = name; *p != '\0'; p++) {
		/* a '#' would begin a TAP directive */
		if (*p == '#' || (unsigned char)*p < ' ')
			*p = '.';
	}
	fputs(name, stdout);
}

bool tap_ok(bool good, const char *fmt, ...)
{
	va_list args;

	printf("%sok %u - ", good ? "" : "not ", ++points);
	va_start(args, fmt);
	print_name(fmt, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	if (!good)
		failures++;
	return good;
}

void tap_skip(const char *reason, const char *fmt, ...)
{
	va_list args;

	printf("ok %u - ", ++points);
	va_start(args, fmt);
	print_name(fmt, args);
	va_end(args);
	printf(" # SKIP %s\n", reason);
}

void tap_note(const char *fmt, ...)
{
	va_list args;

	fputs("# ", stdout);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}

int tap_done(void)
{
	unsigned int i;

	for (i = 0; i < path_count; i++) {
		(void)unlink(paths[i]);
		free(paths[i]);
	}
	path_count = 0;
	if (folder[0] != '\0')
		(void)rmdir(folder);
	printf("1..%u\n", points);
	return failures == 0 ? 0 : 1;
}

/* The core is linked with --wrap for these three, so that a test can let one
 * allocation fail without disturbing the C library or the sanitizers. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *mem, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *mem, size_t size);

static unsigned long fail_in;
static bool has_failed;

static bool fails_now(void)
{
	if (fail_in == 0 || --fail_in > 0)
		return false;
	has_failed = true;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *mem, size_t size)
{
	return fails_now() ? NULL : __real_realloc(mem, size);
}

static void *crypto_malloc(size_t size, const char *file, int line)
{
	(void)file, (void)line;
	return size == 0 ? NULL : __wrap_malloc(size);
}

static void *crypto_realloc(void *mem, size_t size, const char *file, int line)
{
	void *moved;

	(void)file, (void)line;
	if (size == 0) {
		free(mem);
		return NULL;
	}
	moved = __wrap_realloc(mem, size);
	/* OpenSSL 3.2 to 3.5 leave that to whoever allocates, which is not so
	 * with malloc, and with nobody but a test's allocator */
	if (moved == NULL)
		ERR_raise(ERR_LIB_CRYPTO, ERR_R_MALLOC_FAILURE);
	return moved;
}

static void crypto_free(void *mem, const char *file, int line)
{
	(void)file, (void)line;
	free(mem);
}

void tap_alloc_init(void)
{
	if (CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc,
				     crypto_free) != 1)
		abort();
}

bool tap_is_slow(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload != NULL && strstr(preload, "vgpreload") != NULL;
}

void tap_alloc_fail_at(unsigned long n)
{
	fail_in = n;
	has_failed = false;
}

bool tap_alloc_failed(void)
{
	return has_failed;
}

static void collect(int in, const char *data, size_t len, int out_fd,
		    char **out, size_t *out_len)
{
	struct pollfd fds[2] = { { in, POLLOUT, 0 }, { out_fd, POLLIN, 0 } };
	size_t size = 0;
	ssize_t n;

	*out = NULL;
	*out_len = 0;
	if (len == 0) {
		close(in);
		fds[0].fd = -1;
	}
	while (poll(fds, 2, -1) >= 0 || errno == EINTR) {
		if (fds[0].revents != 0) {
			/* what poll() promises room for; more could block */
			n = write(in, data, len < PIPE_BUF ? len : PIPE_BUF);
			if (n > 0) {
				data += n;
				len -= (size_t)n;
			}
			if (n < 0 || len == 0) {
				close(in);
				fds[0].fd = -1;
			}
		}
		if (fds[1].revents != 0) {
			if (*out_len + 65536 + 1 > size) {
				size = size * 2 + 65536 + 1;
				*out = realloc(*out, size);
				if (*out == NULL)
					abort();
			}
			n = read(out_fd, *out + *out_len, 65536);
			if (n <= 0)
				break;
			*out_len += (size_t)n;
		}
	}
	if (fds[0].fd != -1)
		close(in);
	if (*out == NULL && (*out = malloc(1)) == NULL)
		abort();
	(*out)[*out_len] = '\0';
}

int tap_run(const char *const *argv, const void *in, size_t in_len,
	    char **out, size_t *out_len)
{
	int to[2], from[2], status;
	pid_t pid;

	fflush(stdout);
	signal(SIGPIPE, SIG_IGN);
	if (pipe(to) < 0 || pipe(from) < 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		dup2(to[0], 0);
		dup2(from[1], 1);
		close(to[0]); close(to[1]); close(from[0]); close(from[1]);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	collect(to[1], in, in_len, from[0], out, out_len);
	close(from[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

const char *tap_file(const char *name, const void *data, size_t len)
{
	char path[256];
	FILE *f;

	if (folder[0] == '\0') {
		strcpy(folder, "/tmp/seal-test-XXXXXX");
		if (mkdtemp(folder) == NULL)
			abort();
	}
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (path_count == sizeof(paths) / sizeof(paths[0]) ||
	    (paths[path_count++] = strdup(path)) == NULL)
		abort();
	if (data != NULL) {
		if ((f = fopen(path, "wb")) == NULL ||
		    fwrite(data, 1, len, f) != len || fclose(f) != 0)
			abort();
	}
	return paths[path_count - 1];
}
