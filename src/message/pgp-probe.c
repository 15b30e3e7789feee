/* SPDX-License-Identifier: MIT */
#include "message/pgp-probe.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/error.h"
#include "base/base64-decode.h"
#include "message/content-type.h"
#include "message/entity.h"
#include "message/pgp-packets.h"

#define LINE_MAX 998
/* Thunderbird and others write one line of explanation above the first part. */
#define PREAMBLE_MAX 256
#define ARMOUR_HEADERS_MAX 16

enum state {
	PREAMBLE, CONTROL_HEAD, CONTROL, DATA_HEAD, DATA, ARMOUR_HEAD, ARMOUR,
	ARMOUR_TAIL, EPILOGUE
};

struct seal_pgp_probe {
	enum seal_detect_verdict verdict;
	enum state state;
	char delimiter[2 + SEAL_PGP_PROBE_BOUNDARY_MAX + 3]; /* "--x--" */
	size_t delimiter_len;	/* without the last two dashes */
	size_t preamble_len;
	unsigned int armour_headers;
	bool has_version;
	struct seal_entity *part;	/* in CONTROL_HEAD and DATA_HEAD */
	bool part_done, part_good;	/* its header is complete, as wanted */
	struct seal_base64_decode base64;
	struct seal_pgp_packets packets;
	size_t line_len;
	char line[LINE_MAX + 3];
};

/*
 * The header of a part
 */

static int part_field(void *context, enum seal_entity_part part,
		      const unsigned char *data, size_t len,
		      struct seal_error *err)
{
	(void)context, (void)part, (void)data, (void)len, (void)err;
	return 0;
}

static int part_head(void *context, const struct seal_content *content,
		     const char *blank_line, struct seal_error *err)
{
	struct seal_pgp_probe *probe = context;
	const char *wanted = probe->state == CONTROL_HEAD ?
		"application/pgp-encrypted" : "application/octet-stream";

	(void)err;
	probe->part_done = true;
	probe->part_good = blank_line[0] != '\0' &&
		seal_content_type_is(content->type, wanted) &&
		seal_content_encoding_find(content->transfer_encoding) ==
		SEAL_CONTENT_PLAIN;
	return 0;
}

static int part_body(void *context, const unsigned char *data, size_t len,
		     struct seal_error *err)
{
	(void)context, (void)data, (void)len, (void)err;
	return 0;
}

static int begin_part(struct seal_pgp_probe *probe, enum state state,
		      struct seal_error *err)
{
	static const struct seal_entity_handler handler = {
		part_field, part_head, part_body
	};

	probe->state = state;
	probe->part_done = false;
	probe->part = seal_entity_new(&handler, probe, err);
	return probe->part == NULL ? -1 : 0;
}

static int head_line(struct seal_pgp_probe *probe, struct seal_error *err)
{
	if (seal_entity_more(probe->part, (unsigned char *)probe->line,
			     probe->line_len, err) < 0)
		return -1;
	if (!probe->part_done)
		return 0;
	seal_entity_free(&probe->part);
	if (!probe->part_good)
		probe->verdict = SEAL_DETECT_NO;
	probe->state = probe->state == CONTROL_HEAD ? CONTROL : DATA;
	return 0;
}

/*
 * Lines. Each of these is given the line without its end and trailing white
 * space, NUL-terminated; false: it does not belong there.
 */

static bool is_version(const char *line)
{
	if (strncasecmp(line, "Version:", 8) != 0)
		return false;
	line += 8;
	line += strspn(line, " \t");
	return strcmp(line, "1") == 0;
}

static bool control_line(struct seal_pgp_probe *probe, const char *line)
{
	if (line[0] == '\0')
		return true;
	if (probe->has_version || !is_version(line))
		return false;
	probe->has_version = true;
	return true;
}

static bool data_line(struct seal_pgp_probe *probe, const char *line)
{
	if (line[0] == '\0')
		return true;
	probe->state = ARMOUR_HEAD;
	return strcmp(line, "-----BEGIN PGP MESSAGE-----") == 0;
}

static bool armour_header(struct seal_pgp_probe *probe, const char *line)
{
	static const char *const names[] = {	/* RFC 9580 section 6.2.2 */
		"Version:", "Comment:", "Hash:", "Charset:", "MessageID:"
	};
	unsigned int i;

	if (line[0] == '\0') {
		probe->state = ARMOUR;
		return true;
	}
	if (probe->armour_headers++ == ARMOUR_HEADERS_MAX)
		return false;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strncasecmp(line, names[i], strlen(names[i])) == 0)
			return true;
	}
	return false;
}

static const char base64_characters[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The end of the armour: a checksum (optional), then the tail. */
static bool armour_tail(struct seal_pgp_probe *probe, const char *line)
{
	if (line[0] == '=')
		return strspn(line + 1, base64_characters) == 4 &&
			line[5] == '\0';
	probe->state = EPILOGUE;
	return strcmp(line, "-----END PGP MESSAGE-----") == 0 &&
		probe->packets.has_data;
}

static bool armour_line(struct seal_pgp_probe *probe, const char *line)
{
	unsigned char data[LINE_MAX / 4 * 3 + 6];
	size_t n, len = strspn(line, base64_characters);
	size_t padding = strspn(line + len, "=");

	if (len == 0) {
		probe->state = ARMOUR_TAIL;
		return armour_tail(probe, line);
	}
	if (padding > 0)
		probe->state = ARMOUR_TAIL;
	if (padding > 2 || line[len + padding] != '\0')
		return false;
	n = seal_base64_decode(&probe->base64, (const unsigned char *)line,
			       len, data);
	return seal_pgp_packets_more(&probe->packets, data, n);
}

static int delimiter_line(struct seal_pgp_probe *probe, struct seal_error *err)
{
	if (probe->state == PREAMBLE)
		return begin_part(probe, CONTROL_HEAD, err);
	if (probe->state == CONTROL && probe->has_version)
		return begin_part(probe, DATA_HEAD, err);
	/* a third part, among others */
	probe->verdict = SEAL_DETECT_NO;
	return 0;
}

static bool other_line(struct seal_pgp_probe *probe, const char *line)
{
	switch (probe->state) {
	case PREAMBLE:
		probe->preamble_len += strlen(line);
		return probe->preamble_len <= PREAMBLE_MAX;
	case CONTROL:
		return control_line(probe, line);
	case DATA:
		return data_line(probe, line);
	case ARMOUR_HEAD:
		return armour_header(probe, line);
	case ARMOUR:
		return armour_line(probe, line);
	case ARMOUR_TAIL:
		return armour_tail(probe, line);
	default:
		return line[0] == '\0';
	}
}

/* A whole line is there, with its end. */
static int take_line(struct seal_pgp_probe *probe, struct seal_error *err)
{
	char *line = probe->line;
	size_t len = probe->line_len;

	while (len > 0 && strchr(" \t\r\n", line[len - 1]) != NULL &&
	       line[len - 1] != '\0')
		len--;
	if (len == probe->delimiter_len &&
	    memcmp(line, probe->delimiter, len) == 0)
		return delimiter_line(probe, err);
	if (probe->state == CONTROL_HEAD || probe->state == DATA_HEAD)
		return head_line(probe, err);
	line[len] = '\0';
	if (strlen(line) != len || !other_line(probe, line))
		probe->verdict = SEAL_DETECT_NO;
	return 0;
}

/* It counts as soon as it is there: the last line may have no end. */
static bool is_closed(const struct seal_pgp_probe *probe)
{
	size_t len = probe->delimiter_len + 2;

	return probe->state == EPILOGUE && probe->line_len >= len &&
		memcmp(probe->line, probe->delimiter, len) == 0;
}

/* Takes as much of data as belongs to the present line and fits. */
static size_t collect_line(struct seal_pgp_probe *probe,
			   const unsigned char *data, size_t len)
{
	const unsigned char *lf = memchr(data, '\n', len);
	size_t room = LINE_MAX + 2 - probe->line_len;

	if (lf != NULL)
		len = (size_t)(lf - data) + 1;
	if (len > room)
		len = room;
	memcpy(probe->line + probe->line_len, data, len);
	probe->line_len += len;
	return len;
}

struct seal_pgp_probe *seal_pgp_probe_new(const char *boundary,
					  struct seal_error *err)
{
	struct seal_pgp_probe *probe = calloc(1, sizeof(*probe));

	if (probe == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	probe->verdict = SEAL_DETECT_MORE;
	probe->delimiter_len = strlen(boundary) + 2;
	memcpy(probe->delimiter, "--", 2);
	memcpy(probe->delimiter + 2, boundary, strlen(boundary));
	memcpy(probe->delimiter + probe->delimiter_len, "--", 3);
	return probe;
}

int seal_pgp_probe_more(struct seal_pgp_probe *probe,
			const unsigned char *data, size_t len,
			struct seal_error *err)
{
	size_t used;

	while (len > 0 && probe->verdict == SEAL_DETECT_MORE) {
		used = collect_line(probe, data, len);
		data += used;
		len -= used;
		if (is_closed(probe)) {
			probe->verdict = SEAL_DETECT_YES;
			break;
		}
		if (probe->line[probe->line_len - 1] != '\n') {
			if (probe->line_len == LINE_MAX + 2)
				probe->verdict = SEAL_DETECT_NO;
			continue;
		}
		if (take_line(probe, err) < 0)
			return -1;
		probe->line_len = 0;
	}
	return 0;
}

enum seal_detect_verdict
seal_pgp_probe_verdict(const struct seal_pgp_probe *probe)
{
	return probe->verdict;
}

bool seal_pgp_probe_has_data(const struct seal_pgp_probe *probe)
{
	return probe->verdict != SEAL_DETECT_NO && probe->packets.has_data;
}

void seal_pgp_probe_free(struct seal_pgp_probe **probe)
{
	if (*probe == NULL)
		return;
	seal_entity_free(&(*probe)->part);
	free(*probe);
	*probe = NULL;
}
