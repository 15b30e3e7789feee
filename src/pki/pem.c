/* SPDX-License-Identifier: MIT */
#include "pki/pem.h"

#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include "base/buf.h"
#include "base/error.h"

#define DASHES "-----"
#define DASHES_LEN 5
#define LINE_BYTES 48		/* that 64 characters stand for */
#define LABEL_MAX 40

static int append_text(struct seal_buf *pem, const char *text,
		       struct seal_error *err)
{
	return seal_buf_append(pem, text, strlen(text), err);
}

static int append_boundary(struct seal_buf *pem, const char *kind,
			   const char *label, struct seal_error *err)
{
	if (append_text(pem, DASHES, err) < 0 ||
	    append_text(pem, kind, err) < 0 ||
	    append_text(pem, label, err) < 0 ||
	    append_text(pem, DASHES "\n", err) < 0)
		return -1;
	return 0;
}

static int append_base64(struct seal_buf *pem, const unsigned char *der,
			 size_t len, struct seal_error *err)
{
	unsigned char line[LINE_BYTES / 3 * 4 + 1];
	size_t n;
	int chars, ret = 0;

	for (; ret == 0 && len > 0; der += n, len -= n) {
		n = len < LINE_BYTES ? len : LINE_BYTES;
		chars = EVP_EncodeBlock(line, der, (int)n);
		line[chars] = '\n';
		ret = seal_buf_append(pem, line, (size_t)chars + 1, err);
	}
	/* it may have been a key */
	OPENSSL_cleanse(line, sizeof(line));
	return ret;
}

int seal_pem_append(struct seal_buf *pem, const char *label,
		    const unsigned char *der, size_t len,
		    struct seal_error *err)
{
	size_t before = pem->len;

	if (append_boundary(pem, "BEGIN ", label, err) < 0 ||
	    append_base64(pem, der, len, err) < 0 ||
	    append_boundary(pem, "END ", label, err) < 0) {
		pem->len = before;
		return -1;
	}
	return 0;
}

void seal_pem_init(struct seal_pem *pem, const char *text, size_t len)
{
	memset(pem, 0, sizeof(*pem));
	pem->p = text;
	pem->end = text + len;
	/* a byte order mark, as Windows' editor leaves it */
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		pem->p += 3;
}

/* The next line, without its end and white space before that. */
static bool next_line(struct seal_pem *pem)
{
	const char *nl;

	if (pem->p == pem->end)
		return false;
	nl = memchr(pem->p, '\n', (size_t)(pem->end - pem->p));
	pem->line = pem->p;
	pem->p = nl == NULL ? pem->end : nl + 1;
	pem->line_len = (size_t)(pem->p - pem->line);
	while (pem->line_len > 0 &&
	       memchr(" \t\r\n", pem->line[pem->line_len - 1], 4) != NULL)
		pem->line_len--;
	return true;
}

/* Whether the line is an encapsulation boundary of that kind ("BEGIN "), and
 * then its label. */
static bool is_boundary(const struct seal_pem *pem, const char *kind,
			const char **label_r, size_t *len_r)
{
	size_t kind_len = strlen(kind), len = pem->line_len;
	const char *line = pem->line;

	if (len < DASHES_LEN + kind_len + DASHES_LEN ||
	    memcmp(line, DASHES, DASHES_LEN) != 0 ||
	    memcmp(line + DASHES_LEN, kind, kind_len) != 0 ||
	    memcmp(line + len - DASHES_LEN, DASHES, DASHES_LEN) != 0)
		return false;
	*label_r = line + DASHES_LEN + kind_len;
	*len_r = len - DASHES_LEN - kind_len - DASHES_LEN;
	return true;
}

bool seal_pem_next(struct seal_pem *pem)
{
	while (next_line(pem)) {
		if (is_boundary(pem, "BEGIN ", &pem->label, &pem->label_len))
			return true;
	}
	return false;
}

bool seal_pem_is(const struct seal_pem *pem, const char *label)
{
	return pem->label_len == strlen(label) &&
		memcmp(pem->label, label, pem->label_len) == 0;
}

void seal_pem_label(const struct seal_pem *pem, char *label_r, size_t size)
{
	size_t i;

	for (i = 0; i < pem->label_len && i + 1 < size; i++) {
		label_r[i] = pem->label[i] >= ' ' && pem->label[i] <= '~' ?
			pem->label[i] : '?';
	}
	label_r[i] = '\0';
}

/* Collects the base64 up to the END line. 0 or -1 */
static int collect(struct seal_pem *pem, const char *who,
		   struct seal_buf *base64, struct seal_error *err)
{
	const char *label;
	size_t len;

	while (next_line(pem)) {
		if (is_boundary(pem, "END ", &label, &len))
			return 0;
		if (memchr(pem->line, '-', pem->line_len) != NULL)
			break;
		if (seal_buf_append(base64, pem->line, pem->line_len, err) < 0)
			return -1;
	}
	return seal_error_set(err, SEAL_ERR_INPUT, "%s has no END line", who);
}

int seal_pem_decode(struct seal_pem *pem, const char *who, struct seal_buf *der,
		    struct seal_error *err)
{
	struct seal_buf base64 = SEAL_BUF_INIT;
	int ret = collect(pem, who, &base64, err);

	if (ret == 0) {
		ret = base64.len == 0 ? 0 :
			seal_buf_append_base64(der, (const char *)base64.data,
					       base64.len, err);
		if (ret == 0)
			ret = seal_error_set(err, SEAL_ERR_INPUT,
				"%s: its base64 is damaged", who);
	}
	seal_buf_free(&base64);
	return ret < 0 ? -1 : 0;
}

bool seal_pem_has_private_key(const char *text, size_t len)
{
	struct seal_pem lines;

	seal_pem_init(&lines, text, len);
	while (next_line(&lines)) {
		if (memmem(lines.line, lines.line_len, "--BEGIN ", 8) != NULL &&
		    memmem(lines.line, lines.line_len, "PRIVATE KEY",
			   11) != NULL)
			return true;
	}
	return false;
}

static int wrong_block(const struct seal_pem *pem, const char *who,
		       const char *label, struct seal_error *err)
{
	char found[LABEL_MAX];

	seal_pem_label(pem, found, sizeof(found));
	return seal_error_set(err, SEAL_ERR_INPUT, "%s: it holds %s where "
			      "%s belongs", who, found, label);
}

static int read_one(struct seal_pem *pem, const char *who, const char *label,
		    struct seal_buf *der, struct seal_error *err)
{
	if (!seal_pem_next(pem))
		return seal_error_set(err, SEAL_ERR_INPUT, "%s: there is no "
			"line " DASHES "BEGIN %s" DASHES " in it", who, label);
	if (!seal_pem_is(pem, label))
		return wrong_block(pem, who, label, err);
	if (seal_pem_decode(pem, who, der, err) < 0)
		return -1;
	if (!seal_pem_next(pem))
		return 0;
	if (!seal_pem_is(pem, label))
		return wrong_block(pem, who, label, err);
	return seal_error_set(err, SEAL_ERR_INPUT, "%s: it holds more than one "
			      "%s", who, label);
}

int seal_pem_read(const char *who, const char *label, const char *text,
		  size_t len, struct seal_buf *der, struct seal_error *err)
{
	struct seal_pem pem;
	size_t before = der->len;

	if (strcmp(label, SEAL_PEM_KEY) != 0 &&
	    seal_pem_has_private_key(text, len))
		return seal_error_set(err, SEAL_ERR_REFUSED, "%s: it holds a "
			"private key, which must stay on the user's device",
			who);
	seal_pem_init(&pem, text, len);
	if (read_one(&pem, who, label, der, err) < 0) {
		der->len = before;
		return -1;
	}
	return 0;
}
