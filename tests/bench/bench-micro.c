/* SPDX-License-Identifier: MIT */
/* What sealing costs, without Dovecot: our engines against libcrypto's own CMS,
 * and against the parts that nobody can do without.
 *
 *   bench-micro [ROUNDS]
 *
 * Times are CPU times, medians of all rounds; what stands behind a slash is half
 * the distance of the quartiles. Ratios are taken round by round. */

#include <stdio.h>
#include <stdlib.h>
#include <openssl/crypto.h>
#include "bench/contestants.h"
#include "bench/measure.h"
#include "cms/base64-private.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *name;
	size_t bytes;
} sizes[] = {
	{ "64 B", 64 },
	{ "4 kB", 4 * 1024 },
	{ "75 kB", 75 * 1024 },
	{ "1 MB", 1024 * 1024 },
	{ "25 MB", 25 * 1024 * 1024 }
};

static const enum seal_cipher ciphers[] = {
	SEAL_CIPHER_AES256_CBC, SEAL_CIPHER_AES128_CBC, SEAL_CIPHER_AES256_GCM
};

static unsigned int rounds = 21;

static void print_micros(const struct measured m)
{
	printf(" %9.2f/%-5.2f", m.median, (m.high - m.low) / 2);
}

static void print_ratio(const struct measured m)
{
	printf(" %6.3f/%.3f", m.median, (m.high - m.low) / 2);
}

/* name: of the target; good: reached */
static void judge(const char *name, double value, const char *unit, bool good)
{
	printf("  %-58s %8.2f %-3s %s\n", name, value, unit,
	       good ? "reached" : "MISSED");
}

enum { SEALER, ENVELOPE, SIGNING, AES, BASE64, SHA, CMS, BULK_TASKS };

static void bulk_tasks(struct measure_task *tasks, struct bench_case *bench)
{
	static void (*const runs[BULK_TASKS])(void *) = {
		bench_sealer, bench_envelope, bench_sealer_signing, bench_aes,
		bench_base64, bench_sha256, bench_cms
	};
	size_t i;

	for (i = 0; i < BULK_TASKS; i++) {
		tasks[i].run = runs[i];
		tasks[i].context = bench;
	}
}

static void bulk_row(const char *size, enum seal_cipher cipher,
		     const struct measure_task *tasks)
{
	size_t i;

	printf("%-6s %-10s", size, seal_cipher_name(cipher));
	for (i = 0; i < BULK_TASKS; i++)
		print_micros(measured_micros(&tasks[i], rounds));
	/* of the rate of AES alone, and in terms of CMS_encrypt() */
	print_ratio(measured_ratio(&tasks[AES], &tasks[SEALER], rounds));
	print_ratio(measured_ratio(&tasks[AES], &tasks[ENVELOPE], rounds));
	print_ratio(measured_ratio(&tasks[CMS], &tasks[SEALER], rounds));
	putchar('\n');
	fflush(stdout);
}

/* The ciphers of one size take turns, too: they are compared. */
static void bulk_size(size_t s, const struct bench_recipient *rsa)
{
	static struct measure_task tasks[N(ciphers)][BULK_TASKS];
	struct bench_case benches[N(ciphers)];
	struct measured cbc, gcm;
	size_t i;

	for (i = 0; i < N(ciphers); i++) {
		bench_case_make(&benches[i], ciphers[i], 0,
				sizes[s].bytes, rsa);
		bulk_tasks(tasks[i], &benches[i]);
	}
	measure(tasks[0], N(ciphers) * BULK_TASKS, rounds);
	for (i = 0; i < N(ciphers); i++) {
		bulk_row(sizes[s].name, ciphers[i], tasks[i]);
		bench_case_free(&benches[i]);
	}
	if (sizes[s].bytes < 1024 * 1024)
		return;
	cbc = measured_ratio(&tasks[0][AES], &tasks[0][SEALER], rounds);
	judge("AES-256-CBC: at least 85 % of its rate alone",
	      cbc.median * 100, "%", cbc.median >= 0.85);
	gcm = measured_ratio(&tasks[0][SEALER], &tasks[2][SEALER], rounds);
	judge("AES-256-GCM: at least 2.5 times our CBC", gcm.median, "",
	      gcm.median >= 2.5);
}

static void bulk(const struct bench_recipient *rsa)
{
	size_t s;

	printf("One message, microseconds of CPU; RecipientInfos at hand but in "
	       "CMS_encrypt (%s)\n", rsa->name);
	printf("%-6s %-10s %15s %15s %15s %15s %15s %15s %15s %12s %12s %12s\n",
	       "", "", "sealer", "envelope", "sealer, signs", "AES alone",
	       "base64 alone", "SHA-256 alone", "CMS_encrypt", "AES/sealer",
	       "AES/envelope", "CMS/sealer");
	for (s = 0; s < N(sizes); s++)
		bulk_size(s, rsa);
}

enum { MESSAGE, INFO, LOOKUP, PUBLIC, MESSAGE_CMS, WHOLE_TASKS };

static void whole_row(size_t s, const struct bench_recipient *to,
		      bool judged)
{
	static void (*const runs[WHOLE_TASKS])(void *) = {
		bench_message, bench_info, bench_lookup, bench_public, bench_cms
	};
	static struct measure_task tasks[WHOLE_TASKS];
	struct bench_case bench;
	struct measured added;
	size_t i;

	bench_case_make(&bench, ciphers[0], 0, sizes[s].bytes, to);
	for (i = 0; i < WHOLE_TASKS; i++) {
		tasks[i].run = runs[i];
		tasks[i].context = &bench;
	}
	measure(tasks, WHOLE_TASKS, rounds);
	printf("%-6s %-10s", sizes[s].name, to->name);
	for (i = 0; i < WHOLE_TASKS; i++)
		print_micros(measured_micros(&tasks[i], rounds));
	added = measured_added(&tasks[MESSAGE], &tasks[PUBLIC], rounds);
	print_micros(added);
	print_ratio(measured_ratio(&tasks[MESSAGE_CMS], &tasks[MESSAGE],
				   rounds));
	putchar('\n');
	if (judged)
		judge("fixed cost above the RSA operation: at most 20 us",
		      added.median, "us", added.median <= 20);
	bench_case_free(&bench);
	fflush(stdout);
}

static void whole(const struct bench_recipient *recipients, size_t count)
{
	size_t s, i;

	printf("\nSealer and RecipientInfo together (certificate parsed and "
	       "kept), aes256-cbc\n");
	printf("%-6s %-10s %15s %15s %15s %15s %15s %15s %12s\n", "", "",
	       "message", "RecipientInfo", "lookup, parses", "public op",
	       "CMS_encrypt", "message - op", "CMS/message");
	for (s = 0; s + 1 < N(sizes); s++) {
		for (i = 0; i < count; i++)
			whole_row(s, &recipients[i], s == 0 && i == 0);
	}
}

/* What a header costs that has come a long way. */
static void headers(const struct bench_recipient *rsa)
{
	static const size_t more[] = { 0, 8192 };
	static struct measure_task tasks[2 * N(more)];
	struct bench_case benches[N(more)];
	size_t i;

	for (i = 0; i < N(more); i++) {
		bench_case_make(&benches[i], ciphers[0], more[i], 64, rsa);
		tasks[2 * i].run = bench_sealer;
		tasks[2 * i + 1].run = bench_sealer_signing;
		tasks[2 * i].context = tasks[2 * i + 1].context = &benches[i];
	}
	measure(tasks, N(tasks), rounds);
	printf("\n8 kB of header more, 64 B of body\n");
	printf("sealer        ");
	print_micros(measured_added(&tasks[2], &tasks[0], rounds));
	printf("\nsealer, signs ");
	print_micros(measured_added(&tasks[3], &tasks[1], rounds));
	putchar('\n');
	for (i = 0; i < N(more); i++)
		bench_case_free(&benches[i]);
}

#define WAYS_MAX 8

/* All ways of this processor, on a chunk that is in the cache. */
static void base64_ways(const struct bench_recipient *rsa)
{
	static struct measure_task tasks[WAYS_MAX];
	struct bench_case benches[WAYS_MAX];
	const char *names[WAYS_MAX];
	struct measured micros;
	unsigned int i, count;

	for (count = 0; count < WAYS_MAX; count++) {
		bench_case_make(&benches[count], ciphers[0], 0, 16384,
				rsa);
		benches[count].lines = seal_base64_way(count, &names[count]);
		if (benches[count].lines == NULL)
			break;
		tasks[count].run = bench_base64;
		tasks[count].context = &benches[count];
	}
	measure(tasks, count, rounds);
	printf("\nbase64 in lines, 16 kB at a time\n");
	for (i = 0; i < count; i++) {
		micros = measured_micros(&tasks[i], rounds);
		printf("%-14s %6.2f GB/s\n", names[i],
		       16384 / 1e3 / micros.median);
	}
	for (i = 0; i < WAYS_MAX && i <= count; i++)
		bench_case_free(&benches[i]);
}

int main(int argc, char *argv[])
{
	struct bench_recipient recipients[3];
	size_t i;

	if (argc > 1)
		rounds = (unsigned int)atoi(argv[1]) | 1;
	if (rounds > MEASURE_ROUNDS_MAX)
		rounds = MEASURE_ROUNDS_MAX;
	bench_recipient_make(&recipients[0], "RSA-2048", 2048);
	bench_recipient_make(&recipients[1], "RSA-3072", 3072);
	bench_recipient_make(&recipients[2], "P-256", 0);
	printf("%s, %u rounds\n\n", OpenSSL_version(OPENSSL_VERSION), rounds);
	bulk(&recipients[0]);
	headers(&recipients[0]);
	base64_ways(&recipients[0]);
	whole(recipients, N(recipients));
	for (i = 0; i < N(recipients); i++)
		bench_recipient_free(&recipients[i]);
	return 0;
}
