/* SPDX-License-Identifier: MIT */
#include "message/detect.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/buf.h"
#include "base/error.h"
#include "base/base64-decode.h"
#include "message/cms-probe.h"
#include "message/content-type.h"
#include "message/entity.h"
#include "message/pgp-probe.h"

/* How much is decoded at a time. */
#define STEP 1024

struct seal_detect {
	enum seal_detect_verdict verdict;
	size_t passed;			/* bytes of the body looked at */
	struct seal_pgp_probe *pgp;	/* NULL: it is CMS */
	struct seal_cms_probe cms;
	struct seal_buf names;
	bool in_base64;
	struct seal_base64_decode base64;
	struct seal_buf rest;		/* what the CMS probe wants to see again */
};

static bool claims_cms(const struct seal_content *content)
{
	return seal_content_type_is(content->type,
				    "application/pkcs7-mime") ||
		seal_content_type_is(content->type,
				     "application/x-pkcs7-mime");
}

/* Fills the boundary (room for SEAL_PGP_PROBE_BOUNDARY_MAX + 1). */
static bool claims_pgp(const struct seal_content *content, char *boundary)
{
	char protocol[32];

	return seal_content_type_is(content->type, "multipart/encrypted") &&
		seal_content_encoding_find(content->transfer_encoding) ==
		SEAL_CONTENT_PLAIN &&
		seal_content_type_param(content->type, "protocol", protocol,
					sizeof(protocol)) == 1 &&
		strcasecmp(protocol, "application/pgp-encrypted") == 0 &&
		seal_content_type_param(content->type, "boundary", boundary,
					SEAL_PGP_PROBE_BOUNDARY_MAX + 1) == 1 &&
		boundary[0] != '\0' && boundary[strlen(boundary) - 1] != ' ';
}

static int start_cms(struct seal_detect *detect,
		     const struct seal_content *content,
		     const unsigned char *names, size_t names_len,
		     struct seal_error *err)
{
	enum seal_content_encoding encoding =
		seal_content_encoding_find(content->transfer_encoding);

	if (encoding == SEAL_CONTENT_OTHER)
		return 0;
	/* an empty list names nobody, which is not the same as no list */
	if (names != NULL &&
	    (seal_buf_reserve(&detect->names, names_len + 1, err) == NULL ||
	     seal_buf_append(&detect->names, names, names_len, err) < 0))
		return -1;
	seal_cms_probe_init(&detect->cms, detect->names.data,
			    detect->names.len);
	detect->in_base64 = encoding == SEAL_CONTENT_BASE64;
	detect->verdict = SEAL_DETECT_MORE;
	return 0;
}

static int start(struct seal_detect *detect,
		 const struct seal_content *content,
		 const unsigned char *names, size_t names_len,
		 struct seal_error *err)
{
	char boundary[SEAL_PGP_PROBE_BOUNDARY_MAX + 1];

	if (claims_cms(content))
		return start_cms(detect, content, names, names_len, err);
	if (names != NULL || !claims_pgp(content, boundary))
		return 0;
	detect->pgp = seal_pgp_probe_new(boundary, err);
	if (detect->pgp == NULL)
		return -1;
	detect->verdict = SEAL_DETECT_MORE;
	return 0;
}

struct seal_detect *seal_detect_new(const struct seal_content *content,
				    const unsigned char *names, size_t names_len,
				    struct seal_error *err)
{
	struct seal_detect *detect = calloc(1, sizeof(*detect));

	if (detect == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	detect->verdict = SEAL_DETECT_NO;
	if (start(detect, content, names, names_len, err) < 0)
		seal_detect_free(&detect);
	return detect;
}

enum seal_detect_verdict seal_detect_verdict(const struct seal_detect *detect)
{
	return detect->verdict;
}

/* Shows the CMS probe what it left over the last time, and what is new. */
static int more_cms(struct seal_detect *detect, const unsigned char *data,
		    size_t len, struct seal_error *err)
{
	size_t used;

	if (len == 0)
		return 0;
	if (detect->rest.len == 0) {
		detect->verdict = seal_cms_probe_more(&detect->cms, data, len,
						      &used);
		if (detect->verdict != SEAL_DETECT_MORE)
			return 0;
		return seal_buf_append(&detect->rest, data + used, len - used,
				       err);
	}
	if (seal_buf_append(&detect->rest, data, len, err) < 0)
		return -1;
	detect->verdict = seal_cms_probe_more(&detect->cms, detect->rest.data,
					      detect->rest.len, &used);
	seal_buf_consume(&detect->rest, used);
	return 0;
}

static int more_step(struct seal_detect *detect, const unsigned char *data,
		     size_t len, struct seal_error *err)
{
	unsigned char decoded[STEP / 4 * 3 + 3];
	size_t n;

	if (detect->pgp != NULL) {
		if (seal_pgp_probe_more(detect->pgp, data, len, err) < 0)
			return -1;
		detect->verdict = seal_pgp_probe_verdict(detect->pgp);
		return 0;
	}
	if (!detect->in_base64)
		return more_cms(detect, data, len, err);
	n = seal_base64_decode(&detect->base64, data, len, decoded);
	if (more_cms(detect, decoded, n, err) < 0)
		return -1;
	if (detect->verdict == SEAL_DETECT_MORE && detect->base64.ended)
		detect->verdict = SEAL_DETECT_NO;
	return 0;
}

int seal_detect_more(struct seal_detect *detect, const unsigned char *data,
		     size_t len, struct seal_error *err)
{
	size_t n;

	while (len > 0 && detect->verdict == SEAL_DETECT_MORE) {
		n = SEAL_DETECT_MAX - detect->passed;
		if (n > len)
			n = len;
		if (n > STEP)
			n = STEP;
		if (more_step(detect, data, n, err) < 0)
			return -1;
		detect->passed += n;
		data += n;
		len -= n;
		if (detect->passed == SEAL_DETECT_MAX &&
		    detect->verdict == SEAL_DETECT_MORE)
			detect->verdict = detect->pgp != NULL &&
				seal_pgp_probe_has_data(detect->pgp) ?
				SEAL_DETECT_YES : SEAL_DETECT_NO;
	}
	return 0;
}

void seal_detect_finish(struct seal_detect *detect)
{
	if (detect->verdict == SEAL_DETECT_MORE)
		detect->verdict = SEAL_DETECT_NO;
}

void seal_detect_free(struct seal_detect **detect)
{
	if (*detect == NULL)
		return;
	seal_pgp_probe_free(&(*detect)->pgp);
	seal_buf_free(&(*detect)->names);
	seal_buf_free(&(*detect)->rest);
	free(*detect);
	*detect = NULL;
}
