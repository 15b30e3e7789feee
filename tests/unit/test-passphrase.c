/* SPDX-License-Identifier: MIT */
#include "pki/pkcs12.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include "base/error.h"
#include "tap.h"

#define ROUNDS 20000
#define LEN 19			/* 4 groups of 4, 3 hyphens */

static const char alphabet[] = "23456789abcdefghijkmnpqrstuvwxyz";

static char all[ROUNDS][SEAL_PASSPHRASE_SIZE];

static bool has_form(const char *text)
{
	size_t i;

	if (strlen(text) != LEN)
		return false;
	for (i = 0; i < LEN; i++) {
		if (i % 5 == 4 ? text[i] != '-' :
		    strchr(alphabet, text[i]) == NULL)
			return false;
	}
	return true;
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* 16 places with 32 characters each are 80 bits, where none is rarer than the
 * others: chi-square with 31 degrees of freedom is above 80 in one of 300,000
 * fair runs, and a character that is left out makes it 645 and more. */
static bool is_even(unsigned int place)
{
	double sum = 0, wanted = ROUNDS / 32.0, off;
	unsigned int counts[256] = { 0 }, i;

	for (i = 0; i < ROUNDS; i++)
		counts[(unsigned char)all[i][place]]++;
	for (i = 0; i < 32; i++) {
		off = counts[(unsigned char)alphabet[i]] - wanted;
		sum += off * off / wanted;
	}
	return sum < 80;
}

int main(void)
{
	char text[SEAL_PASSPHRASE_SIZE];
	struct seal_error err;
	unsigned int i;
	bool good = true;

	tap_alloc_init();
	for (i = 0; good && i < ROUNDS; i++)
		good = seal_passphrase_make(all[i], sizeof(all[i]), &err) == 0 &&
			has_form(all[i]);
	tap_ok(good, "form: four groups of four out of 32 characters");
	for (i = 0; i < LEN; i++) {
		if (i % 5 != 4)
			tap_ok(is_even(i), "each is as likely: place %u", i);
	}
	qsort(all, ROUNDS, sizeof(all[0]), compare);
	for (i = 1; i < ROUNDS; i++)
		good = good && strcmp(all[i - 1], all[i]) != 0;
	tap_ok(good, "all differ");
	tap_ok(seal_passphrase_make(text, sizeof(text) - 1, &err) == -1 &&
	       err.code == SEAL_ERR_LIMIT, "refused: no room");
	tap_ok(ERR_peek_error() == 0, "libcrypto's error queue is empty");
	return tap_done();
}
