/* SPDX-License-Identifier: MIT */
#include "pki/certs-only.h"

#include <stdlib.h>
#include <string.h>
#include "base/error.h"
#include "judge.h"
#include "tap.h"

static const char *const pkcs7[] = {
	"openssl", "pkcs7", "-inform", "DER", "-print_certs", NULL
};

static void test_judged(const struct judge_key *keys)
{
	const struct seal_buf certs[2] = { keys[0].der, keys[1].der };
	struct seal_buf der = SEAL_BUF_INIT;
	struct seal_error err;
	char *text = NULL;
	const char *first, *second;
	size_t len;

	tap_ok(seal_certs_only(certs, 2, &der, &err) == 0, "two are written");
	tap_ok(tap_run(pkcs7, der.data, der.len, &text, &len) == 0,
	       "openssl reads them");
	/* "CN = first", or "CN=first" with OpenSSL 3.5 */
	first = text == NULL ? NULL : strstr(text, "first\n");
	second = text == NULL ? NULL : strstr(text, "second\n");
	tap_ok(first != NULL && second != NULL, "both are there");
	free(text);
	seal_buf_free(&der);
}

static void test_refused(const struct judge_key *keys)
{
	struct seal_buf certs[2] = { keys[0].der, keys[1].der };
	struct seal_buf der = SEAL_BUF_INIT;
	struct seal_error err;

	certs[1].len--;
	tap_ok(seal_certs_only(certs, 2, &der, &err) < 0 &&
	       err.code == SEAL_ERR_INPUT && der.len == 0,
	       "one that does not parse is refused, and nothing is written");
}

int main(void)
{
	struct judge_key keys[2] = { { 0 } };
	bool made = judge_make(&keys[0], "first", "rsa:2048", NULL, NULL) &&
		judge_make(&keys[1], "second", "rsa:2048", NULL, NULL);

	if (tap_ok(made, "certificates")) {
		test_judged(keys);
		test_refused(keys);
	}
	judge_free(&keys[0]);
	judge_free(&keys[1]);
	return tap_done();
}
