/* SPDX-License-Identifier: MIT */
#include "message/content-type.h"

#include <string.h>
#include "tap.h"

static const struct {
	const char *value, *type;
	bool wanted;
} types[] = {
	{ NULL, "a/b", false },
	{ "", "a/b", false },
	{ "a/b", "a/b", true },
	{ " a/b ", "a/b", true },
	{ "A/b", "a/B", true },
	{ "a/b;", "a/b", true },
	{ "a/b; x=y", "a/b", true },
	{ "a/b; nonsense all over (", "a/b", true },
	{ "(x) a (y) / (z) b (e(n)\\)d)", "a/b", true },
	{ "a/b (open", "a/b", false },
	{ "a/b(x", "a/b", false },
	{ "(\\", "a/b", false },
	{ "a/bc", "a/b", false },
	{ "a/", "a/b", false },
	{ "/b", "a/b", false },
	{ "a b", "a/b", false },
	{ "a", "a/b", false },
	{ "a/b c", "a/b", false },
	{ "a/b/c", "a/b", false },
	{ "a/b, a/b", "a/b", false },
	{ "\"a/b\"", "a/b", false },
	{ "a\r/b", "a/b", false },
	{ "x-a/b", "a/b", false },
	{ "application/x-pkcs7-mime", "application/pkcs7-mime", false }
};

static const struct {
	const char *value, *name, *wanted;	/* NULL: none */
} params[] = {
	{ NULL, "p", NULL },
	{ "a/b", "p", NULL },
	{ "a/b; p=x", "p", "x" },
	{ "a/b;p=x", "P", "x" },
	{ "a/b ; (c) p (c) = (c) x (c) ; q=y", "p", "x" },
	{ "a/b; q=y; p=x;", "p", "x" },
	{ "a/b; p=\"x\"", "p", "x" },
	{ "a/b; p=\"\"", "p", "" },
	{ "a/b; p=\"x y; (z) \\\" \\\\ \"", "p", "x y; (z) \" \\ " },
	{ "a/b; p=\"x; p=y\"; q=z", "q", "z" },
	{ "a/b; q=\"; p=fooled\"", "p", NULL },
	{ "a/b; (p=fooled) q=r", "p", NULL },
	{ "a/b; p=x; p=x", "p", NULL },
	{ "a/b; p=x; P=y", "p", NULL },
	{ "a/b; p*=us-ascii''x", "p", NULL },
	{ "a/b; p*0=x; p*1=y", "p", NULL },
	{ "a/b; p=x; p*0=y", "p", NULL },
	{ "a/b; p*0=y; p=x", "p", NULL },
	{ "a/b; pp=x", "p", NULL },
	{ "a/b; p=", "p", NULL },
	{ "a/b; p", "p", NULL },
	{ "a/b; =x", "p", NULL },
	{ "a/b p=x", "p", NULL },
	{ "a/b;; p=x", "p", NULL },
	{ "a/b; p=x y", "p", NULL },
	{ "a/b; p=x; nonsense", "p", NULL },
	{ "a/b; p=x; (open", "p", NULL },
	{ "a/b; p=\"x", "p", NULL },
	{ "a/b; p=\"x\\", "p", NULL },
	{ "a/b; p=\"x\\\"", "p", NULL },
	{ "a/b; p=x/y", "p", NULL },
	{ "a/b; p=\"0123456789abcdef0123456789abcd\"", "p",
	  "0123456789abcdef0123456789abcd" },
	{ "a/b; p=\"0123456789abcdef0123456789abcde\"", "p",
	  "0123456789abcdef0123456789abcde" },
	{ "a/b; p=\"0123456789abcdef0123456789abcdef\"", "p", NULL }
};

static const struct {
	const char *value;
	enum seal_content_encoding wanted;
} encodings[] = {
	{ NULL, SEAL_CONTENT_PLAIN },
	{ "7bit", SEAL_CONTENT_PLAIN },
	{ " 8BIT", SEAL_CONTENT_PLAIN },
	{ "(x)binary(y)", SEAL_CONTENT_PLAIN },
	{ "base64", SEAL_CONTENT_BASE64 },
	{ "Base64 ", SEAL_CONTENT_BASE64 },
	{ "\"base64\"", SEAL_CONTENT_OTHER },
	{ "base64;", SEAL_CONTENT_OTHER },
	{ "base64 7bit", SEAL_CONTENT_OTHER },
	{ "base64 (", SEAL_CONTENT_OTHER },
	{ "quoted-printable", SEAL_CONTENT_OTHER },
	{ "x-uuencode", SEAL_CONTENT_OTHER },
	{ "", SEAL_CONTENT_OTHER }
};

int main(void)
{
	char out[32];
	size_t i;
	int ret;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		tap_ok(seal_content_type_is(types[i].value, types[i].type) ==
		       types[i].wanted, "type %s is %s", types[i].value == NULL ?
		       "NULL" : types[i].value, types[i].type);
	}
	for (i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
		ret = seal_content_type_param(params[i].value, params[i].name,
					      out, sizeof(out));
		tap_ok(params[i].wanted == NULL ? ret == 0 :
		       ret == 1 && strcmp(out, params[i].wanted) == 0,
		       "parameter %s of %s", params[i].name,
		       params[i].value == NULL ? "NULL" : params[i].value);
	}
	for (i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++) {
		tap_ok(seal_content_encoding_find(encodings[i].value) ==
		       encodings[i].wanted, "encoding %s",
		       encodings[i].value == NULL ? "NULL" :
		       encodings[i].value);
	}
	return tap_done();
}
