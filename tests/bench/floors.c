/* SPDX-License-Identifier: MIT */
/* What sealing a message cannot cost less than: one RSA-2048 operation, and one
 * question to another process. Prints one line of JSON, in microseconds: medians
 * of many.
 *
 *   rsa        encrypting a content key, with a parsed key and context kept
 *   p256       the same for P-256: a fresh key, and the derivation
 *   trip       a line sent over a UNIX socket and answered: time
 *   trip_cpu   ... processor time of both sides
 *   apart, apart_cpu   the same, where each question comes after a millisecond of
 *              other work, as with deliveries: who answers has fallen asleep, and
 *              what both had in their caches is gone */
#include "load.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#define TIMES 2000
#define TRIPS 20000
#define ANSWER 900		/* bytes; a question is shorter */

struct trip {
	double time, cpu;
};

static int compare(const void *_a, const void *_b)
{
	const uint64_t *a = _a, *b = _b;

	return *a < *b ? -1 : *a > *b;
}

static double median(struct load_times *times)
{
	double ns;

	qsort(times->ns, times->count, sizeof(*times->ns), compare);
	ns = (double)times->ns[times->count / 2];
	free(times->ns);
	return ns / 1000;
}

static double rsa(void)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	struct load_times times = { NULL, 0, 0 };
	unsigned char in[32] = { 1 }, out[256];
	size_t len;
	uint64_t from;
	unsigned int i;

	if (ctx == NULL || EVP_PKEY_encrypt_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1)
		load_die("no RSA");
	for (i = 0; i < TIMES; i++) {
		from = load_now();
		len = sizeof(out);
		if (EVP_PKEY_encrypt(ctx, out, &len, in, sizeof(in)) != 1)
			load_die("RSA failed");
		load_times_add(&times, load_now() - from);
	}
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	return median(&times);
}

static void derive(EVP_PKEY *peer)
{
	EVP_PKEY *fresh = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(fresh, NULL);
	unsigned char secret[32];
	size_t len = sizeof(secret);

	if (ctx == NULL || EVP_PKEY_derive_init(ctx) != 1 ||
	    EVP_PKEY_derive_set_peer(ctx, peer) != 1 ||
	    EVP_PKEY_derive(ctx, secret, &len) != 1)
		load_die("no P-256");
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(fresh);
}

static double p256(void)
{
	EVP_PKEY *peer = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	struct load_times times = { NULL, 0, 0 };
	uint64_t from;
	unsigned int i;

	for (i = 0; i < TIMES; i++) {
		from = load_now();
		derive(peer);
		load_times_add(&times, load_now() - from);
	}
	EVP_PKEY_free(peer);
	return median(&times);
}

/* As seald waits: for input, then it reads. */
static void echo(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char line[1024];
	ssize_t got;

	for (;;) {
		if (poll(&pfd, 1, -1) < 0 ||
		    (got = read(fd, line, sizeof(line))) <= 0)
			_exit(0);
		if (write(fd, line, ANSWER) < 0)
			_exit(0);
	}
}

/* One question and its answer, as the plugin asks. */
static void ask(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char line[1024] = { 0 };
	size_t got = 0;
	ssize_t more;

	if (write(fd, line, 80) < 0)
		load_die("write failed");
	while (got < ANSWER) {
		if (poll(&pfd, 1, -1) < 0 ||
		    (more = read(fd, line, sizeof(line))) <= 0)
			load_die("read failed");
		got += (size_t)more;
	}
}

static double own_cpu(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / LOAD_NSECS;
}

static double ended_cpu(void)
{
	struct rusage usage;

	getrusage(RUSAGE_CHILDREN, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void work(void)
{
	static unsigned char memory[2 * 1024 * 1024];
	uint64_t until = load_now() + LOAD_NSECS / 1000;
	size_t i;

	while (load_now() < until) {
		for (i = 0; i < sizeof(memory) / 16; i += 64)
			memory[(load_now() + i * 16) % sizeof(memory)]++;
	}
}

static struct trip trip(unsigned int count, bool apart)
{
	struct load_times times = { NULL, 0, 0 };
	double from_cpu, cpu = -ended_cpu();
	unsigned int i;
	uint64_t from;
	int fds[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0 || (pid = fork()) < 0)
		load_die("no socket");
	if (pid == 0) {
		close(fds[0]);
		echo(fds[1]);
	}
	close(fds[1]);
	for (i = 0; i < count; i++) {
		if (apart)
			work();
		from_cpu = own_cpu();
		from = load_now();
		ask(fds[0]);
		load_times_add(&times, load_now() - from);
		cpu += own_cpu() - from_cpu;
	}
	close(fds[0]);
	waitpid(pid, NULL, 0);
	cpu += ended_cpu();
	return (struct trip) { median(&times), cpu * 1e6 / count };
}

int main(void)
{
	struct trip hot = trip(TRIPS, false), apart = trip(TIMES, true);

	printf("{\"rsa\": %.1f, \"p256\": %.1f, \"trip\": %.1f, "
	       "\"trip_cpu\": %.1f, \"apart\": %.1f, \"apart_cpu\": %.1f}\n",
	       rsa(), p256(), hot.time, hot.cpu, apart.time, apart.cpu);
	return 0;
}
