/* SPDX-License-Identifier: MIT */
#include "cms/opaque.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/error.h"
#include "base/sink.h"
#include "cms/ber.h"

#define TYPE_MAX 16

enum what { IGNORED, TYPE, BEFORE, INNER_TYPE, CONTENT, BEHIND };

enum stage {
	INFO, INFO_TYPE, INFO_CONTENT, INFO_END, DATA, VERSION, DIGESTS, INNER,
	IN_TYPE, IN_CONTENT, IN_END, CHUNK, CHUNK_END, CHUNKS, REST, LAST
};

/* RFC 5652 section 5.1 */
static const struct seal_ber_rule rules[] = {
	{ INFO, 0x30, SEAL_BER_ENTER, INFO_TYPE, LAST, IGNORED },
	{ INFO_TYPE, 0x06, SEAL_BER_CONTENTS, 0, INFO_CONTENT, TYPE },
	{ INFO_CONTENT, 0xa0, SEAL_BER_ENTER, DATA, INFO_END, IGNORED },
	{ INFO_END, 0x00, SEAL_BER_END, 0, 0, 0 },
	{ DATA, 0x30, SEAL_BER_ENTER, VERSION, INFO_END, IGNORED },
	{ VERSION, 0x02, SEAL_BER_WHOLE, 0, DIGESTS, BEFORE },
	{ DIGESTS, 0x31, SEAL_BER_WHOLE, 0, INNER, BEFORE },
	{ INNER, 0x30, SEAL_BER_ENTER, IN_TYPE, REST, IGNORED },
	{ IN_TYPE, 0x06, SEAL_BER_CONTENTS, 0, IN_CONTENT, INNER_TYPE },
	{ IN_CONTENT, 0xa0, SEAL_BER_ENTER, CHUNK, IN_END, CONTENT },
	{ IN_END, 0x00, SEAL_BER_END, 0, 0, 0 },
	{ CHUNK, 0x04, SEAL_BER_CONTENTS, 0, CHUNK_END, CONTENT },
	{ CHUNK, 0x24, SEAL_BER_ENTER, CHUNKS, CHUNK_END, CONTENT },
	{ CHUNK_END, 0x00, SEAL_BER_END, 0, 0, 0 },
	{ CHUNKS, 0x04, SEAL_BER_CONTENTS, 0, CHUNKS, CONTENT },
	{ CHUNKS, 0x24, SEAL_BER_ENTER, CHUNKS, CHUNKS, CONTENT },
	{ CHUNKS, 0x00, SEAL_BER_END, 0, 0, 0 },
	{ REST, 0xa0, SEAL_BER_WHOLE, 0, REST, BEHIND },
	{ REST, 0xa1, SEAL_BER_WHOLE, 0, REST, BEHIND },
	{ REST, 0x31, SEAL_BER_WHOLE, 0, INFO_END, BEHIND },
	SEAL_BER_LAST
};

/* id-signedData, id-data */
static const unsigned char signed_data[] = {
	0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02
}, id_data[] = {
	0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01
};

struct seal_opaque {
	struct seal_sink sink;
	struct seal_ber ber;
	size_t type_len;
	unsigned char type[TYPE_MAX];	/* the one that is being read */
	struct seal_buf before, behind;	/* of what is not the content */
};

static int check_type(struct seal_opaque *opaque,
		      const unsigned char wanted[sizeof(id_data)],
		      struct seal_error *err)
{
	bool same = opaque->type_len == sizeof(id_data) &&
		memcmp(opaque->type, wanted, sizeof(id_data)) == 0;

	opaque->type_len = 0;
	return same ? 0 : seal_error_set(err, SEAL_ERR_REFUSED,
		"not a signed message (CMS): another content type");
}

static int keep_type(struct seal_opaque *opaque, const unsigned char *data,
		     size_t len)
{
	size_t room = TYPE_MAX - opaque->type_len;

	/* one that is too long is another one all the same */
	memcpy(opaque->type + opaque->type_len, data, len < room ? len : room);
	opaque->type_len += len < room ? len : room;
	return 0;
}

static int keep(struct seal_opaque *opaque, struct seal_buf *to,
		const unsigned char *data, size_t len, struct seal_error *err)
{
	if (len > SEAL_OPAQUE_REST_MAX - opaque->before.len -
	    opaque->behind.len)
		return seal_error_set(err, SEAL_ERR_REFUSED,
			"the signature's certificates are too long");
	return seal_buf_append(to, data, len, err);
}

static int on_bytes(void *context, unsigned int what,
		    const unsigned char *data, size_t len,
		    struct seal_error *err)
{
	struct seal_opaque *opaque = context;

	switch ((enum what)what) {
	case TYPE:
	case INNER_TYPE:
		return keep_type(opaque, data, len);
	case BEFORE:
		return keep(opaque, &opaque->before, data, len, err);
	case BEHIND:
		return keep(opaque, &opaque->behind, data, len, err);
	case CONTENT:
		return seal_sink_write(&opaque->sink, data, len, err);
	case IGNORED:
		break;
	}
	return 0;
}

static int on_end(void *context, unsigned int what, struct seal_error *err)
{
	if (what == TYPE)
		return check_type(context, signed_data, err);
	return what == INNER_TYPE ? check_type(context, id_data, err) : 0;
}

static const struct seal_ber_handler handler = { on_bytes, on_end };

struct seal_opaque *seal_opaque_new(const struct seal_sink *sink,
				    struct seal_error *err)
{
	struct seal_opaque *opaque = calloc(1, sizeof(*opaque));

	if (opaque == NULL) {
		(void)seal_error_memory(err);
		return NULL;
	}
	opaque->sink = *sink;
	seal_ber_init(&opaque->ber, rules, "a signed message", &handler,
		      opaque);
	return opaque;
}

int seal_opaque_more(struct seal_opaque *opaque, const unsigned char *data,
		     size_t len, struct seal_error *err)
{
	return seal_ber_more(&opaque->ber, data, len, err);
}

int seal_opaque_finish(struct seal_opaque *opaque, struct seal_buf *detached,
		       struct seal_error *err)
{
	/* ContentInfo, its type, [0], SignedData: all of indefinite length */
	static const unsigned char head[] = {
		0x30, 0x80, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
		0x01, 0x07, 0x02, 0xa0, 0x80, 0x30, 0x80
	}, inner[] = {
		0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
		0x01, 0x07, 0x01
	}, ends[6] = { 0 };
	size_t before = detached->len;

	if (seal_ber_finish(&opaque->ber, err) < 0)
		return -1;
	if (seal_buf_append(detached, head, sizeof(head), err) == 0 &&
	    seal_buf_append(detached, opaque->before.data, opaque->before.len,
			    err) == 0 &&
	    seal_buf_append(detached, inner, sizeof(inner), err) == 0 &&
	    seal_buf_append(detached, opaque->behind.data, opaque->behind.len,
			    err) == 0 &&
	    seal_buf_append(detached, ends, sizeof(ends), err) == 0)
		return 0;
	detached->len = before;
	return -1;
}

void seal_opaque_free(struct seal_opaque **opaque)
{
	if (*opaque == NULL)
		return;
	seal_buf_free(&(*opaque)->before);
	seal_buf_free(&(*opaque)->behind);
	free(*opaque);
	*opaque = NULL;
}
