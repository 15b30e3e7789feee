/* SPDX-License-Identifier: MIT */
#include "cms/ber.h"

#include "base/buf.h"
#include "base/error.h"
#include "ber-text.h"
#include "tap.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* A list (S) of lists, numbers (N), things read whole (W) and, last, a string (L) that
 * something empty (Z) has to follow. */
enum stage { BEGIN, LIST, AFTER_STRING, END, BEHIND };
static const struct seal_ber_rule rules[] = {
	{ BEGIN, 0x30, SEAL_BER_ENTER, LIST, BEHIND, 'S' },
	{ LIST, 0x30, SEAL_BER_ENTER, LIST, LIST, 'S' },
	{ LIST, 0x02, SEAL_BER_CONTENTS, 0, LIST, 'N' },
	{ LIST, 0x31, SEAL_BER_WHOLE, 0, LIST, 'W' },
	{ LIST, 0x04, SEAL_BER_CONTENTS, 0, AFTER_STRING, 'L' },
	{ LIST, 0x00, SEAL_BER_END, 0, 0, 0 },
	{ AFTER_STRING, 0x05, SEAL_BER_CONTENTS, 0, END, 'Z' },
	{ END, 0x00, SEAL_BER_END, 0, 0, 0 },
	SEAL_BER_LAST
};

#define TWO(x) x x
#define FIFTEEN(x) TWO(TWO(TWO(x))) TWO(TWO(x)) TWO(x) x

static const struct {
	const char *name, *source;
	const char *read;	/* contents and name of each, as they end; NULL: */
	const char *refused;	/* part of the error */
} rows[] = {
	{ "empty", "(30)", "S ", NULL },
	{ "empty, indefinite", "[30]", "S ", NULL },
	{ "numbers", "(30 (02 01) (02) (02 0203))", "01N N 0203N S ", NULL },
	{ "lists", "(30 [30 (30)] (30 [30 (02 aa)]))", "S S aaN S S S ", NULL },
	{ "long lengths", "{30 {02 01} {30} {02}}", "01N S N S ", NULL },
	{ "lengths of eight bytes", "30 88 000000000000000b 02 88 0000000000000001 aa",
	  "aaN S ", NULL },
	{ "a length of no need", "30 81 03 02 81 00", "N S ", NULL },
	{ "whole", "(30 (31 (02 01)) (31))", "3103020101W 3100W S ", NULL },
	{ "whole, nobody looks into it", "(30 (31 0000 ff) [31 (1e ff)])",
	  "31030000ffW 31801e01ff0000W S ", NULL },
	{ "whole, indefinite", "[30 [31 [30 (02 01)] (05) [a0]]]",
	  "318030800201010000" "0500" "a0800000" "0000W S ", NULL },
	{ "whole, a long length", "(30 {31 (02 01)})", "318400000003020101W S ",
	  NULL },
	{ "what has to follow", "(30 (30 (04 aa) (05)) (04) (05))",
	  "aaL Z S L Z S ", NULL },
	{ "16 deep", FIFTEEN("[30 ") "(30)" FIFTEEN("]"),
	  "S " FIFTEEN("S "), NULL },
	{ "17 deep", FIFTEEN("[30 ") "[30 (30)]" FIFTEEN("]"), NULL,
	  "nested too deeply" },
	{ "17 deep, definite", FIFTEEN("(30 ") "(30 (30))" FIFTEEN(")"), NULL,
	  "nested too deeply" },
	{ "whole, 16 deep", "(30 [31" FIFTEEN("[30") FIFTEEN("]") "])",
	  "3180" FIFTEEN("3080") FIFTEEN("0000") "0000W S ", NULL },
	{ "whole, 17 deep", "(30 [31 [30" FIFTEEN("[30") FIFTEEN("]") "]])", NULL,
	  "nested too deeply" },

	{ "something else", "(02 01)", NULL, "begins otherwise" },
	{ "text", "43", NULL, "cut off" },
	{ "something else in it", "(30 (02 01) (05))", NULL, "must not" },
	{ "an OID's tag, constructed", "(30 (22 (02 01)))", NULL, "must not" },
	{ "what has to follow does not", "(30 (04 aa))", NULL, "missing" },
	{ "what has to follow does not, indefinite", "[30 (04 aa)]", NULL,
	  "missing" },
	{ "a tag of two bytes", "(30 3f8101)", NULL, "malformed tag" },
	{ "a primitive tag of two bytes", "(30 1f0200)", NULL, "malformed tag" },
	{ "an indefinite primitive", "(30 0280 01 0000)", NULL, "malformed tag" },
	{ "a length of nine bytes", "30 89 000000000000000000", NULL,
	  "malformed tag" },
	{ "a length of 127 bytes", "30 ff 00", NULL, "malformed tag" },
	{ "a length of 2^60", "30 88 1000000000000000", NULL, "cut off" },
	{ "a length above 2^60", "30 88 1000000000000001", NULL, "malformed tag" },
	{ "a length of 2^64 - 1", "30 80 02 88 ffffffffffffffff", NULL,
	  "malformed tag" },
	{ "a child that is longer", "30 03 02 02 aa", NULL, "longer than" },
	{ "a list that is longer", "30 03 30 02 05", NULL, "longer than" },
	{ "a child of a child that is longer", "30 05 30 80 02 02 aa", NULL,
	  "longer than" },
	{ "in a whole one that is longer", "30 05 31 80 02 02 aa", NULL,
	  "longer than" },
	{ "a head that is longer", "30 01 02 00", NULL, "longer than" },
	{ "an end that is outside", "30 05 30 80 02 01 01 0000", NULL,
	  "longer than" },
	{ "a whole one's end that is outside", "30 05 31 80 02 01 01 0000", NULL,
	  "longer than" },
	{ "an end in a definite one", "(30 0000)", NULL, "none is due" },
	{ "an end of nothing", "0000", NULL, "none is due" },
	{ "an end with contents", "[30 0001 aa]", NULL, "malformed end" },
	{ "an end with a long length", "[30 008100]", NULL, "malformed end" },
	{ "an end with contents in a whole one", "(30 [31 0001 aa])", NULL,
	  "malformed end" },
	{ "a byte behind", "(30) 00", NULL, "behind it" },
	{ "an end behind", "[30] 0000", NULL, "behind it" },
	{ "another one behind", "(30) (30)", NULL, "behind it" }
};

struct record {
	struct seal_buf text;
	unsigned int fail_in;	/* calls; 0: none fails */
};

static int note(struct record *record, const char *text, struct seal_error *err)
{
	if (record->fail_in > 0 && --record->fail_in == 0)
		return seal_error_set(err, SEAL_ERR_FULL, "full");
	return seal_buf_append(&record->text, text, strlen(text), err);
}

static int on_bytes(void *context, unsigned int what,
		    const unsigned char *data, size_t len,
		    struct seal_error *err)
{
	char hex[3];
	int ret = 0;

	(void)what;
	if (len == 0)
		abort();
	for (; ret == 0 && len > 0; data++, len--) {
		snprintf(hex, sizeof(hex), "%02x", *data);
		ret = note(context, hex, err);
	}
	return ret;
}

static int on_end(void *context, unsigned int what, struct seal_error *err)
{
	char name[3] = { (char)what, ' ', '\0' };

	return note(context, name, err);
}

static const struct seal_ber_handler handler = { on_bytes, on_end };

/* Feeds cut bytes, then pieces of step. */
static int run(const unsigned char *data, size_t len, size_t cut, size_t step,
	       struct record *record, struct seal_error *err)
{
	struct seal_ber ber;
	size_t at, n;
	int ret = 0;

	seal_ber_init(&ber, rules, "a list", &handler, record);
	for (at = 0, n = cut; ret == 0 && at < len; at += n, n = step) {
		n = n < len - at ? n : len - at;
		ret = seal_ber_more(&ber, data + at, n, err);
	}
	return ret < 0 ? -1 : seal_ber_finish(&ber, err);
}

static bool is_right(size_t row, const unsigned char *data, size_t len,
		     size_t cut, size_t step)
{
	struct record record = { .fail_in = 0 };
	struct seal_error err = { SEAL_ERR_NONE, "" };
	int ret = run(data, len, cut, step, &record, &err);
	bool good = rows[row].read != NULL ?
		ret == 0 && record.text.len == strlen(rows[row].read) &&
		memcmp(record.text.data, rows[row].read,
		       record.text.len) == 0 :
		ret == -1 && err.code == SEAL_ERR_REFUSED &&
		strstr(err.text, rows[row].refused) != NULL;

	if (!good)
		tap_note("cut %zu, step %zu: %d %s: %.*s", cut, step, ret,
			 err.text, (int)record.text.len,
			 (const char *)record.text.data);
	seal_buf_free(&record.text);
	return good;
}

/* Cut off anywhere, and with each call of the handler failing. */
static bool fails(const unsigned char *data, size_t len)
{
	struct record record = { .fail_in = 0 };
	struct seal_error err;
	unsigned int call;
	size_t end;
	int ret;

	for (end = 0; end < len; end++) {
		if (run(data, end, end, 1, &record, &err) == 0 ||
		    strstr(err.text, "cut off") == NULL)
			break;
	}
	for (call = 1; ; call++) {
		record.fail_in = call;
		ret = run(data, len, len, 1, &record, &err);
		if (ret == 0 || err.code != SEAL_ERR_FULL)
			break;
	}
	seal_buf_free(&record.text);
	return end == len && call > 1 && ret == 0 && record.fail_in > 0;
}

int main(void)
{
	unsigned char data[BER_TEXT_MAX];
	size_t i, len, cut;
	bool good;

	for (i = 0; i < N(rows); i++) {
		len = ber_text(rows[i].source, data);
		good = is_right(i, data, len, len, 1) &&
			is_right(i, data, len, 1, 1);
		for (cut = 0; good && cut < len; cut++)
			good = is_right(i, data, len, cut, len);
		tap_ok(good, "%s", rows[i].name);
		if (rows[i].read != NULL)
			tap_ok(fails(data, len), "%s, cut off or not taken",
			       rows[i].name);
	}
	return tap_done();
}
