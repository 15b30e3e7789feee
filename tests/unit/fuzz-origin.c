/* SPDX-License-Identifier: MIT */

/* Fuzzer of src/message/origin: what is believed stands in the header, and
 * nothing depends on how that was cut.
 *
 *   clang -g -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -Isrc -Itests \
 *     tests/unit/fuzz-origin.c src/message/[a-z]*.c src/base/[a-z]*.c -lcrypto
 *
 * With -DSTANDALONE it is a test: it runs over the files in argv, or over the
 * rows of test-origin.c, changed at random but the same each time. */

#include <strings.h>
#include "base/error.h"
#include "message/origin.h"
#include "unit/origin-rows.h"
#include "unit/fuzz-check.h"

struct answer {
	int ret;
	char address[255];
	const char *reason;
};

static void ask(const char *id, const uint8_t *data, size_t size,
		uint32_t seed, struct answer *answer)
{
	struct seal_error err;
	struct seal_origin *origin = seal_origin_new(id, &err);
	const char *address;
	size_t at, n;

	need(origin != NULL, "there is memory");
	for (at = 0; at < size; at += n) {
		n = next_step(&seed, size - at);
		need(seal_origin_more(origin, data + at, n, &err) == 0,
		     "nothing is an error");
	}
	memset(answer, 0, sizeof(*answer));
	answer->ret = seal_origin_finish(origin, &address, &answer->reason,
					 &err);
	need(answer->ret == 0 || answer->ret == 1, "nothing is an error");
	need((answer->ret == 1) == (address != NULL), "yes has an address");
	need((answer->ret == 0) == (answer->reason != NULL), "no has a reason");
	if (address != NULL) {
		need(strlen(address) < sizeof(answer->address),
		     "addresses have a limit");
		strcpy(answer->address, address);
	}
	seal_origin_free(&origin);
}

static bool holds(const uint8_t *data, size_t size, const char *text)
{
	size_t len = strlen(text), i;

	for (i = 0; i + len <= size; i++) {
		if (strncasecmp((const char *)data + i, text, len) == 0)
			return true;
	}
	return false;
}

/* The fields so named at the beginning of a line before the first blank one,
 * counted by another reader; value and len are the last one's. */
static unsigned int find_fields(const uint8_t *data, size_t size,
				const char *name, const uint8_t **value,
				size_t *len)
{
	size_t at, end, name_len = strlen(name);
	unsigned int count = 0;
	bool ours = false;

	for (at = 0; at < size; at = end + 1) {
		for (end = at; end < size && data[end] != '\n'; end++)
			;
		if (end == at || (end == at + 1 && data[at] == '\r'))
			break;
		if (data[at] == ' ' || data[at] == '\t') {
			if (ours)
				*len = (size_t)(data + end - *value);
			continue;
		}
		ours = end - at >= name_len &&
			strncasecmp((const char *)data + at, name,
				    name_len) == 0;
		if (ours) {
			count++;
			*value = data + at + name_len;
			*len = (size_t)(data + end - *value);
		}
	}
	return count;
}

/* The quotes of a local part are the only thing that is taken away. */
static bool holds_address(const uint8_t *value, size_t len,
			  const char *address)
{
	const char *at = strchr(address, '@');
	char quoted[258];

	snprintf(quoted, sizeof(quoted), "\"%.*s\"%s", (int)(at - address),
		 address, at);
	return holds(value, len, address) || holds(value, len, quoted);
}

static void check_yes(const uint8_t *data, size_t size, const char *address)
{
	const uint8_t *value = NULL;
	const char *p = strchr(address, '@'), *domain = p + 1;
	size_t len = 0;

	need(find_fields(data, size, "From:", &value, &len) == 1,
	     "there is one From");
	need(holds_address(value, len, address), "From has the address");
	need(p != NULL && p > address && p - address <= 64,
	     "there is a local part");
	need(strchr(domain, '@') == NULL, "there is one at sign");
	need(*domain != '\0' && domain[strspn(domain, "abcdefghijklmnopqrstuvwxyz"
					      "0123456789.-")] == '\0',
	     "the domain is one in lower case");
	for (p = address; *p != '\0'; p++) {
		need((unsigned char)*p > ' ' && *p != 0x7f &&
		     strchr("()<>[]:;,\\\"", *p) == NULL,
		     "the address is plain");
	}
}

/* The first byte says how the rest is cut. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct answer always, trusted, cut;
	const uint8_t *value = NULL;
	size_t len = 0;
	uint32_t seed;

	if (size == 0)
		return 0;
	seed = *data++ + 1U;
	size--;
	ask(NULL, data, size, 0, &always);
	ask(NULL, data, size, seed, &cut);
	need(memcmp(&always, &cut, sizeof(cut)) == 0, "same answer");
	ask(TRUSTED_ID, data, size, 0, &trusted);
	ask(TRUSTED_ID, data, size, seed, &cut);
	need(memcmp(&trusted, &cut, sizeof(cut)) == 0, "same answer");
	if (always.ret == 1)
		check_yes(data, size, always.address);
	if (trusted.ret == 0)
		return 0;
	need(always.ret == 1 && strcmp(always.address, trusted.address) == 0,
	     "what is verified is an address");
	need(find_fields(data, size, "Authentication-Results:", &value,
			 &len) > 0, "there are results");
	need(holds(data, size, "dmarc") && holds(data, size, "pass") &&
	     holds(data, size, "header") && holds(data, size, "from"),
	     "they say it");
	return 0;
}

#ifdef STANDALONE

#define ROUNDS 200000

static size_t make_input(uint8_t *data, size_t size)
{
	static const uint8_t likely[] = "\r\n \t:\0\x80\xff@<>()\"\\;,=?._";
	static const size_t heads = sizeof(header_rows) / sizeof(header_rows[0]),
		froms = sizeof(from_rows) / sizeof(from_rows[0]);
	uint32_t which = random_below((uint32_t)(heads + froms)),
		changes = random_below(5);
	const struct origin_row *row = which < heads ? &header_rows[which] :
		&from_rows[which - heads];
	size_t len = 1;

	data[0] = (uint8_t)random_below(256);
	if (row->always) {
		memcpy(data + len, GOOD, sizeof(GOOD) - 1);
		len += sizeof(GOOD) - 1;
	}
	memcpy(data + len, row->data, row->len);
	len += row->len;
	while (changes-- > 0)
		len = change(data, len, size, likely, sizeof(likely) - 1);
	return len;
}

int main(int argc, char *argv[])
{
	return fuzz_run(argc, argv, ROUNDS, "changed headers", make_input);
}
#endif
